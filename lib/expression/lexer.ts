import { Problem } from "../base/mod.ts";

/** A piece of an expression. */
export interface Token {
  readonly kind:
    | "word"
    | "escaped"
    | "string"
    | "integer"
    | "real"
    | "ipv4"
    | "ipv6"
    | "mac"
    | "symbol"
    | "end";
  /** As written, without quotes or backslash. */
  readonly text: string;
  /** First character, from 0, and the one behind the last. */
  readonly start: number;
  readonly end: number;
  /** Value of a number; address words of `ipv4` (1), `ipv6` (4), `mac` (2). */
  readonly value?: number;
  readonly words?: readonly number[];
}

const BLANK = /[ \t\r\n]+/y;
const SYMBOL = /&&|\|\||[<>!=]=|<<|>>|[!()<>&|=+\-*\/:[\]]/y;
const SIGNED = /[+-](?=[0-9.])/y;
// An interior "-" belongs to the word (names, port ranges).
const RUN = /[A-Za-z0-9._:-]+/y;

/**
 * Cuts a filter expression into tokens (filter.md section 2).
 *
 * @throws {Problem} `syntax` for a character or an address that means nothing.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
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
    const c = text[at]!;
    if (c === '"') {
      const close = text.indexOf('"', at + 1);
      if (close < 0) {
        throw bad(text, start, 'a closing "', "the end of the expression");
      }
      at = close + 1;
      tokens.push({ kind: "string", text: text.slice(start + 1, close), start, end: at });
      continue;
    }
    if (c === "\\") {
      at++;
      const word = take(RUN);
      if (!word) throw bad(text, start, "a name after \\", quote(text.slice(at, at + 1)));
      tokens.push({ kind: "escaped", text: word, start, end: at });
      continue;
    }
    const sign = take(SIGNED) ?? "";
    if (beginsRun(text, at)) {
      tokens.push(classify(text, sign + take(RUN)!, start, at));
      continue;
    }
    const symbol = take(SYMBOL);
    if (!symbol) throw bad(text, start, "a filter word, a value or an operator", quote(c));
    if (symbol === "[") {
      throw bad(
        text,
        start,
        "a filter word",
        quote(symbol),
        ": byte offsets into the record's memory are not supported",
      );
    }
    tokens.push({ kind: "symbol", text: symbol, start, end: at });
  }
  tokens.push({ kind: "end", text: "", start: text.length, end: text.length });
  return tokens;
}

/** A run begins with a letter, a digit, `.5` or `::1`; everything else begins a symbol. */
function beginsRun(text: string, at: number): boolean {
  return /^([A-Za-z0-9_]|\.[0-9]|::)/.test(text.slice(at, at + 2));
}

function classify(text: string, run: string, start: number, end: number): Token {
  if (/^[+-]?(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(run)) {
    return { kind: "integer", text: run, start, end, value: integer(run) };
  }
  if (/^[+-]?[0-9]*\.[0-9]+$/.test(run)) return { kind: "real", text: run, start, end, value: Number(run) };
  if (/^[0-9]+(\.[0-9]+){3}$/.test(run)) {
    return { kind: "ipv4", text: run, start, end, words: [ipv4(text, run, start)] };
  }
  if (run.includes(":")) {
    if (/^([0-9a-fA-F]{1,2}:){5}[0-9a-fA-F]{1,2}$/.test(run)) {
      const b = run.split(":").map((x) => parseInt(x, 16));
      return {
        kind: "mac",
        text: run,
        start,
        end,
        words: [(b[0]! << 24) | (b[1]! << 16) | (b[2]! << 8) | b[3]!, (b[4]! << 24) | (b[5]! << 16)],
      };
    }
    return { kind: "ipv6", text: run, start, end, words: ipv6(text, run, start) };
  }
  if (/^[A-Za-z0-9][-_.A-Za-z0-9]*$/.test(run)) return { kind: "word", text: run, start, end };
  throw bad(text, start, "a filter word or a value", quote(run));
}

/** C notation: 0x hexadecimal, leading 0 octal when all digits are, else decimal. */
function integer(text: string): number {
  const negative = text[0] === "-", digits = text.replace(/^[+-]/, "");
  const n = /^0[0-7]+$/.test(digits) ? parseInt(digits, 8) : Number(digits);
  return negative ? -n : n;
}

function ipv4(text: string, run: string, start: number): number {
  const parts = run.split(".").map(Number);
  if (parts.some((p) => p > 255)) {
    throw bad(text, start, "an IPv4 address with parts from 0 to 255", quote(run));
  }
  return (parts[0]! << 24) | (parts[1]! << 16) | (parts[2]! << 8) | parts[3]!;
}

function ipv6(text: string, run: string, start: number): readonly number[] {
  const fail = () => bad(text, start, "an IPv6 or an Ethernet address", quote(run));
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(run);
  const plain = tail ? `${tail[1]}${groups(ipv4(text, tail[2]!, start))}` : run;
  const halves = plain.split("::");
  if (halves.length > 2) throw fail();
  const [left, right] = halves.map((h) => h === "" ? [] : h.split(":"));
  const all = [...left!, ...(right ?? [])];
  if (all.some((g) => !/^[0-9a-fA-F]{1,4}$/.test(g))) throw fail();
  if (halves.length === 1 ? all.length !== 8 : all.length > 7) throw fail();
  const full = [...left!, ...new Array<string>(8 - all.length).fill("0"), ...(right ?? [])].map((g) =>
    parseInt(g, 16)
  );
  return [0, 2, 4, 6].map((i) => (full[i]! << 16) | full[i + 1]!);
}

const groups = (word: number) => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`;

/** Puts a piece of the expression in quotes for a message. */
export const quote = (s: string): string => s === "" ? "the end of the expression" : `"${s}"`;

/** The problem every stage reports: where, what was expected, what was found. */
export function bad(text: string, position: number, expected: string, found: string, more = ""): Problem {
  return new Problem("syntax", `Expected ${expected} but found ${found}${more} in filter "${text}"`, {
    position,
    expected,
    found,
  });
}
