import { grown } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import type { RecordSink } from "./meter.ts";
import type { Rows } from "./shard_worker.ts";

/** Rows of a batch that is given out. */
const OUT = 4096;

/** Rows of one shard in one piece, taken front to back. */
interface Head {
  readonly shard: number;
  readonly batches: readonly RecordBatch[];
  readonly stamps: readonly Float64Array[];
  batch: number;
  row: number;
}

/** Puts the records of one setting's shards back into the order of one meter, and numbers them as it does. */
export class ShardMerge {
  readonly #sink: RecordSink;
  #out = new RecordBatch(OUT);
  /** Transport sequence number given for each shard's own (SEQ-1). */
  readonly #numbers: Int32Array[];
  #sequence = 0;

  constructor(shards: number, sink: RecordSink) {
    this.#sink = sink;
    this.#numbers = Array.from({ length: shards }, () => new Int32Array(1024));
  }

  /** Takes the next piece of every shard: no later piece has a record that belongs before these. */
  take(pieces: readonly (readonly Rows[])[]): void {
    const heads = pieces.map((rows, shard): Head => ({
      shard,
      batches: rows.map(batchOf),
      stamps: rows.map((r) => r.stamps),
      batch: 0,
      row: 0,
    })).filter(settle);
    while (heads.length > 0) {
      let first = 0;
      for (let i = 1; i < heads.length; i++) if (isBefore(heads[i]!, heads[first]!)) first = i;
      const head = heads[first]!;
      this.#give(head);
      head.row++;
      if (!settle(head)) heads.splice(first, 1);
    }
  }

  /** Gives out what is left. */
  end(): void {
    if (this.#out.length > 0) this.#out = this.#sink(this.#out);
  }

  #give(head: Head): void {
    const out = this.#out;
    const row = out.append(head.batches[head.batch]!, head.row);
    const at = row * R.WORDS + R.SEQ;
    out.words[at] = this.#numberOf(head.shard, out.words[at]!);
    if (out.length >= OUT) this.#out = this.#sink(out);
  }

  #numberOf(shard: number, own: number): number {
    let numbers = this.#numbers[shard]!;
    if (own >= numbers.length) {
      numbers = this.#numbers[shard] = grown(numbers, Math.max(2 * numbers.length, own + 1));
    }
    return numbers[own] ||= ++this.#sequence;
  }
}

/** Moves a head over used up batches; false when nothing is left. */
function settle(head: Head): boolean {
  while (head.batch < head.batches.length && head.row >= head.batches[head.batch]!.length) {
    head.batch++;
    head.row = 0;
  }
  return head.batch < head.batches.length;
}

/** Status boundaries and the end of the capture come in the order in which the intervals began. */
function isBefore(a: Head, b: Head): boolean {
  const x = a.stamps[a.batch]![a.row]!, y = b.stamps[b.batch]![b.row]!;
  return x !== y ? x < y : firstFrame(a) < firstFrame(b);
}

function firstFrame(head: Head): number {
  return head.batches[head.batch]!.words[head.row * R.WORDS + R.FIRST_FRAME]! >>> 0;
}

function batchOf(rows: Rows): RecordBatch {
  const batch = RecordBatch.around(rows.words, rows.doubles);
  batch.jitter = rows.jitter;
  batch.agr = rows.agr;
  batch.user = rows.user;
  batch.more = rows.more;
  batch.length = rows.length;
  return batch;
}
