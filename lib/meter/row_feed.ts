import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { Chunk, RowRing } from "./row_ring.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
const { DOUBLES, FLAGS, FLAGS_RARE, RARE, WORDS } = R;

/** Rows from which on they are copied as one piece: that costs four views of memory. */
const MANY = 16;

/** The rows of a ring, taken front to back. */
export class RowFeed {
  /** Rows taken, and rows there. */
  read = 0;
  written = 0;
  /** Where the next row lies. */
  chunk: Chunk;
  row = 0;

  constructor(readonly ring: RowRing) {
    this.chunk = ring.chunks[0]!;
  }

  get isEmpty(): boolean {
    return this.read === this.written;
  }

  /** Goes on behind so many rows of a chunk. */
  skip(rows: number): void {
    this.read = this.read + rows | 0;
    this.row += rows;
    if (this.row === this.ring.rows) {
      this.row = 0;
      this.chunk = this.ring.chunkOf(this.read);
    }
  }

  /** Tells the writing thread how many rows are taken. */
  release(): void {
    this.ring.release(this.read);
  }

  /** Rows that lie behind each other from the next one on. */
  get stretch(): number {
    return Math.min(this.written - this.read | 0, this.ring.rows - this.row);
  }

  /** Appends so many rows of a stretch to a batch. */
  copy(out: RecordBatch, rows: number): void {
    const from = this.chunk.batch;
    if (from.jitter !== undefined || from.user !== undefined) {
      for (let n = 0; n < rows; n++) out.append(from, this.row + n);
    } else if (rows < MANY) { for (let n = 0; n < rows; n++) copyRow(out, from, this.row + n); }
    else {
      const at = out.length, w = this.row * WORDS, d = this.row * DOUBLES;
      for (let n = 0; n < rows; n++) out.add();
      out.words.set(from.words.subarray(w, w + rows * WORDS), at * WORDS);
      out.doubles.set(from.doubles.subarray(d, d + rows * DOUBLES), at * DOUBLES);
    }
    this.skip(rows);
  }
}

/** Appends one row. */
export function copyRow(out: RecordBatch, from: RecordBatch, row: number): number {
  const at = out.add(), o = at * WORDS, w = row * WORDS, to = out.words, words = from.words;
  const od = at * DOUBLES, d = row * DOUBLES, toDoubles = out.doubles, doubles = from.doubles;
  for (let j = 0; j < RARE; j++) to[o + j] = words[w + j]!;
  // Rows without these flags hold zeros there.
  if (words[w + FLAGS]! & FLAGS_RARE) { for (let j = RARE; j < WORDS; j++) to[o + j] = words[w + j]!; }
  else for (let j = RARE; j < WORDS; j++) to[o + j] = 0;
  for (let j = 0; j < DOUBLES; j++) toDoubles[od + j] = doubles[d + j]!;
  return at;
}
