import { openFrames } from "../../lib/capture/mod.ts";
import { Clusterer, type ClusterOptions } from "../../lib/cluster/mod.ts";
import { MeterBank } from "../../lib/meter/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { argus } from "../../lib/settings/mod.ts";
import { CACHE_FIELDS, openEngine, parseStoreUrl, type SqlConnection } from "../../lib/stores/mod.ts";

/** A capture in the repository whose conversations fall silent, are cut and begin anew: the mailing-list case. */
export const CAPTURE: string = new URL("../../fixtures/thread-only.pcap.gz", import.meta.url).pathname;

/** The records of a capture, as read, in small batches. */
export async function meter(capture: string = CAPTURE, status = "5s", size = 64): Promise<R.RecordBatch[]> {
  const batches: R.RecordBatch[] = [];
  const bank = new MeterBank([argus({ status })], [(batch) => {
    for (let row = 0; row < batch.length; row++) R.asRead(batch, row);
    for (let from = 0; from < batch.length; from += size) {
      const part = new R.RecordBatch(size);
      for (let row = from; row < Math.min(batch.length, from + size); row++) part.append(batch, row);
      batches.push(part);
    }
    return batch.fresh();
  }], { connections: true });
  for await (const frames of openFrames(capture)) bank.take(frames);
  bank.end();
  return batches;
}

/** Batches as a stream. */
export async function* stream(batches: Iterable<R.RecordBatch>): AsyncGenerator<R.RecordBatch> {
  for (const batch of batches) yield await Promise.resolve(batch);
}

/** Number of records. */
export function count(batches: Iterable<R.RecordBatch>): number {
  let records = 0;
  for (const batch of batches) records += batch.length;
  return records;
}

/** All rows of a table without its blobs, as sorted text lines; what two equal tables have in common. */
export async function linesOf(
  engine: SqlConnection,
  table: string,
  columns: readonly string[],
): Promise<string[]> {
  const quote = engine.dialect === "mysql" ? "`" : '"';
  const names = columns.map((c) => quote + c + quote).join(", ");
  const rows = await engine.all(`SELECT ${names} FROM ${quote}${table}${quote}`);
  return rows.map((row) => row.map(textOf).join("|")).sort();
}

/** The lines of a cache's table. */
export async function linesAt(url: string): Promise<string[]> {
  const engine = await openEngine(parseStoreUrl(url));
  try {
    return await linesOf(engine, parseStoreUrl(url).table, CACHE_FIELDS);
  } finally {
    await engine.close();
  }
}

/** The same lines from records that were put together in memory. */
export function linesInMemory(
  batches: Iterable<R.RecordBatch>,
  columns: readonly string[],
  options: ClusterOptions = {},
): string[] {
  const clusterer = new Clusterer(options);
  for (const batch of batches) for (let row = 0; row < batch.length; row++) clusterer.add(batch, row);
  const out = clusterer.flush(), fields = columns.map(R.fieldOf), lines: string[] = [];
  for (let row = 0; row < out.length; row++) {
    lines.push(
      fields.map((f) => {
        const value = f.number ? f.number(out, row) : f.text!(out, row);
        return textOf(typeof value !== "number" ? value : f.type === "time" ? value / 1e6 : value);
      }).join("|"),
    );
  }
  return lines.sort();
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "number" && Number.isFinite(value) ? value.toFixed(6) : String(value);
}
