import type { RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import * as A from "./argus_layout.ts";

// Local constants: the compiler folds them, imported ones it loads each time (a quarter of the time per
// record). deno-fmt-ignore
const {
  ACKDAT, ARP_RESP, DOUBLES, DSIDE, ESP_SPI, FLAG_AGR, FLAG_FRAG_OVERLAP, FLAG_MERGED, FRAG_BODY, ICMP_BODY, NET, NET_ARP,
  NET_ESP, NET_FRAG, NET_ICMP, NET_NONE, NET_RTCP, NET_RTP, NET_TCP_INIT, NET_TCP_PERF, NET_TCP_STATUS,
  RTP_DDROP, RTP_SDROP, SIDE, SIDE_WORDS, SYNACK, S_LAST, S_PKTS, TCP_OPTIONS, TCP_STATE, TCP_STATUS,
  T_ACK, T_ACKBYTES, T_BYTES, T_FLAGS, T_RETRANS, T_SEQ, T_SEQBASE, T_SHIFT, T_STATUS, T_WIN, T_WINBYTES,
  T_WINNUM, WORDS,
} = R;
const { DSR_NETWORK } = A;

/**
 * Encodes the network section (argus-format section 7) at `p`; a row without one gets the empty form, as the
 * meter writes.
 */
export function encodeNetwork(
  view: DataView,
  bytes: Uint8Array,
  p: number,
  batch: RecordBatch,
  row: number,
  flags: number,
): number {
  const words = batch.words, w = row * WORDS;
  const net = words[w + NET]!;
  // Qualifier 2: fragments overlapped.
  const overlap = (net & 0xff) === NET_FRAG && flags & FLAG_FRAG_OVERLAP ? 0x200 : 0;
  const head = (DSR_NETWORK << 24) | ((net & 0xff) << 16) | overlap;
  if (net === NET_TCP_PERF) {
    view.setInt32(p, head | 30);
    view.setInt32(p + 4, words[w + TCP_STATUS]!);
    view.setInt32(p + 8, words[w + TCP_STATE]!);
    view.setInt32(p + 12, words[w + TCP_OPTIONS]!);
    view.setInt32(p + 16, words[w + SYNACK]!);
    view.setInt32(p + 20, words[w + ACKDAT]!);
    for (let side = 0; side < 2; side++) {
      const q = p + 24 + 48 * side, t = w + SIDE + SIDE_WORDS * side;
      const last = batch.doubles[row * DOUBLES + S_LAST + side]!;
      if (last === last) {
        const seconds = Math.floor(last / 1e6) | 0;
        view.setInt32(q, seconds);
        view.setInt32(q + 4, (last - seconds * 1e6) | 0);
      } else {
        view.setInt32(q, 0);
        view.setInt32(q + 4, 0);
      }
      view.setInt32(q + 8, words[t + T_STATUS]!);
      view.setInt32(q + 12, words[t + T_SEQBASE]!);
      view.setInt32(q + 16, words[t + T_SEQ]!);
      view.setInt32(q + 20, words[t + T_ACK]!);
      view.setInt32(q + 24, words[t + T_WINNUM]!);
      view.setInt32(q + 28, words[t + T_BYTES]!);
      view.setInt32(q + 32, words[t + T_RETRANS]!);
      view.setInt32(q + 36, words[t + T_ACKBYTES]!);
      view.setInt32(q + 40, words[t + T_WINBYTES]!);
      view.setInt32(
        q + 44,
        (words[t + T_WIN]! << 16) | ((words[t + T_FLAGS]! & 0xff) << 8) | (words[t + T_SHIFT]! & 0xff),
      );
    }
    return p + 120;
  }
  if (net === NET_NONE) {
    // Only records of the meter carry the empty form; it says nothing, but keeps our files comparable byte by
    // byte.
    if (flags & (FLAG_MERGED | FLAG_AGR)) return p;
    view.setInt32(p, (DSR_NETWORK << 24) | 1);
    return p + 4;
  }
  const raw = batch.more?.get(row)?.network;
  if (raw) {
    const length = (raw.length + 3) & ~3;
    bytes.fill(0, p + 4, p + 4 + length);
    bytes.set(raw, p + 4);
    view.setInt32(p, head | (1 + (length >>> 2)));
    return p + 4 + length;
  }
  switch (net) {
    case NET_TCP_INIT: {
      const d = w + DSIDE;
      // The form has room for one side: the one that opened the flow, which is the other one once a reader turned the record round.
      const opened = batch.doubles[row * DOUBLES + S_PKTS]! > 0 || words[w + SIDE + T_SEQBASE]! !== 0;
      const t = opened || words[d + T_FLAGS]! === 0 ? w + SIDE : d;
      view.setInt32(p, head | 5);
      view.setInt32(p + 4, words[w + TCP_STATUS]!);
      view.setInt32(p + 8, words[t + T_SEQBASE]!);
      view.setInt32(p + 12, words[w + TCP_OPTIONS]!);
      view.setInt32(
        p + 16,
        (words[t + T_WIN]! << 16) | ((words[t + T_FLAGS]! & 0xff) << 8) | (words[t + T_SHIFT]! & 0xff),
      );
      return p + 20;
    }
    case NET_TCP_STATUS:
      view.setInt32(p, head | 3);
      view.setInt32(p + 4, words[w + TCP_STATUS]!);
      view.setUint8(p + 8, words[w + SIDE + T_FLAGS]!);
      view.setUint8(p + 9, words[w + DSIDE + T_FLAGS]!);
      view.setInt16(p + 10, 0);
      return p + 12;
    case NET_ESP:
      view.setInt32(p, head | 5);
      view.setInt32(p + 4, words[w + TCP_STATUS]!);
      for (let i = 0; i < 3; i++) view.setInt32(p + 8 + 4 * i, words[w + ESP_SPI + i]!);
      return p + 20;
    case NET_RTP:
      view.setInt32(p, head | 10);
      view.setInt32(p + 4, words[w + TCP_STATUS]!);
      for (let i = 0; i < 3; i++) {
        view.setInt32(p + 8 + 4 * i, words[w + SIDE + i]!);
        view.setInt32(p + 20 + 4 * i, words[w + DSIDE + i]!);
      }
      // Two 16-bit counters, then a word the meter leaves zero.
      view.setUint16(p + 32, Math.min(0xffff, words[w + RTP_SDROP]!));
      view.setUint16(p + 34, Math.min(0xffff, words[w + RTP_DDROP]!));
      view.setInt32(p + 36, 0);
      return p + 40;
    case NET_ARP:
      // 44 words, almost all of them zero: that is what the meter writes.
      view.setInt32(p, head | 44);
      bytes.fill(0, p + 4, p + 176);
      view.setInt32(p + 4, words[w + ARP_RESP]!);
      view.setInt32(p + 8, words[w + ARP_RESP + 1]! & 0xffff0000);
      return p + 176;
    case NET_ICMP:
      view.setInt32(p, head | 7);
      view.setInt32(p + 4, words[w + ICMP_BODY]!);
      for (let i = 1; i < 6; i++) view.setInt32(p + 4 + 4 * i, A.swap32(words[w + ICMP_BODY + i]!));
      return p + 28;
    case NET_FRAG:
    case NET_RTCP: {
      const count = net === NET_FRAG ? 13 : 5;
      view.setInt32(p, head | (1 + count));
      for (let i = 0; i < count; i++) view.setInt32(p + 4 + 4 * i, words[w + FRAG_BODY + i]!);
      return p + 4 + 4 * count;
    }
  }
  return p;
}
