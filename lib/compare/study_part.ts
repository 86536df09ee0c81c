import type { CountsPart } from "./study_counts.ts";
import type { StudySums } from "./study_sums.ts";

/** Peaks of one meter, told when its pass is over. */
export interface Peaks {
  /** Most entries alive at once. */
  readonly flows: number;
  /** Bytes those entries took. */
  readonly bytes: number;
}

/** How a study is kept. */
export interface StudyOptions {
  /** Most disputed connections listed. Default 1000. */
  readonly limit?: number;
}

/**
 * What some of a study's settings gave, as plain arrays that may be longer than their contents: how a study that was divided among
 * threads comes together.
 */
export interface StudyPart {
  /** Connections. */
  readonly count: number;
  /** Id and judgement of each. */
  readonly conns: Int32Array;
  /** Start of the record that decided, microseconds. */
  readonly begin: Float64Array;
  /** How many records each has. */
  readonly counts: CountsPart;
  /** What the text of a connection is made from. */
  readonly kept: Int32Array;
  /** Sums of each setting. */
  readonly sums: readonly StudySums[];
}
