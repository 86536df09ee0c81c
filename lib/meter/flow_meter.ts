import type { PacketColumns } from "../decode/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { ConnectionColumns } from "./connections.ts";
import type { FlowTable } from "./flow_table.ts";
import type { Ghosts } from "./ghosts.ts";
import type { KeyedBatch } from "./keys.ts";
import type { Ledger } from "./ledger.ts";
import type { PacketShare } from "./packet_share.ts";
import type { Unrecorded } from "./unrecorded.ts";

/** One setting's meter, whatever its rules: packets in, record rows out. */
export interface FlowMeter {
  readonly settings: Settings;
  /** Events of the connections asked about. */
  readonly ledger: Ledger | undefined;
  /** Packets and bytes (as accounted, LINK-1) seen, and those of frames that form flows (law 1). */
  readonly seen: {
    readonly packets: number;
    readonly bytes: number;
    readonly flowPackets: number;
    readonly flowBytes: number;
  };
  /** What was seen but is in no record, under rules that leave things out. */
  readonly unrecorded?: Unrecorded;
  /** Entries made so far. */
  readonly created: number;
  /** Records emitted so far. */
  readonly emitted: number;
  readonly table: FlowTable;
  /** Direction memory, when the setting has one. */
  readonly ghosts: Ghosts | undefined;
  /** Connection numbers of the batch being metered, when they are tracked. */
  connections: ConnectionColumns | undefined;
  /** Meters a batch whose keys are numbered, or a share of it. */
  run(columns: PacketColumns, keys: KeyedBatch, share?: PacketShare): void;
  /** Lets time go on without a packet, for live input: microseconds of capture time. */
  tick(now: number): void;
  /** End of the capture: what is open is written. */
  end(): void;
}
