import type { Sink } from "./sink.ts";

const POWERS = [1, 10, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/**
 * Writes a number as C's `%.*f` does: rounded from its exact binary value, ties to even, negative zero kept.
 *
 * A 32-bit float times 10^9 still fits the 53 bits of a double, so for those (all of ra's floats, fields.md section 2) the
 * product is exact and one comparison decides; other numbers take the slow road.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { putFixed } from "./number.ts";
 * import { Sink } from "./sink.ts";
 *
 * const sink = new Sink();
 * putFixed(sink, 1 / 128, 6); // a tie: toFixed would give 0.007813
 * assertEquals(sink.text(), "0.007812");
 * ```
 */
export function putFixed(sink: Sink, value: number, digits: number): void {
  const size = Math.abs(value);
  if (digits > 9 || size >= 1e6 || Math.fround(size) !== size) {
    sink.ascii(formatFixed(value, digits));
    return;
  }
  sink.room(32);
  if (value < 0 || (value === 0 && 1 / value < 0)) sink.bytes[sink.at++] = 45;
  const power = POWERS[digits]!;
  const scaled = size * power;
  let rounded = Math.floor(scaled);
  const rest = scaled - rounded;
  if (rest > 0.5 || (rest === 0.5 && rounded % 2 === 1)) rounded++;
  if (digits === 0) return sink.integer(rounded);
  let whole = Math.floor(rounded / power);
  if (whole * power > rounded) whole--;
  sink.integer(whole);
  sink.bytes[sink.at++] = 46;
  sink.digits(rounded - whole * power, digits);
}

/** The text of {@linkcode putFixed} for any finite number. */
export function formatFixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return "nan";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const size = Math.abs(value);
  if (size === Infinity) return `${sign}inf`;
  if (size >= 2 ** 53) return `${sign}${BigInt(size)}${digits > 0 ? `.${"0".repeat(digits)}` : ""}`;
  // Exactly between two neighbours only when it is an odd multiple of 2^-(digits+1); toFixed then rounds up, C to even.
  const halves = size * 2 ** (digits + 1);
  if (Number.isInteger(halves) && halves % 2 === 1) {
    const exact = size.toFixed(digits + 1);
    let cut = exact.slice(0, -1);
    if (cut.endsWith(".")) cut = cut.slice(0, -1);
    if (Number(cut.at(-1)) % 2 === 0) return sign + cut;
  }
  return sign + size.toFixed(digits);
}

const SUFFIXES = " KMGTPEZY";

/**
 * Writes a number the way `-H` abbreviates: divided by 1000 while it is 1000 or more, three decimals of which `digits` are kept
 * (cut, not rounded), then a blank or one of K M G T P E Z Y (fields.md section 2).
 */
export function putHuman(sink: Sink, value: number, digits: number): void {
  let n = 0, v = value;
  while (v >= 1000 && n < 8) v /= 1000, n++;
  const text = formatFixed(v, 3);
  sink.ascii(digits < 3 ? text.slice(0, text.length - 3 + digits) : text);
  sink.ascii(SUFFIXES[n]!);
}
