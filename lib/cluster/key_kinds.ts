import * as R from "../record/mod.ts";
import { type Op, word } from "./key_parts.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  DADDR, DPORT, KEY_ARP, KEY_ETHER, KEY_EXTRA, KEY_IPV4, KEY_IPV6, KEY_ISIS, KEY_TYPE, KEY_WLAN,
  PROTO, SADDR, SPORT, WLAN_SSID,
} = R;

/*
 * Kinds of flows that have their own places for the fields of a key. Which words count was found by changing the flow section of real
 * records byte by byte and asking racluster whether they still merge.
 */
const V4 = 0, V4_ESP = 1, V4_PLAIN = 2, V6 = 3, V6_ICMP = 4, V6_PLAIN = 5, ARP = 6, ETHER = 7;
const ISIS_HELLO = 8, ISIS_LSP = 9, ISIS_OTHER = 10, WLAN = 11, WLAN_EXACT = 12, OTHER = 13;

/** All kinds, in order. */
export const KINDS: readonly number[] = Array.from({ length: OTHER + 1 }, (_, i) => i);

const TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58, ESP = 50;
/** Kinds of IPv4 and IPv6 flows by protocol number; only some protocols have ports. */
const V4_KINDS = new Uint8Array(256).fill(V4_PLAIN), V6_KINDS = new Uint8Array(256).fill(V6_PLAIN);
V4_KINDS[TCP] = V4_KINDS[UDP] = V4_KINDS[ICMP] = V4;
V4_KINDS[ESP] = V4_ESP;
V6_KINDS[TCP] = V6_KINDS[UDP] = V6_KINDS[ESP] = V6;
V6_KINDS[ICMP6] = V6_ICMP;

/** The kind of the row at word `w`; `exact` kinds hold whole addresses and SPIs. */
export function kindOf(words: Int32Array, w: number, exact: boolean): number {
  const type = words[w + KEY_TYPE]!, proto = words[w + PROTO]!;
  if (type === KEY_IPV4) return exact && proto === ESP ? V4 : V4_KINDS[proto & 255]!;
  if (type === KEY_IPV6) return V6_KINDS[proto & 255]!;
  if (type === KEY_ARP) return ARP;
  if (type === KEY_ETHER) return exact ? OTHER : ETHER;
  if (type === KEY_WLAN) return exact ? WLAN_EXACT : WLAN;
  if (type !== KEY_ISIS || exact) return OTHER;
  const pdu = proto & 0xffff;
  return pdu >= 15 && pdu <= 17 ? ISIS_HELLO : pdu === 18 || pdu === 20 ? ISIS_LSP : ISIS_OTHER;
}

/** Words of an address from `base` on, of an IP address perhaps only the first `mask` bits. */
export function maskedWords(base: number, size: number, mask?: number): Op[] {
  const ops: Op[] = [];
  for (let i = 0; i < size; i++) {
    const left = mask === undefined ? 32 : mask - 32 * i;
    if (left > 0) ops.push(word(base + i, 0, left >= 32 ? -1 : -1 << (32 - left)));
  }
  return ops;
}

/** What `saddr` or `daddr` reads; only IP addresses are masked (cluster.md section 1). */
export function addressOps(kind: number, name: "saddr" | "daddr", mask: number | undefined): Op[] {
  const source = name === "saddr", base = source ? SADDR : DADDR;
  switch (kind) {
    case V4:
    case V4_ESP:
    case V4_PLAIN:
      return maskedWords(base, 1, mask);
    case V6:
    case V6_ICMP:
    case V6_PLAIN:
      return maskedWords(base, 4, mask);
    case ARP:
      return [word(base)];
    case ISIS_HELLO:
    case ISIS_LSP:
    case ISIS_OTHER:
      // The first four bytes of the sending system's id.
      if (source) return [word(SADDR + 2)];
      if (kind === ISIS_LSP) return [word(DADDR + 2)];
      return kind === ISIS_HELLO ? [word(SADDR + 3, 0, 0xffff), word(DADDR + 2, 16, 0xffff)] : [];
    case WLAN:
      // Both columns mean the transmitter.
      return maskedWords(SADDR, 2);
    default:
      return maskedWords(base, 2);
  }
}

/** What the key fields of a protocol read where it is not their usual word; nothing where it is. */
export function ownOps(kind: number, name: string): readonly Op[] | undefined {
  if (name === "proto") {
    if (kind >= ISIS_HELLO && kind <= ISIS_OTHER) return [word(PROTO, 0, 0xffff)];
    return kind === WLAN ? [word(DADDR, 16, 0xffff)] : undefined;
  }
  if (name !== "sport" && name !== "dport") return undefined;
  const source = name === "sport";
  switch (kind) {
    case V4_PLAIN:
    case V6_PLAIN:
    case ETHER:
    case ISIS_HELLO:
    case ISIS_LSP:
    case ISIS_OTHER:
      return [];
    case V4_ESP:
      // The mask lengths stand where the upper half of the SPI was.
      return source ? [] : [word(DPORT, 0, 0xffff)];
    case V6_ICMP:
      return source ? [word(SPORT), word(DPORT)] : [word(KEY_EXTRA)];
    case WLAN:
    case WLAN_EXACT:
      return source ? WLAN_SSID.map((at) => word(at)) : maskedWords(SADDR + 2, 2);
    default:
      return undefined;
  }
}
