/**
 * Addresses as 32-bit words: an IPv4 address is one word, an IPv6 address four, a MAC address two (the last holds two bytes
 * in its upper half), all most significant first.
 *
 * @module
 */

/** Prints an IPv4 word as dotted quad. */
export function formatIpv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

/**
 * Prints four words as compressed IPv6 text the way inet_ntop does (RFC 5952, with dotted tail for mapped addresses).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatIpv6 } from "./address.ts";
 *
 * assertEquals(formatIpv6(0x20010db8, 0, 0, 1), "2001:db8::1");
 * ```
 */
export function formatIpv6(a: number, b: number, c: number, d: number): string {
  if (a === 0 && b === 0 && (c === 0 ? d >>> 16 !== 0 : c === 0xffff)) {
    return `::${c === 0xffff ? "ffff:" : ""}${formatIpv4(d)}`;
  }
  const groups = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff, c >>> 16, c & 0xffff, d >>> 16, d & 0xffff];
  let best = -1, bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let j = i;
    while (j < 8 && groups[j] === 0) j++;
    if (j - i > bestLength) best = i, bestLength = j - i;
    if (j > i) i = j;
  }
  if (best < 0) return groups.map((g) => g.toString(16)).join(":");
  const hex = (from: number, to: number) => groups.slice(from, to).map((g) => g.toString(16)).join(":");
  return `${hex(0, best)}::${hex(best + bestLength, 8)}`;
}

/** Prints a MAC address from its first four bytes (`high`) and its last two in the upper half of `low`. */
export function formatMac(high: number, low: number): string {
  const bytes = [
    high >>> 24,
    (high >>> 16) & 255,
    (high >>> 8) & 255,
    high & 255,
    low >>> 24,
    (low >>> 16) & 255,
  ];
  return bytes.map((b) => b.toString(16).padStart(2, "0")).join(":");
}

/**
 * Reads a dotted quad as a word (signed 32 bits); `undefined` when the text is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseIpv4 } from "./address.ts";
 *
 * assertEquals(parseIpv4("10.0.0.1"), 0x0a000001);
 * assertEquals(parseIpv4("10.0.0.256"), undefined);
 * ```
 */
export function parseIpv4(text: string): number | undefined {
  const m = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!m) return undefined;
  let word = 0;
  for (let i = 1; i <= 4; i++) {
    const part = Number(m[i]);
    if (part > 255) return undefined;
    word = (word << 8) | part;
  }
  return word;
}

/**
 * Reads an IPv6 address as four words; a zone (`%eth0`) is left out, `undefined` when the text is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseIpv6 } from "./address.ts";
 *
 * assertEquals(parseIpv6("2001:db8::1"), [0x20010db8, 0, 0, 1]);
 * assertEquals(parseIpv6("::ffff:10.0.0.1"), [0, 0, 0xffff, 0x0a000001]);
 * assertEquals(parseIpv6("1:2"), undefined);
 * ```
 */
export function parseIpv6(text: string): [number, number, number, number] | undefined {
  let plain = text.replace(/%.*$/, "");
  const quad = /:(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  if (quad) {
    const word = parseIpv4(quad[1]!);
    if (word === undefined) return undefined;
    plain = `${plain.slice(0, quad.index)}:${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`;
  }
  const halves = plain.split("::");
  if (halves.length > 2 || !plain.includes(":")) return undefined;
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head!.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head!, ...Array.from({ length: missing }, () => "0"), ...tail ?? []];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const n = groups.map((group) => parseInt(group, 16));
  return [0, 2, 4, 6].map((i) => (n[i]! << 16) | n[i + 1]!) as [number, number, number, number];
}

/** Reads a MAC address as two words, the last two bytes in the upper half of the second; `undefined` when the text is none. */
export function parseMac(text: string): [number, number] | undefined {
  if (!/^[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}$/i.test(text)) return undefined;
  const b = text.split(/[:-]/).map((part) => parseInt(part, 16));
  return [(b[0]! << 24) | (b[1]! << 16) | (b[2]! << 8) | b[3]!, (b[4]! << 24) | (b[5]! << 16)];
}
