import { GrowingBytes } from "./growing_bytes.ts";

/** One frame to be written. */
export interface PlainFrame {
  /** Microseconds since 1970, whole. */
  readonly time: number;
  /** Nanoseconds below the microsecond, 0..999. */
  readonly nano?: number;
  /** Captured bytes. */
  readonly bytes: Uint8Array;
  /** Length on the wire, that of `bytes` unless given. */
  readonly wire?: number;
}

/** How a classic pcap file is written. */
export interface PcapOptions {
  /** LINKTYPE value, 1 (Ethernet) unless given. */
  readonly linkType?: number;
  /** Nanosecond time stamps. */
  readonly nano?: boolean;
  /** Most significant byte first. */
  readonly bigEndian?: boolean;
  /** Snap length the header names, 262144 unless given; frames are not cut. */
  readonly snaplen?: number;
}

/** Writes the 24-byte file header. */
export function putPcapHeader(out: GrowingBytes, options: PcapOptions): void {
  const at = out.reserve(24), { view } = out, little = !options.bigEndian;
  view.setUint32(at, options.nano ? 0xa1b23c4d : 0xa1b2c3d4, little);
  view.setUint16(at + 4, 2, little);
  view.setUint16(at + 6, 4, little);
  view.setUint32(at + 8, 0, little);
  view.setUint32(at + 12, 0, little);
  view.setUint32(at + 16, options.snaplen ?? 262_144, little);
  view.setUint32(at + 20, options.linkType ?? 1, little);
}

/** Writes one frame. */
export function putPcapFrame(
  out: GrowingBytes,
  options: PcapOptions,
  time: number,
  nano: number,
  wire: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  const at = out.reserve(16), { view } = out, little = !options.bigEndian;
  const seconds = Math.floor(time / 1e6), us = time - seconds * 1e6;
  view.setInt32(at, seconds, little);
  view.setUint32(at + 4, options.nano ? us * 1000 + nano : us, little);
  view.setUint32(at + 8, to - from, little);
  view.setUint32(at + 12, wire, little);
  out.append(bytes, from, to);
}

/**
 * A classic pcap file in memory.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodePcap } from "./encode.ts";
 *
 * const file = encodePcap([{ time: 1_500_000, bytes: new Uint8Array(60), wire: 1514 }], { nano: true });
 * assertEquals(file.length, 24 + 16 + 60);
 * ```
 */
export function encodePcap(frames: Iterable<PlainFrame>, options: PcapOptions = {}): Uint8Array {
  const out = new GrowingBytes();
  putPcapHeader(out, options);
  for (const { time, nano = 0, bytes, wire = bytes.length } of frames) {
    putPcapFrame(out, options, time, nano, wire, bytes, 0, bytes.length);
  }
  return out.bytes.slice(0, out.length);
}
