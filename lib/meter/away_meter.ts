import { RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { figuresMemory, takeFigures } from "./away_figures.ts";
import type { ConnectionColumns } from "./connections.ts";
import type { FlowMeter } from "./flow_meter.ts";
import type { RecordSink } from "./meter.ts";
import { RowFeed } from "./row_feed.ts";
import { RowRing } from "./row_ring.ts";
import { Unrecorded } from "./unrecorded.ts";

/**
 * Stands for a meter that works on another thread: takes its records of each batch, in the place and in the portions in which that meter
 * would have given them here.
 *
 * The steps of its ring are the batches, and the end of the capture.
 */
export class AwayMeter implements FlowMeter {
  readonly seen = { packets: 0, bytes: 0, flowPackets: 0, flowBytes: 0 };
  readonly table = { peak: 0 };
  readonly ledger = undefined;
  readonly ghosts = undefined;
  readonly unrecorded: Unrecorded = new Unrecorded();
  created = 0;
  emitted = 0;
  /** Its thread has the connections' numbers. */
  connections: ConnectionColumns | undefined;
  /** Where its thread leaves the figures in the end. */
  readonly figures: SharedArrayBuffer = figuresMemory();
  readonly #sink: RecordSink;
  readonly #batchSize: number;
  readonly #feed: RowFeed;
  #out: RecordBatch;
  #step = 0;
  #isOver = false;

  /** `rows` is that of the ring's chunks. */
  constructor(readonly settings: Settings, rows: number, sink: RecordSink, batchSize: number) {
    this.#sink = sink;
    this.#batchSize = batchSize;
    this.#feed = new RowFeed(new RowRing(rows, settings.jitter));
    this.#out = new RecordBatch(batchSize);
  }

  /** Where its thread writes the records. */
  get ring(): RowRing {
    return this.#feed.ring;
  }

  /** Takes the records of a batch, which may have to be waited for. */
  run(): void {
    while (!this.#take()) { /* More to come. */ }
    this.#step++;
  }

  /** Time goes on only with packets. */
  tick(): void {}

  end(): void {
    for (const _ of this.ending()) { /* The sink takes all. */ }
  }

  *ending(): Generator<void, void, void> {
    if (this.#isOver) return;
    while (!this.#take()) yield;
    this.abandon();
    if (this.#out.length > 0) this.#out = this.#sink(this.#out);
    takeFigures(this.figures, this);
  }

  /** There is nothing more to wait for. */
  abandon(): void {
    this.#isOver = true;
  }

  /** Takes what is there; true when that was the rest of the step. */
  #take(): boolean {
    const feed = this.#feed;
    const { written, isAll } = feed.ring.awaitRows(feed.read, this.#step);
    feed.written = written;
    this.#out = feed.copy(this.#out, this.#batchSize, this.#sink);
    feed.release();
    return isAll;
  }
}
