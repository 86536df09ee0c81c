import { parseDuration, Problem } from "../base/mod.ts";
import { RecordBatch, UTC, type Zone } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import { Aggregator } from "./aggregator.ts";
import { aggregatorOptions, type ClusterOptions } from "./cluster.ts";
import { sortedOrder, type SortKey } from "./sort.ts";
import { splitRow } from "./split.ts";

/** How to put records into bins of time. */
export interface BinOptions extends Omit<ClusterOptions, "correct" | "sorted"> {
  /** As in {@linkcode ClusterOptions}; `"none"` unless given. */
  readonly correct?: "argus" | "none" | undefined;
  /** Records take the limits of their bin as times (rabins `-M hard`). */
  readonly hard?: boolean | undefined;
  /** Bins between others that hold nothing give an empty record (rabins `-M zero`). */
  readonly zero?: boolean | undefined;
  /** Records are cut at the borders, true unless given (false: rabins `-M nomodify`, each goes whole to the bin of its start). */
  readonly split?: boolean | undefined;
  /**
   * A bin is given out once records this many microseconds behind its end come in; what still arrives for it then makes a bin of its
   * own. Never before the end of the stream unless given (rabins `-B`).
   */
  readonly hold?: number | undefined;
  /** Zone of days, weeks, months and years; UTC unless given. */
  readonly zone?: Zone | undefined;
  /** The real program loses what comes before the first record's bin (`"lost"`); nothing is lost unless given. */
  readonly early?: "kept" | "lost" | undefined;
  /** A time range, microseconds: only pieces that start within its bins are taken, up to its end (rabins `-t`). */
  readonly range?: { readonly start: number; readonly end: number } | undefined;
  /** Order of the records in a bin; by start unless given (rabins `-P`). */
  readonly order?: readonly SortKey[] | undefined;
}

/** Where bins begin. */
export interface Grid {
  /** Start of the bin a time lies in, microseconds. */
  readonly start: (time: number) => number;
  /** Start of the next bin. */
  readonly next: (time: number) => number;
}

/**
 * Reads a bin size: a duration, or a number of `w`eeks, `M`onths or `y`ears. Bins begin at multiples of the size since 1970; days in
 * local time, weeks on Monday, months and years by the calendar.
 *
 * @throws {Problem} `bad-value` when it is neither.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gridOf } from "./bins.ts";
 *
 * const grid = gridOf("1m");
 * assertEquals([grid.start(61e6), grid.next(61e6)], [60e6, 120e6]);
 * ```
 */
export function gridOf(size: string | number, zone: Zone = UTC): Grid {
  const m = /^(\d+)?\s*([wMy])$/.exec(String(size).trim());
  if (m) {
    const n = Number(m[1] ?? 1);
    if (n > 0) return m[2] === "w" ? steps(n * 7 * DAY, zone, -3 * DAY) : calendar(n, m[2] === "y", zone);
  }
  const us = parseDuration(size, "bin size");
  if (!(us > 0) || us === Infinity) {
    throw new Problem(
      "bad-value",
      `Expected a bin size above 0 such as 5s, 1m, 1d or 1M but found "${size}"`,
      {
        expected: "number with s, m, h, d, w, M or y",
        found: String(size),
      },
    );
  }
  return us % DAY === 0 ? steps(us, zone, 0) : steps(us, UTC, 0);
}

const DAY = 86400e6;

function steps(us: number, zone: Zone, from: number): Grid {
  const shift = (time: number) => zone === UTC ? 0 : zone.offset(Math.floor(time / 1e6)) * 1e6;
  const start = (time: number) => {
    const local = time + shift(time) - from;
    const begin = Math.floor(local / us) * us + from;
    // The zone's offset may be another one at the border.
    return begin - shift(begin - shift(time));
  };
  return {
    start,
    next: (time) => {
      const begin = start(time);
      const local = begin + shift(begin) + us;
      return local - shift(local - shift(begin));
    },
  };
}

function calendar(n: number, years: boolean, zone: Zone): Grid {
  const months = years ? 12 * n : n;
  const index = (time: number) => {
    const date = new Date((time + zone.offset(Math.floor(time / 1e6)) * 1e6) / 1000);
    return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / months);
  };
  const border = (i: number) => {
    const local = Date.UTC(Math.floor(i * months / 12), i * months % 12, 1) * 1000;
    return local - zone.offset(Math.floor(local / 1e6)) * 1e6;
  };
  return { start: (time) => border(index(time)), next: (time) => border(index(time) + 1) };
}

/**
 * Aggregates records in bins of time (rabins, cluster.md section 6); see {@linkcode bin} for streams. Rows must be as read.
 */
export class Binner {
  readonly #grid: Grid;
  readonly #options: BinOptions;
  readonly #bins = new Map<number, Aggregator>();
  readonly #pieces = new RecordBatch(16);
  #newest = -Infinity;
  #last = NaN;
  /** Where the first bin begins, when earlier records are lost. */
  #first: number | undefined;
  /** Whether the first bin also has the records of second 0. */
  #joined = false;

  /**
   * Makes one that holds nothing yet.
   *
   * @throws {Problem} when the bin size, a key field, a duration or the metric is not understood.
   */
  constructor(size: string | number, options: BinOptions = {}) {
    this.#grid = gridOf(size, options.zone);
    this.#options = { ...options, status: undefined, idle: undefined };
    aggregatorOptions(this.#options, options.correct ?? "none");
  }

  /** Takes a record in; the batch is not changed. */
  add(batch: RecordBatch, row: number): void {
    if (batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) return;
    if (this.#options.split === false) {
      this.#put(batch, row);
      return;
    }
    const pieces = this.#pieces;
    pieces.clear();
    splitRow(batch, row, this.#grid.next, pieces);
    for (let i = 0; i < pieces.length; i++) this.#put(pieces, i);
  }

  /** Bins that are old enough (`hold`), in order. */
  *take(): Generator<RecordBatch, void, void> {
    const { hold } = this.#options;
    if (hold !== undefined) yield* this.#give((start) => this.#grid.next(start) + hold <= this.#newest);
  }

  /** All bins that are left, in order. */
  *drain(): Generator<RecordBatch, void, void> {
    yield* this.#give(() => true);
  }

  #put(batch: RecordBatch, row: number): void {
    const time = R.startTime(batch, row);
    const start = this.#binOf(time), { range } = this.#options;
    if (Number.isNaN(start) || range && R.lastTime(batch, row) < range.start) return;
    let bin = this.#bins.get(start);
    if (!bin) {
      const options = aggregatorOptions(this.#options, this.#options.correct ?? "none");
      bin = new Aggregator({ ...options, firstCome: true });
      this.#bins.set(start, bin);
    }
    bin.add(batch, row);
    if (time > this.#newest) this.#newest = time;
  }

  /** Start of the bin that takes a record of a time, NaN when it is lost. */
  #binOf(time: number): number {
    const start = this.#grid.start(time), { range, early } = this.#options;
    if (range) {
      const first = this.#grid.start(range.start);
      // The bin before counts as the first one (its records are left out later, with what they were merged with; observed).
      if (time > range.end || start < this.#grid.start(first - 1)) return NaN;
      return time > this.#grid.start(first - 1) ? Math.max(start, first) : NaN;
    }
    if (early !== "lost") return start;
    if (this.#first === 0 && start > 0) {
      // A first bin that begins in 1970 counts as none: the next one takes its place and its records (observed).
      const bin = this.#bins.get(0);
      this.#bins.delete(0);
      if (bin) this.#bins.set(start, bin);
      this.#joined = bin !== undefined;
      this.#first = start;
    }
    this.#first ??= start;
    return start < this.#first ? NaN : start;
  }

  *#give(wanted: (start: number) => boolean): Generator<RecordBatch, void, void> {
    for (const start of [...this.#bins.keys()].sort((a, b) => a - b)) {
      if (!wanted(start)) continue;
      const bin = this.#bins.get(start)!;
      this.#bins.delete(start);
      const end = this.#grid.next(start);
      if (this.#options.zero) {
        for (let t = this.#last; t < start; t = this.#grid.next(t)) yield emptyBin(t, this.#grid.next(t));
      }
      this.#last = Math.max(end, Number.isNaN(this.#last) ? end : this.#last);
      const joined = this.#joined && start === this.#first;
      const out = this.#inOrder(bin, joined ? 0 : start, end);
      if (out.length > 0) yield out;
    }
  }

  /** The records of a bin in order of their start, those with the same one in the order in which they first came (observed). */
  #inOrder(bin: Aggregator, start: number, end: number): RecordBatch {
    const all = new RecordBatch(bin.length);
    for (const batch of bin.drain()) for (let row = 0; row < batch.length; row++) all.append(batch, row);
    const order = this.#order(all);
    const out = new RecordBatch(all.length);
    const first = this.#options.range ? start : -Infinity;
    for (const row of order) if (!(R.startTime(all, row) < first)) out.append(all, row);
    if (this.#options.hard) harden(out, start, end);
    return out;
  }

  #order(all: RecordBatch): Iterable<number> {
    const { order, hard } = this.#options;
    if (order) return sortedOrder(all.length, (row) => ({ batch: all, row }), order);
    // Records with the limits of their bin begin at one time.
    const starts = Array.from({ length: all.length }, (_, row) => hard ? 0 : R.startTime(all, row));
    return starts.map((_, row) => row).sort((a, b) => starts[a]! - starts[b]! || a - b);
  }
}

/** Gives all records the limits of their bin as times. */
function harden(batch: RecordBatch, start: number, end: number): void {
  const doubles = batch.doubles;
  for (let row = 0; row < batch.length; row++) {
    const d = row * R.DOUBLES;
    for (let side = 0; side < 4; side += 2) {
      if (doubles[d + R.S_START + side] !== doubles[d + R.S_START + side]) continue;
      doubles[d + R.S_START + side] = start;
      doubles[d + R.S_END + side] = end;
    }
    batch.words[row * R.WORDS + R.S_NANO] = batch.words[row * R.WORDS + R.D_NANO] = 0;
  }
}

/** A bin without records: nothing but its limits. */
function emptyBin(start: number, end: number): RecordBatch {
  const batch = new RecordBatch(1);
  const row = batch.addBlank();
  batch.words[row * R.WORDS + R.FLAGS] = R.FLAG_TIME | R.FLAG_AGR | R.FLAG_TRANSPORT;
  batch.words[row * R.WORDS + R.CAUSE] = R.CAUSE_STATUS;
  batch.doubles[row * R.DOUBLES + R.S_START] = start;
  batch.doubles[row * R.DOUBLES + R.S_END] = end;
  batch.agrBank();
  return batch;
}

/**
 * Puts a stream of records (as read) into bins of time, cut at the borders and aggregated by key within each bin.
 *
 * @throws {Problem} when the bin size, a key field or the metric is not understood.
 */
export async function* bin(
  batches: AsyncIterable<RecordBatch>,
  size: string | number,
  options: BinOptions = {},
): AsyncGenerator<RecordBatch, void, void> {
  const binner = new Binner(size, options);
  for await (const batch of batches) {
    for (let row = 0; row < batch.length; row++) binner.add(batch, row);
    yield* binner.take();
  }
  yield* binner.drain();
}
