import { JITTER_DOUBLES, type RecordBatch } from "./batch.ts";
import * as R from "./layout.ts";

/** Pairs of source and destination bits in `FLAGS`. */
const FLAG_PAIRS = [
  [R.FLAG_S_IP, R.FLAG_D_IP],
  [R.FLAG_S_VLAN, R.FLAG_D_VLAN],
  [R.FLAG_S_MPLS, R.FLAG_D_MPLS],
  [R.FLAG_S_IPOPT, R.FLAG_D_IPOPT],
] as const;

/** Pairs of source and destination bits in the TCP status: each destination bit is its source bit shifted left by one. */
const TCP_SOURCE_BITS = R.TCP_S_RETRANS | R.TCP_S_SHUT | R.TCP_S_RST | R.TCP_S_ECN | R.TCP_S_OOO |
  R.TCP_S_DUP;

/** Pairs of neighbouring or distant words that belong to source and destination. */
const WORD_PAIRS = [
  [R.S_IP, R.D_IP],
  [R.S_IPOPT, R.D_IPOPT],
  [R.S_ENCAPS, R.D_ENCAPS],
  [R.S_MPLS, R.D_MPLS],
  [R.S_PSIZE, R.D_PSIZE],
  [R.S_NANO, R.D_NANO],
] as const;

const DOUBLE_PAIRS = [
  [R.S_START, R.D_START],
  [R.S_END, R.D_END],
  [R.S_PKTS, R.D_PKTS],
  [R.S_BYTES, R.D_BYTES],
  [R.S_APP, R.D_APP],
  [R.S_LAST, R.D_LAST],
] as const;

function swapBits(value: number, a: number, b: number): number {
  const swapped = value & ~(a | b);
  return swapped | ((value & a) !== 0 ? b : 0) | ((value & b) !== 0 ? a : 0);
}

/** Exchanges the ends of the key alone: addresses, and ports where a port belongs to an end (KEY-2, format section 4). */
export function flipKey(batch: RecordBatch, row: number): void {
  const w = batch.words, at = row * R.WORDS;
  for (let i = 0; i < 4; i++) {
    const v = w[at + R.SADDR + i]!;
    w[at + R.SADDR + i] = w[at + R.DADDR + i]!;
    w[at + R.DADDR + i] = v;
  }
  const key = w[at + R.KEY_TYPE]!, proto = w[at + R.PROTO]!;
  const ip = key === R.KEY_IPV4 || key === R.KEY_IPV6;
  // ICMP has type and id there, ESP its SPI: neither belongs to an end.
  if (!ip || (proto !== 1 && proto !== 58 && proto !== 50 && proto !== 2)) {
    const v = w[at + R.SPORT]!;
    w[at + R.SPORT] = w[at + R.DPORT]!;
    w[at + R.DPORT] = v;
  }
  if ((w[at + R.FLAGS]! & R.FLAG_MASKS) !== 0) {
    const masks = w[at + R.KEY_EXTRA]!;
    w[at + R.KEY_EXTRA] = masks & ~0xffff | (masks & 255) << 8 | (masks >>> 8) & 255;
  }
}

/**
 * Exchanges source and destination of a record in everything: key, counters, times, TCP sides and bits, attributes, jitter, user
 * data, rare sections. The reverse bit toggles, so that a known `->` becomes `<-` (format section 8).
 *
 * Applying it twice gives the record back.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RecordBatch } from "./batch.ts";
 * import { flip } from "./flip.ts";
 * import * as R from "./layout.ts";
 *
 * const batch = new RecordBatch(1);
 * const row = batch.addBlank();
 * batch.doubles[R.S_PKTS] = 5;
 * flip(batch, row);
 * assertEquals([batch.doubles[R.S_PKTS], batch.doubles[R.D_PKTS]], [0, 5]);
 * ```
 */
export function flip(batch: RecordBatch, row: number): void {
  const w = batch.words, d = batch.doubles, at = row * R.WORDS, dat = row * R.DOUBLES;
  flipKey(batch, row);
  let flags = w[at + R.FLAGS]! ^ R.FLAG_REVERSE;
  for (const [a, b] of FLAG_PAIRS) flags = swapBits(flags, a, b);
  w[at + R.FLAGS] = flags;
  for (const [a, b] of WORD_PAIRS) {
    const v = w[at + a]!;
    w[at + a] = w[at + b]!;
    w[at + b] = v;
  }
  for (const [a, b] of DOUBLE_PAIRS) {
    const v = d[dat + a]!;
    d[dat + a] = d[dat + b]!;
    d[dat + b] = v;
  }
  const vlan = w[at + R.VLAN]!;
  w[at + R.VLAN] = vlan << 16 | vlan >>> 16;
  flipMac(w, at);
  flipNetwork(w, at);
  if (batch.jitter) flipJitter(batch.jitter, row * JITTER_DOUBLES);
  if (batch.user) {
    const s = batch.user[2 * row];
    batch.user[2 * row] = batch.user[2 * row + 1];
    batch.user[2 * row + 1] = s;
  }
  if (batch.more !== undefined) flipMore(batch, row);
}

function flipMac(w: Int32Array, at: number): void {
  const a = w[at + R.MAC]!, b = w[at + R.MAC + 1]!, c = w[at + R.MAC + 2]!;
  w[at + R.MAC] = b << 16 | c >>> 16;
  w[at + R.MAC + 1] = c << 16 | a >>> 16;
  w[at + R.MAC + 2] = a << 16 | b >>> 16;
  w[at + R.MAC_TYPE] = swapBits(w[at + R.MAC_TYPE]!, 1, 2);
}

function flipNetwork(w: Int32Array, at: number): void {
  const net = w[at + R.NET]!;
  const tcp = net >= R.NET_TCP_INIT && net <= R.NET_TCP_PERF || net === R.NET_FRAG_TCP;
  if (!tcp && net !== R.NET_RTP) return;
  for (let i = at + R.SIDE, end = i + R.SIDE_WORDS; i < end; i++) {
    const v = w[i]!;
    w[i] = w[i + R.SIDE_WORDS]!;
    w[i + R.SIDE_WORDS] = v;
  }
  if (!tcp) return;
  const status = w[at + R.TCP_STATUS]!;
  w[at + R.TCP_STATUS] = status & ~(TCP_SOURCE_BITS | TCP_SOURCE_BITS << 1) |
    (status & TCP_SOURCE_BITS) << 1 |
    (status >>> 1) & TCP_SOURCE_BITS;
  w[at + R.TCP_OPTIONS] = swapBits(w[at + R.TCP_OPTIONS]!, R.OPT_SECN, R.OPT_DECN);
}

function flipJitter(jitter: Float64Array, at: number): void {
  for (let i = at; i < at + 10; i++) {
    const v = jitter[i]!;
    jitter[i] = jitter[i + 10]!;
    jitter[i + 10] = v;
  }
}

function flipMore(batch: RecordBatch, row: number): void {
  const more = batch.more!.get(row);
  if (more === undefined) return;
  if (more.countries) more.countries = [more.countries[1], more.countries[0]];
  if (more.asn) more.asn = [more.asn[1], more.asn[0], more.asn[2]];
  if (more.strokes) more.strokes = [more.strokes[1], more.strokes[0]];
  if (more.sizes) more.sizes = [more.sizes[1], more.sizes[0]];
}
