/** Bytes from which on a file is worth a thread that reads ahead; starting it costs about 50 ms. */
export const LARGE_FILE: number = 32 << 20;

/** A reading thread and the moment it can be told what to read. */
export interface ReadingThread {
  readonly worker: Worker;
  /** Settles once its modules are loaded, with an error when they could not be. */
  readonly ready: Promise<Error | undefined>;
}

let early: ReadingThread | undefined;

function start(): ReadingThread {
  const worker = new Worker(new URL("./argus_ahead_worker.ts", import.meta.url), { type: "module" });
  const ready = new Promise<Error | undefined>((resolve) => {
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(new Error(`reading thread: ${event.message}`));
    };
    // Its first news is that it is there.
    worker.onmessage = () => resolve(undefined);
  });
  return { worker, ready };
}

/**
 * Starts the thread of the first `readArgusAhead` now: it loads its modules while its owner loads its own. For programs that know from
 * the start that they will read a large file; a thread that nobody takes ends with the process only.
 */
export function startReadingThread(): void {
  early ??= start();
}

/** The thread that was started early, or a new one. */
export function readingThread(): ReadingThread {
  const thread = early ?? start();
  early = undefined;
  return thread;
}
