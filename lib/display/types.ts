import type { Evidence } from "../record/mod.ts";

/** A cell of a table: text, a number, or nothing. */
export type Cell = string | number | null;

/** One column of a {@linkcode TableModel}. */
export interface ColumnModel {
  /** Key, unique in the table. */
  readonly name: string;
  /** Heading; the name when not given. */
  readonly title?: string;
  /** Which side the values stand on; numbers stand right unless said otherwise. */
  readonly align?: "left" | "right" | "center";
  /** Unit of the values, put behind the heading. */
  readonly unit?: string;
}

/** A table as plain data, shown as terminal text, Markdown or HTML. */
export interface TableModel {
  /** What the table shows; becomes the caption. */
  readonly title?: string;
  /** Columns, left to right. */
  readonly columns: readonly ColumnModel[];
  /** Values row by row, in the order of the columns. */
  readonly rows: readonly (readonly Cell[])[];
  /** Rows there are, when `rows` holds only the first ones. */
  readonly total?: number;
  /** A remark below the table. */
  readonly note?: string;
}

/** What happened at one moment of a lane; the words of the meter's ledger and of the explanations. */
export type MarkKind =
  /** The status interval ended here. */
  | "boundary"
  /** The connection's own packet noticed it: record written, entry kept. */
  | "cut"
  /** Somebody else's packet noticed it: record written, idle timer started. */
  | "parked"
  /** An own packet came back in time. */
  | "revived"
  /** The idle timer dropped the entry. */
  | "forgotten"
  /** The packet that spoke first afterwards, whose sender became the source. */
  | "spoke-first"
  /** A SYN began a new connection on the same ports. */
  | "restarted"
  /** The last packet before a silence. */
  | "last-packet";

/** A moment in a lane; times are microseconds since 1970. */
export interface TimelineMark {
  /** When, microseconds since 1970. */
  readonly time: number;
  /** What happened. */
  readonly kind: MarkKind;
  /** Short text at the mark in the close-up. */
  readonly label?: string;
}

/** An idle timer that ran; times are microseconds since 1970. */
export interface TimelineTimer {
  /** When it was started. */
  readonly start: number;
  /** When it ran out or was stopped. */
  readonly end: number;
  /** Whether it ran out (entry forgotten) or was stopped by an own packet. */
  readonly expired: boolean;
  /** Text beside it; its length when not given. */
  readonly label?: string;
}

/** One flow record as a bar; times are microseconds since 1970. */
export interface TimelineRecord {
  /** First packet. */
  readonly start: number;
  /** Last packet. */
  readonly end: number;
  /** Why the direction is believed. */
  readonly evidence: Evidence;
  /** Direction as ra prints it, for example `->` or `<?>`. */
  readonly direction: string;
  /** Whether source and destination are exchanged against the true initiator. */
  readonly swapped?: boolean;
  /** Packets of both sides. */
  readonly packets: number;
  /** Text in the bar when it fits; the packet count when not given. */
  readonly label?: string;
  /** Longer text for the tool tip. */
  readonly detail?: string;
}

/** The records and events of one connection under one setting. */
export interface TimelineLane {
  /** Name of the setting. */
  readonly name: string;
  /** Its records. */
  readonly records: readonly TimelineRecord[];
  /** What happened to the meter's entry. */
  readonly marks?: readonly TimelineMark[];
  /** Idle timers that ran. */
  readonly timers?: readonly TimelineTimer[];
}

/** A stretch of one lane drawn large. */
export interface TimelineCloseUp {
  /** Index of the lane. */
  readonly lane: number;
  /** First moment shown. */
  readonly start: number;
  /** Last moment shown. */
  readonly end: number;
  /** Heading; lane and length when not given. */
  readonly title?: string;
}

/** The whole story of a connection: lanes below each other on one time axis, and a close-up of the moment that matters. */
export interface TimelineModel {
  /** What the picture shows. */
  readonly title: string;
  /** More about it, below the title. */
  readonly subtitle?: string;
  /** One lane for each setting. */
  readonly lanes: readonly TimelineLane[];
  /** Times of the connection's packets, microseconds since 1970. */
  readonly packets?: ArrayLike<number>;
  /** For each packet 1 when the true initiator sent it, else 0. */
  readonly fromInitiator?: ArrayLike<number>;
  /** Names of the two sides: initiator, responder. */
  readonly sides?: readonly [string, string];
  /** What to draw large; the first forgotten entry when not given, nothing when `null`. */
  readonly closeUp?: TimelineCloseUp | null;
}

/** How much each pair of settings differs. */
export interface DifferenceMapModel {
  /** What the picture shows. */
  readonly title: string;
  /** Names of the settings. */
  readonly settings: readonly string[];
  /** `values[i][j]`: differences from setting i to setting j. */
  readonly values: readonly (readonly number[])[];
  /** What is counted, for example `records that differ`. */
  readonly unit: string;
}

/** One setting on the cost curve. */
export interface CostPoint {
  /** Series: `timeout`, `direction memory`, ... */
  readonly series: string;
  /** Microseconds on the horizontal axis; `Infinity` for never. */
  readonly timeout: number;
  /** Records whose direction is unknown. */
  readonly unknown: number;
  /** Peak memory of live flows, bytes. */
  readonly bytes: number;
}

/** Unknown directions and live memory against timeout. */
export interface CostCurveModel {
  /** What the picture shows. */
  readonly title: string;
  /** One point for each setting. */
  readonly points: readonly CostPoint[];
}

/** A histogram of durations on a logarithmic axis, with timeouts drawn in. */
export interface HistogramModel {
  /** What the picture shows. */
  readonly title: string;
  /** Durations, microseconds. */
  readonly values: ArrayLike<number>;
  /** What is counted, for example `flows` or `gaps`. */
  readonly unit: string;
  /** Heading of the horizontal axis, for example `duration` or `silence between packets`. */
  readonly axis: string;
  /** Vertical rules: name and microseconds. */
  readonly rules?: readonly { readonly name: string; readonly value: number }[];
}

/** Packets over time. */
export interface PacketStripModel {
  /** What the picture shows. */
  readonly title: string;
  /** Series of packet times, microseconds since 1970. */
  readonly series: readonly { readonly name: string; readonly times: ArrayLike<number> }[];
}

/** Size of a picture. */
export interface PictureOptions {
  /** Width in pixels, default 1000; pictures lay themselves out anew for narrow widths. */
  readonly width?: number;
}
