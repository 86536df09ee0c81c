import type { PacketColumns } from "../decode/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { ConnectionColumns } from "./connections.ts";
import type { Ghosts } from "./ghosts.ts";
import type { KeyedBatch } from "./keys.ts";
import type { Ledger } from "./ledger.ts";
import type { PacketShare } from "./packet_share.ts";
import type { Unrecorded } from "./unrecorded.ts";

/** What metering under one setting comes to, besides the records. */
export interface MeterFigures {
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
  /** Most entries alive at once. */
  readonly table: { readonly peak: number };
  /** Direction memory, when the setting has one. */
  readonly ghosts: Ghosts | undefined;
}

/** One setting's meter, whatever its rules, or that of several settings at once: packets in, record rows out. */
export interface FlowMeter extends MeterFigures {
  /** Connection numbers of the batch being metered, when they are tracked. */
  connections: ConnectionColumns | undefined;
  /** Meters a batch whose keys are numbered, or a share of it. */
  run(columns: PacketColumns, keys: KeyedBatch, share?: PacketShare): void;
  /** Lets time go on without a packet, for live input: microseconds of capture time. */
  tick(now: number): void;
  /** End of the capture: what is open is written. */
  end(): void;
  /** As {@linkcode end}, in steps, between which records can be taken away, where there may be many. */
  ending?(): Generator<void, void, void>;
}
