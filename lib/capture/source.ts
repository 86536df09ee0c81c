import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { Problem } from "../base/mod.ts";
import { type ByteSource, MemorySource } from "./byte_source.ts";
import { fileProblem, FileSource, WHAT } from "./file_source.ts";
import { StreamSource } from "./stream_source.ts";

/** One capture: a path, `"-"` for standard input, an http(s) or file URL, bytes, or a stream of bytes. */
export type CaptureSource =
  | string
  | URL
  | Uint8Array
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** Whether the text is an http or https URL. */
export function isWebUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

async function openUrl(url: string, signal: AbortSignal | undefined, expected = WHAT): Promise<ByteSource> {
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
  } catch (error) {
    const found = (error as Error)?.message ?? String(error);
    throw new Problem("network", `Expected ${expected} but found ${found}`, {
      source: url,
      found,
      cause: error,
    });
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    const found = `${response.status} ${response.statusText}`.trim();
    throw new Problem(
      response.status === 404 || response.status === 410
        ? "not-found"
        : response.status === 401 || response.status === 403
        ? "no-permission"
        : "network",
      `Expected ${expected} but the server answered ${found}`,
      { source: url, expected, found },
    );
  }
  // With a content encoding, fetch decompresses and the length header counts other bytes than those we see.
  const length = response.headers.get("content-encoding") ? null : response.headers.get("content-length");
  return new StreamSource(url, response.body, length === null ? undefined : Number(length));
}

/** A name for problems: the path or URL itself, `standard input`, or what the caller called it. */
export function sourceName(source: CaptureSource, name?: string): string {
  if (name !== undefined) return name;
  if (typeof source === "string") return source === "-" ? "standard input" : source;
  if (source instanceof URL) return source.href;
  return source instanceof Uint8Array ? "bytes" : "stream";
}

/**
 * Bytes of a file, bytes in memory; undefined where that is not known.
 *
 * @throws {Problem} `not-found` or `no-permission` for a path that cannot be read.
 */
export function sizeOf(source: CaptureSource, name?: string): number | undefined {
  if (source instanceof Uint8Array) return source.length;
  if (!(typeof source === "string" || source instanceof URL)) return undefined;
  const text = String(source);
  if (text === "-" || isWebUrl(text)) return undefined;
  try {
    const path = pathOf(text);
    const stat = fs.statSync(path);
    if (!stat.isFile()) return undefined;
    // Opening is the only honest question: a mode says little about root, access lists and read-only mounts.
    fs.closeSync(fs.openSync(path, "r"));
    return stat.size;
  } catch (error) {
    throw fileProblem(error, sourceName(source, name));
  }
}

function pathOf(text: string): string {
  return /^file:\/\//i.test(text) ? fileURLToPath(text) : text;
}

/**
 * Opens a source of bytes; `expected` is what problems say was wanted, a capture unless given.
 *
 * @throws {Problem} `not-found`, `no-permission`, `not-a-capture` (a directory) or `network`.
 */
export async function openSource(
  source: CaptureSource,
  options: { name?: string | undefined; signal?: AbortSignal | undefined; expected?: string } = {},
): Promise<ByteSource> {
  const name = sourceName(source, options.name);
  if (source instanceof Uint8Array) return new MemorySource(name, source);
  if (typeof source === "string" || source instanceof URL) {
    const text = String(source);
    if (isWebUrl(text)) return await openUrl(text, options.signal, options.expected);
    if (text === "-") return new FileSource(name, 0, options.expected);
    return new FileSource(name, pathOf(text), options.expected);
  }
  return new StreamSource(name, source);
}
