import { bad, quote } from "./lexer.ts";

/** A piece of a packet filter. */
export interface PacketToken {
  readonly kind: "word" | "escaped" | "number" | "ipv4" | "ipv6" | "mac" | "symbol" | "end";
  /** As written, without a leading backslash. */
  readonly text: string;
  /** First character, from 0. */
  readonly start: number;
  /** Value of a number, address words left aligned: ipv4 one, ipv6 four, mac two (low 16 bits in the second). */
  readonly words: readonly number[];
  /** Bits given by a dotted address: 8 for each part. */
  readonly bits: number;
}

const MAC =
  /(?:[0-9A-Fa-f]{1,2}([:-])(?:[0-9A-Fa-f]{1,2}\1){4}[0-9A-Fa-f]{1,2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4})(?![0-9A-Za-z.:-])/y;
const IPV6 = /(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|\d+\.\d+\.\d+\.\d+)?(?![0-9A-Za-z:])/y;
const NUMBER = /(?:0[xX][0-9A-Fa-f]+|\d+)(?![-_.A-Za-z0-9])/y;
const IPV4 = /\d+(?:\.\d+){1,3}(?![-_.A-Za-z0-9])/y;
const WORD = /[A-Za-z0-9](?:[-_.A-Za-z0-9]*[.A-Za-z0-9])?/y;
const SYMBOL = /&&|\|\||<<|>>|[<>!=]=|[!()[\]+\-*\/%&|^:<>=]/y;
const BLANK = /[ \t\r\n]+/y;

/**
 * Cuts a packet filter into tokens.
 *
 * @throws {Problem} `syntax` at a character or address that means nothing.
 */
export function tokenizePackets(text: string): PacketToken[] {
  const tokens: PacketToken[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found) at += found.length;
    return found;
  };
  for (;;) {
    take(BLANK);
    const start = at;
    if (at >= text.length) break;
    const add = (kind: PacketToken["kind"], found: string, words: readonly number[] = [], bits = 0) =>
      tokens.push({ kind, text: found, start, words, bits });
    let found: string | undefined;
    if (text[at] === "\\") {
      at++;
      found = take(WORD);
      if (!found) throw bad(text, start, "a name after \\", quote(text.slice(at, at + 1)));
      add("escaped", found);
    } else if ((found = take(MAC))) add("mac", found, macWords(found));
    else if ((found = takeIpv6(text, at))) {
      at += found.length;
      add("ipv6", found, ipv6Words(text, found, start), 128);
    } else if ((found = take(NUMBER))) add("number", found, [cNumber(text, found, start)]);
    else if ((found = take(IPV4))) {
      const parts = found.split(".").map(Number);
      if (parts.some((p) => p > 255)) {
        throw bad(text, start, "an IPv4 address with parts from 0 to 255", quote(found));
      }
      const word = parts.reduce((sum, p, j) => sum | (p << (24 - 8 * j)), 0);
      add("ipv4", found, [word], 8 * parts.length);
    } else if ((found = take(WORD))) add("word", found);
    else if ((found = take(SYMBOL))) add("symbol", found);
    else throw bad(text, start, "a filter word, a value or an operator", quote(text[at]!));
  }
  tokens.push({ kind: "end", text: "", start: text.length, words: [], bits: 0 });
  return tokens;
}

/** Two colons or seven tell an IPv6 address from `ip[0:2]`. */
function takeIpv6(text: string, at: number): string | undefined {
  IPV6.lastIndex = at;
  const found = IPV6.exec(text)?.[0];
  if (!found) return undefined;
  return found.includes("::") || found.split(":").length === 8 ? found : undefined;
}

function cNumber(text: string, found: string, at: number): number {
  const n = /^0[0-7]+$/.test(found) ? parseInt(found, 8) : Number(found);
  if (!(n <= 0xffffffff)) throw bad(text, at, "a number below 4294967296", quote(found));
  return n;
}

function macWords(found: string): number[] {
  const hex = found.includes(".")
    ? found.replaceAll(".", "")
    : found.split(/[:-]/).map((b) => b.padStart(2, "0")).join("");
  return [parseInt(hex.slice(0, 8), 16) | 0, parseInt(hex.slice(8), 16)];
}

function ipv6Words(text: string, found: string, at: number): number[] {
  const fail = () => bad(text, at, "an IPv6 address", quote(found));
  const tail = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(found);
  let plain = found;
  if (tail) {
    const b = tail.slice(2).map(Number);
    if (b.some((x) => x > 255)) throw fail();
    plain = `${tail[1]}${((b[0]! << 8) | b[1]!).toString(16)}:${((b[2]! << 8) | b[3]!).toString(16)}`;
  }
  const halves = plain.split("::");
  if (halves.length > 2) throw fail();
  const [left, right] = halves.map((h) => h === "" ? [] : h.split(":"));
  const given = left!.length + (right?.length ?? 0);
  if (right === undefined ? given !== 8 : given > 7) throw fail();
  const all = [...left!, ...new Array<string>(8 - given).fill("0"), ...(right ?? [])].map((g) =>
    parseInt(g, 16)
  );
  if (all.some((g) => !(g >= 0))) throw fail();
  return [0, 2, 4, 6].map((j) => (all[j]! << 16) | all[j + 1]!);
}
