import fs from "node:fs";
import zlib from "node:zlib";
import { Problem } from "../base/mod.ts";
import { putPcapFrame, putPcapHeader } from "./encode.ts";
import type { FrameBatch } from "./frames.ts";
import { GrowingBytes } from "./growing_bytes.ts";
import { fileProblem } from "./file_source.ts";

/** Where written bytes go; they are valid only during the call. */
export type ByteSink = (bytes: Uint8Array) => void;

/** Encoded bytes are handed on in pieces of this size. */
const PIECE = 1 << 20;

/** Takes frames one by one and writes them as a capture. */
export interface FrameWriter {
  /**
   * Writes frame `row` of the batch, byte for byte as captured, with its time and its length on the wire.
   *
   * @throws {Problem} `unsupported` when the format cannot hold it beside the frames before.
   */
  write(batch: FrameBatch, row: number, comment?: string): void;
  /** Hands on what is left, and closes the file. */
  close(): void;
}

/** Writes classic pcap: one link type, no comments. */
export class PcapWriter implements FrameWriter {
  readonly #out = new GrowingBytes();
  #linkType: number | undefined;
  #nano: boolean | undefined;

  /** `nano` unless given follows the clock of the first frame's source; without any frame `linkType` goes into the header. */
  constructor(readonly sink: ByteSink, options: { nano?: boolean; linkType?: number } = {}) {
    this.#nano = options.nano;
    if (options.linkType !== undefined && options.nano !== undefined) {
      this.#begin(options.linkType, options.nano);
    }
  }

  write(batch: FrameBatch, row: number): void {
    if (this.#linkType === undefined) this.#begin(batch.linkType, this.#nano ?? batch.nanoseconds ?? false);
    if (batch.linkType !== this.#linkType) {
      throw new Problem(
        "unsupported",
        `Expected link type ${this.#linkType} for every frame of a pcap file but found ${batch.linkType}; ` +
          "write pcapng instead",
        { frame: batch.number?.[row] ?? batch.firstFrame + row },
      );
    }
    const from = batch.offset[row]!, out = this.#out;
    putPcapFrame(
      out,
      { nano: this.#nano! },
      batch.time[row]!,
      batch.nano[row]!,
      batch.wire[row]!,
      batch.bytes,
      from,
      from + batch.captured[row]!,
    );
    if (out.length >= PIECE) this.#flush();
  }

  close(): void {
    if (this.#linkType === undefined) this.#begin(1, this.#nano ?? false);
    this.#flush();
  }

  #begin(linkType: number, nano: boolean): void {
    this.#linkType = linkType;
    this.#nano = nano;
    putPcapHeader(this.#out, { linkType, nano });
  }

  #flush(): void {
    if (this.#out.length > 0) this.sink(this.#out.bytes.subarray(0, this.#out.length));
    this.#out.length = 0;
  }
}

/** Writes pcapng: an interface for each link type and clock, comments kept. */
export class PcapngWriter implements FrameWriter {
  readonly #out = new GrowingBytes();
  /** Number of the interface for a link type and clock. */
  readonly #interfaces = new Map<number, number>();
  readonly #utf8 = new TextEncoder();

  /** `nano` unless given follows the clock of each frame's source; `comment` is about the whole file. */
  constructor(readonly sink: ByteSink, readonly options: { nano?: boolean; comment?: string } = {}) {
    const { view } = this.#out;
    const at = this.#out.reserve(24);
    view.setUint32(at, 0x0a0d0d0a, true);
    view.setUint32(at + 8, 0x1a2b3c4d, true);
    view.setUint16(at + 12, 1, true);
    view.setBigInt64(at + 16, -1n, true);
    if (options.comment !== undefined) this.#option(1, this.#utf8.encode(options.comment));
    this.#endBlock(at);
  }

  write(batch: FrameBatch, row: number, comment?: string): void {
    const nano = this.options.nano ?? batch.nanoseconds ?? false;
    const key = batch.linkType * 2 + (nano ? 1 : 0);
    const index = this.#interfaces.get(key) ?? this.#addInterface(key, batch.linkType, nano);
    const out = this.#out, at = out.reserve(28), { view } = out;
    const us = batch.time[row]!;
    // The 64-bit tick count is unsigned: earlier than 1970 wraps around.
    const ticks = nano ? BigInt(us) * 1000n + BigInt(batch.nano[row]!) : BigInt(us);
    const captured = batch.captured[row]!, from = batch.offset[row]!;
    view.setUint32(at, 6, true);
    view.setUint32(at + 8, index, true);
    view.setUint32(at + 12, Number(BigInt.asUintN(32, ticks >> 32n)), true);
    view.setUint32(at + 16, Number(BigInt.asUintN(32, ticks)), true);
    view.setUint32(at + 20, captured, true);
    view.setUint32(at + 24, batch.wire[row]!, true);
    out.append(batch.bytes, from, from + captured);
    this.#pad();
    if (comment !== undefined) this.#option(1, this.#utf8.encode(comment));
    this.#endBlock(at);
    if (out.length >= PIECE) this.#flush();
  }

  close(): void {
    this.#flush();
  }

  #addInterface(key: number, linkType: number, nano: boolean): number {
    const index = this.#interfaces.size, at = this.#out.reserve(16), { view } = this.#out;
    this.#interfaces.set(key, index);
    view.setUint32(at, 1, true);
    view.setUint16(at + 8, linkType, true);
    view.setUint16(at + 10, 0, true);
    view.setUint32(at + 12, 262_144, true);
    if (nano) this.#option(9, new Uint8Array([9]));
    this.#endBlock(at);
    return index;
  }

  #option(code: number, value: Uint8Array): void {
    const at = this.#out.reserve(4);
    this.#out.view.setUint16(at, code, true);
    this.#out.view.setUint16(at + 2, value.length, true);
    this.#out.append(value);
    this.#pad();
  }

  #pad(): void {
    const fill = -this.#out.length & 3, at = this.#out.reserve(fill);
    this.#out.bytes.fill(0, at, at + fill);
  }

  #endBlock(at: number): void {
    const total = this.#out.reserve(4) + 4 - at;
    this.#out.view.setUint32(at + 4, total, true);
    this.#out.view.setUint32(at + total - 4, total, true);
  }

  #flush(): void {
    if (this.#out.length > 0) this.sink(this.#out.bytes.subarray(0, this.#out.length));
    this.#out.length = 0;
  }
}

/**
 * Creates a capture file; the format follows the name: `.pcapng` or else pcap, with `.gz` or `.zst` behind it compressed.
 *
 * @throws {Problem} `no-permission` or `not-found` when the file cannot be made.
 */
export function createCapture(
  path: string,
  options: { nano?: boolean; linkType?: number; comment?: string } = {},
): FrameWriter {
  const [, base, suffix] = /^(.*?)(\.gz|\.zst)?$/s.exec(path)!;
  const pack = packer(suffix, path);
  let fd: number;
  try {
    fd = fs.openSync(path, "w");
  } catch (error) {
    throw fileProblem(error, path);
  }
  const sink: ByteSink = (bytes) => {
    // Each piece becomes a gzip member or zstd frame of its own: readers take them one behind the other.
    const packed = pack(bytes);
    for (let at = 0; at < packed.length;) at += fs.writeSync(fd, packed, at);
  };
  const inner = /\.pcapng$/i.test(base!) ? new PcapngWriter(sink, options) : new PcapWriter(sink, options);
  return {
    write: (batch, row, comment) => inner.write(batch, row, comment),
    close() {
      inner.close();
      fs.closeSync(fd);
    },
  };
}

function packer(suffix: string | undefined, path: string): (bytes: Uint8Array) => Uint8Array {
  if (suffix === undefined) return (bytes) => bytes;
  if (suffix === ".gz") return (bytes) => zlib.gzipSync(bytes);
  const zstd = (zlib as { zstdCompressSync?: (bytes: Uint8Array) => Uint8Array }).zstdCompressSync;
  if (zstd) return zstd;
  throw new Problem(
    "unsupported",
    "Expected a runtime with zstd (Deno, or Node 22.15 and later) to write this",
    {
      source: path,
    },
  );
}
