/** Edit distance (Levenshtein, with exchange of neighbours), given up beyond `limit`. */
export function editDistance(a: string, b: string, limit = 3): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [], last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, before[j - 2]! + 1);
      }
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/**
 * The known words most like an unknown one, at most three; none when nothing is close.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nearest } from "./nearest.ts";
 *
 * assertEquals(nearest("prot", ["port", "proto", "tcp"]), ["port", "proto"]);
 * assertEquals(nearest("zebra", ["port", "proto", "tcp"]), []);
 * ```
 */
export function nearest(word: string, known: Iterable<string>): string[] {
  const limit = word.length <= 3 ? 1 : word.length <= 6 ? 2 : 3;
  const lower = word.toLowerCase();
  let best: string[] = [], least = limit;
  for (const k of known) {
    const d = editDistance(lower, k.toLowerCase(), limit);
    if (d < least) best = [], least = d;
    if (d === least) best.push(k);
  }
  return best.slice(0, 3);
}

/** " (did you mean port or proto?)" for an unknown word, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const similar = nearest(word, known);
  return similar.length ? ` (did you mean ${similar.join(" or ")}?)` : "";
}
