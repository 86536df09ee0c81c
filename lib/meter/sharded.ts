import { Problem } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { Rows, ShardNews, ShardTask } from "./shard_worker.ts";

/** How a sharded run is made. */
export interface ShardedOptions {
  readonly strict?: boolean;
  readonly connections?: boolean;
  readonly onProblem?: (problem: Problem) => void;
}

/** Rows of a batch that is given out. */
const OUT = 4096;

/**
 * Meters a capture on several threads, each with its shard of the flows (law 5), and gives the raw records of each setting in one
 * defined order, whatever the number of workers: by start, then first frame, then number within the connection; transport sequence
 * numbers follow that order. The records are held until the last thread has ended.
 *
 * @throws {Problem} `bad-value` unless every setting has clock `exact` (under clock `argus` shards are not independent);
 * `unsupported` where the runtime has no module workers; otherwise as `openFrames` and the bank do.
 */
export async function meterSharded(
  source: string | readonly string[],
  settings: readonly Settings[],
  workers: number,
  options: ShardedOptions = {},
): Promise<RecordBatch[][]> {
  const argus = settings.find((s) => s.clock !== "exact");
  if (argus) {
    throw new Problem(
      "bad-value",
      'Expected clock "exact" with workers: under another clock every packet moves the timers of all flows',
      {
        expected: 'clock: "exact"',
        found: argus.clock,
      },
    );
  }
  if (!Number.isInteger(workers) || workers < 1) {
    throw new Problem("bad-value", `Expected at least one worker but found ${workers}`);
  }
  if (typeof Worker === "undefined") {
    throw new Problem("unsupported", "Expected a runtime with module workers");
  }
  const parts = await Promise.all(Array.from({ length: workers }, (_, index) =>
    runWorker({
      source,
      settings,
      shard: { index, count: workers },
      strict: options.strict ?? false,
      connections: options.connections ?? false,
    }, index === 0 ? options.onProblem : undefined)));
  return settings.map((_, setting) => inOrder(parts.flatMap((p) => p[setting]!)));
}

/** Runs one shard; gives its rows by setting. */
function runWorker(task: ShardTask, onProblem: ShardedOptions["onProblem"]): Promise<Rows[][]> {
  const worker = new Worker(new URL("./shard_worker.ts", import.meta.url), { type: "module" });
  const rows: Rows[][] = task.settings.map(() => []);
  return new Promise<Rows[][]>((resolve, reject) => {
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`shard thread: ${event.message}`));
    };
    worker.onmessage = ({ data: news }: { data: ShardNews }) => {
      if (news.kind === "ready") worker.postMessage(task);
      else if (news.kind === "rows") rows[news.setting]!.push(news.rows);
      // Every thread reads the whole capture: what one of them finds, all do.
      else if (news.kind === "problem") onProblem?.(new Problem(news.code, news.reason, news.detail));
      else if (news.kind === "ended") resolve(rows);
      else reject(news.code ? new Problem(news.code, news.reason, news.detail) : new Error(news.reason));
    };
  }).finally(() => worker.terminate());
}

function batchOf(rows: Rows): RecordBatch {
  const batch = new RecordBatch(1);
  batch.capacity = rows.words.length / R.WORDS;
  batch.words = rows.words;
  batch.doubles = rows.doubles;
  batch.jitter = rows.jitter;
  batch.agr = rows.agr;
  batch.user = rows.user;
  batch.more = rows.more;
  batch.length = rows.length;
  return batch;
}

function inOrder(pieces: readonly Rows[]): RecordBatch[] {
  const batches = pieces.map(batchOf);
  let count = 0;
  for (const batch of batches) count += batch.length;
  const piece = new Int32Array(count), row = new Int32Array(count), order = new Uint32Array(count);
  const start = new Float64Array(count), frame = new Float64Array(count);
  let at = 0;
  batches.forEach((batch, b) => {
    for (let r = 0; r < batch.length; r++, at++) {
      piece[at] = b;
      row[at] = r;
      order[at] = at;
      start[at] = R.startTime(batch, r);
      const w = r * R.WORDS;
      frame[at] = (batch.words[w + R.FIRST_FRAME]! >>> 0) * 2 ** 20 +
        Math.min(2 ** 20 - 1, batch.words[w + R.CONN_SEQ]!);
    }
  });
  order.sort((a, b) => start[a]! - start[b]! || frame[a]! - frame[b]!);
  const out: RecordBatch[] = [];
  for (let from = 0; from < count; from += OUT) {
    const batch = new RecordBatch(Math.min(OUT, count - from));
    for (let i = from; i < Math.min(count, from + OUT); i++) {
      const n = batch.append(batches[piece[order[i]!]!]!, row[order[i]!]!);
      batch.words[n * R.WORDS + R.SEQ] = i + 1;
    }
    out.push(batch);
  }
  return out;
}
