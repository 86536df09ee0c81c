import type { Arithmetic, Aspect, Comparison, Direction, Id, PacketNode, Qualifiers } from "./packet_ast.ts";
import { bad, quote } from "./lexer.ts";
import { didYouMean } from "./nearest.ts";
import { type PacketToken, tokenizePackets } from "./packet_lexer.ts";
import {
  CONSTANTS,
  KEYWORDS,
  LINK_WORDS,
  packetWords,
  PROTOCOLS,
  SYNONYMS,
  UNSUPPORTED,
} from "./packet_words.ts";

const ASPECTS: ReadonlySet<string> = new Set(["host", "net", "port", "portrange", "proto", "protochain"]);
const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ["=", "="],
  ["==", "="],
  ["!=", "!="],
  ["<", "<"],
  ["<=", "<="],
  [">", ">"],
  [">=", ">="],
]);
/** Binary operators by how tightly they bind, as in the grammar of libpcap. */
const BINDING: ReadonlyMap<string, number> = new Map([
  ["|", 1],
  ["&", 1],
  ["^", 1],
  ["<<", 2],
  [">>", 2],
  ["+", 3],
  ["-", 3],
  ["*", 4],
  ["/", 4],
  ["%", 4],
]);
const A_TERM = "a filter term such as host, port, tcp or ip[0]";

/**
 * Reads a packet filter in the language of pcap-filter(7); `undefined` for an empty one, which lets everything through.
 *
 * @throws {Problem} `syntax`, with the position, what was expected and the nearest word; `unsupported` for parts of the language
 * that are not carried out.
 */
export function parsePacketFilter(text: string): PacketNode | undefined {
  return new Parser(text).whole();
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly PacketToken[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenizePackets(text);
  }

  whole(): PacketNode | undefined {
    if (this.#peek().kind === "end") return undefined;
    const node = this.#expression();
    if (this.#peek().kind !== "end") throw this.#bad("and, or, or the end");
    return node;
  }

  #peek(ahead = 0): PacketToken {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }

  #next(): PacketToken {
    const t = this.#peek();
    if (t.kind !== "end") this.#at++;
    return t;
  }

  #is(text: string, ahead = 0): boolean {
    const t = this.#peek(ahead);
    return (t.kind === "symbol" || t.kind === "word") && t.text === text;
  }

  #take(...texts: string[]): boolean {
    if (!texts.some((t) => this.#is(t))) return false;
    this.#at++;
    return true;
  }

  #need(text: string): void {
    if (!this.#take(text)) throw this.#bad(`"${text}"`);
  }

  #bad(expected: string, token = this.#peek()) {
    const unsupported = token.kind === "word" && UNSUPPORTED.has(token.text)
      ? ": this part of the packet filter language is not supported"
      : "";
    const near = token.kind === "word" && !KEYWORDS.has(token.text) && !PROTOCOLS.has(token.text)
      ? didYouMean(token.text, packetWords())
      : "";
    const hint = unsupported || near;
    return bad(this.#text, token.start, expected, quote(token.text), hint);
  }

  /** `and` and `or` bind alike, from the left. */
  #expression(): PacketNode {
    let last: Qualifiers | undefined;
    let left = this.#term((q) => last = q);
    for (;;) {
      const kind = this.#take("and", "&&") ? "and" : this.#take("or", "||") ? "or" : undefined;
      if (!kind) return left;
      // A bare name or number repeats the qualifiers of the term before it: `port 80 or 443`.
      const right = this.#bare() && last ? this.#repeated(last) : this.#term((q) => last = q);
      left = { kind, left, right };
    }
  }

  /** Whether an id without qualifiers stands here, and not the beginning of arithmetic. */
  #bare(): boolean {
    let ahead = 0;
    while (this.#is("not", ahead) || this.#is("!", ahead) || this.#is("(", ahead)) ahead++;
    const t = this.#peek(ahead);
    if (t.kind === "number") {
      const after = this.#peek(ahead + 1);
      return !(after.kind === "symbol" && (BINDING.has(after.text) || COMPARISONS.has(after.text)) &&
        after.text !== "/");
    }
    return t.kind === "ipv4" || t.kind === "ipv6" || t.kind === "mac" || t.kind === "escaped" ||
      (t.kind === "word" && !this.#isKeyword(t.text));
  }

  #isKeyword(word: string): boolean {
    return KEYWORDS.has(word) || PROTOCOLS.has(word) || LINK_WORDS.has(word) || SYNONYMS.has(word) ||
      CONSTANTS.has(word) || UNSUPPORTED.has(word);
  }

  #repeated(qualifiers: Qualifiers): PacketNode {
    if (this.#take("not", "!")) return { kind: "not", operand: this.#repeated(qualifiers) };
    if (this.#is("(")) return this.#group(qualifiers);
    return { kind: "id", qualifiers, id: this.#id(qualifiers) };
  }

  /** `port (80 or 443)`. */
  #group(qualifiers: Qualifiers): PacketNode {
    this.#need("(");
    let left = this.#repeated(qualifiers);
    for (;;) {
      const kind = this.#take("and", "&&") ? "and" : this.#take("or", "||") ? "or" : undefined;
      if (!kind) break;
      left = { kind, left, right: this.#repeated(qualifiers) };
    }
    this.#need(")");
    return left;
  }

  #term(remember: (q: Qualifiers | undefined) => void): PacketNode {
    if (this.#take("not", "!")) return { kind: "not", operand: this.#term(remember) };
    if (this.#is("(") && !this.#parenthesisIsArithmetic()) {
      this.#at++;
      const inside = this.#expression();
      this.#need(")");
      remember(undefined);
      return inside;
    }
    remember(undefined);
    const special = this.#special();
    if (special) return special;
    if (this.#beginsArithmetic()) return this.#comparison();
    return this.#primitive(remember);
  }

  #special(): PacketNode | undefined {
    const t = this.#peek();
    if (t.kind !== "word") return undefined;
    switch (t.text) {
      case "vlan":
      case "mpls":
      case "pppoes":
        this.#at++;
        return { kind: t.text, number: this.#optionalNumber(), at: t.start };
      case "pppoed":
        this.#at++;
        return { kind: t.text, number: undefined, at: t.start };
      case "less":
      case "greater":
        this.#at++;
        return { kind: "length", operator: t.text, bytes: this.#number() };
      case "inbound":
      case "outbound":
        this.#at++;
        return { kind: t.text, at: t.start };
      case "broadcast":
      case "multicast":
        this.#at++;
        return { kind: t.text, protocol: undefined, at: t.start };
      default:
        return undefined;
    }
  }

  #optionalNumber(): number | undefined {
    return this.#peek().kind === "number" ? this.#number() : undefined;
  }

  #number(): number {
    const t = this.#next();
    if (t.kind !== "number") throw this.#bad("a number", t);
    return t.words[0]!;
  }

  #protocolWord(): string | undefined {
    const t = this.#peek();
    if (t.kind !== "word") return undefined;
    const name = SYNONYMS.get(t.text) ?? t.text;
    if (!PROTOCOLS.has(name) && !LINK_WORDS.has(name)) return undefined;
    this.#at++;
    return LINK_WORDS.has(name) ? "ether" : name;
  }

  #primitive(remember: (q: Qualifiers | undefined) => void): PacketNode {
    const start = this.#peek();
    const protocol = this.#protocolWord();
    if (this.#is("broadcast") || this.#is("multicast")) {
      const t = this.#next();
      return { kind: t.text as "broadcast" | "multicast", protocol, at: t.start };
    }
    const direction = this.#direction();
    const aspect = this.#peek().kind === "word" && ASPECTS.has(this.#peek().text)
      ? this.#next().text as Aspect
      : undefined;
    if (direction === undefined && aspect === undefined) {
      if (protocol === undefined) throw this.#bad(A_TERM);
      if (protocol === "ether") {
        throw this.#bad("host, src, dst, proto, broadcast, multicast or [ after ether");
      }
      const after = this.#peek();
      // `tcp 80` is no term; say so here and not at the end.
      if (after.kind !== "end" && after.kind !== "symbol" && after.text !== "and" && after.text !== "or") {
        throw this.#bad(`src, dst, host, net, port, proto, and, or, or the end after ${start.text}`);
      }
      return { kind: "protocol", name: protocol, at: start.start };
    }
    const qualifiers: Qualifiers = { protocol, direction, aspect };
    remember(qualifiers);
    return this.#is("(") ? this.#group(qualifiers) : { kind: "id", qualifiers, id: this.#id(qualifiers) };
  }

  #direction(): Direction | undefined {
    const first = this.#is("src") ? "src" : this.#is("dst") ? "dst" : undefined;
    if (!first) return undefined;
    this.#at++;
    const joint = this.#is("or") || this.#is("||")
      ? "or"
      : this.#is("and") || this.#is("&&")
      ? "and"
      : undefined;
    const other = first === "src" ? "dst" : "src";
    if (!joint || !this.#is(other, 1)) return first;
    this.#at += 2;
    return joint;
  }

  #id(qualifiers: Qualifiers): Id {
    const t = this.#next();
    const what = qualifiers.aspect === "port" || qualifiers.aspect === "portrange"
      ? `a ${qualifiers.aspect}`
      : qualifiers.aspect === "proto"
      ? "a protocol number or \\name"
      : "an address";
    const base = { at: t.start, text: t.text };
    switch (t.kind) {
      case "number": {
        if (qualifiers.aspect !== "net") return { ...base, value: { kind: "number", number: t.words[0]! } };
        // `net 10` stands for 10.0.0.0/8.
        if (t.words[0]! > 255) throw this.#bad("a net such as 10 or 10.1", t);
        return { ...base, value: { kind: "ipv4", word: t.words[0]! << 24, bits: 8 }, ...this.#mask(32) };
      }
      case "ipv4":
        return { ...base, value: { kind: "ipv4", word: t.words[0]!, bits: t.bits }, ...this.#mask(32) };
      case "ipv6":
        return { ...base, value: { kind: "ipv6", words: t.words }, ...this.#mask(128) };
      case "mac":
        return { ...base, value: { kind: "mac", high: t.words[0]!, low: t.words[1]! } };
      case "escaped":
        return { ...base, value: { kind: "name" } };
      case "word":
        // Protocol words after `proto` are plain to understand, though libpcap wants a backslash.
        if (qualifiers.aspect === "proto" || qualifiers.aspect === "protochain" || !this.#isKeyword(t.text)) {
          return { ...base, value: { kind: "name" } };
        }
    }
    throw this.#bad(what, t);
  }

  #mask(most: number): { prefix?: number; mask?: number } {
    if (this.#take("/")) {
      const t = this.#peek(), prefix = this.#number();
      if (prefix > most) throw this.#bad(`a prefix length from 0 to ${most}`, t);
      return { prefix };
    }
    if (most === 32 && this.#take("mask")) {
      const t = this.#next();
      if (t.kind !== "ipv4") throw this.#bad("a netmask such as 255.255.0.0", t);
      return { mask: t.words[0]! };
    }
    return {};
  }

  /** Looks behind the closing parenthesis: arithmetic goes on with an operator. */
  #parenthesisIsArithmetic(): boolean {
    let depth = 0;
    for (let ahead = 0;; ahead++) {
      const t = this.#peek(ahead);
      if (t.kind === "end") return false;
      if (t.kind !== "symbol") continue;
      if (t.text === "(") depth++;
      if (t.text === ")" && --depth === 0) {
        const after = this.#peek(ahead + 1);
        return after.kind === "symbol" && (BINDING.has(after.text) || COMPARISONS.has(after.text));
      }
    }
  }

  #beginsArithmetic(): boolean {
    const t = this.#peek();
    if (t.kind === "number" || this.#is("-") || this.#is("(")) return true;
    if (t.kind !== "word") return false;
    return t.text === "len" || t.text === "length" || CONSTANTS.has(t.text) || this.#is("[", 1);
  }

  #comparison(): PacketNode {
    const left = this.#arithmetic(0);
    const operator = COMPARISONS.get(this.#peek().text);
    if (this.#peek().kind !== "symbol" || !operator) throw this.#bad("an operator such as =, !=, <, & or +");
    this.#at++;
    return { kind: "compare", operator, left, right: this.#arithmetic(0) };
  }

  #arithmetic(binding: number): Arithmetic {
    let left = this.#operand();
    for (;;) {
      const t = this.#peek();
      const own = t.kind === "symbol" ? BINDING.get(t.text) : undefined;
      if (own === undefined || own <= binding) return left;
      this.#at++;
      const right = this.#arithmetic(own);
      if ((t.text === "/" || t.text === "%") && right.kind === "number" && right.number === 0) {
        throw this.#bad("a divisor other than 0", t);
      }
      left = { kind: "operation", operator: t.text, left, right };
    }
  }

  #operand(): Arithmetic {
    if (this.#take("-")) return { kind: "negate", operand: this.#operand() };
    if (this.#take("(")) {
      const inside = this.#arithmetic(0);
      this.#need(")");
      return inside;
    }
    const t = this.#peek();
    if (t.kind === "number") return { kind: "number", number: this.#number() };
    if (this.#take("len", "length")) return { kind: "len" };
    const constant = t.kind === "word" ? CONSTANTS.get(t.text) : undefined;
    if (constant !== undefined) {
      this.#at++;
      return { kind: "number", number: constant };
    }
    const protocol = this.#protocolWord();
    if (!protocol) throw this.#bad("a number, len or bytes such as ip[0]");
    this.#need("[");
    const index = this.#arithmetic(0);
    let size = 1;
    if (this.#take(":")) {
      const at = this.#peek();
      size = this.#number();
      if (size !== 1 && size !== 2 && size !== 4) throw this.#bad("1, 2 or 4 bytes", at);
    }
    this.#need("]");
    return { kind: "load", protocol, index, size: size as 1 | 2 | 4, at: t.start };
  }
}
