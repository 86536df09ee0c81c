import * as R from "./encaps.ts";
import * as P from "./columns.ts";
import { ethernet, underEthernet } from "./ethernet.ts";
import * as L from "./options.ts";
import { DONE, ETHERNET, ETHERTYPE, IP, IP4, IP6, LLC, PPP, type Walk, WLAN } from "./walk.ts";
import { wlanPseudoHeader } from "./wlan.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PW_MAC, PW_SIZE } = P;

/** Takes `bytes` of pseudo header off the accounted size (LINK-1). */
function skip(w: Walk, bytes: number): void {
  w.at += bytes;
  w.c.words[w.packet + PW_SIZE]! -= bytes;
}

/** Starts the walk of one frame by its link type: the first layer to read. */
export function link(w: Walk, linkType: number): number {
  switch (linkType) {
    case L.LINK_ETHERNET:
      return w.wireEnd - w.start < 14 ? w.nothing() : ethernet(w);
    case L.LINK_SLL:
      return cooked(w);
    case L.LINK_SLL2:
      return cooked2(w);
    case L.LINK_NULL:
      return loopback(w);
    case L.LINK_LOOP:
      return w.argus ? dropped(w) : loopback(w);
    case L.LINK_RAW:
    case L.LINK_RAW_DLT:
    case L.LINK_RAW_DLT_OPENBSD:
    case L.LINK_IPV4:
    case L.LINK_IPV6:
      w.bits |= P.P_RAW_PATH;
      return IP;
    case L.LINK_PPP:
    case L.LINK_PPP_BSDOS:
      w.bits |= P.P_RAW_PATH;
      if (!w.argus) return framedPpp(w);
      // The four bytes are skipped unseen (LINK-1).
      skip(w, 4);
      return ipUnder(w, R.ENCAPS_PPP);
    case L.LINK_PPP_SERIAL:
      return serial(w);
    case L.LINK_CISCO_HDLC:
      return hdlc(w);
    case L.LINK_WLAN:
      return WLAN;
    case L.LINK_WLAN_RADIOTAP:
      return wlanAfter(w, "radiotap");
    case L.LINK_PPI:
      // PPI names the link type it wraps; only 802.11 and Ethernet are met in practice.
      if (w.u8(w.at + 4) === 1) return ethernetAfterPpi(w);
      return wlanAfter(w, "ppi");
    case L.LINK_WLAN_PRISM:
      return wlanAfter(w, "prism");
    case L.LINK_WLAN_AVS:
      return wlanAfter(w, "avs");
    case L.LINK_FDDI:
      return w.argus ? dropped(w) : fddi(w);
    case L.LINK_JUNIPER_ETHERNET:
      return juniper(w);
    case L.LINK_SLIP:
      // libpcap's 16 bytes of direction and compressed header.
      w.bits |= P.P_RAW_PATH;
      skip(w, 16);
      return ipUnder(w, R.ENCAPS_SLIP);
    default:
      return dropped(w);
  }
}

function dropped(w: Walk): number {
  w.kind = P.P_DROPPED;
  return DONE;
}

/** PPP with or without address and control before its protocol (RFC 1661, 1662). */
function framedPpp(w: Walk): number {
  w.c.words[w.packet + PW_SIZE]! -= 4;
  if (w.u16(w.at) === 0xff03) w.at += 2;
  return PPP;
}

function ipUnder(w: Walk, encaps: number): number {
  w.encaps |= encaps;
  return IP;
}

/** BSD null: address family in the byte order of the host that captured; loop: always big endian. */
function loopback(w: Walk): number {
  w.bits |= P.P_RAW_PATH;
  if (!w.has(4)) return w.nothing();
  const word = w.i32(w.at) >>> 0;
  const family = word > 0xffff ? (word >>> 24) | ((word >>> 8) & 0xff00) : word;
  skip(w, 4);
  if (family === 2 || family === 24 || family === 28 || family === 30) return IP;
  return !w.argus && family === 10 ? IP : w.nothing();
}

/** Destination MAC that Argus makes up for a cooked packet type (LINK-7): its first four bytes, then its last two. */
function cookedDestination(type: number): readonly [number, number] {
  if (type === 1) return [-1, 0xffff];
  if (type === 2) return [0x01000000, 0];
  return type === 4 ? [0, 0] : [0, 1];
}

/** Linux cooked v1: a fake Ethernet header stands for the 16 bytes. */
function cooked(w: Walk): number {
  const start = w.at;
  if (!w.has(16)) return w.nothing();
  return cookedFrame(w, w.u16(start), w.u16(start + 4), start + 6, w.u16(start + 14), 16);
}

/** Linux cooked v2: 20 bytes, the ethertype first. */
function cooked2(w: Walk): number {
  const start = w.at;
  if (!w.has(20)) return w.nothing();
  return cookedFrame(w, w.u8(start + 10), w.u8(start + 11), start + 12, w.u16(start), 20);
}

function cookedFrame(
  w: Walk,
  type: number,
  addressLength: number,
  address: number,
  ethertype: number,
  header: number,
): number {
  const c = w.c, m = w.packet + PW_MAC;
  w.encaps |= R.ENCAPS_SLL;
  if (ethertype === 1) {
    // "802.3 without 802.2": what follows is read as an Ethernet frame.
    skip(w, header);
    return ETHERNET;
  }
  w.encaps |= R.ENCAPS_ETHER;
  const [high, low] = cookedDestination(type);
  const n = Math.min(6, addressLength);
  const byte = (j: number) => j < n ? w.u8(address + j) : 0;
  c.words[m] = high;
  c.words[m + 1] = (low << 16) | (byte(0) << 8) | byte(1);
  c.words[m + 2] = (byte(2) << 24) | (byte(3) << 16) | (byte(4) << 8) | byte(5);
  w.type = w.next = ethertype;
  skip(w, header);
  // The fake header takes the place of 14 bytes, so IPv6 lengths, counted to the end of the frame, come out 14 short.
  if (w.argus) w.wireEnd -= 14;
  return underEthernet(w, 0);
}

/** Cisco HDLC: IPv4, IPv6 and MPLS only (LINK-1). */
function hdlc(w: Walk): number {
  if (!w.has(4)) return w.nothing();
  w.encaps |= R.ENCAPS_CHDLC;
  const protocol = w.u16(w.at + 2);
  skip(w, 4);
  if (protocol === 0x0800) return w.has(20) ? (w.u8(w.at) >> 4 === 6 ? IP6 : IP4) : w.nothing();
  if (protocol !== 0x86dd && protocol !== 0x8847 && protocol !== 0x8848) return w.nothing();
  w.next = protocol;
  return ETHERTYPE;
}

/** PPP in HDLC framing (DLT 50): an address byte of Cisco's makes it Cisco HDLC. */
function serial(w: Walk): number {
  const address = w.u8(w.at);
  if (address === 0x0f || address === 0x8f) return hdlc(w);
  if (!w.has(4)) return w.nothing();
  w.encaps |= R.ENCAPS_HDLC;
  if (address === 0xff) {
    w.at += 2;
    w.c.words[w.packet + PW_SIZE]! -= 4;
    return PPP;
  }
  w.c.words[w.packet + PW_SIZE]! -= 2;
  return PPP;
}

function wlanAfter(w: Walk, kind: "radiotap" | "ppi" | "prism" | "avs"): number {
  const length = wlanPseudoHeader(w, kind);
  if (length < 0) return w.nothing();
  // Prism and AVS headers count in the bytes, radiotap does not (seen with argus -r).
  if (kind === "prism" || kind === "avs") w.at += length;
  else skip(w, length);
  return WLAN;
}

function ethernetAfterPpi(w: Walk): number {
  const length = wlanPseudoHeader(w, "ppi");
  if (length < 0) return w.nothing();
  skip(w, length);
  return w.has(14) ? ETHERNET : w.nothing();
}

/** FDDI: frame control, destination and source, then LLC. */
function fddi(w: Walk): number {
  if (!w.has(13)) return w.nothing();
  const c = w.c, m = w.packet + PW_MAC, at = w.at;
  w.encaps |= R.ENCAPS_FDDI;
  c.words[m] = w.i32(at + 1);
  c.words[m + 1] = w.i32(at + 5);
  c.words[m + 2] = w.i32(at + 9);
  w.type = w.next = 0;
  underEthernet(w, 13);
  return (w.u8(at) & 0x30) === 0x10 ? LLC : DONE;
}

/** Juniper Ethernet: magic, flags, optional extensions, all counted in the bytes, then a frame. */
function juniper(w: Walk): number {
  if (!w.has(6) || w.i32(w.at) >>> 8 !== 0x4d4743) return w.nothing();
  const flags = w.u8(w.at + 3);
  w.encaps |= R.ENCAPS_JUNIPER;
  w.at += flags & 0x80 ? 6 + w.u16(w.at + 4) : 4;
  if (flags & 0x02) {
    // No layer 2 header: a family word says what follows. Argus makes nothing of it.
    w.at += 4;
    return w.argus ? w.nothing() : IP;
  }
  return w.has(14) ? ETHERNET : w.nothing();
}
