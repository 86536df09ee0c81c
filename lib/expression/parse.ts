import { Problem } from "../base/mod.ts";
import type { Comparison, Direction, Expression, FieldTest, Match, Span, Value } from "./ast.ts";
import { fieldNames, fieldType } from "./field_type.ts";
import { bad, quote, type Token, tokenize } from "./lexer.ts";
import { didYouMean } from "./nearest.ts";
import { EXPECTED, type Head, prefix, rangeOf, refusal, valueOf } from "./value.ts";
import {
  ALL_WORDS,
  COMPARISONS,
  isKeyword,
  LINK_WORDS,
  PLAIN_WORDS,
  PROTOCOL_WORDS,
  QUALIFIERS,
  SIDED_WORDS,
} from "./vocabulary.ts";

/** How an expression is read. */
export interface ParseOptions {
  /**
   * `"ra"` takes exactly what the real program takes. The default, `"panoptes"`, adds comparisons of registry fields
   * (`evidence eq none`) and refuses what the real program silently misreads (`net 10`).
   */
  readonly dialect?: "panoptes" | "ra";
}

const VALUES: ReadonlySet<Token["kind"]> = new Set([
  "integer",
  "real",
  "ipv4",
  "ipv6",
  "mac",
  "escaped",
  "string",
]);

/** Reads the tokens of one expression. */
export class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #options: ParseOptions;
  #next = 0;
  #head: Head | undefined;

  constructor(text: string, options: ParseOptions) {
    this.#text = text;
    this.#tokens = tokenize(text);
    this.#options = options;
  }

  /** The whole expression. */
  parse(): Expression {
    if (this.#is("local")) this.#next++;
    if (this.#peek().kind === "end") return freeze({ kind: "all", at: this.#span(0) });
    const e = this.#expression();
    if (this.#peek().kind !== "end") throw this.#unexpected("and, or, or the end of the expression");
    return e;
  }

  #expression(): Expression {
    const start = this.#peek().start;
    this.#head = undefined;
    let left = this.#term();
    for (;;) {
      const kind = this.#junction();
      if (!kind) return left;
      this.#next++;
      const right = this.#head && this.#beginsId(this.#next) ? this.#id(this.#head) : this.#term();
      left = freeze({ kind, left, right, at: this.#span(start) });
    }
  }

  #term(): Expression {
    const start = this.#peek().start;
    if (this.#isNot()) {
      this.#next++;
      return freeze({ kind: "not", term: this.#term(), at: this.#span(start) });
    }
    const before = this.#head;
    this.#head = undefined;
    if (this.#is("(")) {
      this.#next++;
      const inner = this.#expression();
      this.#close();
      // A group leaves the last head as it was: `port 80 and (tcp or udp) or 22`.
      this.#head = before;
      return inner;
    }
    return this.#primitive(start);
  }

  #primitive(start: number): Expression {
    const first = this.#peek();
    if (first.kind !== "word") {
      throw this.#unexpected(
        "a filter word",
        VALUES.has(first.kind) ? ": a value needs a qualifier before it, such as host or port" : "",
      );
    }
    let protocol: string | undefined;
    if (PROTOCOL_WORDS.has(first.text)) {
      protocol = first.text;
      this.#next++;
    }
    const direction = this.#direction();
    const token = this.#peek(), word = token.kind === "word" || token.kind === "symbol" ? token.text : "";
    if (SIDED_WORDS.has(word) || word === "dup") {
      if (word === "dup" && !direction) {
        this.#next++;
        throw this.#refuse(token, "src or dst before dup");
      }
      this.#next++;
      // A protocol before a state word changes nothing in the real program unless a direction stands between: `tcp syn` fails.
      if (protocol && !direction) throw this.#refuse(token, "and, or, or a qualifier");
      return freeze({ kind: "word", word, ...(direction && { direction }), at: this.#span(start) });
    }
    if (Object.hasOwn(QUALIFIERS, word) && !(direction && (word === "proto" || word === "gateway"))) {
      this.#next++;
      return this.#id(
        this.#head = {
          ...(protocol && { protocol }),
          ...(direction && { direction }),
          qualifier: word,
          kind: QUALIFIERS[word]!,
        },
        start,
      );
    }
    if (direction) {
      if (!this.#beginsId(this.#next)) {
        throw this.#unexpected("a host, a qualifier or a state word after the direction");
      }
      return this.#id(
        this.#head = { ...(protocol && { protocol }), direction, qualifier: "host", kind: "host" },
        start,
      );
    }
    if (word === "broadcast" || word === "multicast") {
      this.#next++;
      if (word === "broadcast" && !protocol) throw this.#refuse(token, "ip or ether before broadcast");
      return freeze({ kind: "word", word, ...(protocol && { protocol }), at: this.#span(start) });
    }
    if (protocol) {
      if (LINK_WORDS.has(protocol)) {
        throw this.#unexpected(`host, src, dst, proto, multicast or broadcast after ${protocol}`);
      }
      return freeze({ kind: "word", word: protocol, at: this.#span(start) });
    }
    if (PLAIN_WORDS.has(word)) {
      this.#next++;
      return freeze({ kind: "word", word, at: this.#span(start) });
    }
    const field = this.#field(start);
    if (field) return field;
    throw this.#unexpected("a filter word");
  }

  /** `src`, `dst`, and the two joined by `and` or `or`. */
  #direction(): Direction | undefined {
    const side = this.#peek();
    if (!this.#is("src") && !this.#is("dst")) return undefined;
    this.#next++;
    const joined = this.#junction(), other = this.#tokens[this.#next + 1];
    if (!joined || !other || other.kind !== "word" || (other.text !== "src" && other.text !== "dst")) {
      return side.text as Direction;
    }
    if (other.text === side.text) {
      this.#next++;
      throw this.#unexpected(side.text === "src" ? "dst" : "src");
    }
    this.#next += 2;
    return joined === "and" ? "src and dst" : "src or dst";
  }

  /** `id := value | cmp number | not id | '(' id {and|or id} ')'`. */
  #id(head: Head, start = this.#peek().start, grouped = false): Expression {
    if (this.#isNot()) {
      this.#next++;
      return freeze({ kind: "not", term: this.#id(head, undefined, grouped), at: this.#span(start) });
    }
    if (this.#is("(")) {
      this.#next++;
      let left = this.#id(head, undefined, true);
      for (let kind = this.#junction(); kind; kind = this.#junction()) {
        this.#next++;
        left = freeze({ kind, left, right: this.#id(head, undefined, true), at: this.#span(start) });
      }
      this.#close();
      return left;
    }
    // Comparisons cannot stand in a group of values: `port (gt 80 and lt 90)`.
    if (grouped && this.#comparison()) throw this.#unexpected("a value");
    return this.#match(head, start);
  }

  #match(head: Head, start: number): Expression {
    const token = this.#peek();
    if (token.kind === "end") throw this.#unexpected(EXPECTED[head.kind]);
    const comparison = this.#comparison();
    if (comparison) {
      this.#next++;
      const closing = this.#is("(");
      if (closing) this.#next++;
      const number = this.#peek();
      if (number.kind !== "integer" && number.kind !== "real") {
        throw this.#unexpected(`a number after ${token.text}`);
      }
      const match = this.#value(head, comparison, start, true);
      if (closing) this.#close();
      return match;
    }
    if (!VALUES.has(token.kind) && !(token.kind === "word" && !isKeyword(token.text))) {
      throw this.#unexpected(
        EXPECTED[head.kind],
        token.kind === "word" && isKeyword(token.text)
          ? `: ${quote(token.text)} is a keyword, write \\${token.text} for the name`
          : token.kind === "symbol" && "=<>".includes(token.text)
          ? ": write gt, gte, lt, lte or eq"
          : "",
      );
    }
    return this.#value(head, "eq", start, false);
  }

  #value(head: Head, compare: Comparison, start: number, compared: boolean): Match {
    const token = this.#peek();
    this.#next++;
    const value = valueOf(token);
    const no = refusal(head, value, compared, this.#options.dialect === "ra");
    if (no) throw this.#refuse(token, ...no);
    const mask = head.kind === "net" ? this.#mask(token, value) : undefined;
    return freeze<Match>({
      kind: "match",
      ...(head.protocol && { protocol: head.protocol }),
      ...(head.direction && { direction: head.direction }),
      qualifier: head.qualifier,
      compare,
      value: head.kind === "port" ? rangeOf(token) ?? value : value,
      ...(mask && { mask }),
      valueAt: { start: token.start, end: token.end },
      at: this.#span(start),
    });
  }

  /** `/len` or `mask a.b.c.d`; without one the whole address counts. */
  #mask(token: Token, value: Value): readonly number[] | undefined {
    const width = value.type === "ipv6" ? 128 : 32;
    if (value.type === "integer") return [0];
    if (this.#is("/")) {
      this.#next++;
      const length = this.#peek();
      if (length.kind !== "integer" || length.value! < 0 || length.value! > width) {
        throw this.#unexpected(`a prefix length from 0 to ${width}`);
      }
      this.#next++;
      return prefix(length.value!, width);
    }
    if (this.#is("mask")) {
      if (value.type !== "ipv4") throw this.#refuse(token, "an IPv4 network before mask");
      this.#next++;
      const mask = this.#peek();
      if (mask.kind !== "ipv4") throw this.#unexpected("a mask with four parts such as 255.0.0.0");
      this.#next++;
      return [mask.words![0]!];
    }
    return prefix(width, width);
  }

  #field(start: number): Expression | undefined {
    const token = this.#peek();
    if (this.#options.dialect === "ra" || token.kind !== "word") return undefined;
    const type = fieldType(token.text);
    if (!type) return undefined;
    this.#next++;
    const compare = this.#comparison() ?? RELATIONS[this.#peek().text];
    if (compare) this.#next++;
    const value = this.#peek();
    if (
      type === "number"
        ? value.kind !== "integer" && value.kind !== "real"
        : value.kind === "end" || value.kind === "symbol"
    ) {
      throw this.#unexpected(`${type === "number" ? "a number" : "text"} to compare ${token.text} with`);
    }
    if (type === "text" && compare && compare !== "eq") {
      this.#next--;
      throw this.#unexpected(`eq: ${token.text} is text`);
    }
    this.#next++;
    return freeze<FieldTest>({
      kind: "field",
      field: token.text,
      compare: compare ?? "eq",
      value: type === "number" ? value.value! : value.text,
      at: this.#span(start),
    });
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #is(text: string): boolean {
    const t = this.#peek();
    return (t.kind === "word" || t.kind === "symbol") && t.text === text;
  }

  #isNot(): boolean {
    return this.#is("not") || this.#is("!");
  }

  #junction(): "and" | "or" | undefined {
    if (this.#is("and") || this.#is("&&")) return "and";
    return this.#is("or") || this.#is("||") ? "or" : undefined;
  }

  #comparison(): Comparison | undefined {
    const t = this.#peek();
    return (t.kind === "word" || t.kind === "symbol") && Object.hasOwn(COMPARISONS, t.text)
      ? COMPARISONS[t.text]
      : undefined;
  }

  /** Whether the tokens from `at` are a value for the last head rather than a new term. */
  #beginsId(at: number): boolean {
    for (let i = at;; i++) {
      const t = this.#tokens[i]!;
      if (t.kind === "symbol" && (t.text === "(" || t.text === "!")) continue;
      if (t.kind === "word" && t.text === "not") continue;
      if (VALUES.has(t.kind)) return true;
      if ((t.kind === "word" || t.kind === "symbol") && Object.hasOwn(COMPARISONS, t.text)) return true;
      return t.kind === "word" && !isKeyword(t.text) && !this.#isField(t, this.#tokens[i + 1]!);
    }
  }

  #isField(t: Token, after: Token): boolean {
    if (this.#options.dialect === "ra" || fieldType(t.text) === undefined) return false;
    return Object.hasOwn(COMPARISONS, after.text) || Object.hasOwn(RELATIONS, after.text);
  }

  #close(): void {
    if (!this.#is(")")) throw this.#unexpected('a closing ")"');
    this.#next++;
  }

  /** From `start` to the end of the last token taken. */
  #span(start: number): Span {
    const last = this.#next > 0 ? this.#tokens[this.#next - 1]! : undefined;
    return { start, end: Math.max(start, last?.end ?? 0) };
  }

  #unexpected(expected: string, more = ""): Problem {
    return this.#refuse(this.#peek(), expected, more);
  }

  #refuse(token: Token, expected: string, more = ""): Problem {
    const unknown = !more && token.kind === "word" && !isKeyword(token.text);
    const known = this.#options.dialect === "ra" ? ALL_WORDS : [...ALL_WORDS, ...fieldNames()];
    const hint = unknown ? didYouMean(token.text, known) : more;
    return bad(this.#text, token.start, expected, token.kind === "end" ? quote("") : quote(token.text), hint);
  }
}

const RELATIONS: Readonly<Record<string, Comparison>> = { ">": "gt", "<": "lt", "=": "eq", "==": "eq" };

function freeze<T extends object>(node: T): T {
  for (const v of Object.values(node)) {
    if (typeof v === "object" && v !== null && !Object.isFrozen(v)) freeze(v as object);
  }
  return Object.freeze(node);
}

/**
 * Reads a record filter in the language of the ra clients (filter.md).
 *
 * @throws {Problem} `syntax`, with the position in the text, what was expected there and the nearest known word.
 *
 * @example Equal precedence, to the left
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseRecordFilter } from "./parse.ts";
 * import { printExpression } from "./print.ts";
 *
 * const e = parseRecordFilter("tcp or udp and port 80 or 22");
 * assertEquals(e.kind, "or");
 * assertEquals(printExpression(e), "tcp or udp and port 80 or port 22");
 * ```
 */
export function parseRecordFilter(text: string, options: ParseOptions = {}): Expression {
  return new Parser(text, options).parse();
}
