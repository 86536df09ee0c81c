import { Problem } from "./problem.ts";

/** A length of time: seconds as a number, text such as `"5s"`, `"150ms"`, `"2h"`, `"1.5"` (seconds), or `"never"`. */
export type Duration = number | string;

const UNITS: Readonly<Record<string, number>> = {
  us: 1,
  "µs": 1,
  ms: 1e3,
  "": 1e6,
  s: 1e6,
  sec: 1e6,
  m: 60e6,
  min: 60e6,
  h: 3600e6,
  d: 86400e6,
  w: 7 * 86400e6,
};

/**
 * Reads a duration as whole microseconds; `"never"` is `Infinity`.
 *
 * @throws {Problem} `bad-value` when the text is not a duration or is negative.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseDuration } from "./duration.ts";
 *
 * assertEquals(parseDuration("2h"), 7_200_000_000);
 * assertEquals(parseDuration(0.0001), 100);
 * assertEquals(parseDuration("never"), Infinity);
 * ```
 */
export function parseDuration(value: Duration, what = "duration"): number {
  const text = String(value).trim();
  if (text === "never" || text === "Infinity") return Infinity;
  const m = /^(\d+(?:\.\d*)?|\.\d+)(?:e(\d+))?\s*([a-zµ]*)$/.exec(text);
  const unit = m ? UNITS[m[3]!] : undefined;
  if (!m || unit === undefined) {
    throw new Problem(
      "bad-value",
      `Expected a ${what} such as 5, "5s", "150ms", "2h" or "never" but found "${text}"`,
      {
        expected: "number of seconds, or a number with us, ms, s, m, h, d, w, or never",
        found: text,
      },
    );
  }
  return Math.round(Number(m[1] + (m[2] ? "e" + m[2] : "")) * unit);
}

/**
 * Prints microseconds as the shortest exact duration text.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatDuration } from "./duration.ts";
 *
 * assertEquals(formatDuration(5_000_000), "5s");
 * assertEquals(formatDuration(7_200_000_000), "2h");
 * assertEquals(formatDuration(100), "0.0001s");
 * ```
 */
export function formatDuration(us: number): string {
  if (us === Infinity) return "never";
  if (us !== 0) {
    for (const unit of ["d", "h", "m"]) if (us % UNITS[unit]! === 0) return `${us / UNITS[unit]!}${unit}`;
  }
  return `${Number((us / 1e6).toFixed(6))}s`;
}
