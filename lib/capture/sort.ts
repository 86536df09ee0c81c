import { type Duration, parseDuration } from "../base/mod.ts";
import type { FrameBatch } from "./frames.ts";
import { GrowingBytes } from "./growing_bytes.ts";
import { BATCH_FRAMES, FrameRows } from "./rows.ts";

/** What the frames of a batch have in common. */
type Kind = Required<Pick<FrameBatch, "linkType" | "foreign" | "source" | "nanoseconds" | "position">>;

/** Frames that wait for their turn, copied out of the batches they came in. */
class Waiting {
  readonly data = new GrowingBytes(1 << 20);
  rows = new FrameRows(1024);
  number = new Float64Array(1024);
  /** For each row, which of `kinds` it is. */
  kind = new Int32Array(1024);
  readonly kinds: Kind[] = [];
  length = 0;
  /** Rows are in order of time as they stand. */
  sorted = true;

  add(batch: FrameBatch): void {
    const { offset, captured, length } = batch;
    if (length === 0) return;
    const need = this.length + length;
    if (need > this.rows.capacity) this.#grow(Math.max(need, this.rows.capacity * 2));
    let k = this.kinds.findIndex((x) =>
      x.linkType === batch.linkType && x.foreign === (batch.foreign ?? false) &&
      x.source === (batch.source ?? "") &&
      x.nanoseconds === (batch.nanoseconds ?? false)
    );
    if (k < 0) {
      const { linkType, foreign = false, source = "", nanoseconds = false } = batch;
      k = this.kinds.push({ linkType, foreign, source, nanoseconds, position: batch.position }) - 1;
    }
    // One copy for the whole stretch, headers between the frames included.
    const from = offset[0]!,
      shift = this.data.append(batch.bytes, from, offset[length - 1]! + captured[length - 1]!) - from;
    const { rows } = this;
    for (let i = 0, n = this.length; i < length; i++, n++) {
      rows.offset[n] = offset[i]! + shift;
      rows.captured[n] = captured[i]!;
      rows.wire[n] = batch.wire[i]!;
      rows.time[n] = batch.time[i]!;
      rows.nano[n] = batch.nano[i]!;
      this.number[n] = batch.number?.[i] ?? batch.firstFrame + i;
      this.kind[n] = k;
      if (n > 0 && this.compare(n - 1, n) > 0) this.sorted = false;
    }
    this.length = need;
  }

  /** Order of two rows: by time, then by frame number. */
  compare(a: number, b: number): number {
    const { time, nano } = this.rows;
    return time[a]! - time[b]! || nano[a]! - nano[b]! || this.number[a]! - this.number[b]!;
  }

  /** How many rows are not later than this. */
  upTo(time: number): number {
    let count = 0;
    for (let i = 0; i < this.length; i++) if (this.rows.time[i]! <= time) count++;
    return count;
  }

  /** Row numbers in order of time. */
  order(): Int32Array {
    const order = Int32Array.from({ length: this.length }, (_, i) => i);
    return this.sorted ? order : order.sort((a, b) => this.compare(a, b));
  }

  /** Keeps only these rows, in this order, and moves their bytes to the front. */
  keep(order: Int32Array): void {
    const bytes = new GrowingBytes(Math.max(1 << 20, this.data.length >> 1));
    const rows = new FrameRows(Math.max(1024, order.length));
    const number = new Float64Array(rows.capacity), kind = new Int32Array(rows.capacity);
    for (const [n, i] of order.entries()) {
      const at = this.rows.offset[i]!, length = this.rows.captured[i]!;
      rows.offset[n] = bytes.append(this.data.bytes, at, at + length);
      rows.captured[n] = length;
      rows.wire[n] = this.rows.wire[i]!;
      rows.time[n] = this.rows.time[i]!;
      rows.nano[n] = this.rows.nano[i]!;
      number[n] = this.number[i]!;
      kind[n] = this.kind[i]!;
    }
    Object.assign(this.data, { bytes: bytes.bytes, view: bytes.view, length: bytes.length });
    this.rows = rows;
    this.number = number;
    this.kind = kind;
    this.length = order.length;
    this.sorted = true;
  }

  #grow(capacity: number): void {
    const rows = new FrameRows(capacity);
    for (const name of ["offset", "captured", "wire", "time", "nano"] as const) {
      rows[name].set(this.rows[name]);
    }
    this.rows = rows;
    const number = new Float64Array(capacity), kind = new Int32Array(capacity);
    number.set(this.number);
    kind.set(this.kind);
    this.number = number;
    this.kind = kind;
  }
}

/**
 * Puts frames in order of their time stamps as long as none is later than `window` in coming; holds back the frames of that
 * much capture time. Frames that come later still are given at once, out of order, for a `Disorder` behind to count.
 *
 * Batches carry the frames' numbers in the capture in `number`; equal time stamps keep their order.
 *
 * @throws {Problem} `bad-value` when the window is no duration.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodePcap } from "./encode.ts";
 * import { openFrames } from "./open.ts";
 * import { sortFrames } from "./sort.ts";
 *
 * const bytes = new Uint8Array(60);
 * const capture = encodePcap([{ time: 5e6, bytes }, { time: 3e6, bytes }]);
 * for await (const batch of sortFrames(openFrames(capture), "5s")) {
 *   assertEquals([...batch.number!], [2, 1]);
 * }
 * ```
 */
export async function* sortFrames(
  frames: AsyncIterable<FrameBatch>,
  window: Duration,
): AsyncGenerator<FrameBatch, void, void> {
  const hold = parseDuration(window, "sort window");
  const waiting = new Waiting();
  let newest = -Infinity, given = 0;
  /** Gives the first `count` rows of the order, a batch for each stretch of one kind. */
  function* give(order: Int32Array, count: number): Generator<FrameBatch> {
    for (let i = 0; i < count;) {
      const k = waiting.kind[order[i]!]!, kind = waiting.kinds[k]!;
      let j = i;
      while (j < count && j - i < BATCH_FRAMES && waiting.kind[order[j]!] === k) j++;
      const pick = <T extends Int32Array | Float64Array>(to: T, from: T): T => {
        for (let n = 0; n < to.length; n++) to[n] = from[order[i + n]!]!;
        return to;
      };
      const { rows } = waiting, length = j - i;
      yield {
        ...kind,
        bytes: waiting.data.bytes,
        length,
        offset: pick(new Int32Array(length), rows.offset),
        captured: pick(new Int32Array(length), rows.captured),
        wire: pick(new Int32Array(length), rows.wire),
        time: pick(new Float64Array(length), rows.time),
        nano: pick(new Int32Array(length), rows.nano),
        number: pick(new Float64Array(length), waiting.number),
        firstFrame: given + 1,
      };
      given += length;
      i = j;
    }
  }
  for await (const batch of frames) {
    if (batch.length === 0) {
      yield batch;
      continue;
    }
    waiting.add(batch);
    for (let i = 0; i < batch.length; i++) if (batch.time[i]! > newest) newest = batch.time[i]!;
    const count = waiting.upTo(newest - hold);
    // Sorting, and moving the rest to the front, pays only for many frames at once.
    if (count * 2 < waiting.length) continue;
    const order = waiting.order();
    yield* give(order, count);
    waiting.keep(order.subarray(count));
  }
  yield* give(waiting.order(), waiting.length);
}
