import type { FrameBatch } from "../capture/mod.ts";
import * as P from "./columns.ts";
import type { DecodeMemory, PacketColumns } from "./columns.ts";
import * as R from "./encaps.ts";
import { arp, ethernet, ethertype, llc, mpls, ppp, pppoe } from "./ethernet.ts";
import { ip, ipv4, ipv6, trafficClass } from "./ip.ts";
import { link } from "./links.ts";
import type { DecodeOptions } from "./options.ts";
import * as O from "./options.ts";
import { type Shard, shardOfPair } from "./shard.ts";
import { rtpBits, tcpOptionBits, transport } from "./transport.ts";
import { gre, udpTunnel } from "./tunnels.ts";
import * as W from "./walk.ts";
import { Walk } from "./walk.ts";
import { wlan } from "./wlan.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  END_WORDS, PACKET_DOUBLES, PACKET_WORDS, PW_ACK, PW_APP, PW_ENCAPS, PW_ENDS, PW_ETHERTYPE, PW_EXTRA,
  PW_FLAGS, PW_IP, PW_IPOPT, PW_KIND, PW_MAC, PW_NANO, PW_PORTS, PW_PROTO, PW_SEQ, PW_SIZE, PW_TCPOPT,
  PW_WIN, P_DROPPED, P_ELSEWHERE, P_IP6, P_MAC, P_NONE, P_TCP, P_TCP_HEADER, P_UDP,
} = P;
const { ENCAPS_ETHER, OPT_TIMESTAMP } = R;
const { LINK_ETHERNET } = O;
const { ARP, DONE, ETHERNET, ETHERTYPE, GRE, IP, IP4, IP6, LLC, MPLS, PPP, PPPOE, TRANSPORT, UDP_TUNNEL } = W;

/** Walks one frame from its link layer to the end and writes row `row`. */
function walkFrame(w: Walk, frames: FrameBatch, row: number): void {
  const c = w.c, words = c.words, x = row * PACKET_WORDS;
  w.row = row;
  w.packet = x;
  w.frames = frames;
  w.start = w.at = frames.offset[row]!;
  w.end = w.start + frames.captured[row]!;
  w.wireEnd = w.start + frames.wire[row]!;
  w.kind = P_NONE;
  w.bits = w.encaps = w.depth = 0;
  c.times[row * PACKET_DOUBLES] = frames.time[row]!;
  words[x + PW_NANO] = frames.nano[row]!;
  words[x + PW_SIZE] = frames.wire[row]!;
  words[x + PW_PROTO] = words[x + PW_PORTS] = words[x + PW_APP] = 0;
  words[x + PW_IP] = words[x + PW_IPOPT] = words[x + PW_EXTRA] = 0;
  for (let e = x + PW_ENDS; e < x + PW_ENDS + END_WORDS; e++) words[e] = 0;
  c.l3[row] = c.l4[row] = c.inner[row] = -1;
  c.payload[row] = c.payloadEnd[row] = w.end;
  let layer = link(w, frames.linkType);
  while (layer !== DONE) {
    switch (layer) {
      case ETHERNET:
        layer = ethernet(w);
        break;
      case ETHERTYPE:
        layer = ethertype(w);
        break;
      case IP:
        layer = ip(w);
        break;
      case IP4:
        layer = ipv4(w);
        break;
      case IP6:
        layer = ipv6(w);
        break;
      case TRANSPORT:
        layer = transport(w);
        break;
      case LLC:
        layer = llc(w);
        break;
      case MPLS:
        layer = mpls(w);
        break;
      case PPPOE:
        layer = pppoe(w);
        break;
      case PPP:
        layer = ppp(w);
        break;
      case GRE:
        layer = gre(w);
        break;
      case ARP:
        layer = arp(w);
        break;
      case UDP_TUNNEL:
        layer = udpTunnel(w);
        break;
      default:
        layer = wlan(w);
    }
  }
  words[x + PW_KIND] = w.kind | w.bits;
  words[x + PW_ENCAPS] = w.encaps;
}

/** Whether these ports are those of VXLAN, GENEVE or GTP-U. */
export function isTunnelPort(ports: number): boolean {
  const source = ports >>> 16, destination = ports & 0xffff;
  return destination === 4789 || destination === 8472 || destination === 6081 || destination === 2152 ||
    source === 2152;
}

/** Ethernet: plain TCP and UDP over IPv4 and IPv6 in one flat path, everything else by `walkFrame`. */
function decodeEthernet(w: Walk, frames: FrameBatch, shard: Shard | undefined): void {
  const c = w.c, n = frames.length;
  const offsets = frames.offset, captured = frames.captured, wires = frames.wire;
  const bytes = w.bytes, view = w.view;
  const { words, times, l3, l4, payload, payloadEnd } = c;
  const seconds = frames.time, nanos = frames.nano;
  const { argus, inner, teredo } = w;
  const shards = shard === undefined ? 1 : shard.count, own = shard === undefined ? 0 : shard.index;
  for (let i = 0; i < n; i++) {
    const o = offsets[i]!, cap = captured[i]!, wire = wires[i]!, x = i * PACKET_WORDS;
    times[i * PACKET_DOUBLES] = seconds[i]!;
    words[x + PW_NANO] = nanos[i]!;
    let length = 0, at = 0, protocol = 0, bits = 0, stop = o + cap;
    if (cap >= 42 && wire >= 14) {
      const first = view.getInt32(o + 12);
      if ((first & 0xffffff00) === 0x08004500) {
        const rest = view.getInt32(o + 20);
        // Neither offset nor more-fragments.
        if ((rest & 0x3fff0000) === 0) {
          const lengthAndId = view.getInt32(o + 16);
          length = (lengthAndId >>> 16) - 20;
          protocol = rest & 0xff;
          if (protocol === 6 ? length >= 20 && cap >= 54 : protocol === 17 && length >= 8) {
            at = o + 34;
            const e = x + PW_ENDS;
            words[e] = view.getInt32(o + 26);
            words[e + 1] = words[e + 2] = words[e + 3] = 0;
            words[e + 4] = view.getInt32(o + 30);
            words[e + 5] = words[e + 6] = words[e + 7] = 0;
            c.memory.ipOptions = 0;
            words[x + PW_IP] = ((rest & 0xff00) << 16) | ((first & 0xff) << 16) | (lengthAndId & 0xffff);
            words[x + PW_IPOPT] = 0;
            bits = P_MAC;
            words[x + PW_ETHERTYPE] = 0x0800;
          }
        }
      } else if (first >>> 16 === 0x86dd && cap >= 74) {
        protocol = bytes[o + 20]!;
        const stated = view.getUint16(o + 18);
        length = argus || stated === 0 ? wire - 54 : stated;
        if (protocol === 6 || protocol === 17) {
          at = o + 54;
          const e = x + PW_ENDS;
          for (let j = 0; j < 8; j++) words[e + j] = view.getInt32(o + 22 + 4 * j);
          // The real meter takes the eight bits behind the first 20 for the traffic class.
          words[x + PW_IP] = (bytes[o + 21]! << 24) | trafficClass(view.getInt32(o + 14), argus);
          words[x + PW_IPOPT] = argus ? c.memory.ipOptions : 0;
          bits = P_MAC | P_IP6;
          words[x + PW_ETHERTYPE] = 0x86dd;
        }
      }
    }
    if (at !== 0 && protocol === 17) {
      const p = view.getInt32(at);
      if ((inner && isTunnelPort(p)) || teredo || (length >>> 0) < 8) at = 0;
    }
    if (at === 0 || (length >>> 0) < 20 && protocol === 6) {
      walkFrame(w, frames, i);
      continue;
    }
    if (shards > 1 && shardOfPair(words, x + PW_ENDS, x + PW_ENDS + 4, shards) !== own) {
      words[x + PW_KIND] = P_DROPPED | P_ELSEWHERE;
      continue;
    }
    words[x + PW_MAC] = view.getInt32(o);
    words[x + PW_MAC + 1] = view.getInt32(o + 4);
    words[x + PW_MAC + 2] = view.getInt32(o + 8);
    words[x + PW_SIZE] = wire;
    words[x + PW_ENCAPS] = ENCAPS_ETHER;
    words[x + PW_PROTO] = protocol;
    l3[i] = o + 14;
    l4[i] = at;
    const p = view.getInt32(at);
    words[x + PW_PORTS] = p;
    if (stop > at + length) stop = at + length;
    payloadEnd[i] = stop;
    if (protocol === 6) {
      words[x + PW_SEQ] = view.getInt32(at + 4);
      words[x + PW_ACK] = view.getInt32(at + 8);
      const word = view.getInt32(at + 12);
      const header = (word >>> 28) * 4;
      words[x + PW_FLAGS] = (word >>> 16) & 0xff;
      words[x + PW_WIN] = word & 0xffff;
      words[x + PW_EXTRA] = header;
      const behind = at + header;
      words[x + PW_TCPOPT] = header <= 20
        ? 0
        : tcpOptions4(bytes, view, at + 20, behind < o + cap ? behind : o + cap);
      words[x + PW_APP] = length - header;
      payload[i] = behind < stop ? behind : stop;
      words[x + PW_KIND] = P_TCP | P_TCP_HEADER | bits;
    } else {
      words[x + PW_APP] = length - 8;
      payload[i] = at + 8 < stop ? at + 8 : stop;
      const source = p >>> 16, destination = p & 0xffff;
      if (source === 53 || destination === 53) {
        words[x + PW_EXTRA] = !(bits & P_IP6) && at + 10 <= o + cap ? view.getUint16(at + 8) : 0;
      } else {
        words[x + PW_EXTRA] = 0;
        bits |= rtpBits(bytes, at + 8, o + cap, p);
      }
      words[x + PW_KIND] = P_UDP | bits;
    }
  }
}

/** Nearly all segments carry just NOP, NOP, timestamp. */
function tcpOptions4(bytes: Uint8Array, view: DataView, at: number, stop: number): number {
  if (stop - at === 12 && view.getInt32(at) === 0x0101080a) return OPT_TIMESTAMP;
  return tcpOptionBits(bytes, at, stop);
}

/**
 * Decodes the frames of a batch into packet columns, row i for frame i, sender first.
 *
 * Headers count only as far as they were captured: damaged or cut frames never throw and never read beyond themselves. A link type
 * that {@linkcode linkTypeSupport} calls unsupported is decoded all the same when its layout is known, else its packets are dropped.
 *
 * @param into must have room for all frames; its columns are overwritten and stay valid until the next batch.
 * @param memory must be given when the batches of one capture go into different columns in turn.
 */
export function decode(
  frames: FrameBatch,
  into: PacketColumns,
  options: DecodeOptions = {},
  memory: DecodeMemory = into.memory,
): void {
  const n = frames.length;
  if (into.capacity < n) throw new RangeError(`Expected room for ${n} packets but found ${into.capacity}`);
  const w = new Walk(into);
  w.bytes = into.bytes = frames.bytes;
  w.view = new DataView(frames.bytes.buffer, frames.bytes.byteOffset, frames.bytes.byteLength);
  w.argus = options.quirks !== "none";
  w.inner = !w.argus && (options.tunnels ?? "inner") === "inner";
  w.gre = options.tunnels !== "none";
  w.teredo = options.tunnelDiscovery === true;
  into.memory = memory;
  into.length = n;
  into.firstFrame = frames.firstFrame;
  into.offset.set(frames.offset.subarray(0, n));
  into.captured.set(frames.captured.subarray(0, n));
  // What one packet leaves to the next is a quirk; with quirks every packet is decoded whole.
  if (frames.linkType === LINK_ETHERNET) decodeEthernet(w, frames, w.argus ? undefined : options.shard);
  else for (let i = 0; i < n; i++) walkFrame(w, frames, i);
  if (w.argus) memory.keep(frames.bytes, frames.offset, frames.captured, n);
}
