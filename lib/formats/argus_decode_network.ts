import type { RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import { swap32 } from "./argus_layout.ts";

// Local constants: the compiler folds them, imported ones it loads each time (a quarter of the time per
// record). deno-fmt-ignore
const {
  ACKDAT, ARP_RESP, DOUBLES, DSIDE, ESP_SPI, FRAG_BODY, ICMP_BODY, NET, NET_ARP, NET_ESP, NET_FRAG,
  NET_ICMP, NET_RTCP, NET_RTP, NET_TCP_INIT, NET_TCP_PERF, NET_TCP_STATUS, RTP_DDROP, RTP_SDROP, SIDE,
  SIDE_WORDS, SYNACK, S_LAST, TCP_OPTIONS, TCP_STATE, TCP_STATUS, T_FLAGS, T_SEQBASE, T_SHIFT, T_WIN,
  WORDS,
} = R;

/** Decodes the network section (argus-format section 7) of `n` words at `p`. */
export function decodeNetwork(
  view: DataView,
  bytes: Uint8Array,
  p: number,
  n: number,
  sub: number,
  batch: RecordBatch,
  row: number,
): void {
  const words = batch.words, w = row * WORDS;
  if (sub === 0) return;
  words[w + NET] = sub;
  switch (sub) {
    case NET_TCP_PERF:
      if (n < 30) break;
      words[w + TCP_STATUS] = view.getInt32(p + 4);
      words[w + TCP_STATE] = view.getInt32(p + 8);
      words[w + TCP_OPTIONS] = view.getInt32(p + 12);
      words[w + SYNACK] = view.getInt32(p + 16);
      words[w + ACKDAT] = view.getInt32(p + 20);
      for (let side = 0; side < 2; side++) {
        const q = p + 24 + 48 * side, t = w + SIDE + SIDE_WORDS * side;
        const sec = view.getUint32(q), usec = view.getInt32(q + 4);
        if (sec !== 0 || usec !== 0) batch.doubles[row * DOUBLES + S_LAST + side] = sec * 1e6 + usec;
        for (let i = 0; i < 9; i++) words[t + i] = view.getInt32(q + 8 + 4 * i);
        const last = view.getInt32(q + 44);
        words[t + T_WIN] = last >>> 16;
        words[t + T_FLAGS] = (last >>> 8) & 0xff;
        words[t + T_SHIFT] = last & 0xff;
      }
      return;
    case NET_TCP_INIT: {
      if (n < 5) break;
      words[w + TCP_STATUS] = view.getInt32(p + 4);
      words[w + SIDE + T_SEQBASE] = view.getInt32(p + 8);
      words[w + TCP_OPTIONS] = view.getInt32(p + 12);
      const last = view.getInt32(p + 16);
      words[w + SIDE + T_WIN] = last >>> 16;
      words[w + SIDE + T_FLAGS] = (last >>> 8) & 0xff;
      words[w + SIDE + T_SHIFT] = last & 0xff;
      return;
    }
    case NET_TCP_STATUS:
      if (n < 3) break;
      words[w + TCP_STATUS] = view.getInt32(p + 4);
      words[w + SIDE + T_FLAGS] = view.getUint8(p + 8);
      words[w + DSIDE + T_FLAGS] = view.getUint8(p + 9);
      return;
    case NET_ESP:
      if (n < 5) break;
      words[w + TCP_STATUS] = view.getInt32(p + 4);
      for (let i = 0; i < 3; i++) words[w + ESP_SPI + i] = view.getInt32(p + 8 + 4 * i);
      return;
    case NET_RTP:
      if (n < 10) break;
      words[w + TCP_STATUS] = view.getInt32(p + 4);
      for (let i = 0; i < 3; i++) {
        words[w + SIDE + i] = view.getInt32(p + 8 + 4 * i);
        words[w + DSIDE + i] = view.getInt32(p + 20 + 4 * i);
      }
      words[w + RTP_SDROP] = view.getUint16(p + 32);
      words[w + RTP_DDROP] = view.getUint16(p + 34);
      return;
    case NET_ARP:
      if (n < 3) break;
      words[w + ARP_RESP] = view.getInt32(p + 4);
      words[w + ARP_RESP + 1] = view.getInt32(p + 8) & 0xffff0000;
      return;
    case NET_ICMP:
      if (n < 7) break;
      words[w + ICMP_BODY] = view.getInt32(p + 4);
      // The five addresses are the only little endian numbers of the stream beside the aggregation blocks.
      for (let i = 1; i < 6; i++) words[w + ICMP_BODY + i] = swap32(view.getInt32(p + 4 + 4 * i));
      return;
    case NET_FRAG:
    case NET_RTCP: {
      const count = sub === NET_FRAG ? 13 : 5;
      if (n < 1 + count) break;
      for (let i = 0; i < count; i++) words[w + FRAG_BODY + i] = view.getInt32(p + 4 + 4 * i);
      return;
    }
  }
  batch.moreOf(row).network = bytes.slice(p + 4, p + 4 * n);
}
