import * as R from "../record/mod.ts";
import type { Component } from "./align.ts";
import { NUM, ROW, type Shelf } from "./shelf.ts";
import { type ChangedField, DIFFERENCE_CLASSES, type DifferenceClass } from "./types.ts";

/** What {@linkcode classify} found out about one component. */
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
  /** Word for the state of a shelved row. */
  readonly stateOf: (row: number) => string;
}

/** Counters in the order of the shelf. */
export const COUNTER_NAMES = ["spkts", "dpkts", "sbytes", "dbytes", "sappbytes", "dappbytes"] as const;

/** What {@linkcode classify} compares unless told otherwise. */
export const COMPARED_FIELDS: readonly string[] = ["stime", "ltime", ...COUNTER_NAMES, "state"];

const NONE: readonly number[] = Object.freeze([]);
const NOWHERE = Object.freeze({ left: NONE, right: NONE });
const SAME: Verdict = Object.freeze({
  classes: Object.freeze(["same"] as const),
  changed: Object.freeze([]),
  flipped: NOWHERE,
  unknown: NOWHERE,
  believe: "neither",
});

/** Whether the printed direction of a shelved row has a `?` (DIR-4). */
export function unknownDirection(shelf: Shelf, row: number): boolean {
  const w = row * ROW.ROW_WORDS, net = shelf.words[w + ROW.NET]!;
  return net >= R.NET_TCP_INIT && net <= R.NET_TCP_PERF &&
    (shelf.words[w + ROW.STATUS]! & (R.TCP_SYN | R.TCP_SYNACK)) === 0;
}

function evidence(shelf: Shelf, row: number): number {
  return (shelf.words[row * ROW.ROW_WORDS + ROW.WHY]! >>> 8) & 0xff;
}

const start = (shelf: Shelf, row: number) => shelf.doubles[row * NUM.ROW_DOUBLES + NUM.START]!;
const end = (shelf: Shelf, row: number) => shelf.doubles[row * NUM.ROW_DOUBLES + NUM.END]!;
const swap = (shelf: Shelf, row: number) => shelf.words[row * ROW.ROW_WORDS + ROW.SWAP]!;

/** Sum of a counter over rows, seen from one end of the group: 0 the smaller, 1 the larger. */
function sum(shelf: Shelf, rows: readonly number[], counter: number, view: number): number {
  let total = 0;
  for (const row of rows) {
    const side = (counter & 1) ^ swap(shelf, row) ^ view;
    total += shelf.doubles[row * NUM.ROW_DOUBLES + NUM.COUNTERS + (counter & ~1) + side]!;
  }
  return total;
}

function differs(
  shelf: Shelf,
  [left, right]: Component,
  o: ClassifyOptions,
  view: number,
): [changed: ChangedField[], moved: boolean, counted: boolean] {
  const changed: ChangedField[] = [];
  const one = left.length === 1 && right.length === 1;
  let moved = false, counted = false;
  const add = (field: string, l: number | string, r: number | string) => {
    changed.push(Object.freeze({
      field,
      left: l,
      right: r,
      amount: typeof l === "number" && typeof r === "number" ? r - l : NaN,
    }));
  };
  const extreme = (rows: readonly number[], of: typeof start, pick: typeof Math.min) =>
    rows.reduce((m, r) => pick(m, of(shelf, r)), of(shelf, rows[0]!));
  for (const [field, of, pick] of [["stime", start, Math.min], ["ltime", end, Math.max]] as const) {
    if (!o.fields.has(field)) continue;
    const l = extreme(left, of, pick), r = extreme(right, of, pick);
    if (Math.abs(l - r) <= o.tolerance) continue;
    add(field, l, r);
    moved = true;
  }
  const app = one && ((shelf.words[left[0]! * ROW.ROW_WORDS + ROW.FLAGS]! &
    shelf.words[right[0]! * ROW.ROW_WORDS + ROW.FLAGS]! & R.FLAG_APPBYTES) !== 0);
  for (let c = 0; c < COUNTER_NAMES.length; c++) {
    if (!o.fields.has(COUNTER_NAMES[c]!) || (c >= 4 && !app)) continue;
    const l = sum(shelf, left, c, view), r = sum(shelf, right, c, view);
    if (l === r) continue;
    add(COUNTER_NAMES[c]!, l, r);
    counted = true;
  }
  if (one && o.fields.has("state")) {
    const l = o.stateOf(left[0]!), r = o.stateOf(right[0]!);
    if (l !== r) {
      add("state", l, r);
      counted = true;
    }
  }
  return [changed, moved, counted];
}

/** Pairs of rows that overlap in time, as positions; both sides in order of time. */
function* pairs(shelf: Shelf, [left, right]: Component, tolerance: number): Generator<[number, number]> {
  if (left.length === 1 || right.length === 1) {
    for (let i = 0; i < left.length; i++) for (let j = 0; j < right.length; j++) yield [i, j];
    return;
  }
  // Largest end up to each place: what lies before `first` ends before any later left row begins.
  const reach = new Float64Array(right.length);
  for (let j = 0, most = -Infinity; j < right.length; j++) {
    reach[j] = most = Math.max(most, end(shelf, right[j]!));
  }
  let first = 0;
  for (let i = 0; i < left.length; i++) {
    const a = start(shelf, left[i]!) - tolerance, b = end(shelf, left[i]!) + tolerance;
    while (first < right.length && reach[first]! < a) first++;
    for (let j = first; j < right.length && start(shelf, right[j]!) <= b; j++) {
      if (end(shelf, right[j]!) >= a) yield [i, j];
    }
  }
}

/** Evidence as strength: smaller is stronger; nothing known is weakest. */
function strength(shelf: Shelf, row: number): number {
  const e = evidence(shelf, row);
  return unknownDirection(shelf, row) || e === R.EVIDENCE_UNKNOWN ? R.EVIDENCE_NONE : e;
}

/** Tells how the records of a component differ. */
export function classify(shelf: Shelf, component: Component, o: ClassifyOptions): Verdict {
  const [left, right] = component;
  if (right.length === 0) return { ...SAME, classes: ["only-left"] };
  if (left.length === 0) return { ...SAME, classes: ["only-right"] };
  const flippedLeft = new Set<number>(), flippedRight = new Set<number>();
  const unknownLeft = new Set<number>(), unknownRight = new Set<number>();
  let leftWins = 0, rightWins = 0;
  for (const [i, j] of pairs(shelf, component, o.tolerance)) {
    const l = left[i]!, r = right[j]!;
    const flip = swap(shelf, l) !== swap(shelf, r);
    const ul = unknownDirection(shelf, l), ur = unknownDirection(shelf, r);
    if (flip) {
      flippedLeft.add(i);
      flippedRight.add(j);
    }
    if (ul && !ur) unknownLeft.add(i);
    if (ur && !ul) unknownRight.add(j);
    if (flip || ul !== ur) {
      // With equal evidence the record that began earlier saw more of the connection.
      const by = strength(shelf, l) - strength(shelf, r) || start(shelf, l) - start(shelf, r);
      if (by < 0) leftWins++;
      else if (by > 0) rightWins++;
    }
  }
  const believe = leftWins > rightWins ? "left" : rightWins > leftWins ? "right" : "neither";
  const sl = swap(shelf, left[0]!), sr = swap(shelf, right[0]!);
  const view = believe === "left" || sl === sr ? sl : believe === "right" ? sr : 0;
  const [changed, moved, counted] = differs(shelf, component, o, view);
  const classes = new Set<DifferenceClass>();
  if (flippedLeft.size > 0) classes.add("flipped");
  if (unknownLeft.size > 0 || unknownRight.size > 0) classes.add("direction-unknown");
  if (right.length > left.length) classes.add("split");
  if (left.length > right.length) classes.add("merged");
  if (moved || (left.length > 1 && right.length > 1)) classes.add("boundary-moved");
  if (counted) classes.add("counter-changed");
  if (classes.size === 0) return SAME;
  return {
    classes: DIFFERENCE_CLASSES.filter((c) => classes.has(c)),
    changed,
    flipped: { left: [...flippedLeft].sort(ascending), right: [...flippedRight].sort(ascending) },
    unknown: { left: [...unknownLeft].sort(ascending), right: [...unknownRight].sort(ascending) },
    believe,
  };
}

const ascending = (a: number, b: number) => a - b;
