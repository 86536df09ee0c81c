import type { RecordBatch } from "../record/mod.ts";
import { resultOf, type SideInfo, type SideSeen } from "./result.ts";
import { RowList } from "./row_list.ts";
import { Shelf } from "./shelf.ts";
import * as S from "./shelf_words.ts";
import { type DiffOptions, Sums, TwoSides } from "./two_sides.ts";
import type { DiffResult } from "./types.ts";

export type { DiffOptions, SideInfo, SideSeen };

const EVERY = 1 << 14;

/**
 * Compares two flow sources as their records arrive: `take` batches of either side in any interleaving, then `finish`.
 *
 * Records are aligned by connection and time, not by position, and every record ends up in exactly one difference.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RecordBatch } from "../record/mod.ts";
 * import { DiffBuilder } from "./diff.ts";
 *
 * const diff = new DiffBuilder({ name: "a" }, { name: "b" });
 * diff.take(0, new RecordBatch(1));
 * assertEquals(diff.finish().totals.complete, true);
 * ```
 */
export class DiffBuilder {
  readonly #info: readonly [SideInfo, SideInfo];
  readonly #shelf = new Shelf();
  readonly #two: TwoSides;
  readonly #sides: readonly [RowList, RowList] = [new RowList(), new RowList()];
  readonly #added = new RowList();
  readonly #sums = [new Sums(), new Sums()] as const;
  readonly #newest = [-Infinity, -Infinity];
  readonly #tolerance: number;
  readonly #sortedWithin: number | undefined;
  #sinceSweep = 0;
  #closed = 0;

  /** A comparison of these two sides. */
  constructor(left: SideInfo, right: SideInfo, options: DiffOptions = {}) {
    this.#info = [left, right];
    this.#sortedWithin = options.sortedWithin;
    this.#tolerance = options.tolerance ?? 0;
    this.#two = new TwoSides(this.#shelf, options);
  }

  /** Takes records of the left (0) or right (1) side, as read (`asRead`). */
  take(side: 0 | 1, batch: RecordBatch): void {
    const sums = this.#sums[side], shelf = this.#shelf;
    shelf.add(side, batch, sums.index, this.#added);
    sums.index += batch.length;
    for (let n = 0; n < this.#added.length; n++) {
      const at = this.#added.rows[n]!;
      sums.add(shelf, at);
      const start = shelf.doubles[at * S.ROW_DOUBLES + S.START]!;
      if (start > this.#newest[side]!) this.#newest[side] = start;
    }
    this.#sinceSweep += batch.length;
    if (this.#sortedWithin !== undefined && this.#sinceSweep >= EVERY) this.#closePast();
  }

  /** No more records of this side will come. */
  end(side: 0 | 1): void {
    this.#newest[side] = Infinity;
  }

  /** Newest start time seen on a side: the side that is behind should be read next. */
  newest(side: 0 | 1): number {
    return this.#newest[side]!;
  }

  /** Compares what is left and gives the result. */
  finish(seen: readonly [SideSeen?, SideSeen?] = []): DiffResult {
    const shelf = this.#shelf;
    for (let g = 1; g < shelf.groupCount; g++) if (shelf.isLive(g)) this.#close(g);
    return resultOf(this.#info, this.#sums, seen, this.#two);
  }

  #closePast(): void {
    this.#sinceSweep = 0;
    const shelf = this.#shelf;
    const before = Math.min(this.#newest[0]!, this.#newest[1]!) - this.#sortedWithin! - this.#tolerance;
    for (let g = 1; g < shelf.groupCount; g++) {
      if (shelf.groupEnd[g]! < before && shelf.isLive(g)) this.#close(g);
    }
  }

  #close(group: number): void {
    const [left, right] = this.#sides, shelf = this.#shelf, { kept } = this.#two, before = kept.count;
    shelf.gather(group, this.#sides);
    this.#two.compare(left, right, this.#closed++);
    if (this.#sortedWithin === undefined) return;
    if (kept.count === before) shelf.drop(group);
    else shelf.retire(group);
  }
}

/**
 * Compares two flow sources, reading the one that is behind in time.
 *
 * @param left batches of records as read; a batch may be used again by its source once the next one is asked for
 */
export async function diffRecords(
  left: AsyncIterable<RecordBatch> | Iterable<RecordBatch>,
  right: AsyncIterable<RecordBatch> | Iterable<RecordBatch>,
  info: readonly [SideInfo, SideInfo] = [{ name: "left" }, { name: "right" }],
  options: DiffOptions = {},
): Promise<DiffResult> {
  const builder = new DiffBuilder(info[0], info[1], options);
  const sources = [iterate(left), iterate(right)] as const;
  const open = [true, true];
  while (open[0] || open[1]) {
    const side = !open[1] || (open[0] && builder.newest(0) <= builder.newest(1)) ? 0 : 1;
    const next = await sources[side].next();
    if (next.done) {
      open[side] = false;
      builder.end(side);
    } else builder.take(side, next.value);
  }
  return builder.finish();
}

function iterate<T>(source: AsyncIterable<T> | Iterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}
