import * as P from "./columns.ts";
import * as R from "./encaps.ts";
import { DONE, ETHERNET, ETHERTYPE, IP4, IP6, type Walk } from "./walk.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PW_PORTS } = P;

/** GRE versions 0 and 1 (LINK-6, RFC 2784, 2890, 2637). The outer flow stands when the content cannot be read. */
export function gre(w: Walk): number {
  if (!w.has(4)) return DONE;
  w.encaps |= R.ENCAPS_GRE;
  const flags = w.u16(w.at), protocol = w.u16(w.at + 2), version = flags & 7;
  let at = w.at + 4;
  if (flags & 0xc000) at += 4;
  if (flags & 0x2000) {
    at += 4;
    // Lengths that are counted to the end of the frame (IPv6) then come out 8 too long (measured).
    if (w.argus) w.wireEnd += 8;
  }
  if (flags & 0x1000) at += 4;
  if (version === 1 && flags & 0x0080) at += 4;
  if (flags & 0x4000) {
    // Source route entries end with an empty one.
    for (;;) {
      if (at + 4 > w.end) return DONE;
      const length = w.bytes[at + 3]!;
      const last = length === 0;
      at += 4 + length;
      if (last) break;
    }
  }
  if (at > w.end) return DONE;
  w.at = at;
  // Argus makes nothing of ARP that has no Ethernet header.
  if (protocol === 0x0806 || protocol === 0x8035) return w.argus ? w.nothing() : DONE;
  if (protocol <= 1500) return DONE;
  w.next = protocol;
  return ETHERTYPE;
}

/** Tunnels in UDP: Teredo where asked for, and VXLAN, GENEVE and GTP-U beyond the original. `at` is the UDP payload. */
export function udpTunnel(w: Walk): number {
  const ports = w.c.words[w.packet + PW_PORTS]!,
    source = ports >>> 16,
    destination = ports & 0xffff;
  if (w.inner) {
    if (destination === 4789 || destination === 8472) return vxlan(w);
    if (destination === 6081) return geneve(w);
    if (destination === 2152 || source === 2152) return gtpu(w);
  }
  return w.teredo && source !== 53 && destination !== 53 ? teredo(w) : DONE;
}

/** RFC 7348: 8 bytes with the I flag, then an Ethernet frame. */
function vxlan(w: Walk): number {
  if (!w.has(8 + 14) || !(w.bytes[w.at]! & 0x08)) return DONE;
  w.encaps |= R.ENCAPS_VXLAN;
  w.at += 8;
  return ETHERNET;
}

/** RFC 8926: version 0, options, then a payload named by ethertype. */
function geneve(w: Walk): number {
  if (!w.has(8) || w.bytes[w.at]! >> 6 !== 0) return DONE;
  const header = 8 + (w.bytes[w.at]! & 63) * 4, protocol = w.u16(w.at + 2);
  if (!w.has(header + 1)) return DONE;
  if (protocol !== 0x6558 && protocol <= 1500) return DONE;
  w.encaps |= R.ENCAPS_GENEVE;
  w.at += header;
  if (protocol === 0x6558) return w.has(14) ? ETHERNET : DONE;
  w.next = protocol;
  return ETHERTYPE;
}

/** 3GPP TS 29.281: version 1, message 255 (G-PDU), optional fields and extension headers, then IP. */
function gtpu(w: Walk): number {
  if (!w.has(8)) return DONE;
  const flags = w.bytes[w.at]!;
  if (flags >> 5 !== 1 || !(flags & 0x10) || w.bytes[w.at + 1] !== 255) return DONE;
  let at = w.at + 8;
  if (flags & 7) {
    at += 4;
    // Extension headers form a chain, their length in units of 4 bytes, the next type in their last byte.
    for (let next = flags & 4 ? w.u8(at - 1) : 0; next !== 0; next = w.u8(at - 1)) {
      const units = w.u8(at);
      if (units === 0 || at + 4 * units > w.end) return DONE;
      at += 4 * units;
    }
  }
  return ipAt(w, at, R.ENCAPS_GTPU);
}

function ipAt(w: Walk, at: number, encaps: number): number {
  const version = w.u8(at) >> 4;
  const fits = version === 4 ? w.end - at >= 20 : version === 6 && w.end - at >= 40;
  if (!fits) return DONE;
  w.encaps |= encaps;
  w.at = at;
  return version === 4 ? IP4 : IP6;
}

/** RFC 4380: optional authentication and origin indications, then IPv6; on any port (LINK-9). */
function teredo(w: Walk): number {
  let at = w.at;
  if (w.u16(at) === 1) at += 13 + w.u8(at + 2) + w.u8(at + 3);
  if (at + 2 <= w.end && w.u16(at) === 0) at += 8;
  return w.u8(at) >> 4 === 6 ? ipAt(w, at, R.ENCAPS_TEREDO) : DONE;
}
