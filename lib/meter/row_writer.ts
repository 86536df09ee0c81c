import type { RecordBatch } from "../record/mod.ts";
import type { Meter } from "./meter.ts";
import { CHUNKS, type RowRing } from "./row_ring.ts";

/** What a shard's thread tells of the rows of one setting that are there to be taken. */
export interface RowNews {
  /** Rows written so far. */
  readonly written: number;
  /** Every record with a smaller stamp is written. */
  readonly upTo: number;
  /** Nothing more comes. */
  readonly ended: boolean;
  /** User data of the rows written since the last news, two a row, where the setting asks for it. */
  readonly user?: readonly (Uint8Array | undefined)[];
}

/** Lets a meter write its rows into a ring. Its records are stamped where another thread merges them. */
export class RowWriter {
  ended = false;
  readonly #ring: RowRing;
  readonly #user: boolean;
  #meter: Meter | undefined;
  #chunk = 0;
  /** Number of the first row of the chunk being filled. */
  #base = 0;
  #told = 0;
  #last = -Infinity;
  #upTo = -Infinity;

  constructor(ring: RowRing, user: boolean) {
    this.#ring = ring;
    this.#user = user;
  }

  /** Makes the meter fill the first chunk. */
  begin(meter: Meter): void {
    this.#meter = meter;
    this.#use(meter);
  }

  /** Takes a full chunk and gives the next one; `tell` is called before it waits for that to be free. */
  next(full: RecordBatch, tell: () => void): RecordBatch {
    const { rows } = this.#ring;
    // The meter may flush what is not full, and goes on in the same chunk.
    if (full.length < rows) return full;
    const free = this.#base + rows * (2 - CHUNKS);
    if (!this.#ring.isFree(free)) {
      tell();
      this.#ring.wait(free);
    }
    this.#base = this.#base + rows | 0;
    this.#chunk = (this.#chunk + 1) % CHUNKS;
    return this.#use(this.#meter!);
  }

  /** Rows written so far, those of the chunk being filled among them. */
  get written(): number {
    return this.#base + this.#meter!.out.length | 0;
  }

  /** What is to be told now; undefined when nothing is new. */
  news(): RowNews | undefined {
    const meter = this.#meter!, { out } = meter, { rows } = this.#ring;
    const { written } = this;
    if (out.length > 0) this.#last = meter.stamps![out.length - 1]!;
    const upTo = Math.max(this.#last, 4 * meter.next);
    if (written === this.#told && upTo === this.#upTo && !this.ended) return undefined;
    const user: (Uint8Array | undefined)[] = [];
    if (this.#user) {
      for (let row = this.#told; row !== written; row = row + 1 | 0) {
        const data = this.#ring.chunkOf(row).batch.user, at = 2 * ((row >>> 0) % rows);
        user.push(data?.[at], data?.[at + 1]);
      }
    }
    this.#told = written;
    this.#upTo = upTo;
    return { written, upTo, ended: this.ended, ...(this.#user ? { user } : {}) };
  }

  #use(meter: Meter): RecordBatch {
    const { batch, stamps } = this.#ring.chunks[this.#chunk]!;
    batch.clear();
    meter.out = batch;
    if (meter.stamps !== undefined) meter.stamps = stamps;
    return batch;
  }
}
