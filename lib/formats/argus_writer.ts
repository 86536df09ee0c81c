import type { ByteSink } from "../capture/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import { encodeRecord, recordBytes } from "./argus_encode.ts";
import * as A from "./argus_layout.ts";
import { Leftovers } from "./argus_leftovers.ts";

/** How to write an Argus stream. */
export interface ArgusWriterOptions {
  /** Bytes of user data per side that the meter was told to keep (`-U`); 0 when unknown. */
  readonly userLimit?: number | undefined;
  /** Imitate the bytes that the real argus leaves undefined ({@linkcode Leftovers}); only for rows fresh from a meter. */
  readonly leftovers?: boolean | undefined;
}

/** When this many bytes are ready they are given to the sink. */
const FLUSH = 1 << 20;
const CAUSE_START = 0x10, CAUSE_STOP = 0x30;

/**
 * Writes the Argus 3 record stream as the real programs read it, byte layout as the real argus writes it.
 *
 * Without a sink the bytes are kept and {@linkcode end} (or {@linkcode take}) returns them.
 *
 * @example A file with one record
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as R from "../record/mod.ts";
 * import { ArgusWriter } from "./argus_writer.ts";
 *
 * const batch = new R.RecordBatch(1);
 * const row = batch.addBlank();
 * batch.words[row * R.WORDS + R.KEY_TYPE] = R.KEY_IPV4;
 * batch.words[row * R.WORDS + R.CAUSE] = R.CAUSE_START;
 * batch.doubles[row * R.DOUBLES + R.S_START] = 1e15;
 * const writer = new ArgusWriter();
 * writer.begin();
 * writer.write(batch, row);
 * const file = writer.end();
 * assertEquals(file.length, 128 + 52 + 128);
 * ```
 */
export class ArgusWriter {
  /** Flow records written. */
  records = 0;
  #bytes = new Uint8Array(FLUSH + 4096);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  readonly #sink: ByteSink | undefined;
  readonly #kept: Uint8Array[] = [];
  readonly #userLimit: number;
  readonly #leftovers: Leftovers | undefined;

  /** A writer that gives its bytes to `sink`, or keeps them when there is none. */
  constructor(sink?: ByteSink, options: ArgusWriterOptions = {}) {
    this.#sink = sink;
    this.#userLimit = options.userLimit ?? 0;
    this.#leftovers = options.leftovers ? new Leftovers() : undefined;
  }

  /** Writes the start record that makes a stream an Argus stream. */
  begin(info: A.MarInfo = {}): void {
    this.#mar(CAUSE_START, { ...info, thisid: info.thisid ?? info.argusid ?? 0, argusid: A.COOKIE });
  }

  /** Writes one row; a management row keeps its numbers. */
  write(batch: RecordBatch, row: number): void {
    if (batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) {
      this.#mar(batch.words[row * R.WORDS + R.CAUSE]!, batch.more?.get(row)?.mar ?? {});
      return;
    }
    if (batch.user !== undefined || batch.more !== undefined) {
      const most = recordBytes(batch, row);
      if (this.#at + most > this.#bytes.length) this.#makeRoom(most);
    }
    const at = this.#at;
    this.#at = encodeRecord(this.#view, this.#bytes, this.#at, batch, row, this.#userLimit);
    this.#leftovers?.fill(this.#bytes, at);
    this.records++;
    if (this.#at >= FLUSH) this.flush();
  }

  /** Writes all rows of a batch. */
  writeBatch(batch: RecordBatch): void {
    for (let row = 0; row < batch.length; row++) this.write(batch, row);
  }

  /**
   * Writes the stop record: counters as given, `records` by default flows written and one for the stop record
   * itself (MAR-1).
   *
   * @returns the bytes not yet given to a sink: all of them without a sink.
   */
  end(info: A.MarInfo = {}): Uint8Array {
    this.#mar(CAUSE_STOP, { records: this.records + 1, ...info });
    return this.take();
  }

  /** Gives what is ready to the sink now. */
  flush(): void {
    if (this.#at === 0) return;
    this.#leftovers?.keep(this.#bytes);
    const ready = this.#bytes.subarray(0, this.#at);
    if (this.#sink) this.#sink(ready);
    else this.#kept.push(ready.slice());
    this.#at = 0;
  }

  /** Without a sink: the bytes since the last call; with one: flushes and returns none. */
  take(): Uint8Array {
    this.flush();
    let length = 0;
    for (const chunk of this.#kept) length += chunk.length;
    const all = new Uint8Array(length);
    let at = 0;
    for (const chunk of this.#kept.splice(0)) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  #makeRoom(most: number): void {
    this.flush();
    if (most <= this.#bytes.length) return;
    this.#bytes = new Uint8Array(most + FLUSH);
    this.#view = new DataView(this.#bytes.buffer);
  }

  #mar(cause: number, info: A.MarInfo): void {
    const p = this.#at, view = this.#view;
    this.#bytes.fill(0, p, p + A.MAR_BYTES);
    view.setInt32(p, ((A.RECORD_MAR | A.VERSION) << 24) | ((cause & 0xff) << 16) | (A.MAR_BYTES >>> 2));
    const numbers: A.MarInfo = { major: 3, recordLength: -1, ...info };
    for (const [name, offset, kind] of A.MAR_FIELDS) {
      const n = numbers[name] ?? 0;
      const q = p + offset;
      if (kind === "u8") view.setUint8(q, n);
      else if (kind === "u16") view.setUint16(q, n);
      else if (kind === "u64") {
        view.setUint32(q, n / 0x100000000);
        view.setUint32(q + 4, n % 0x100000000);
      } else view.setInt32(q, n);
    }
    this.#leftovers?.remember(p);
    this.#at = p + A.MAR_BYTES;
    if (this.#at >= FLUSH) this.flush();
  }
}
