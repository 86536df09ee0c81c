import * as P from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { Meter } from "./meter.ts";
import * as T from "./entry_words.ts";
import * as V from "./tcp_values.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { P_FRAGMENT, P_ICMP, P_ICMP6, P_KIND_MASK, P_TCP } = P;
// deno-fmt-ignore
const {
  CAUSE, DOUBLES, DPORT, DSIDE, D_APP, D_NANO, EVIDENCE_FIRST_PACKET, EVIDENCE_ICMP_TYPE,
  EVIDENCE_NONE, EVIDENCE_REMEMBERED, EVIDENCE_SYN, EVIDENCE_SYNACK, FLAGS, FLAGS_RARE,
  FLAG_APPBYTES, FLAG_FRAGMENT, KEY_EXTRA, KEY_IPV6, KEY_TYPE, NET, NET_TCP_INIT, RARE, SIDE, SPORT,
  S_APP, S_NANO, TCP_D_DUP, TCP_D_OOO, TCP_D_RETRANS, TCP_D_RST, TCP_D_SHUT, TCP_STATE, TCP_STATUS, TCP_SYN,
  TCP_SYNACK, TCP_S_DUP, TCP_S_OOO, TCP_S_RETRANS, TCP_S_RST, TCP_S_SHUT, T_STATUS, T_WIN, WHY,
  WORDS,
} = R;
const { IS_REMEMBERED, IS_STARTED, STATE_WORDS, S_BITS, S_CONN, S_KIND, S_TCP_COUNT } = T;
const { LISTEN, SIDE_DUP, SIDE_OOO, SIDE_RETRANS, SIDE_RST, SIDE_SHUT } = V;

/** Copies an entry's interval into row `at` of a batch and gives it the form in which the real meter writes it. */
export function emitRow(
  meter: Meter,
  row: number,
  out: RecordBatch,
  at: number,
  cause: number,
  reason: number,
): void {
  const table = meter.table;
  const from = table.words, to = out.words, fromDoubles = table.doubles, doubles = out.doubles;
  const w = row * WORDS, o = at * WORDS, d = row * DOUBLES, od = at * DOUBLES;
  for (let j = 0; j < RARE; j++) to[o + j] = from[w + j]!;
  if (from[w + FLAGS]! & FLAGS_RARE) { for (let j = RARE; j < WORDS; j++) to[o + j] = from[w + j]!; }
  else for (let j = RARE; j < WORDS; j++) to[o + j] = 0;
  for (let j = 0; j < DOUBLES; j++) doubles[od + j] = fromDoubles[d + j]!;
  finishRow(meter, row, to, o, doubles, od, cause, reason);
  meter.extras?.write(row, out, at);
}

/**
 * Lets `take` see an entry's interval where it lies, in the form in which the real meter writes it: as {@linkcode emitRow} without the
 * copy. What must outlive the report is put back afterwards; the rest is zeroed at the next packet anyway (REC-9).
 */
export function emitInPlace(
  meter: Meter,
  row: number,
  view: RecordBatch,
  take: (batch: RecordBatch, row: number, connection: number) => void,
  cause: number,
  reason: number,
): void {
  const words = view.words = meter.table.words;
  const doubles = view.doubles = meter.table.doubles;
  const w = row * WORDS;
  const net = words[w + NET]!, status = words[w + TCP_STATUS]!, win = words[w + SIDE + T_WIN]!;
  finishRow(meter, row, words, w, doubles, row * DOUBLES, cause, reason);
  take(view, row, meter.table.state[row * STATE_WORDS + S_CONN]!);
  words[w + NET] = net;
  words[w + TCP_STATUS] = status;
  words[w + SIDE + T_WIN] = win;
}

/** Gives row `o` its times, cause, evidence and TCP form. */
function finishRow(
  meter: Meter,
  row: number,
  to: Int32Array,
  o: number,
  doubles: Float64Array,
  od: number,
  cause: number,
  reason: number,
): void {
  const table = meter.table;
  const settings = meter.settings;
  if (!settings.bidirectionalTimes) collapseTimes(meter, doubles, od, to, o);
  if (!settings.appBytes) doubles[od + S_APP] = doubles[od + D_APP] = 0;
  else to[o + FLAGS]! |= FLAG_APPBYTES;
  to[o + CAUSE] = cause;
  const state = table.state, s = row * STATE_WORDS;
  const low = state[s + S_KIND]! & P_KIND_MASK;
  let evidence = EVIDENCE_FIRST_PACKET;
  if (low === P_TCP) {
    if (state[s + S_TCP_COUNT]! > 0) {
      const status = tcpStatus(to, o);
      if (state[s + S_TCP_COUNT] === 1) {
        // TCP-13: one packet since the entry began is sent in the short form.
        to[o + NET] = NET_TCP_INIT;
        // Opened by RST: the short form has the bits of both sides.
        if (meter.quirks && to[o + TCP_STATE] === LISTEN) to[o + TCP_STATUS] = status | TCP_D_RST;
        to[o + SIDE + T_WIN] = 0;
      }
      evidence = state[s + S_BITS]! & IS_REMEMBERED
        ? EVIDENCE_REMEMBERED
        : status & TCP_SYN
        ? EVIDENCE_SYN
        : status & TCP_SYNACK
        ? EVIDENCE_SYNACK
        : EVIDENCE_NONE;
    }
  } else if (low === P_ICMP || low === P_ICMP6) evidence = EVIDENCE_ICMP_TYPE;
  else if (low === P_FRAGMENT && meter.quirks && state[s + S_BITS]! & IS_STARTED) forgetFragment(to, o);
  to[o + WHY] = reason | (evidence << 8);
}

/** Start of a record none of whose packets has a time that counts (TIM-12): second 0xefffffff. */
const UNSET_START = 0xefffffff * 1e6;

/** The real program marks stand-alone fragments in their first record only: in later ones the id lies where ports are. */
function forgetFragment(to: Int32Array, o: number): void {
  if ((to[o + FLAGS]! & FLAG_FRAGMENT) === 0) return;
  to[o + FLAGS]! &= ~FLAG_FRAGMENT;
  if (to[o + KEY_TYPE] !== KEY_IPV6) return;
  const id = to[o + KEY_EXTRA]!;
  to[o + SPORT] = ((id >>> 24) & 0xff) | ((id >>> 8) & 0xff00);
  to[o + DPORT] = ((id >>> 8) & 0xff) | ((id << 8) & 0xff00);
  to[o + KEY_EXTRA] = 0;
}

/** Folds the sides' interval bits into the status word. */
function tcpStatus(to: Int32Array, o: number): number {
  let status = to[o + TCP_STATUS]!;
  const s = to[o + SIDE + T_STATUS]!, d = to[o + DSIDE + T_STATUS]!;
  if ((s | d) !== 0) {
    if (s & SIDE_RETRANS) status |= TCP_S_RETRANS;
    if (d & SIDE_RETRANS) status |= TCP_D_RETRANS;
    if (s & SIDE_SHUT) status |= TCP_S_SHUT;
    if (d & SIDE_SHUT) status |= TCP_D_SHUT;
    if (s & SIDE_RST) status |= TCP_S_RST;
    if (d & SIDE_RST) status |= TCP_D_RST;
    if (s & SIDE_OOO) status |= TCP_S_OOO;
    if (d & SIDE_OOO) status |= TCP_D_OOO;
    if (s & SIDE_DUP) status |= TCP_S_DUP;
    if (d & SIDE_DUP) status |= TCP_D_DUP;
    to[o + TCP_STATUS] = status;
  }
  return status;
}

/**
 * One start and one end for the record (REC-3): the smallest and largest of the four times. The real program compares candidates
 * for the smallest by whole seconds only, so the source's time wins within a second.
 */
function collapseTimes(meter: Meter, doubles: Float64Array, d: number, words: Int32Array, o: number): void {
  let min = NaN, max = NaN, minNano = 0, maxNano = 0;
  const sNano = words[o + S_NANO]!, dNano = words[o + D_NANO]!;
  const quirks = meter.quirks;
  for (let j = 0; j < 4; j++) {
    const t = doubles[d + j]!;
    if (quirks ? !(t >= 1e6 || t < 0) : t !== t) continue;
    const packed = j < 2 ? sNano : dNano;
    const nano = packed === 0 ? 0 : j & 1 ? packed >>> 10 : packed & 1023;
    if (min !== min) {
      min = max = t;
      minNano = maxNano = nano;
    } else if (t > max || (t === max && nano > maxNano)) {
      max = t;
      maxNano = nano;
    } else if (
      t < min
        ? !quirks || Math.floor(t / 1e6) < Math.floor(min / 1e6)
        : !quirks && t === min && nano < minNano
    ) {
      min = t;
      minNano = nano;
    }
  }
  if (min !== min && quirks) {
    // TIM-12: the search for the smallest time found nothing, and what it began with is written.
    min = UNSET_START;
    max = 0;
  }
  const single = min === max && minNano === maxNano;
  doubles[d] = min;
  doubles[d + 1] = single ? NaN : max;
  doubles[d + 2] = NaN;
  doubles[d + 3] = NaN;
  words[o + S_NANO] = minNano | (single ? 0 : maxNano << 10);
  words[o + D_NANO] = 0;
}
