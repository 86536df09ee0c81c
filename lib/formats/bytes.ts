import { Problem } from "../base/mod.ts";
import {
  type ByteSource,
  type CaptureSource,
  compressionOf,
  DecompressedSource,
  openSource,
  PrefixedSource,
} from "../capture/mod.ts";

/** Where flow records come from: a path, `"-"`, a URL, bytes, or a stream of bytes. */
export type FlowSource = CaptureSource;

/**
 * Opens a source of flow records and undoes gzip or zstd.
 *
 * @throws {Problem} `not-found`, `no-permission`, `network`; `what` is what the sentence says was expected.
 */
export async function openBytes(
  source: FlowSource,
  name: string | undefined,
  what: string,
): Promise<ByteSource> {
  let opened: ByteSource;
  try {
    opened = await openSource(source, { name });
  } catch (error) {
    throw reworded(error, what);
  }
  const head = new Uint8Array(4);
  let have = 0;
  while (have < 4) {
    const n = await opened.read(head.subarray(0, 4), have);
    if (n === 0) break;
    have += n;
  }
  const rest = new PrefixedSource(head.subarray(0, have), opened);
  const kind = have === 4 ? compressionOf(new DataView(head.buffer), 0) : undefined;
  return kind ? new DecompressedSource(rest, kind) : rest;
}

/** Sentences of the capture room speak of captures; here something else was expected. */
function reworded(error: unknown, what: string): unknown {
  if (!(error instanceof Problem)) return error;
  const reason = error.reason.replace(/Expected (?:to read )?a capture(?: \([^)]*\))?/, `Expected ${what}`);
  return new Problem(error.code === "not-a-capture" ? "not-argus" : error.code, reason, {
    ...(error.source === undefined ? {} : { source: error.source }),
    expected: what,
    cause: error.cause,
  });
}
