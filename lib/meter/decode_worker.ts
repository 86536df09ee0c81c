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
import * as S from "./shared_batch.ts";
import { SharedBatch, type SharedMemory } from "./shared_batch.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  ENDED, FREE, FULL, H_BATCH, H_FIRST, H_FRESH, H_IDLE, H_LENGTH, H_SIZE, H_STATE, SHARED_PACKETS,
} = S;

/** What the decoding thread is told. */
export interface DecodeTask {
  readonly source: string | readonly string[];
  readonly strict: boolean;
  readonly options: Required<Omit<DecodeOptions, "shard">>;
  readonly rules: KeyRules;
  readonly connections: boolean;
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
  const slots = task.slots.map((memory) => new SharedBatch(memory));
  const keys = new KeyTable(task.rules);
  const connections = task.connections ? new Connections() : undefined;
  let turn = 0, told = 0;
  let failure: DecodeNews | undefined;
  const free = (): SharedBatch => {
    const slot = slots[turn]!;
    turn = (turn + 1) % slots.length;
    while (Atomics.load(slot.header, H_STATE) !== FREE) Atomics.wait(slot.header, H_STATE, FULL);
    keys.forget(slot.idle.subarray(0, slot.header[H_IDLE]!), slot.header[H_BATCH]!);
    slot.header[H_IDLE] = 0;
    return slot;
  };
  const give = (slot: SharedBatch, state: number) => {
    Atomics.store(slot.header, H_STATE, state);
    Atomics.notify(slot.header, H_STATE);
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
      give(slot, FULL);
    }
  } catch (error) {
    failure = error instanceof Problem
      ? problemNews(error)
      : { kind: "crashed", message: String((error as Error).stack ?? error) };
  }
  scope.postMessage({ kind: "ended", failure });
  give(free(), ENDED);
}

scope.onmessage = (event) => void run(event.data);
scope.postMessage({ kind: "ready" });
