import { formatIpv4, formatIpv6 } from "../base/mod.ts";
import type { FrameBatch } from "../capture/mod.ts";
import * as P from "./columns.ts";
import { PacketColumns } from "./columns.ts";
import { decode, isTunnelPort } from "./decode.ts";
import { EndpointTable } from "./conversation_table.ts";
import { decodeInner, INNER_IP6, INNER_PORTS, INNER_PROTO, INNER_WORDS } from "./inner.ts";
import { Reassembly } from "./reassembly.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PACKET_DOUBLES, PACKET_WORDS, PW_APP, PW_ENDS, PW_KIND, PW_NANO, PW_PORTS, PW_PROTO } = P;

/** One conversation; `a` sent its first packet. */
export interface Conversation {
  /** `tcp.stream` or `udp.stream`: numbers from 0 in order of the first packet. */
  readonly stream: number;
  /** Address of the end that sent the first packet. */
  readonly a: string;
  /** Its port. */
  readonly aPort: number;
  /** Address of the other end. */
  readonly b: string;
  /** Its port. */
  readonly bPort: number;
  /** Frames from a to b. */
  readonly packetsAB: number;
  /** Bytes on the wire from a to b. */
  readonly bytesAB: number;
  /** Frames from b to a. */
  readonly packetsBA: number;
  /** Bytes on the wire from b to a. */
  readonly bytesBA: number;
  /** First packet: microseconds since 1970. */
  readonly start: number;
  /** Seconds from the first frame of the capture to the first packet. */
  readonly relativeStart: number;
  /** Seconds from the first to the last packet. */
  readonly duration: number;
}

/** Words of a row: address family, ends (8), ports of a and b, base sequence of both sides, which of them are known, pair order. */
const W_FAMILY = 0, W_ENDS = 1, W_PORTS = 9, W_BASE = 10, W_KNOWN = 12, W_SWAP = 13, WORDS = 14;
/** Doubles of a row: packets and bytes there and back, first and last time. */
const D_PACKETS = 0, D_BYTES = 2, D_FIRST = 4, D_LAST = 5, D_FIRST_NANO = 6, D_LAST_NANO = 7, DOUBLES = 8;

/** The conversations of one protocol. */
class Streams {
  readonly pairs = new EndpointTable();
  /** Newest stream of each pair. */
  newest = new Int32Array(1024);
  words = new Int32Array(1024 * WORDS);
  doubles = new Float64Array(1024 * DOUBLES);
  size = 0;

  /** Opens a stream for a pair; the sender of this packet is a. */
  begin(pair: number, ends: Int32Array, at: number, family: number, ports: number, swap: number): number {
    const n = this.size++;
    if (n * WORDS === this.words.length) {
      this.words = grown(this.words, new Int32Array(this.words.length * 2));
      this.doubles = grown(this.doubles, new Float64Array(this.doubles.length * 2));
    }
    if (pair === this.newest.length) this.newest = grown(this.newest, new Int32Array(pair * 2));
    this.newest[pair] = n;
    const w = n * WORDS;
    this.words[w + W_FAMILY] = family;
    for (let j = 0; j < P.END_WORDS; j++) this.words[w + W_ENDS + j] = ends[at + j]!;
    this.words[w + W_PORTS] = ports;
    this.words[w + W_SWAP] = swap;
    return n;
  }

  /** Whether a side is known to have begun with another sequence number. */
  beganOtherwise(n: number, back: number, seq: number): boolean {
    const w = n * WORDS;
    return (this.words[w + W_KNOWN]! & (1 << back)) !== 0 && this.words[w + W_BASE + back] !== seq;
  }

  /** The first sequence number of each side: told by its own first packet or by the first acknowledgement of the other side. */
  learn(n: number, back: number, flags: number, seq: number, ack: number): void {
    const words = this.words, w = n * WORDS, known = words[w + W_KNOWN]!;
    if (known === 3) return;
    if (!(known & (1 << back))) {
      words[w + W_BASE + back] = flags & SYN ? seq : seq - 1;
      words[w + W_KNOWN]! |= 1 << back;
    }
    if (flags & ACK && !(known & (2 >> back))) {
      words[w + W_BASE + 1 - back] = ack - 1;
      words[w + W_KNOWN]! |= 2 >> back;
    }
  }
}

function isIpInIp(proto: number): boolean {
  return proto === 4 || proto === 41;
}

/** ICMP errors whose quoted datagram Wireshark looks into. */
function isError(kind: number, type: number): boolean {
  if (kind === P.P_ICMP6) return type >= 1 && type <= 4;
  return type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
}

/** Whether enough of the header was captured and lies inside the IP datagram; UDP must also state a sane length. */
function isWhole(c: PacketColumns, i: number, tcp: boolean): boolean {
  const l4 = c.l4[i]!, captured = c.offset[i]! + c.captured[i]! - l4;
  if (captured < (tcp ? TCP_NEEDED : UDP_NEEDED)) return false;
  if (!tcp) {
    return c.words[i * PACKET_WORDS + PW_APP]! >= 0 &&
      ((c.bytes[l4 + 4]! << 8) | c.bytes[l4 + 5]!) >= UDP_NEEDED;
  }
  const header = c.words[i * PACKET_WORDS + PW_KIND]! & P.P_TCP_HEADER ? (c.bytes[l4 + 12]! >> 4) * 4 : 0;
  return c.words[i * PACKET_WORDS + PW_APP]! + header >= TCP_NEEDED;
}

function be32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function grown<A extends Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

const SYN = 0x02, ACK = 0x10;
/** Bytes of a TCP header that tshark must have before it looks for the stream. */
const TCP_NEEDED = 16, UDP_NEEDED = 8;

/**
 * Counts conversations the way Wireshark does: `tcp.stream`, `udp.stream` and `tshark -z conv,tcp`.
 *
 * A pair of ends and ports is one conversation, whatever the time between its packets. A TCP SYN without ACK whose sequence number
 * is not the one its sender began with opens a new one, which takes all later packets of the pair. IP fragments count as the one
 * frame that completed their datagram. Datagrams quoted by ICMP errors take part in the numbering but are not counted. Rules found by
 * experiment with tshark 4.0.
 *
 * Feed it columns decoded with `{ quirks: "none", tunnels: "outer" }`.
 */
export class Conversations {
  readonly #tcp = new Streams();
  readonly #udp = new Streams();
  readonly #fragments = new Reassembly();
  readonly #inside = new PacketColumns(1);
  readonly #quoted = new Int32Array(INNER_WORDS);
  /** First frame of the capture, microseconds; NaN before it. */
  #origin = NaN;
  #originNano = 0;

  /** Counts the packets of a batch and of its decoded columns, in capture order. */
  add(frames: FrameBatch, c: PacketColumns): void {
    if (c.length > 0 && Number.isNaN(this.#origin)) {
      this.#origin = c.times[0]!;
      this.#originNano = c.words[PW_NANO]!;
    }
    for (let i = 0; i < c.length; i++) {
      const wire = frames.wire[i]!;
      this.#row(c, i, wire);
      const low = c.words[i * PACKET_WORDS + PW_KIND]! & P.P_KIND_MASK;
      const carries = low === P.P_UDP
        ? isTunnelPort(c.words[i * PACKET_WORDS + PW_PORTS]!)
        : low === P.P_IP && isIpInIp(c.words[i * PACKET_WORDS + PW_PROTO]!);
      if (!carries) continue;
      // Wireshark also numbers what tunnels carry, right behind the tunnel's own packet.
      decode(frameOf(frames, i), this.#inside, { quirks: "none", tunnels: "inner" });
      const kind = this.#inside.words[PW_KIND]!;
      if (kind & P.P_TUNNEL || (kind & P.P_KIND_MASK) !== low) this.#row(this.#inside, 0, wire);
    }
  }

  #row(c: PacketColumns, i: number, wire: number): void {
    const kind = c.words[i * PACKET_WORDS + PW_KIND]!, low = kind & P.P_KIND_MASK;
    const tcp = low === P.P_TCP;
    if (tcp || low === P.P_UDP) {
      if (kind & (P.P_FIRST_FRAGMENT | P.P_FIRST_FRAGMENT6)) this.#fragment(c, i, wire);
      else if (isWhole(c, i, tcp)) {
        const family = kind & P.P_IP6 ? 6 : 4;
        const n = this.#find(
          tcp,
          family,
          c.words,
          i * PACKET_WORDS + PW_ENDS,
          c.words[i * PACKET_WORDS + PW_PORTS]!,
          c.bytes,
          c.l4[i]!,
        );
        this.#count(tcp, n, c, i, wire);
      }
    } else if (low === P.P_FRAGMENT) this.#fragment(c, i, wire);
    else if (kind & P.P_INNER && isError(low, c.words[i * PACKET_WORDS + PW_PORTS]! >>> 8)) this.#quote(c, i);
  }

  #fragment(c: PacketColumns, i: number, wire: number): void {
    const whole = this.#fragments.add(c, i);
    if (!whole || (whole.proto !== 6 && whole.proto !== 17)) return;
    const tcp = whole.proto === 6, family = c.words[i * PACKET_WORDS + PW_KIND]! & P.P_IP6 ? 6 : 4;
    const n = this.#find(tcp, family, c.words, i * PACKET_WORDS + PW_ENDS, whole.ports, c.bytes, -1);
    this.#count(tcp, n, c, i, wire);
  }

  /** The datagram in an ICMP error may open a stream, though it is not counted. */
  #quote(c: PacketColumns, i: number): void {
    const q = this.#quoted, at = c.inner[i]!, end = c.offset[i]! + c.captured[i]!;
    if (!decodeInner(c.bytes, at, end, q)) return;
    const tcp = q[INNER_PROTO] === 6;
    if (!tcp && q[INNER_PROTO] !== 17) return;
    const l4 = at + (q[INNER_IP6] ? 40 : (c.bytes[at]! & 15) * 4);
    if (l4 + (tcp ? TCP_NEEDED : UDP_NEEDED) > end) return;
    this.#find(tcp, q[INNER_IP6] ? 6 : 4, q, 0, q[INNER_PORTS]!, c.bytes, l4);
  }

  /** Stream of a packet, opened when new; twice its number, plus 1 when the packet runs from b to a. */
  #find(
    tcp: boolean,
    family: number,
    ends: Int32Array,
    at: number,
    ports: number,
    bytes: Uint8Array,
    l4: number,
  ): number {
    const streams = tcp ? this.#tcp : this.#udp;
    const pairs = streams.pairs.size;
    const found = streams.pairs.find(family, ends, at, ports);
    const pair = found >> 1, swap = found & 1;
    let n = pair === pairs ? streams.begin(pair, ends, at, family, ports, swap) : streams.newest[pair]!;
    let back = streams.words[n * WORDS + W_SWAP] === swap ? 0 : 1;
    if (tcp && l4 >= 0) {
      const flags = bytes[l4 + 13]!, seq = be32(bytes, l4 + 4);
      if ((flags & (SYN | ACK)) === SYN && streams.beganOtherwise(n, back, seq)) {
        n = streams.begin(pair, ends, at, family, ports, swap);
        back = 0;
      }
      streams.learn(n, back, flags, seq, be32(bytes, l4 + 8));
    }
    return 2 * n + back;
  }

  #count(tcp: boolean, found: number, c: PacketColumns, i: number, wire: number): void {
    const { doubles } = tcp ? this.#tcp : this.#udp;
    const d = (found >> 1) * DOUBLES, back = found & 1;
    if (doubles[d + D_PACKETS] === 0 && doubles[d + D_PACKETS + 1] === 0) {
      doubles[d + D_FIRST] = c.times[i * PACKET_DOUBLES]!;
      doubles[d + D_FIRST_NANO] = c.words[i * PACKET_WORDS + PW_NANO]!;
    }
    doubles[d + D_PACKETS + back]!++;
    doubles[d + D_BYTES + back]! += wire;
    doubles[d + D_LAST] = c.times[i * PACKET_DOUBLES]!;
    doubles[d + D_LAST_NANO] = c.words[i * PACKET_WORDS + PW_NANO]!;
  }

  /** Conversations counted so far. */
  count(protocol: "tcp" | "udp"): number {
    return (protocol === "tcp" ? this.#tcp : this.#udp).size;
  }

  /** All conversations of a protocol, by stream number. */
  list(protocol: "tcp" | "udp"): Conversation[] {
    const streams = protocol === "tcp" ? this.#tcp : this.#udp;
    const { words, doubles } = streams;
    const all = Array.from({ length: streams.size }, (_, n) => {
      const w = n * WORDS, d = n * DOUBLES;
      const end = (at: number): string => {
        const x = words.subarray(at, at + 4);
        return words[w + W_FAMILY] === 6
          ? formatIpv6(x[0]! >>> 0, x[1]! >>> 0, x[2]! >>> 0, x[3]! >>> 0)
          : formatIpv4(x[0]!);
      };
      const start = doubles[d + D_FIRST]!, startNano = doubles[d + D_FIRST_NANO]!;
      return {
        stream: n,
        a: end(w + W_ENDS),
        aPort: words[w + W_PORTS]! >>> 16,
        b: end(w + W_ENDS + 4),
        bPort: words[w + W_PORTS]! & 0xffff,
        packetsAB: doubles[d + D_PACKETS]!,
        bytesAB: doubles[d + D_BYTES]!,
        packetsBA: doubles[d + D_PACKETS + 1]!,
        bytesBA: doubles[d + D_BYTES + 1]!,
        start,
        relativeStart: seconds(start - this.#origin, startNano - this.#originNano),
        duration: seconds(doubles[d + D_LAST]! - start, doubles[d + D_LAST_NANO]! - startNano),
      };
    });
    return all.filter((v) => v.packetsAB + v.packetsBA > 0);
  }
}

/** A batch of one frame. */
function frameOf(frames: FrameBatch, i: number): FrameBatch {
  const { offset, captured, wire, time, nano } = frames;
  const one = <A extends Int32Array | Float64Array>(column: A): A => column.subarray(i, i + 1) as A;
  return {
    ...frames,
    length: 1,
    offset: one(offset),
    captured: one(captured),
    wire: one(wire),
    time: one(time),
    nano: one(nano),
  };
}

function seconds(us: number, nano: number): number {
  return (us * 1000 + nano) / 1e9;
}
