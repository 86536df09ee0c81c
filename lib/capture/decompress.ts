import zlib from "node:zlib";
import type { Transform } from "node:stream";
import { Problem } from "../base/mod.ts";
import type { ByteSource, SourceDamage } from "./byte_source.ts";
import { isZstd, ZstdFrames } from "./zstd_frames.ts";

/** Compressed bytes fed at a time: bounds what a piece can swell to. */
const PIECE = 65_536;
/** Pieces when looking for the last good byte before damage. */
const SMALL_PIECES = [256, 1] as const;
const CHUNK = 1 << 20;

/** How the data are compressed. */
export type Compression = "gzip" | "zstd";

/** Recognises compressed data by its first four bytes. */
export function compressionOf(view: DataView, at: number): Compression | undefined {
  if (view.getUint16(at, false) === 0x1f8b) return "gzip";
  return isZstd(view, at) ? "zstd" : undefined;
}

type ZstdFactory = (options: { chunkSize: number }) => Transform;

/** One decompressor: pieces in, chunks out; never throws, an error ends it. */
class Inflater {
  readonly chunks: Uint8Array[] = [];
  error: string | undefined;
  #stream: Transform;
  #wake: (() => void) | undefined;
  #closed = false;
  readonly #frames: ZstdFrames | undefined;

  constructor(readonly kind: Compression) {
    this.#frames = kind === "zstd" ? new ZstdFrames() : undefined;
    this.#stream = this.#make();
  }

  #make(): Transform {
    const stream = this.kind === "gzip"
      ? zlib.createGunzip({ chunkSize: CHUNK })
      : (zlib as unknown as { createZstdDecompress: ZstdFactory }).createZstdDecompress({ chunkSize: CHUNK });
    stream.on("data", (chunk: Uint8Array) => this.chunks.push(chunk));
    stream.on("error", (error: Error) => this.#fail(error.message));
    stream.on("end", () => this.#wake?.());
    return stream;
  }

  #fail(message: string): void {
    this.error ??= message;
    this.#wake?.();
  }

  #turn(run: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
      run(() => this.#wake?.());
    });
  }

  /** Feeds bytes; afterwards all they give is in `chunks`. */
  async feed(bytes: Uint8Array): Promise<void> {
    const frames = this.#frames;
    for (let p = 0; p < bytes.length && this.error === undefined;) {
      const fresh = frames?.whole === true;
      const to = frames ? frames.advance(bytes, p, bytes.length) : bytes.length;
      if (frames?.bad) return this.#fail("no zstd frame");
      if (this.#closed && fresh) {
        this.#stream = this.#make();
        this.#closed = false;
      }
      const piece = bytes.subarray(p, to);
      await this.#turn((done) => this.#stream.write(piece, done));
      if (frames?.whole && this.error === undefined) await this.#end();
      p = to;
    }
  }

  /** The compressed data end here. */
  async finish(): Promise<void> {
    if (this.error !== undefined) return;
    if (this.#frames) {
      if (!this.#frames.whole) this.#fail("unexpected end of file");
    } else await this.#end();
  }

  async #end(): Promise<void> {
    this.#closed = true;
    await this.#turn(() => this.#stream.end());
  }

  close(): void {
    this.#stream.destroy();
  }
}

/** Decompressed bytes of a source; damage ends them and is kept in `damage`. */
export class DecompressedSource implements ByteSource {
  damage: SourceDamage | undefined;
  readonly name: string;
  readonly total: number | undefined;
  readonly #inflater: Inflater;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** Compressed bytes fed, decompressed bytes that came of them. */
  #fed = 0;
  #given = 0;
  #over = false;
  #step: Promise<void> | undefined;
  readonly #piece = new Uint8Array(PIECE);

  /**
   * Undoes one layer of compression.
   *
   * @throws {Problem} `unsupported` when the runtime has no zstd.
   */
  constructor(readonly inner: ByteSource, readonly kind: Compression) {
    if (kind === "zstd" && !("createZstdDecompress" in zlib)) {
      throw new Problem(
        "unsupported",
        "Expected a runtime with zstd (Deno, or Node 22.15 and later) to read this",
        {
          source: inner.name,
        },
      );
    }
    this.name = inner.name;
    this.total = inner.total;
    this.#inflater = new Inflater(kind);
  }

  get taken(): number {
    return this.inner.taken;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    const { chunks } = this.#inflater;
    while (this.#at === this.#chunk.length) {
      const chunk = chunks.shift();
      if (chunk) {
        this.#chunk = chunk;
        this.#at = 0;
      } else if (this.#over) return 0;
      else {
        this.#step ??= this.#feed();
        await this.#step;
        this.#step = undefined;
      }
    }
    const n = Math.min(into.length - at, this.#chunk.length - this.#at);
    into.set(this.#chunk.subarray(this.#at, this.#at + n), at);
    this.#at += n;
    return n;
  }

  /** Closes the source below too. */
  async close(): Promise<void> {
    this.#inflater.close();
    await this.inner.close();
  }

  /** One more piece of compressed data. */
  async #feed(): Promise<void> {
    const { inner } = this;
    const n = await inner.read(this.#piece, 0);
    const inflater = this.#inflater;
    const before = inflater.chunks.length;
    if (inner.damage) {
      this.#over = true;
      this.damage = inner.damage;
      return;
    }
    if (n > 0) await inflater.feed(this.#piece.subarray(0, n));
    else await inflater.finish();
    for (let i = before; i < inflater.chunks.length; i++) this.#given += inflater.chunks[i]!.length;
    if (inflater.error !== undefined) {
      this.#over = true;
      if (n > 0) await this.#rescue(n);
      const truncated = n === 0;
      this.damage = {
        code: truncated ? "truncated" : "damaged",
        reason: truncated
          ? `Expected the end of the ${this.kind} data but found the end of the file after ${this.#fed} compressed bytes`
          : `Expected ${this.kind} data but found damage near compressed byte ${this.#fed}: ${inflater.error}`,
      };
    } else if (n === 0) this.#over = true;
    this.#fed += n;
  }

  /**
   * A decompressor that fails keeps back what it had made of the failing piece: where the input can be read again, it is fed in
   * ever smaller pieces so that every byte before the damage comes out.
   */
  async #rescue(length: number): Promise<void> {
    if (!this.inner.reopen) return;
    let from = this.#fed, to = from + length;
    for (const size of SMALL_PIECES) {
      const again = this.inner.reopen();
      const inflater = new Inflater(this.kind);
      let made = 0;
      const collect = () => {
        for (const chunk of inflater.chunks) {
          const skip = Math.max(0, this.#given - made);
          made += chunk.length;
          if (skip >= chunk.length) continue;
          this.#inflater.chunks.push(chunk.subarray(skip));
          this.#given += chunk.length - skip;
        }
        inflater.chunks.length = 0;
      };
      const buffer = new Uint8Array(PIECE);
      let at = 0;
      while (at < to && inflater.error === undefined) {
        const want = at < from ? Math.min(PIECE, from - at) : Math.min(size, to - at);
        const n = await again.read(buffer.subarray(0, want), 0);
        if (n === 0) break;
        await inflater.feed(buffer.subarray(0, n));
        collect();
        if (inflater.error !== undefined && at >= from) [from, to] = [at, at + n];
        at += n;
      }
      inflater.close();
      await again.close();
      if (inflater.error === undefined) break;
    }
    this.#fed = from;
  }
}
