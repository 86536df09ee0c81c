import type { EndReason, Evidence } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";

/** One record, small enough to keep: what a difference or a reason points at. Times are microseconds since 1970. */
export interface RecordRef {
  /** Ordinal of the record in its flow source, from 0. */
  readonly index: number;
  /** Start of the record as printed. */
  readonly stime: number;
  /** End of the record as printed. */
  readonly ltime: number;
  /** Protocol as printed with numbers kept (`tcp`, `udp`, `icmp`, `arp`, ...). */
  readonly proto: string;
  /** Source address as printed. */
  readonly saddr: string;
  /** Source port as a number in text; empty where the protocol has none. */
  readonly sport: string;
  /** Direction indicator, trimmed: `->`, `<-`, `<->`, `?>`, `<?`, `<?>`, `who` (DIR-4). */
  readonly dir: string;
  /** Destination address as printed. */
  readonly daddr: string;
  /** Destination port, likewise. */
  readonly dport: string;
  /** Packets of the source. */
  readonly spkts: number;
  /** Packets of the destination. */
  readonly dpkts: number;
  /** Bytes of the source. */
  readonly sbytes: number;
  /** Bytes of the destination. */
  readonly dbytes: number;
  /** Application bytes; `NaN` where the source has none. */
  readonly sappbytes: number;
  /** Application bytes of the destination. */
  readonly dappbytes: number;
  /** State as printed. */
  readonly state: string;
  /** Why the direction is believed; `unknown` for records read from a file. */
  readonly evidence: Evidence;
  /** Why the record was emitted; `unknown` for records read from a file. */
  readonly endReason: EndReason;
  /** Frame numbers (from 1) of the first and last packet counted; 0 when unknown. */
  readonly firstFrame: number;
  /** Frame number of the last packet; 0 when unknown. */
  readonly lastFrame: number;
  /** Connection id, 16 hexadecimal digits; empty when unknown. */
  readonly connection: string;
  /** Number of the record within its connection, from 1; 0 when unknown. */
  readonly connectionSeq: number;
  /** Transport sequence number (SEQ-1). */
  readonly seq: number;
  /** `FLAG_*` bits, TCP status bits (0 for other protocols), key type and protocol number of the record row. */
  readonly flags: number;
  /** TCP status bits (`TCP_*`); 0 for other protocols. */
  readonly tcpStatus: number;
  /** Key type (`KEY_*`). */
  readonly keyType: number;
  /** Number of the IP protocol, or ethertype. */
  readonly protoNumber: number;
  /** Kind of the network section (`NET_*`). */
  readonly net: number;
  /** ICMP error mapped on the flow: mapped bits << 16 | type << 8 | code, or 0 (REC-11). */
  readonly icmpMap: number;
}

/** What happened to the records of a connection between two sources. */
export type DifferenceClass =
  /** One record on either side, equal in ends, times, counters and state. */
  | "same"
  /** One record on the left is several on the right. */
  | "split"
  /** Several records on the left are one on the right. */
  | "merged"
  /** Source and destination are exchanged. */
  | "flipped"
  /** One side does not know the direction (`?`), the other does. */
  | "direction-unknown"
  /** The same packets are cut at other places, or a printed start or end differs. */
  | "boundary-moved"
  /** A counter, or the state, differs. */
  | "counter-changed"
  | "only-left"
  | "only-right";

/** All classes, most telling first: the order in which a difference picks its main class. */
export const DIFFERENCE_CLASSES: readonly DifferenceClass[] = [
  "only-left",
  "only-right",
  "flipped",
  "direction-unknown",
  "split",
  "merged",
  "boundary-moved",
  "counter-changed",
  "same",
];

/** One value that differs; where source and destination disagree, both are seen from the source of the side to believe. */
export interface ChangedField {
  /** Field name as in the registry: `stime`, `ltime`, `spkts`, `dpkts`, `sbytes`, `dbytes`, `sappbytes`, `dappbytes`, `state`. */
  readonly field: string;
  /** Value on either side (times in microseconds; counters summed over the records of the side). */
  readonly left: number | string;
  /** The same for the right side. */
  readonly right: number | string;
  /** `right - left` for numbers, else `NaN`. */
  readonly amount: number;
}

/** The two ends of a connection, in an order that does not depend on direction, and the ids of what was aligned. */
export interface ConnectionRef {
  /** For example `tcp 10.0.2.104:49227 147.32.83.57:5552`. */
  readonly text: string;
  /** Protocol as printed. */
  readonly proto: string;
  /** The two ends, smaller address first; ports empty where there are none. */
  readonly ends: readonly [readonly [string, string], readonly [string, string]];
  /** Connection id, 16 hexadecimal digits; empty when unknown. */
  readonly id: string;
}

/** Records of one connection that cover the same packets on both sides, and how they differ. */
export interface Difference {
  /** The most telling of `classes`. */
  readonly class: DifferenceClass;
  /** Every class that applies, in the order of {@linkcode DIFFERENCE_CLASSES}. */
  readonly classes: readonly DifferenceClass[];
  /** The connection. */
  readonly connection: ConnectionRef;
  /** Records of either side, in time order. */
  readonly left: readonly RecordRef[];
  /** The same for the right side. */
  readonly right: readonly RecordRef[];
  /** Values that differ. */
  readonly changed: readonly ChangedField[];
  /** Positions in `left` and `right` of the records whose source is the destination of a record over against them. */
  readonly flipped: { readonly left: readonly number[]; readonly right: readonly number[] };
  /** Positions in `left` and `right` of the records with `?` where a record over against them knows the direction. */
  readonly unknown: { readonly left: readonly number[]; readonly right: readonly number[] };
  /** The side whose direction rests on the stronger evidence; `neither` when they do not disagree or it is a tie. */
  readonly believe: "left" | "right" | "neither";
}

/** Totals of one flow source. */
export interface SideSummary {
  /** What to call the side: name of the setting, or file. */
  readonly name: string;
  /** Settings it was metered with; absent for files of other programs. */
  readonly settings: Settings | undefined;
  /** Number of records. */
  readonly records: number;
  /** Packets. */
  readonly packets: number;
  /** Bytes. */
  readonly bytes: number;
  /** Records whose direction indicator has a `?`. */
  readonly unknownDirections: number;
  /** Flow-forming packets and bytes of the capture, as counted by the meter; `NaN` when unknown. */
  readonly seenPackets: number;
  /** Flow-forming bytes of the capture; `NaN` when unknown. */
  readonly seenBytes: number;
}

/** Packets and bytes over all differences against the totals of the sides: what proves that nothing was lost. */
export interface Conservation {
  /** Packets and bytes of the records standing in the differences (`same` included). */
  readonly left: { readonly packets: number; readonly bytes: number; readonly records: number };
  /** The same for the right side. */
  readonly right: { readonly packets: number; readonly bytes: number; readonly records: number };
  /** Every record of either side stands in exactly one difference, packets and bytes included. */
  readonly complete: boolean;
  /** Both sides hold the same packets and bytes. */
  readonly equal: boolean;
  /** `right - left`. */
  readonly packetsApart: number;
  /** Bytes, `right - left`. */
  readonly bytesApart: number;
}

/** The result of comparing two flow sources. */
export interface DiffResult {
  /** The left side. */
  readonly left: SideSummary;
  /** The right side. */
  readonly right: SideSummary;
  /** In order of time; `same` ones only when asked for. */
  readonly differences: readonly Difference[];
  /** How many differences have each class (a difference may have several). */
  readonly counts: Readonly<Record<DifferenceClass, number>>;
  /** How many differences were left out of `differences` because the limit was reached. */
  readonly leftOut: number;
  /** What proves that nothing was lost. */
  readonly totals: Conservation;
}

/** Figures of one setting in a study. */
export interface SettingFigures {
  /** What to call it. */
  readonly name: string;
  /** The settings. */
  readonly settings: Settings;
  /** Number of records. */
  readonly records: number;
  /** Packets. */
  readonly packets: number;
  /** Bytes. */
  readonly bytes: number;
  /** Connections with a record of their own. */
  readonly connections: number;
  /** Records with a `?` in the direction indicator. */
  readonly unknownDirections: number;
  /** Records whose source is not the one that the study believes (strongest evidence, then earliest record). */
  readonly flips: number;
  /** Records beyond the first of their connection. */
  readonly splits: number;
  /** Connections of the study without a record of their own here: swallowed by another record or dropped. */
  readonly merges: number;
  /** Most entries alive at once, and the bytes they took; `NaN` when the meter was not asked. */
  readonly peakFlows: number;
  /** Bytes those entries took; `NaN` when the meter was not asked. */
  readonly peakBytes: number;
  /** Duration of the longest record, microseconds. */
  readonly longestRecord: number;
}

/** One connection under every setting of a study. */
export interface ConnectionFigures {
  /** The connection. */
  readonly connection: ConnectionRef;
  /** The end that the study takes for the initiator: 0 or 1 of `connection.ends`. */
  readonly initiator: 0 | 1;
  /** Evidence for the initiator. */
  readonly evidence: Evidence;
  /** By setting: records, flipped records, records with `?`. */
  readonly records: readonly number[];
  /** Flipped records by setting. */
  readonly flips: readonly number[];
  /** Records with `?` by setting. */
  readonly unknown: readonly number[];
}

/** The result of a study: a grid of settings over one capture. */
export interface StudyResult {
  /** The settings. */
  readonly settings: readonly SettingFigures[];
  /** Distinct connections over all settings. */
  readonly connections: number;
  /** Connections on which the settings disagree (number of records, source or knowledge of it), most disagreement first. */
  readonly disputed: readonly ConnectionFigures[];
  /** How many disputed connections were left out because the limit was reached. */
  readonly leftOut: number;
}
