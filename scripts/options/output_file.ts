import { closeSync, openSync, writeSync } from "node:fs";
import { Problem } from "../../lib/base/mod.ts";

let standard: ((bytes: Uint8Array) => void) | undefined;

/** Gives what programs write to standard output to a function instead (bytes valid during the call), or back to it. */
export function redirectOutput(to: ((bytes: Uint8Array) => void) | undefined): void {
  standard = to;
}

/** A file, or standard output for `-`, written in whole chunks; a reader that has gone away (EPIPE) ends the output quietly. */
export class OutputFile {
  readonly #fd: number;
  readonly #path: string;
  #closed = false;

  constructor(path: string, append = false) {
    this.#path = path;
    try {
      this.#fd = path === "-" ? 1 : openSync(path, append ? "a" : "w");
    } catch (cause) {
      throw new Problem("no-permission", "Expected a file that can be written", { source: path, cause });
    }
  }

  /** Writes all of the bytes. */
  write(bytes: Uint8Array): void {
    if (this.#fd === 1 && standard) {
      standard(bytes);
      return;
    }
    let at = 0;
    while (at < bytes.length && !this.#closed) {
      try {
        at += writeSync(this.#fd, bytes, at, bytes.length - at);
      } catch (error) {
        const code = (error as { code?: string }).code;
        if (code === "EAGAIN") continue;
        if (code === "EPIPE") this.#closed = true;
        else {throw new Problem("no-permission", `Expected to write but found ${code}`, {
            source: this.#path,
            cause: error,
          });}
      }
    }
  }

  /** Closes the file. */
  close(): void {
    if (this.#fd !== 1) closeSync(this.#fd);
  }
}
