import * as R from "../record/mod.ts";
import { stateOf } from "./ref.ts";
import type { Shelf } from "./shelf.ts";
import * as S from "./shelf_words.ts";
import { type ChangedField, DIFFERENCE_CLASSES, type DifferenceClass } from "./types.ts";

// Local constants: the compiler folds them, imported ones it loads at each use.
const { COUNTERS, END, FLAGS, NET, ROW_DOUBLES, ROW_WORDS, START, STATUS, SWAP, WHY } = S;
const { EVIDENCE_NONE, EVIDENCE_UNKNOWN, FLAG_APPBYTES, NET_TCP_INIT, NET_TCP_PERF, TCP_SYN, TCP_SYNACK } = R;

/** How the records of one component differ. */
export interface Verdict {
  readonly classes: readonly DifferenceClass[];
  readonly changed: readonly ChangedField[];
  readonly flipped: { readonly left: readonly number[]; readonly right: readonly number[] };
  readonly unknown: { readonly left: readonly number[]; readonly right: readonly number[] };
  readonly believe: "left" | "right" | "neither";
}

/** What counts as different. */
export interface ClassifyOptions {
  /** Times may be apart by so many microseconds. */
  readonly tolerance: number;
  /** Counters and values to compare. */
  readonly fields: ReadonlySet<string>;
}

/** Counters in the order of the shelf. */
export const COUNTER_NAMES = ["spkts", "dpkts", "sbytes", "dbytes", "sappbytes", "dappbytes"] as const;

/** What is compared unless told otherwise. */
export const COMPARED_FIELDS: readonly string[] = ["stime", "ltime", ...COUNTER_NAMES, "state"];

const NONE: readonly number[] = Object.freeze([]);
const NOWHERE = Object.freeze({ left: NONE, right: NONE });

const bit = (name: DifferenceClass) => 1 << DIFFERENCE_CLASSES.indexOf(name);
/** A class in a set of classes: the bits are in the order of {@linkcode DIFFERENCE_CLASSES}. */
export const IS_SAME = bit("same"), IS_FLIPPED = bit("flipped");
const SAME = IS_SAME, FLIPPED = IS_FLIPPED;
const ONLY_LEFT = bit("only-left"), ONLY_RIGHT = bit("only-right"), UNKNOWN = bit("direction-unknown");
const SPLIT = bit("split"),
  MERGED = bit("merged"),
  MOVED = bit("boundary-moved"),
  COUNTED = bit("counter-changed");

/** Marks of a row of a component: what flipped, or does not know its direction, against a row over against it. */
const MARK_FLIPPED = 1, MARK_UNKNOWN = 2;

/** The classes of a set in their order. */
export function classesOf(set: number): DifferenceClass[] {
  return DIFFERENCE_CLASSES.filter((_, i) => set & (1 << i));
}

/** Whether the printed direction of a shelved row has a `?` (DIR-4). */
export function unknownDirection(shelf: Shelf, row: number): boolean {
  const w = row * ROW_WORDS, net = shelf.words[w + NET]!;
  return net >= NET_TCP_INIT && net <= NET_TCP_PERF &&
    (shelf.words[w + STATUS]! & (TCP_SYN | TCP_SYNACK)) === 0;
}

/** Evidence as strength: smaller is stronger; nothing known is weakest. */
function strength(shelf: Shelf, row: number): number {
  const e = (shelf.words[row * ROW_WORDS + WHY]! >>> 8) & 0xff;
  return e === EVIDENCE_UNKNOWN || unknownDirection(shelf, row) ? EVIDENCE_NONE : e;
}

/**
 * Tells how the records of components differ: {@linkcode judge} gives the classes, {@linkcode verdict} everything about the component
 * judged last. Rows of a component stand in two arrays, each side in order of time.
 */
export class Judge {
  readonly #shelf: Shelf;
  readonly #tolerance: number;
  readonly #comparesStart: boolean;
  readonly #comparesEnd: boolean;
  readonly #comparesState: boolean;
  readonly #compares: readonly boolean[];
  #left: Int32Array = new Int32Array(0);
  #leftFrom = 0;
  #leftEnd = 0;
  #right: Int32Array = new Int32Array(0);
  #rightFrom = 0;
  #rightEnd = 0;
  #set = SAME;
  #view = 0;
  #believe: Verdict["believe"] = "neither";
  // `MARK_*` of the rows, by place in the component.
  #leftMarks = new Uint8Array(64);
  #rightMarks = new Uint8Array(64);
  // Largest end up to each right row.
  #reach = new Float64Array(64);
  #leftWins = 0;
  #rightWins = 0;

  constructor(shelf: Shelf, { tolerance, fields }: ClassifyOptions) {
    this.#shelf = shelf;
    this.#tolerance = tolerance;
    this.#comparesStart = fields.has("stime");
    this.#comparesEnd = fields.has("ltime");
    this.#comparesState = fields.has("state");
    this.#compares = COUNTER_NAMES.map((name) => fields.has(name));
  }

  /** The classes of a component, as a set of bits: rows `leftFrom` to `leftEnd` of `left` (exclusive) against the same of `right`. */
  judge(
    left: Int32Array,
    leftFrom: number,
    leftEnd: number,
    right: Int32Array,
    rightFrom: number,
    rightEnd: number,
  ): number {
    this.#left = left;
    this.#leftFrom = leftFrom;
    this.#leftEnd = leftEnd;
    this.#right = right;
    this.#rightFrom = rightFrom;
    this.#rightEnd = rightEnd;
    this.#believe = "neither";
    const lefts = leftEnd - leftFrom, rights = rightEnd - rightFrom;
    if (rights === 0) return this.#set = ONLY_LEFT;
    if (lefts === 0) return this.#set = ONLY_RIGHT;
    if (this.#leftMarks.length < lefts) this.#leftMarks = new Uint8Array(2 * lefts);
    if (this.#rightMarks.length < rights) this.#rightMarks = new Uint8Array(2 * rights);
    for (let i = 0; i < lefts; i++) this.#leftMarks[i] = 0;
    for (let j = 0; j < rights; j++) this.#rightMarks[j] = 0;
    this.#leftWins = this.#rightWins = 0;
    const marks = lefts === 1 || rights === 1 ? this.#all(lefts, rights) : this.#overlapping(lefts, rights);
    if (this.#leftWins > this.#rightWins) this.#believe = "left";
    else if (this.#rightWins > this.#leftWins) this.#believe = "right";
    const words = this.#shelf.words;
    const sl = words[left[leftFrom]! * ROW_WORDS + SWAP]!, sr = words[right[rightFrom]! * ROW_WORDS + SWAP]!;
    this.#view = sl === sr || this.#believe === "left" ? sl : this.#believe === "right" ? sr : 0;
    let set = this.#differs(undefined);
    if (marks & MARK_FLIPPED) set |= FLIPPED;
    if (marks & MARK_UNKNOWN) set |= UNKNOWN;
    if (rights > lefts) set |= SPLIT;
    if (lefts > rights) set |= MERGED;
    if (lefts > 1 && rights > 1) set |= MOVED;
    return this.#set = set === 0 ? SAME : set;
  }

  /** Everything about the component judged last. */
  verdict(): Verdict {
    const set = this.#set, classes = classesOf(set);
    if (set & (SAME | ONLY_LEFT | ONLY_RIGHT)) {
      return { classes, changed: [], flipped: NOWHERE, unknown: NOWHERE, believe: "neither" };
    }
    const changed: ChangedField[] = [];
    this.#differs(changed);
    const lefts = this.#leftEnd - this.#leftFrom, rights = this.#rightEnd - this.#rightFrom;
    const both = (mark: number) => ({
      left: placesOf(this.#leftMarks, lefts, mark),
      right: placesOf(this.#rightMarks, rights, mark),
    });
    return {
      classes,
      changed,
      flipped: both(MARK_FLIPPED),
      unknown: both(MARK_UNKNOWN),
      believe: this.#believe,
    };
  }

  /** Compares every left with every right row; gives the marks that any row has. */
  #all(lefts: number, rights: number): number {
    let marks = 0;
    for (let i = 0; i < lefts; i++) for (let j = 0; j < rights; j++) marks |= this.#pair(i, j);
    return marks;
  }

  /** The same for rows that overlap in time. */
  #overlapping(lefts: number, rights: number): number {
    const doubles = this.#shelf.doubles, left = this.#left, right = this.#right, tolerance = this.#tolerance;
    const from = this.#leftFrom, other = this.#rightFrom;
    if (this.#reach.length < rights) this.#reach = new Float64Array(2 * rights);
    const reach = this.#reach;
    let most = -Infinity, marks = 0;
    for (let j = 0; j < rights; j++) {
      const end = doubles[right[other + j]! * ROW_DOUBLES + END]!;
      if (end > most) most = end;
      reach[j] = most;
    }
    // What lies before `first` ends before any later left row begins.
    let first = 0;
    for (let i = 0; i < lefts; i++) {
      const d = left[from + i]! * ROW_DOUBLES;
      const a = doubles[d + START]! - tolerance, b = doubles[d + END]! + tolerance;
      while (first < rights && reach[first]! < a) first++;
      for (let j = first; j < rights; j++) {
        const e = right[other + j]! * ROW_DOUBLES;
        if (doubles[e + START]! > b) break;
        if (doubles[e + END]! >= a) marks |= this.#pair(i, j);
      }
    }
    return marks;
  }

  #pair(i: number, j: number): number {
    const shelf = this.#shelf, words = shelf.words;
    const l = this.#left[this.#leftFrom + i]!, r = this.#right[this.#rightFrom + j]!;
    const flip = words[l * ROW_WORDS + SWAP] !== words[r * ROW_WORDS + SWAP];
    const ul = unknownDirection(shelf, l), ur = unknownDirection(shelf, r);
    if (!flip && ul === ur) return 0;
    const leftMark = (flip ? MARK_FLIPPED : 0) | (ul && !ur ? MARK_UNKNOWN : 0);
    const rightMark = (flip ? MARK_FLIPPED : 0) | (ur && !ul ? MARK_UNKNOWN : 0);
    this.#leftMarks[i]! |= leftMark;
    this.#rightMarks[j]! |= rightMark;
    // With equal evidence the record that began earlier saw more of the connection.
    const by = strength(shelf, l) - strength(shelf, r) ||
      shelf.doubles[l * ROW_DOUBLES + START]! - shelf.doubles[r * ROW_DOUBLES + START]!;
    if (by < 0) this.#leftWins++;
    else if (by > 0) this.#rightWins++;
    return leftMark | rightMark;
  }

  /** What differs in times, counters and state, as classes; `changed` takes the values. */
  #differs(changed: ChangedField[] | undefined): number {
    const left = this.#left, right = this.#right, words = this.#shelf.words;
    const one = this.#leftEnd - this.#leftFrom === 1 && this.#rightEnd - this.#rightFrom === 1;
    let set = 0;
    if (this.#comparesStart) {
      const l = this.#extreme(left, this.#leftFrom, this.#leftEnd, START, -1);
      const r = this.#extreme(right, this.#rightFrom, this.#rightEnd, START, -1);
      if (Math.abs(l - r) > this.#tolerance) {
        set |= MOVED;
        changed?.push(change("stime", l, r));
      }
    }
    if (this.#comparesEnd) {
      const l = this.#extreme(left, this.#leftFrom, this.#leftEnd, END, 1);
      const r = this.#extreme(right, this.#rightFrom, this.#rightEnd, END, 1);
      if (Math.abs(l - r) > this.#tolerance) {
        set |= MOVED;
        changed?.push(change("ltime", l, r));
      }
    }
    const l0 = left[this.#leftFrom]!, r0 = right[this.#rightFrom]!;
    const app = one &&
      (words[l0 * ROW_WORDS + FLAGS]! & words[r0 * ROW_WORDS + FLAGS]! & FLAG_APPBYTES) !== 0;
    for (let c = 0; c < (app ? 6 : 4); c++) {
      if (!this.#compares[c]) continue;
      const l = this.#sum(left, this.#leftFrom, this.#leftEnd, c);
      const r = this.#sum(right, this.#rightFrom, this.#rightEnd, c);
      if (l === r) continue;
      set |= COUNTED;
      changed?.push(change(COUNTER_NAMES[c]!, l, r));
    }
    if (one && this.#comparesState) {
      const l = stateOf(this.#shelf.restore(l0), 0), r = stateOf(this.#shelf.restore(r0), 0);
      if (l !== r) {
        set |= COUNTED;
        changed?.push(change("state", l, r));
      }
    }
    return set;
  }

  /** Smallest (`sign` -1) or largest (1) of a double over rows. */
  #extreme(rows: Int32Array, from: number, end: number, at: number, sign: number): number {
    const doubles = this.#shelf.doubles;
    let found = doubles[rows[from]! * ROW_DOUBLES + at]!;
    for (let n = from + 1; n < end; n++) {
      const v = doubles[rows[n]! * ROW_DOUBLES + at]!;
      if ((v - found) * sign > 0) found = v;
    }
    return found;
  }

  /** Sum of a counter over rows, seen from the end to believe. */
  #sum(rows: Int32Array, from: number, end: number, counter: number): number {
    const { words, doubles } = this.#shelf, view = this.#view;
    let total = 0;
    for (let n = from; n < end; n++) {
      const row = rows[n]!, side = (counter & 1) ^ words[row * ROW_WORDS + SWAP]! ^ view;
      total += doubles[row * ROW_DOUBLES + COUNTERS + (counter & ~1) + side]!;
    }
    return total;
  }
}

function change(field: string, left: number | string, right: number | string): ChangedField {
  const amount = typeof left === "number" && typeof right === "number" ? right - left : NaN;
  return Object.freeze({ field, left, right, amount });
}

function placesOf(marks: Uint8Array, length: number, mark: number): number[] {
  const places: number[] = [];
  for (let i = 0; i < length; i++) if (marks[i]! & mark) places.push(i);
  return places;
}
