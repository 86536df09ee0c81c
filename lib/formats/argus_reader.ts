import { Problem, type ProblemCode, type ProblemDetail } from "../base/mod.ts";
import type { ByteSource } from "../capture/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import { damage, DAMAGED, DECODED, decodeRecord } from "./argus_decode.ts";
import * as A from "./argus_layout.ts";
import { StaleNetwork } from "./argus_stale_network.ts";
import { type ArgusStreamOptions, isSensorUrl, openSensor } from "./argus_stream.ts";
import { type FlowSource, openBytes } from "./bytes.ts";

/** How to read flow records. */
export interface ReadFlowsOptions extends ArgusStreamOptions {
  /** Throws the problem of a damaged source, after its whole records were given. */
  readonly strict?: boolean | undefined;
  /** Told about a damaged source, once, after its last whole record. */
  readonly onProblem?: ((problem: Problem) => void) | undefined;
  /** Most records in a batch, 4096 unless given. */
  readonly batch?: number | undefined;
  /** What to call the source in problems. */
  readonly name?: string | undefined;
  /** Fills `more.offset` with the byte offset of each record (ra's field `offset`). */
  readonly offsets?: boolean | undefined;
  /**
   * Gives the same batch object again and again: only for callers that are done with a batch when they ask
   * for the next.
   */
  readonly reuse?: boolean | undefined;
}

const WHAT = "an Argus 3 record stream";
const WINDOW = 1 << 20;
/** Smallest flow record the meter writes; bounds how many rows a stretch of bytes can need. */
const SMALL_RECORD = 44;

/**
 * Reads an Argus 3 record stream: what `argus -w`, `ra -w` or this project's writer wrote, plain or
 * compressed, or what a running sensor sends (`argus://host:561`).
 *
 * Rows are raw, as stored: the reverse bit is a flag and nothing a reader repairs is repaired. Management
 * records are rows with `FLAG_MAR` and `more.mar`; records of other kinds and flows without time section are
 * left out (argus-format section 3). A cut or damaged stream gives every whole record before the damage, then
 * one problem. Memory is constant.
 *
 * @param supply see {@linkcode readArgusBytes}
 * @throws {Problem} `not-found`, `no-permission`, `empty`, `not-argus`; with `strict` also `truncated` and `damaged`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ArgusWriter } from "./argus_writer.ts";
 * import { readArgus } from "./argus_reader.ts";
 *
 * const writer = new ArgusWriter();
 * writer.begin();
 * const file = writer.end();
 * let records = 0;
 * for await (const batch of readArgus(file)) records += batch.length;
 * assertEquals(records, 2); // the two management records
 * ```
 */
export async function* readArgus(
  source: FlowSource,
  options: ReadFlowsOptions = {},
  supply?: () => RecordBatch,
): AsyncGenerator<RecordBatch, void, void> {
  const text = String(source);
  const bytes = (typeof source === "string" || source instanceof URL) && isSensorUrl(text)
    ? await openSensor(text, options)
    : await openBytes(source, options.name, WHAT);
  try {
    yield* readArgusBytes(bytes, options, supply);
  } finally {
    await bytes.close();
  }
}

/**
 * Reads an Argus 3 record stream from bytes that are already open; see {@linkcode readArgus}.
 *
 * @param supply gives the empty batch to fill next, of `options.batch` rows; the same one again until it was yielded
 */
export async function* readArgusBytes(
  source: ByteSource,
  options: ReadFlowsOptions = {},
  supply?: () => RecordBatch,
): AsyncGenerator<RecordBatch, void, void> {
  const most = Math.max(1, options.batch ?? 4096);
  const buffer = new Uint8Array(WINDOW);
  const view = new DataView(buffer.buffer);
  const stale = new StaleNetwork();
  let have = 0, position = 0, record = 0, kept: RecordBatch | undefined;
  const at = (offset: number): ProblemDetail => ({ source: source.name, record: record + 1, offset });
  let problem: Problem | undefined;
  const stop = (code: ProblemCode, expected: string, found: string, offset: number): void => {
    problem = new Problem(code, `Expected ${expected} but found ${found}`, {
      ...at(offset),
      expected,
      found,
    });
  };
  for (let ended = false; !ended && !problem;) {
    const n = await source.read(buffer, have);
    if (n === 0) ended = true;
    have += n;
    let p = 0;
    while (!problem) {
      // One batch from what is in the buffer, then it is given: a live stream shows its records as they come.
      const room = Math.min(most, 1 + Math.floor((have - p) / SMALL_RECORD));
      const batch = supply?.() ?? kept ?? new RecordBatch(options.reuse ? most : room);
      if (kept) batch.clear();
      if (options.reuse) kept = batch;
      while (batch.length < most && p + 4 <= have) {
        if (record === 0 && have < A.MAR_BYTES && !ended) break;
        const length = view.getUint16(p + 2) * 4;
        const wrong = record === 0 ? notArgus(view, have, source.name) : undefined;
        if (wrong) throw wrong;
        const head = view.getUint8(p);
        if (length === 0 || !isRecordType(head)) {
          const found = length === 0
            ? "one of length 0"
            : `type byte 0x${head.toString(16).padStart(2, "0")}`;
          stop("damaged", "the header of a record", found, position + p);
          break;
        }
        if (p + length > have) break;
        const row = batch.length;
        const outcome = decodeRecord(view, buffer, p, length, batch);
        if (outcome === DAMAGED) {
          stop("damaged", damage.expected, damage.found, position + damage.at);
          break;
        }
        if (outcome === DECODED) stale.seen(view, buffer, p, batch, row);
        if (outcome === DECODED && options.offsets) batch.moreOf(row).offset = position + p;
        record++;
        p += length;
      }
      const full = batch.length === most;
      if (batch.length > 0) yield batch;
      if (!full) break;
    }
    if (ended && p < have && !problem) {
      const left = have - p;
      if (record === 0) {
        const wrong = notArgus(view, have, source.name);
        if (wrong) throw wrong;
      }
      const length = left >= 4 ? view.getUint16(p + 2) * 4 : 4;
      stop("truncated", `${length} bytes of record`, `only ${left}`, position + p);
    }
    if (ended && record === 0 && have === 0) {
      throw new Problem("empty", `Expected ${WHAT} but found no bytes`, {
        source: source.name,
        expected: WHAT,
      });
    }
    if (p > 0) {
      stale.keep(view, buffer);
      buffer.copyWithin(0, p, have);
      have -= p;
      position += p;
    }
  }
  if (!problem && source.damage) {
    problem = new Problem(source.damage.code, source.damage.reason, at(position));
  }
  if (!problem) return;
  if (options.strict) throw problem;
  options.onProblem?.(problem);
}

/** Record types of argus-format section 1, version 3. */
function isRecordType(head: number): boolean {
  const kind = head & 0xf0;
  return (head & 0x0f) === A.VERSION && kind !== 0 && (kind <= 0x60 || kind === A.RECORD_MAR);
}

/** Why the first bytes are no Argus 3 stream, if they are not; too few bytes to tell are no reason. */
function notArgus(view: DataView, have: number, source: string): Problem | undefined {
  const head = view.getUint8(0);
  const type = head & 0xf0, version = head & 0x0f;
  if (type === A.RECORD_MAR && version !== A.VERSION && have >= 12) {
    return new Problem("unsupported", `Expected Argus stream version 3 but found version ${version}`, {
      source,
      offset: 0,
    });
  }
  const cookie = have >= 12 ? view.getUint32(8) : A.COOKIE;
  if (type === A.RECORD_MAR && cookie === A.COOKIE) return undefined;
  const hex = Array.from(
    { length: Math.min(4, have) },
    (_, i) => view.getUint8(i).toString(16).padStart(2, "0"),
  );
  return new Problem("not-argus", `Expected ${WHAT} but found bytes ${hex.join(" ")}`, {
    source,
    offset: 0,
    expected: WHAT,
  });
}
