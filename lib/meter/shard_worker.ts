/**
 * The thread of one shard: reads and decodes a capture, meters the packets of its shard, and hands the records over.
 *
 * @module
 */
import { Problem, type ProblemCode, type ProblemDetail } from "../base/mod.ts";
import { openFrames } from "../capture/mod.ts";
import type { More, RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { MeterBank } from "./bank.ts";
import { inShard, packetsOfShard, type Shard } from "./shards.ts";

/** What a shard thread is told. */
export interface ShardTask {
  readonly source: string | readonly string[];
  readonly settings: readonly Settings[];
  readonly shard: Shard;
  readonly strict: boolean;
  readonly connections: boolean;
}

/** Rows on their way between threads. */
export interface Rows {
  readonly length: number;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly jitter: Float64Array | undefined;
  readonly agr: Float64Array | undefined;
  readonly user: (Uint8Array | undefined)[] | undefined;
  readonly more: Map<number, More> | undefined;
}

/** What a shard thread tells. */
export type ShardNews =
  | { readonly kind: "ready" }
  | { readonly kind: "rows"; readonly setting: number; readonly rows: Rows }
  | {
    readonly kind: "problem";
    readonly code: ProblemCode;
    readonly reason: string;
    readonly detail: ProblemDetail;
  }
  | { readonly kind: "ended" }
  | {
    readonly kind: "failed";
    readonly code?: ProblemCode;
    readonly reason: string;
    readonly detail: ProblemDetail;
  };

interface Port {
  postMessage(news: ShardNews, transfer?: Transferable[]): void;
  onmessage: ((event: { data: ShardTask }) => void) | null;
}

const port = globalThis as unknown as Port;

async function run(task: ShardTask): Promise<void> {
  const sinks = task.settings.map((_, setting) => (batch: RecordBatch) => {
    const own = batch.fresh();
    for (let row = 0; row < batch.length; row++) if (inShard(batch, row, task.shard)) own.append(batch, row);
    if (own.length > 0) {
      const rows: Rows = {
        length: own.length,
        words: own.words,
        doubles: own.doubles,
        jitter: own.jitter,
        agr: own.agr,
        user: own.user,
        more: own.more,
      };
      const buffers = [own.words, own.doubles, own.jitter, own.agr].flatMap((a) =>
        a ? [a.buffer as ArrayBuffer] : []
      );
      port.postMessage({ kind: "rows", setting, rows }, buffers);
    }
    batch.clear();
    return batch;
  });
  const bank = new MeterBank(task.settings, sinks, {
    connections: task.connections,
    shard: packetsOfShard(task.shard),
  });
  let last = -Infinity;
  const frames = openFrames(task.source as string | string[], {
    strict: task.strict,
    onProblem: (p) =>
      port.postMessage({ kind: "problem", code: p.code, reason: p.reason, detail: detailOf(p) }),
  });
  for await (const batch of frames) {
    bank.take(batch);
    for (let i = 0; i < batch.length; i++) if (batch.time[i]! > last) last = batch.time[i]!;
  }
  // The timers of a shard run to the end of the whole capture, not of its own packets.
  if (last > -Infinity) bank.tick(last);
  bank.end();
}

function detailOf(problem: Problem): ProblemDetail {
  const { source, frame, record, offset } = problem;
  return {
    ...(source === undefined ? {} : { source }),
    ...(frame === undefined ? {} : { frame }),
    ...(record === undefined ? {} : { record }),
    ...(offset === undefined ? {} : { offset }),
  };
}

port.onmessage = ({ data }) => {
  run(data).then(
    () => port.postMessage({ kind: "ended" }),
    (error: unknown) =>
      port.postMessage(
        error instanceof Problem
          ? { kind: "failed", code: error.code, reason: error.reason, detail: detailOf(error) }
          : { kind: "failed", reason: String(error), detail: {} },
      ),
  );
};
port.postMessage({ kind: "ready" });
