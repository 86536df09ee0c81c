/**
 * Where the meter's own state of an entry stands, beside its record row.
 *
 * @module
 */

/** Words of meter-only state beside each row. */
export const STATE_WORDS = 16;
/** Neighbours in the queue the row is on. */
export const S_PREV = 0;
export const S_NEXT = 1;
/** Number of the row's key, -1 for hidden entries that no key finds. */
export const S_KEY = 2;
/** `ON_*` and other `IS_*` bits. */
export const S_BITS = 3;
/** Row of the timeout queue the entry goes to after its report. */
export const S_QUEUE = 4;
/** Packet kind (`P_*`) of the first packet. */
export const S_KIND = 5;
/** 1 when the source is the second end of the key. */
export const S_ORIENT = 6;
/** First row of the chain of hidden fragment entries, and the next one of the same parent; 0 ends the chain. */
export const S_CHILD = 7;
export const S_SIBLING = 8;
/** Row of the parent of a hidden entry; 0 when stand-alone. */
export const S_PARENT = 9;
/** Fragments: bytes arrived, and end of the last fragment once known (-1). */
export const S_FRAG_HAVE = 10;
export const S_FRAG_TOTAL = 11;
/** Dense connection number, -1 without connection tracking. */
export const S_CONN = 12;
/** TCP packets since creation or restart, up to 2 (TCP-13). */
export const S_TCP_COUNT = 13;
/** RTP: packets recognised per side (source << 16 | destination). */
export const S_RTP = 14;
/** Frame of the packet that made the entry. */
export const S_BORN = 15;

/** The entry stands on the status queue (else on its timeout queue, or on none). */
export const ON_STATUS = 1;
export const ON_TIMEOUT = 2;
/** The interval was reported: its data are zeroed at the next packet (REC-9). */
export const IS_REPORTED = 4;
/** A first record was emitted: later ones have cause STATUS. */
export const IS_STARTED = 8;
/** Hidden fragment entry (FRG-1). */
export const IS_HIDDEN = 16;
/** Events of this entry go to the ledger. */
export const IS_LEDGERED = 32;
/** Direction came from a ghost. */
export const IS_REMEMBERED = 64;
/** The entry aged out and is kept for the fallow timeout. */
export const IS_FALLOW = 128;

/** Rows kept as queue heads: status queue first, then one for each distinct timeout. */
export const QUEUE_ROWS = 32;
/** Row of the status queue's head. */
export const STATUS_QUEUE = 0;
