/**
 * A thread that has some settings of a bank: it meters the same batches as the bank's own thread and writes the records into rings, from
 * which an {@linkcode AwayMeter} for each setting takes them there.
 *
 * @module
 */
import type { Settings } from "../settings/mod.ts";
import { leaveFigures } from "./away_figures.ts";
import { MeterBank } from "./bank.ts";
import type { Meter } from "./meter.ts";
import { RowRing, rowsOfChunk } from "./row_ring.ts";
import { RowWriter } from "./row_writer.ts";
import { failureOf, portOf, type ThreadNews } from "./shard_thread.ts";
import type { SharedMemory } from "./shared_batch.ts";
import { type KeyedInput, meterSlots } from "./slot_meter.ts";

/** What such a thread is told. */
export interface AwayTask {
  readonly settings: readonly Settings[];
  readonly connections: boolean;
  readonly input: KeyedInput;
  /** Memory of each setting's ring of rows. */
  readonly rings: readonly SharedMemory[];
  /** Memory of each setting's figures, left there in the end. */
  readonly figures: readonly SharedArrayBuffer[];
}

const port = portOf<AwayTask, ThreadNews>();

function run({ settings, connections, input, figures }: AwayTask, rings: readonly RowRing[]): void {
  const writers = rings.map((ring) => new RowWriter(ring, false));
  const bank = new MeterBank(
    settings,
    writers.map((writer, n) => (full) => writer.next(full, () => rings[n]!.tell(writer.written))),
    { connections, batchSize: rowsOfChunk(settings.length) },
  );
  const only = bank.only!, { meters } = only;
  // Only Argus's rules are metered with a decoding thread.
  writers.forEach((writer, n) => writer.begin(meters[n] as Meter));
  const mark = (n: number) => rings[n]!.mark(writers[n]!.written);
  meterSlots(only, input, { connections, metered: mark });
  meters.forEach((meter, n) => {
    meter.end();
    leaveFigures(meter, figures[n]!);
    mark(n);
  });
}

port.onmessage = ({ data: task }) => {
  const rows = rowsOfChunk(task.settings.length);
  const rings = task.settings.map((s, n) => new RowRing(rows, s.jitter, task.rings[n]));
  try {
    run(task, rings);
  } catch (error) {
    port.postMessage(failureOf(error));
    for (const ring of rings) ring.fail();
  }
  close();
};
port.postMessage({ kind: "ready" });
