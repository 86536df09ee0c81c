import { AGR_DOUBLES, DOUBLES, JITTER_DOUBLES, RecordBatch, WORDS } from "../record/mod.ts";

/** Rows of one shared batch: few, so that a batch is still in the cache when it is taken. */
export const SHARED_ROWS = 1024;

/** Header words: who has the batch, rows in it, whether jitter and statistics count, whether a message with banks belongs to it. */
export const H_STATE = 0, H_LENGTH = 1, H_JITTER = 2, H_AGR = 3, H_BANKS = 4;
/** States: to be filled by the reading thread, to be taken, nothing more comes, nothing more is wanted. */
export const FREE = 0, FULL = 1, ENDED = 2, UNWANTED = 3;

/** Memory of one batch, in order of allocation. */
export type RowMemory = readonly SharedArrayBuffer[];

/** A record batch in shared memory that a reading thread fills and another takes; user data and rare sections travel as messages. */
export class SharedRows {
  readonly memory: RowMemory;
  readonly header: Int32Array;
  readonly batch: RecordBatch;
  readonly jitter: Float64Array;
  readonly agr: Float64Array;
  /** Numbers of the rows' keys. */
  readonly keys: Int32Array;

  /** Makes new shared memory, or views what the other thread made. */
  constructor(given?: RowMemory) {
    const made: SharedArrayBuffer[] = [];
    const take = (bytes: number) => {
      const buffer = given ? given[made.length]! : new SharedArrayBuffer(bytes);
      made.push(buffer);
      return buffer;
    };
    this.header = new Int32Array(take(64));
    this.batch = RecordBatch.around(
      new Int32Array(take(4 * SHARED_ROWS * WORDS)),
      new Float64Array(take(8 * SHARED_ROWS * DOUBLES)),
    );
    this.jitter = new Float64Array(take(8 * SHARED_ROWS * JITTER_DOUBLES));
    this.agr = new Float64Array(take(8 * SHARED_ROWS * AGR_DOUBLES));
    this.keys = new Int32Array(take(4 * SHARED_ROWS));
    this.memory = made;
  }
}
