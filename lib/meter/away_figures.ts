import type { Settings } from "../settings/mod.ts";
import type { MeterFigures } from "./flow_meter.ts";
import { Unrecorded, UNRECORDED_REASONS } from "./unrecorded.ts";

/** Where each figure stands: packets and bytes seen, those that form flows, most entries, then what is in no record. */
const PACKETS = 0, BYTES = 1, FLOW_PACKETS = 2, FLOW_BYTES = 3, PEAK = 4, UNRECORDED = 5;

/** Leaves what metering under a setting came to for another thread. */
export function leaveFigures({ seen, table, unrecorded }: MeterFigures, memory: SharedArrayBuffer): void {
  const to = new Float64Array(memory);
  to[PACKETS] = seen.packets;
  to[BYTES] = seen.bytes;
  to[FLOW_PACKETS] = seen.flowPackets;
  to[FLOW_BYTES] = seen.flowBytes;
  to[PEAK] = table.peak;
  for (const { reason, packets, bytes } of unrecorded?.lines ?? []) {
    const at = UNRECORDED + 2 * UNRECORDED_REASONS.indexOf(reason);
    to[at] = packets;
    to[at + 1] = bytes;
  }
}

/** What metering under a setting comes to on another thread, which tells in the end. */
export class AwayFigures implements MeterFigures {
  readonly seen = { packets: 0, bytes: 0, flowPackets: 0, flowBytes: 0 };
  readonly table = { peak: 0 };
  readonly unrecorded: Unrecorded = new Unrecorded();
  readonly ledger = undefined;
  readonly ghosts = undefined;
  /** Where the other thread leaves them. */
  readonly memory: SharedArrayBuffer = new SharedArrayBuffer(
    8 * (UNRECORDED + 2 * UNRECORDED_REASONS.length),
  );

  constructor(readonly settings: Settings) {}

  /** Takes up what the other thread has left. */
  take(): void {
    const from = new Float64Array(this.memory), { seen } = this;
    seen.packets = from[PACKETS]!;
    seen.bytes = from[BYTES]!;
    seen.flowPackets = from[FLOW_PACKETS]!;
    seen.flowBytes = from[FLOW_BYTES]!;
    this.table.peak = from[PEAK]!;
    UNRECORDED_REASONS.forEach((reason, n) => {
      const at = UNRECORDED + 2 * n;
      this.unrecorded.add(reason, from[at]!, from[at + 1]!);
    });
  }
}
