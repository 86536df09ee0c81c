import fs from "node:fs";
import { Problem } from "../base/mod.ts";

/** A file or standard output that bytes are written to at once; the bytes may be reused after the call. */
export class Output {
  /** Bytes written. */
  written = 0;
  readonly #fd: number;

  /**
   * Makes or empties the file; `-` is standard output.
   *
   * @throws {Problem} `no-permission` or `not-found` when it cannot be made.
   */
  constructor(readonly path: string) {
    try {
      this.#fd = path === "-" ? 1 : fs.openSync(path, "w");
    } catch (error) {
      const code = (error as { code?: string }).code ?? "";
      const kind = code === "ENOENT" || code === "ENOTDIR" ? "not-found" : "no-permission";
      throw new Problem(kind, `Expected to write here but found ${code}`, {
        source: path,
        found: code,
        cause: error,
      });
    }
  }

  /** Writes all of the bytes; a full pipe is waited for. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      try {
        at += fs.writeSync(this.#fd, bytes, at);
      } catch (error) {
        if ((error as { code?: string }).code !== "EAGAIN") throw error;
      }
    }
    this.written += bytes.length;
  }

  close(): void {
    if (this.#fd !== 1) fs.closeSync(this.#fd);
  }
}
