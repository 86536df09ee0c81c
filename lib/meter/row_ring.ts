import { DOUBLES, JITTER_DOUBLES, RecordBatch, WORDS } from "../record/mod.ts";
import type { SharedMemory } from "./shared_batch.ts";

/** Chunks of a ring: one being filled, one being taken, and room for the writer to be ahead. */
export const CHUNKS = 4;
/** Rows of the chunks of all settings together. */
const ROWS = 4096;
const LEAST_ROWS = 256;

/** Rows of a chunk where so many settings have a ring each: a power of two, so that numbering may wrap. */
export function rowsOfChunk(settings: number): number {
  return Math.max(LEAST_ROWS, 1 << 31 - Math.clz32(ROWS / settings));
}

/** Words of a ring: rows taken; for readers that are told in shared memory, news so far, rows written, steps done, and whether the reader has left. */
const READ = 0, NEWS = 1, WRITTEN = 2, DONE = 3, LEFT = 4;
/** Behind them for each of the latest steps the rows written at its end, or that the writer failed. */
const MARKS = 5;
/** Steps whose marks are kept; a writer can be ahead of its reader by the batches of a line. A power of two, so that numbering may wrap. */
const STEPS = 32;
/** A writer that waits looks this often whether the reader has left: a thread that waits cannot be ended (Deno 2.9). */
const LEFT_MS = 100;
/** Count of steps that says that the writer failed. */
const FAILED = -1;

/** Rows of one chunk with their stamps (`Meter.stamps`). */
export interface Chunk {
  readonly batch: RecordBatch;
  readonly stamps: Float64Array;
}

/**
 * Record rows of one meter on their way to another thread, in shared memory: row number n lies in chunk `n / rows % CHUNKS`. Row numbers
 * are counted modulo 2^32.
 */
export class RowRing {
  readonly memory: SharedMemory;
  readonly chunks: readonly Chunk[];
  /** Rows of a chunk. */
  readonly rows: number;
  readonly #words: Int32Array;

  /** Makes new shared memory, or views what another thread made. */
  constructor(rows: number, jitter: boolean, given?: SharedMemory) {
    const made: SharedArrayBuffer[] = [];
    const take = (bytes: number) => {
      const buffer = given ? given[made.length]! : new SharedArrayBuffer(bytes);
      made.push(buffer);
      return buffer;
    };
    this.rows = rows;
    this.#words = new Int32Array(take(4 * (MARKS + STEPS)));
    this.chunks = Array.from({ length: CHUNKS }, () => {
      const batch = RecordBatch.around(
        new Int32Array(take(4 * WORDS * rows)),
        new Float64Array(take(8 * DOUBLES * rows)),
      );
      if (jitter) batch.jitter = new Float64Array(take(8 * JITTER_DOUBLES * rows));
      return { batch, stamps: new Float64Array(take(8 * rows)) };
    });
    this.memory = made;
  }

  /** Chunk and row in it of a row number. */
  chunkOf(row: number): Chunk {
    return this.chunks[(row >>> 0) / this.rows % CHUNKS | 0]!;
  }

  /** Rows taken so far. */
  get read(): number {
    return Atomics.load(this.#words, READ);
  }

  /** Tells the writing thread how many rows are taken. */
  release(read: number): void {
    Atomics.store(this.#words, READ, read | 0);
    Atomics.notify(this.#words, READ);
  }

  /** Tells the writing thread that nobody takes rows any more: it need not wait. */
  leave(): void {
    Atomics.store(this.#words, LEFT, 1);
  }

  /** Whether the rows up to this one are taken. */
  isFree(row: number): boolean {
    return (this.read - row | 0) >= 0;
  }

  /** Waits until the rows up to this one are taken. */
  wait(row: number): void {
    const words = this.#words;
    for (let read = this.read; (read - row | 0) < 0 && Atomics.load(words, LEFT) === 0; read = this.read) {
      Atomics.wait(words, READ, read, LEFT_MS);
    }
  }

  /** Tells the reading thread that so many rows are written. */
  tell(written: number): void {
    Atomics.store(this.#words, WRITTEN, written);
    this.#ring();
  }

  /** Tells it besides that a step is done. */
  mark(written: number): void {
    const words = this.#words, done = Atomics.load(words, DONE);
    Atomics.store(words, MARKS + done % STEPS, written);
    // Before the step is done: who knows of that must not find fewer rows.
    Atomics.store(words, WRITTEN, written);
    Atomics.store(words, DONE, done + 1);
    this.#ring();
  }

  /** Tells the reading thread that nothing more comes because something went wrong. */
  fail(): void {
    Atomics.store(this.#words, DONE, FAILED);
    this.#ring();
  }

  /**
   * Waits for rows behind `read`, or for the end of a step. Gives the rows written and whether that was all up to the step's end.
   *
   * @throws {Error} when the writing thread failed.
   */
  awaitRows(read: number, step: number): { readonly written: number; readonly isAll: boolean } {
    const words = this.#words;
    for (;;) {
      // In this order: rows written before a step was seen not to be done belong to it.
      const news = Atomics.load(words, NEWS), written = Atomics.load(words, WRITTEN);
      const done = Atomics.load(words, DONE);
      if (done === FAILED) throw new Error("metering thread: it failed");
      if (done > step) return { written: Atomics.load(words, MARKS + step % STEPS), isAll: true };
      if (written !== read) return { written, isAll: false };
      Atomics.wait(words, NEWS, news);
    }
  }

  #ring(): void {
    Atomics.add(this.#words, NEWS, 1);
    Atomics.notify(this.#words, NEWS);
  }
}
