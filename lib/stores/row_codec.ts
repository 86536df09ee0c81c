import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { ByteReader, ByteWriter } from "./byte_writer.ts";

/** Optional parts of a row, one bit each. */
const HAS_JITTER = 1, HAS_AGR = 2, HAS_USER = 4, HAS_MORE = 8;
/** Kinds of doubles, two bits each: 0, not a number, a whole number of 32 bits, anything else. */
const ZERO = 0, NAN = 1, WHOLE = 2, FULL = 3;
const MASK_WORDS = Math.ceil(R.WORDS / 32);
/** Most bytes of the fixed parts of a row. */
const FIXED = 8 + 4 * MASK_WORDS + 4 * R.WORDS + 10 * (R.DOUBLES + R.JITTER_DOUBLES + R.AGR_DOUBLES);

/**
 * Writes a row with everything it holds, without its zeros: unlike an Argus record it keeps the evidence, the end reason, the
 * connection and the trail, so that a row read back goes on merging as if it had never been away.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as R from "../record/mod.ts";
 * import { ByteReader, ByteWriter } from "./byte_writer.ts";
 * import { readRow, writeRow } from "./row_codec.ts";
 *
 * const batch = new R.RecordBatch(1);
 * batch.words[batch.addBlank() * R.WORDS + R.WHY] = 0x102;
 * const writer = new ByteWriter();
 * writeRow(writer, batch, 0);
 * const back = new R.RecordBatch(1);
 * readRow(new ByteReader(writer.piece()), back);
 * assertEquals(back.words, batch.words);
 * ```
 */
export function writeRow(out: ByteWriter, batch: RecordBatch, row: number): void {
  out.reserve(FIXED);
  const more = batch.more?.get(row);
  const source = batch.user?.[2 * row], destination = batch.user?.[2 * row + 1];
  const flags = batch.words[row * R.WORDS + R.FLAGS]!;
  const jitter = batch.jitter !== undefined && (flags & R.FLAG_JITTER) !== 0;
  const agr = batch.agr !== undefined && (flags & R.FLAG_AGR) !== 0;
  out.u8(
    (jitter ? HAS_JITTER : 0) | (agr ? HAS_AGR : 0) | (source || destination ? HAS_USER : 0) |
      (more ? HAS_MORE : 0),
  );
  writeWords(out, batch.words, row * R.WORDS);
  writeDoubles(out, batch.doubles, row * R.DOUBLES, R.DOUBLES);
  if (jitter) writeDoubles(out, batch.jitter!, row * R.JITTER_DOUBLES, R.JITTER_DOUBLES);
  if (agr) writeDoubles(out, batch.agr!, row * R.AGR_DOUBLES, R.AGR_DOUBLES);
  if (source || destination) {
    for (const data of [source, destination]) writeBytes(out, data);
  }
  if (more) writeBytes(out, new TextEncoder().encode(JSON.stringify(more, packBytes)));
}

/** Adds the row that stands next in the reader to a batch. */
export function readRow(input: ByteReader, batch: RecordBatch): number {
  const row = batch.addBlank();
  const has = input.u8();
  readWords(input, batch.words, row * R.WORDS);
  readDoubles(input, batch.doubles, row * R.DOUBLES, R.DOUBLES);
  if (has & HAS_JITTER) readDoubles(input, batch.jitterBank(), row * R.JITTER_DOUBLES, R.JITTER_DOUBLES);
  if (has & HAS_AGR) readDoubles(input, batch.agrBank(), row * R.AGR_DOUBLES, R.AGR_DOUBLES);
  if (has & HAS_USER) {
    const user = batch.user ??= [];
    user[2 * row] = readBytes(input);
    user[2 * row + 1] = readBytes(input);
  }
  if (has & HAS_MORE) {
    const text = new TextDecoder().decode(readBytes(input) ?? new Uint8Array());
    (batch.more ??= new Map()).set(row, JSON.parse(text, unpackBytes) as R.More);
  }
  return row;
}

function writeWords(out: ByteWriter, words: Int32Array, w: number): void {
  const masks = out.at;
  out.at += 4 * MASK_WORDS;
  let mask = 0, at = masks;
  for (let i = 0; i < R.WORDS; i++) {
    const value = words[w + i]!;
    if (value !== 0) {
      mask |= 1 << (i & 31);
      out.i32(value);
    }
    if ((i & 31) === 31 || i === R.WORDS - 1) {
      const end = out.at;
      out.at = at;
      out.i32(mask);
      at = out.at;
      out.at = end;
      mask = 0;
    }
  }
}

function readWords(input: ByteReader, words: Int32Array, w: number): void {
  const masks = input.at;
  const at = new Int32Array(MASK_WORDS);
  for (let i = 0; i < MASK_WORDS; i++) at[i] = input.i32();
  input.at = masks + 4 * MASK_WORDS;
  for (let i = 0; i < R.WORDS; i++) {
    words[w + i] = at[i >>> 5]! & 1 << (i & 31) ? input.i32() : 0;
  }
}

function writeDoubles(out: ByteWriter, doubles: Float64Array, d: number, count: number): void {
  for (let from = 0; from < count; from += 16) {
    const to = Math.min(count, from + 16), head = out.at;
    out.at += 4;
    let kinds = 0;
    for (let i = from; i < to; i++) {
      const value = doubles[d + i]!;
      // A negative zero is not a plain zero.
      const kind = value !== value
        ? NAN
        : value === 0 && !Object.is(value, -0)
        ? ZERO
        : (value | 0) === value && value > 0
        ? WHOLE
        : FULL;
      kinds |= kind << 2 * (i - from);
      if (kind === WHOLE) out.i32(value);
      else if (kind === FULL) out.f64(value);
    }
    const end = out.at;
    out.at = head;
    out.i32(kinds);
    out.at = end;
  }
}

function readDoubles(input: ByteReader, doubles: Float64Array, d: number, count: number): void {
  for (let from = 0; from < count; from += 16) {
    const kinds = input.i32();
    for (let i = from; i < Math.min(count, from + 16); i++) {
      const kind = kinds >>> 2 * (i - from) & 3;
      doubles[d + i] = kind === ZERO ? 0 : kind === NAN ? NaN : kind === WHOLE ? input.i32() : input.f64();
    }
  }
}

/** Bytes with their length; nothing is length -1. */
function writeBytes(out: ByteWriter, bytes: Uint8Array | undefined): void {
  out.reserve(4 + (bytes?.length ?? 0));
  out.i32(bytes?.length ?? -1);
  if (bytes) out.raw(bytes);
}

function readBytes(input: ByteReader): Uint8Array | undefined {
  const length = input.i32();
  return length < 0 ? undefined : input.raw(length);
}

/** JSON holds bytes as a list of numbers under a name of their own. */
function packBytes(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? { $bytes: [...value] } : value;
}

function unpackBytes(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("$bytes" in value)) return value;
  return Uint8Array.from(value.$bytes as number[]);
}
