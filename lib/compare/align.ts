import type { Shelf } from "./shelf.ts";
import * as S from "./shelf_words.ts";

// Local constants: the compiler folds them, imported ones it loads at each use.
// deno-fmt-ignore
const {
  CAUSE, CONN, COUNTERS, DPORT, END, EXTRA, FIRST, FLAGS, LAST, NET, ROW_DOUBLES, ROW_WORDS, SPORT, START, STATUS, SWAP,
} = S;

/** Shelved rows of either side that cover the same packets, each side in time order. */
export type Component = readonly [left: readonly number[], right: readonly number[]];

/** How records are recognised as covering the same packets. */
export interface AlignOptions {
  /** Frame numbers of both sides count the same capture, so they tell better than times what a record covers. */
  readonly sameFrames: boolean;
  /** Times of the sides may be apart by so many microseconds (sources that round or truncate). */
  readonly tolerance: number;
}

/** Splits a side's rows by a number each row has. */
function partition(rows: readonly number[], keyOf: (row: number) => number): Map<number, number[]> {
  const parts = new Map<number, number[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const part = parts.get(key);
    if (part) part.push(row);
    else parts.set(key, [row]);
  }
  return parts;
}

/**
 * Pairs what both sides call by the same name (0 is no name); the rest stays one pool. A name that only one side knows says nothing: the other
 * side may number its flows in another way.
 */
function refine(pools: Component[], keyOf: (row: number) => number): Component[] {
  const out: Component[] = [];
  for (const [left, right] of pools) {
    if (left.length <= 1 && right.length <= 1 || left.length === 0 || right.length === 0) {
      out.push([left, right]);
      continue;
    }
    const ls = partition(left, keyOf), rs = partition(right, keyOf);
    const restLeft: number[] = [], restRight: number[] = [];
    for (const [key, rows] of ls) {
      const others = key === 0 ? undefined : rs.get(key);
      if (others) out.push([rows, others]);
      else restLeft.push(...rows);
    }
    for (const [key, rows] of rs) if (key === 0 || !ls.has(key)) restRight.push(...rows);
    if (restLeft.length || restRight.length) out.push([restLeft, restRight]);
  }
  return out;
}

function root(parent: Int32Array, i: number): number {
  while (parent[i] !== i) i = parent[i] = parent[parent[i]!]!;
  return i;
}

function join(parent: Int32Array, a: number, b: number): void {
  const x = root(parent, a), y = root(parent, b);
  // The smaller number wins, so that exchanging the sides gives the same groups.
  if (x < y) parent[y] = x;
  else parent[x] = y;
}

/** Numbers that say where a row begins and ends, and whether intervals that only touch share packets. */
interface Extent {
  readonly from: (row: number) => number;
  readonly to: (row: number) => number;
  readonly closed: boolean;
  readonly slack: number;
}

/**
 * Unites rows whose extents overlap; with `touching`, a side's rows that found nobody are united with those they touch.
 * Both sides must be in order of `from`.
 */
function unite(
  parent: Int32Array,
  left: readonly number[],
  right: readonly number[],
  x: Extent,
  touching: boolean,
  alone: (i: number) => boolean,
): void {
  let first = 0;
  // Largest end of the right rows up to each place: rows before `first` end before any later left row begins.
  const reach = new Float64Array(right.length);
  for (let j = 0, max = -Infinity; j < right.length; j++) reach[j] = max = Math.max(max, x.to(right[j]!));
  for (let i = 0; i < left.length; i++) {
    const a = x.from(left[i]!) - x.slack, b = x.to(left[i]!) + x.slack;
    while (first < right.length && reach[first]! < a) first++;
    for (let j = first; j < right.length; j++) {
      const c = x.from(right[j]!), d = x.to(right[j]!);
      if (c > b) break;
      if (d < a) continue;
      // A point shares its packet with what it touches only if nothing else claims it.
      const strict = x.closed || (c < b && d > a) || (c === a && d === b) || (a === b && c === a) ||
        (c === d && a === c);
      if (touching) {
        if (alone(i) || alone(left.length + j)) join(parent, i, left.length + j);
      } else if (strict) join(parent, i, left.length + j);
    }
  }
}

function overlapping(left: readonly number[], right: readonly number[], x: Extent): Component[] {
  if (left.length === 0 || right.length === 0) {
    return [...left.map((r): Component => [[r], []]), ...right.map((r): Component => [[], [r]])];
  }
  const order = (a: number, b: number) => x.from(a) - x.from(b) || x.to(a) - x.to(b);
  const ls = [...left].sort(order), rs = [...right].sort(order);
  const n = ls.length, parent = new Int32Array(n + rs.length).map((_, i) => i);
  unite(parent, ls, rs, x, false, () => false);
  if (!x.closed) {
    const size = new Int32Array(parent.length);
    for (let i = 0; i < parent.length; i++) size[root(parent, i)]!++;
    const alone = parent.map((_, i) => size[root(parent, i)] === 1 ? 1 : 0);
    unite(parent, ls, rs, x, true, (i) => alone[i] === 1);
  }
  const found = new Map<number, [number[], number[]]>();
  for (let i = 0; i < parent.length; i++) {
    const r = root(parent, i);
    let c = found.get(r);
    if (!c) found.set(r, c = [[], []]);
    if (i < n) c[0].push(ls[i]!);
    else c[1].push(rs[i - n]!);
  }
  return [...found.values()];
}

/**
 * Finds which records of a group of two ends cover the same packets on both sides: first by connection id, then by the rest of the
 * key (DNS id and the like), then by frames or times.
 */
export function align(
  shelf: Shelf,
  left: readonly number[],
  right: readonly number[],
  options: AlignOptions,
): Component[] {
  const words = shelf.words, doubles = shelf.doubles;
  const equal: Component[] = [];
  let pools: Component[] = [peel(shelf, left, right, equal)];
  pools = refine(pools, (r) => {
    const at = r * ROW_WORDS + CONN;
    // 53 of the 64 bits: enough among the connections of two ends.
    return words[at]! * 0x200000 + (words[at + 1]! & 0x1fffff);
  });
  pools = refine(pools, (r) => words[r * ROW_WORDS + EXTRA]!);
  const times: Extent = {
    from: (r) => doubles[r * ROW_DOUBLES + START]!,
    to: (r) => doubles[r * ROW_DOUBLES + END]!,
    closed: options.tolerance > 0,
    slack: options.tolerance,
  };
  const frames: Extent = {
    from: (r) => words[r * ROW_WORDS + FIRST]! >>> 0,
    to: (r) => words[r * ROW_WORDS + LAST]! >>> 0,
    closed: true,
    slack: 0,
  };
  const framed = (rows: readonly number[]) => rows.every((r) => words[r * ROW_WORDS + FIRST] !== 0);
  const components = pools.flatMap(([l, r]) =>
    overlapping(l, r, options.sameFrames && framed(l) && framed(r) ? frames : times)
  );
  const inTime = (a: number, b: number) =>
    times.from(a) - times.from(b) || times.to(a) - times.to(b) || shelf.indexOf(a) - shelf.indexOf(b);
  const sorted = (rows: readonly number[]) => rows.length > 1 ? [...rows].sort(inTime) : rows;
  const found = components.length === 1 ? components : adopt(components, shelf, times);
  return [...equal, ...found.map(([l, r]): Component => [sorted(l), sorted(r)])];
}

/** Whether two rows say the same in everything a comparison can see. */
export function equalRows(shelf: Shelf, a: number, b: number): boolean {
  const doubles = shelf.doubles, words = shelf.words;
  for (let i = 0, x = a * ROW_DOUBLES, y = b * ROW_DOUBLES; i < ROW_DOUBLES; i++) {
    if (doubles[x + i] !== doubles[y + i]) return false;
  }
  const x = a * ROW_WORDS, y = b * ROW_WORDS;
  return words[x + SWAP] === words[y + SWAP] && words[x + FLAGS] === words[y + FLAGS] &&
    words[x + STATUS] === words[y + STATUS] && words[x + CAUSE] === words[y + CAUSE] &&
    words[x + NET] === words[y + NET] && words[x + EXTRA] === words[y + EXTRA] &&
    words[x + SPORT] === words[y + SPORT] && words[x + DPORT] === words[y + DPORT];
}

/** Takes out rows that have an equal on the other side, so that two equal sources compare as equal whatever overlaps in them. */
function peel(
  shelf: Shelf,
  left: readonly number[],
  right: readonly number[],
  equal: Component[],
): Component {
  if (left.length === 0 || right.length === 0 || left.length === 1 && right.length === 1) {
    return [left, right];
  }
  const waiting = partition(right, (r) => shelf.doubles[r * ROW_DOUBLES + START]!);
  const rest = left.filter((l) => {
    const candidates = waiting.get(shelf.doubles[l * ROW_DOUBLES + START]!);
    const i = candidates ? candidates.findIndex((r) => equalRows(shelf, l, r)) : -1;
    if (i >= 0) equal.push([[l], candidates!.splice(i, 1)]);
    return i < 0;
  });
  return [rest, [...waiting.values()].flat()];
}

/**
 * A record without counterpart may lie inside a record of the other side that has another name: a port reuse that one setting merged
 * (TCP-10). It belongs there if that record holds as many packets more than its counterparts.
 */
function adopt(components: Component[], shelf: Shelf, times: Extent): Component[] {
  const packets = (rows: readonly number[]) => {
    let n = 0;
    for (const r of rows) {
      const at = r * ROW_DOUBLES + COUNTERS;
      n += shelf.doubles[at]! + shelf.doubles[at + 1]!;
    }
    return n;
  };
  // An order that does not depend on which side is called left.
  const places = ([l, r]: Component) => {
    const rows = [...l, ...r];
    return [
      Math.min(...rows.map(times.from)),
      Math.max(...rows.map(times.to)),
      packets(rows),
      indexes(shelf, rows),
    ];
  };
  const whole = components.filter(([l, r]) => l.length > 0 && r.length > 0)
    .map((c): { rows: [number[], number[]]; found: [number[], number[]]; at: number[] } => ({
      rows: [[...c[0]], [...c[1]]],
      found: [[...c[0]], [...c[1]]],
      at: places(c),
    })).sort((a, b) => a.at.reduce((order, x, i) => order || x - b.at[i]!, 0));
  const orphans: Component[] = [];
  for (const [l, r] of components) {
    if (l.length > 0 && r.length > 0) continue;
    const side = l.length > 0 ? 0 : 1, other = 1 - side;
    const rows = side === 0 ? l : r, need = packets(rows);
    const home = whole.find((c) =>
      need > 0 && packets(c.rows[other]!) - packets(c.rows[side]!) >= need &&
      c.rows[other]!.some((o) =>
        rows.every((x) => times.from(x) <= times.to(o) && times.to(x) >= times.from(o))
      )
    );
    if (home) home.found[side]!.push(...rows);
    else orphans.push([l, r]);
  }
  return [...whole.map((c): Component => c.found), ...orphans];
}

function indexes(shelf: Shelf, rows: readonly number[]): number {
  return rows.reduce((sum, r) => sum + shelf.indexOf(r), 0);
}
