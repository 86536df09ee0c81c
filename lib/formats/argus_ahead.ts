import { isLarge, Problem } from "../base/mod.ts";
import type { KeySpec } from "../cluster/mod.ts";
import type { ReadOptions, RecordBatch } from "../record/mod.ts";
import type { ReadNews, ReadTask, RowBanks } from "./argus_ahead_worker.ts";
import { readingThread } from "./argus_ahead_thread.ts";
import * as S from "./shared_rows.ts";
import { SharedRows } from "./shared_rows.ts";

/** Batches under way between the threads: one being filled, one being taken, the others between. */
const SLOTS = 8;
/** Messages of the reading thread are looked at this often while nothing comes. */
const NEWS_MS = 100;

/** How to read with a thread of its own. */
export interface ReadAheadOptions {
  /** Rows come as read with these options (`asRead`), else raw. */
  readonly read?: ReadOptions | undefined;
  /** Aggregation key that the thread numbers in `RecordBatch.keys`. */
  readonly key?: KeySpec | undefined;
  /** Told about a damaged source, once, after its last whole record. */
  readonly onProblem?: ((problem: Problem) => void) | undefined;
}

/** Whether a source is a file so large that a thread more pays, and this runtime has threads with shared memory. */
export function canReadAhead(source: unknown): source is string {
  return typeof source === "string" && typeof Worker !== "undefined" &&
    typeof SharedArrayBuffer !== "undefined" && isLarge(source);
}

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/**
 * As `readArgus` with `reuse`, but a thread of its own reads and decodes ahead: a batch is valid until the next is asked for.
 *
 * @throws {Problem} as `readArgus` does.
 */
export async function* readArgusAhead(
  source: string,
  options: ReadAheadOptions = {},
): AsyncGenerator<RecordBatch, void, void> {
  const slots = Array.from({ length: SLOTS }, () => new SharedRows());
  const { worker, ready } = readingThread.take();
  const banks: RowBanks[] = [];
  let failure: Problem | Error | undefined, ended = false;
  try {
    failure = await ready;
    ended = failure !== undefined;
    worker.onerror = (event) => {
      event.preventDefault();
      failure = new Error(`reading thread: ${event.message}`);
      ended = true;
    };
    worker.onmessage = ({ data: news }: { data: ReadNews }) => {
      if (news.kind === "ended") ended = true;
      else if (news.kind === "banks") banks.push(news);
      else if (news.kind === "crashed") failure = new Error(`reading thread: ${news.message}`);
      else if (news.kind !== "ready") {
        const problem = new Problem(news.code, news.reason, news.detail);
        if (news.kind === "failed") failure = problem;
        else options.onProblem?.(problem);
      }
    };
    const task: ReadTask = {
      source,
      read: options.read,
      key: options.key,
      slots: slots.map((s) => s.memory),
    };
    if (!ended) worker.postMessage(task);
    for (let turn = 0;; turn = (turn + 1) % SLOTS) {
      const { header, batch, jitter, agr, keys } = slots[turn]!;
      while (!ended && Atomics.load(header, S.H_STATE) === S.FREE) {
        // Waiting blocks this thread (Atomics.waitAsync does not wake Deno's event loop), so messages get a turn now and then.
        if (Atomics.wait(header, S.H_STATE, S.FREE, NEWS_MS) === "timed-out") await tick();
      }
      if (Atomics.load(header, S.H_STATE) !== S.FULL) break;
      while (header[S.H_BANKS] && banks.length === 0) await tick();
      const own = header[S.H_BANKS] ? banks.shift() : undefined;
      batch.length = header[S.H_LENGTH]!;
      batch.jitter = header[S.H_JITTER] ? jitter : undefined;
      batch.agr = header[S.H_AGR] ? agr : undefined;
      batch.user = own?.user;
      batch.more = own?.more;
      batch.keys = options.key && keys;
      yield batch;
      Atomics.store(header, S.H_STATE, S.FREE);
      Atomics.notify(header, S.H_STATE);
    }
    while (!ended) await tick();
  } finally {
    // A thread that waits for a free batch could not be ended.
    for (const { header } of slots) {
      Atomics.store(header, S.H_STATE, S.UNWANTED);
      Atomics.notify(header, S.H_STATE);
    }
    worker.terminate();
  }
  if (failure) throw failure;
}
