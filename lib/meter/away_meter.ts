import { RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { AwayFigures } from "./away_figures.ts";
import type { ConnectionColumns } from "./connections.ts";
import type { FlowMeter } from "./flow_meter.ts";
import type { RecordSink } from "./meter.ts";
import { RowFeed } from "./row_feed.ts";
import { RowRing } from "./row_ring.ts";

/**
 * Stands for a meter that works on another thread, of one setting or of several that are metered together: takes its records of each
 * batch and gives each setting's sink what the meter would have given it here.
 *
 * The steps of its ring are the batches, and the end of the capture.
 */
export class AwayMeter implements FlowMeter {
  /** By setting. */
  readonly figures: readonly AwayFigures[];
  /** Its thread has the connections' numbers. */
  connections: ConnectionColumns | undefined;
  readonly #sinks: readonly RecordSink[];
  readonly #batchSize: number;
  readonly #feed: RowFeed;
  readonly #outs: RecordBatch[];
  #step = 0;
  #isOver = false;

  /** `rows` is that of the ring's chunks. */
  constructor(
    settings: readonly Settings[],
    rows: number,
    sinks: readonly RecordSink[],
    batchSize: number,
  ) {
    this.figures = settings.map((s) => new AwayFigures(s));
    this.#sinks = sinks;
    this.#batchSize = batchSize;
    this.#feed = new RowFeed(new RowRing(rows, settings.some((s) => s.jitter)));
    this.#outs = settings.map(() => new RecordBatch(batchSize));
  }

  /** Where its thread writes the records. */
  get ring(): RowRing {
    return this.#feed.ring;
  }
  get settings(): Settings {
    return this.figures[0]!.settings;
  }
  get seen(): AwayFigures["seen"] {
    return this.figures[0]!.seen;
  }
  get table(): AwayFigures["table"] {
    return this.figures[0]!.table;
  }
  get ledger(): undefined {
    return undefined;
  }
  get ghosts(): undefined {
    return undefined;
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
    this.#outs.forEach((out, n) => out.length > 0 && this.#sinks[n]!(out));
    for (const figures of this.figures) figures.take();
  }

  /** There is nothing more to wait for. */
  abandon(): void {
    this.#isOver = true;
    this.ring.leave();
  }

  /** Takes what is there; true when that was the rest of the step. */
  #take(): boolean {
    const feed = this.#feed, outs = this.#outs, sinks = this.#sinks, size = this.#batchSize;
    const { written, isAll } = feed.ring.awaitRows(feed.read, this.#step);
    feed.written = written;
    while (!feed.isEmpty) {
      // Records of several settings bear their numbers.
      const n = outs.length > 1 ? feed.chunk.stamps[feed.row]! : 0;
      let behind = feed.stretch;
      if (outs.length > 1) {
        const { stamps } = feed.chunk;
        for (let rows = 1; rows < behind; rows++) if (stamps[feed.row + rows] !== n) behind = rows;
      }
      const out = outs[n]!;
      feed.copy(out, Math.min(behind, size - out.length));
      if (out.length >= size) outs[n] = sinks[n]!(out);
    }
    feed.release();
    return isAll;
  }
}
