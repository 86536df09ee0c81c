import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import * as K from "./key_words.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  KEY_WORDS, K_A, K_B, K_EXTRA, K_KIND, K_MAC, K_PORTS, K_SSID, K_TAG,
} = K;
// deno-fmt-ignore
const {
  ISIS_IDENTITY, ISIS_WORDS, PACKET_WORDS, PW_ENDS, PW_ETHERTYPE, PW_EXTRA, PW_KIND, PW_MAC, PW_MPLS,
  PW_PORTS, PW_PROTO, PW_VLAN, P_ARP, P_ESP, P_ETHER, P_FRAGMENT, P_ICMP, P_ICMP6, P_IGMP, P_INNER, P_IP,
  P_IP6, P_ISIS, P_KIND_MASK, P_LLC, P_MAC, P_MPLS, P_RARP, P_TCP, P_UDP, P_VLAN, P_WLAN,
} = P;
const { KEY_ARP, KEY_ETHER, KEY_IPV4, KEY_IPV6, KEY_ISIS, KEY_RARP, KEY_WLAN } = R;

/** Which parts make a key (KEY-10). */
export interface KeyRules {
  /** The default key: bidirectional 5-tuple and nothing else. */
  readonly plain: boolean;
  readonly bidirectional: boolean;
  readonly matrix: boolean;
  readonly vlan: boolean;
  readonly mpls: boolean;
  readonly layer2: boolean;
  /**
   * Last VLAN id and last MPLS label word of any packet, which the real program takes for those of packets without (observed); nothing
   * where packets without tags are told apart.
   */
  readonly held?: [number, number] | undefined;
}

/** Request type that an ICMP reply answers (KEY-5), or -1. */
function icmpRequestOf(type: number): number {
  return type === 0 ? 8 : type === 14 ? 13 : type === 16 ? 15 : type === 18 ? 17 : -1;
}

/** Types of ICMP keyed without code or id: router discovery, and questions for time, information and masks (KEY-5). */
function isIcmpQuestion(type: number): boolean {
  return type === 9 || type === 10 || type === 13 || type === 15 || type === 17;
}

/** ICMPv6 type under which both directions are keyed (KEY-6). */
function icmp6Normal(type: number): number {
  switch (type) {
    case 129:
      return 128;
    case 131:
    case 132:
      return 130;
    case 134:
      return 133;
    case 136:
      return 135;
    default:
      return type;
  }
}

/** Key type of a packet kind. */
function keyTypeOf(kind: number): number {
  switch (kind & P_KIND_MASK) {
    case P_ARP:
      return KEY_ARP;
    case P_RARP:
      return KEY_RARP;
    case P_ETHER:
    case P_LLC:
      return KEY_ETHER;
    case P_ISIS:
      return KEY_ISIS;
    case P_WLAN:
      return KEY_WLAN;
    default:
      return kind & P_IP6 ? KEY_IPV6 : KEY_IPV4;
  }
}

/** Whether endpoint order must be exchanged for the canonical order of IP keys (KEY-2). */
function ipSwapped(ends: Int32Array, at: number, ports: number, ip6: boolean): boolean {
  if (!ip6) {
    const a = ends[at]! >>> 0, b = ends[at + 4]! >>> 0;
    return a !== b ? a > b : (ports >>> 16) > (ports & 0xffff);
  }
  for (let j = 0; j < 4; j++) {
    const a = ends[at + j]! >>> 0, b = ends[at + 4 + j]! >>> 0;
    if (a !== b) return a < b;
  }
  return false;
}

function be32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/**
 * Writes the key of packet `i` into `k` and tells whether the packet runs against the key's order (1) or with it (0).
 *
 * Sources: KEY-1 to KEY-10, FRG of spec/meter.md.
 */
export function keyOfPacket(rules: KeyRules, c: PacketColumns, i: number, k: Int32Array): number {
  const kind = c.words[i * PACKET_WORDS + PW_KIND]!, low = kind & P_KIND_MASK, ip6 = (kind & P_IP6) !== 0;
  const ends = c.words, at = i * PACKET_WORDS + PW_ENDS;
  if (rules.plain && (low === P_TCP || low === P_UDP)) {
    // Nearly all new entries: no further case applies to them.
    const p = c.words[i * PACKET_WORDS + PW_PORTS]!, against = ipSwapped(ends, at, p, ip6) ? 1 : 0;
    const from = against ? at + 4 : at, to = against ? at : at + 4;
    k[K_KIND] = low | ((ip6 ? KEY_IPV6 : KEY_IPV4) << 8) | (c.words[i * PACKET_WORDS + PW_PROTO]! << 16);
    for (let j = 0; j < 4; j++) {
      k[K_A + j] = ends[from + j]!;
      k[K_B + j] = ends[to + j]!;
    }
    k[K_PORTS] = against ? (p << 16) | (p >>> 16) : p;
    // The DNS transaction id is part of IPv4 keys only (KEY-4); decode gives 0 elsewhere.
    k[K_EXTRA] = low === P_UDP ? c.words[i * PACKET_WORDS + PW_EXTRA]! : 0;
    for (let j = K_TAG; j < KEY_WORDS; j++) k[j] = 0;
    return against;
  }
  k.fill(0);
  let ports = c.words[i * PACKET_WORDS + PW_PORTS]!,
    extra = 0,
    swap = 0,
    proto = c.words[i * PACKET_WORDS + PW_PROTO]!;
  const mayOrder = rules.bidirectional;
  switch (low) {
    case P_TCP:
      swap = +(mayOrder && ipSwapped(ends, at, ports, ip6));
      break;
    case P_UDP:
      // The DNS transaction id is part of IPv4 keys only (KEY-4); decode gives 0 elsewhere.
      extra = c.words[i * PACKET_WORDS + PW_EXTRA]!;
      swap = +(mayOrder && ipSwapped(ends, at, ports, ip6));
      break;
    case P_ICMP: {
      const type = ports >>> 8;
      const request = icmpRequestOf(type);
      if (request >= 0) {
        swap = 1;
        ports = request << 8;
        if (request === 8) extra = c.words[i * PACKET_WORDS + PW_EXTRA]!;
      } else if (type === 8) {
        extra = c.words[i * PACKET_WORDS + PW_EXTRA]!;
      } else if (isIcmpQuestion(type)) {
        ports = type << 8;
      } else if ((type === 3 || type === 5) && kind & P_INNER) {
        extra = icmpErrorExtra(c, i, type, ports & 0xff);
      }
      // What answers what is known without an order of ends, so one-way keys join requests and replies, too (observed).
      break;
    }
    case P_ICMP6: {
      const type = ports >>> 8;
      // Only keys without sides join questions and answers (observed).
      const normal = mayOrder ? icmp6Normal(type) : type;
      ports = (normal << 8) | (ports & 0xff);
      swap = +(mayOrder && ipSwapped(ends, at, 0, ip6));
      break;
    }
    case P_ESP:
      break;
    case P_IGMP:
      extra = c.words[i * PACKET_WORDS + PW_EXTRA]!;
      break;
    case P_ARP: {
      // A reply joins its request with the roles mirrored (KEY-7): the requester's MAC is the sender's or the target's.
      const reply = (ports & 0xffff) === 2;
      swap = +reply;
      const l3 = c.l3[i]!;
      const macAt = l3 + (reply ? 18 : 8);
      if (l3 >= 0 && macAt + 6 <= c.offset[i]! + c.captured[i]!) {
        k[K_MAC] = be32(c.bytes, macAt);
        k[K_MAC + 1] = (c.bytes[macAt + 4]! << 8) | c.bytes[macAt + 5]!;
      }
      // Only IPv4 addresses make a key: all others are one flow.
      const known = l3 >= 0 && c.bytes[l3 + 5] === 4;
      ports = known ? (c.bytes[l3 + 4]! << 8) | 4 : 0;
      extra = known ? be32(c.bytes, l3) : 0;
      if (!known) {
        k.fill(0);
        k[K_KIND] = low | (KEY_ARP << 8);
        return 0;
      }
      break;
    }
    case P_RARP:
      extra = c.words[i * PACKET_WORDS + PW_EXTRA]!;
      break;
    case P_ETHER:
    case P_LLC: {
      const s = ends[at]! >>> 0, d = ends[at + 4]! >>> 0;
      swap = +(mayOrder && (s !== d ? s > d : (ends[at + 1]! >>> 0) > (ends[at + 5]! >>> 0)));
      break;
    }
    // IS-IS and 802.11 flows are one-way.
    case P_ISIS:
      proto = ports;
      break;
    case P_WLAN:
      break;
    case P_FRAGMENT:
      extra = c.words[i * PACKET_WORDS + PW_EXTRA]!;
      ports = 0;
      swap = +(mayOrder && ipSwapped(ends, at, 0, ip6));
      break;
    default:
      ports = 0;
      swap = +(mayOrder && ipSwapped(ends, at, 0, ip6));
  }
  if (rules.matrix && keyTypeOf(kind) <= KEY_IPV6) {
    ports = extra = proto = 0;
    k[K_KIND] = P_IP | (keyTypeOf(kind) << 8);
    swap = +(mayOrder && ipSwapped(ends, at, 0, ip6));
  } else {
    k[K_KIND] = low | (keyTypeOf(kind) << 8) | (proto << 16);
  }
  const a = swap ? at + 4 : at, b = swap ? at : at + 4;
  for (let j = 0; j < 4; j++) {
    k[K_A + j] = ends[a + j]!;
    k[K_B + j] = ends[b + j]!;
  }
  // ICMP keys carry type and code, which have no side.
  k[K_PORTS] = swap && (low === P_TCP || low === P_UDP || low === P_LLC)
    ? (ports << 16) | (ports >>> 16)
    : ports;
  k[K_EXTRA] = extra;
  if (rules.vlan || rules.mpls) k[K_TAG] = tagsOf(rules, c, i, kind);
  if (rules.layer2 && kind & P_MAC) layer2(c, i, k, swap);
  if (low === P_ISIS) isisIdentity(c, i, k);
  else if (low === P_WLAN) wlanNetwork(c, i, k);
  return swap;
}

function tagsOf({ vlan, mpls, held }: KeyRules, c: PacketColumns, i: number, kind: number): number {
  const id = c.words[i * PACKET_WORDS + PW_VLAN]! & 0xfff, label = c.words[i * PACKET_WORDS + PW_MPLS]!;
  if (held === undefined) {
    return (vlan && kind & P_VLAN ? id | 0x10000 : 0) ^ (mpls && kind & P_MPLS ? label : 0);
  }
  if (kind & P_VLAN) held[0] = id;
  if (kind & P_MPLS) held[1] = label;
  return (vlan ? held[0] : 0) ^ (mpls ? held[1] : 0);
}

const ISIS = new Int32Array(ISIS_WORDS);
const SSID = new Uint8Array(32);

/** System and LAN, or LSP and sequence number, stand behind the MACs; the checksum in the extra word. */
function isisIdentity(c: PacketColumns, i: number, k: Int32Array): void {
  P.readIsis(c, i, ISIS);
  for (let j = 0; j < 2; j++) {
    k[K_A + 2 + j] = ISIS[ISIS_IDENTITY + j]!;
    k[K_B + 2 + j] = ISIS[ISIS_IDENTITY + 2 + j]!;
  }
  k[K_PORTS] = 0;
  k[K_EXTRA] = ISIS[ISIS_IDENTITY + 4]!;
}

function wlanNetwork(c: PacketColumns, i: number, k: Int32Array): void {
  k[K_A + 2] = c.words[i * PACKET_WORDS + PW_MAC]!;
  k[K_A + 3] = c.words[i * PACKET_WORDS + PW_MAC + 1]! & 0xffff0000;
  P.wlanSsid(c, i, SSID);
  K_SSID.forEach((word, j) => k[word] = be32(SSID, 4 * j));
}

/** Errors are told apart by what they quote (KEY-5): protocol, port, or destination address. */
function icmpErrorExtra(c: PacketColumns, i: number, type: number, code: number): number {
  const inner = c.inner[i]!, end = c.offset[i]! + c.captured[i]!;
  if (inner < 0 || inner + 20 > end) return 0;
  const proto = c.bytes[inner + 9]!;
  if (type === 3 && code === 2) return proto;
  if (type === 3 && code === 3) {
    const l4 = inner + (c.bytes[inner]! & 15) * 4;
    return l4 + 4 <= end ? (proto << 16) | (c.bytes[l4 + 2]! << 8) | c.bytes[l4 + 3]! : proto << 16;
  }
  return code <= 1 ? be32(c.bytes, inner + 16) : 0;
}

function layer2(c: PacketColumns, i: number, k: Int32Array, swap: number): void {
  const m = i * PACKET_WORDS + PW_MAC;
  const dHigh = c.words[m]!, mid = c.words[m + 1]!, sLow = c.words[m + 2]!;
  const d = [dHigh, mid >>> 16], s = [(mid << 16) | (sLow >>> 16), sLow & 0xffff];
  const first = swap ? d : s, second = swap ? s : d;
  k[K_MAC] = first[0]!;
  k[K_MAC + 1] = (first[1]! << 16) | second[1]!;
  k[K_MAC + 2] = second[0]!;
  k[K_MAC + 3] = c.words[i * PACKET_WORDS + PW_ETHERTYPE]!;
}

/**
 * Writes the key of the datagram that an ICMP error quotes into `k`, in that datagram's own terms (REC-11): the key it would have if it
 * came by itself. Tells whether enough of it was captured.
 */
export function quotedKey(rules: KeyRules, c: PacketColumns, i: number, k: Int32Array): boolean {
  const bytes = c.bytes, at = c.inner[i]!, end = c.offset[i]! + c.captured[i]!;
  if (at < 0 || at + 20 > end || bytes[at]! >>> 4 !== 4) return false;
  const l4 = at + (bytes[at]! & 15) * 4, proto = bytes[at + 9]!;
  const low = proto === 6 ? P_TCP : proto === 17 ? P_UDP : proto === 1 ? P_ICMP : proto === 50 ? P_ESP : P_IP;
  const source = be32(bytes, at + 12), target = be32(bytes, at + 16);
  let ports = 0, extra = 0, answers = false;
  if (low === P_TCP || low === P_UDP) {
    if (l4 + 4 > end) return false;
    ports = be32(bytes, l4);
    const dns = (ports >>> 16) === 53 || (ports & 0xffff) === 53;
    if (low === P_UDP && dns && l4 + 10 <= end) extra = (bytes[l4 + 8]! << 8) | bytes[l4 + 9]!;
  } else if (low === P_ICMP) {
    if (l4 + 8 > end) return false;
    const type = bytes[l4]!, request = icmpRequestOf(type);
    answers = request >= 0;
    ports = answers ? request << 8 : isIcmpQuestion(type) ? type << 8 : (type << 8) | bytes[l4 + 1]!;
    if (ports === 8 << 8) extra = be32(bytes, l4 + 4);
  } else if (low === P_ESP) {
    if (l4 + 4 > end) return false;
    ports = be32(bytes, l4);
  }
  const against = source !== target ? (source >>> 0) > (target >>> 0) : (ports >>> 16) > (ports & 0xffff);
  const swap = low === P_ICMP ? answers : against && low !== P_ESP && rules.bidirectional;
  k.fill(0);
  k[K_KIND] = low | (KEY_IPV4 << 8) | (proto << 16);
  k[K_A] = swap ? target : source;
  k[K_B] = swap ? source : target;
  // As above: ICMP keys have no side.
  k[K_PORTS] = swap && low !== P_ICMP ? (ports << 16) | (ports >>> 16) : ports;
  k[K_EXTRA] = extra;
  return true;
}
