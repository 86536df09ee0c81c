import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";

/**
 * What a stretch of a TCP connection tells about where it begins and ends, by end: end 0 is the lower of the two endpoints, so
 * nothing here depends on which of them a record calls its source.
 */
export interface Stretch {
  /** Start and end of the stretch, microseconds. */
  start: number;
  end: number;
  /** `HAS_*`, `SYN_*`, ... bits. */
  bits: number;
  /** Sequence number each end started from, and the next expected from it. */
  readonly base: [number, number];
  readonly next: [number, number];
  /** How far the next stretch may begin above `next`: a short TCP form does not say how much data its packet had. */
  readonly slack: [number, number];
  /** Initial sequence number of each end, where a SYN of it was seen. */
  readonly isn: [number, number];
}

/** Bits of {@linkcode Stretch.bits}; shift left by one for end 1. */
export const HAS_SEQ = 1, HAS_ISN = 4, CLIENT_SYN = 16, FIN = 64, RST = 256;

/** A fresh, empty stretch. */
export function newStretch(): Stretch {
  return { start: 0, end: 0, bits: 0, base: [0, 0], next: [0, 0], slack: [0, 0], isn: [0, 0] };
}

const FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4, FLAG_ACK = 16;

/** Whether a row's source is the higher endpoint (address, then port). */
export function sourceIsHigher(words: Int32Array, w: number): boolean {
  for (let i = 0; i < 4; i++) {
    const s = words[w + R.SADDR + i]! >>> 0, d = words[w + R.DADDR + i]! >>> 0;
    if (s !== d) return s > d;
  }
  return words[w + R.SPORT]! > words[w + R.DPORT]!;
}

/** Fills a stretch from one record as read. */
export function describe(batch: RecordBatch, row: number, out: Stretch): void {
  const words = batch.words, w = row * R.WORDS;
  const source = sourceIsHigher(words, w) ? 1 : 0;
  out.start = R.startTime(batch, row);
  out.end = R.lastTime(batch, row);
  out.bits = 0;
  out.base[0] =
    out.base[1] =
    out.next[0] =
    out.next[1] =
    out.slack[0] =
    out.slack[1] =
    out.isn[0] =
    out.isn[1] =
      0;
  const net = words[w + R.NET]!;
  if (net < R.NET_TCP_INIT || net > R.NET_TCP_PERF) return;
  const status = words[w + R.TCP_STATUS]!;
  for (let side = 0; side < 2; side++) {
    const end = source ^ side, s = w + R.SIDE + side * R.SIDE_WORDS;
    const flags = words[s + R.T_FLAGS]!, base = words[s + R.T_SEQBASE]!;
    if (flags & FLAG_FIN) out.bits |= FIN << end;
    if (flags & FLAG_RST || status & (side === 0 ? R.TCP_S_RST : R.TCP_D_RST)) out.bits |= RST << end;
    if (net === R.NET_TCP_STATUS || base === 0) continue;
    out.bits |= HAS_SEQ << end;
    out.base[end] = base;
    if (net === R.NET_TCP_PERF) {
      const next = words[s + R.T_SEQ]!;
      out.next[end] = next === 0 ? base : next;
      out.slack[end] = 1;
    } else {
      // TCP-3: the base of a first packet is its number, less one unless it is a SYN.
      out.next[end] = flags & FLAG_SYN ? base : base + 1 | 0;
      out.slack[end] = Math.min(65536, batch.doubles[row * R.DOUBLES + R.S_BYTES + side]!);
    }
    if (flags & FLAG_SYN) {
      out.bits |= HAS_ISN << end;
      out.isn[end] = base;
      // The opener's SYN: the status knows of one and the other end did not open; or a SYN without any ACK after it.
      if (side === 0 && status & R.TCP_SYN || (flags & FLAG_ACK) === 0) out.bits |= CLIENT_SYN << end;
    }
  }
}

/** Joins the later stretch `b` to `a`. */
export function extend(a: Stretch, b: Stretch): void {
  for (let end = 0; end < 2; end++) {
    if (b.bits & HAS_SEQ << end) {
      if ((a.bits & HAS_SEQ << end) === 0) a.base[end] = b.base[end]!;
      if ((a.bits & HAS_SEQ << end) === 0 || ((b.next[end]! - a.next[end]!) | 0) >= 0) {
        a.next[end] = b.next[end]!;
        a.slack[end] = b.slack[end]!;
      }
    }
    if (b.bits & HAS_ISN << end && (a.bits & HAS_ISN << end) === 0) a.isn[end] = b.isn[end]!;
  }
  a.bits |= b.bits;
  if (b.start < a.start) a.start = b.start;
  if (b.end > a.end) a.end = b.end;
}

/** Whether a stretch has seen the connection end: a reset, or both ends finished. */
export function isClosed(a: Stretch): boolean {
  return (a.bits & 3 * RST) !== 0 || (a.bits & 3 * FIN) === 3 * FIN;
}

/** How the stretch `b` relates to the stretch `a` that starts no later. */
export const SAME = 1, OTHER = -1, UNCLEAR = 0;

/** Numbers this close to where the other stretch ended may still be the same connection after losses. */
const PLAUSIBLE = 1 << 24;
/** After this long an end point may use its port anew (RFC 9293: twice the maximum segment lifetime), microseconds. */
const QUIET = 240e6;

/**
 * Compares by sequence numbers alone, so the answer does not depend on what else is known (REC-8: a record begins where the last
 * one ended): `SAME` when surely one connection, `OTHER` when surely not, `UNCLEAR` when {@linkcode decide} has to weigh.
 */
export function relation(a: Stretch, b: Stretch): number {
  let fresh = false;
  for (let end = 0; end < 2; end++) {
    if ((b.bits & HAS_ISN << end) === 0) continue;
    if (a.bits & HAS_ISN << end) {
      if (a.isn[end] === b.isn[end]) return SAME;
      fresh = true;
    } else if (b.bits & CLIENT_SYN << end) fresh = true;
  }
  for (let end = 0; end < 2; end++) {
    if ((a.bits & b.bits & HAS_SEQ << end) === 0) continue;
    const gap = (b.base[end]! - a.next[end]!) | 0;
    if (gap >= -2 && gap <= a.slack[end]!) return SAME;
    // Wholly within what the other covers: an overlapping or late record.
    const above = (b.base[end]! - a.base[end]!) | 0, below = (a.next[end]! - b.next[end]!) | 0;
    if (!fresh && above >= 0 && below >= 0) return SAME;
  }
  return fresh ? OTHER : UNCLEAR;
}

/** Weighs an `UNCLEAR` pair when all records are known: closing state, nearness of the numbers, time. */
export function decide(a: Stretch, b: Stretch): number {
  let known = false, near = false;
  for (let end = 0; end < 2; end++) {
    if ((a.bits & b.bits & HAS_SEQ << end) === 0) continue;
    known = true;
    const gap = (b.base[end]! - a.next[end]!) | 0;
    if (gap > -PLAUSIBLE && gap < PLAUSIBLE) near = true;
  }
  if (known) return near ? SAME : OTHER;
  return isClosed(a) && b.start - a.end > QUIET ? OTHER : SAME;
}

/** Why the direction of a record is believed, strongest first: index into {@linkcode RULES}. */
export const BY_SYN = 1, BY_SYNACK = 2, BY_REMEMBERED = 3, BY_SYNACK_REMEMBERED = 4, BY_FIRST = 5;

/** Names of the rules in trails, by rank. */
export const RULES = ["", "syn", "synack", "remembered", "synack-remembered", "first-packet"] as const;

/** `EVIDENCE_*` of each rank. */
export const RULE_EVIDENCE = [
  R.EVIDENCE_UNKNOWN,
  R.EVIDENCE_SYN,
  R.EVIDENCE_SYNACK,
  R.EVIDENCE_REMEMBERED,
  R.EVIDENCE_REMEMBERED,
  R.EVIDENCE_FIRST_PACKET,
] as const;

/**
 * How strongly a TCP record as read knows who opened: the rank, negative when it says that the *destination* did.
 */
export function directionRank(words: Int32Array, w: number): number {
  const net = words[w + R.NET]!;
  if (net < R.NET_TCP_INIT || net > R.NET_TCP_PERF) return BY_FIRST;
  const status = words[w + R.TCP_STATUS]!;
  const source = words[w + R.SIDE + R.T_FLAGS]!, destination = words[w + R.DSIDE + R.T_FLAGS]!;
  if (status & R.TCP_SYN) {
    return source & FLAG_SYN ? BY_SYN : destination & FLAG_SYN ? BY_SYNACK : BY_REMEMBERED;
  }
  if (status & R.TCP_SYNACK) {
    if (destination & FLAG_SYN) return BY_SYNACK;
    if (source & FLAG_SYN) return -BY_SYNACK;
    return words[w + R.FLAGS]! & R.FLAG_CORRECTED ? BY_SYNACK_REMEMBERED : -BY_SYNACK_REMEMBERED;
  }
  return BY_FIRST;
}
