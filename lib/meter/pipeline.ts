import { bytesOf, cores, Problem } from "../base/mod.ts";
import { isPeer } from "../settings/mod.ts";
import { type AwayThread, sendAway } from "./away_threads.ts";
import type { MeterBank } from "./bank.ts";
import { lineMemory, ReaderLine } from "./batch_line.ts";
import { flocksOf } from "./flocks.ts";
import { decodeThread } from "./decode_thread.ts";
import type { DecodeNews, DecodeTask } from "./decode_worker.ts";
import { SharedBatch } from "./shared_batch.ts";
import { meterSlot, type SlotOptions } from "./slot_meter.ts";

/** Batches under way between the threads: one being filled, one being taken, one between. */
const SLOTS = 4;

/** Messages of the decoding thread are looked at this often: each look costs a turn of the event loop, some milliseconds. */
const NEWS_MS = 200;

/** Bytes of a capture, times what there is to do with it, from which on a second thread that meters pays (measured). */
const DIVIDED = 4e9;

/** What a setting more costs where one is metered together with others, beside one alone (measured). */
const SHARED_COST = 0.6;

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** What a pipelined run is told. */
export interface PipelineOptions extends SlotOptions {
  readonly strict?: boolean;
  readonly onProblem?: (problem: Problem) => void;
  readonly onProgress?: (read: number, total: number | undefined) => void;
  /** Called after each batch, before the next is waited for. */
  readonly afterBatch?: () => void | Promise<void>;
  /** Ends the reading as if the capture ended there. */
  readonly signal?: AbortSignal | undefined;
  /** Threads that meter, the calling one among them; otherwise as many as pay. */
  readonly threads?: number;
}

/**
 * Whether this runtime has module workers and shared memory, and the bank's settings can share one decoding thread: it keeps nothing of
 * most frames but their columns, and meters with other rules than Argus's look into every header.
 */
export function canPipeline(bank: MeterBank): boolean {
  return bank.only !== undefined &&
    bank.meters.every(({ settings }) => settings.userData === 0 && !isPeer(settings)) &&
    typeof Worker !== "undefined" && typeof SharedArrayBuffer !== "undefined";
}

/** Threads that pay for a capture: every one more has to warm up. */
function threadsFor(bank: MeterBank, source: string | readonly string[]): number {
  const flocks = flocksOf(bank.meters.map((meter) => meter.settings));
  const cost = flocks.reduce((sum, flock) => sum + 1 + SHARED_COST * (flock.length - 1), 0);
  if ((bytesOf(source) ?? 0) * cost < DIVIDED) return 1;
  return Math.min(bank.meters.length, cores());
}

/**
 * Meters capture files with reading, decoding and key numbering on a thread of their own, and of many settings some on others: the same
 * records as {@linkcode MeterBank.take} batch by batch, and in the same order. The bank has to be ended afterwards.
 *
 * @throws {Problem} as `openFrames` and the bank do.
 */
export async function runPipelined(
  bank: MeterBank,
  source: string | readonly string[],
  options: PipelineOptions = {},
): Promise<void> {
  const away = sendAway(bank, options.threads ?? threadsFor(bank, source));
  let failure: DecodeNews | undefined;
  try {
    failure = await run(bank, away, source, options);
  } catch (error) {
    // A thread that gave up may just have told why.
    await tick();
    for (const thread of away) thread.stop();
    throw away.find((thread) => thread.failure)?.failure ?? error;
  }
  if (failure?.kind === "problem") throw new Problem(failure.code, failure.reason, failure.detail);
  if (failure?.kind === "crashed") throw new Error(`decoding thread: ${failure.message}`);
}

/** Gives what the decoding thread failed of. */
async function run(
  bank: MeterBank,
  away: readonly AwayThread[],
  source: string | readonly string[],
  options: PipelineOptions,
): Promise<DecodeNews | undefined> {
  const only = bank.only!, readers = 1 + away.length, connections = options.connections ?? false;
  const slots = Array.from({ length: SLOTS }, () => new SharedBatch(readers));
  const keyed = slots.map((slot) => slot.memory), line = lineMemory(readers);
  const batches = new ReaderLine(line, 0, SLOTS);
  const { worker, ready } = decodeThread.take();
  let failure: DecodeNews | undefined, crash: Error | undefined;
  let resolveEnded: () => void = () => {};
  const ended = new Promise<void>((resolve) => resolveEnded = resolve);
  try {
    for (const failed of await Promise.all([ready, ...away.map((thread) => thread.ready)])) {
      if (failed) throw failed;
    }
    worker.onerror = (event) => {
      crash = new Error(event.message);
      resolveEnded();
    };
    worker.onmessage = ({ data: news }: { data: DecodeNews }) => {
      if (news.kind === "progress") options.onProgress?.(news.read, news.total);
      else if (news.kind === "problem") options.onProblem?.(new Problem(news.code, news.reason, news.detail));
      else if (news.kind === "ended") {
        failure = news.failure;
        resolveEnded();
      }
    };
    const task: DecodeTask = {
      source,
      strict: options.strict ?? false,
      options: only.options,
      rules: only.rules,
      connections,
      line,
      readers,
      slots: keyed,
    };
    worker.postMessage(task);
    away.forEach((thread, n) => thread.start({ keyed, line, reader: n + 1, readers }, connections));
    let isClosed = false;
    const close = () => {
      if (isClosed || !options.signal?.aborted) return;
      isClosed = true;
      batches.close();
    };
    for (let looked = 0;;) {
      close();
      // Waiting blocks this thread (Atomics.waitAsync does not wake Deno's event loop), so progress gets a turn now and then.
      if (options.onProgress && performance.now() - looked > NEWS_MS) {
        await tick();
        looked = performance.now();
      }
      while (!batches.wait(NEWS_MS)) {
        await tick();
        close();
        if (crash) throw crash;
      }
      const slot = slots[batches.slot];
      if (slot === undefined) break;
      meterSlot(only, slot, 0, options);
      batches.taken();
      const after = options.afterBatch?.();
      if (after) await after;
    }
    await ended;
  } finally {
    batches.close();
    worker.terminate();
  }
  return failure;
}
