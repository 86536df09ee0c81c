import {
  AGR_COUNT,
  AGR_DOUBLES,
  AGR_LAST,
  AGR_LASTSTART,
  AGR_MAX,
  AGR_MEAN,
  AGR_METRIC,
  AGR_MIN,
  AGR_N,
  type RecordBatch,
} from "./batch.ts";
import { isDirectionUnknown } from "./fields/address.ts";
import { lastTime, startTime } from "./fields/time.ts";
import { flip, flipKey } from "./flip.ts";
import * as R from "./layout.ts";
import { serviceName } from "./names/services.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  DOUBLES, DPORT, DSIDE, D_ENCAPS, D_END, D_NANO, D_PKTS, D_START, FLAGS, FLAG_AGR, FLAG_CORRECTED,
  FLAG_FRAGMENT, FLAG_ICMP_MAP, FLAG_MAR, FLAG_REVERSE, FLAG_TURNED, FRAG_BODY, ICMP_BODY,
  ICMP_STALE, KEY_ARP, KEY_EXTRA, KEY_IPV4, KEY_IPV6, KEY_RARP, KEY_TYPE, NET, NET_FRAG,
  NET_FRAG_TCP, NET_ICMP, NET_NONE, NET_RTCP, NET_RTP, NET_TCP_INIT, NET_TCP_PERF, NET_TCP_STATUS,
  PROTO, SADDR, SIDE, SPORT, S_BYTES, S_ENCAPS, S_END, S_NANO, S_PKTS, S_START, TCP_CLOSED, TCP_EST,
  TCP_FIN, TCP_FINACK, TCP_OPTIONS, TCP_STATUS, TCP_SYN, TCP_SYNACK, T_FLAGS, T_WIN, WORDS,
} = R;

/** A rule of RA_PORT_DIRECTION (cluster.md section 4A). */
export type PortRule = "wellknown" | "services" | "registered";

/** What the reader does beyond its fixed repairs. */
export interface ReadOptions {
  /** Direction repair of TCP records that began with a SYN-ACK (DIR-6) and of ICMP answers (DIR-8), on unless false. */
  readonly correct?: boolean | undefined;
  /**
   * Whether service names are known to the reader: TCP records that saw neither SYN nor SYN-ACK and go from a service port below
   * 1025 to a higher one are turned (format section 8, rule 2). In the original only `-nnn` makes it so.
   */
  readonly services?: boolean | undefined;
  /** RA_PORT_DIRECTION: rules that turn records whose direction holds a `?`; their order means nothing. */
  readonly portDirection?: readonly PortRule[] | undefined;
  /** A byte for each TCP port: those that are not 0 count as services too. */
  readonly named?: Uint8Array | undefined;
}

const DEFAULT: ReadOptions = {};

/**
 * Turns a raw row, as the meter emits it or a file holds it, into the record that readers print: canonical ends exchanged, times
 * repaired, silent sides cleared, direction corrected. Apply it exactly once; rows are changed in place.
 *
 * Rules: argus-format sections 4, 5, 7 and 8; REC-3c, DIR-6; RA_PORT_DIRECTION. Management records pass unchanged.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RecordBatch } from "./batch.ts";
 * import * as R from "./layout.ts";
 * import { asRead } from "./read.ts";
 *
 * const batch = new RecordBatch(1);
 * const row = batch.addBlank();
 * batch.words.set([R.KEY_IPV4, 1, 0, 0, 0, 2], 0);
 * batch.words[R.FLAGS] = R.FLAG_REVERSE;
 * asRead(batch, row);
 * assertEquals([batch.words[R.SADDR], batch.words[R.DADDR]], [2, 1]);
 * ```
 */
export function asRead(batch: RecordBatch, row: number, options: ReadOptions = DEFAULT): void {
  const w = batch.words, at = row * WORDS, flags = w[at + FLAGS]!;
  if ((flags & FLAG_MAR) !== 0) return;
  repairTimes(batch, row);
  if ((flags & FLAG_FRAGMENT) !== 0 && w[at + KEY_TYPE] === KEY_IPV6) portsOfFragment(w, at);
  if ((flags & FLAG_REVERSE) !== 0) orient(batch, row, flags, options.correct !== false);
  // The answered address of RARP is its source (observed).
  if (w[at + KEY_TYPE] === KEY_RARP) flipKey(batch, row);
  const net = w[at + NET]!;
  if (net === NET_RTP) confirmRtp(batch, row);
  else if (net === NET_RTCP && options.correct !== false) orderRtcp(batch, row);
  if (net === NET_TCP_STATUS || net === NET_TCP_PERF || net === NET_FRAG_TCP) {
    const d = row * DOUBLES;
    if (batch.doubles[d + S_PKTS] === 0) silence(w, at + SIDE);
    if (batch.doubles[d + D_PKTS] === 0) silence(w, at + DSIDE);
  }
  if (
    net >= NET_TCP_INIT && net <= NET_TCP_PERF && w[at + KEY_TYPE] === KEY_IPV4 &&
    w[at + PROTO] === 6 &&
    options.correct !== false && (flags & FLAG_CORRECTED) === 0
  ) repairDirection(batch, row, options.services === true);
  if (options.portDirection !== undefined && options.portDirection.length > 0) {
    directByPort(batch, row, options.portDirection, options.named);
  }
}

/** {@linkcode asRead} for all rows of a batch; gives the `FLAG_*` bits that any of them has. */
export function readRows(batch: RecordBatch, options: ReadOptions = DEFAULT): number {
  const words = batch.words;
  let flags = 0;
  for (let row = 0; row < batch.length; row++) {
    asRead(batch, row, options);
    flags |= words[row * WORDS + FLAGS]!;
  }
  return flags;
}

/** FRG-5: an IPv6 fragment prints the halves of its id, bytes exchanged, as ports. */
function portsOfFragment(w: Int32Array, at: number): void {
  const id = w[at + KEY_EXTRA]!;
  if (w[at + PROTO] === 58) {
    // Of ICMPv6 they are type and code.
    w[at + SPORT] = id & 0xff;
    w[at + DPORT] = (id >>> 8) & 0xff;
    return;
  }
  w[at + SPORT] = (id & 0xff) << 8 | (id >>> 8) & 0xff;
  w[at + DPORT] = (id >>> 16 & 0xff) << 8 | id >>> 24;
}

/** Turns a record round as the reader does: encapsulations, TCP status bits and options stay where they were (observed). */
export function turnRound(batch: RecordBatch, row: number): void {
  const w = batch.words, at = row * WORDS;
  const s = w[at + S_ENCAPS]!, d = w[at + D_ENCAPS]!, status = w[at + TCP_STATUS]!;
  const options = w[at + TCP_OPTIONS]!;
  const sport = w[at + SPORT]!, dport = w[at + DPORT]!;
  flip(batch, row);
  if (w[at + KEY_TYPE] === KEY_IPV6) {
    // IPv6 addresses change places, their ports do not (observed).
    w[at + SPORT] = sport;
    w[at + DPORT] = dport;
  }
  w[at + S_ENCAPS] = s;
  w[at + D_ENCAPS] = d;
  w[at + TCP_STATUS] = status;
  w[at + TCP_OPTIONS] = options;
  w[at + FLAGS]! ^= FLAG_TURNED;
}

/** Reads source and destination out of a key in canonical order (format section 4). */
function orient(batch: RecordBatch, row: number, flags: number, correct: boolean): void {
  const w = batch.words, at = row * WORDS;
  switch (w[at + KEY_TYPE]) {
    case KEY_IPV4:
    case KEY_IPV6:
      flipKey(batch, row);
      if (correct && w[at + PROTO] === 1 && (flags & FLAG_CORRECTED) !== 0) turnIcmp(batch, row);
      break;
    case KEY_ARP:
      // The key of ARP keeps asker and asked: the answer is turned round instead.
      turnRound(batch, row);
      flipKey(batch, row);
  }
  w[at + FLAGS] = w[at + FLAGS]! & ~FLAG_REVERSE;
}

/**
 * DIR-8: an ICMP answer without its request is turned into requester and answer. The original takes its type and code from the last
 * network section it read, its own or an earlier record's; only what becomes an answer, as type 0 where there was none, is turned
 * (observed).
 */
function turnIcmp(batch: RecordBatch, row: number): void {
  const w = batch.words, at = row * WORDS, d = row * DOUBLES;
  if (!(batch.doubles[d + S_PKTS]! > 0) || batch.doubles[d + D_PKTS]! > 0) return;
  const net = w[at + NET]!;
  if (net === NET_FRAG || net === NET_ICMP) {
    const word = w[at + (net === NET_FRAG ? FRAG_BODY : ICMP_BODY)]!;
    w[at + SPORT] = word >>> 24 | word >>> 8 & 0xff00;
  } else w[at + SPORT] = w[at + ICMP_STALE]!;
  w[at + ICMP_STALE] = 0;
  const type = w[at + SPORT]! & 255;
  if (type === 0 || type === 14 || type === 16 || type === 18) turnRound(batch, row);
}

/** Fewest packets from one side that make RTP of what looks like RTP (KEY-9); over IPv6 it never is (observed). */
const RTP_PACKETS = 5;

function confirmRtp(batch: RecordBatch, row: number): void {
  const d = row * DOUBLES;
  const few = batch.doubles[d + S_PKTS]! < RTP_PACKETS && batch.doubles[d + D_PKTS]! < RTP_PACKETS;
  if (few || batch.words[row * WORDS + KEY_TYPE] !== KEY_IPV4) {
    batch.words[row * WORDS + NET] = NET_NONE;
  }
}

/** RTCP over IPv6 is shown from its lower port, though only its addresses change places (observed). */
function orderRtcp(batch: RecordBatch, row: number): void {
  const w = batch.words, at = row * WORDS;
  if (w[at + KEY_TYPE] === KEY_IPV6 && w[at + SPORT]! > w[at + DPORT]!) turnRound(batch, row);
}

/** A side without packets has neither window nor flags. */
function silence(w: Int32Array, side: number): void {
  w[side + T_WIN] = 0;
  w[side + T_FLAGS] = 0;
}

/** The reader's repairs of times, in their order (format section 5, REC-3c). */
function repairTimes(batch: RecordBatch, row: number): void {
  const d = batch.doubles, at = row * DOUBLES;
  repairSide(d, at + S_START);
  repairSide(d, at + D_START);
  const s = d[at + S_PKTS]!, r = d[at + D_PKTS]!;
  const hasS = d[at + S_START]! === d[at + S_START]!, hasD = d[at + D_START]! === d[at + D_START]!;
  if (s > 0 && r > 0) {
    if (hasS !== hasD) {
      const from = hasS ? S_START : D_START;
      const start = d[at + from]!, end = d[at + from + 1]!;
      if (s === 1 && r === 1) {
        d[at + S_START] = d[at + S_END] = start;
        // Time zero is no time to the original.
        d[at + D_START] = d[at + D_END] = end === 0 ? start : end;
        splitNano(batch.words, row * WORDS, hasS ? S_NANO : D_NANO);
      } else {
        d[at + S_START] = d[at + D_START] = start;
        d[at + S_END] = d[at + D_END] = end;
        const w = batch.words, words = row * WORDS;
        w[words + S_NANO] = w[words + D_NANO] = w[words + (hasS ? S_NANO : D_NANO)]!;
      }
    }
    // Where an ICMP error was mapped, the end it raised stays (observed).
    if ((batch.words[row * WORDS + FLAGS]! & FLAG_ICMP_MAP) !== 0) return;
    // Times of both sides of one packet each stay what they are (observed, of hard bins).
    if (s === 1 && r > 1) d[at + S_END] = endOfOne(d, at + S_START);
    if (r === 1 && s > 1) d[at + D_END] = endOfOne(d, at + D_START);
  } else if (s > 0) onlySide(batch, row, S_START, D_START, hasS, hasD, s);
  else if (r > 0) onlySide(batch, row, D_START, S_START, hasD, hasS, r);
}

/** Seconds are signed when they are compared: a later start is before 1970 and stays where it is. */
const SIGNED_END = 2 ** 31 * 1e6;

function repairSide(d: Float64Array, at: number): void {
  const start = d[at]!, end = d[at + 1]!;
  if (start !== start) d[at + 1] = NaN;
  else if (end !== end) d[at + 1] = start;
  else if (start > end && start < SIGNED_END) {
    d[at] = end;
    d[at + 1] = start;
  }
}

/** End of a side with one packet: its start, but only when the whole seconds differ (observed). */
function endOfOne(d: Float64Array, at: number): number {
  const start = d[at]!, end = d[at + 1]!;
  return Math.floor(start / 1e6) === Math.floor(end / 1e6) ? end : start;
}

/** Only one side has packets: it takes the other's times when it has none, and the other loses them. */
function onlySide(
  batch: RecordBatch,
  row: number,
  mine: number,
  other: number,
  hasMine: boolean,
  hasOther: boolean,
  packets: number,
): void {
  const d = batch.doubles, at = row * DOUBLES, w = batch.words, words = row * WORDS;
  if (!hasMine && hasOther) {
    d[at + mine] = d[at + other]!;
    d[at + mine + 1] = d[at + other + 1]!;
    if (mine === S_START) w[words + S_NANO] = w[words + D_NANO]!;
    else w[words + D_NANO] = w[words + S_NANO]!;
  }
  d[at + other] = d[at + other + 1] = NaN;
  // One packet but a duration: the end was raised after it (TCP-10), and the end is what prints (REC-3c).
  if (packets === 1 && (w[words + FLAGS]! & FLAG_ICMP_MAP) === 0 && d[at + mine]! < d[at + mine + 1]!) {
    keepDuration(batch, row, Math.fround((d[at + mine + 1]! - d[at + mine]!) / 1e6));
    d[at + mine] = d[at + mine + 1]!;
  }
}

/** The statistics of a record were taken before its time was repaired. */
function keepDuration(batch: RecordBatch, row: number, seconds: number): void {
  const at = row * WORDS;
  if ((batch.words[at + FLAGS]! & FLAG_AGR) !== 0) return;
  batch.words[at + FLAGS]! |= FLAG_AGR;
  const agr = batch.agrBank(), a = row * AGR_DOUBLES;
  agr.fill(0, a, a + AGR_DOUBLES);
  agr[a + AGR_COUNT] = agr[a + AGR_N] = 1;
  agr[a + AGR_LASTSTART] = startTime(batch, row);
  agr[a + AGR_LAST] = lastTime(batch, row);
  agr[a + AGR_MIN] = agr[a + AGR_MEAN] = agr[a + AGR_MAX] = seconds;
  agr[a + AGR_METRIC] = DURATION_METRIC;
}

/** Metric index of the duration (format section 3, agr). */
const DURATION_METRIC = 3;

/** 1 + 1 packets with one pair of times: the start is the source's, the end the destination's. */
function splitNano(w: Int32Array, at: number, from: number): void {
  const nano = w[at + from]!, start = nano & 1023, end = (nano >>> 10) & 1023;
  w[at + S_NANO] = start | start << 10;
  w[at + D_NANO] = end | end << 10;
}

const FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4;

/** DIR-6: an IPv4 TCP record that saw the SYN-ACK but not the SYN is turned round when it surely went the other way. */
function repairDirection(batch: RecordBatch, row: number, services: boolean): void {
  const w = batch.words, at = row * WORDS;
  const seen = w[at + TCP_STATUS]! & (TCP_SYN | TCP_SYNACK);
  if (seen === TCP_SYNACK ? !cameBack(batch, row) : seen !== 0 || !services || !fromService(w, at)) return;
  turnRound(batch, row);
  // The mark of the correction is also the "closed" bit: such records print CLO.
  w[at + TCP_STATUS] = w[at + TCP_STATUS]! | TCP_CLOSED;
  w[at + FLAGS] = (w[at + FLAGS]! & ~FLAG_REVERSE) | FLAG_CORRECTED;
}

/** Whether a record with a SYN-ACK but no SYN has its responder as source beyond doubt (format section 8, rule 1). */
function cameBack(batch: RecordBatch, row: number): boolean {
  const w = batch.words, at = row * WORDS, d = row * DOUBLES;
  if (w[at + NET] === NET_TCP_INIT) return false;
  if ((w[at + TCP_STATUS]! & (TCP_EST | TCP_CLOSED | TCP_FIN | TCP_FINACK)) !== 0) return true;
  const sflags = w[at + SIDE + T_FLAGS]!, dflags = w[at + DSIDE + T_FLAGS]!;
  if ((sflags & FLAG_SYN) === 0) return false;
  const s = batch.doubles[d + S_PKTS]!, r = batch.doubles[d + D_PKTS]!;
  if ((dflags & FLAG_RST) === 0 && s > 5 && r > 5) return true;
  return s > 0 && r === 0 && (sflags & FLAG_FIN) !== 0 && batch.doubles[d + S_BYTES]! / s > 60;
}

/** FTP's data port speaks first. */
const FTP_DATA = 20;

function fromService(w: Int32Array, at: number): boolean {
  const sport = w[at + SPORT]! & 0xffff, dport = w[at + DPORT]! & 0xffff;
  return sport <= 1024 && dport > 1024 && sport !== FTP_DATA && serviceName("tcp", sport) !== undefined;
}

/**
 * RA_PORT_DIRECTION: turns a `?` record by its ports; it stays `?`. Whatever their order in the setting, the rule of well known
 * ports goes before that of services and this before that of registered ports (observed).
 *
 * Of an IPv6 record the original takes what stands where IPv4 has its ports: bytes 10 to 13 of the source address, as two little
 * endian numbers (observed).
 */
function directByPort(
  batch: RecordBatch,
  row: number,
  rules: readonly PortRule[],
  named: Uint8Array | undefined,
): void {
  const w = batch.words, at = row * WORDS;
  if (w[at + PROTO] !== 6 || !isDirectionUnknown(batch, row)) return;
  const v6 = w[at + KEY_TYPE] === KEY_IPV6;
  const sport = v6 ? exchanged(w[at + SADDR + 2]!) : w[at + SPORT]! & 0xffff;
  const dport = v6 ? exchanged(w[at + SADDR + 3]! >>> 16) : w[at + DPORT]! & 0xffff;
  if (!goesBack(sport, dport, rules, named)) return;
  turnRound(batch, row);
}

function goesBack(
  sport: number,
  dport: number,
  rules: readonly PortRule[],
  named: Uint8Array | undefined,
): boolean {
  const up = sport < dport;
  if (rules.includes("wellknown") && (sport < 1024 || dport < 1024)) return up;
  // A service as destination alone decides nothing.
  if (rules.includes("services") && isService(sport, named)) return up || !isService(dport, named);
  return up && rules.includes("registered") && (isRegistered(sport) || isRegistered(dport));
}

/** The low half of a word with its bytes exchanged. */
function exchanged(word: number): number {
  return (word & 0xff) << 8 | (word >>> 8) & 0xff;
}

function isService(port: number, named: Uint8Array | undefined): boolean {
  return named?.[port] === 1 || serviceName("tcp", port) !== undefined;
}

function isRegistered(port: number): boolean {
  return port >= 1024 && port <= 49151;
}
