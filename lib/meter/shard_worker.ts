/**
 * The thread of one shard: meters the packets of its shard and writes the records where the merging thread takes them. A shard that is
 * the only one reads and decodes as well.
 *
 * @module
 */
import type { Settings } from "../settings/mod.ts";
import { MeterBank } from "./bank.ts";
import { ReaderLine } from "./batch_line.ts";
import type { Meter } from "./meter.ts";
import { RowRing, rowsOfChunk } from "./row_ring.ts";
import { type RowNews, RowWriter } from "./row_writer.ts";
import { ShardBatch } from "./shard_batch.ts";
import { failureOf, portOf, type ThreadNews } from "./thread_news.ts";
import type { Shard } from "./shards.ts";
import type { SharedMemory } from "./shared_batch.ts";
import { type KeyedInput, meterSlots } from "./slot_meter.ts";

/** What a shard's thread is told. */
export interface ShardTask {
  readonly settings: readonly Settings[];
  readonly shard: Shard;
  readonly connections: boolean;
  /** Where its packets come from: a capture, the only meter's decoding thread, or one that decodes for several. */
  readonly input:
    | { readonly source: string | readonly string[]; readonly strict: boolean }
    | KeyedInput
    | {
      readonly line: SharedArrayBuffer;
      readonly slots: readonly (readonly SharedMemory[])[];
      readonly userData: number;
    };
  /** Memory of each setting's ring of rows. */
  readonly rings: readonly SharedMemory[];
}

/** What a shard's thread tells besides. */
export interface ShardNews {
  readonly kind: "rows";
  /** By setting; undefined where nothing is new. */
  readonly rows: readonly (RowNews | undefined)[];
}

const port = portOf<ShardTask, ThreadNews | ShardNews>();

/** News go out after so many frames at the latest: enough rows to be worth a message, few enough to stay in cache. */
const NEWS_FRAMES = 16_384;

async function run(task: ShardTask): Promise<void> {
  const { settings, shard, input } = task;
  const writers = settings.map((s, n) =>
    new RowWriter(new RowRing(rowsOfChunk(settings.length), s.jitter, task.rings[n]), s.userData > 0)
  );
  let frames = 0;
  const tell = () => {
    frames = 0;
    const rows = writers.map((writer) => writer.news());
    if (rows.some((news) => news !== undefined)) port.postMessage({ kind: "rows", rows });
  };
  const bank = new MeterBank(
    settings,
    writers.map((writer) => (full) => writer.next(full, tell)),
    { connections: task.connections, stamps: true, batchSize: rowsOfChunk(settings.length) },
  );
  // Other rules than Argus's are not sharded.
  const meters = bank.meters as readonly Meter[];
  writers.forEach((writer, n) => writer.begin(meters[n]!));
  const count = (more: number) => {
    frames += more;
    if (frames >= NEWS_FRAMES) tell();
  };
  if ("source" in input) {
    // Loaded when needed: most shards get their packets from the decoding thread.
    const { openFrames } = await import("../capture/mod.ts");
    const source = openFrames(input.source as string | string[], {
      strict: input.strict,
      onProblem: (p) =>
        port.postMessage({ kind: "problem", code: p.code, reason: p.reason, detail: p.detail() }),
    });
    for await (const batch of source) {
      bank.take(batch);
      count(batch.length);
    }
  } else if ("keyed" in input) {
    meterSlots(bank.only!, input, { connections: task.connections, idle: tell, taken: count });
  } else {
    const slots = input.slots.map((slot) =>
      slot.map((memory) => new ShardBatch(shard.count, input.userData, memory))
    );
    const line = new ReaderLine(input.line, shard.index, slots.length);
    for (let slot = line.next(tell); slot >= 0; slot = line.next(tell)) {
      const decoded = slots[slot]!.map((batch) => batch.receive(shard.index));
      bank.takeShare(decoded);
      line.taken();
      count(decoded[0]!.columns.length);
    }
  }
  meters.forEach((meter, n) => {
    meter.end();
    writers[n]!.ended = true;
  });
  tell();
}

port.onmessage = ({ data }) => void run(data).catch((error) => port.postMessage(failureOf(error)));
port.postMessage({ kind: "ready" });
