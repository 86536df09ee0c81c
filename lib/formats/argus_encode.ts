import type { RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import * as A from "./argus_layout.ts";
import { encodeFlow } from "./argus_encode_flow.ts";
import { encodeNetwork } from "./argus_encode_network.ts";
import { encodeAggregation, encodeJitter, encodeRare, encodeUser, rareBytes } from "./argus_encode_rare.ts";

// Local constants: the compiler folds them, imported ones it loads each time (a quarter of the time per
// record). deno-fmt-ignore
const {
  AGR_COUNT, AGR_DOUBLES, CAUSE, DOUBLES, D_APP, D_BYTES, D_ENCAPS, D_END, D_IP, D_IPOPT, D_MPLS, D_NANO, D_PKTS,
  D_PSIZE, D_START, FLAGS, FLAG_AGR, FLAG_D_IP, FLAG_D_IPOPT, FLAG_D_MPLS, FLAG_D_VLAN, FLAG_ENCAPS,
  FLAG_FRAGS, FLAG_ICMP_MAP, FLAG_JITTER, FLAG_MAC, FLAG_METRIC, FLAG_NANO, FLAG_PSIZE, FLAG_SRCID_INT,
  FLAG_SRCID_TEXT, FLAG_S_IP, FLAG_S_IPOPT, FLAG_S_MPLS, FLAG_S_VLAN, ICMP_MAP, ICMP_MAP_BODY,
  JITTER_DOUBLES, MAC, MAC_TYPE, SEQ, SRCID, S_APP, S_BYTES, S_ENCAPS, S_END, S_IP, S_IPOPT, S_MPLS,
  S_NANO, S_PKTS, S_PSIZE, S_START, VLAN, WORDS,
} = R;
const { DSR_IPATTR, DSR_METRIC, DSR_PSIZE, RECORD_FAR, VERSION } = A;

/** No record without user data or rare sections is longer. */
const PLAIN_BYTES = 1024;

/** Most bytes the row's record can take. */
export function recordBytes(batch: RecordBatch, row: number): number {
  let most = PLAIN_BYTES;
  if (batch.user) most += (batch.user[2 * row]?.length ?? 0) + (batch.user[2 * row + 1]?.length ?? 0);
  const more = batch.more?.get(row);
  return more ? most + rareBytes(more) : most;
}

/**
 * Encodes a row as one flow record at byte `at`, sections in the order real writers use (argus-format section
 * 3).
 *
 * @param userLimit Bytes per side the meter was told to keep (`-U`); 0 when unknown.
 * @returns the byte behind the record.
 */
export function encodeRecord(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  batch: RecordBatch,
  row: number,
  userLimit: number,
): number {
  const words = batch.words, doubles = batch.doubles;
  const w = row * WORDS, d = row * DOUBLES;
  const flags = words[w + FLAGS]!;
  let p = at + 4;

  // A reader takes an id without qualifier for IPv4, which is how the meter writes "no id".
  const source = words[w + SRCID]!;
  const id = flags & FLAG_SRCID_TEXT ? 0x21 : flags & FLAG_SRCID_INT ? 0x20 : source === 0 ? 0 : 1;
  view.setInt32(p, 0x01030003 | (id << 8));
  view.setInt32(p + 4, source);
  view.setInt32(p + 8, words[w + SEQ]!);
  p = encodeFlow(view, bytes, p + 12, batch, row, flags);
  p = encodeTime(view, p, words, doubles, w, d, flags);
  if (flags & FLAG_METRIC) p = encodeMetric(view, p, doubles, d);
  if (flags & FLAG_AGR && batch.agr && batch.agr[row * AGR_DOUBLES + AGR_COUNT] !== 0) {
    p = encodeAggregation(view, p, batch.agr, row * AGR_DOUBLES);
  }
  p = encodeNetwork(view, bytes, p, batch, row, flags);
  if (flags & (FLAG_S_VLAN | FLAG_D_VLAN)) {
    view.setInt32(p, 0x40000002 | (flags & FLAG_S_VLAN ? 0x100 : 0) | (flags & FLAG_D_VLAN ? 0x200 : 0));
    view.setInt32(p + 4, words[w + VLAN]!);
    p += 8;
  }
  if (flags & FLAG_D_MPLS) {
    // The real reader takes the destination label from the second word whether or not there is a first.
    view.setInt32(p, flags & FLAG_S_MPLS ? 0x44031103 : 0x44020103);
    view.setInt32(p + 4, flags & FLAG_S_MPLS ? words[w + S_MPLS]! : 0);
    view.setInt32(p + 8, words[w + D_MPLS]!);
    p += 12;
  } else if (flags & FLAG_S_MPLS) {
    view.setInt32(p, 0x44011002);
    view.setInt32(p + 4, words[w + S_MPLS]!);
    p += 8;
  }
  if (flags & FLAG_JITTER && batch.jitter) {
    p = encodeJitter(view, p, batch.jitter, row * JITTER_DOUBLES, batch.more?.get(row)?.gaps);
  }
  if (flags & (FLAG_S_IP | FLAG_D_IP)) p = encodeIpAttributes(view, p, words, w, flags);
  if (flags & FLAG_PSIZE) p = encodeSizes(view, p, words, w, batch.more?.get(row)?.sizes);
  if (batch.user) {
    p = encodeUser(view, bytes, p, batch.user[2 * row], 0x90, userLimit);
    p = encodeUser(view, bytes, p, batch.user[2 * row + 1], 0xa0, userLimit);
  }
  if (flags & FLAG_MAC) {
    const type = words[w + MAC_TYPE]!;
    view.setInt32(p, 0x42000005 | ((type & 3) << 8));
    view.setInt32(p + 4, words[w + MAC]!);
    view.setInt32(p + 8, words[w + MAC + 1]!);
    view.setInt32(p + 12, words[w + MAC + 2]!);
    view.setInt32(p + 16, A.swap16(type >>> 16) << 16);
    p += 20;
  }
  if (flags & FLAG_ICMP_MAP) {
    const map = words[w + ICMP_MAP]!;
    view.setInt32(p, 0x34000008 | ((map >>> 8) & 0x700));
    view.setInt32(p + 4, (map << 16) | (words[w + ICMP_MAP_BODY]! & 0xffff));
    for (let i = 1; i < 6; i++) view.setInt32(p + 4 + 4 * i, words[w + ICMP_MAP_BODY + i]!);
    view.setInt32(p + 28, 0);
    p += 32;
  }
  if (flags & FLAG_ENCAPS) {
    view.setInt32(p, 0x20000003);
    view.setInt32(p + 4, words[w + S_ENCAPS]!);
    view.setInt32(p + 8, words[w + D_ENCAPS]!);
    p += 12;
  }
  const more = batch.more?.get(row);
  if (more) p = encodeRare(view, bytes, p, more);
  const length = p - at;
  view.setInt32(
    at,
    ((RECORD_FAR | VERSION) << 24) | ((words[w + CAUSE]! & 0xf0) << 16) | (length >>> 2),
  );
  return p;
}

function putTime(view: DataView, p: number, us: number, nano: number): void {
  const seconds = Math.floor(us / 1e6) | 0;
  const fraction = (us - seconds * 1e6) | 0;
  view.setInt32(p, seconds);
  view.setInt32(p + 4, nano < 0 ? fraction : fraction * 1000 + nano);
}

/**
 * Time section (argus-format section 5): without destination times one or two absolute values and no side
 * bits, as the meter writes; else all values that are set, with side bits.
 */
function encodeTime(
  view: DataView,
  p: number,
  words: Int32Array,
  doubles: Float64Array,
  w: number,
  d: number,
  flags: number,
): number {
  const start = doubles[d + S_START]!, end = doubles[d + S_END]!;
  const dstart = doubles[d + D_START]!, dend = doubles[d + D_END]!;
  const nano = (flags & FLAG_NANO) !== 0;
  const sNano = nano ? words[w + S_NANO]! : 0, dNano = nano ? words[w + D_NANO]! : 0;
  const head = nano ? 0x03001900 : 0x03001800;
  if (start === start && dstart !== dstart && dend !== dend) {
    putTime(view, p + 4, start, nano ? sNano & 1023 : -1);
    const same = end === start && (!nano || (sNano & 1023) === sNano >>> 10);
    // Several packets within one microsecond: a range that shows one value.
    if (end !== end || same) {
      view.setInt32(p, head | (end !== end ? 0x00010003 : 0x00020003));
      return p + 12;
    }
    view.setInt32(p, head | 0x00020005);
    putTime(view, p + 12, end, nano ? sNano >>> 10 : -1);
    return p + 20;
  }
  let q = p + 4, bits = 0;
  for (let side = 0; side < 4; side++) {
    const us = doubles[d + S_START + side]!;
    if (us !== us) continue;
    const fine = side < 2 ? sNano : dNano;
    putTime(view, q, us, nano ? (side & 1 ? fine >>> 10 : fine & 1023) : -1);
    bits |= 0x08 << side;
    q += 8;
  }
  view.setInt32(p, head | ((bits | 2) << 16) | ((q - p) >>> 2));
  return q;
}

/**
 * Metric section (argus-format section 6): the narrowest width in which the byte counts fit, one side when only one
 * has packets. Application bytes beyond that width are cut, as the real writer cuts them.
 */
function encodeMetric(view: DataView, p: number, doubles: Float64Array, d: number): number {
  const sp = doubles[d + S_PKTS]!, dp = doubles[d + D_PKTS]!;
  const sb = doubles[d + S_BYTES]!, db = doubles[d + D_BYTES]!;
  const sa = doubles[d + S_APP]!, da = doubles[d + D_APP]!;
  const app = sa !== 0 || da !== 0;
  const onlySource = dp === 0 && db === 0 && da === 0;
  const onlyDestination = !onlySource && sp === 0 && sb === 0 && sa === 0;
  const most = sb > db ? sb : db;
  let shift = most < 0x100 ? 0 : most < 0x10000 ? 1 : most < 0x100000000 ? 2 : 3;
  const single = onlySource || onlyDestination;
  if (single && shift === 0) shift = 1;
  const qual = 1 + shift + (onlySource ? 4 : onlyDestination ? 8 : 0);
  let q = p + 4;
  if (!onlyDestination) {
    q = putCount(view, q, sp, shift);
    q = putCount(view, q, sb, shift);
    if (app) q = putCount(view, q, sa, shift);
  }
  if (!onlySource) {
    q = putCount(view, q, dp, shift);
    q = putCount(view, q, db, shift);
    if (app) q = putCount(view, q, da, shift);
  }
  while ((q - p) & 3) view.setUint8(q++, 0);
  view.setInt32(p, (DSR_METRIC << 24) | ((app ? 4 : 1) << 16) | (qual << 8) | ((q - p) >>> 2));
  return q;
}

function putCount(view: DataView, q: number, n: number, shift: number): number {
  if (shift === 0) {
    view.setUint8(q, n);
    return q + 1;
  }
  if (shift === 1) {
    view.setUint16(q, n);
    return q + 2;
  }
  if (shift === 2) {
    view.setUint32(q, n);
    return q + 4;
  }
  view.setUint32(q, n / 0x100000000);
  view.setUint32(q + 4, n % 0x100000000);
  return q + 8;
}

function encodeIpAttributes(view: DataView, p: number, words: Int32Array, w: number, flags: number): number {
  let q = p + 4, qual = 0;
  if (flags & FLAG_S_IP) {
    const a = words[w + S_IP]!;
    view.setInt32(q, (a & 0xffff0000) | A.swap16(a));
    q += 4;
    qual = flags & FLAG_FRAGS ? 0x11 : 1;
    if (flags & FLAG_S_IPOPT) {
      view.setInt32(q, words[w + S_IPOPT]!);
      q += 4;
      qual |= 4;
    }
  }
  if (flags & FLAG_D_IP) {
    const a = words[w + D_IP]!;
    view.setInt32(q, (a & 0xffff0000) | A.swap16(a));
    q += 4;
    qual |= flags & FLAG_FRAGS && !(flags & FLAG_S_IP) ? 0x22 : 2;
    if (flags & FLAG_D_IPOPT) {
      view.setInt32(q, words[w + D_IPOPT]!);
      q += 4;
      qual |= 8;
    }
  }
  view.setInt32(p, (DSR_IPATTR << 24) | (qual << 8) | ((q - p) >>> 2));
  return q;
}

function encodeSizes(
  view: DataView,
  p: number,
  words: Int32Array,
  w: number,
  histograms: readonly [readonly number[] | undefined, readonly number[] | undefined] | undefined,
): number {
  const s = words[w + S_PSIZE]!, d = words[w + D_PSIZE]!;
  if (s === 0 && d === 0) return p;
  let q = p + 4;
  if (s !== 0) {
    view.setInt32(q, s);
    q += 4;
  }
  if (d !== 0) {
    view.setInt32(q, d);
    q += 4;
  }
  let sub = 0;
  if (histograms) {
    sub = 4;
    for (let side = 0; side < 2; side++) {
      if ((side === 0 ? s : d) === 0) continue;
      view.setInt32(q, A.packNibbles(histograms[side]));
      q += 4;
    }
  }
  const qual = s !== 0 && d !== 0 ? 2 : s !== 0 ? 6 : 10;
  view.setInt32(p, (DSR_PSIZE << 24) | (sub << 16) | (qual << 8) | ((q - p) >>> 2));
  return q;
}
