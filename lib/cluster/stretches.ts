import type { RecordBatch } from "../record/mod.ts";
import type { Stretch } from "./evidence.ts";
import { RowStore } from "./store.ts";
import type { Turned } from "./trail.ts";

/** Whole numbers kept per stretch beside its row. */
const PREVIOUS = 0, NEXT = 1, BITS = 2, RANK = 3, BASE = 4, NEXT_SEQ = 6, SLACK = 8, ISN = 10, META = 12;

/** Numbers in {@linkcode KeptStretch.facts}. */
export const STRETCH_FACTS = META - BITS;

/** All that is known of one stretch: enough to go on with it later as if it had never been away. */
export interface KeptStretch {
  /** Where the row stands. */
  readonly batch: RecordBatch;
  /** The row. */
  readonly row: number;
  /** Facts about both ends, {@linkcode STRETCH_FACTS} numbers. */
  readonly facts: Int32Array;
  /** Start and end, microseconds. */
  readonly start: number;
  /** End, microseconds. */
  readonly end: number;
  /** What was corrected in it. */
  readonly turned: readonly Turned[];
}

/** How the direction of a kept stretch is known. */
export function rankOfKept(kept: KeptStretch): number {
  return kept.facts[RANK - BITS]!;
}

/** Reads what is known of a kept stretch. */
export function loadKept(kept: KeptStretch, s: Stretch): void {
  s.start = kept.start;
  s.end = kept.end;
  s.bits = kept.facts[0]!;
  for (let end = 0; end < 2; end++) {
    s.base[end] = kept.facts[BASE - BITS + end]!;
    s.next[end] = kept.facts[NEXT_SEQ - BITS + end]!;
    s.slack[end] = kept.facts[SLACK - BITS + end]!;
    s.isn[end] = kept.facts[ISN - BITS + end]!;
  }
}

/** Stretches of connections: their rows, what is known of their ends, and chains of them in order of time. */
export class Stretches {
  #rows = new RowStore();
  #meta: Int32Array = new Int32Array(64 * META);
  #times: Float64Array = new Float64Array(64 * 2);

  /** Stretches alive. */
  get length(): number {
    return this.#rows.length;
  }

  /** Copies a row in between two neighbours of a chain (-1 for none) and gives its number. */
  add(batch: RecordBatch, row: number, before: number, after: number): number {
    const n = this.#rows.add(batch, row);
    if ((n + 1) * META > this.#meta.length) {
      const meta = new Int32Array(this.#meta.length * 2), times = new Float64Array(this.#times.length * 2);
      meta.set(this.#meta);
      times.set(this.#times);
      this.#meta = meta;
      this.#times = times;
    }
    const meta = this.#meta, at = n * META;
    meta[at + PREVIOUS] = before;
    meta[at + NEXT] = after;
    if (before >= 0) meta[before * META + NEXT] = n;
    if (after >= 0) meta[after * META + PREVIOUS] = n;
    return n;
  }

  /** Takes a stretch out of its chain. */
  remove(n: number): void {
    const meta = this.#meta, before = this.previous(n), after = this.next(n);
    if (before >= 0) meta[before * META + NEXT] = after;
    if (after >= 0) meta[after * META + PREVIOUS] = before;
    this.#rows.remove(n);
  }

  /** The batch that holds the row of a stretch. */
  chunk(n: number): RecordBatch {
    return this.#rows.chunk(n);
  }

  /** The number of the row in that batch. */
  row(n: number): number {
    return this.#rows.row(n);
  }

  /** The stretch before in the chain, or -1. */
  previous(n: number): number {
    return this.#meta[n * META + PREVIOUS]!;
  }

  /** The stretch after in the chain, or -1. */
  next(n: number): number {
    return this.#meta[n * META + NEXT]!;
  }

  /** The first stretch of the chain. */
  first(n: number): number {
    for (let p = n;; p = this.previous(n)) {
      if (p < 0) return n;
      n = p;
    }
  }

  /** Start, microseconds. */
  start(n: number): number {
    return this.#times[2 * n]!;
  }

  /** End, microseconds. */
  end(n: number): number {
    return this.#times[2 * n + 1]!;
  }

  /** Sets the end. */
  setEnd(n: number, end: number): void {
    this.#times[2 * n + 1] = end;
  }

  /** `HAS_SEQ`, `FIN` and the like. */
  bits(n: number): number {
    return this.#meta[n * META + BITS]!;
  }

  /** How its direction is known. */
  rank(n: number): number {
    return this.#meta[n * META + RANK]!;
  }

  /** Sets how its direction is known. */
  setRank(n: number, rank: number): void {
    this.#meta[n * META + RANK] = rank;
  }

  /** Reads what is known of a stretch. */
  load(n: number, s: Stretch): void {
    const meta = this.#meta, at = n * META;
    s.start = this.#times[2 * n]!;
    s.end = this.#times[2 * n + 1]!;
    s.bits = meta[at + BITS]!;
    for (let end = 0; end < 2; end++) {
      s.base[end] = meta[at + BASE + end]!;
      s.next[end] = meta[at + NEXT_SEQ + end]!;
      s.slack[end] = meta[at + SLACK + end]!;
      s.isn[end] = meta[at + ISN + end]!;
    }
  }

  /** Writes what is known of a stretch. */
  save(n: number, s: Stretch): void {
    const meta = this.#meta, at = n * META;
    this.#times[2 * n] = s.start;
    this.#times[2 * n + 1] = s.end;
    meta[at + BITS] = s.bits;
    for (let end = 0; end < 2; end++) {
      meta[at + BASE + end] = s.base[end]!;
      meta[at + NEXT_SEQ + end] = s.next[end]!;
      meta[at + SLACK + end] = s.slack[end]!;
      meta[at + ISN + end] = s.isn[end]!;
    }
  }

  /** What is known of a stretch, without its corrections; a view, valid until the next change. */
  keep(n: number): Omit<KeptStretch, "turned"> {
    return {
      batch: this.chunk(n),
      row: this.row(n),
      facts: this.#meta.subarray(n * META + BITS, (n + 1) * META),
      start: this.start(n),
      end: this.end(n),
    };
  }

  /** Takes over what was kept. */
  restore(n: number, kept: KeptStretch): void {
    this.#meta.set(kept.facts, n * META + BITS);
    this.#times[2 * n] = kept.start;
    this.#times[2 * n + 1] = kept.end;
  }

  /** First stretches of all chains. */
  *chains(): Generator<number, void, void> {
    for (const n of this.#rows.order()) if (this.previous(n) < 0) yield n;
  }

  /** All stretches in order of their start. */
  byStart(): Int32Array {
    const times = this.#times;
    return this.#rows.order().sort((a, b) => times[2 * a]! - times[2 * b]! || a - b);
  }

  /** Reads a word of each cache line of a stretch, see `RowStore.peek`. */
  peek(n: number): number {
    return this.#rows.peek(n) + this.#meta[n * META]! + this.#times[2 * n]!;
  }

  /** {@linkcode peek} for the rows of up to `count` of the listed stretches. */
  peekAll(list: Int32Array, from: number, count: number): number {
    return this.#rows.peekAll(list, from, count);
  }
}
