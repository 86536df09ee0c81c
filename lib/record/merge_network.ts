import type { RecordBatch } from "./batch.ts";
import * as L from "./layout.ts";

/** `NET` while merging by exact rules: records with sections of different kinds met; `settleRow` makes it absent. */
export const NET_MIXED = 0xff;

function isTcp(net: number): boolean {
  return net >= L.NET_TCP_INIT && net <= L.NET_TCP_PERF;
}

/** Network section by exact rules: an absent one takes the other, kinds that do not fit leave none. */
export function mergeNetwork(a: RecordBatch, ar: number, b: RecordBatch, br: number): void {
  const x = a.words, y = b.words, w = ar * L.WORDS, v = br * L.WORDS;
  const mine = x[w + L.NET]!, theirs = y[v + L.NET]!;
  if (theirs === L.NET_NONE || mine === NET_MIXED) return;
  if (mine === L.NET_NONE) {
    copySection(a, ar, b, br);
    return;
  }
  if (isTcp(mine) && isTcp(theirs)) {
    x[w + L.NET] = mine === theirs ? mine : L.NET_TCP_PERF;
    mergeTcp(a, ar, b, br);
    return;
  }
  if (mine !== theirs) {
    x[w + L.NET] = NET_MIXED;
    x.fill(0, w + L.TCP_STATUS, w + L.SIDE + 2 * L.SIDE_WORDS);
    a.doubles.fill(NaN, ar * L.DOUBLES + L.S_LAST, ar * L.DOUBLES + L.D_LAST + 1);
    return;
  }
  x[w + L.TCP_STATUS]! |= y[v + L.TCP_STATUS]!;
  mergeOther(x, w, y, v, mine);
}

/** Sections other than TCP: lost packets add up, the last sequence number of ESP is the largest, the rest has to be equal. */
function mergeOther(x: Int32Array, w: number, y: Int32Array, v: number, net: number): void {
  const s = x[w + L.RTP_SDROP]! + y[v + L.RTP_SDROP]!, d = x[w + L.RTP_DDROP]! + y[v + L.RTP_DDROP]!;
  const lost = x[w + L.ESP_LOST]! + y[v + L.ESP_LOST]!;
  const mine = x[w + L.ESP_LASTSEQ]!, theirs = y[v + L.ESP_LASTSEQ]!;
  const sameMac = x[w + L.ARP_RESP] === y[v + L.ARP_RESP] && x[w + L.ARP_RESP + 1] === y[v + L.ARP_RESP + 1];
  for (let i = L.TCP_STATE; i < L.SIDE + 2 * L.SIDE_WORDS; i++) if (x[w + i] !== y[v + i]) x[w + i] = 0;
  if (net === L.NET_ESP) {
    x[w + L.ESP_LASTSEQ] = mine >>> 0 > theirs >>> 0 ? mine : theirs;
    x[w + L.ESP_LOST] = lost;
  } else if (net === L.NET_RTP) {
    x[w + L.RTP_SDROP] = s;
    x[w + L.RTP_DDROP] = d;
  } else if (net === L.NET_ARP && !sameMac) x[w + L.ARP_RESP] = x[w + L.ARP_RESP + 1] = 0;
}

function copySection(a: RecordBatch, ar: number, b: RecordBatch, br: number): void {
  const x = a.words, y = b.words, w = ar * L.WORDS, v = br * L.WORDS;
  for (let i = L.NET; i < L.SIDE + 2 * L.SIDE_WORDS; i++) x[w + i] = y[v + i]!;
  for (let i = L.S_LAST; i <= L.D_LAST; i++) a.doubles[ar * L.DOUBLES + i] = b.doubles[br * L.DOUBLES + i]!;
}

function mergeEsp(x: Int32Array, w: number, y: Int32Array, v: number): void {
  if (x[w + L.ESP_SPI] !== y[v + L.ESP_SPI]) x[w + L.ESP_SPI] = 0;
  x[w + L.ESP_LOST] = x[w + L.ESP_LOST]! + y[v + L.ESP_LOST]!;
}

/**
 * TCP by exact rules. Bits are united; counters add; the base is the smallest that is not 0; round trip times are the smallest
 * measured; sequence, acknowledgement and window are those of the side's later packet (`S_LAST`, `D_LAST`).
 */
function mergeTcp(a: RecordBatch, ar: number, b: RecordBatch, br: number): void {
  const x = a.words, y = b.words, w = ar * L.WORDS, v = br * L.WORDS;
  x[w + L.TCP_STATUS]! |= y[v + L.TCP_STATUS]!;
  x[w + L.TCP_OPTIONS]! |= y[v + L.TCP_OPTIONS]!;
  if (y[v + L.TCP_STATE]! > x[w + L.TCP_STATE]!) x[w + L.TCP_STATE] = y[v + L.TCP_STATE]!;
  x[w + L.SYNACK] = leastSet(x[w + L.SYNACK]!, y[v + L.SYNACK]!);
  x[w + L.ACKDAT] = leastSet(x[w + L.ACKDAT]!, y[v + L.ACKDAT]!);
  for (let side = 0; side < 2; side++) {
    const s = w + L.SIDE + side * L.SIDE_WORDS, t = v + L.SIDE + side * L.SIDE_WORDS;
    x[s + L.T_STATUS]! |= y[t + L.T_STATUS]!;
    x[s + L.T_FLAGS]! |= y[t + L.T_FLAGS]!;
    x[s + L.T_SEQBASE] = leastSet(x[s + L.T_SEQBASE]!, y[t + L.T_SEQBASE]!);
    x[s + L.T_WINNUM] = x[s + L.T_WINNUM]! + y[t + L.T_WINNUM]!;
    x[s + L.T_BYTES] = x[s + L.T_BYTES]! + y[t + L.T_BYTES]!;
    x[s + L.T_RETRANS] = x[s + L.T_RETRANS]! + y[t + L.T_RETRANS]!;
    x[s + L.T_ACKBYTES] = x[s + L.T_ACKBYTES]! + y[t + L.T_ACKBYTES]!;
    const at = ar * L.DOUBLES + L.S_LAST + side;
    const mine = a.doubles[at]!, theirs = b.doubles[br * L.DOUBLES + L.S_LAST + side]!;
    if (laterBlock(x, s, mine, y, t, theirs)) {
      x[s + L.T_SEQ] = y[t + L.T_SEQ]!;
      x[s + L.T_ACK] = y[t + L.T_ACK]!;
      x[s + L.T_WINBYTES] = y[t + L.T_WINBYTES]!;
      x[s + L.T_WIN] = y[t + L.T_WIN]!;
      x[s + L.T_SHIFT] = y[t + L.T_SHIFT]!;
      x[s + L.T_LASTIPID] = y[t + L.T_LASTIPID]!;
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
  let order = (y[t + L.T_SEQ]! >>> 0) - (x[s + L.T_SEQ]! >>> 0);
  if (order === 0) order = (y[t + L.T_ACK]! >>> 0) - (x[s + L.T_ACK]! >>> 0);
  if (order === 0) order = (y[t + L.T_WINBYTES]! >>> 0) - (x[s + L.T_WINBYTES]! >>> 0);
  if (order === 0) order = y[t + L.T_WIN]! - x[s + L.T_WIN]!;
  if (order === 0) order = y[t + L.T_SHIFT]! - x[s + L.T_SHIFT]!;
  if (order === 0) order = y[t + L.T_LASTIPID]! - x[s + L.T_LASTIPID]!;
  return order > 0;
}

/** Network section as racluster merges it; a record without one leaves the first as it is, and a first without one stays so. */
export function mergeNetworkAsArgus(a: RecordBatch, ar: number, b: RecordBatch, br: number): void {
  const x = a.words, y = b.words, w = ar * L.WORDS, v = br * L.WORDS;
  const mine = x[w + L.NET]!, theirs = y[v + L.NET]!;
  if (mine === L.NET_NONE || theirs === L.NET_NONE) return;
  if (isTcp(mine) && isTcp(theirs)) {
    mergeTcpAsArgus(a, ar, b, br);
    return;
  }
  if (mine !== theirs) {
    x.fill(0, w + L.NET, w + L.SIDE + 2 * L.SIDE_WORDS);
    a.doubles.fill(NaN, ar * L.DOUBLES + L.S_LAST, ar * L.DOUBLES + L.D_LAST + 1);
    return;
  }
  if (mine === L.NET_ESP) {
    mergeEsp(x, w, y, v);
    x[w + L.ESP_LASTSEQ] = y[v + L.ESP_LASTSEQ]!;
  } else if (mine === L.NET_RTP) {
    x[w + L.RTP_SDROP] = x[w + L.RTP_SDROP]! + y[v + L.RTP_SDROP]!;
    x[w + L.RTP_DDROP] = x[w + L.RTP_DDROP]! + y[v + L.RTP_DDROP]!;
  }
}

/** Sequence bases further apart than this are taken for a wrap of the sequence numbers (observed). */
const WRAP_GUESS = 65536;

/**
 * TCP as observed: state, options, round trip times, acknowledgements and windows are the last record's, whatever it holds; the
 * source's base is the smaller, or 0 when the numbers seem to have wrapped; the destination's base and last time stay the first's.
 */
function mergeTcpAsArgus(a: RecordBatch, ar: number, b: RecordBatch, br: number): void {
  const x = a.words, y = b.words, w = ar * L.WORDS, v = br * L.WORDS;
  const mine = x[w + L.NET]!, theirs = y[v + L.NET]!;
  const s = w + L.SIDE, t = v + L.SIDE, p = w + L.DSIDE, q = v + L.DSIDE;
  if (mine === L.NET_TCP_PERF && theirs === L.NET_TCP_PERF) {
    x[w + L.TCP_STATUS]! |= y[v + L.TCP_STATUS]!;
    for (let i = L.TCP_STATE; i <= L.ACKDAT; i++) x[w + i] = y[v + i]!;
    a.doubles[ar * L.DOUBLES + L.S_LAST] = b.doubles[br * L.DOUBLES + L.S_LAST]!;
    const base = x[s + L.T_SEQBASE]! >>> 0, other = y[t + L.T_SEQBASE]! >>> 0;
    if (base > other) {
      if (base - other > WRAP_GUESS) {
        x[s + L.T_ACKBYTES] = x[s + L.T_ACKBYTES]! + y[t + L.T_SEQ]! - other - 1;
        x[s + L.T_SEQBASE] = 0;
      } else x[s + L.T_SEQBASE] = other;
    } else x[s + L.T_SEQ] = y[t + L.T_SEQ]!;
    x[p + L.T_SEQ] = y[q + L.T_SEQ]!;
    // The source's status bits are united, and then added once more (observed; IPv6 prints them in its flags).
    x[s + L.T_STATUS] = (x[s + L.T_STATUS]! | y[t + L.T_STATUS]!) + y[t + L.T_STATUS]!;
    x[p + L.T_STATUS]! |= y[q + L.T_STATUS]!;
    for (let side = 0; side < 2; side++) {
      const i = s + side * L.SIDE_WORDS, j = t + side * L.SIDE_WORDS;
      x[i + L.T_FLAGS]! |= y[j + L.T_FLAGS]!;
      x[i + L.T_ACK] = y[j + L.T_ACK]!;
      x[i + L.T_WINBYTES] = y[j + L.T_WINBYTES]!;
      x[i + L.T_WIN] = y[j + L.T_WIN]!;
      x[i + L.T_WINNUM] = x[i + L.T_WINNUM]! + y[j + L.T_WINNUM]!;
      x[i + L.T_BYTES] = x[i + L.T_BYTES]! + y[j + L.T_BYTES]!;
      x[i + L.T_RETRANS] = x[i + L.T_RETRANS]! + y[j + L.T_RETRANS]!;
    }
    return;
  }
  if (mine === theirs) {
    x[w + L.TCP_STATUS]! |= y[v + L.TCP_STATUS]!;
    if (mine === L.NET_TCP_INIT) {
      x[w + L.TCP_OPTIONS]! |= y[v + L.TCP_OPTIONS]!;
      x[s + L.T_FLAGS]! |= y[t + L.T_FLAGS]!;
    }
    return;
  }
  if (mine === L.NET_TCP_PERF) {
    x[w + L.TCP_OPTIONS] = theirs === L.NET_TCP_INIT ? y[v + L.TCP_OPTIONS]! : 0;
    x[w + L.TCP_STATE] = x[w + L.SYNACK] = x[w + L.ACKDAT] = 0;
    a.doubles[ar * L.DOUBLES + L.S_LAST] = NaN;
    return;
  }
  const status = x[w + L.TCP_STATUS]!;
  if (theirs === L.NET_TCP_PERF) {
    // The section takes everything but stays of the short kind, so the next full record replaces it again.
    copySection(a, ar, b, br);
    x[w + L.NET] = mine;
    if (mine === L.NET_TCP_STATUS) x[w + L.TCP_STATUS]! |= status;
    return;
  }
  x.fill(0, w + L.TCP_STATUS, w + L.SIDE + 2 * L.SIDE_WORDS);
  x[w + L.NET] = L.NET_TCP_PERF;
  x[w + L.TCP_STATUS] = y[v + L.TCP_STATUS]!;
  if (mine === L.NET_TCP_INIT) {
    x[s + L.T_FLAGS] = y[t + L.T_FLAGS]!;
    x[p + L.T_FLAGS] = y[q + L.T_FLAGS]!;
  } else {
    x[w + L.TCP_STATUS]! |= status;
    x[w + L.TCP_OPTIONS] = y[v + L.TCP_OPTIONS]!;
    x[s + L.T_STATUS] = y[v + L.TCP_STATUS]!;
  }
}
