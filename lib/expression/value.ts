/**
 * Values behind qualifiers: which are taken, and what they are.
 *
 * @module
 */
import type { Direction, Value } from "./ast.ts";
import type { Token } from "./lexer.ts";
import { LINK_WORDS, type ValueKind } from "./vocabulary.ts";

/** What a bare value after `and` or `or` repeats: `port 80 or 22` (filter.md section 3). */
export interface Head {
  readonly protocol?: string;
  readonly direction?: Direction;
  readonly qualifier: string;
  readonly kind: ValueKind;
}

/** What to say where a value of a kind was expected. */
export const EXPECTED: Readonly<Record<ValueKind, string>> = {
  host: "a host address or name",
  net: "a network such as 10.0.0.0/8",
  port: "a port number, name or range, or gt, gte, lt, lte, eq and a number",
  proto: "a protocol number or name (escape keywords: \\tcp)",
  integer: "a whole number, or gt, gte, lt, lte, eq and one",
  number: "a number, or gt, gte, lt, lte, eq and one",
  dsb: "a code point name such as af11, or a number",
  encaps: "an encapsulation name such as eth or gre",
  address: "an IPv4 address or a number",
  country: "a country code such as US",
  gateway: "a host name",
  broken: "a number",
};

/** What was expected instead, and more about it. */
type Refusal = readonly [expected: string, more?: string];

const PORT_PROTOCOLS = ["tcp", "udp", "rtp", "rtcp", "udt"], PROTO_PROTOCOLS = ["ip", "ipv4", "ipv6", "arp"];
const HOST_PROTOCOLS = ["ip", "ipv4", "ipv6", "arp", "icmp"];

/**
 * Why a value is not taken behind a qualifier, nothing when it is: what the real program refuses, and (outside the `ra` dialect)
 * what it silently misreads.
 *
 * @param compared A comparison word stands before the value.
 */
export function refusal(head: Head, value: Value, compared: boolean, ra: boolean): Refusal | undefined {
  const { kind, qualifier, protocol } = head, type = value.type;
  const takes = (...types: Value["type"][]): Refusal | undefined =>
    types.includes(type) ? undefined : [EXPECTED[kind]];
  switch (kind) {
    case "broken":
      return [`another qualifier than ${qualifier}`, `: ra has no code for ${qualifier} either`];
    case "gateway":
      return ["another qualifier than gateway", ": it needs a name known to both hosts and ethers files"];
    case "integer":
      return takes("integer");
    case "number":
      return takes("integer", "real");
    case "address":
      return takes("integer", "ipv4");
    case "dsb":
      return takes("integer", "name");
    case "encaps":
      return takes("name");
    case "country":
      // The original takes the first two letters of anything.
      return type === "name" && (ra ? value.name.length >= 2 : value.name.length === 2)
        ? undefined
        : [EXPECTED[kind]];
    case "port":
      if (protocol && !PORT_PROTOCOLS.includes(protocol)) {
        return [`tcp or udp instead of ${protocol} before port`];
      }
      return takes("integer", "name");
    case "proto":
      if (protocol && !PROTO_PROTOCOLS.includes(protocol) && !LINK_WORDS.has(protocol)) {
        return [`ip, ipv4, ipv6, ether or nothing instead of ${protocol} before proto`];
      }
      return protocol === "arp" ? takes("integer") : takes("integer", "name");
    case "host":
    case "net":
      return addressRefusal(head, type, compared, ra);
  }
}

function addressRefusal(
  { kind, protocol }: Head,
  type: Value["type"],
  compared: boolean,
  ra: boolean,
): Refusal | undefined {
  if (protocol && LINK_WORDS.has(protocol)) {
    return type === "mac" && kind === "host" ? undefined : [`an Ethernet address after ${protocol}`];
  }
  if (type === "mac") return ["an IP address", ": write ether host for an Ethernet address"];
  if (protocol && !HOST_PROTOCOLS.includes(protocol)) {
    return [`ip, ipv4, ipv6, arp or nothing instead of ${protocol} before ${kind}`];
  }
  if (type === "ipv6" && protocol === "ip") return ["an IPv4 address after ip", ": write ipv6 or nothing"];
  if (type === "integer" && (compared || !ra)) {
    return [
      kind === "net" ? "a network with four parts, such as 10.0.0.0/8" : "a host address with four parts",
      ": ra reads a short number with mask 0, which matches every IP and ARP record",
    ];
  }
  if (type === "real") return [EXPECTED[kind]];
  if (kind === "net" && type === "name") return [EXPECTED[kind], ": network names are not looked up"];
  return undefined;
}

/** The value a token stands for. */
export function valueOf(token: Token): Value {
  switch (token.kind) {
    case "integer":
      return { type: "integer", value: token.value! };
    case "real":
      return { type: "real", value: token.value! };
    case "ipv4":
      return { type: "ipv4", address: token.words![0]! };
    case "ipv6":
      return { type: "ipv6", address: token.words as unknown as readonly [number, number, number, number] };
    case "mac":
      return { type: "mac", high: token.words![0]!, low: token.words![1]! };
    default:
      return { type: "name", name: token.text };
  }
}

/** `20-90`, one word without blanks. */
export function rangeOf(token: Token): Value | undefined {
  const m = token.kind === "word" ? /^(\d+)-(\d+)$/.exec(token.text) : null;
  return m ? { type: "range", from: Number(m[1]), to: Number(m[2]) } : undefined;
}

/** Mask of a prefix length, one word for every 32 bits. */
export function prefix(length: number, width: number): number[] {
  const words: number[] = [];
  for (let bits = length; words.length < width / 32; bits -= 32) {
    words.push(bits >= 32 ? -1 : bits <= 0 ? 0 : -1 << (32 - bits));
  }
  return words;
}
