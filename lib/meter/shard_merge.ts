import { grown } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import type { RecordSink } from "./meter.ts";
import { copyRow, RowFeed } from "./row_feed.ts";
import type { RowRing } from "./row_ring.ts";
import type { RowNews } from "./row_writer.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
const { FIRST_FRAME, SEQ, WORDS } = R;

/** Rows of a batch that is given out. */
const OUT = 4096;

/** The rows of one shard. */
class Feed extends RowFeed {
  /** Rows with smaller stamps are all there. */
  upTo = -Infinity;
  ended = false;
  /** Transport sequence number given for each of the shard's own (SEQ-1). */
  #numbers = new Int32Array(1024);

  /** Stamp of the next row, or what later rows cannot go below. */
  get stamp(): number {
    return this.read === this.written ? this.upTo : this.chunk.stamps[this.row]!;
  }

  get firstFrame(): number {
    return this.chunk.batch.words[this.row * WORDS + FIRST_FRAME]! >>> 0;
  }

  /** Where the number for one of the shard's own sequence numbers stands. */
  numbers(own: number): Int32Array {
    if (own >= this.#numbers.length) {
      this.#numbers = grown(this.#numbers, Math.max(2 * this.#numbers.length, own + 1));
    }
    return this.#numbers;
  }

  hear(news: RowNews): void {
    const { user } = news, { rows } = this.ring;
    if (user !== undefined) {
      for (let row = this.written, j = 0; row !== news.written; row = row + 1 | 0, j += 2) {
        const data = this.ring.chunkOf(row).batch.user ??= [], at = 2 * ((row >>> 0) % rows);
        data[at] = user[j];
        data[at + 1] = user[j + 1];
      }
    }
    this.written = news.written;
    this.upTo = news.upTo;
    this.ended = news.ended;
  }
}

/** Puts the records of one setting's shards back into the order of one meter, and numbers them as it does. */
export class ShardMerge {
  readonly #sink: RecordSink;
  readonly #feeds: readonly Feed[];
  #out = new RecordBatch(OUT);
  #sequence = 0;

  /** `rings` are those of the shards. */
  constructor(rings: readonly RowRing[], sink: RecordSink) {
    this.#sink = sink;
    this.#feeds = rings.map((ring) => new Feed(ring));
  }

  /** Takes news of a shard. */
  hear(shard: number, news: RowNews): void {
    this.#feeds[shard]!.hear(news);
  }

  /** Whether all rows of all shards are taken. */
  get isDone(): boolean {
    return this.#feeds.every((feed) => feed.ended && feed.isEmpty);
  }

  /** Gives out every row that no row still to come belongs before. */
  run(): void {
    if (this.#feeds.length === 1) this.#copy(this.#feeds[0]!);
    for (let first = this.#first(); first !== undefined && !first.isEmpty; first = this.#first()) {
      // Rows come in stretches of one shard.
      const bound = this.#bound(first);
      do {
        this.#give(first);
        first.skip(1);
      } while (!first.isEmpty && first.stamp < bound);
    }
    for (const feed of this.#feeds) feed.release();
  }

  /** The only shard's rows are in order and numbered already. */
  #copy(feed: Feed): void {
    while (!feed.isEmpty) {
      feed.copy(this.#out, Math.min(feed.stretch, OUT - this.#out.length));
      if (this.#out.length >= OUT) this.#out = this.#sink(this.#out);
    }
  }

  /** The feed whose next row, be it one still to come, is next. */
  #first(): Feed | undefined {
    let first: Feed | undefined;
    for (const feed of this.#feeds) {
      if (!(feed.isEmpty && feed.ended) && (first === undefined || isBefore(feed, first))) first = feed;
    }
    return first;
  }

  /** The smallest stamp that another feed's rows can have. */
  #bound(first: Feed): number {
    let bound = Infinity;
    for (const feed of this.#feeds) {
      if (feed !== first && !(feed.isEmpty && feed.ended) && feed.stamp < bound) bound = feed.stamp;
    }
    return bound;
  }

  /** Gives out what is left. */
  end(): void {
    if (this.#out.length > 0) this.#out = this.#sink(this.#out);
  }

  #give(feed: Feed): void {
    const out = this.#out, from = feed.chunk.batch, at = copyRow(out, from, feed.row);
    if (from.jitter !== undefined || from.user !== undefined) out.copyRow(at, from, feed.row);
    const seq = at * WORDS + SEQ, own = out.words[seq]!, numbers = feed.numbers(own);
    out.words[seq] = numbers[own] ||= ++this.#sequence;
    if (out.length >= OUT) this.#out = this.#sink(out);
  }
}

/** Status boundaries and the end of the capture come in the order in which the intervals began. */
function isBefore(a: Feed, b: Feed): boolean {
  const x = a.stamp, y = b.stamp;
  if (x !== y) return x < y;
  // A row still to come may have the same stamp.
  return a.isEmpty || !b.isEmpty && a.firstFrame < b.firstFrame;
}
