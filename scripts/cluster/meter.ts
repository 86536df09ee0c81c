import { openFrames } from "../../lib/capture/mod.ts";
import { inShard, MeterBank, type Shard } from "../../lib/meter/mod.ts";
import { asRead, RecordBatch } from "../../lib/record/mod.ts";
import { argus } from "../../lib/settings/mod.ts";

/** Meters one shard of a capture under clock `exact`, where shards add up to the whole (law 5); records as read. */
export async function* meterShard(
  capture: string,
  status: string,
  shard: Shard,
): AsyncGenerator<RecordBatch> {
  const ready: RecordBatch[] = [];
  const bank = new MeterBank([argus({ status, clock: "exact" })], [(batch) => {
    const own = new RecordBatch(batch.length);
    for (let row = 0; row < batch.length; row++) {
      asRead(batch, row);
      if (inShard(batch, row, shard)) own.append(batch, row);
    }
    ready.push(own);
    return batch.fresh();
  }], { connections: true, shard });
  for await (const frames of openFrames(capture)) {
    bank.take(frames);
    yield* ready.splice(0);
  }
  bank.end();
  yield* ready;
}
