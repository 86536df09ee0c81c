import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import { type FlowWriter, openFlowWriter, type WriteFlowsOptions } from "./write_flows.ts";

/** How records are divided among files. */
export interface PartitionOptions extends WriteFlowsOptions {
  /** A file for each day or each hour (UTC) in which records start. */
  readonly by: "day" | "hour";
  /** Suffix that says the format, `parquet` unless given. */
  readonly format?: string | undefined;
}

/** Files open at a time: the one used longest ago is closed, and a later record of its time begins a further file. */
const MOST_OPEN = 24;
const HOUR = 3600e6;

/**
 * Writes records into a folder of files by the day or hour of their start, named as DuckDB, Spark and others read partitions:
 * `date=2015-06-04/hour=02/part-0.parquet`. Gives the number of records of each file.
 *
 * @throws {Problem} `bad-value` for another division, otherwise as `openFlowWriter`.
 */
export async function writePartitioned(
  folder: string,
  batches: AsyncIterable<RecordBatch> | Iterable<RecordBatch>,
  options: PartitionOptions,
): Promise<Map<string, number>> {
  if (options.by !== "day" && options.by !== "hour") {
    throw new Problem("bad-value", `Expected files by day or by hour but found "${options.by}"`);
  }
  const step = options.by === "day" ? 24 * HOUR : HOUR;
  const open = new Map<number, { path: string; writer: FlowWriter }>();
  const pieces = new Map<number, number>();
  const counts = new Map<string, number>();
  const close = async (slot: number) => {
    const { path, writer } = open.get(slot)!;
    open.delete(slot);
    await writer.end();
    counts.set(path, writer.rows);
  };
  const writerOf = async (slot: number): Promise<FlowWriter> => {
    const there = open.get(slot);
    if (there) {
      // Last used stands last.
      open.delete(slot);
      open.set(slot, there);
      return there.writer;
    }
    if (open.size >= MOST_OPEN) await close(open.keys().next().value!);
    const piece = pieces.get(slot) ?? 0;
    pieces.set(slot, piece + 1);
    const path = join(
      folder,
      partitionOf(slot * step, options.by),
      `part-${piece}.${options.format ?? "parquet"}`,
    );
    mkdirSync(join(path, ".."), { recursive: true });
    const writer = await openFlowWriter(path, options);
    open.set(slot, { path, writer });
    return writer;
  };
  for await (const batch of batches) {
    const bySlot = new Map<number, RecordBatch>();
    for (let row = 0; row < batch.length; row++) {
      if (batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) continue;
      const slot = Math.floor(R.startTime(batch, row) / step);
      let part = bySlot.get(slot);
      if (!part) bySlot.set(slot, part = new RecordBatch(256));
      part.append(batch, row);
    }
    for (const [slot, part] of bySlot) await (await writerOf(slot)).write(part);
  }
  for (const slot of [...open.keys()]) await close(slot);
  return counts;
}

function partitionOf(us: number, by: "day" | "hour"): string {
  const text = new Date(us / 1000).toISOString();
  const day = `date=${text.slice(0, 10)}`;
  return by === "day" ? day : join(day, `hour=${text.slice(11, 13)}`);
}
