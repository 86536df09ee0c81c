import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { align, type AlignOptions, type Component, equalRows } from "./align.ts";
import {
  classify,
  type ClassifyOptions,
  COMPARED_FIELDS,
  unknownDirection,
  type Verdict,
} from "./classify.ts";
import { connectionOf, refOf } from "./ref.ts";
import { NUM, ROW, Shelf } from "./shelf.ts";
import {
  type Conservation,
  type Difference,
  DIFFERENCE_CLASSES,
  type DifferenceClass,
  type DiffResult,
  type RecordRef,
  type SideSummary,
} from "./types.ts";

/** Who is compared. */
export interface SideInfo {
  /** What to call the side. */
  readonly name: string;
  /** Settings it was metered with, when it was. */
  readonly settings?: Settings;
}

/** How to compare. */
export interface DiffOptions {
  /** Keeps `same` differences too (they are always counted). Default false. */
  readonly keepSame?: boolean;
  /** Most differences kept; the rest is counted. Default 100 000. */
  readonly limit?: number;
  /** Times may be apart by so many microseconds before they count as different. Default 0. */
  readonly tolerance?: number;
  /** Frame numbers of both sides count the same capture. Default false: times tell what a record covers. */
  readonly sameFrames?: boolean;
  /** Fields to compare. Default {@linkcode COMPARED_FIELDS}; leave out what a foreign source counts otherwise. */
  readonly fields?: readonly string[];
  /**
   * Both sources come in order of start time, at most so many microseconds out of order: records are compared and forgotten as
   * soon as no later one can meet them. Default: any order, compared at the end.
   */
  readonly sortedWithin?: number;
}

/** Packets and bytes the meter saw, told when the side is complete. */
export interface SideSeen {
  /** Packets. */
  readonly packets: number;
  /** Bytes. */
  readonly bytes: number;
}

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
  readonly #differences: Difference[] = [];
  readonly #counts = Object.fromEntries(DIFFERENCE_CLASSES.map((c) => [c, 0])) as Record<
    DifferenceClass,
    number
  >;
  readonly #sums = [new Sums(), new Sums()] as const;
  readonly #inDifferences = [new Sums(), new Sums()] as const;
  readonly #newest = [-Infinity, -Infinity];
  readonly #keepSame: boolean;
  readonly #limit: number;
  readonly #sortedWithin: number | undefined;
  readonly #align: AlignOptions;
  readonly #classify: Omit<ClassifyOptions, "stateOf">;
  #leftOut = 0;
  #sinceSweep = 0;

  /** A comparison of these two sides. */
  constructor(left: SideInfo, right: SideInfo, options: DiffOptions = {}) {
    this.#info = [left, right];
    this.#keepSame = options.keepSame ?? false;
    this.#limit = options.limit ?? 100_000;
    this.#sortedWithin = options.sortedWithin;
    const tolerance = options.tolerance ?? 0;
    this.#align = { sameFrames: options.sameFrames ?? false, tolerance };
    this.#classify = { tolerance, fields: new Set(options.fields ?? COMPARED_FIELDS) };
  }

  /** Takes records of the left (0) or right (1) side, as read (`asRead`). */
  take(side: 0 | 1, batch: RecordBatch): void {
    const sums = this.#sums[side], shelf = this.#shelf;
    for (let row = 0; row < batch.length; row++) {
      if (batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) {
        sums.index++;
        continue;
      }
      const at = shelf.add(side, batch, row, sums.index++);
      sums.add(shelf, at);
      const start = shelf.doubles[at * NUM.ROW_DOUBLES + NUM.START]!;
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
    this.#differences.sort(byTime);
    const [l, r] = this.#inDifferences;
    const totals: Conservation = Object.freeze({
      left: l.plain(),
      right: r.plain(),
      complete: this.#sums[0].equals(l) && this.#sums[1].equals(r),
      equal: l.packets === r.packets && l.bytes === r.bytes,
      packetsApart: r.packets - l.packets,
      bytesApart: r.bytes - l.bytes,
    });
    return Object.freeze({
      left: this.#summary(0, seen[0]),
      right: this.#summary(1, seen[1]),
      differences: Object.freeze(this.#differences),
      counts: Object.freeze(this.#counts),
      leftOut: this.#leftOut,
      totals,
    });
  }

  #summary(side: 0 | 1, seen: SideSeen | undefined): SideSummary {
    const sums = this.#sums[side], info = this.#info[side];
    return Object.freeze({
      name: info.name,
      settings: info.settings,
      ...sums.plain(),
      unknownDirections: sums.unknown,
      seenPackets: seen?.packets ?? NaN,
      seenBytes: seen?.bytes ?? NaN,
    });
  }

  #closePast(): void {
    this.#sinceSweep = 0;
    const shelf = this.#shelf;
    const before = Math.min(this.#newest[0]!, this.#newest[1]!) - this.#sortedWithin! - this.#align.tolerance;
    for (let g = 1; g < shelf.groupCount; g++) {
      if (shelf.groupEnd[g]! < before && shelf.isLive(g)) this.#close(g);
    }
  }

  #close(group: number): void {
    const shelf = this.#shelf;
    const left = shelf.rowsOf(group, 0), right = shelf.rowsOf(group, 1);
    // Nearly every group of two meterings of one capture is one equal record on either side.
    if (left.length === 1 && right.length === 1 && !this.#keepSame && equalRows(shelf, left[0]!, right[0]!)) {
      this.#counts.same++;
      this.#inDifferences[0].add(shelf, left[0]!);
      this.#inDifferences[1].add(shelf, right[0]!);
      shelf.drop(group);
      return;
    }
    const options: ClassifyOptions = {
      ...this.#classify,
      stateOf: (row) => refOf(shelf.restore(group, row), 0, 0).state,
    };
    for (const component of align(shelf, left, right, this.#align)) {
      const verdict = classify(shelf, component, options);
      for (const c of verdict.classes) this.#counts[c]++;
      for (const row of component[0]) this.#inDifferences[0].add(shelf, row);
      for (const row of component[1]) this.#inDifferences[1].add(shelf, row);
      if (verdict.classes[0] === "same" && !this.#keepSame) continue;
      if (this.#differences.length >= this.#limit) this.#leftOut++;
      else this.#differences.push(this.#difference(group, component, verdict));
    }
    shelf.drop(group);
  }

  #difference(group: number, [left, right]: Component, verdict: Verdict): Difference {
    const shelf = this.#shelf;
    const ref = (row: number): RecordRef => refOf(shelf.restore(group, row), 0, shelf.indexOf(row));
    const l = left.map(ref), r = right.map(ref);
    const row = left[0] ?? right[0]!;
    const ids = [l[0]?.connection ?? "", r[0]?.connection ?? ""].filter((id) => id !== "").sort();
    const sourceFirst = shelf.words[row * ROW.ROW_WORDS + ROW.SWAP] === 0;
    return Object.freeze({
      class: verdict.classes[0]!,
      classes: verdict.classes,
      connection: connectionOf(l[0] ?? r[0]!, sourceFirst, ids[0] ?? ""),
      left: Object.freeze(l),
      right: Object.freeze(r),
      changed: verdict.changed,
      flipped: verdict.flipped,
      unknown: verdict.unknown,
      believe: verdict.believe,
    });
  }
}

/** Running totals of a side. */
class Sums {
  index = 0;
  records = 0;
  packets = 0;
  bytes = 0;
  unknown = 0;

  add(shelf: Shelf, row: number): void {
    const d = row * NUM.ROW_DOUBLES + NUM.COUNTERS, n = shelf.doubles;
    this.records++;
    this.packets += n[d]! + n[d + 1]!;
    this.bytes += n[d + 2]! + n[d + 3]!;
    if (unknownDirection(shelf, row)) this.unknown++;
  }

  plain(): { packets: number; bytes: number; records: number } {
    return { packets: this.packets, bytes: this.bytes, records: this.records };
  }

  equals(other: Sums): boolean {
    return this.records === other.records && this.packets === other.packets && this.bytes === other.bytes;
  }
}

function byTime(a: Difference, b: Difference): number {
  const first = (d: Difference) => Math.min(d.left[0]?.stime ?? Infinity, d.right[0]?.stime ?? Infinity);
  const place = (d: Difference) => Math.min(d.left[0]?.index ?? Infinity, d.right[0]?.index ?? Infinity);
  const text = (d: Difference) => d.connection.text;
  return first(a) - first(b) || (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0) || place(a) - place(b);
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
