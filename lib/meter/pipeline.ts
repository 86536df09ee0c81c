import { Problem } from "../base/mod.ts";
import type { MeterBank } from "./bank.ts";
import { decodeThread } from "./decode_thread.ts";
import type { DecodeNews, DecodeTask } from "./decode_worker.ts";
import * as S from "./shared_batch.ts";
import { SharedBatch } from "./shared_batch.ts";
import { meterSlot, type SlotOptions } from "./slot_meter.ts";

/** Batches under way between the threads: one being filled, one being taken, one between. */
const SLOTS = 4;

/** Messages of the decoding thread are looked at this often: each look costs a turn of the event loop, some milliseconds. */
const NEWS_MS = 200;

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
}

/** Whether this runtime has module workers and shared memory, and the bank's settings can share one decoding thread. */
export function canPipeline(bank: MeterBank): boolean {
  return bank.only !== undefined && bank.meters.every((m) => m.settings.userData === 0) &&
    typeof Worker !== "undefined" && typeof SharedArrayBuffer !== "undefined";
}

/**
 * Meters capture files with reading, decoding and key numbering on a thread of their own: the same records as
 * {@linkcode MeterBank.take} batch by batch, in the time of the slower half.
 *
 * @throws {Problem} as `openFrames` and the bank do.
 */
export async function runPipelined(
  bank: MeterBank,
  source: string | readonly string[],
  options: PipelineOptions = {},
): Promise<void> {
  const only = bank.only!;
  const slots = Array.from({ length: SLOTS }, () => new SharedBatch());
  const { worker, ready } = decodeThread.take();
  let failure: DecodeNews | undefined, crash: Error | undefined;
  let resolveEnded: () => void = () => {};
  const ended = new Promise<void>((resolve) => resolveEnded = resolve);
  try {
    crash = await ready;
    if (crash) throw crash;
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
      connections: options.connections ?? false,
      slots: slots.map((s) => s.memory),
    };
    worker.postMessage(task);
    for (let turn = 0, looked = 0;; turn = (turn + 1) % SLOTS) {
      const slot = slots[turn]!;
      const header = slot.header;
      // Waiting blocks this thread (Atomics.waitAsync does not wake Deno's event loop), so progress gets a turn now and then.
      if (options.onProgress && performance.now() - looked > NEWS_MS) {
        await tick();
        looked = performance.now();
      }
      while (Atomics.load(header, S.H_STATE) === S.FREE) {
        if (Atomics.wait(header, S.H_STATE, S.FREE, NEWS_MS) === "timed-out") await tick();
        if (crash) throw crash;
      }
      if (Atomics.load(header, S.H_STATE) === S.ENDED) break;
      meterSlot(only, slot, options);
      const after = options.afterBatch?.();
      if (after) await after;
    }
    await ended;
  } finally {
    worker.terminate();
  }
  if (failure?.kind === "problem") throw new Problem(failure.code, failure.reason, failure.detail);
  if (failure?.kind === "crashed") throw new Error(`decoding thread: ${failure.message}`);
}
