import { Problem } from "../base/mod.ts";
import { PrefixedSource } from "../capture/mod.ts";
import { asRead, type RecordBatch } from "../record/mod.ts";
import { readArgusBytes, type ReadFlowsOptions } from "./argus_reader.ts";
import { isSensorUrl, openSensor } from "./argus_stream.ts";
import { type FlowSource, openBytes } from "./bytes.ts";
import { readFlowTextBytes } from "./text_reader.ts";

const WHAT = "flow records (an Argus file or sensor, or a flow table as text)";
const HEAD = 16;

/**
 * Reads flow records from wherever they are: an Argus file, pipe or sensor (`argus://host:561`), or a flow
 * table that another tool wrote as text; the content tells which. gzip and zstd are undone.
 *
 * Rows are raw (`asRead` has not been applied) unless `read` asks for them as read; text never needs it.
 *
 * @throws {Problem} `not-found`, `no-permission`, `network`, `empty`, `unsupported`; see `readArgus` and `readFlowText`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readFlows } from "./read_flows.ts";
 *
 * const table = new
 * TextEncoder().encode("stime,proto,saddr,sport,daddr,dport\n1.5,udp,10.0.0.1,5,10.0.0.2,53\n"); let records
 * = 0; for await (const batch of readFlows(table)) records += batch.length; assertEquals(records, 1);
 * ```
 */
export async function* readFlows(
  source: FlowSource,
  options: ReadFlowsOptions & { readonly read?: boolean | undefined } = {},
): AsyncGenerator<RecordBatch, void, void> {
  const url = typeof source === "string" || source instanceof URL ? String(source) : "";
  const opened = isSensorUrl(url)
    ? await openSensor(url, options)
    : await openBytes(source, options.name, WHAT);
  try {
    const head = new Uint8Array(HEAD);
    let have = 0;
    while (have < HEAD) {
      const n = await opened.read(head, have);
      if (n === 0) break;
      have += n;
    }
    if (have === 0) {
      throw new Problem("empty", `Expected ${WHAT} but found no bytes`, {
        source: opened.name,
        expected: WHAT,
      });
    }
    const whole = new PrefixedSource(head.subarray(0, have), opened);
    if (isText(head.subarray(0, have))) yield* readFlowTextBytes(whole, options);
    else {
      for await (const batch of readArgusBytes(whole, options)) {
        if (options.read) { for (let row = 0; row < batch.length; row++) asRead(batch, row); }
        yield batch;
      }
    }
  } finally {
    await opened.close();
  }
}

/** Whether bytes are the beginning of text: no control characters but white space. */
function isText(bytes: Uint8Array): boolean {
  return bytes.every((b) => b >= 32 && b !== 127 || b === 9 || b === 10 || b === 13);
}
