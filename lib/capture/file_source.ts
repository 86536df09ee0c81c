import fs from "node:fs";
import { Problem } from "../base/mod.ts";
import type { ByteSource, SourceDamage } from "./byte_source.ts";

/** What problems say was wanted, unless told otherwise. */
export const WHAT = "a capture (pcap or pcapng, plain or compressed with gzip or zstd)";

/** Turns an error of the operating system into a problem that names the file. */
export function fileProblem(error: unknown, name: string, expected = WHAT): Problem {
  const code = (error as { code?: string } | null)?.code ?? "";
  const detail = { source: name, expected, found: code, cause: error };
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new Problem("not-found", `Expected ${expected} but found no such file`, detail);
  }
  if (code === "EACCES" || code === "EPERM" || (error as Error)?.name === "NotCapable") {
    return new Problem("no-permission", `Expected ${expected} but found no permission to read it`, detail);
  }
  if (code === "EISDIR") {
    return new Problem("not-a-capture", `Expected ${expected} but found a directory`, detail);
  }
  return new Problem(
    "damaged",
    `Expected to read ${expected} but found ${(error as Error)?.message ?? error}`,
    detail,
  );
}

/** A file by its path, or standard input (0); what is no plain file is read without blocking. */
export class FileSource implements ByteSource {
  taken = 0;
  damage: SourceDamage | undefined;
  readonly total: number | undefined;
  readonly #fd: number;
  readonly #plain: boolean;
  #open = true;

  constructor(readonly name: string, readonly path: string | 0, expected?: string) {
    try {
      this.#fd = path === 0 ? 0 : fs.openSync(path, "r");
      const stat = fs.fstatSync(this.#fd);
      if (stat.isDirectory()) {
        this.close();
        throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
      }
      this.#plain = stat.isFile();
      this.total = this.#plain ? stat.size : undefined;
    } catch (error) {
      throw fileProblem(error, name, expected);
    }
  }

  read(into: Uint8Array, at: number): number | Promise<number> {
    if (!this.#plain) return this.#readLater(into, at);
    try {
      const n = fs.readSync(this.#fd, into, at, into.length - at, null);
      this.taken += n;
      return n;
    } catch (error) {
      return this.#fail(error);
    }
  }

  #fail(error: unknown): number {
    if ((error as { code?: string }).code !== "EOF") {
      this.damage = { code: "damaged", reason: `Expected to read on but found ${(error as Error).message}` };
    }
    return 0;
  }

  /** Pipes and terminals: a blocking read would stop every timer of the program. */
  #readLater(into: Uint8Array, at: number): Promise<number> {
    return new Promise((resolve) => {
      fs.read(this.#fd, into, at, into.length - at, null, (error, n) => {
        if (error) return resolve(this.#fail(error));
        this.taken += n;
        resolve(n);
      });
    });
  }

  get reopen(): (() => ByteSource) | undefined {
    return this.#plain && this.path !== 0 ? () => new FileSource(this.name, this.path) : undefined;
  }

  close(): void {
    if (this.#open && this.path !== 0) fs.closeSync(this.#fd);
    this.#open = false;
  }
}
