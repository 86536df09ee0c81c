/**
 * The thread of one shard: reads a capture, meters the packets of its shard, and hands the records over piece by piece.
 *
 * @module
 */
import { Problem, type ProblemCode, type ProblemDetail } from "../base/mod.ts";
import { openFrames } from "../capture/mod.ts";
import { type More, RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { MeterBank } from "./bank.ts";
import type { Meter } from "./meter.ts";
import { inShard, type Shard } from "./shards.ts";

/** What a shard thread is told. */
export interface ShardTask {
  readonly source: string | readonly string[];
  readonly settings: readonly Settings[];
  readonly shard: Shard;
  readonly strict: boolean;
  readonly connections: boolean;
  /** One shared 32-bit count: pieces given out so far, which a thread must not run far ahead of. */
  readonly given: SharedArrayBuffer;
}

/** Rows on their way between threads, in order of emission. */
export interface Rows {
  readonly length: number;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly jitter: Float64Array | undefined;
  readonly agr: Float64Array | undefined;
  readonly user: (Uint8Array | undefined)[] | undefined;
  readonly more: Map<number, More> | undefined;
  /** See `Meter.stamps`. */
  readonly stamps: Float64Array;
}

/** What a shard thread tells. */
export type ShardNews =
  | { readonly kind: "ready" }
  /** The records that one stretch of the capture, the same for all shards, made come out under each setting. */
  | { readonly kind: "piece"; readonly rows: readonly (readonly Rows[])[]; readonly last: boolean }
  | {
    readonly kind: "problem";
    readonly code: ProblemCode;
    readonly reason: string;
    readonly detail: ProblemDetail;
  }
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

/** A piece covers so many frames at least: enough rows to be worth a message, few enough to stay in cache. */
const PIECE_FRAMES = 32_768;
const PIECE_ROWS = 8192;
/** Pieces that a thread may be ahead of those given out. */
const AHEAD = 4;

async function run(task: ShardTask): Promise<void> {
  const given = new Int32Array(task.given);
  const rows: Rows[][] = task.settings.map(() => []);
  const bank: MeterBank = new MeterBank(
    task.settings,
    rows.map((list, setting) => (batch) => {
      const stamps = meters[setting]!.stamps!;
      list.push(rowsOf(batch, stamps, task.shard));
      stamps.length = 0;
      return new RecordBatch(PIECE_ROWS);
    }),
    { connections: task.connections, shard: task.shard, stamps: true, batchSize: PIECE_ROWS },
  );
  // Other rules than Argus's are not sharded.
  const meters = bank.meters as readonly Meter[];
  let pieces = 0, frames = 0;
  const hand = (last: boolean) => {
    for (const meter of meters) meter.flush();
    const piece = rows.map((list) => list.splice(0));
    port.postMessage({ kind: "piece", rows: piece, last }, piece.flat().flatMap(buffersOf));
    pieces++;
    frames = 0;
    for (let n = Atomics.load(given, 0); n < pieces - AHEAD; n = Atomics.load(given, 0)) {
      Atomics.wait(given, 0, n);
    }
  };
  const source = openFrames(task.source as string | string[], {
    strict: task.strict,
    onProblem: (p) =>
      port.postMessage({ kind: "problem", code: p.code, reason: p.reason, detail: p.detail() }),
  });
  for await (const batch of source) {
    bank.take(batch);
    frames += batch.length;
    if (frames >= PIECE_FRAMES) hand(false);
  }
  bank.end();
  hand(true);
}

/** A batch as rows to send, its memory given away; without the ICMP flows that are only there for an error they quote. */
function rowsOf(batch: RecordBatch, stamps: readonly number[], shard: Shard): Rows {
  let own = batch, kept = stamps;
  const strangers = new Set<number>();
  for (let row = 0; row < batch.length; row++) if (!inShard(batch, row, shard)) strangers.add(row);
  if (strangers.size > 0) {
    own = new RecordBatch(batch.length);
    for (let row = 0; row < batch.length; row++) if (!strangers.has(row)) own.append(batch, row);
    kept = stamps.filter((_, row) => !strangers.has(row));
  }
  return {
    length: own.length,
    words: own.words,
    doubles: own.doubles,
    jitter: own.jitter,
    agr: own.agr,
    user: own.user,
    more: own.more,
    stamps: Float64Array.from(kept),
  };
}

function buffersOf(rows: Rows): ArrayBuffer[] {
  return [rows.words, rows.doubles, rows.jitter, rows.agr, rows.stamps].flatMap((a) =>
    a ? [a.buffer as ArrayBuffer] : []
  );
}

port.onmessage = ({ data }) => {
  run(data).catch((error: unknown) =>
    port.postMessage(
      error instanceof Problem
        ? { kind: "failed", code: error.code, reason: error.reason, detail: error.detail() }
        : { kind: "failed", reason: String(error), detail: {} },
    )
  );
};
port.postMessage({ kind: "ready" });
