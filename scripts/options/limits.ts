import { Problem } from "../../lib/base/mod.ts";

/** Which records of a stream are taken, counted from 1, both ends included. */
export interface Limits {
  readonly stream: "input" | "output";
  readonly from: number;
  readonly to: number;
}

/**
 * Reads `-N`: `n`, `n-m` or `n+k` (k + 1 records from n), with `i` (default) or `o` before for the input or the output stream.
 *
 * @throws {Problem} `bad-value`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseLimits } from "./limits.ts";
 *
 * assertEquals(parseLimits("o2+2"), { stream: "output", from: 2, to: 4 });
 * ```
 */
export function parseLimits(text: string): Limits {
  const m = /^([io]?)(\d+)(?:([-+])(\d+))?$/.exec(text);
  if (!m) {
    throw new Problem(
      "bad-value",
      `Expected -N [io]count, [io]from-to or [io]from+more but found "${text}"`,
      { found: text },
    );
  }
  const stream = m[1] === "o" ? "output" : "input", first = Number(m[2]), second = Number(m[4]);
  // No record is no limit to the output, but none to the input.
  if (m[3] === undefined) {
    return { stream, from: 1, to: first === 0 && stream === "output" ? Infinity : first };
  }
  return { stream, from: first, to: m[3] === "-" ? second : first + second };
}
