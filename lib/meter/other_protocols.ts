import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PACKET_WORDS, PW_APP, PW_KIND, PW_PORTS, P_LAST_FRAGMENT, P_RTP, P_RTP_VERSION } = P;
// deno-fmt-ignore
const {
  ARP_RESP, DOUBLES, DPORT, DSIDE, ESP_LASTSEQ, ESP_LOST, ESP_SPI, FLAGS, FLAG_FRAG_OVERLAP,
  FRAG_BODY, NET, NET_ARP, NET_NONE, NET_RTCP, NET_RTP, RTCP_BODY, RTP_DDROP, RTP_SDROP, SIDE,
  SIDE_WORDS, S_APP, TCP_STATUS, WORDS,
} = R;

/** Status bits of the ESP section, as observed in the real program's files. */
const ESP_DROP = 0x10, ESP_OOO = 0x10000, ESP_FAILURE = 0x2000;

/** ESP sequence accounting (REC-12): a jump is loss, a step back takes one off, more than 65536 or a repeat stops the count. */
export function accountEsp(words: Int32Array, w: number, sequence: number, fresh: boolean): void {
  words[w + ESP_SPI] = words[w + DPORT]!;
  if (fresh) {
    words[w + ESP_LASTSEQ] = sequence;
    return;
  }
  if (words[w + TCP_STATUS]! & ESP_FAILURE) return;
  const gap = (sequence >>> 0) - (words[w + ESP_LASTSEQ]! >>> 0);
  if (gap === 0 || gap > 65536 || gap < -65536) {
    words[w + TCP_STATUS]! |= ESP_FAILURE;
    words[w + ESP_LASTSEQ] = sequence;
  } else if (gap < 0) {
    words[w + ESP_LOST]!--;
    words[w + TCP_STATUS]! |= ESP_OOO;
  } else {
    if (gap > 1) {
      words[w + ESP_LOST]! += gap - 1;
      words[w + TCP_STATUS]! |= ESP_DROP;
    }
    words[w + ESP_LASTSEQ] = sequence;
  }
}

/** An ARP reply names the address asked for (fields.md, field resp). */
export function accountArp(words: Int32Array, w: number, c: PacketColumns, i: number): void {
  const at = c.l3[i]!, bytes = c.bytes;
  if (
    (c.words[i * PACKET_WORDS + PW_PORTS]! & 0xffff) !== 2 || at < 0 ||
    at + 14 > c.offset[i]! + c.captured[i]!
  ) return;
  words[w + NET] = NET_ARP;
  words[w + ARP_RESP] = (bytes[at + 8]! << 24) | (bytes[at + 9]! << 16) | (bytes[at + 10]! << 8) |
    bytes[at + 11]!;
  words[w + ARP_RESP + 1] = (bytes[at + 12]! << 24) | (bytes[at + 13]! << 16);
}

/** Status bits of the RTP section: a packet came late (source, destination). */
const RTP_LATE = [0x10000, 0x20000] as const;
/** Bytes of an RTP header. */
export const RTP_HEADER = 12;

/** First packet of an entry: what looks like RTP or RTCP is taken for it from now on, and nothing else ever (KEY-9). */
export function beginRtp(words: Int32Array, w: number, c: PacketColumns, i: number, side: number): void {
  const at = c.payload[i]!;
  if (c.words[i * PACKET_WORDS + PW_KIND]! & P_RTP) {
    words[w + NET] = NET_RTP;
    keepHeader(words, w + SIDE + side * SIDE_WORDS, c, i);
  } else {
    const first = be32(c.bytes, at);
    words[w + NET] = NET_RTCP;
    words[w + RTCP_BODY] = (first & 0xffff0000) | ((first & 0xff) << 8) | ((first >>> 8) & 0xff);
    words[w + RTCP_BODY + 1] = swap32(be32(c.bytes, at + 4));
  }
}

function be32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function keepHeader(words: Int32Array, x: number, c: PacketColumns, i: number): void {
  for (let j = 0; j < 3; j++) words[x + j] = be32(c.bytes, c.payload[i]! + 4 * j);
}

/**
 * A further packet of an entry that is RTP (KEY-9, found by experiment). Only packets with version 2 count. A gap in the sequence is
 * loss, a step back takes one off; another synchronization source ends it: the entry is plain UDP then. The header leaves the
 * application bytes. A side whose last number was 0 begins anew.
 *
 * @returns whether the header was left out.
 */
export function accountRtp(
  words: Int32Array,
  doubles: Float64Array,
  row: number,
  c: PacketColumns,
  i: number,
  side: number,
): boolean {
  const kind = c.words[i * PACKET_WORDS + PW_KIND]!;
  if ((kind & P_RTP_VERSION) === 0) return false;
  const w = row * WORDS, x = w + SIDE + side * SIDE_WORDS, at = c.payload[i]!, bytes = c.bytes;
  const last = words[x]! & 0xffff;
  if (last === 0) {
    keepHeader(words, x, c, i);
    return false;
  }
  const whole = c.payloadEnd[i]! - at >= RTP_HEADER;
  if (whole && (bytes[at]! & 0x10 || be32(bytes, at + 8) !== words[x + 2])) {
    words[w + NET] = NET_NONE;
    words.fill(0, w + TCP_STATUS, w + DSIDE + SIDE_WORDS);
    return false;
  }
  const seq = (bytes[at + 2]! << 8) | bytes[at + 3]!, drop = w + (side ? RTP_DDROP : RTP_SDROP);
  if (seq > last + 1) words[drop]! += seq - last - 1;
  else if (seq < last && words[drop]! > 0) {
    words[drop]!--;
    words[w + TCP_STATUS]! |= RTP_LATE[side]!;
  }
  if (whole) keepHeader(words, x, c, i);
  else words[x] = be32(bytes, at);
  const header = RTP_HEADER + 4 * (bytes[at]! & 15);
  if (header === RTP_HEADER || header <= c.words[i * PACKET_WORDS + PW_APP]!) {
    doubles[row * DOUBLES + S_APP + side]! -= header;
  }
  return true;
}

/** Words of a fragment section, as numbers of a little endian machine. */
const FRAG_COUNT = 0,
  FRAG_FRESH = 3,
  FRAG_BYTES = 4,
  FRAG_TOTAL = 5,
  FRAG_LARGEST = 6,
  FRAG_FROM = 11,
  FRAG_TO = 12;

/**
 * What the section of stand-alone fragments tells of an interval: how many there were, their bytes, without and with those that came
 * twice, the end of the last one, the longest, and the first unbroken stretch.
 */
export function accountFragment(words: Int32Array, w: number, c: PacketColumns, i: number): void {
  const b = w + FRAG_BODY, length = c.fragLength[i]!, from = c.fragOffset[i]!, to = from + length;
  const get = (word: number) => swap32(words[b + word]!);
  const add = (word: number, n: number) => words[b + word] = swap32(get(word) + n);
  const first = get(FRAG_COUNT) === 0;
  add(FRAG_COUNT, 1);
  add(FRAG_BYTES, length);
  if (c.words[i * PACKET_WORDS + PW_KIND]! & P_LAST_FRAGMENT) words[b + FRAG_TOTAL] = swap32(to);
  if (length > get(FRAG_LARGEST)) words[b + FRAG_LARGEST] = swap32(length);
  const had = get(FRAG_FROM), end = get(FRAG_TO);
  const known = first ? 0 : Math.max(0, Math.min(to, end) - Math.max(from, had));
  add(FRAG_FRESH, length - known);
  // The whole stretch once more is no overlap.
  if (known > 0 && (from !== had || to !== end)) words[w + FLAGS]! |= FLAG_FRAG_OVERLAP;
  if (first || (from <= end && to >= had)) {
    words[b + FRAG_FROM] = swap32(first ? from : Math.min(from, had));
    words[b + FRAG_TO] = swap32(first ? to : Math.max(to, end));
  }
}

/** Bytes of an interval's fragments without those that came twice. */
export function freshBytes(words: Int32Array, w: number): number {
  return swap32(words[w + FRAG_BODY + FRAG_FRESH]!);
}

function swap32(n: number): number {
  return (n << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24);
}
