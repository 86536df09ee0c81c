import { cores, Problem } from "../base/mod.ts";
import { isPeer, type Settings } from "../settings/mod.ts";
import { MeterBank } from "./bank.ts";
import { lineMemory } from "./batch_line.ts";
import { decodingsOf, type SharedKeys, sharedKeys } from "./decodings.ts";
import { decodeThread } from "./decode_thread.ts";
import type { DecodeNews, DecodeTask } from "./decode_worker.ts";
import type { RecordSink } from "./meter.ts";
import { runPipelined } from "./pipeline.ts";
import { RowRing, rowsOfChunk } from "./row_ring.ts";
import { ShardBatch, SLOTS } from "./shard_batch.ts";
import type { ShardDecodeTask } from "./shard_decoder.ts";
import { SharedBatch } from "./shared_batch.ts";
import { ShardMerge } from "./shard_merge.ts";
import { attend } from "./thread_news.ts";
import type { ShardNews, ShardTask } from "./shard_worker.ts";

/** Batches under way to the only meter. */
const KEYED_SLOTS = 6;

/** How a sharded run is made. */
export interface ShardedOptions {
  readonly strict?: boolean;
  readonly connections?: boolean;
  readonly onProblem?: (problem: Problem) => void;
  /** Called when the sinks have been given a piece; the threads are held up until it is done. */
  readonly afterPiece?: () => void | Promise<void>;
  /** Ends the run at once; records not given out yet are lost. */
  readonly signal?: AbortSignal;
  /** Threads that can run at the same time; otherwise what the runtime says. */
  readonly cores?: number;
}

/**
 * Meters a capture on several threads: every setting's sink is given the very records, in the very order, that one meter would give it.
 * Of several workers one reads and decodes for the others, which meter each its shard of the flows (law 5). Where two cores have two
 * workers, the calling thread is one of them. Memory is bounded: no thread runs far ahead of the others.
 *
 * @throws {Problem} `bad-value` unless every setting has clock `exact` and Argus's rules (else shards are not independent);
 * `unsupported` where the runtime has no module workers; otherwise as `openFrames` and the bank do.
 */
export async function runSharded(
  source: string | readonly string[],
  settings: readonly Settings[],
  sinks: readonly RecordSink[],
  workers: number,
  options: ShardedOptions = {},
): Promise<void> {
  check(settings, workers);
  // A thread more would only wait for a core, and its records would have to be copied.
  if (workers === 2 && (options.cores ?? cores()) <= 2 && sharedKeys(settings)) {
    return await meterHere(source, settings, sinks, options);
  }
  const run = new ShardedRun(settings, sinks, workers, options);
  const aborted = new Promise<void>((resolve) =>
    options.signal?.addEventListener("abort", () => resolve(), { once: true })
  );
  try {
    await Promise.race([run.start(source), aborted]);
  } finally {
    run.stop();
  }
  run.end();
}

/** Meters on the calling thread what another one decodes. */
async function meterHere(
  source: string | readonly string[],
  settings: readonly Settings[],
  sinks: readonly RecordSink[],
  { strict = false, connections = false, onProblem, afterPiece, signal }: ShardedOptions,
): Promise<void> {
  const bank = new MeterBank(settings, sinks, { connections });
  await runPipelined(bank, source, {
    strict,
    connections,
    threads: 1,
    signal,
    ...(onProblem ? { onProblem } : {}),
    ...(afterPiece ? { afterBatch: afterPiece } : {}),
  });
  if (signal?.aborted) return;
  for (const _ of bank.ending()) await afterPiece?.();
}

/** The threads of a run and what they have told. */
class ShardedRun {
  readonly #threads: Worker[] = [];
  readonly #rings: readonly (readonly RowRing[])[];
  readonly #merges: readonly ShardMerge[];
  #isGiving = false;
  #isStopped = false;
  #isNews = false;

  constructor(
    readonly settings: readonly Settings[],
    sinks: readonly RecordSink[],
    readonly workers: number,
    readonly options: ShardedOptions,
  ) {
    const rows = rowsOfChunk(settings.length), shards = Math.max(1, workers - 1);
    this.#rings = Array.from({ length: shards }, () => settings.map((s) => new RowRing(rows, s.jitter)));
    this.#merges = sinks.map((sink, n) => new ShardMerge(this.#rings.map((rings) => rings[n]!), sink));
  }

  /** Sets all threads to work; ends when all records are given out. */
  async start(source: string | readonly string[]): Promise<void> {
    const keys = sharedKeys(this.settings);
    if (this.workers === 1) await this.#meter({ source, strict: this.options.strict ?? false });
    else if (this.workers === 2 && keys) await this.#decodeForOne(source, keys);
    else await this.#decodeForAll(source);
  }

  /** One thread reads, decodes and numbers keys for the only meter: the halves take about as long. */
  async #decodeForOne(source: string | readonly string[], keys: SharedKeys): Promise<void> {
    const { options } = this, slots = Array.from({ length: KEYED_SLOTS }, () => new SharedBatch(1).memory);
    const line = lineMemory(1);
    const task: DecodeTask = {
      source,
      strict: options.strict ?? false,
      ...keys,
      connections: options.connections ?? false,
      line,
      readers: 1,
      slots,
    };
    const { worker, ready } = decodeThread.take();
    this.#threads.push(worker);
    const decoded = ready.then((failed) =>
      new Promise<void>((resolve, reject) => {
        if (failed) return reject(failed);
        attend<DecodeTask, DecodeNews>(worker, task, (news) => {
          if (news.kind !== "ended") return;
          if (news.failure === undefined) resolve();
          else reject(failureIn(news.failure));
        }, options.onProblem).catch(reject);
        worker.postMessage(task);
      })
    );
    await Promise.all([decoded, this.#meter({ keyed: slots, line, reader: 0, readers: 1 })]);
  }

  /** One thread reads and decodes for all shards. */
  async #decodeForAll(source: string | readonly string[]): Promise<void> {
    const { settings, options } = this, shards = this.#rings.length;
    const userData = Math.max(...settings.map((s) => s.userData)), decodings = decodingsOf(settings);
    const slots = Array.from(
      { length: SLOTS },
      () => decodings.map(() => new ShardBatch(shards, userData).memory),
    );
    const line = lineMemory(shards);
    const task: ShardDecodeTask = {
      source,
      strict: options.strict ?? false,
      decodings,
      shards,
      userData,
      line,
      slots,
    };
    const thread = this.#thread(new URL("./shard_decoder.ts", import.meta.url));
    await Promise.race([
      attend(thread, task, () => {}, options.onProblem),
      this.#meter({ line, slots, userData }),
    ]);
  }

  /** Sets the shards to work; ends when all their records are given out. */
  #meter(input: ShardTask["input"]): Promise<void> {
    const { settings, options } = this, count = this.#rings.length;
    return new Promise((resolve, reject) =>
      this.#rings.forEach((rings, index) => {
        const task: ShardTask = {
          settings,
          shard: { index, count },
          connections: options.connections ?? false,
          input,
          rings: rings.map((ring) => ring.memory),
        };
        const thread = this.#thread(new URL("./shard_worker.ts", import.meta.url));
        attend(thread, task, (news: ShardNews) => {
          news.rows.forEach((rows, n) => rows && this.#merges[n]!.hear(index, rows));
          this.#isNews = true;
          this.#give().then((isDone) => isDone && resolve(), reject);
        }, options.onProblem).catch(reject);
      })
    );
  }

  #thread(module: URL): Worker {
    const thread = new Worker(module, { type: "module" });
    this.#threads.push(thread);
    return thread;
  }

  /** Gives out what has come, also while this went on; true when that was all. */
  async #give(): Promise<boolean> {
    if (this.#isGiving) return false;
    this.#isGiving = true;
    while (this.#isNews && !this.#isStopped) {
      this.#isNews = false;
      for (const merge of this.#merges) merge.run();
      const after = this.options.afterPiece?.();
      if (after) await after;
    }
    this.#isGiving = false;
    return this.#merges.every((merge) => merge.isDone);
  }

  /** Ends the threads. */
  stop(): void {
    this.#isStopped = true;
    for (const thread of this.#threads) thread.terminate();
  }

  /** Gives out what is left. */
  end(): void {
    for (const merge of this.#merges) merge.end();
  }
}

function failureIn(news: DecodeNews): Error {
  if (news.kind === "problem") return new Problem(news.code, news.reason, news.detail);
  return new Error(`decoding thread: ${news.kind === "crashed" ? news.message : news.kind}`);
}

function check(settings: readonly Settings[], workers: number): void {
  const other = settings.find((s) => s.clock !== "exact" || isPeer(s));
  if (other) {
    throw new Problem(
      "bad-value",
      'Expected clock "exact" with workers: under another clock every packet moves the timers of all flows',
      { expected: 'clock: "exact"', found: isPeer(other) ? other.preset : other.clock },
    );
  }
  if (!Number.isInteger(workers) || workers < 1) {
    throw new Problem("bad-value", `Expected at least one worker but found ${workers}`);
  }
  if (typeof Worker === "undefined" || typeof SharedArrayBuffer === "undefined") {
    throw new Problem("unsupported", "Expected a runtime with module workers");
  }
}
