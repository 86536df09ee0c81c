import { JITTER_DOUBLES, type RecordBatch } from "./batch.ts";
import * as R from "./layout.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  DADDR, DOUBLES, DPORT, D_APP, D_BYTES, D_ENCAPS, D_END, D_IP, D_IPOPT, D_LAST, D_MPLS, D_NANO,
  D_PKTS, D_PSIZE, D_START, FLAGS, FLAG_D_IP, FLAG_D_IPOPT, FLAG_D_MPLS, FLAG_D_VLAN, FLAG_JITTER, FLAG_MASKS,
  FLAG_REVERSE, FLAG_S_IP, FLAG_S_IPOPT, FLAG_S_MPLS, FLAG_S_VLAN, KEY_EXTRA, KEY_IPV4, KEY_IPV6,
  KEY_TYPE, MAC, MAC_TYPE, NET, NET_FRAG_TCP, NET_RTP, NET_TCP_INIT, NET_TCP_PERF, OPT_DECN,
  OPT_SECN, PROTO, SADDR, SIDE, SIDE_WORDS, SPORT, S_APP, S_BYTES, S_ENCAPS, S_END, S_IP, S_IPOPT,
  S_LAST, S_MPLS, S_NANO, S_PKTS, S_PSIZE, S_START, TCP_OPTIONS, TCP_STATUS, TCP_S_DUP, TCP_S_ECN,
  TCP_S_OOO, TCP_S_RETRANS, TCP_S_RST, TCP_S_SHUT, VLAN, WORDS,
} = R;

/** Pairs of source and destination bits in the TCP status: each destination bit is its source bit shifted left by one. */
const TCP_SOURCE_BITS = TCP_S_RETRANS | TCP_S_SHUT | TCP_S_RST | TCP_S_ECN | TCP_S_OOO |
  TCP_S_DUP;

function exchange(w: Int32Array, a: number, b: number): void {
  const v = w[a]!;
  w[a] = w[b]!;
  w[b] = v;
}

function exchangeDoubles(d: Float64Array, a: number, b: number): void {
  const v = d[a]!;
  d[a] = d[b]!;
  d[b] = v;
}

function swapBits(value: number, a: number, b: number): number {
  const swapped = value & ~(a | b);
  return swapped | ((value & a) !== 0 ? b : 0) | ((value & b) !== 0 ? a : 0);
}

/** Exchanges the ends of the key alone: addresses, and ports where a port belongs to an end (KEY-2, format section 4). */
export function flipKey(batch: RecordBatch, row: number): void {
  const w = batch.words, at = row * WORDS;
  for (let i = 0; i < 4; i++) {
    const v = w[at + SADDR + i]!;
    w[at + SADDR + i] = w[at + DADDR + i]!;
    w[at + DADDR + i] = v;
  }
  const key = w[at + KEY_TYPE]!, proto = w[at + PROTO]!;
  const ip = key === KEY_IPV4 || key === KEY_IPV6;
  // ICMP has type and id there, ESP its SPI: neither belongs to an end.
  if (!ip || (proto !== 1 && proto !== 58 && proto !== 50 && proto !== 2)) {
    const v = w[at + SPORT]!;
    w[at + SPORT] = w[at + DPORT]!;
    w[at + DPORT] = v;
  }
  if ((w[at + FLAGS]! & FLAG_MASKS) !== 0) {
    const masks = w[at + KEY_EXTRA]!;
    w[at + KEY_EXTRA] = masks & ~0xffff | (masks & 255) << 8 | (masks >>> 8) & 255;
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
  const w = batch.words, d = batch.doubles, at = row * WORDS, dat = row * DOUBLES;
  flipKey(batch, row);
  let flags = w[at + FLAGS]! ^ FLAG_REVERSE;
  flags = swapBits(flags, FLAG_S_IP, FLAG_D_IP);
  flags = swapBits(flags, FLAG_S_VLAN, FLAG_D_VLAN);
  flags = swapBits(flags, FLAG_S_MPLS, FLAG_D_MPLS);
  w[at + FLAGS] = swapBits(flags, FLAG_S_IPOPT, FLAG_D_IPOPT);
  exchange(w, at + S_IP, at + D_IP);
  exchange(w, at + S_IPOPT, at + D_IPOPT);
  exchange(w, at + S_ENCAPS, at + D_ENCAPS);
  exchange(w, at + S_MPLS, at + D_MPLS);
  exchange(w, at + S_PSIZE, at + D_PSIZE);
  exchange(w, at + S_NANO, at + D_NANO);
  exchangeDoubles(d, dat + S_START, dat + D_START);
  exchangeDoubles(d, dat + S_END, dat + D_END);
  exchangeDoubles(d, dat + S_PKTS, dat + D_PKTS);
  exchangeDoubles(d, dat + S_BYTES, dat + D_BYTES);
  exchangeDoubles(d, dat + S_APP, dat + D_APP);
  exchangeDoubles(d, dat + S_LAST, dat + D_LAST);
  const vlan = w[at + VLAN]!;
  w[at + VLAN] = vlan << 16 | vlan >>> 16;
  flipMac(w, at);
  flipNetwork(w, at);
  if (batch.jitter && flags & FLAG_JITTER) flipJitter(batch.jitter, row * JITTER_DOUBLES);
  if (batch.user) {
    const s = batch.user[2 * row];
    batch.user[2 * row] = batch.user[2 * row + 1];
    batch.user[2 * row + 1] = s;
  }
  if (batch.more !== undefined) flipMore(batch, row);
}

function flipMac(w: Int32Array, at: number): void {
  const a = w[at + MAC]!, b = w[at + MAC + 1]!, c = w[at + MAC + 2]!;
  w[at + MAC] = b << 16 | c >>> 16;
  w[at + MAC + 1] = c << 16 | a >>> 16;
  w[at + MAC + 2] = a << 16 | b >>> 16;
  w[at + MAC_TYPE] = swapBits(w[at + MAC_TYPE]!, 1, 2);
}

function flipNetwork(w: Int32Array, at: number): void {
  const net = w[at + NET]!;
  const tcp = net >= NET_TCP_INIT && net <= NET_TCP_PERF || net === NET_FRAG_TCP;
  if (!tcp && net !== NET_RTP) return;
  for (let i = at + SIDE, end = i + SIDE_WORDS; i < end; i++) {
    const v = w[i]!;
    w[i] = w[i + SIDE_WORDS]!;
    w[i + SIDE_WORDS] = v;
  }
  if (!tcp) return;
  const status = w[at + TCP_STATUS]!;
  w[at + TCP_STATUS] = status & ~(TCP_SOURCE_BITS | TCP_SOURCE_BITS << 1) |
    (status & TCP_SOURCE_BITS) << 1 |
    (status >>> 1) & TCP_SOURCE_BITS;
  w[at + TCP_OPTIONS] = swapBits(w[at + TCP_OPTIONS]!, OPT_SECN, OPT_DECN);
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
