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
  /** Of each setting, counts by connection. */
  readonly cells: readonly Int32Array[];
  /** What the text of a connection is made from. */
  readonly kept: Int32Array;
  /** Sums of each setting. */
  readonly tallies: readonly StudySums[];
}

/** Sums of one setting of a study. */
export interface StudySums {
  /** Records. */
  readonly records: number;
  /** Packets of the records. */
  readonly packets: number;
  /** Bytes of the records. */
  readonly bytes: number;
  /** Records whose direction is not known. */
  readonly unknown: number;
  /** Longest record, microseconds. */
  readonly longest: number;
}

/** Figures of one setting while they grow: a {@linkcode StudySums}, and the setting's place. */
export class Tally {
  records = 0;
  packets = 0;
  bytes = 0;
  unknown = 0;
  longest = 0;
  index = 0;
}
