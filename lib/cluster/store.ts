import { DOUBLES, RecordBatch, WORDS } from "../record/mod.ts";

/** Rows per chunk: chunks never move, so growing copies nothing and memory follows the live rows. */
const CHUNK_BITS = 12;
const CHUNK = 1 << CHUNK_BITS;

/** Use counts up to here fit beside a row number in a double; then they are renumbered. */
const CLOCK_LIMIT = 2 ** 26;

/**
 * Records that stay: numbered rows in chunks, freed numbers used again, and the order in which they were last used.
 *
 * Row `n` is row `n & 4095` of batch `chunk(n)`. The order is a time stamp per row, sorted when asked for: a linked queue would touch
 * three other rows at every use, and memory far apart is what costs here.
 */
export class RowStore {
  readonly #chunks: RecordBatch[] = [];
  /** Count of the last use, 0 for a free row. */
  #used: Int32Array = new Int32Array(CHUNK);
  #free: number[] = [];
  #top = 0;
  #clock = 0;
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

  /** Reads a word from each cache line of a row, so that it is at hand soon after. */
  peek(n: number): number {
    const chunk = this.#chunks[n >> CHUNK_BITS];
    if (chunk === undefined) return 0;
    const words = chunk.words, w = (n & CHUNK - 1) * WORDS, d = (n & CHUNK - 1) * DOUBLES;
    return words[w]! + words[w + 16]! + words[w + 32]! + words[w + 48]! + words[w + 64]! + chunk.doubles[d]! +
      chunk.doubles[d + 8]! + this.#used[n]!;
  }

  /** Copies a row in, as the last used, and gives its number. */
  add(from: RecordBatch, row: number): number {
    let n = this.#free.pop();
    if (n === undefined) {
      n = this.#top++;
      if (n >> CHUNK_BITS === this.#chunks.length) {
        const chunk = new RecordBatch(CHUNK);
        chunk.length = CHUNK;
        this.#chunks.push(chunk);
      }
      if (n >= this.#used.length) {
        const used = new Int32Array(this.#used.length * 2);
        used.set(this.#used);
        this.#used = used;
      }
    }
    this.#chunks[n >> CHUNK_BITS]!.copyRow(n & CHUNK - 1, from, row);
    this.touch(n);
    this.length++;
    return n;
  }

  /** Gives a row number back. */
  remove(n: number): void {
    this.#used[n] = 0;
    this.#free.push(n);
    this.length--;
  }

  /** Makes a row the last used. */
  touch(n: number): void {
    if (this.#clock === CLOCK_LIMIT) this.#renumber();
    this.#used[n] = ++this.#clock;
  }

  /** Row numbers, least recently used first. */
  order(): Int32Array {
    const keys = new Float64Array(this.length);
    let count = 0;
    for (let n = 0; n < this.#top; n++) {
      if (this.#used[n] !== 0) keys[count++] = this.#used[n]! * CLOCK_LIMIT + n;
    }
    keys.sort();
    return Int32Array.from(keys, (key) => key % CLOCK_LIMIT);
  }

  /** Forgets everything. */
  clear(): void {
    this.#chunks.length = 0;
    this.#free = [];
    this.#used.fill(0);
    this.#top = this.#clock = this.length = 0;
  }

  #renumber(): void {
    const order = this.order();
    for (let i = 0; i < order.length; i++) this.#used[order[i]!] = i + 1;
    this.#clock = order.length;
  }
}
