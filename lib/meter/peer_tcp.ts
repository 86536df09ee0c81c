import type { TcpEnd } from "../settings/mod.ts";
import { ACK, FIN, RST, SYN } from "./tcp_values.ts";

/** What a peer knows of a TCP flow, bits of one word. The side bits of the destination stand one above those of the source. */
export const S_SYN = 1;
/** SYN-ACK of the source, of the destination. */
export const S_SYNACK = 4, D_SYNACK = 8;
/** FIN. */
export const S_FIN = 16, D_FIN = 32;
/** The other side sent an ACK after the FIN of this one. */
export const S_FIN_ACKED = 64, D_FIN_ACKED = 128;
/** RST. */
export const S_RST = 256, D_RST = 512;
/** The side has sent anything. */
export const S_SEEN = 1024, D_SEEN = 2048;
/** The side's initial sequence number is known. */
export const S_ISN = 4096;
/** The connection is over, by the rule of the meter; its entry may still stand. */
export const IS_CLOSED = 1 << 14;
/** `next-syn`: FINs of both sides were seen on a FIN. */
const IS_SECOND_FIN = 1 << 15;

/** Nothing ends. */
export const OPEN = 0;
/** The record ends: closed, reset, or another connection began. */
export const ENDS_CLOSED = 1, ENDS_RESET = 2, ENDS_REUSED = 3;

/** Whether a packet ends the record before it is counted: it belongs to the next one. `isn` is what is known of the sender's. */
export function tcpBefore(
  rule: TcpEnd,
  bits: number,
  side: number,
  flags: number,
  seq: number,
  isn: number,
): number {
  if (!(flags & SYN)) return OPEN;
  if (rule === "next-syn") {
    return !(bits & IS_CLOSED) ? OPEN : bits & (S_RST | D_RST) ? ENDS_RESET : ENDS_CLOSED;
  }
  if (rule !== "linger") return OPEN;
  // A SYN-ACK begins a connection only where the originator was never seen.
  if (flags & ACK) return bits & IS_CLOSED && !(bits & S_SEEN) ? ENDS_REUSED : OPEN;
  if (bits & IS_CLOSED) return ENDS_REUSED;
  if (!(bits & (S_SEEN << side))) return OPEN;
  return bits & (S_ISN << side) && seq === isn ? OPEN : ENDS_REUSED;
}

/** Bits after a packet of `side` with these flags. */
export function tcpBits(rule: TcpEnd, bits: number, side: number, flags: number): number {
  const back = 1 - side;
  bits |= S_SEEN << side;
  if (flags & SYN) bits |= (flags & ACK ? S_SYNACK : S_SYN) << side;
  if (flags & FIN) bits |= S_FIN << side;
  if (flags & RST) bits |= S_RST << side;
  if (flags & ACK && bits & (S_FIN << back)) bits |= S_FIN_ACKED << back;
  const bothFins = (bits & S_FIN) !== 0 && (bits & D_FIN) !== 0;
  switch (rule) {
    case "acked-fins":
      if (flags & RST || (bits & S_FIN_ACKED && bits & D_FIN_ACKED && bothFins)) bits |= IS_CLOSED;
      break;
    case "next-syn":
      if (flags & RST) bits |= IS_CLOSED;
      else if (flags & FIN && bothFins) bits |= IS_SECOND_FIN;
      else if (bits & IS_SECOND_FIN && flags & ACK && !(flags & FIN)) bits |= IS_CLOSED;
      break;
    case "linger":
      if (flags & RST || bothFins || (flags & FIN && !(bits & (S_SEEN << back)))) bits |= IS_CLOSED;
  }
  return bits;
}

/** Whether a packet of `side` ends the record it was counted into; `fresh` when it opened it. */
export function tcpAfter(rule: TcpEnd, bits: number, side: number, flags: number, fresh: boolean): number {
  switch (rule) {
    case "sender":
      return flags & RST ? ENDS_RESET : flags & FIN ? ENDS_CLOSED : OPEN;
    case "reverse-fin":
      // CICFlowMeter does not look at the flags of the packet that opens a flow.
      if (fresh) return OPEN;
      return flags & RST ? ENDS_RESET : flags & FIN && side === 1 ? ENDS_CLOSED : OPEN;
    case "acked-fins":
      return !(bits & IS_CLOSED) ? OPEN : flags & RST ? ENDS_RESET : ENDS_CLOSED;
    default:
      return OPEN;
  }
}
