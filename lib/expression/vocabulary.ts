/**
 * The words of the record filter language (filter.md sections 3 and 5). Which combinations the real program takes was
 * observed with `ra -b`, which prints the compiled expression.
 *
 * @module
 */

/** Protocol words; those of `link` may not stand alone. */
export const PROTOCOL_WORDS: ReadonlySet<string> = new Set([
  "link",
  "ppp",
  "slip",
  "fddi",
  "ether",
  "ip",
  "ipv4",
  "ipv6",
  "arp",
  "rarp",
  "tcp",
  "udp",
  "icmp",
  "igmp",
  "rtp",
  "rtcp",
  "udt",
  "mpls",
  "vlan",
  "isis",
  "anon",
]);

/** Protocol words that all mean the link layer. */
export const LINK_WORDS: ReadonlySet<string> = new Set(["link", "ppp", "slip", "fddi", "ether"]);

/** What may stand after a qualifier. */
export type ValueKind =
  | "host"
  | "net"
  | "port"
  | "proto"
  | "integer"
  | "number"
  | "dsb"
  | "encaps"
  | "address"
  | "country"
  | "gateway"
  | "broken";

/** Qualifiers and the kind of value each takes; `broken` ones parse but the real program's compiler refuses them. */
export const QUALIFIERS: Readonly<Record<string, ValueKind>> = {
  host: "host",
  net: "net",
  port: "port",
  proto: "proto",
  gateway: "gateway",
  ttl: "integer",
  tos: "integer",
  ipid: "integer",
  dsb: "dsb",
  vid: "integer",
  vpri: "integer",
  mid: "integer",
  pkts: "integer",
  pkt: "integer",
  bytes: "integer",
  byte: "integer",
  appbytes: "integer",
  data: "integer",
  trans: "integer",
  seq: "integer",
  base: "integer",
  tcpb: "integer",
  spi: "integer",
  as: "integer",
  asn: "integer",
  dur: "number",
  avgdur: "number",
  rate: "number",
  load: "number",
  ploss: "number",
  pcr: "number",
  abr: "number",
  intpkt: "number",
  inter: "number",
  intpktact: "number",
  intpktidle: "number",
  jit: "number",
  jitter: "number",
  jitact: "number",
  jitidle: "number",
  encaps: "encaps",
  srcid: "address",
  inode: "address",
  co: "country",
  loss: "broken",
  gap: "broken",
  tcprtt: "broken",
};

/** Words that test a state and take `src` / `dst` (`tword`). */
export const SIDED_WORDS: ReadonlySet<string> = new Set([
  "syn",
  "fin",
  "ack",
  "push",
  "urg",
  "rst",
  "reset",
  "ece",
  "cwr",
  "retrans",
  "drop",
  "outoforder",
  "ooo",
  "winshut",
  "ecn",
  "frag",
]);

/** Words that test a state and take no direction. */
export const PLAIN_WORDS: ReadonlySet<string> = new Set([
  "man",
  "far",
  "event",
  "index",
  "synack",
  "finack",
  "normal",
  "wait",
  "est",
  "con",
  "avail",
  "start",
  "init",
  "stop",
  "status",
  "timeout",
  "shut",
  "error",
  "echo",
  "unreach",
  "redirect",
  "timexed",
  "icmpmap",
  "cocode",
  "fragonly",
  "multipath",
  "tcpopt",
  "mss",
  "wscale",
  "selackok",
  "selack",
  "tcpecho",
  "tcpechoreply",
  "tcptimestamp",
  "tcpcc",
  "tcpccnew",
  "tcpccecho",
  "secn",
  "decn",
  "inbound",
  "outbound",
  "multicast",
]);

/** Comparison words and symbols that may follow a qualifier. */
export const COMPARISONS: Readonly<Record<string, "eq" | "gt" | "gte" | "lt" | "lte">> = {
  gt: "gt",
  greater: "gt",
  gte: "gte",
  ">=": "gte",
  lt: "lt",
  less: "lt",
  lte: "lte",
  "<=": "lte",
  eq: "eq",
  equal: "eq",
};

/** Words of the grammar itself. */
export const GRAMMAR_WORDS: ReadonlySet<string> = new Set([
  "and",
  "or",
  "not",
  "src",
  "dst",
  "mask",
  "dup",
  "broadcast",
  "local",
]);

/** Whether a bare word is taken by the grammar and must be escaped (`\tcp`) to be a name. */
export function isKeyword(word: string): boolean {
  return GRAMMAR_WORDS.has(word) || PROTOCOL_WORDS.has(word) || SIDED_WORDS.has(word) ||
    PLAIN_WORDS.has(word) ||
    Object.hasOwn(QUALIFIERS, word) || Object.hasOwn(COMPARISONS, word);
}

/** All words of the language, for completion and for "did you mean". */
export const ALL_WORDS: readonly string[] = [
  ...GRAMMAR_WORDS,
  ...PROTOCOL_WORDS,
  ...Object.keys(QUALIFIERS),
  ...SIDED_WORDS,
  ...PLAIN_WORDS,
  ...Object.keys(COMPARISONS).filter((w) => /^[a-z]/.test(w)),
];
