import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { Chunk, RowRing } from "./row_ring.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
const { WORDS, DOUBLES } = R;

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
    const from = this.chunk.batch, at = out.length;
    if (from.jitter !== undefined || from.user !== undefined) {
      for (let n = 0; n < rows; n++) out.append(from, this.row + n);
    } else {
      const w = this.row * WORDS, d = this.row * DOUBLES;
      for (let n = 0; n < rows; n++) out.add();
      out.words.set(from.words.subarray(w, w + rows * WORDS), at * WORDS);
      out.doubles.set(from.doubles.subarray(d, d + rows * DOUBLES), at * DOUBLES);
    }
    this.skip(rows);
  }
}
