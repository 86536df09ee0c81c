import type { PacketColumns } from "../decode/mod.ts";
import type { MeterBank } from "./bank.ts";
import type { ConnectionColumns } from "./connections.ts";
import { ReaderLine } from "./batch_line.ts";
import * as S from "./shared_batch.ts";
import { SharedBatch, type SharedMemory } from "./shared_batch.ts";

/** Where a thread gets batches whose keys are numbered. */
export interface KeyedInput {
  /** Memory of the batches. */
  readonly keyed: readonly SharedMemory[];
  /** Memory of the line along which they come. */
  readonly line: SharedArrayBuffer;
  /** Which of how many readers of the line the thread is. */
  readonly reader: number;
  readonly readers: number;
}

/** What is to be done with the batches besides metering them. */
export interface SlotOptions {
  readonly connections?: boolean;
  /** Shown each batch before it is metered. */
  readonly tap?: (columns: PacketColumns, connections: ConnectionColumns | undefined) => void;
  /** Told the number of each meter that is done with a batch. */
  readonly metered?: (meter: number) => void;
}

/**
 * Meters the batch that the decoding thread left in a slot, and leaves there which keys need not be known any more. The bank's settings
 * share one decode and one key.
 */
export function meterSlot(
  { meters, holders }: NonNullable<MeterBank["only"]>,
  slot: SharedBatch,
  reader: number,
  options: SlotOptions,
): void {
  const { header, columns: c } = slot;
  c.length = header[S.H_LENGTH]!;
  c.firstFrame = header[S.H_FIRST]! >>> 0;
  c.bytes = slot.bytes;
  const size = header[S.H_SIZE]!;
  holders.reach(size);
  const keys = { ids: slot.ids, swaps: slot.swaps, quoted: slot.quoted, size };
  const connections = options.connections
    ? { high: slot.connHigh, low: slot.connLow, index: slot.connIndex }
    : undefined;
  options.tap?.(c, connections);
  meters.forEach((meter, n) => {
    meter.connections = connections;
    meter.run(c, keys);
    options.metered?.(n);
  });
  const idle = slot.idle[reader]!,
    ids = holders.endBatch(slot.fresh.subarray(0, header[S.H_FRESH]!), idle.length);
  idle.set(ids);
  header[S.H_IDLE + reader] = ids.length;
}

/** Meters all batches of a line on a thread of its own. */
export function meterSlots(
  only: NonNullable<MeterBank["only"]>,
  input: KeyedInput,
  options: SlotOptions & {
    /** Called when a batch has to be waited for. */
    readonly idle?: () => void;
    /** Told the packets of each batch that is done with. */
    readonly taken?: (packets: number) => void;
  },
): void {
  const slots = input.keyed.map((memory) => new SharedBatch(input.readers, memory));
  const line = new ReaderLine(input.line, input.reader, slots.length), idle = options.idle ?? (() => {});
  for (let at = line.next(idle); at >= 0; at = line.next(idle)) {
    const slot = slots[at]!, packets = slot.header[S.H_LENGTH]!;
    meterSlot(only, slot, input.reader, options);
    line.taken();
    options.taken?.(packets);
  }
}
