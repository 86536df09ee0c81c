import { RecordBatch } from "../record/mod.ts";

/** Rows per chunk: chunks never move, so growing copies nothing and memory follows the live rows. */
const CHUNK_BITS = 12;
const CHUNK = 1 << CHUNK_BITS;

/**
 * Records that stay: numbered rows in chunks, freed numbers used again, and one queue through them in order of last use.
 *
 * Row `n` is row `n & 4095` of batch `chunk(n)`.
 */
export class RowStore {
  readonly #chunks: RecordBatch[] = [];
  #next: Int32Array = new Int32Array(CHUNK);
  #previous: Int32Array = new Int32Array(CHUNK);
  #free: number[] = [];
  #top = 0;
  #head = -1;
  #tail = -1;
  /** Rows in use. */
  length = 0;

  /** The batch that holds a row. */
  chunk(n: number): RecordBatch {
    return this.#chunks[n >> CHUNK_BITS]!;
  }

  /** The number of a row within its batch. */
  row(n: number): number {
    return n & CHUNK - 1;
  }

  /** Copies a row in, at the tail of the queue, and gives its number. */
  add(from: RecordBatch, row: number): number {
    let n = this.#free.pop();
    if (n === undefined) {
      n = this.#top++;
      if (n >> CHUNK_BITS === this.#chunks.length) {
        const chunk = new RecordBatch(CHUNK);
        chunk.length = CHUNK;
        this.#chunks.push(chunk);
      }
      if (n >= this.#next.length) {
        this.#next = doubled(this.#next);
        this.#previous = doubled(this.#previous);
      }
    }
    this.#chunks[n >> CHUNK_BITS]!.copyRow(n & CHUNK - 1, from, row);
    this.#append(n);
    this.length++;
    return n;
  }

  /** Gives a row number back. */
  remove(n: number): void {
    this.#unlink(n);
    this.#free.push(n);
    this.length--;
  }

  /** Moves a row to the tail of the queue. */
  touch(n: number): void {
    if (n === this.#tail) return;
    this.#unlink(n);
    this.#append(n);
  }

  /** The row least recently added or touched, or -1. */
  get oldest(): number {
    return this.#head;
  }

  /** The row after `n` in the queue, or -1. */
  after(n: number): number {
    return this.#next[n]!;
  }

  /** Row numbers in queue order. */
  order(): Int32Array {
    const all = new Int32Array(this.length);
    let i = 0;
    for (let n = this.#head; n >= 0; n = this.#next[n]!) all[i++] = n;
    return all;
  }

  /** Forgets everything. */
  clear(): void {
    this.#chunks.length = 0;
    this.#free = [];
    this.#top = this.length = 0;
    this.#head = this.#tail = -1;
  }

  #append(n: number): void {
    this.#previous[n] = this.#tail;
    this.#next[n] = -1;
    if (this.#tail < 0) this.#head = n;
    else this.#next[this.#tail] = n;
    this.#tail = n;
  }

  #unlink(n: number): void {
    const a = this.#previous[n]!, b = this.#next[n]!;
    if (a < 0) this.#head = b;
    else this.#next[a] = b;
    if (b < 0) this.#tail = a;
    else this.#previous[b] = a;
  }
}

function doubled(old: Int32Array): Int32Array {
  const next = new Int32Array(old.length * 2);
  next.set(old);
  return next;
}
