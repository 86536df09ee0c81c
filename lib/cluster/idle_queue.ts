/** Stale entries that may stand in a queue beside the live ones before it is packed. */
const SLACK = 1024;

/**
 * Rows in the order of their last use. A use appends; what a later use has overtaken is passed over when it comes to the head.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IdleQueue } from "./idle_queue.ts";
 *
 * const queue = new IdleQueue();
 * for (const row of [1, 2, 1]) queue.touch(row);
 * assertEquals([queue.head(), queue.shift(), queue.head()], [2, 2, 1]);
 * ```
 */
export class IdleQueue {
  #rows: number[] = [];
  #stamps: number[] = [];
  #first = 0;
  #clock = 0;
  /** Stamp of each row's last use. */
  readonly #last = new Map<number, number>();

  /** Puts a row at the end. */
  touch(row: number): void {
    this.#last.set(row, ++this.#clock);
    this.#rows.push(row);
    this.#stamps.push(this.#clock);
    if (this.#rows.length > 2 * this.#last.size + SLACK) this.#pack();
  }

  /** The row used longest ago, -1 when there is none. */
  head(): number {
    while (this.#first < this.#rows.length) {
      const row = this.#rows[this.#first]!;
      if (this.#last.get(row) === this.#stamps[this.#first]) return row;
      this.#first++;
    }
    return -1;
  }

  /** Takes the row used longest ago out, -1 when there is none. */
  shift(): number {
    const row = this.head();
    if (row >= 0) this.#last.delete(row);
    return row;
  }

  #pack(): void {
    const live = [...this.#last].sort((a, b) => a[1] - b[1]);
    this.#rows = live.map(([row]) => row);
    this.#stamps = live.map(([, stamp]) => stamp);
    this.#first = 0;
  }
}
