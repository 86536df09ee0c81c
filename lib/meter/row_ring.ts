import { DOUBLES, JITTER_DOUBLES, RecordBatch, WORDS } from "../record/mod.ts";
import type { SharedMemory } from "./shared_batch.ts";

/** Chunks of a ring: one being filled, one being taken, and room for a shard to be ahead. */
export const CHUNKS = 4;
/** Rows of the chunks of all settings together. */
const ROWS = 4096;
const LEAST_ROWS = 256;

/** Rows of a chunk where so many settings have a ring each: a power of two, so that numbering may wrap. */
export function rowsOfChunk(settings: number): number {
  return Math.max(LEAST_ROWS, 1 << 31 - Math.clz32(ROWS / settings));
}

/** Rows of one chunk with their stamps (`Meter.stamps`). */
export interface Chunk {
  readonly batch: RecordBatch;
  readonly stamps: Float64Array;
}

/**
 * Record rows on their way from one shard's thread to the thread that merges, in shared memory: row number n of the shard lies in chunk
 * `n / rows % CHUNKS`. Row numbers are counted modulo 2^32.
 */
export class RowRing {
  readonly memory: SharedMemory;
  readonly chunks: readonly Chunk[];
  /** Rows of a chunk. */
  readonly rows: number;
  readonly #read: Int32Array;

  /** Makes new shared memory, or views what another thread made. */
  constructor(rows: number, jitter: boolean, given?: SharedMemory) {
    const made: SharedArrayBuffer[] = [];
    const take = (bytes: number) => {
      const buffer = given ? given[made.length]! : new SharedArrayBuffer(bytes);
      made.push(buffer);
      return buffer;
    };
    this.rows = rows;
    this.#read = new Int32Array(take(4));
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
    return Atomics.load(this.#read, 0);
  }

  /** Tells the writing thread how many rows are taken. */
  release(read: number): void {
    Atomics.store(this.#read, 0, read | 0);
    Atomics.notify(this.#read, 0);
  }

  /** Whether the rows up to this one are taken. */
  isFree(row: number): boolean {
    return (this.read - row | 0) >= 0;
  }

  /** Waits until the rows up to this one are taken. */
  wait(row: number): void {
    for (let read = this.read; (read - row | 0) < 0; read = this.read) Atomics.wait(this.#read, 0, read);
  }
}
