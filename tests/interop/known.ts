/** Captures where ours differs from the real programs, by file name, each with the cause: every other capture has to be equal. */

/** Our clients on the file of the real argus. */
export const KNOWN_READER: Readonly<Record<string, string>> = {};

/** The real clients on our file. */
export const KNOWN_METER: Readonly<Record<string, string>> = {};
