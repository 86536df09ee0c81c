import type { RecordBatch } from "./batch.ts";
import * as L from "./layout.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  ACKDAT, ARP_RESP, DOUBLES, DSIDE, D_LAST, ESP_LASTSEQ, ESP_LOST, ESP_SPI, NET, NET_ARP, NET_ESP,
  NET_NONE, NET_RTP, NET_TCP_INIT, NET_TCP_PERF, NET_TCP_STATUS, RTP_DDROP, RTP_SDROP, SIDE,
  SIDE_WORDS, SYNACK, S_LAST, TCP_OPTIONS, TCP_STATE, TCP_STATUS, T_ACK, T_ACKBYTES, T_BYTES,
  T_FLAGS, T_LASTIPID, T_RETRANS, T_SEQ, T_SEQBASE, T_SHIFT, T_STATUS, T_WIN, T_WINBYTES, T_WINNUM,
  WORDS,
} = L;

/** `NET` while merging by exact rules: records with sections of different kinds met; `settleRow` makes it absent. */
export const NET_MIXED = 0xff;

function isTcp(net: number): boolean {
  return net >= NET_TCP_INIT && net <= NET_TCP_PERF;
}

/** Network section by exact rules: an absent one takes the other, kinds that do not fit leave none. */
export function mergeNetwork(a: RecordBatch, ar: number, b: RecordBatch, br: number): void {
  const x = a.words, y = b.words, w = ar * WORDS, v = br * WORDS;
  const mine = x[w + NET]!, theirs = y[v + NET]!;
  if (theirs === NET_NONE || mine === NET_MIXED) return;
  if (mine === NET_NONE) {
    copySection(a, ar, b, br);
    return;
  }
  if (isTcp(mine) && isTcp(theirs)) {
    x[w + NET] = mine === theirs ? mine : NET_TCP_PERF;
    mergeTcp(a, ar, b, br);
    return;
  }
  if (mine !== theirs) {
    x[w + NET] = NET_MIXED;
    x.fill(0, w + TCP_STATUS, w + SIDE + 2 * SIDE_WORDS);
    a.doubles.fill(NaN, ar * DOUBLES + S_LAST, ar * DOUBLES + D_LAST + 1);
    return;
  }
  x[w + TCP_STATUS]! |= y[v + TCP_STATUS]!;
  mergeOther(x, w, y, v, mine);
}

/** Sections other than TCP: lost packets add up, the last sequence number of ESP is the largest, the rest has to be equal. */
function mergeOther(x: Int32Array, w: number, y: Int32Array, v: number, net: number): void {
  const s = x[w + RTP_SDROP]! + y[v + RTP_SDROP]!, d = x[w + RTP_DDROP]! + y[v + RTP_DDROP]!;
  const lost = x[w + ESP_LOST]! + y[v + ESP_LOST]!;
  const mine = x[w + ESP_LASTSEQ]!, theirs = y[v + ESP_LASTSEQ]!;
  const sameMac = x[w + ARP_RESP] === y[v + ARP_RESP] && x[w + ARP_RESP + 1] === y[v + ARP_RESP + 1];
  for (let i = TCP_STATE; i < SIDE + 2 * SIDE_WORDS; i++) if (x[w + i] !== y[v + i]) x[w + i] = 0;
  if (net === NET_ESP) {
    x[w + ESP_LASTSEQ] = mine >>> 0 > theirs >>> 0 ? mine : theirs;
    x[w + ESP_LOST] = lost;
  } else if (net === NET_RTP) {
    x[w + RTP_SDROP] = s;
    x[w + RTP_DDROP] = d;
  } else if (net === NET_ARP && !sameMac) x[w + ARP_RESP] = x[w + ARP_RESP + 1] = 0;
}

function copySection(a: RecordBatch, ar: number, b: RecordBatch, br: number): void {
  const x = a.words, y = b.words, w = ar * WORDS, v = br * WORDS;
  for (let i = NET; i < SIDE + 2 * SIDE_WORDS; i++) x[w + i] = y[v + i]!;
  for (let i = S_LAST; i <= D_LAST; i++) a.doubles[ar * DOUBLES + i] = b.doubles[br * DOUBLES + i]!;
}

function mergeEsp(x: Int32Array, w: number, y: Int32Array, v: number): void {
  if (x[w + ESP_SPI] !== y[v + ESP_SPI]) x[w + ESP_SPI] = 0;
  x[w + ESP_LOST] = x[w + ESP_LOST]! + y[v + ESP_LOST]!;
}

/**
 * TCP by exact rules. Bits are united; counters add; the base is the smallest that is not 0; round trip times are the smallest
 * measured; sequence, acknowledgement and window are those of the side's later packet (`S_LAST`, `D_LAST`).
 */
function mergeTcp(a: RecordBatch, ar: number, b: RecordBatch, br: number): void {
  const x = a.words, y = b.words, w = ar * WORDS, v = br * WORDS;
  x[w + TCP_STATUS]! |= y[v + TCP_STATUS]!;
  x[w + TCP_OPTIONS]! |= y[v + TCP_OPTIONS]!;
  if (y[v + TCP_STATE]! > x[w + TCP_STATE]!) x[w + TCP_STATE] = y[v + TCP_STATE]!;
  x[w + SYNACK] = leastSet(x[w + SYNACK]!, y[v + SYNACK]!);
  x[w + ACKDAT] = leastSet(x[w + ACKDAT]!, y[v + ACKDAT]!);
  for (let side = 0; side < 2; side++) {
    const s = w + SIDE + side * SIDE_WORDS, t = v + SIDE + side * SIDE_WORDS;
    x[s + T_STATUS]! |= y[t + T_STATUS]!;
    x[s + T_FLAGS]! |= y[t + T_FLAGS]!;
    x[s + T_SEQBASE] = leastSet(x[s + T_SEQBASE]!, y[t + T_SEQBASE]!);
    x[s + T_WINNUM] = x[s + T_WINNUM]! + y[t + T_WINNUM]!;
    x[s + T_BYTES] = x[s + T_BYTES]! + y[t + T_BYTES]!;
    x[s + T_RETRANS] = x[s + T_RETRANS]! + y[t + T_RETRANS]!;
    x[s + T_ACKBYTES] = x[s + T_ACKBYTES]! + y[t + T_ACKBYTES]!;
    const at = ar * DOUBLES + S_LAST + side;
    const mine = a.doubles[at]!, theirs = b.doubles[br * DOUBLES + S_LAST + side]!;
    if (laterBlock(x, s, mine, y, t, theirs)) {
      x[s + T_SEQ] = y[t + T_SEQ]!;
      x[s + T_ACK] = y[t + T_ACK]!;
      x[s + T_WINBYTES] = y[t + T_WINBYTES]!;
      x[s + T_WIN] = y[t + T_WIN]!;
      x[s + T_SHIFT] = y[t + T_SHIFT]!;
      x[s + T_LASTIPID] = y[t + T_LASTIPID]!;
    }
    if (theirs > mine || mine !== mine) a.doubles[at] = theirs;
  }
}

function leastSet(a: number, b: number): number {
  return a === 0 ? b : b === 0 || a >>> 0 < b >>> 0 ? a : b;
}

/** Whether the second side's "latest" words win: a later packet, or the same time and greater words. */
function laterBlock(
  x: Int32Array,
  s: number,
  mine: number,
  y: Int32Array,
  t: number,
  theirs: number,
): boolean {
  if (theirs !== theirs) {
    if (mine === mine) return false;
  } else if (mine !== mine || theirs > mine) return true;
  else if (theirs < mine) return false;
  let order = (y[t + T_SEQ]! >>> 0) - (x[s + T_SEQ]! >>> 0);
  if (order === 0) order = (y[t + T_ACK]! >>> 0) - (x[s + T_ACK]! >>> 0);
  if (order === 0) order = (y[t + T_WINBYTES]! >>> 0) - (x[s + T_WINBYTES]! >>> 0);
  if (order === 0) order = y[t + T_WIN]! - x[s + T_WIN]!;
  if (order === 0) order = y[t + T_SHIFT]! - x[s + T_SHIFT]!;
  if (order === 0) order = y[t + T_LASTIPID]! - x[s + T_LASTIPID]!;
  return order > 0;
}

/** Network section as racluster merges it; a record without one leaves the first as it is, and a first without one stays so. */
export function mergeNetworkAsArgus(a: RecordBatch, ar: number, b: RecordBatch, br: number): void {
  const x = a.words, y = b.words, w = ar * WORDS, v = br * WORDS;
  const mine = x[w + NET]!, theirs = y[v + NET]!;
  if (mine === NET_NONE || theirs === NET_NONE) return;
  if (isTcp(mine) && isTcp(theirs)) {
    mergeTcpAsArgus(a, ar, b, br);
    return;
  }
  if (mine !== theirs) {
    x.fill(0, w + NET, w + SIDE + 2 * SIDE_WORDS);
    a.doubles.fill(NaN, ar * DOUBLES + S_LAST, ar * DOUBLES + D_LAST + 1);
    return;
  }
  if (mine === NET_ESP) {
    mergeEsp(x, w, y, v);
    x[w + ESP_LASTSEQ] = y[v + ESP_LASTSEQ]!;
  } else if (mine === NET_RTP) {
    x[w + RTP_SDROP] = x[w + RTP_SDROP]! + y[v + RTP_SDROP]!;
    x[w + RTP_DDROP] = x[w + RTP_DDROP]! + y[v + RTP_DDROP]!;
  }
}

/** Sequence bases further apart than this are taken for a wrap of the sequence numbers (observed). */
const WRAP_GUESS = 65536;

/**
 * TCP as observed: state, options, round trip times, acknowledgements and windows are the last record's, whatever it holds; the
 * source's base is the smaller, or 0 when the numbers seem to have wrapped; the destination's base and last time stay the first's.
 */
function mergeTcpAsArgus(a: RecordBatch, ar: number, b: RecordBatch, br: number): void {
  const x = a.words, y = b.words, w = ar * WORDS, v = br * WORDS;
  const mine = x[w + NET]!, theirs = y[v + NET]!;
  const s = w + SIDE, t = v + SIDE, p = w + DSIDE, q = v + DSIDE;
  if (mine === NET_TCP_PERF && theirs === NET_TCP_PERF) {
    x[w + TCP_STATUS]! |= y[v + TCP_STATUS]!;
    for (let i = TCP_STATE; i <= ACKDAT; i++) x[w + i] = y[v + i]!;
    a.doubles[ar * DOUBLES + S_LAST] = b.doubles[br * DOUBLES + S_LAST]!;
    const base = x[s + T_SEQBASE]! >>> 0, other = y[t + T_SEQBASE]! >>> 0;
    if (base > other) {
      if (base - other > WRAP_GUESS) {
        x[s + T_ACKBYTES] = x[s + T_ACKBYTES]! + y[t + T_SEQ]! - other - 1;
        x[s + T_SEQBASE] = 0;
      } else x[s + T_SEQBASE] = other;
    } else x[s + T_SEQ] = y[t + T_SEQ]!;
    x[p + T_SEQ] = y[q + T_SEQ]!;
    // The source's status bits are united, and then added once more (observed; IPv6 prints them in its flags).
    x[s + T_STATUS] = (x[s + T_STATUS]! | y[t + T_STATUS]!) + y[t + T_STATUS]!;
    x[p + T_STATUS]! |= y[q + T_STATUS]!;
    for (let side = 0; side < 2; side++) {
      const i = s + side * SIDE_WORDS, j = t + side * SIDE_WORDS;
      x[i + T_FLAGS]! |= y[j + T_FLAGS]!;
      x[i + T_ACK] = y[j + T_ACK]!;
      x[i + T_WINBYTES] = y[j + T_WINBYTES]!;
      x[i + T_WIN] = y[j + T_WIN]!;
      x[i + T_WINNUM] = x[i + T_WINNUM]! + y[j + T_WINNUM]!;
      x[i + T_BYTES] = x[i + T_BYTES]! + y[j + T_BYTES]!;
      x[i + T_RETRANS] = x[i + T_RETRANS]! + y[j + T_RETRANS]!;
    }
    return;
  }
  if (mine === theirs) {
    x[w + TCP_STATUS]! |= y[v + TCP_STATUS]!;
    if (mine === NET_TCP_INIT) {
      x[w + TCP_OPTIONS]! |= y[v + TCP_OPTIONS]!;
      x[s + T_FLAGS]! |= y[t + T_FLAGS]!;
    }
    return;
  }
  if (mine === NET_TCP_PERF) {
    x[w + TCP_OPTIONS] = theirs === NET_TCP_INIT ? y[v + TCP_OPTIONS]! : 0;
    x[w + TCP_STATE] = x[w + SYNACK] = x[w + ACKDAT] = 0;
    a.doubles[ar * DOUBLES + S_LAST] = NaN;
    return;
  }
  const status = x[w + TCP_STATUS]!;
  if (theirs === NET_TCP_PERF) {
    // The section takes everything but stays of the short kind, so the next full record replaces it again.
    copySection(a, ar, b, br);
    x[w + NET] = mine;
    if (mine === NET_TCP_STATUS) x[w + TCP_STATUS]! |= status;
    return;
  }
  x.fill(0, w + TCP_STATUS, w + SIDE + 2 * SIDE_WORDS);
  x[w + NET] = NET_TCP_PERF;
  x[w + TCP_STATUS] = y[v + TCP_STATUS]!;
  if (mine === NET_TCP_INIT) {
    x[s + T_FLAGS] = y[t + T_FLAGS]!;
    x[p + T_FLAGS] = y[q + T_FLAGS]!;
  } else {
    x[w + TCP_STATUS]! |= status;
    x[w + TCP_OPTIONS] = y[v + TCP_OPTIONS]!;
    x[s + T_STATUS] = y[v + TCP_STATUS]!;
  }
}
