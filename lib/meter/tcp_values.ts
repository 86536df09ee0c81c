/**
 * Values of the TCP state machine (spec/meter.md section 3).
 *
 * @module
 */

/** Machine states (TCP-1), numbered as BSD does and the file has them; LISTEN is only ever an entry opened by RST. */
export const CLOSED = 0;
export const LISTEN = 1;
export const SYN_SENT = 2;
export const SYN_RECEIVED = 3;
export const ESTABLISHED = 4;
export const FIN_WAIT_1 = 6;
export const FIN_WAIT_2 = 9;
export const CLOSING = 7;

/** TCP header flags. */
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
export const URG = 32;
export const ECE = 64;
export const CWR = 128;

/**
 * Bits of a side's status for the interval, as records hold them: a side sets the bits that stand for both sides in the status of the
 * whole (observed; readers look at them in the flags of IPv6).
 */
export const SIDE_RETRANS = 0x300;
export const SIDE_SHUT = 0xc00;
export const SIDE_RST = 0x3000;
export const SIDE_OOO = 0x30000;
export const SIDE_DUP = 0x40000;
/** The side has sent a FIN: unlike the others it outlives the interval. */
export const SIDE_FIN = 8;
/** The side's FIN was acknowledged, which outlives it, too: a FIN without ACK from the other side then counts as sent again (observed). */
export const SIDE_FINACK = 16;

/** What a packet did to the entry. */
export const DONE = 0;
/** The packet is a SYN that begins a new connection in this entry (TCP-10). */
export const RESTART = 1;
/** Set beside the result when the packet's payload moved in proper order (REC-7, "active" class). */
export const IN_PROTO = 2;
/** Set beside it when the packet did not decide: on raw link types the decision for the packet before then stands (quirk). */
export const UNDECIDED = 4;
/** Set beside it when the header was not looked into, and so counts as data (TCP-4). */
export const UNREAD = 8;
/** The same beside what other protocols decide: the header of RTP was left out of the data. */
export const BEHEADED = 16;
