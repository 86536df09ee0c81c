import type { PacketColumns } from "../decode/mod.ts";
import type { MeterBank } from "./bank.ts";
import type { ConnectionColumns } from "./connections.ts";
import * as S from "./shared_batch.ts";
import type { SharedBatch } from "./shared_batch.ts";

/** What is to be done with the batches besides metering them. */
export interface SlotOptions {
  readonly connections?: boolean;
  /** Shown each batch before it is metered. */
  readonly tap?: (columns: PacketColumns, connections: ConnectionColumns | undefined) => void;
}

/** Meters the batch that the decoding thread left in a slot and gives the slot back. The bank's settings share one decode and one key. */
export function meterSlot(
  { meters, holders }: NonNullable<MeterBank["only"]>,
  slot: SharedBatch,
  options: SlotOptions,
): void {
  const { header, columns: c } = slot;
  c.length = header[S.H_LENGTH]!;
  c.firstFrame = header[S.H_FIRST]!;
  c.bytes = slot.bytes;
  const size = header[S.H_SIZE]!;
  holders.reach(size);
  const keys = { ids: slot.ids, swaps: slot.swaps, quoted: slot.quoted, size };
  const connections = options.connections
    ? { high: slot.connHigh, low: slot.connLow, index: slot.connIndex }
    : undefined;
  options.tap?.(c, connections);
  for (const meter of meters) {
    meter.connections = connections;
    meter.run(c, keys);
  }
  const idle = holders.endBatch(slot.fresh.subarray(0, header[S.H_FRESH]!), slot.idle.length);
  slot.idle.set(idle);
  header[S.H_IDLE] = idle.length;
  Atomics.store(header, S.H_STATE, S.FREE);
  Atomics.notify(header, S.H_STATE);
}
