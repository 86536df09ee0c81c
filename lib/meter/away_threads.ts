import { ThreadAhead } from "../base/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { AwayMeter } from "./away_meter.ts";
import type { AwayTask } from "./away_worker.ts";
import type { MeterBank, Stand } from "./bank.ts";
import { flocksOf } from "./flocks.ts";
import { rowsOfChunk } from "./row_ring.ts";
import type { ThreadNews } from "./thread_news.ts";
import type { KeyedInput } from "./slot_meter.ts";

/** The threads that meter some settings of a bank. */
const meterThread = new ThreadAhead(
  "metering thread",
  () => new Worker(new URL("./away_worker.ts", import.meta.url), { type: "module" }),
);

/** A thread that has some settings of a bank. */
export class AwayThread {
  readonly #thread = meterThread.take();
  readonly #meters: AwayMeter[] = [];
  /** What stands for its meters in the bank. */
  readonly stands: readonly Stand[];
  /** Why it gave up. */
  failure: Error | undefined;

  /** Which of a bank's settings, given by number, it has. */
  constructor(all: readonly Settings[], hand: readonly number[]) {
    const flocks = flocksOf(hand.map((index) => all[index]!)), rows = rowsOfChunk(flocks.length);
    this.stands = flocks.map((flock) => {
      const settings = flock.map((n) => hand[n]!);
      return {
        settings,
        make: (sinks, batchSize) => {
          const meter = new AwayMeter(settings.map((index) => all[index]!), rows, sinks, batchSize);
          this.#meters.push(meter);
          return meter;
        },
      };
    });
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
      meters: this.#meters.map(({ figures, ring }) => ({
        settings: figures.map((f) => f.settings),
        ring: ring.memory,
        figures: figures.map((f) => f.memory),
      })),
      connections,
      input,
    };
    worker.postMessage(task);
  }

  /** Ends it at once; what it has not given yet is lost. */
  stop(): void {
    for (const meter of this.#meters) meter.abandon();
    this.#thread.worker.terminate();
  }
}

/** Deals the settings of a bank that may move out to its own thread and others, and sets those others up. */
export function sendAway(bank: MeterBank, threads: number): AwayThread[] {
  const all = bank.meters.map((meter) => meter.settings);
  const away = dealOut(bank, threads).filter((hand) => hand.length > 0).map((hand) =>
    new AwayThread(all, hand)
  );
  if (away.length > 0) bank.replace(away.flatMap((thread) => thread.stands));
  return away;
}

/**
 * What other threads than the bank's own are to meter: all get about as many, and neighbours stay together, because settings of one flock
 * that are like each other share most of their entries. The bank's own thread, which has also to do with the records of all, keeps the
 * longest status intervals, which write the fewest.
 */
function dealOut(bank: MeterBank, threads: number): number[][] {
  const { movable } = bank, all = bank.meters.map((meter) => meter.settings);
  const order = flocksOf(movable.map((index) => all[index]!)).flatMap((flock) =>
    flock.map((n) => movable[n]!).sort((a, b) => all[a]!.status - all[b]!.status)
  );
  const own = Math.max(0, Math.floor(all.length / threads) - (all.length - movable.length));
  const away = order.length - own, others = threads - 1;
  return Array.from(
    { length: others },
    (_, thread) => order.slice(Math.round(away * thread / others), Math.round(away * (thread + 1) / others)),
  );
}
