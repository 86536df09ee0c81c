const NAMES = new Map<number, string>([[46, "ef"]]);
for (let c = 0; c < 8; c++) NAMES.set(c * 8, `cs${c}`);
for (let c = 1; c < 5; c++) for (let d = 1; d < 4; d++) NAMES.set(c * 8 + d * 2, `af${c}${d}`);
const NUMBERS = new Map([...NAMES].map(([number, name]) => [name, number]));

/** Name of a differentiated services code point (RFC 2474, 2597, 3246), `undefined` when it has none. */
export function dscpName(codePoint: number): string | undefined {
  return NAMES.get(codePoint);
}

/**
 * Code point of a name such as `af11`, `undefined` when there is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { dscpNumber } from "./dscp.ts";
 *
 * assertEquals(dscpNumber("af11"), 10);
 * ```
 */
export function dscpNumber(name: string): number | undefined {
  return NUMBERS.get(name);
}
