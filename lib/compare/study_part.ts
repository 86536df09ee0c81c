import type { ConnectionsPart } from "./study_connections.ts";
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

/** What some of a study's settings gave: how a study that was divided among threads comes together. */
export interface StudyPart {
  /** The connections. */
  readonly connections: ConnectionsPart;
  /** How many records each has. */
  readonly counts: CountsPart;
  /** Sums of each setting. */
  readonly sums: readonly StudySums[];
}
