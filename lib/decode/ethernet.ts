import * as R from "./encaps.ts";
import * as P from "./columns.ts";
import { isIp4 } from "./ip.ts";
import { isisChecksum, isIsis } from "./isis.ts";
import * as I from "./isis.ts";
import * as W from "./walk.ts";
import type { Walk } from "./walk.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { ENCAPS_8021Q, ENCAPS_ERSPAN, ENCAPS_ETHER, ENCAPS_ISL, ENCAPS_LLC, ENCAPS_MPLS, ENCAPS_PPP } = R;
// deno-fmt-ignore
const { END_WORDS, PW_APP, PW_ENDS, PW_ETHERTYPE, PW_EXTRA, PW_MAC, PW_MPLS, PW_PORTS, PW_PROTO, PW_SIZE, PW_VLAN, P_ARP, P_ETHER, P_ISIS, P_LLC, P_MAC, P_MPLS, P_RARP, P_VLAN } = P;
const { NLPID_ISIS } = I;
const { ARP, DONE, ETHERNET, ETHERTYPE, IP4, IP6, LLC, MPLS, PPP, PPPOE } = W;

const ETHERNET_HEADER = 14;
/** Largest value of the type field that is a length (LINK-10). */
const MAX_LENGTH = 1500;

/** Makes the row a MAC flow of ethertype `walk.type` (LINK-10): what remains when nothing inside can be read. */
export function macFlow(w: Walk): void {
  const c = w.c, row = w.row, m = w.packet + PW_MAC, e = w.packet + PW_ENDS;
  w.kind = P_ETHER;
  const mid = c.words[m + 1]!, low = c.words[m + 2]!;
  c.words.fill(0, e, e + END_WORDS);
  c.words[e] = (mid << 16) | (low >>> 16);
  c.words[e + 1] = low << 16;
  c.words[e + 4] = c.words[m]!;
  c.words[e + 5] = mid & 0xffff0000;
  c.words[w.packet + PW_PROTO] = w.type;
  c.words[w.packet + PW_PORTS] = 0;
  // MAC flows count the whole frame as application bytes (spec 1.1).
  c.words[w.packet + PW_APP] = c.words[w.packet + PW_SIZE]!;
  c.payload[row] = Math.min(w.at, w.end);
  c.payloadEnd[row] = w.end;
}

/** Reads an Ethernet header: 14 bytes, or ISL around one. */
export function ethernet(w: Walk): number {
  // Cisco ISL is known by its destination prefix; 26 bytes later stands a whole Ethernet frame.
  if (w.has(5) && w.i32(w.at) === 0x01000c00 && w.bytes[w.at + 4] === 0 && !(w.encaps & ENCAPS_ISL)) {
    w.encaps |= ENCAPS_ISL;
    w.at += 26;
    if (!w.has(ETHERNET_HEADER)) return DONE;
    return ETHERNET;
  }
  w.encaps |= ENCAPS_ETHER;
  const c = w.c, m = w.packet + PW_MAC;
  if (w.argus && !w.has(ETHERNET_HEADER)) {
    // Cut within the header: the rest is what an older frame left there.
    for (let j = 0; j < 3; j++) c.words[m + j] = w.left32(w.at + 4 * j);
    w.type = w.next = w.left32(w.at + 12) >>> 16;
    return underEthernet(w, ETHERNET_HEADER);
  }
  c.words[m] = w.i32(w.at);
  c.words[m + 1] = w.i32(w.at + 4);
  c.words[m + 2] = w.i32(w.at + 8);
  w.type = w.next = w.u16(w.at + 12);
  return underEthernet(w, ETHERNET_HEADER);
}

/** Goes on after a real or made-up Ethernet header of `header` bytes whose MACs and type are set. */
export function underEthernet(w: Walk, header: number): number {
  w.bits |= P_MAC;
  w.c.words[w.packet + PW_ETHERTYPE] = w.type;
  w.at += header;
  w.c.l3[w.row] = w.at;
  macFlow(w);
  return ETHERTYPE;
}

/** Dispatches on the ethertype in `walk.next`, skipping VLAN tags (LINK-3). */
export function ethertype(w: Walk): number {
  for (;;) {
    const next = w.next;
    switch (next) {
      case 0x0800:
        if (!w.argus) return isIp4(w) ? IP4 : DONE;
        // Argus takes IPv4 on Ethernet only with a sane total length, and then looks at the version nibble.
        if (!w.has(20) || w.u16(w.at + 2) < 20) return DONE;
        return w.bytes[w.at]! >> 4 === 6 ? IP6 : IP4;
      case 0x86dd:
        return w.argus || w.u8(w.at) >> 4 === 6 ? IP6 : DONE;
      case 0x0806:
      case 0x8035:
        return ARP;
      case 0x8847:
      case 0x8848:
        return MPLS;
      case 0x8863:
      case 0x8864:
        return PPPOE;
      case 0x6558:
        return w.has(ETHERNET_HEADER) ? ETHERNET : DONE;
      case 0x88be:
        return erspan(w);
      case 0x880b:
        if (w.u16(w.at) === 0xff03) w.at += 2;
        return PPP;
      case 0x88a8:
      case 0x9100:
        if (w.argus) return DONE;
        break;
      case 0x8100:
        break;
      default:
        return next <= MAX_LENGTH ? LLC : DONE;
    }
    w.encaps |= ENCAPS_8021Q;
    w.bits |= P_VLAN;
    w.c.words[w.packet + PW_VLAN] = w.u16(w.at);
    if (!w.has(4)) return DONE;
    w.next = w.u16(w.at + 2);
    if (!w.argus) w.type = w.c.words[w.packet + PW_PROTO] = w.next;
    w.at += 4;
    w.c.l3[w.row] = w.at;
  }
}

/** ERSPAN type II: version nibble 1, 8 bytes, then an Ethernet frame. */
function erspan(w: Walk): number {
  if (!w.has(8 + ETHERNET_HEADER) || w.bytes[w.at]! >> 4 !== 1) return DONE;
  w.encaps |= ENCAPS_ERSPAN;
  w.at += 8;
  return ETHERNET;
}

/** LLC: SNAP goes on with its ethertype, ISO with IS-IS, the rest is a flow by service access points (LINK-10). */
export function llc(w: Walk): number {
  if (!w.has(3)) return DONE;
  w.encaps |= ENCAPS_LLC;
  const c = w.c, row = w.row, at = w.at;
  const dsap = w.bytes[at]!, ssap = w.bytes[at + 1]!, control = w.bytes[at + 2]!;
  w.kind = P_LLC;
  c.words[w.packet + PW_PROTO] = 0;
  c.words[w.packet + PW_PORTS] = (ssap << 16) | dsap;
  if (dsap === 0xaa && ssap === 0xaa && control === 3 && w.has(8)) {
    // The OUI is not looked at. A type that decodes to nothing leaves the llc flow.
    w.next = w.u16(at + 6);
    if (w.next <= MAX_LENGTH) return DONE;
    w.at += 8;
    return ETHERTYPE;
  }
  if (dsap === 0xfe && ssap === 0xfe && control === 3 && w.u8(at + 3) === NLPID_ISIS) {
    const pdu = at + 3;
    c.l3[row] = pdu;
    c.words[w.packet + PW_APP] = c.words[w.packet + PW_SIZE]! - (pdu - w.start);
    c.payload[row] = pdu;
    // PDUs that are not told apart stay an llc flow, with the protocol id for an ethertype.
    c.words[w.packet + PW_PROTO] = NLPID_ISIS;
    if (isIsis(w.bytes, pdu, w.end)) {
      w.kind = P_ISIS;
      c.words[w.packet + PW_PORTS] = w.bytes[pdu + 4]!;
      c.words[w.packet + PW_EXTRA] = isisChecksum(w.bytes, pdu, w.end);
    }
  }
  return DONE;
}

const ARP_BODY = 28;

/** ARP and RARP, told apart by the operation and not by the ethertype (KEY-7). */
export function arp(w: Walk): number {
  const c = w.c, row = w.row, at = w.at, e = w.packet + PW_ENDS;
  if (!w.has(8)) return w.nothing();
  const op = w.u16(at + 6);
  if (op < 1 || op > 4) return w.nothing();
  const hardware = w.bytes[at + 4]!, protocol = w.bytes[at + 5]!;
  const sender = at + 8 + hardware, target = sender + protocol + hardware;
  c.l3[row] = at;
  c.words[w.packet + PW_PROTO] = 0;
  c.words[w.packet + PW_PORTS] = op;
  // 28 bytes is the usual body; a cut one leaves the whole frame (spec 1.1).
  c.words[w.packet + PW_APP] = c.words[w.packet + PW_SIZE]! -
    (w.has(ARP_BODY) ? ARP_BODY : 0);
  c.payload[row] = c.payloadEnd[row] = w.end;
  if (op <= 2) {
    w.kind = P_ARP;
    c.words.fill(0, e, e + END_WORDS);
    c.words[e] = w.i32(sender);
    c.words[e + 4] = w.i32(target);
  } else {
    w.kind = P_RARP;
    // The asker comes last: sender of a request, target of its answer.
    if (op === 3) w.macEnds(sender + protocol, at + 8);
    else w.macEnds(at + 8, sender + protocol);
    c.words[w.packet + PW_EXTRA] = op === 4 ? w.i32(target) : 0;
  }
  return DONE;
}

/** MPLS labels; the first is kept, what follows the last is guessed (LINK-4). */
export function mpls(w: Walk): number {
  if (!w.has(4)) return DONE;
  w.encaps |= ENCAPS_MPLS;
  if (!(w.bits & P_MPLS)) w.c.words[w.packet + PW_MPLS] = w.i32(w.at);
  w.bits |= P_MPLS;
  for (;;) {
    if (!w.has(4)) return DONE;
    const bottom = w.bytes[w.at + 2]! & 1;
    w.at += 4;
    if (bottom) break;
  }
  const at = w.at;
  w.c.l3[w.row] = at;
  const version = w.u8(at) >> 4;
  if (version === 4 && (w.u8(at) & 15) >= 5 && w.u16(at + 2) >= 20 && w.has(20)) return IP4;
  if (version === 6 && w.u16(at + 4) <= 2048 && w.has(40)) return IP6;
  const second = w.u16(at + 2);
  if (second === 0x0800 || second === 0x86dd) {
    w.next = 0x8100;
    return ETHERTYPE;
  }
  if (!w.argus && version === 0 && w.has(4 + ETHERNET_HEADER)) w.at += 4; // pseudowire control word, RFC 4385
  return w.has(ETHERNET_HEADER) ? ETHERNET : DONE;
}

/** PPPoE: only code 0 (session data) is opened (LINK-5). */
export function pppoe(w: Walk): number {
  w.encaps |= ENCAPS_PPP;
  if (!w.has(7) || w.bytes[w.at + 1] !== 0) return DONE;
  w.at += 6;
  return PPP;
}

/** A PPP protocol field of one or two bytes: IPv4 and IPv6 go on, anything else keeps the flow around it. */
export function ppp(w: Walk): number {
  w.encaps |= ENCAPS_PPP;
  if (!w.has(1)) return DONE;
  let protocol = w.bytes[w.at]!;
  if (protocol & 1) {
    w.at += 1;
  } else {
    if (!w.has(2)) return DONE;
    protocol = w.u16(w.at);
    w.at += 2;
  }
  if (protocol === 0x21) return w.has(20) && (w.argus || isIp4(w)) ? IP4 : DONE;
  if (protocol === 0x57) return IP6;
  return !w.argus && (protocol === 0x281 || protocol === 0x283) ? MPLS : DONE;
}
