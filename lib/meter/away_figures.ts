import type { FlowMeter } from "./flow_meter.ts";
import { type Unrecorded, UNRECORDED_REASONS } from "./unrecorded.ts";

/** Where each figure stands: entries made, records, packets and bytes seen, those that form flows, most entries, then what is in no record. */
const CREATED = 0,
  EMITTED = 1,
  PACKETS = 2,
  BYTES = 3,
  FLOW_PACKETS = 4,
  FLOW_BYTES = 5,
  PEAK = 6,
  UNRECORDED = 7;

/** Memory for the figures of one meter. */
export function figuresMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(8 * (UNRECORDED + 2 * UNRECORDED_REASONS.length));
}

/** Leaves what metering came to for another thread. */
export function leaveFigures(meter: FlowMeter, memory: SharedArrayBuffer): void {
  const to = new Float64Array(memory), { seen } = meter;
  to[CREATED] = meter.created;
  to[EMITTED] = meter.emitted;
  to[PACKETS] = seen.packets;
  to[BYTES] = seen.bytes;
  to[FLOW_PACKETS] = seen.flowPackets;
  to[FLOW_BYTES] = seen.flowBytes;
  to[PEAK] = meter.table.peak;
  for (const { reason, packets, bytes } of meter.unrecorded?.lines ?? []) {
    const at = UNRECORDED + 2 * UNRECORDED_REASONS.indexOf(reason);
    to[at] = packets;
    to[at + 1] = bytes;
  }
}

/** Takes them up. */
export function takeFigures(
  memory: SharedArrayBuffer,
  meter: {
    created: number;
    emitted: number;
    readonly seen: { packets: number; bytes: number; flowPackets: number; flowBytes: number };
    readonly table: { peak: number };
    readonly unrecorded: Unrecorded;
  },
): void {
  const from = new Float64Array(memory), { seen } = meter;
  meter.created = from[CREATED]!;
  meter.emitted = from[EMITTED]!;
  seen.packets = from[PACKETS]!;
  seen.bytes = from[BYTES]!;
  seen.flowPackets = from[FLOW_PACKETS]!;
  seen.flowBytes = from[FLOW_BYTES]!;
  meter.table.peak = from[PEAK]!;
  UNRECORDED_REASONS.forEach((reason, n) => {
    const at = UNRECORDED + 2 * n;
    meter.unrecorded.add(reason, from[at]!, from[at + 1]!);
  });
}
