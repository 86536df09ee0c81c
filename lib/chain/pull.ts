import type { RecordBatch } from "../record/mod.ts";

/** What a run that pushes its batches is given. */
export interface Push {
  /** Gives a batch to whoever pulls. */
  readonly put: (batch: RecordBatch) => void;
  /** Resolves when all that was put has been taken; nothing to wait for gives undefined. */
  readonly taken: () => Promise<void> | undefined;
  /** Aborts when the run is over for whoever pulls, be it before its end. */
  readonly signal: AbortSignal;
}

/** Turns the push of a run into a pull, one batch at a time; a failure is thrown behind the last batch. */
export async function* pulled(run: (push: Push) => Promise<unknown>): AsyncGenerator<RecordBatch> {
  const queue: RecordBatch[] = [];
  const over = new AbortController();
  let wake: (() => void) | undefined, resume: (() => void) | undefined;
  let done = false, failure: unknown;
  const running = run({
    put: (batch) => {
      // Nobody asks for more.
      if (over.signal.aborted) return;
      queue.push(batch);
      wake?.();
    },
    taken: () =>
      queue.length === 0 || over.signal.aborted
        ? undefined
        : new Promise<void>((resolve) => resume = resolve),
    signal: over.signal,
  }).catch((error) => failure = error).finally(() => {
    done = true;
    wake?.();
  });
  try {
    for (;;) {
      while (queue.length > 0) yield queue.shift()!;
      resume?.();
      if (done && queue.length === 0) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (queue.length > 0 || done) resolve();
      });
    }
    await running;
  } finally {
    over.abort();
    resume?.();
  }
  if (failure !== undefined) throw failure;
}
