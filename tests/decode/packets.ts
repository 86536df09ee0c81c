import type { FrameBatch } from "../../lib/capture/mod.ts";
import { decode, type DecodeOptions, PacketColumns } from "../../lib/decode/mod.ts";

/** Bytes from numbers, arrays of them, byte arrays, ASCII text, and `u16`/`u32` pieces. */
export type Piece = number | string | Uint8Array | readonly Piece[];

export function bytes(...pieces: Piece[]): Uint8Array {
  const out: number[] = [];
  const add = (p: Piece): void => {
    if (typeof p === "number") out.push(p & 255);
    else if (typeof p === "string") { for (const ch of p) out.push(ch.charCodeAt(0)); }
    else for (const q of p) add(q as Piece);
  };
  pieces.forEach(add);
  return Uint8Array.from(out);
}

export const u16 = (...values: number[]): number[] => values.flatMap((v) => [v >>> 8, v & 255]);
export const u32 = (...values: number[]): number[] =>
  values.flatMap((v) => [v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255]);

export const MAC_A = [2, 0, 0, 0, 0, 1], MAC_B = [2, 0, 0, 0, 0, 2];
export const A = [10, 0, 0, 1], B = [10, 0, 0, 2];
export const A6 = [0xfd, 0, ...new Array(13).fill(0), 1], B6 = [0xfd, 0, ...new Array(13).fill(0), 2];

export const eth = (type: number, ...payload: Piece[]): Uint8Array => bytes(MAC_B, MAC_A, u16(type), payload);

export interface Ip4 {
  id?: number;
  ttl?: number;
  tos?: number;
  offset?: number;
  more?: boolean;
  options?: Piece;
  total?: number;
}

export function ip4(proto: number, payload: Piece, o: Ip4 = {}): Uint8Array {
  const options = bytes(o.options ?? []), body = bytes(payload);
  const header = 20 + options.length;
  const fragment = (o.more ? 0x2000 : 0) | ((o.offset ?? 0) >> 3);
  return bytes(
    0x40 | (header / 4),
    o.tos ?? 0,
    u16(o.total ?? header + body.length, o.id ?? 7, fragment),
    o.ttl ?? 64,
    proto,
    0,
    0,
    A,
    B,
    options,
    body,
  );
}

export function ip6(next: number, payload: Piece): Uint8Array {
  const body = bytes(payload);
  return bytes(0x60, 0, 0, 0, u16(body.length), next, 63, A6, B6, body);
}

export const udp = (source: number, destination: number, payload: Piece = "hello"): Uint8Array =>
  bytes(u16(source, destination, 8 + bytes(payload).length, 0), payload);

export function tcp(
  source: number,
  destination: number,
  flags: number,
  payload: Piece = "",
  options: Piece = [],
): Uint8Array {
  const o = bytes(options);
  return bytes(
    u16(source, destination),
    u32(1000, 2000),
    ((20 + o.length) / 4) << 4,
    flags,
    u16(512, 0, 0),
    o,
    payload,
  );
}

/** A frame, or a frame that was cut (`captured`) or was longer on the wire. */
export type Frame = Uint8Array | { bytes: Uint8Array; captured?: number; wire?: number };

/** A batch whose frames lie between `gap` bytes of value `poison`, so that reading outside one shows. */
export function batch(frames: readonly Frame[], linkType = 1, poison = 0, gap = 0): FrameBatch {
  const all = frames.map((f) => f instanceof Uint8Array ? { bytes: f } : f);
  const n = all.length;
  const offset = new Int32Array(n), captured = new Int32Array(n), wire = new Int32Array(n);
  let size = gap;
  all.forEach((f, i) => {
    offset[i] = size;
    captured[i] = f.captured ?? f.bytes.length;
    wire[i] = f.wire ?? f.bytes.length;
    size += captured[i]! + gap;
  });
  const out = new Uint8Array(size).fill(poison);
  all.forEach((f, i) => out.set(f.bytes.subarray(0, captured[i]!), offset[i]!));
  return {
    bytes: out,
    length: n,
    offset,
    captured,
    wire,
    time: new Float64Array(n).map((_, i) => i * 1e6),
    nano: new Int32Array(n),
    firstFrame: 1,
    linkType,
    position: 24,
  };
}

export function decoded(frames: readonly Frame[], linkType = 1, options: DecodeOptions = {}): PacketColumns {
  const c = new PacketColumns(frames.length);
  decode(batch(frames, linkType), c, options);
  return c;
}
