import type { Settings } from "../settings/mod.ts";
import type { ConnectionRef, RecordRef } from "./types.ts";

/** What a reason is about; stable, for programs to switch on. */
export type ReasonCode =
  // direction
  | "syn-seen"
  | "synack-turned"
  | "synack-not-turned"
  | "remembered"
  | "first-packet"
  | "icmp-type"
  | "icmp-reply-turned"
  | "icmp-reply-first"
  | "corrected"
  | "no-tcp-header"
  | "arp"
  | "direction-lost"
  | "direction-lost-earlier"
  | "no-handshake"
  | "reverse-bit"
  | "direction-unexplained"
  // how the record began
  | "new-entry"
  | "kept-own-packet"
  | "kept-revived"
  | "entry-lost"
  | "restarted"
  // how it ended
  | "status-own-packet"
  | "status-swept"
  | "active-timeout"
  | "start-record"
  | "port-reuse"
  | "end-of-capture"
  | "idle"
  | "closed"
  | "reset"
  | "evicted"
  | "end-unknown"
  // why there is one record more or less
  | "split"
  | "merged"
  | "reuse-merged"
  // values
  | "start-whole-seconds"
  | "start-is-end"
  | "end-is-syn"
  | "status-fraction"
  | "timeout-ignored"
  | "state-closed-by-turn"
  | "icmp-mapped"
  | "fragments"
  | "fragment-flow"
  // sources
  | "other-clock"
  | "not-metered"
  | "same";

/** What became of a meter's entry after a status boundary. */
export type Fate = "kept" | "lost";

/**
 * One status cut of a connection, with the numbers of the thread's table. Times are microseconds since 1970, `NaN` where there is
 * none.
 */
export interface Cut {
  /** Connection id, 16 hexadecimal digits. */
  readonly connection: string;
  /** Records before and after the cut: number within the connection, from 1. */
  readonly before: number;
  /** Record after the cut. */
  readonly after: number;
  /** Last packet before the cut. */
  readonly lastPacket: number;
  /** Frame number of the last packet; 0 when unknown. */
  readonly lastFrame: number;
  /** The status boundary: when the entry had been queued, plus S. */
  readonly boundary: number;
  /** When the entry had been put on the status queue. */
  readonly queued: number;
  /** When the boundary was noticed, and by which frame. */
  readonly noticed: number;
  /** Frame that noticed it; 0 at the end of the capture. */
  readonly noticedFrame: number;
  /** Whether the flow's own packet noticed it (TIM-4) or somebody else's (a sweep, TIM-3). */
  readonly by: "own" | "sweep";
  /** First packet after the cut. */
  readonly nextPacket: number;
  /** Frame of that packet. */
  readonly nextFrame: number;
  /** `nextPacket - lastPacket`. */
  readonly silence: number;
  /** `nextPacket - boundary`. */
  readonly wait: number;
  /** What became of the entry. */
  readonly fate: Fate;
  /** Idle timer: when it was due and when, and by which frame, the entry was dropped; `NaN` and 0 when it was not. */
  readonly timeout: number;
  /** When the idle timer was due; `NaN` when it plays no part. */
  readonly dropDue: number;
  /** When the entry was dropped; `NaN` when it was not. */
  readonly dropped: number;
  /** Frame that let it be dropped; 0 when it was not. */
  readonly dropFrame: number;
  /** End that spoke first after a loss and so became the source (`address:port`), empty when unknown. */
  readonly spokeFirst: string;
  /** The record after the cut does not know its direction (`?`). */
  readonly unknown: boolean;
}

/** One structured reason and its sentence. */
export interface Reason {
  /** What the reason is about. */
  readonly code: ReasonCode;
  /** The reason in words. */
  readonly sentence: string;
  /** The cut behind it, if one is. */
  readonly cut?: Cut;
  /** Frames that made it happen, in the order of the sentence. */
  readonly frames: readonly number[];
  /** Spec ids of the rules applied. */
  readonly rules: readonly string[];
}

/** The answer to "why is this record, connection or difference as it is?" */
export interface Why extends Reason {
  /** The connection. */
  readonly connection: ConnectionRef;
  /** Record it is about, when it is about one. */
  readonly record: RecordRef | undefined;
  /** Setting involved; `undefined` for records of other programs. */
  readonly settings: Settings | undefined;
  /** Length of the silence in microseconds, status boundary inside it, timer and its due times; `NaN` where they play no part. */
  readonly gap: number;
  /** Status boundary, microseconds; `NaN` when it plays no part. */
  readonly boundary: number;
  /** The timer that mattered. */
  readonly timer: "status" | "idle" | "none";
  /** When the timers were due, microseconds. */
  readonly dueTimes: readonly number[];
  /** Everything else worth saying: how the record began, how it ended, what changed its values. */
  readonly also: readonly Reason[];
}

/** A change of settings that gives the true connection. All values are microseconds. */
export interface Remedy {
  /** Setting to change; `none` when no change helps or none is needed. */
  readonly setting: "tcp" | "ip" | "icmp" | "arp" | "status" | "memory" | "none";
  /** Value now (`memory`: 0 is off). */
  readonly from: number;
  /** Value to use: a timeout just above the longest harmful silence, the smallest -S, the shortest direction memory. */
  readonly to: number;
  /** Smallest value in whole seconds that works with everything else unchanged; `NaN` when it was not looked for. */
  readonly smallest: number;
  /** Value that works wherever the cuts happen to fall; `NaN` when there is none. */
  readonly always: number;
  /** Whether re-metering with `to` gave every record of the connection the same, known direction. */
  readonly verified: boolean;
  /** The complete setting with the change. */
  readonly settings: Settings | undefined;
  /** The reason in words. */
  readonly sentence: string;
}
