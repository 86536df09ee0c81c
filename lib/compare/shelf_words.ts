// Words of a shelved row: row of its group shelved before it, group, side, ordinal in its source, whether its source is the larger end;
// then words of the record. WHY has the evidence in its second byte.
export const PREVIOUS = 0, GROUP = 1, SIDE = 2, INDEX = 3, SWAP = 4, FLAGS = 5, WHY = 6, CAUSE = 7, SEQ = 8;
export const NET = 9, STATUS = 10, MAP = 11, FIRST = 12, LAST = 13, CONN = 14, CONN_SEQ = 16, EXTRA = 17;
export const SPORT = 18, DPORT = 19;
/** Words of a shelved row. */
export const ROW_WORDS = 20;

// Doubles of a shelved row: start, end, then the six counters in the order of the record layout.
export const START = 0, END = 1, COUNTERS = 2;
/** Doubles of a shelved row. */
export const ROW_DOUBLES = 8;
