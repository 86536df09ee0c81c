/**
 * A thread that has some settings of a bank: it meters the same batches as the bank's own thread and writes the records into rings, from
 * which an {@linkcode AwayMeter} for each of its meters takes them there.
 *
 * @module
 */
import type { Settings } from "../settings/mod.ts";
import { leaveFigures } from "./away_figures.ts";
import { MeterBank } from "./bank.ts";
import type { Meter } from "./meter.ts";
import { RowRing, rowsOfChunk } from "./row_ring.ts";
import { RowWriter } from "./row_writer.ts";
import { failureOf, portOf, type ThreadNews } from "./thread_news.ts";
import type { SharedMemory } from "./shared_batch.ts";
import { type KeyedInput, meterSlots } from "./slot_meter.ts";

/** What such a thread is told. */
export interface AwayTask {
  readonly meters: readonly {
    /** One setting, or several that are metered together. */
    readonly settings: readonly Settings[];
    /** Memory of the ring of rows. */
    readonly ring: SharedMemory;
    /** Memory of each setting's figures, left there in the end. */
    readonly figures: readonly SharedArrayBuffer[];
  }[];
  readonly connections: boolean;
  readonly input: KeyedInput;
}

const port = portOf<AwayTask, ThreadNews>();

function run({ meters: tasks, connections, input }: AwayTask, rings: readonly RowRing[]): void {
  const writers = rings.map((ring) => new RowWriter(ring, false));
  const bank = new MeterBank(
    tasks.flatMap((task) => task.settings),
    tasks.flatMap(({ settings }, n) =>
      settings.map(() => (full) => writers[n]!.next(full, () => rings[n]!.tell(writers[n]!.written)))
    ),
    { connections, batchSize: rowsOfChunk(tasks.length), gathers: true },
  );
  const only = bank.only!, { meters } = only;
  // Only Argus's rules are metered with a decoding thread.
  writers.forEach((writer, n) => writer.begin(meters[n] as Meter));
  const mark = (n: number) => rings[n]!.mark(writers[n]!.written);
  meterSlots(only, input, { connections, metered: mark });
  const figures = [...bank.meters];
  meters.forEach((meter, n) => {
    meter.end();
    for (const memory of tasks[n]!.figures) leaveFigures(figures.shift()!, memory);
    mark(n);
  });
}

port.onmessage = ({ data: task }) => {
  const rows = rowsOfChunk(task.meters.length);
  const rings = task.meters.map(({ settings, ring }) =>
    new RowRing(rows, settings.some((s) => s.jitter), ring)
  );
  try {
    run(task, rings);
  } catch (error) {
    port.postMessage(failureOf(error));
    for (const ring of rings) ring.fail();
  }
  close();
};
port.postMessage({ kind: "ready" });
