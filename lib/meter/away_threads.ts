import { ThreadAhead } from "../base/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { AwayMeter } from "./away_meter.ts";
import type { AwayTask } from "./away_worker.ts";
import type { MeterBank, Stand } from "./bank.ts";
import { flocksOf } from "./flocks.ts";
import { rowsOfChunk } from "./row_ring.ts";
import type { ThreadNews } from "./shard_thread.ts";
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

/** What other threads than the bank's own are to meter: all have about as many, but the bank's own has also to do with the records of all. */
function dealOut(bank: MeterBank, threads: number): number[][] {
  const { movable } = bank, settled = bank.meters.length - movable.length;
  const loads = Array.from({ length: threads }, (_, thread) => thread === 0 ? settled + 0.5 : 0);
  const hands = loads.map(() => [] as number[]);
  for (const index of movable) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least]!++;
    hands[least]!.push(index);
  }
  return hands.slice(1);
}
