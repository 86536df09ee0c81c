import { formatIpv4, formatIpv6, formatMac } from "../base/mod.ts";
import type { Expression, Match, Value } from "./ast.ts";
import { isKeyword } from "./vocabulary.ts";

/**
 * Writes an expression as text that reads back as the same expression.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseRecordFilter } from "./parse.ts";
 * import { printExpression } from "./print.ts";
 *
 * assertEquals(printExpression(parseRecordFilter("! ( host 10.0.0.1 && port 20-90 )")), "not (host 10.0.0.1 and port 20-90)");
 * ```
 */
export function printExpression(e: Expression): string {
  switch (e.kind) {
    case "all":
      return "";
    case "and":
    case "or":
      // Only the right-hand side needs parentheses: the operators associate to the left.
      return `${printExpression(e.left)} ${e.kind} ${grouped(e.right)}`;
    case "not":
      return `not ${grouped(e.term)}`;
    case "word":
      return [e.protocol, e.direction, e.word].filter(Boolean).join(" ");
    case "field":
      return `${e.field} ${e.compare} ${typeof e.value === "number" ? decimal(e.value) : `"${e.value}"`}`;
    case "match":
      return [e.protocol, e.direction, e.qualifier, e.compare === "eq" ? "" : e.compare, printValue(e)]
        .filter(Boolean).join(" ");
  }
}

const grouped = (e: Expression) =>
  e.kind === "and" || e.kind === "or" ? `(${printExpression(e)})` : printExpression(e);

function printValue({ value, mask }: Match): string {
  const text = plain(value);
  if (!mask || value.type === "integer") return text;
  const length = prefixLength(mask);
  if (length === undefined) return `${text} mask ${formatIpv4(mask[0]!)}`;
  return length === mask.length * 32 ? text : `${text}/${length}`;
}

function plain(value: Value): string {
  switch (value.type) {
    case "integer":
      return String(value.value);
    case "real":
      return real(value.value);
    case "ipv4":
      return formatIpv4(value.address);
    case "ipv6":
      return formatIpv6(...value.address);
    case "mac":
      return formatMac(value.high, value.low);
    case "range":
      return `${value.from}-${value.to}`;
    case "name":
      return isKeyword(value.name) || !/^[A-Za-z][-_.A-Za-z0-9]*$/.test(value.name)
        ? `"${value.name}"`
        : value.name;
  }
}

const decimal = (v: number) => Number.isInteger(v) ? String(v) : real(v);

/** Digits on both sides of the point and no exponent: all that the lexer reads as a real. */
function real(v: number): string {
  const sign = v < 0 || Object.is(v, -0) ? "-" : "", shortest = String(Math.abs(v));
  if (!/e/.test(shortest)) return sign + (shortest.includes(".") ? shortest : shortest + ".0");
  const [digits, exponent] = shortest.split("e"), [whole, fraction = ""] = digits!.split(".");
  const shift = Number(exponent);
  if (shift < 0) return `${sign}0.${"0".repeat(-shift - 1)}${whole}${fraction}`;
  const all = fraction.padEnd(shift, "0");
  return `${sign}${whole}${all.slice(0, shift)}.${all.slice(shift) || "0"}`;
}

function prefixLength(mask: readonly number[]): number | undefined {
  const bits = mask.map((w) => (w >>> 0).toString(2).padStart(32, "0")).join("");
  return /^1*0*$/.test(bits) ? bits.replaceAll("0", "").length : undefined;
}
