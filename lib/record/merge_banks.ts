import type { More, RecordBatch } from "./batch.ts";
import * as L from "./layout.ts";
import { mergeJitter } from "./merge_statistics.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  NET, NET_NONE, WORDS,
} = L;

/** Whether either batch holds any side bank that a merge has to look at. */
export function hasBanks(a: RecordBatch, b: RecordBatch): boolean {
  return b.jitter !== undefined || b.user !== undefined || b.more !== undefined || a.user !== undefined ||
    a.more !== undefined;
}

/** Merges what stands outside the words: inter-packet times, user data, rare sections. */
export function mergeBanks(a: RecordBatch, ar: number, b: RecordBatch, br: number, argus: boolean): void {
  if (b.jitter) mergeJitter(a, ar, b, br, argus);
  if (b.user) {
    for (let side = 0; side < 2; side++) {
      const theirs = b.user[2 * br + side];
      if (theirs === undefined) continue;
      const user = a.user ??= [];
      const mine = user[2 * ar + side];
      // Exact rules keep what both sent first; argus keeps the first record's bytes (its buffer has no room for more).
      user[2 * ar + side] = mine === undefined ? theirs : argus ? mine : commonBytes(mine, theirs);
    }
  }
  const theirs = b.more?.get(br);
  if (!theirs) return;
  const mine = a.moreOf(ar);
  if (argus) mergeMoreAsArgus(mine, theirs, a.words[ar * WORDS + NET]!);
  else mergeMore(mine, theirs);
}

function commonBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  return n === a.length ? a : n === b.length ? b : a.slice(0, n);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && commonBytes(a, b).length === a.length;
}

/** Rare sections by exact rules: one that is absent takes the other; bytes that differ become empty. */
function mergeMore(mine: More, theirs: More): void {
  if (theirs.label !== undefined) {
    mine.label = mine.label === undefined
      ? joinLabels(theirs.label, "", true)
      : joinLabels(mine.label, theirs.label, true);
  }
  if (theirs.countries) {
    mine.countries = mine.countries ? both(mine.countries, theirs.countries, "") : theirs.countries;
  }
  if (theirs.asn) {
    const [s, d, i] = mine.asn ?? theirs.asn, [t, e, j] = theirs.asn;
    mine.asn = [s === t ? s : 0, d === e ? d : 0, i === j ? i : 0];
  }
  if (theirs.strokes) mine.strokes = sum(mine.strokes, theirs.strokes);
  if (theirs.sizes) {
    mine.sizes = [addBins(mine.sizes?.[0], theirs.sizes[0]), addBins(mine.sizes?.[1], theirs.sizes[1])];
  }
  if (theirs.gaps) mine.gaps = [0, 1, 2, 3].map((i) => addBins(mine.gaps?.[i], theirs.gaps![i]));
  if (theirs.trail) {
    mine.trail = mine.trail ? [...new Set([...mine.trail, ...theirs.trail])].sort() : theirs.trail;
  }
  if (theirs.offset !== undefined) mine.offset = Math.min(mine.offset ?? Infinity, theirs.offset);
  for (const name of ["network", "key"] as const) {
    const a = mine[name], b = theirs[name];
    if (b !== undefined) mine[name] = a === undefined || sameBytes(a, b) ? b : new Uint8Array(0);
  }
  if (theirs.cor) {
    mine.cor = mine.cor === undefined || JSON.stringify(mine.cor) === JSON.stringify(theirs.cor)
      ? theirs.cor
      : [];
  }
}

function both(
  a: readonly [string, string],
  b: readonly [string, string],
  other: string,
): readonly [string, string] {
  return [a[0] === b[0] ? a[0] : other, a[1] === b[1] ? a[1] : other];
}

function sum(
  a: readonly [number, number] | undefined,
  b: readonly [number, number],
): readonly [number, number] {
  return a ? [a[0] + b[0], a[1] + b[1]] : b;
}

/** Histograms add bin by bin, unscaled: a writer scales them to its width, so no rounding happens on the way. */
function addBins(
  a: readonly number[] | undefined,
  b: readonly number[] | undefined,
): readonly number[] | undefined {
  return a && b ? a.map((n, i) => n + (b[i] ?? 0)) : a ?? b;
}

/** As observed: a section the first record lacks stays absent, except labels and key strokes; AS numbers are the first's. */
function mergeMoreAsArgus(mine: More, theirs: More, net: number): void {
  if (theirs.label !== undefined) {
    mine.label = mine.label === undefined ? theirs.label : joinLabels(mine.label, theirs.label, false);
  }
  if (mine.countries && theirs.countries) mine.countries = both(mine.countries, theirs.countries, "");
  if (theirs.strokes) mine.strokes = sum(mine.strokes, theirs.strokes);
  if (mine.sizes && theirs.sizes) {
    mine.sizes = [
      rescale(addBins(mine.sizes[0], theirs.sizes[0])),
      rescale(addBins(mine.sizes[1], theirs.sizes[1])),
    ];
  }
  if (net === NET_NONE) delete mine.network;
}

/** A histogram as the original keeps it: the bins in proportion, 255 in all. */
function rescale(bins: readonly number[] | undefined): readonly number[] | undefined {
  if (!bins) return undefined;
  const total = bins.reduce((a, b) => a + b, 0);
  return total > 255 ? bins.map((n) => Math.trunc((n * 255) / total)) : bins;
}

/**
 * Unites two labels: parts between colons, each a name or `name=value,value`; values of a name are united. Parts stay in order of
 * arrival, or are sorted so that the order of merging cannot show.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { joinLabels } from "./merge_banks.ts";
 *
 * assertEquals(joinLabels("sloc=US", "sloc=DE:dloc=FR", false), "sloc=US,DE:dloc=FR");
 * assertEquals(joinLabels("b", "a", true), "a:b");
 * ```
 */
export function joinLabels(a: string, b: string, sorted: boolean): string {
  if (a === b && !sorted) return a;
  const names = new Map<string, Set<string>>();
  for (const part of [...a.split(":"), ...b.split(":")]) {
    if (part === "") continue;
    const eq = part.indexOf("=");
    const name = eq < 0 ? part : part.slice(0, eq);
    let values = names.get(name);
    if (!values) names.set(name, values = new Set());
    if (eq >= 0) { for (const value of part.slice(eq + 1).split(",")) values.add(value); }
  }
  const parts = [...names].map(([name, values]) =>
    values.size === 0 ? name : `${name}=${(sorted ? [...values].sort() : [...values]).join(",")}`
  );
  return (sorted ? parts.sort() : parts).join(":");
}
