/**
 * What the words that stand alone mean: protocols and states (filter.md section 5, checked with `ra -b`).
 *
 * @module
 */
import * as R from "../record/mod.ts";
import type { Direction, Word } from "./ast.ts";
import { LINK_WORDS } from "./vocabulary.ts";
import { all, always, any, bits, never, not, nothing, type Plan } from "./plan.ts";

const IP = [R.KEY_IPV4, R.KEY_IPV6];

/** IP flows of some protocols. */
export const ipProtocol = (...protocols: number[]): Plan => ({ op: "flow", keys: IP, protocols });
const keys = (...k: number[]): Plan => ({ op: "flow", keys: k });
const ipv4 = keys(R.KEY_IPV4);
const tcp = ipProtocol(6);
const record = (flag: number): Plan => not({ op: "integer", load: "flags", how: "eq", value: 0, mask: flag });
const network = (kind: number): Plan => ({ op: "integer", load: "network", how: "eq", value: kind });

/** A TCP option needs an IPv4 flow but not TCP; `tcpopt` asks for all options at once. */
const option = (mask: number): Plan => all(ipv4, bits("options", mask));
const status = (mask: number): Plan => all(tcp, bits("status", mask));
const cause = (value: number): Plan => bits("cause", value);
const established = any(
  all(ipv4, { op: "integer", load: "spkts", how: "gt", value: 0 }, {
    op: "integer",
    load: "dpkts",
    how: "gt",
    value: 0,
  }),
  status(R.TCP_EST),
);
/** An ICMP error mapped to the flow, or an ICMP record of its own with that type. */
const icmpError = (map: number, own: Plan): Plan =>
  any({ op: "integer", load: "icmpmap", how: "eq", value: map }, all(ipProtocol(1), own));
const icmpType = (type: number): Plan => ({ op: "integer", load: "icmptype", how: "eq", value: type });

const WORDS: Readonly<Record<string, Plan>> = {
  ip: keys(...IP),
  ipv4,
  ipv6: keys(R.KEY_IPV6),
  arp: keys(R.KEY_ARP, R.KEY_RARP),
  // The original compares with the key type of ARP.
  rarp: keys(R.KEY_ARP),
  tcp,
  udp: ipProtocol(17),
  icmp: ipProtocol(1),
  igmp: ipProtocol(2),
  rtp: all({ op: "flow", keys: [R.KEY_IPV4], protocols: [17] }, network(R.NET_RTP)),
  rtcp: all({ op: "flow", keys: [R.KEY_IPV4], protocols: [17] }, network(R.NET_RTCP)),
  udt: network(R.NET_UDT),
  mpls: { op: "integer", load: "mpls", how: "eq", value: 0x44 },
  vlan: { op: "integer", load: "vlan", how: "eq", value: 0x40 },
  isis: keys(R.KEY_ISIS),
  anon: nothing,
  man: record(R.FLAG_MAR),
  far: not(record(R.FLAG_MAR)),
  event: never,
  index: never,
  synack: status(R.TCP_SYNACK),
  finack: status(R.TCP_FINACK),
  normal: status(R.TCP_CLOSED),
  wait: status(R.TCP_WAIT),
  est: established,
  con: established,
  avail: established,
  start: cause(R.CAUSE_START),
  init: cause(R.CAUSE_START),
  stop: cause(R.CAUSE_STOP),
  status: cause(R.CAUSE_STATUS),
  timeout: cause(R.CAUSE_TIMEOUT),
  shut: cause(R.CAUSE_SHUTDOWN),
  error: nothing,
  echo: all(ipProtocol(1), any(icmpType(8), icmpType(0))),
  unreach: icmpError(1, icmpType(3)),
  redirect: icmpError(2, { op: "integer", load: "icmpmaptype", how: "eq", value: 5 }),
  timexed: icmpError(4, icmpType(11)),
  icmpmap: not({ op: "integer", load: "icmpmap", how: "eq", value: 0, mask: 7 }),
  cocode: not({ op: "integer", load: "sco", how: "eq", value: 0 }),
  fragonly: nothing,
  multipath: any(bits("multipath", 1), bits("multipath", 2)),
  tcpopt: option(0xfff00000),
  mss: option(R.OPT_MSS),
  wscale: option(R.OPT_WSCALE),
  selackok: option(R.OPT_SACKOK),
  selack: option(R.OPT_SACK),
  tcpecho: option(R.OPT_ECHO),
  tcpechoreply: option(R.OPT_ECHOREPLY),
  tcptimestamp: option(R.OPT_TIMESTAMP),
  tcpcc: option(R.OPT_CC),
  tcpccnew: option(R.OPT_CCNEW),
  tcpccecho: option(R.OPT_CCECHO),
  secn: option(R.OPT_SECN),
  decn: option(R.OPT_DECN),
  inbound: always,
  outbound: never,
};

/** TCP flag bits by word. */
const FLAG_BITS: Readonly<Record<string, number>> = {
  fin: 1,
  syn: 2,
  rst: 4,
  reset: 4,
  push: 8,
  ack: 16,
  urg: 32,
  ece: 64,
  cwr: 128,
};

/** TCP status bits of the source and of the destination by word. */
const STATUS_BITS: Readonly<Record<string, readonly [number, number]>> = {
  outoforder: [R.TCP_S_OOO, R.TCP_D_OOO],
  ooo: [R.TCP_S_OOO, R.TCP_D_OOO],
  winshut: [R.TCP_S_SHUT, R.TCP_D_SHUT],
  ecn: [R.TCP_S_ECN, R.TCP_D_ECN],
};

/** Joins a test of each side; without a direction either side will do. */
export function sides(direction: Direction | undefined, of: (side: 0 | 1) => Plan): Plan {
  if (direction === "src") return of(0);
  if (direction === "dst") return of(1);
  return direction === "src and dst" ? all(of(0), of(1)) : any(of(0), of(1));
}

/** Drops: TCP retransmissions, or gaps in ESP sequence numbers. */
const dropped = (side: 0 | 1): Plan =>
  any(
    status(side === 0 ? R.TCP_S_RETRANS : R.TCP_D_RETRANS),
    all(ipProtocol(50), bits("status", side === 0 ? 0x10 : 0x20)),
  );

/** What a word means. */
export function planWord({ word, direction, protocol }: Word): Plan {
  if (word === "multicast" || word === "broadcast") return planCast(word, protocol);
  if (Object.hasOwn(FLAG_BITS, word)) {
    const bit = FLAG_BITS[word]!;
    return sides(direction, (side) => all(tcp, bits(side === 0 ? "sflags" : "dflags", bit)));
  }
  if (Object.hasOwn(STATUS_BITS, word)) return sides(direction, (side) => status(STATUS_BITS[word]![side]));
  switch (word) {
    case "retrans":
    case "drop":
      return sides(direction, dropped);
    case "frag":
      return all(ipv4, not({ op: "integer", load: "fragments", how: "eq", value: 0 }));
    case "dup":
      return bits(
        "status",
        (direction !== "dst" ? R.TCP_S_DUP : 0) | (direction !== "src" ? R.TCP_D_DUP : 0),
      );
  }
  return WORDS[word]!;
}

/** `multicast` and `ip broadcast` look at IPv4 addresses, those of the link layer at the MAC section; after others they match all. */
function planCast(word: "multicast" | "broadcast", protocol: string | undefined): Plan {
  if (protocol === undefined || protocol === "ip") {
    const mask = word === "multicast" ? 0xe0000000 | 0 : -1;
    const side = (s: "src" | "dst"): Plan => ({
      op: "address",
      side: s,
      keys: [R.KEY_IPV4],
      words: [mask],
      mask: [mask],
    });
    return any(side("src"), side("dst"));
  }
  if (LINK_WORDS.has(protocol)) {
    if (word === "multicast") return all(record(R.FLAG_MAC), any(bits("smac0", 1), bits("dmac0", 1)));
    const side = (s: "src" | "dst"): Plan => ({ op: "mac", side: s, high: -1, low: 0xffff0000 | 0 });
    return any(side("src"), side("dst"));
  }
  return nothing;
}
