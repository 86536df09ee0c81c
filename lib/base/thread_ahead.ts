import { statSync } from "node:fs";

/** Bytes from which on a file is worth a thread of its own; starting one costs about 70 ms. */
const LARGE = 32 << 20;

/** Bytes of plain files; undefined for pipes and patterns, which are not looked into. */
export function bytesOf(source: unknown): number | undefined {
  let bytes = 0;
  for (const path of Array.isArray(source) ? source : [source]) {
    if (typeof path !== "string") return undefined;
    try {
      const found = statSync(path);
      if (!found.isFile()) return undefined;
      bytes += found.size;
    } catch {
      return undefined;
    }
  }
  return bytes;
}

/** Whether a source is so large that a thread more pays. */
export function isLarge(source: unknown): source is string | readonly string[] {
  return (bytesOf(source) ?? 0) >= LARGE;
}

/** A thread and the moment it takes tasks. */
export interface Thread {
  /** The thread itself; its handlers are free for whoever took it. */
  readonly worker: Worker;
  /** Settles once its modules are loaded, which it tells by its first message, with an error when they could not be. */
  readonly ready: Promise<Error | undefined>;
}

/**
 * A kind of thread that programs may start before they need it, so that it loads its modules while its owner loads its own. One that
 * nobody takes ends with the process only.
 */
export class ThreadAhead {
  readonly #name: string;
  readonly #make: () => Worker;
  #early: Thread | undefined;

  /** `make` makes the worker; `name` stands in errors. */
  constructor(name: string, make: () => Worker) {
    this.#name = name;
    this.#make = make;
  }

  /** Starts the thread of the first {@linkcode take} now, where the runtime has threads that share memory. */
  start(): void {
    if (typeof Worker !== "undefined" && typeof SharedArrayBuffer !== "undefined") {
      this.#early ??= this.#new();
    }
  }

  /** The thread that was started early, or a new one. */
  take(): Thread {
    const thread = this.#early ?? this.#new();
    this.#early = undefined;
    return thread;
  }

  #new(): Thread {
    const worker = this.#make();
    const ready = new Promise<Error | undefined>((resolve) => {
      worker.onerror = (event) => {
        event.preventDefault();
        resolve(new Error(`${this.#name}: ${event.message}`));
      };
      worker.onmessage = () => resolve(undefined);
    });
    return { worker, ready };
  }
}
