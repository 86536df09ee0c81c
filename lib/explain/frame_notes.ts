import { formatIpv4, formatIpv6, formatMac } from "../base/mod.ts";
import type { FrameBatch } from "../capture/mod.ts";
import * as P from "../decode/mod.ts";
import { decode, type DecodeOptions, PacketColumns } from "../decode/mod.ts";
import { endText } from "../compare/mod.ts";
import { protocolName } from "../record/mod.ts";

const { PACKET_WORDS, PW_ENDS, PW_FLAGS, PW_KIND, PW_PORTS, PW_PROTO, PW_SEQ } = P;

/** What is known of single frames. */
export interface FrameFacts {
  /** Whose a frame is, for example `udp 10.0.0.9:1025 > 10.0.0.1:53`. */
  readonly text: (frame: number) => string | undefined;
  /** Its sender, as `address:port` where there are ports. */
  readonly sender: (frame: number) => string | undefined;
  /** SYNs without ACK in a range of frames, first and last included. */
  readonly syns: (from: number, to: number) => readonly SynFrame[];
}

/** A SYN that opens, or tries to open, a connection. */
export interface SynFrame {
  /** Frame number, from 1. */
  readonly frame: number;
  /** Sender, `address:port`. */
  readonly sender: string;
  /** Receiver, `address:port`. */
  readonly receiver: string;
  /** Initial sequence number. */
  readonly isn: number;
  /** The ECN bits (ECE, CWR) are set: Argus 3.0.8.2 does not take such a SYN for a new connection. */
  readonly ecn: boolean;
}

const SYN = 2, ACK = 16, ECN = 0xc0;

/** Nothing known of any frame. */
export const NO_FRAMES: FrameFacts = Object.freeze({
  text: () => undefined,
  sender: () => undefined,
  syns: () => [],
});

/** Notes on the frames that reasons speak of: those asked for, and every SYN of the connections of interest. */
export class FrameNotes implements FrameFacts {
  readonly #texts = new Map<number, [text: string, sender: string]>();
  readonly #syns: SynFrame[] = [];
  readonly #wanted: (frame: number) => boolean;

  /**
   * Empty notes.
   *
   * @param wanted tells which frames to describe
   */
  constructor(wanted: (frame: number) => boolean = () => false) {
    this.#wanted = wanted;
  }

  /** Takes packet `i`; `own` tells whether it belongs to a connection of interest. */
  take(c: PacketColumns, i: number, own: boolean): void {
    const frame = c.firstFrame + i, kind = c.words[i * PACKET_WORDS + PW_KIND]!;
    const syn = own && (kind & P.P_KIND_MASK) === P.P_TCP && (kind & P.P_TCP_HEADER) !== 0 &&
      (c.words[i * PACKET_WORDS + PW_FLAGS]! & (SYN | ACK)) === SYN;
    if (!syn && !this.#wanted(frame)) return;
    const sender = end(c, i, 0), receiver = end(c, i, 1);
    this.#texts.set(frame, [`${protocol(c, i)} ${sender} > ${receiver}`, sender]);
    if (syn) {
      this.#syns.push(Object.freeze({
        frame,
        sender,
        receiver,
        isn: c.words[i * PACKET_WORDS + PW_SEQ]! >>> 0,
        ecn: (c.words[i * PACKET_WORDS + PW_FLAGS]! & ECN) !== 0,
      }));
    }
  }

  text = (frame: number): string | undefined => this.#texts.get(frame)?.[0];
  sender = (frame: number): string | undefined => this.#texts.get(frame)?.[1];
  syns = (from: number, to: number): readonly SynFrame[] =>
    this.#syns.filter((s) => s.frame >= from && s.frame <= to);
}

/**
 * Reads a capture once more for what reasons say about frames.
 *
 * @param own tells which packets belong to the connections of interest; without it the reading ends with the last frame wanted
 */
export async function noteFrames(
  frames: AsyncIterable<FrameBatch>,
  wanted: ReadonlySet<number>,
  own?: (columns: PacketColumns, i: number) => boolean,
  options: DecodeOptions = {},
): Promise<FrameNotes> {
  const notes = new FrameNotes((frame) => wanted.has(frame));
  let last = own ? Infinity : 0;
  for (const frame of wanted) if (frame > last) last = frame;
  let columns = new PacketColumns(1024);
  for await (const batch of frames) {
    if (columns.capacity < batch.length) columns = new PacketColumns(batch.length);
    decode(batch, columns, options);
    for (let i = 0; i < columns.length; i++) notes.take(columns, i, own !== undefined && own(columns, i));
    if (columns.firstFrame + columns.length > last) break;
  }
  return notes;
}

function end(c: PacketColumns, i: number, side: 0 | 1): string {
  const at = i * PACKET_WORDS + PW_ENDS + 4 * side,
    e = c.words,
    kind = c.words[i * PACKET_WORDS + PW_KIND]!,
    low = kind & P.P_KIND_MASK;
  if (low >= P.P_RARP && low !== P.P_FRAGMENT) return formatMac(e[at]!, e[at + 1]!);
  const address = kind & P.P_IP6
    ? formatIpv6(e[at]!, e[at + 1]!, e[at + 2]!, e[at + 3]!)
    : formatIpv4(e[at]!);
  if (low !== P.P_TCP && low !== P.P_UDP) return address;
  return endText(
    address,
    String(
      side === 0
        ? c.words[i * PACKET_WORDS + PW_PORTS]! >>> 16
        : c.words[i * PACKET_WORDS + PW_PORTS]! & 0xffff,
    ),
  );
}

function protocol(c: PacketColumns, i: number): string {
  switch (c.words[i * PACKET_WORDS + PW_KIND]! & P.P_KIND_MASK) {
    case P.P_ARP:
      return "arp";
    case P.P_RARP:
      return "rarp";
    case P.P_LLC:
      return "llc";
    case P.P_ETHER:
      return `ethertype 0x${c.words[i * PACKET_WORDS + PW_PROTO]!.toString(16).padStart(4, "0")}`;
    case P.P_NONE:
    case P.P_DROPPED:
      return "a frame without a flow";
    default:
      return protocolName(c.words[i * PACKET_WORDS + PW_PROTO]!);
  }
}
