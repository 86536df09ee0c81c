import * as R from "./encaps.ts";
import * as P from "./columns.ts";
import { plain } from "./ip.ts";
import * as W from "./walk.ts";
import type { Walk } from "./walk.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  ENCAPS_AH, ENCAPS_SLL, ENCAPS_IPNIP, ENCAPS_IPNIP6, OPT_CC, OPT_CCECHO, OPT_CCNEW, OPT_ECHO, OPT_ECHOREPLY,
  OPT_MSS, OPT_SACK, OPT_SACKOK, OPT_TIMESTAMP, OPT_WSCALE,
} = R;
// deno-fmt-ignore
const { PW_ACK, PW_APP, PW_ENDS, PW_EXTRA, PW_FLAGS, PW_IP, PW_PORTS, PW_PROTO, PW_SEQ, PW_TCPOPT, PW_WIN, P_ESP, P_ICMP, P_ICMP6, P_ICMP_BODY, P_IGMP, P_INNER, P_IP6, P_RTCP, P_RTP, P_RTP_VERSION, P_TCP, P_TCP_HEADER, P_UDP } = P;
const { DONE, GRE, IP4, IP6, TRANSPORT, UDP_TUNNEL } = W;

/** Reads what follows an IP header: the transport protocols that have facts of their own, and those that carry others. */
export function transport(w: Walk): number {
  const ip6 = (w.bits & P_IP6) !== 0;
  switch (w.proto) {
    case 6:
      return tcp(w);
    case 17:
      return udp(w);
    case 1:
      return ip6 ? DONE : icmp(w);
    case 58:
      return ip6 ? icmp6(w) : DONE;
    case 2:
      return ip6 ? DONE : igmp(w);
    case 50:
      return esp(w, ip6);
    case 51:
      return authentication(w, ip6);
    case 47:
      return (ip6 && w.argus) || !w.gre ? DONE : GRE;
    case 4:
      if (!w.inner || !w.has(20)) return DONE;
      w.encaps |= ENCAPS_IPNIP;
      return IP4;
    case 41:
      if (!w.inner || !w.has(40)) return DONE;
      w.encaps |= ENCAPS_IPNIP6;
      return IP6;
    default:
      return DONE;
  }
}

/**
 * Ports need 4 captured bytes. In IPv4, Argus also wants a length field with room for the whole header (a negative one counts as
 * large).
 */
function portsOf(w: Walk, header: number): number {
  if (!w.has(4)) return 0;
  const room = w.argus ? (w.bits & P_IP6) !== 0 || (w.length >>> 0) >= header : w.length >= 4;
  return room ? w.view.getInt32(w.at) : 0;
}

function tcp(w: Walk): number {
  const { c, row, at, view } = w;
  w.kind = P_TCP;
  c.words[w.packet + PW_PORTS] = portsOf(w, 20);
  if (!w.has(20)) return DONE;
  w.bits |= P_TCP_HEADER;
  const header = (w.bytes[at + 12]! >> 4) * 4;
  c.words[w.packet + PW_SEQ] = view.getInt32(at + 4);
  c.words[w.packet + PW_ACK] = view.getInt32(at + 8);
  c.words[w.packet + PW_FLAGS] = w.bytes[at + 13]!;
  c.words[w.packet + PW_WIN] = view.getUint16(at + 14);
  c.words[w.packet + PW_TCPOPT] = header > 20
    ? tcpOptionBits(w.bytes, at + 20, Math.min(at + header, w.end))
    : 0;
  c.words[w.packet + PW_EXTRA] = header;
  c.words[w.packet + PW_APP] = w.length - header;
  c.payload[row] = Math.min(at + header, c.payloadEnd[row]!);
  return DONE;
}

/** Record bits of the TCP options between `at` and `stop`, with window scale shift + 1 in the low byte. */
export function tcpOptionBits(bytes: Uint8Array, at: number, stop: number): number {
  let bits = 0;
  while (at < stop) {
    const kind = bytes[at]!;
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    if (at + 1 >= stop) break;
    const length = bytes[at + 1]!;
    if (length < 2) break;
    switch (kind) {
      case 2:
        bits |= OPT_MSS;
        break;
      case 3:
        if (at + 2 < stop) bits = (bits & ~0xff) | OPT_WSCALE | ((bytes[at + 2]! + 1) & 0xff);
        break;
      case 4:
        bits |= OPT_SACKOK;
        break;
      case 5:
        bits |= OPT_SACK;
        break;
      case 6:
        bits |= OPT_ECHO;
        break;
      case 7:
        bits |= OPT_ECHOREPLY;
        break;
      case 8:
        bits |= OPT_TIMESTAMP;
        break;
      case 11:
        bits |= OPT_CC;
        break;
      case 12:
        bits |= OPT_CCNEW;
        break;
      case 13:
        bits |= OPT_CCECHO;
    }
    at += length;
  }
  return bits;
}

function udp(w: Walk): number {
  const { c, row, at } = w;
  w.kind = P_UDP;
  const ports = c.words[w.packet + PW_PORTS] = portsOf(w, 8);
  if (!w.has(8)) return DONE;
  c.words[w.packet + PW_APP] = w.length - 8;
  c.payload[row] = Math.min(at + 8, c.payloadEnd[row]!);
  const source = ports >>> 16, destination = ports & 0xffff;
  const dns = source === 53 || destination === 53;
  if (dns) {
    if (!(w.bits & P_IP6) && w.has(10)) c.words[w.packet + PW_EXTRA] = w.u16(at + 8);
  } else w.bits |= rtpBits(w.bytes, at + 8, w.end, ports);
  if (w.inner || (w.teredo && !dns)) {
    w.at = at + 8;
    w.length -= 8;
    return UDP_TUNNEL;
  }
  return DONE;
}

/**
 * `P_RTP_VERSION` when a UDP payload from `at` to `end` has the version of RTP on ports that qualify, with `P_RTP` or `P_RTCP` when
 * it may be one of them (KEY-9, measured), else 0.
 */
export function rtpBits(bytes: Uint8Array, at: number, end: number, ports: number): number {
  if (end - at < 4 || bytes[at]! >> 6 !== 2) return 0;
  const source = ports >>> 16, destination = ports & 0xffff;
  if (source < 1024 || destination < 1024) return 0;
  if ((source >= 7000 && source <= 7010) || (destination >= 7000 && destination <= 7010)) return 0;
  if (end - at < 12) return P_RTP_VERSION;
  // Sender and receiver reports.
  if (bytes[at + 1] === 200 || bytes[at + 1] === 201) return P_RTP_VERSION | P_RTCP;
  const extended = (bytes[at]! & 0x10) !== 0;
  const ssrc = bytes[at + 8]! | bytes[at + 9]! | bytes[at + 10]! | bytes[at + 11]!;
  return extended || ssrc === 0 ? P_RTP_VERSION : P_RTP_VERSION | P_RTP;
}

/** Query types of ICMP: everything else is taken for an error that quotes a datagram. */
function isIcmpQuery(type: number): boolean {
  return type === 0 || (type >= 8 && type <= 10) || (type >= 13 && type <= 18);
}

function icmp(w: Walk): number {
  const { c, row, at } = w;
  // Without even the type there is no flow.
  if (!w.has(1)) return w.nothing();
  const type = w.bytes[at]!;
  w.kind = P_ICMP;
  c.words[w.packet + PW_PORTS] = (type << 8) | w.u8(at + 1);
  c.words[w.packet + PW_EXTRA] = w.i32(at + 4);
  c.payload[row] = Math.min(at + 8, c.payloadEnd[row]!);
  // Behind a cooked link header the real program does not see where the capture of a question ends (observed).
  if (w.has(28) || (w.encaps & ENCAPS_SLL && isIcmpQuery(type))) w.bits |= P_ICMP_BODY;
  if (isIcmpQuery(type) || !w.has(28)) return DONE;
  // Argus has no flow for what quotes a fragment behind the first one, and takes whatever is quoted for IPv4 (observed).
  if (w.argus) { if (w.u16(at + 14) & 0x1fff) return w.nothing(); }
  else if (w.bytes[at + 8]! >> 4 !== 4) return DONE;
  w.bits |= P_INNER;
  c.inner[row] = at + 8;
  // Errors report the payload length of the datagram they quote (spec 1.1).
  if (w.argus) c.words[w.packet + PW_APP] = w.u16(at + 10) - (w.bytes[at + 8]! & 15) * 4;
  return DONE;
}

function icmp6(w: Walk): number {
  const { c, row, at } = w;
  if (!w.has(8)) return w.nothing();
  w.kind = P_ICMP6;
  const type = w.bytes[at]!;
  c.words[w.packet + PW_PORTS] = (type << 8) | w.bytes[at + 1]!;
  c.words[w.packet + PW_EXTRA] = type === 128 || type === 129 ? w.i32(at + 4) : 0;
  c.words[w.packet + PW_SEQ] = w.u16(at + 2);
  c.payload[row] = Math.min(at + 8, c.payloadEnd[row]!);
  // Argus does not mark the flow an ICMPv6 error quotes (KEY-6).
  if (!w.argus && type < 128 && w.has(48) && w.bytes[at + 8]! >> 4 === 6) {
    w.bits |= P_INNER;
    c.inner[row] = at + 8;
  }
  return DONE;
}

/** IGMP: the group stands in for the destination address (KEY-8). */
function igmp(w: Walk): number {
  const { c, at } = w;
  w.kind = P_IGMP;
  c.words[w.packet + PW_PORTS] = (w.u8(at) << 8) | w.u8(at + 1);
  // A general query names no group: it keeps its destination.
  const group = w.i32(at + 4);
  if (group !== 0 || w.u8(at) !== 0x11) c.words[w.packet + PW_ENDS + 4] = group;
  c.words[w.packet + PW_EXTRA] = c.words[w.packet + PW_IP]! & 0xffff;
  return DONE;
}

function esp(w: Walk, ip6: boolean): number {
  if (!w.has(8) || (ip6 && w.argus)) return w.nothing();
  const { c, row, at } = w;
  w.kind = P_ESP;
  c.words[w.packet + PW_PORTS] = w.view.getInt32(at);
  c.words[w.packet + PW_EXTRA] = w.view.getInt32(at + 4);
  c.payload[row] = Math.min(at + 8, c.payloadEnd[row]!);
  return DONE;
}

/** Bytes of an authentication header that Argus skips, whatever its length field says (LINK-9, measured). */
const ARGUS_AH = 16;

function authentication(w: Walk, ip6: boolean): number {
  w.encaps |= ENCAPS_AH;
  if (!w.has(12)) return DONE;
  const next = w.bytes[w.at]!, outer = w.proto;
  if (!w.argus) {
    const length = (w.bytes[w.at + 1]! + 2) * 4;
    w.at += length;
    w.length -= length;
    w.proto = next;
    plain(w);
    return TRANSPORT;
  }
  if (!w.has(ARGUS_AH)) return DONE;
  w.at += ARGUS_AH;
  // Length fields keep counting the header, and nothing but the plain transports is looked into.
  w.proto = next;
  plain(w);
  switch (next) {
    case 6:
    case 17:
      return TRANSPORT;
    case 58:
    case 50:
      if (ip6) return TRANSPORT;
      break;
    case 2:
      if (!ip6) igmp(w);
  }
  if (!ip6 && (next === 1 || next === 2 || next === 50 || next === 51)) {
    w.c.words[w.packet + PW_PROTO] = outer;
  }
  return DONE;
}
