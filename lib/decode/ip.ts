import * as R from "./encaps.ts";
import * as P from "./columns.ts";
import * as W from "./walk.ts";
import type { Walk } from "./walk.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  IPOPT_LOOSE_ROUTE, IPOPT_RECORD_ROUTE, IPOPT_ROUTER_ALERT, IPOPT_SATNET, IPOPT_SECURITY,
  IPOPT_STRICT_ROUTE, IPOPT_TIMESTAMP,
} = R;
// deno-fmt-ignore
const { END_WORDS, PW_APP, PW_ENDS, PW_EXTRA, PW_IP, PW_IPOPT, PW_PORTS, PW_PROTO, P_FIRST_FRAGMENT, P_FIRST_FRAGMENT6, P_FRAGMENT, P_IP, P_IP6, P_LAST_FRAGMENT, P_TUNNEL } = P;
const { DONE, GRE, IP4, IP6, TRANSPORT } = W;

/** Chooses by the version nibble, as the link types without an ethertype do (LINK-8). */
export function ip(w: Walk): number {
  const version = w.u8(w.at) >> 4;
  if (version === 4) return w.has(20) && (w.argus || isIp4(w)) ? IP4 : w.nothing();
  // Argus takes everything else for version 6.
  return version === 6 || w.argus ? IP6 : w.nothing();
}

/** Whether a sound IPv4 header stands here; Argus does not ask. A total length of 0 is segmentation offload. */
export function isIp4(w: Walk): boolean {
  const header = (w.u8(w.at) & 15) * 4, total = w.u16(w.at + 2);
  return w.has(20) && w.u8(w.at) >> 4 === 4 && header >= 20 && (total >= header || total === 0);
}

/** Record bits of the IP options between `at` and `stop`. */
export function ipOptionBits(bytes: Uint8Array, at: number, stop: number): number {
  let bits = 0;
  while (at < stop) {
    const option = bytes[at]!;
    switch (option) {
      case 0:
        return bits;
      case 1:
        at++;
        continue;
      case 0x07:
        bits |= IPOPT_RECORD_ROUTE;
        break;
      case 0x44:
        bits |= IPOPT_TIMESTAMP;
        break;
      case 0x82:
        bits |= IPOPT_SECURITY;
        break;
      case 0x83:
        bits |= IPOPT_LOOSE_ROUTE;
        break;
      case 0x88:
        bits |= IPOPT_SATNET;
        break;
      case 0x89:
        bits |= IPOPT_STRICT_ROUTE;
        break;
      case 0x94:
        bits |= IPOPT_ROUTER_ALERT;
    }
    const length = at + 1 < stop ? bytes[at + 1]! : 0;
    if (length < 2) return bits;
    at += length;
  }
  return bits;
}

/** IPv4 header of any shape; the caller has seen that its 20 fixed bytes were captured. */
export function ipv4(w: Walk): number {
  const { c, at, view } = w;
  const e = w.packet + PW_ENDS;
  // A header length below 20 is believed, as by the original.
  const header = (w.bytes[at]! & 15) * 4;
  const total = view.getUint16(at + 2);
  const fragment = view.getUint16(at + 6);
  const id = view.getUint16(at + 4);
  c.words.fill(0, e, e + END_WORDS);
  c.words[e] = view.getInt32(at + 12);
  c.words[e + 4] = view.getInt32(at + 16);
  c.words[w.packet + PW_IP] = (w.bytes[at + 8]! << 24) | (w.bytes[at + 1]! << 16) | id;
  c.memory.ipOptions = header > 20 ? ipOptionBits(w.bytes, at + 20, Math.min(at + header, w.end)) : 0;
  c.words[w.packet + PW_IPOPT] = c.memory.ipOptions;
  opened(w, 0);
  w.proto = c.words[w.packet + PW_PROTO] = w.bytes[at + 9]!;
  w.length = total - header;
  // Segmentation offload leaves a total length of 0: the frame then says how long it is.
  if (!w.argus && total === 0) w.length = w.wireEnd - at - header;
  w.at = at + header;
  plain(w);
  const offset = (fragment & 0x1fff) * 8;
  if (offset !== 0) {
    w.kind = P_FRAGMENT;
    c.words[w.packet + PW_EXTRA] = id;
    fragmentOf(w, offset, (fragment & 0x2000) === 0);
    // Argus looks for GRE even in the middle of a datagram.
    return w.proto === 47 && w.argus ? GRE : DONE;
  }
  if (fragment & 0x2000) {
    w.bits |= P_FIRST_FRAGMENT;
    fragmentOf(w, 0, false);
  }
  return TRANSPORT;
}

function opened(w: Walk, ip6: number): void {
  w.bits = (w.bits & ~(P_IP6 | P_FIRST_FRAGMENT | P_FIRST_FRAGMENT6 | P_LAST_FRAGMENT)) | ip6;
  if (w.depth++ > 0) w.bits |= P_TUNNEL;
  w.c.l3[w.row] = w.at;
  w.c.words[w.packet + PW_EXTRA] = 0;
}

function fragmentOf(w: Walk, offset: number, last: boolean): void {
  w.c.fragOffset[w.row] = offset;
  w.c.fragLength[w.row] = w.length;
  if (last) w.bits |= P_LAST_FRAGMENT;
}

/** Makes the row a flow of the address pair and IP protocol (KEY-9): what remains when the transport cannot be read. */
export function plain(w: Walk): void {
  const { c, row } = w;
  w.kind = P_IP;
  c.words[w.packet + PW_PROTO] = w.proto;
  c.words[w.packet + PW_PORTS] = 0;
  c.words[w.packet + PW_APP] = w.length;
  c.l4[row] = Math.min(w.at, w.end);
  c.payload[row] = Math.min(w.at, w.end);
  c.payloadEnd[row] = Math.max(c.payload[row]!, Math.min(w.end, w.at + w.length));
}

/** Traffic class of the first IPv6 word, shifted to its place in `ip`; Argus takes bits of the flow label instead (measured). */
export function trafficClass(word: number, argus: boolean): number {
  return argus ? (word & 0xff0) << 12 : (word & 0x0ff00000) >>> 4;
}

/** IPv6 header and the extension headers that Argus walks: hop-by-hop, routing, destination, fragment (LINK-9). */
export function ipv6(w: Walk): number {
  const { c, at, view } = w;
  if (!w.has(40)) return w.depth > 0 ? DONE : w.nothing();
  const e = w.packet + PW_ENDS;
  for (let j = 0; j < 8; j++) c.words[e + j] = view.getInt32(at + 8 + 4 * j);
  c.words[w.packet + PW_IP] = (w.bytes[at + 7]! << 24) | trafficClass(view.getInt32(at), w.argus);
  c.words[w.packet + PW_IPOPT] = w.argus ? c.memory.ipOptions : 0;
  opened(w, P_IP6);
  w.proto = w.bytes[at + 6]!;
  const stated = view.getUint16(at + 4);
  // Argus counts to the end of the frame, padding included, and never looks at the payload length.
  const stop = w.argus || stated === 0 ? w.wireEnd : at + 40 + stated;
  w.at = at + 40;
  for (;;) {
    const next = w.proto, here = w.at;
    if (next !== 0 && next !== 43 && next !== 44 && next !== 60) break;
    if (!w.has(2)) break;
    w.proto = w.bytes[here]!;
    if (next === 44) {
      w.at += 8;
      const word = w.u16(here + 2);
      if (word >> 3 === 0) {
        if (word & 1) w.bits |= P_FIRST_FRAGMENT6;
        continue;
      }
      w.length = stop - w.at;
      plain(w);
      w.kind = P_FRAGMENT;
      c.words[w.packet + PW_EXTRA] = w.i32(here + 4);
      fragmentOf(w, word & 0xfff8, (word & 1) === 0);
      return DONE;
    }
    w.at += (w.bytes[here + 1]! + 1) * 8;
  }
  w.length = stop - w.at;
  if (w.bits & P_FIRST_FRAGMENT6) fragmentOf(w, 0, false);
  plain(w);
  return TRANSPORT;
}
