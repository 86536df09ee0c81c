import { Problem } from "../base/mod.ts";
import { compressionOf, DecompressedSource } from "./decompress.ts";
import { expandSources } from "./expand.ts";
import type { CaptureComment, CaptureInterface, FrameBatch } from "./frames.ts";
import { isPcap, PCAP_HEADER, PcapScanner } from "./pcap.ts";
import { isPcapng, PcapngScanner } from "./pcapng.ts";
import { BATCH_FRAMES, FrameRows } from "./rows.ts";
import { bytes, type Listeners, type Mismatch, mismatch, MORE, type Scanner, STOP } from "./scanner.ts";
import { type ByteSource, PrefixedSource } from "./byte_source.ts";
import { type CaptureSource, openSource, sizeOf } from "./source.ts";
import { ByteWindow } from "./window.ts";

/** Bytes read at a time. */
const WINDOW = 1 << 20;
/** How often compressed data may be compressed again. */
const NESTED = 3;
const CAPTURE = "a capture (pcap or pcapng, plain or compressed with gzip or zstd)";

/** How to read captures. */
export interface OpenOptions {
  /** Throws the problem of a damaged capture, after its whole frames were given. */
  readonly strict?: boolean | undefined;
  /** Told about each damaged capture, once, after its last whole frame. */
  readonly onProblem?: ((problem: Problem) => void) | undefined;
  /** Told about every comment of a pcapng capture, before its frame's batch is given. */
  readonly onComment?: ((comment: CaptureComment) => void) | undefined;
  /** Told about every interface, before its first frame. */
  readonly onInterface?: ((facts: CaptureInterface) => void) | undefined;
  /** Told about the bytes read so far (of all sources, before decompression) and in all, where known. */
  readonly onProgress?: ((read: number, total: number | undefined) => void) | undefined;
  /** Most frames in a batch, 16384 unless given. */
  readonly batch?: number | undefined;
  /** What to call the source in problems. */
  readonly name?: string | undefined;
  /** Ends the reading as if the source ended there, without a problem. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds of silence after which an empty batch is given, for live inputs. */
  readonly heartbeat?: number | undefined;
}

/**
 * Reads the frames of one capture, or of several one behind the other (frame numbers go on).
 *
 * pcap and pcapng are told apart, and gzip and zstd undone, by their magic numbers. A truncated or damaged capture gives every
 * whole frame before the damage, then one problem to `onProblem` (`strict`: thrown), and the next capture follows. As soon as
 * a chunk with whole frames has come they are given, so a pipe can be watched live.
 *
 * @throws {Problem} At once: `not-found`, `no-permission`, `not-a-capture`, `empty`, `unsupported`, `network`, and `truncated`
 * when not even the file header is there. Later: `truncated` and `damaged` when `strict`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodePcap } from "./encode.ts";
 * import { openFrames } from "./open.ts";
 *
 * const capture = encodePcap([{ time: 1_000_000, bytes: new Uint8Array(60) }]);
 * for await (const batch of openFrames(capture)) {
 *   assertEquals(batch.length, 1);
 *   assertEquals(batch.time[0], 1_000_000);
 *   assertEquals(batch.captured[0], 60);
 * }
 * ```
 */
export async function* openFrames(
  input: CaptureSource | readonly CaptureSource[],
  options: OpenOptions = {},
): AsyncGenerator<FrameBatch, void, void> {
  const sources = await expandSources(Array.isArray(input) ? input : [input as CaptureSource]);
  // A name that is wrong shows before the first frame, also when it is the last one.
  const sizes = sources.map((source) => sizeOf(source, options.name));
  const total = sizes.reduce<number | undefined>(
    (a, b) => a === undefined || b === undefined ? undefined : a + b,
    0,
  );
  const reading = new Reading(options, total);
  let first: Problem | undefined, read = 0;
  for (const source of sources) {
    try {
      yield* reading.frames(await openSource(source, options));
      read++;
    } catch (error) {
      // One file that is no capture among several must not cost the others.
      if (sources.length === 1 || options.strict || !(error instanceof Problem) || reading.began) throw error;
      first ??= error;
      options.onProblem?.(error);
    }
    if (options.signal?.aborted) return;
  }
  if (read === 0 && first) throw first;
}

class Reading {
  /** The current source turned out to be a capture. */
  began = false;
  readonly #rows: FrameRows;
  readonly #window = new ByteWindow(WINDOW);
  /** Bytes of the sources that are done. */
  #before = 0;

  constructor(readonly options: OpenOptions, readonly total: number | undefined) {
    this.#rows = new FrameRows(options.batch ?? BATCH_FRAMES);
  }

  async *frames(opened: ByteSource): AsyncGenerator<FrameBatch, void, void> {
    const { options } = this, rows = this.#rows, window = this.#window;
    this.began = false;
    let source = opened;
    try {
      source = await this.#unpack(source);
      const scanner = await this.#recognise(source);
      for (;;) {
        const status = scanner.scan(window, rows);
        if (window.position > 0) this.began = true;
        if (rows.length > 0) {
          yield rows.batch(window.bytes, source.name);
          rows.next();
        }
        if (status === STOP) return this.#report(source, "damaged", scanner.damage!);
        if (status !== MORE) continue;
        let got = this.#fill(source, scanner.need);
        if (typeof got !== "number") {
          while (await this.#silent(got)) {
            rows.linkType = -1;
            yield rows.batch(window.bytes, source.name);
          }
          got = await got;
        }
        if (got > 0) continue;
        if (options.signal?.aborted || (window.available === 0 && !source.damage)) return;
        return this.#report(source, "truncated", scanner.missing(window));
      }
    } finally {
      this.#before += source.taken;
      await source.close();
    }
  }

  /** Undoes compression; afterwards the first four bytes are in the window. */
  async #unpack(opened: ByteSource): Promise<ByteSource> {
    const window = this.#window;
    let source = opened;
    for (let depth = 0;; depth++) {
      window.reset();
      if (source.whole && source.whole.length < 2 ** 31) window.adopt(source.whole);
      await this.#have(source, 4);
      if (window.available < 4) return source;
      const kind = compressionOf(window.view, window.start);
      if (kind === undefined || depth === NESTED) return source;
      const inner = source.whole ? source.reopen!() : new PrefixedSource(window.take(), source);
      source = new DecompressedSource(inner, kind);
    }
  }

  async #recognise(source: ByteSource): Promise<Scanner> {
    const window = this.#window, { name } = source;
    const listeners: Listeners = {
      source: name,
      onComment: this.options.onComment,
      onInterface: this.options.onInterface,
    };
    if (window.available === 0) {
      if (source.damage) {
        throw new Problem(source.damage.code, source.damage.reason, { source: name, offset: 0 });
      }
      throw mismatch("empty", { expected: CAPTURE, found: "no bytes" }, { source: name });
    }
    if (window.available >= 4 && isPcapng(window.view, window.start)) return new PcapngScanner(listeners);
    if (window.available >= 4 && isPcap(window.view, window.start)) {
      await this.#have(source, PCAP_HEADER);
      if (window.available >= PCAP_HEADER) return new PcapScanner(window, listeners);
      throw mismatch("truncated", {
        expected: `${bytes(PCAP_HEADER)} of file header`,
        found: bytes(window.available),
      }, { source: name, offset: 0 });
    }
    const head = window.bytes.subarray(window.start, Math.min(window.end, window.start + 4));
    const found = Array.from(head, (b) => b.toString(16).padStart(2, "0")).join(" ");
    throw mismatch("not-a-capture", { expected: CAPTURE, found: `a file that begins with ${found}` }, {
      source: name,
    });
  }

  /** Reads until so many bytes are there or the source ends. */
  async #have(source: ByteSource, need: number): Promise<void> {
    while (this.#window.available < need && (await this.#fill(source, need)) > 0);
  }

  /** Reads once. */
  #fill(source: ByteSource, need: number): number | Promise<number> {
    const { signal } = this.options;
    if (signal?.aborted) return 0;
    const got = this.#window.fill(source, need);
    if (typeof got === "number") {
      this.#progress(source);
      return got;
    }
    return (signal ? unlessAborted(got, signal) : got).then((n) => {
      this.#progress(source);
      return n;
    });
  }

  /** Waits for bytes or a heartbeat, whichever is first; true for the heartbeat. */
  async #silent(got: Promise<number>): Promise<boolean> {
    const { heartbeat } = this.options;
    if (heartbeat === undefined) return false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const beat = new Promise<"beat">((resolve) => timer = setTimeout(() => resolve("beat"), heartbeat));
    const what = await Promise.race([got, beat]);
    clearTimeout(timer);
    return what === "beat";
  }

  #progress(source: ByteSource): void {
    this.options.onProgress?.(this.#before + source.taken, this.total);
  }

  #report(source: ByteSource, code: "truncated" | "damaged", what: Mismatch): void {
    const place = { source: source.name, frame: this.#rows.firstFrame, offset: this.#window.position };
    const problem = source.damage && code === "truncated"
      ? new Problem(source.damage.code, source.damage.reason, place)
      : mismatch(code, what, place);
    if (this.options.strict || !this.began) throw problem;
    this.options.onProblem?.(problem);
  }
}

/** What came, or 0 when the signal aborts first. The signal may outlive very many reads, so none leaves a listener behind. */
function unlessAborted(got: Promise<number>, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const leave = () => resolve(0);
    signal.addEventListener("abort", leave, { once: true });
    got.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
