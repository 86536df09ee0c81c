import * as L from "./layout.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
const { D_END, D_LAST, D_START, DOUBLES, FLAG_AGR, FLAG_JITTER, FLAGS, S_END, S_LAST, S_START, WORDS } = L;

/** Doubles of one record's jitter: blocks source active, source idle, destination active, destination idle. */
export const JITTER_DOUBLES = 20;
/** Offsets inside a block of 5: count, smallest, mean, standard deviation, largest; microseconds (REC-7). */
export const J_N = 0, J_MIN = 1, J_MEAN = 2, J_STDEV = 3, J_MAX = 4;

/** Doubles of one record's aggregation statistics (argus-format DSR 0x60). */
export const AGR_DOUBLES = 10;
/** Offsets: records merged, last start and last end (microseconds), n, smallest, mean, standard deviation, largest (seconds). */
export const AGR_COUNT = 0,
  AGR_LASTSTART = 1,
  AGR_LAST = 2,
  AGR_N = 3,
  AGR_MIN = 4,
  AGR_MEAN = 5,
  AGR_STDEV = 6,
  AGR_MAX = 7;
/** Metric index of the file (3 = duration), and 0 or 1 for "in a file". */
export const AGR_METRIC = 8;

/** Rare sections, kept as an object only where a record has them. */
export interface More {
  /** Text label. */
  label?: string;
  /** Source and destination country codes. */
  countries?: readonly [string, string];
  /** AS numbers of source, destination, inode. */
  asn?: readonly [number, number, number];
  /** Key strokes of source and destination. */
  strokes?: readonly [number, number];
  /** Packet size histograms, 8 nibbles a side. */
  sizes?: readonly [readonly number[] | undefined, readonly number[] | undefined];
  /** What cluster by evidence changed: rule name and what the record was before. */
  trail?: readonly string[];
  /** Management record body. */
  mar?: Readonly<Record<string, number>>;
  /** Byte offset of the record in its file. */
  offset?: number;
  /** Network section body that no word of the row holds (RTCP, UDT, ICMP object, unknown kinds). */
  network?: Uint8Array;
  /** Flow key of a kind that the key words do not hold whole (WLAN, ISIS), as in the Argus file. */
  key?: Uint8Array;
  /** Inter-packet time histograms of the four jitter blocks, 8 nibbles each. */
  gaps?: readonly (readonly number[] | undefined)[];
  /** Correlation entries. */
  cor?: readonly (readonly number[])[];
}

/**
 * Records as rows of `WORDS` 32-bit words and `DOUBLES` floats, with optional side banks for what few records have.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RecordBatch } from "./batch.ts";
 * import { PROTO, WORDS } from "./layout.ts";
 *
 * const batch = new RecordBatch(4);
 * const row = batch.add();
 * batch.words[row * WORDS + PROTO] = 6;
 * assertEquals(batch.length, 1);
 * ```
 */
export class RecordBatch {
  /** Rows in use. */
  length = 0;
  /** Rows allocated. */
  capacity: number;
  /** `capacity * WORDS` words. */
  words: Int32Array;
  /** `capacity * DOUBLES` doubles. */
  doubles: Float64Array;
  /** `capacity * JITTER_DOUBLES` doubles, present once a record has jitter. */
  jitter: Float64Array | undefined;
  /** `capacity * AGR_DOUBLES` doubles, present once a record was aggregated. */
  agr: Float64Array | undefined;
  /** Source and destination user data of row r at `2r` and `2r + 1`. */
  user: (Uint8Array | undefined)[] | undefined;
  /** Rare sections by row. */
  more: Map<number, More> | undefined;
  /** Numbers of the rows' aggregation keys, where the reader was asked to look them up. */
  keys: Int32Array | undefined;

  /** Rows from here on hold zeros: nobody had them since they were made or forgotten. */
  #used = 0;
  /** Whether the filler asks for blank rows. */
  #blank = false;

  /** Makes an empty batch with room for so many rows. */
  constructor(capacity = 1024) {
    this.capacity = Math.max(1, capacity);
    this.words = new Int32Array(this.capacity * WORDS);
    this.doubles = new Float64Array(this.capacity * DOUBLES);
  }

  /** An empty batch around memory that is there already: `WORDS` and `DOUBLES` a row. */
  static around(words: Int32Array, doubles: Float64Array): RecordBatch {
    const batch = new RecordBatch(1);
    batch.capacity = words.length / WORDS;
    batch.words = words;
    batch.doubles = doubles;
    return batch;
  }

  /** Makes room for one more row (contents are those of a former user) and gives its number. */
  add(): number {
    if (this.length === this.capacity) this.#grow();
    const row = this.length++;
    if (row >= this.#used) this.#used = row + 1;
    return row;
  }

  /** Like {@linkcode add}, with words zero, times not set and counters zero. */
  addBlank(): number {
    const clean = this.length >= this.#used;
    const row = this.add(), d = row * DOUBLES, doubles = this.doubles;
    this.#blank = true;
    if (!clean) {
      this.words.fill(0, row * WORDS, (row + 1) * WORDS);
      doubles.fill(0, d, d + DOUBLES);
    }
    // One fill for all rows when they are forgotten is cheaper than four per row here.
    doubles[d + S_START] =
      doubles[d + S_END] =
      doubles[d + D_START] =
      doubles[d + D_END] =
        NaN;
    doubles[d + S_LAST] = doubles[d + D_LAST] = NaN;
    return row;
  }

  /** Forgets all rows and banks; memory stays. */
  clear(): void {
    this.#used = Math.max(this.#used, this.length);
    if (this.#blank) {
      this.words.fill(0, 0, this.#used * WORDS);
      this.doubles.fill(0, 0, this.#used * DOUBLES);
      this.#used = 0;
    }
    this.length = 0;
    this.user = undefined;
    this.more = undefined;
  }

  /** An empty batch of the same size, for a filler that gives its batches away. */
  fresh(): RecordBatch {
    return new RecordBatch(Math.min(this.capacity, 4096));
  }

  /** The jitter bank, made on first use. */
  jitterBank(): Float64Array {
    return this.jitter ??= new Float64Array(this.capacity * JITTER_DOUBLES);
  }

  /** The aggregation bank, made on first use. */
  agrBank(): Float64Array {
    // Filled although it is zero: rows are used in any order, and pages that are read before they are written cost twice.
    return this.agr ??= new Float64Array(this.capacity * AGR_DOUBLES).fill(0);
  }

  /** The rare sections of a row, made on first use. */
  moreOf(row: number): More {
    const all = this.more ??= new Map();
    let m = all.get(row);
    if (m === undefined) all.set(row, m = {});
    return m;
  }

  /** Appends a copy of a row of another batch, banks included, and gives its number here. */
  append(from: RecordBatch, row: number): number {
    const at = this.add();
    this.copyRow(at, from, row);
    return at;
  }

  /** Overwrites row `at` with a copy of a row of another batch, banks included. */
  copyRow(at: number, from: RecordBatch, row: number): void {
    const w = at * WORDS, fw = row * WORDS, d = at * DOUBLES, fd = row * DOUBLES;
    const words = this.words, fromWords = from.words, doubles = this.doubles, fromDoubles = from.doubles;
    for (let i = 0; i < WORDS; i++) words[w + i] = fromWords[fw + i]!;
    for (let i = 0; i < DOUBLES; i++) doubles[d + i] = fromDoubles[fd + i]!;
    // Banks hold something only for rows whose flags say so.
    const flags = fromWords[fw + FLAGS]!;
    if (from.jitter && flags & FLAG_JITTER) {
      this.jitterBank().set(
        from.jitter.subarray(row * JITTER_DOUBLES, (row + 1) * JITTER_DOUBLES),
        at * JITTER_DOUBLES,
      );
    }
    if (from.agr && flags & FLAG_AGR) {
      this.agrBank().set(from.agr.subarray(row * AGR_DOUBLES, (row + 1) * AGR_DOUBLES), at * AGR_DOUBLES);
    }
    if (from.user) {
      const user = this.user ??= [];
      user[2 * at] = from.user[2 * row];
      user[2 * at + 1] = from.user[2 * row + 1];
    } else if (this.user) this.user[2 * at] = this.user[2 * at + 1] = undefined;
    const more = from.more?.get(row);
    if (more) (this.more ??= new Map()).set(at, { ...more });
    else this.more?.delete(at);
  }

  #grow(): void {
    this.capacity *= 2;
    const grown = <T extends Int32Array | Float64Array>(old: T, next: T): T => (next.set(old as never), next);
    this.words = grown(this.words, new Int32Array(this.capacity * WORDS));
    this.doubles = grown(this.doubles, new Float64Array(this.capacity * DOUBLES));
    if (this.jitter) this.jitter = grown(this.jitter, new Float64Array(this.capacity * JITTER_DOUBLES));
    if (this.agr) this.agr = grown(this.agr, new Float64Array(this.capacity * AGR_DOUBLES));
  }
}
