import type { FrameBatch } from "../capture/mod.ts";
import type { PacketColumns } from "./columns.ts";
import * as P from "./columns.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PW_ENDS } = P;

/** What a layer hands on to: the next layer to read at `walk.at`, or `DONE` when the packet's columns stand. */
export const DONE = 0;
/** An Ethernet header. */
export const ETHERNET = 1;
/** Whatever `walk.next` says as an ethertype. */
export const ETHERTYPE = 2;
/** IP of the version in its first nibble, without the checks that Ethernet adds. */
export const IP = 3;
export const IP4 = 4;
export const IP6 = 5;
/** Transport header or extension of protocol `walk.proto`. */
export const TRANSPORT = 6;
export const LLC = 7;
export const MPLS = 8;
export const PPPOE = 9;
/** PPP protocol field, maybe compressed, maybe after address and control. */
export const PPP = 10;
export const GRE = 11;
export const ARP = 12;
export const UDP_TUNNEL = 13;
export const WLAN = 14;

/**
 * One frame's walk through its headers where the fast path of `decode` does not apply.
 *
 * Every layer first writes the flow that the packet would be if nothing deeper can be read, so stopping anywhere leaves a whole row.
 */
export class Walk {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Imitate the decoding defects of Argus 3.0.8.2. */
  argus = true;
  /** Open the tunnels beyond the original. */
  inner = false;
  /** Open GRE. */
  gre = true;
  /** Open Teredo (LINK-9). */
  teredo = false;
  /** Place of the frame in its batch, and of its row in the packets' words. */
  row = 0;
  packet = 0;
  /** Start of the frame in `bytes`. */
  start = 0;
  /** Where the next header begins. */
  at = 0;
  /** End of the captured bytes. */
  end = 0;
  /** Where the frame ended on the wire (beyond `end` when cut short). */
  wireEnd = 0;
  /** Ethertype to go on with. */
  next = 0;
  /** Type field of the innermost Ethernet header: the protocol of a MAC flow, also under VLAN tags. */
  type = 0;
  /** IP protocol at `at`. */
  proto = 0;
  /** Bytes from `at` to the end of the IP datagram by its length fields; may be negative or beyond the capture. */
  length = 0;
  /** Flow kind (`P_*` low byte). */
  kind = P.P_NONE;
  /** `P_*` bits above it. */
  bits = 0;
  encaps = 0;
  /** IP headers opened. */
  depth = 0;

  /** The batch that the frame is in. */
  frames: FrameBatch | undefined;

  constructor(public c: PacketColumns) {}

  /** Byte at `at`; behind the captured ones that of the last frame that reached so far, as libpcap's buffer holds it. */
  left(at: number): number {
    if (at < this.end) return this.bytes[at]!;
    const offset = at - this.start, frames = this.frames;
    for (let row = this.row - 1; frames !== undefined && row >= 0; row--) {
      if (frames.captured[row]! > offset) return this.bytes[frames.offset[row]! + offset]!;
    }
    return this.c.memory.buffer[offset] ?? 0;
  }

  /** Four bytes from `at` by {@linkcode left}, big endian. */
  left32(at: number): number {
    return (this.left(at) << 24) | (this.left(at + 1) << 16) | (this.left(at + 2) << 8) | this.left(at + 3);
  }

  u8(at: number): number {
    return at < this.end ? this.bytes[at]! : 0;
  }

  /** Big endian 16 bits; bytes not captured read as 0. */
  u16(at: number): number {
    return at + 2 <= this.end ? this.view.getUint16(at) : this.u8(at) << 8;
  }

  /** Big endian 32 bits, signed; bytes not captured read as 0. */
  i32(at: number): number {
    return at + 4 <= this.end ? this.view.getInt32(at) : (this.u16(at) << 16) | this.u16(at + 2);
  }

  has(n: number): boolean {
    return this.end - this.at >= n;
  }

  /** The packet forms no flow, but moves the clock. */
  nothing(): typeof DONE {
    this.kind = P.P_NONE;
    this.bits = 0;
    return DONE;
  }

  /** Sets both endpoints to MAC addresses that begin at `source` and `destination` in `bytes`. */
  macEnds(source: number, destination: number): void {
    const ends = this.c.words, e = this.packet + PW_ENDS;
    ends.fill(0, e, e + P.END_WORDS);
    ends[e] = this.i32(source);
    ends[e + 1] = this.u16(source + 4) << 16;
    ends[e + 4] = this.i32(destination);
    ends[e + 5] = this.u16(destination + 4) << 16;
  }
}
