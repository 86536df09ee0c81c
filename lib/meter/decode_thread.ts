import { statSync } from "node:fs";

/** A decoding thread of its own pays from some tens of megabytes on; starting it costs about 50 ms. */
const LARGE = 32 << 20;

/** Whether a source is so large that a thread more pays: plain files only; pipes and patterns are not looked into. */
export function isLarge(source: unknown): source is string | readonly string[] {
  let bytes = 0;
  for (const path of Array.isArray(source) ? source : [source]) {
    if (typeof path !== "string") return false;
    try {
      bytes += statSync(path).size;
    } catch {
      return false;
    }
  }
  return bytes >= LARGE;
}

/** A decoding thread and whether it takes tasks already. */
export interface DecodeThread {
  readonly worker: Worker;
  /** Resolves when the thread waits for its task. Throws what kept it from starting. */
  readonly ready: Promise<void>;
}

let spare: DecodeThread | undefined;

function start(): DecodeThread {
  const worker = new Worker(new URL("./decode_worker.ts", import.meta.url), { type: "module" });
  const ready = new Promise<void>((resolve, reject) => {
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.onmessage = () => resolve();
  });
  // Whoever takes the thread hears of it; a spare one that nobody takes may fail in silence.
  ready.catch(() => {});
  return { worker, ready };
}

/** Starts a decoding thread for the next run that wants one, so that it loads while the caller still does other things. */
export function startDecodeThread(): void {
  if (typeof Worker !== "undefined" && typeof SharedArrayBuffer !== "undefined") spare ??= start();
}

/** A decoding thread for one run: the one started ahead, or a new one. */
export function takeDecodeThread(): DecodeThread {
  const thread = spare ?? start();
  spare = undefined;
  return thread;
}
