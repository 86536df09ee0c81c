import { align, type AlignOptions, equalRows } from "./align.ts";
import { COMPARED_FIELDS, IS_SAME, Judge, unknownDirection } from "./classify.ts";
import { InOrder } from "./in_order.ts";
import { KeptDifferences } from "./kept_differences.ts";
import { RowList } from "./row_list.ts";
import type { Shelf } from "./shelf.ts";
import * as S from "./shelf_words.ts";
import { DIFFERENCE_CLASSES, type DifferenceClass } from "./types.ts";

// Local constants: the compiler folds them, imported ones it loads at each use.
const { COUNTERS, MAP, ROW_DOUBLES, ROW_WORDS } = S;
const SAME = IS_SAME, CLASSES = DIFFERENCE_CLASSES.length;

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

/** Most differences kept unless told otherwise. */
const LIMIT = 100_000;

/** Running totals of a side. */
export class Sums {
  index = 0;
  records = 0;
  packets = 0;
  bytes = 0;
  unknown = 0;

  /** Counts a record in. */
  add(shelf: Shelf, row: number): void {
    this.addRows(shelf, row);
    if (unknownDirection(shelf, row)) this.unknown++;
  }

  /** Counts a record in, whatever its direction. */
  addRows(shelf: Shelf, row: number): void {
    const d = row * ROW_DOUBLES + COUNTERS, n = shelf.doubles;
    this.records++;
    this.packets += n[d]! + n[d + 1]!;
    this.bytes += n[d + 2]! + n[d + 3]!;
  }

  /** As plain data. */
  plain(): { packets: number; bytes: number; records: number } {
    return { packets: this.packets, bytes: this.bytes, records: this.records };
  }

  /** Whether two totals agree. */
  equals(other: Sums): boolean {
    return this.records === other.records && this.packets === other.packets && this.bytes === other.bytes;
  }
}

/** Compares two sides of a shelf, one group of two ends at a time. */
export class TwoSides {
  /** What stands in differences, by side. */
  readonly sums: readonly [Sums, Sums] = [new Sums(), new Sums()];
  readonly kept: KeptDifferences;
  readonly #shelf: Shelf;
  readonly #keepSame: boolean;
  readonly #align: AlignOptions;
  readonly #inOrder: InOrder;
  readonly #judge: Judge;
  // By class, in the order of `DIFFERENCE_CLASSES`.
  readonly #counts = new Float64Array(CLASSES);
  readonly #left = new RowList();
  readonly #right = new RowList();

  constructor(shelf: Shelf, options: DiffOptions) {
    const tolerance = options.tolerance ?? 0;
    this.#shelf = shelf;
    this.#keepSame = options.keepSame ?? false;
    this.#align = { sameFrames: options.sameFrames ?? false, tolerance };
    this.#inOrder = new InOrder(shelf, this.#align);
    this.#judge = new Judge(shelf, { tolerance, fields: new Set(options.fields ?? COMPARED_FIELDS) });
    this.kept = new KeptDifferences(shelf, this.#judge, options.limit ?? LIMIT);
  }

  /** How many differences have each class. */
  counts(): Record<DifferenceClass, number> {
    const named = DIFFERENCE_CLASSES.map((name, i) => [name, this.#counts[i]!]);
    return Object.fromEntries(named) as Record<DifferenceClass, number>;
  }

  /**
   * Compares the rows of a group, each side in order of arrival.
   *
   * @param rank place of the group in the order in which differences are kept while there is room
   */
  compare(left: RowList, right: RowList, rank: number): void {
    const shelf = this.#shelf;
    if (left.length === 0 && right.length === 0) return;
    // Nearly every group of two meterings of one capture is one equal record on either side.
    if (left.length === 1 && right.length === 1 && !this.#keepSame) {
      const l = left.rows[0]!, r = right.rows[0]!;
      if (equalRows(shelf, l, r)) return this.#same(l, r);
    }
    const walk = this.#inOrder;
    if (walk.align(left, right)) {
      for (let n = 0; n < walk.equal; n++) {
        const l = walk.left[n]!, r = walk.right[n]!;
        // The state may tell of an ICMP error.
        const certain = shelf.words[l * ROW_WORDS + MAP] === shelf.words[r * ROW_WORDS + MAP];
        if (certain && !this.#keepSame) this.#same(l, r);
        else this.#component(rank, walk.left, n, n + 1, walk.right, n, n + 1);
      }
      for (let c = 0, i = walk.equal, j = i; c < walk.components; c++) {
        const leftEnd = walk.leftEnds[c]!, rightEnd = walk.rightEnds[c]!;
        this.#component(rank, walk.left, i, leftEnd, walk.right, j, rightEnd);
        i = leftEnd;
        j = rightEnd;
      }
      return;
    }
    const rowsOf = (list: RowList) => [...list.rows.subarray(0, list.length)];
    const components = align(shelf, rowsOf(left), rowsOf(right), this.#align);
    for (const [ls, rs] of components) {
      this.#left.length = this.#right.length = 0;
      for (const row of ls) this.#left.push(row);
      for (const row of rs) this.#right.push(row);
      this.#component(rank, this.#left.rows, 0, ls.length, this.#right.rows, 0, rs.length);
    }
  }

  #same(left: number, right: number): void {
    this.#counts[CLASSES - 1]!++;
    this.sums[0].addRows(this.#shelf, left);
    this.sums[1].addRows(this.#shelf, right);
  }

  #component(
    rank: number,
    left: Int32Array,
    leftFrom: number,
    leftEnd: number,
    right: Int32Array,
    rightFrom: number,
    rightEnd: number,
  ): void {
    const [l, r] = this.sums, counts = this.#counts, shelf = this.#shelf;
    const classes = this.#judge.judge(left, leftFrom, leftEnd, right, rightFrom, rightEnd);
    for (let c = 0; c < CLASSES; c++) if (classes & (1 << c)) counts[c]!++;
    for (let i = leftFrom; i < leftEnd; i++) l.addRows(shelf, left[i]!);
    for (let j = rightFrom; j < rightEnd; j++) r.addRows(shelf, right[j]!);
    if (classes === SAME && !this.#keepSame) return;
    this.kept.push(classes, rank, left, leftFrom, leftEnd, right, rightFrom, rightEnd);
  }
}
