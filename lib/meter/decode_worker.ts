/**
 * The decoding thread of {@linkcode runPipelined}: reads, decodes and numbers keys into shared batches.
 *
 * @module
 */
import { Problem, type ProblemDetail } from "../base/mod.ts";
import { openFrames } from "../capture/mod.ts";
import * as P from "../decode/mod.ts";
import { decode, type DecodeOptions } from "../decode/mod.ts";
import { admits } from "./admits.ts";
import { Connections } from "./connections.ts";
import { keepHeaders } from "./keep_headers.ts";
import type { KeyRules } from "./key_rules.ts";
import { KeyTable } from "./keys.ts";
import { KeyVotes } from "./key_votes.ts";
import { DecoderLine } from "./batch_line.ts";
import * as S from "./shared_batch.ts";
import { SharedBatch, type SharedMemory } from "./shared_batch.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const { H_BATCH, H_FIRST, H_FRESH, H_IDLE, H_LENGTH, H_SIZE, SHARED_PACKETS } = S;

/** What the decoding thread is told. */
export interface DecodeTask {
  readonly source: string | readonly string[];
  readonly strict: boolean;
  readonly options: Required<Omit<DecodeOptions, "shard">>;
  readonly rules: KeyRules;
  readonly connections: boolean;
  readonly line: SharedArrayBuffer;
  /** Threads that meter the batches. */
  readonly readers: number;
  readonly slots: readonly SharedMemory[];
}

/** What it tells. */
export type DecodeNews =
  | { readonly kind: "ready" }
  | {
    readonly kind: "problem";
    readonly code: Problem["code"];
    readonly reason: string;
    readonly detail: ProblemDetail;
  }
  | { readonly kind: "progress"; readonly read: number; readonly total: number | undefined }
  | { readonly kind: "ended"; readonly failure: DecodeNews | undefined }
  | { readonly kind: "crashed"; readonly message: string };

// The worker's own global, which the library types of a page do not describe.
const scope = globalThis as unknown as {
  onmessage: ((event: { data: DecodeTask }) => void) | null;
  postMessage(news: DecodeNews): void;
};

function problemNews(p: Problem): DecodeNews {
  return { kind: "problem", code: p.code, reason: p.reason, detail: p.detail() };
}

async function run(task: DecodeTask): Promise<void> {
  const { readers } = task;
  const slots = task.slots.map((memory) => new SharedBatch(readers, memory));
  const line = new DecoderLine(task.line, readers, slots.length);
  const keys = new KeyTable(task.rules);
  const votes = new KeyVotes(keys, readers);
  const connections = task.connections ? new Connections() : undefined;
  let told = 0;
  let failure: DecodeNews | undefined;
  const free = (): SharedBatch | undefined => {
    const slot = slots[line.free()];
    if (slot === undefined) return undefined;
    const { header } = slot;
    slot.idle.forEach((ids, reader) =>
      votes.take(ids.subarray(0, header[H_IDLE + reader]), header[H_BATCH]!, reader)
    );
    return slot;
  };
  const source = typeof task.source === "string" ? task.source : [...task.source];
  try {
    const frames = openFrames(source, {
      strict: task.strict,
      batch: SHARED_PACKETS,
      onProblem: (p) => scope.postMessage(problemNews(p)),
      onProgress: (read, total) => {
        const now = performance.now();
        if (now - told < 100) return;
        told = now;
        scope.postMessage({ kind: "progress", read, total });
      },
    });
    // The slots take turns, so what one packet leaves to the next cannot live in their columns.
    const memory = new P.DecodeMemory();
    for await (const batch of frames) {
      if (!admits(batch, task.options.quirks)) break;
      if (batch.length === 0) continue;
      const slot = free();
      if (slot === undefined) break;
      const c = slot.columns;
      decode(batch, c, task.options, memory);
      keys.useMemory(slot.ids, slot.swaps, slot.quoted);
      slot.header[H_BATCH] = keys.intern(c);
      if (connections) {
        connections.useMemory(slot.connHigh, slot.connLow, slot.connIndex);
        connections.run(c, keys);
      }
      keepHeaders(c, slot.bytes, 0);
      slot.header[H_LENGTH] = c.length;
      slot.header[H_FIRST] = c.firstFrame;
      slot.header[H_SIZE] = keys.size;
      slot.fresh.set(keys.fresh);
      slot.header[H_FRESH] = keys.fresh.length;
      line.give();
    }
  } catch (error) {
    failure = error instanceof Problem
      ? problemNews(error)
      : { kind: "crashed", message: String((error as Error).stack ?? error) };
  }
  scope.postMessage({ kind: "ended", failure });
  line.end();
}

scope.onmessage = (event) => void run(event.data);
scope.postMessage({ kind: "ready" });
