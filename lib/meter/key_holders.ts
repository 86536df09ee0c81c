import { grown, roomier } from "../base/mod.ts";

/** Counts who holds a key, on the side of the meters. */
export class KeyHolders {
  #count = new Int32Array(1024);
  #released: number[] = [];

  /** Makes room for key numbers below `size`. */
  reach(size: number): void {
    if (size <= this.#count.length) return;
    this.#count = grown(this.#count, Math.max(size, roomier(this.#count.length)));
  }

  /** A meter made an entry for the key. */
  hold(id: number): void {
    this.#count[id]!++;
  }

  /** A meter dropped its entry for the key. */
  release(id: number): void {
    if (--this.#count[id]! === 0) this.#released.push(id);
  }

  /** Keys that nobody holds at the end of a batch, at most so many of them; the others are told after a later one. */
  endBatch(fresh: Iterable<number>, most = Infinity): number[] {
    for (const id of fresh) if (this.#count[id] === 0) this.#released.push(id);
    const idle: number[] = [];
    while (idle.length < most && this.#released.length > 0) {
      const id = this.#released.pop()!;
      if (this.#count[id] === 0) idle.push(id);
    }
    return idle;
  }
}
