import { ThreadAhead } from "../base/mod.ts";
import { AwayMeter } from "./away_meter.ts";
import type { AwayTask } from "./away_worker.ts";
import type { MeterBank } from "./bank.ts";
import { rowsOfChunk } from "./row_ring.ts";
import type { ThreadNews } from "./shard_thread.ts";
import type { KeyedInput } from "./slot_meter.ts";

/** The threads that meter some settings of a bank. */
const meterThread = new ThreadAhead(
  "metering thread",
  () => new Worker(new URL("./away_worker.ts", import.meta.url), { type: "module" }),
);

/**
 * Deals the settings that may move out to the bank's own thread, the first, and to others: all have as many, but the bank's own has also
 * to do with the records of all.
 */
export function dealOut(bank: MeterBank, threads: number): number[][] {
  const { movable } = bank, settled = bank.meters.length - movable.length;
  const hands = Array.from({ length: threads }, () => [] as number[]);
  for (const index of movable) {
    const load = (hand: number) => hands[hand]!.length + (hand === 0 ? settled + 0.5 : 0);
    let least = 0;
    for (let hand = 1; hand < threads; hand++) if (load(hand) < load(least)) least = hand;
    hands[least]!.push(index);
  }
  return hands;
}

/** A thread that has some settings of a bank. */
export class AwayThread {
  readonly #bank: MeterBank;
  readonly #settings: readonly number[];
  readonly #thread = meterThread.take();
  readonly #meters: AwayMeter[] = [];
  /** Why it gave up. */
  failure: Error | undefined;

  /** Takes the meters of these settings out of the bank. */
  constructor(bank: MeterBank, settings: readonly number[]) {
    this.#bank = bank;
    this.#settings = settings;
    const rows = rowsOfChunk(settings.length);
    for (const index of settings) {
      bank.replace(index, (sink, batchSize) => {
        const meter = new AwayMeter(bank.meters[index]!.settings, rows, sink, batchSize);
        this.#meters.push(meter);
        return meter;
      });
    }
  }

  /** Settles when the thread takes its task, with an error when it never will. */
  get ready(): Promise<Error | undefined> {
    return this.#thread.ready;
  }

  /** Sets it to work: it ends by itself when its records are taken, which the bank does. */
  start(input: KeyedInput, connections: boolean): void {
    const { worker } = this.#thread;
    worker.onerror = (event) => {
      event.preventDefault();
      this.failure = new Error(`metering thread: ${event.message}`);
    };
    worker.onmessage = ({ data: news }: { data: ThreadNews }) => {
      if (news.kind === "failed") this.failure = new Error(`metering thread: ${news.reason}`);
    };
    const task: AwayTask = {
      settings: this.#settings.map((index) => this.#bank.meters[index]!.settings),
      connections,
      input,
      rings: this.#meters.map((meter) => meter.ring.memory),
      figures: this.#meters.map((meter) => meter.figures),
    };
    worker.postMessage(task);
  }

  /** Ends it at once; what it has not given yet is lost. */
  stop(): void {
    for (const meter of this.#meters) meter.abandon();
    this.#thread.worker.terminate();
  }
}
