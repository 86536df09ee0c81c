/**
 * The reading thread of {@linkcode readArgusAhead}: reads and decodes records into shared batches.
 *
 * @module
 */
import { Problem, type ProblemDetail } from "../base/mod.ts";
import { KeyNumbers, type KeySpec } from "../cluster/mod.ts";
import {
  FLAG_AGR,
  FLAG_JITTER,
  FLAGS,
  type More,
  type ReadOptions,
  readRows,
  type RecordBatch,
  WORDS,
} from "../record/mod.ts";
import { readArgus } from "./argus_reader.ts";
import * as S from "./shared_rows.ts";
import { type RowMemory, SharedRows } from "./shared_rows.ts";

/** What the reading thread is told. */
export interface ReadTask {
  readonly source: string;
  /** How records are read; raw rows where it is not there. */
  readonly read: ReadOptions | undefined;
  /** The key to number, if any. */
  readonly key: KeySpec | undefined;
  readonly slots: readonly RowMemory[];
}

/** What no shared memory can hold of a batch. */
export interface RowBanks {
  readonly kind: "banks";
  readonly user: (Uint8Array | undefined)[] | undefined;
  readonly more: Map<number, More> | undefined;
}

/** A problem on its way between threads. */
export interface ProblemNews {
  readonly kind: "damage" | "failed";
  readonly code: Problem["code"];
  readonly reason: string;
  readonly detail: ProblemDetail;
}

/** What it tells. */
export type ReadNews =
  | { readonly kind: "ready" }
  | { readonly kind: "ended" }
  | RowBanks
  | ProblemNews
  | { readonly kind: "crashed"; readonly message: string };

// The worker's own global, which the library types of a page do not describe.
const scope = globalThis as unknown as {
  onmessage: ((event: { data: ReadTask }) => void) | null;
  postMessage(news: ReadNews): void;
};

function problemNews(kind: ProblemNews["kind"], p: Problem): ProblemNews {
  return { kind, code: p.code, reason: p.reason, detail: p.detail() };
}

/** The flags that any row has. */
function flagsOf(batch: RecordBatch): number {
  let flags = 0;
  for (let row = 0; row < batch.length; row++) flags |= batch.words[row * WORDS + FLAGS]!;
  return flags;
}

async function run(task: ReadTask): Promise<void> {
  const slots = task.slots.map((memory) => new SharedRows(memory));
  const numbers = task.key && new KeyNumbers(task.key);
  let turn = 0, wanted = true;
  const free = (): SharedRows => {
    const slot = slots[turn]!;
    while (Atomics.load(slot.header, S.H_STATE) === S.FULL) Atomics.wait(slot.header, S.H_STATE, S.FULL);
    if (Atomics.load(slot.header, S.H_STATE) === S.UNWANTED) wanted = false;
    return slot;
  };
  const give = (state: number) => {
    const { header } = slots[turn]!;
    turn = (turn + 1) % slots.length;
    Atomics.store(header, S.H_STATE, state);
    Atomics.notify(header, S.H_STATE);
  };
  const supply = () => {
    const { batch, jitter, agr } = free();
    batch.clear();
    batch.jitter = jitter;
    batch.agr = agr;
    return batch;
  };
  try {
    const damage = (p: Problem) => scope.postMessage(problemNews("damage", p));
    for await (const batch of readArgus(task.source, { onProblem: damage, batch: S.SHARED_ROWS }, supply)) {
      if (!wanted) return;
      const { header, keys } = slots[turn]!;
      const flags = task.read ? readRows(batch, task.read) : flagsOf(batch);
      numbers?.number(batch, keys);
      header[S.H_LENGTH] = batch.length;
      header[S.H_JITTER] = flags & FLAG_JITTER ? 1 : 0;
      header[S.H_AGR] = flags & FLAG_AGR ? 1 : 0;
      header[S.H_BANKS] = batch.user || batch.more ? 1 : 0;
      if (header[S.H_BANKS]) scope.postMessage({ kind: "banks", user: batch.user, more: batch.more });
      give(S.FULL);
    }
  } catch (error) {
    scope.postMessage(
      error instanceof Problem
        ? problemNews("failed", error)
        : { kind: "crashed", message: String((error as Error).stack ?? error) },
    );
  }
  scope.postMessage({ kind: "ended" });
  free();
  give(S.ENDED);
}

scope.onmessage = (event) => void run(event.data);
scope.postMessage({ kind: "ready" });
