import { grown } from "../base/mod.ts";
import { type AlignOptions, equalRows } from "./align.ts";
import type { RowList } from "./row_list.ts";
import type { Shelf } from "./shelf.ts";
import * as S from "./shelf_words.ts";

// Local constants: the compiler folds them, imported ones it loads at each use.
const { CONN, END, EXTRA, FIRST, LAST, ROW_DOUBLES, ROW_WORDS, START } = S;

/**
 * Aligns groups as nearly all are, in one walk along both sides: the rows of either side follow one another without overlap, and
 * whatever one side holds has its counterpart. What comes out is what `align` finds; where that is not certain, nothing does.
 */
export class InOrder {
  /** Pairs of equal rows, in order: `left[i]` and `right[i]` below `equal`. */
  equal = 0;
  /** Rows of either side, equal ones first, then component by component. */
  left = new Int32Array(64);
  right = new Int32Array(64);
  /** Components of rows that are not all equal. */
  components = 0;
  /** Where the rows of each component end in `left` and `right`; the first begins behind the equal ones. */
  leftEnds = new Int32Array(64);
  rightEnds = new Int32Array(64);
  readonly #shelf: Shelf;
  readonly #options: AlignOptions;
  #lefts = 0;
  #rights = 0;

  constructor(shelf: Shelf, options: AlignOptions) {
    this.#shelf = shelf;
    this.#options = options;
  }

  /** Aligns a group; false when that takes more than a walk. */
  align(left: RowList, right: RowList): boolean {
    const lefts = left.length, rights = right.length, most = lefts + rights;
    if (this.left.length < most) {
      this.left = grown(this.left, 2 * most);
      this.right = grown(this.right, 2 * most);
      this.leftEnds = grown(this.leftEnds, 2 * most);
      this.rightEnds = grown(this.rightEnds, 2 * most);
    }
    this.equal =
      this.components =
      this.#lefts =
      this.#rights =
        0;
    if (lefts === 0 || rights === 0 || lefts === 1 && rights === 1) {
      for (let i = 0; i < lefts; i++) this.left[this.#lefts++] = left.rows[i]!;
      for (let j = 0; j < rights; j++) this.right[this.#rights++] = right.rows[j]!;
    } else if (!this.#peel(left, right)) return false;
    const restLeft = this.#lefts - this.equal, restRight = this.#rights - this.equal;
    if (restLeft === 0 || restRight === 0) this.#alone();
    else if (restLeft === 1 && restRight === 1) this.#oneToOne();
    else return this.#chain();
    return true;
  }

  /** Takes equal rows out; false when either side is out of order. */
  #peel({ rows: left, length: lefts }: RowList, { rows: right, length: rights }: RowList): boolean {
    const shelf = this.#shelf, doubles = shelf.doubles;
    for (let i = 1; i < lefts; i++) {
      if (!(doubles[left[i - 1]! * ROW_DOUBLES + START]! < doubles[left[i]! * ROW_DOUBLES + START]!)) {
        return false;
      }
    }
    for (let j = 1; j < rights; j++) {
      if (!(doubles[right[j - 1]! * ROW_DOUBLES + START]! < doubles[right[j]! * ROW_DOUBLES + START]!)) {
        return false;
      }
    }
    // Starts differ within a side, so that a row has one candidate at most. The rest waits behind all that may be equal.
    const most = Math.min(lefts, rights);
    let equal = 0, restLeft = most, restRight = most;
    for (let i = 0, j = 0; i < lefts || j < rights;) {
      const by = i === lefts
        ? 1
        : j === rights
        ? -1
        : doubles[left[i]! * ROW_DOUBLES + START]! - doubles[right[j]! * ROW_DOUBLES + START]!;
      if (by === 0 && equalRows(shelf, left[i]!, right[j]!)) {
        this.left[equal] = left[i++]!;
        this.right[equal++] = right[j++]!;
        continue;
      }
      if (by <= 0) this.left[restLeft++] = left[i++]!;
      if (by >= 0) this.right[restRight++] = right[j++]!;
    }
    this.equal = equal;
    this.left.copyWithin(equal, most, restLeft);
    this.right.copyWithin(equal, most, restRight);
    this.#lefts = equal + restLeft - most;
    this.#rights = equal + restRight - most;
    return true;
  }

  /** Nobody over against them: each row is a component. */
  #alone(): void {
    for (let i = this.equal; i < this.#lefts; i++) this.#end(i + 1, this.equal);
    for (let j = this.equal; j < this.#rights; j++) this.#end(this.#lefts, j + 1);
  }

  #oneToOne(): void {
    const i = this.equal, { words, doubles } = this.#shelf, { sameFrames, tolerance } = this.#options;
    const l = this.left[i]!, r = this.right[i]!, x = l * ROW_WORDS, y = r * ROW_WORDS;
    const a = l * ROW_DOUBLES, b = r * ROW_DOUBLES;
    const isFramed = sameFrames && words[x + FIRST] !== 0 && words[y + FIRST] !== 0;
    const meet = isFramed
      ? words[x + FIRST]! >>> 0 <= words[y + LAST]! >>> 0 && words[y + FIRST]! >>> 0 <= words[x + LAST]! >>> 0
      : doubles[b + START]! <= doubles[a + END]! + tolerance &&
        doubles[b + END]! >= doubles[a + START]! - tolerance;
    if (!meet) this.#end(i + 1, i);
    this.#end(i + 1, i + 1);
  }

  /**
   * Components by frames, in order of time because both sides are; false unless rows of a side do not overlap and each component has one
   * name and rows of both sides.
   */
  #chain(): boolean {
    if (!this.#options.sameFrames) return false;
    const words = this.#shelf.words, left = this.left, right = this.right;
    const lefts = this.#lefts, rights = this.#rights;
    let i = this.equal, j = i, lastLeft = -1, lastRight = -1;
    while (i < lefts && j < rights) {
      const name = left[i]! * ROW_WORDS, i0 = i, j0 = j;
      let reach = -1;
      for (;;) {
        const x = i < lefts ? left[i]! * ROW_WORDS : -1, y = j < rights ? right[j]! * ROW_WORDS : -1;
        const fx = x < 0 ? Infinity : words[x + FIRST]! >>> 0,
          fy = y < 0 ? Infinity : words[y + FIRST]! >>> 0;
        const isLeft = fx <= fy, at = isLeft ? x : y, first = isLeft ? fx : fy;
        if (first === Infinity || (reach >= 0 && first > reach)) break;
        const last = words[at + LAST]! >>> 0;
        if (first === 0 || last < first || !(first > (isLeft ? lastLeft : lastRight))) return false;
        if (
          words[at + CONN] !== words[name + CONN] || words[at + CONN + 1] !== words[name + CONN + 1] ||
          words[at + EXTRA] !== words[name + EXTRA]
        ) return false;
        if (last > reach) reach = last;
        if (isLeft) {
          lastLeft = last;
          i++;
        } else {
          lastRight = last;
          j++;
        }
      }
      if (i === i0 || j === j0) return false;
      this.#end(i, j);
    }
    return i === lefts && j === rights;
  }

  #end(left: number, right: number): void {
    this.leftEnds[this.components] = left;
    this.rightEnds[this.components++] = right;
  }
}
