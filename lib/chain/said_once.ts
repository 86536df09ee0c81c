/** A sentence about a row of a setting's table. */
export interface Said {
  /** Name of the setting. */
  readonly setting: string;
  /** The row, from 1. */
  readonly row: number | undefined;
  /** The sentence. */
  readonly sentence: string;
}

/** Rows named before the rest is counted. */
const NAMED = 3;

/**
 * Sentences as lines: equal ones of a setting are said once, where the first stood, with the first rows they are about.
 *
 * @param alone what stands before a sentence that is said of one row only
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { saidOnce } from "./said_once.ts";
 *
 * const said = [1, 2, 4, 8].map((row) => ({ setting: "S=5s", row, sentence: "Why." }));
 * assertEquals(saidOnce(said, (s) => s.setting), ["S=5s, rows 1, 2, 4 and 1 more: Why."]);
 * assertEquals(saidOnce(said.slice(1, 2), (s) => s.setting), ["S=5s: Why."]);
 * ```
 */
export function saidOnce(said: readonly Said[], alone: (said: Said) => string): string[] {
  const equal = new Map<string, Said[]>();
  for (const s of said) {
    const key = `${s.setting}\n${s.sentence}`, others = equal.get(key);
    if (others) others.push(s);
    else equal.set(key, [s]);
  }
  return [...equal.values()].map((all) => {
    const [first] = all, rows = all.map((s) => s.row).filter((row) => row !== undefined);
    if (all.length === 1) return `${alone(first!)}: ${first!.sentence}`;
    const left = all.length - Math.min(NAMED, rows.length);
    const more = left > 0 ? ` and ${left} more` : "";
    return `${first!.setting}, rows ${rows.slice(0, NAMED).join(", ")}${more}: ${first!.sentence}`;
  });
}
