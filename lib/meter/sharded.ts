import { Problem } from "../base/mod.ts";
import { isPeer, type Settings } from "../settings/mod.ts";
import type { RecordSink } from "./meter.ts";
import { ShardMerge } from "./shard_merge.ts";
import type { Rows, ShardNews, ShardTask } from "./shard_worker.ts";

/** How a sharded run is made. */
export interface ShardedOptions {
  readonly strict?: boolean;
  readonly connections?: boolean;
  readonly onProblem?: (problem: Problem) => void;
  /** Called when the sinks have been given a piece; the threads are held up until it is done. */
  readonly afterPiece?: () => void | Promise<void>;
  /** Ends the run at once; records not given out yet are lost. */
  readonly signal?: AbortSignal;
}

/**
 * Meters a capture on several threads, each with its shard of the flows (law 5): every setting's sink is given the very records, in the
 * very order, that one meter would give it. Memory is bounded: no thread runs far ahead of the others.
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
  const given = new SharedArrayBuffer(4), count = new Int32Array(given);
  const merges = sinks.map((sink) => new ShardMerge(workers, sink));
  // Pieces that have come of each shard but wait for the others'.
  const waiting: (readonly (readonly Rows[])[])[][] = Array.from({ length: workers }, () => []);
  const threads = Array.from(
    { length: workers },
    () =>
      new Worker(new URL("./shard_worker.ts", import.meta.url), {
        type: "module",
      }),
  );
  const giveOut = async () => {
    while (waiting.every((pieces) => pieces.length > 0)) {
      const piece = waiting.map((pieces) => pieces.shift()!);
      merges.forEach((merge, setting) => merge.take(piece.map((rows) => rows[setting]!)));
      const after = options.afterPiece?.();
      if (after) await after;
      Atomics.add(count, 0, 1);
      Atomics.notify(count, 0);
    }
  };
  let giving = Promise.resolve();
  const aborted = new Promise<void>((resolve) =>
    options.signal?.addEventListener("abort", () => resolve(), { once: true })
  );
  try {
    const all = Promise.all(threads.map((thread, index) =>
      attend(thread, {
        source,
        settings,
        shard: { index, count: workers },
        strict: options.strict ?? false,
        connections: options.connections ?? false,
        given,
      }, (rows) => {
        waiting[index]!.push(rows);
        return giving = giving.then(giveOut);
      }, index === 0 ? options.onProblem : undefined)
    ));
    await Promise.race([all, aborted]);
  } finally {
    for (const thread of threads) thread.terminate();
  }
  for (const merge of merges) merge.end();
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

/** Sets a shard's thread to work; ends with its last piece. */
function attend(
  thread: Worker,
  task: ShardTask,
  take: (rows: readonly (readonly Rows[])[]) => Promise<void>,
  onProblem: ShardedOptions["onProblem"],
): Promise<void> {
  return new Promise((resolve, reject) => {
    thread.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`shard thread: ${event.message}`));
    };
    thread.onmessage = ({ data: news }: { data: ShardNews }) => {
      if (news.kind === "ready") thread.postMessage(task);
      else if (news.kind === "piece") {
        take(news.rows).then(() => {
          if (news.last) resolve();
        }, reject);
      } // Every thread reads the whole capture: what one of them finds, all do.
      else if (news.kind === "problem") onProblem?.(new Problem(news.code, news.reason, news.detail));
      else reject(news.code ? new Problem(news.code, news.reason, news.detail) : new Error(news.reason));
    };
  });
}
