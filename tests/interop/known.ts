/** Captures where ours differs from the real programs, by file name, each with the cause: every other capture has to be equal. */

const UNWRITTEN =
  "of a TCP fragment racluster copies 56 bytes and prints windows and losses from memory behind them, which changes from run to run";

/** Our clients on the file of the real argus. */
export const KNOWN_READER: Readonly<Record<string, string>> = {
  "ndpi_fuzz-2006-06-26-2594.pcap": UNWRITTEN,
  "ndpi_fuzz-2006-09-29-28586.pcap": UNWRITTEN,
  "tcpdump_babel_update_oobr.pcap":
    "load of an aggregate of records without time (TIM-12): the real one depends on the order in which they were merged",
};

/** The real clients on our file. */
export const KNOWN_METER: Readonly<Record<string, string>> = {};
