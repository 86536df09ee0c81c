import { compareReal, rounded } from "./predicate.ts";

const bank = { float: new Float32Array(1), bits: new Uint32Array(0) };
bank.bits = new Uint32Array(bank.float.buffer);

/** Position of a 32-bit float in the order of all of them. */
function orderOf(v: number): number {
  bank.float[0] = v;
  const b = bank.bits[0]!;
  return b >>> 31 ? 0x7fffffff - (b & 0x7fffffff) : 0x80000000 + b;
}

function floatAt(order: number): number {
  bank.bits[0] = order >= 0x80000000 ? order - 0x80000000 : 0x80000000 + (0x7fffffff - order);
  return bank.float[0]!;
}

/** The smallest 32-bit float from `from` on for which a test that only ever turns from false to true holds; `Infinity` if none. */
function firstFloat(from: number, test: (v: number) => boolean): number {
  let low = orderOf(from), high = orderOf(Infinity);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (test(floatAt(middle))) high = middle;
    else low = middle + 1;
  }
  return floatAt(low);
}

/**
 * The plain comparison with a number that selects the same 32-bit floats as the rounding comparison of the language does:
 * `[from, to)`. It can use an index, and needs no rounding function of the database.
 *
 * @param nonNegative The value is never below +0.
 * @returns Nothing when only the sign of a zero decides, which SQL cannot see.
 */
export function floatRange(
  how: "eq" | "gt" | "gte",
  value: number,
  digits: number,
  nonNegative: boolean,
): readonly [number, number] | undefined {
  const scale = 10 ** digits, tolerance = 0.1 ** (digits + 1), wanted = rounded(Math.fround(value), scale);
  const least = nonNegative ? 0 : -Infinity;
  const is = (h: "eq" | "gt" | "gte") => (v: number) => compareReal(h, rounded(v, scale), wanted, tolerance);
  // Equality begins where "not smaller" does, a tolerance earlier, and ends where "greater" begins.
  const from = how === "eq"
    ? firstFloat(least, (v) => is("eq")(v) || is("gt")(v))
    : firstFloat(least, is(how));
  const to = how === "eq" ? firstFloat(least, (v) => is("gt")(v) && !is("eq")(v)) : Infinity;
  if (!nonNegative && (from === 0 || to === 0)) return undefined;
  return [from, to];
}
