import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
const { AGR_DOUBLES, DOUBLES, RARE, WORDS } = R;

/** Rows of the first chunk, and of the largest: chunks double in between, so a small store stays small. */
const FIRST_BITS = 6, MOST_BITS = 16;
const FIRST = 1 << FIRST_BITS, MOST = 1 << MOST_BITS;
/** Rows in the chunks before those of full size, and their number. */
const DOUBLING = 2 * MOST, DOUBLING_CHUNKS = MOST_BITS - FIRST_BITS + 2;

/** The chunk a row stands in. */
function chunkOf(n: number): number {
  if (n < FIRST) return 0;
  return n < DOUBLING ? 32 - Math.clz32(n >> FIRST_BITS) : DOUBLING_CHUNKS + ((n - DOUBLING) >> MOST_BITS);
}

/** The number of a row within its chunk. */
function placeOf(n: number): number {
  if (n < FIRST) return n;
  return n < DOUBLING ? n - (1 << 31 - Math.clz32(n)) : n & MOST - 1;
}

/** Use counts up to here fit beside a row number in a double; then they are renumbered. */
const CLOCK_LIMIT = 2 ** 26;

/**
 * Records that stay: numbered rows in chunks, freed numbers used again, and the order in which they were last used.
 *
 * Chunks never move, so growing copies nothing and memory follows the live rows. The order is a time stamp per row, sorted when asked for: a linked queue would touch
 * three other rows at every use, and memory far apart is what costs here.
 */
export class RowStore {
  readonly #chunks: RecordBatch[] = [];
  /** Count of the last use, 0 for a free row. */
  #used: Int32Array = new Int32Array(FIRST);
  #free: number[] = [];
  #top = 0;
  #clock = 0;
  /** Rows in use. */
  length = 0;

  /** The batch that holds a row. */
  chunk(n: number): RecordBatch {
    return this.#chunks[chunkOf(n)]!;
  }

  /** The number of a row within its batch. */
  row(n: number): number {
    return placeOf(n);
  }

  /** Reads a word from each cache line of a row, so that it is at hand soon after. */
  peek(n: number): number {
    const chunk = this.#chunks[chunkOf(n)]!, at = placeOf(n);
    const words = chunk.words, w = at * WORDS, d = at * DOUBLES;
    const agr = chunk.agr;
    return words[w]! + words[w + 16]! + words[w + 32]! + words[w + 48]! + words[w + RARE - 1]! +
      chunk.doubles[d]! +
      chunk.doubles[d + 8]! + chunk.doubles[d + 11]! + this.#used[n]! +
      (agr === undefined ? 0 : agr[at * AGR_DOUBLES]! + agr[at * AGR_DOUBLES + 9]!);
  }

  /** {@linkcode peek} for up to `count` of the listed rows. */
  peekAll(rows: Int32Array, from: number, count: number): number {
    let sum = 0;
    for (let i = from; i < from + count && i < rows.length; i++) {
      if (rows[i]! >= 0) sum += this.peek(rows[i]!);
    }
    return sum;
  }

  /** Copies a row in, as the last used, and gives its number. */
  add(from: RecordBatch, row: number): number {
    let n = this.#free.pop();
    if (n === undefined) {
      n = this.#top++;
      if (chunkOf(n) === this.#chunks.length) {
        const chunk = new RecordBatch(Math.min(MOST, Math.max(FIRST, n)));
        chunk.length = chunk.capacity;
        this.#chunks.push(chunk);
      }
      if (n >= this.#used.length) {
        const used = new Int32Array(this.#used.length * 2);
        used.set(this.#used);
        this.#used = used;
      }
    }
    this.#chunks[chunkOf(n)]!.copyRow(placeOf(n), from, row);
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
    const used = this.#used, out = new Int32Array(this.length);
    let count = 0;
    if (this.#clock <= 8 * this.length + 65536) {
      // Stamps are dense: each row goes straight to its place.
      const byStamp = new Int32Array(this.#clock + 1);
      for (let n = 0; n < this.#top; n++) if (used[n] !== 0) byStamp[used[n]!] = n + 1;
      for (let t = 1; t < byStamp.length; t++) if (byStamp[t] !== 0) out[count++] = byStamp[t]! - 1;
      return out;
    }
    const keys = new Float64Array(this.length);
    for (let n = 0; n < this.#top; n++) if (used[n] !== 0) keys[count++] = used[n]! * CLOCK_LIMIT + n;
    keys.sort();
    for (let i = 0; i < count; i++) out[i] = keys[i]! % CLOCK_LIMIT;
    return out;
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
