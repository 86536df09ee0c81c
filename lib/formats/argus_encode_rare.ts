import type { More } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import * as A from "./argus_layout.ts";

/** Most bytes of a label: its section counts words in 8 bits. */
const LABEL_BYTES = 254 * 4;
const UTF8 = new TextEncoder();

/** Upper bound of what the rare sections take. */
export function rareBytes(more: More): number {
  return 64 + LABEL_BYTES + (more.key?.length ?? 0) + (more.network?.length ?? 0) +
    24 * (more.cor?.length ?? 0);
}

/** Jitter section; a block without intervals is left out, as the meter does. */
export function encodeJitter(
  view: DataView,
  p: number,
  bank: Float64Array,
  b: number,
  gaps: readonly (readonly number[] | undefined)[] | undefined,
): number {
  let q = p + 4, qual = 0;
  for (let block = 0; block < 4; block++) {
    const from = b + 5 * block;
    if (bank[from] === 0) continue;
    qual |= 1 << block;
    view.setInt32(q, bank[from]!);
    for (let i = 1; i < 5; i++) view.setFloat32(q + 4 * i, bank[from + i]!);
    const spread = bank[from + R.J_STDEV]!;
    // The root of a number below zero has its sign set: the real ra prints `-nan`.
    if (spread !== spread) view.setInt32(q + 4 * R.J_STDEV, 0xffc00000 | 0);
    q += 20;
    if (gaps) {
      view.setInt32(q, A.packNibbles(gaps[block]));
      q += 4;
    }
  }
  if (qual === 0) return p;
  view.setInt32(p, (A.DSR_JITTER << 24) | (gaps ? 0x10000 : 0) | (qual << 8) | ((q - p) >>> 2));
  return q;
}

/**
 * Aggregation section of 20 words: statistics little endian as racluster writes them, distribution and idle
 * block zero.
 */
export function encodeAggregation(view: DataView, p: number, bank: Float64Array, b: number): number {
  view.setInt32(p, (A.DSR_AGR << 24) | ((bank[b + R.AGR_METRIC]! & 0xff) << 16) | (1 << 8) | 20);
  view.setUint32(p + 4, bank[b + R.AGR_COUNT]!);
  putTime(view, p + 8, bank[b + R.AGR_LASTSTART]!);
  putTime(view, p + 16, bank[b + R.AGR_LAST]!);
  view.setInt32(p + 24, bank[b + R.AGR_N]!, true);
  view.setFloat32(p + 28, bank[b + R.AGR_MIN]!, true);
  view.setFloat32(p + 32, bank[b + R.AGR_MEAN]!, true);
  view.setFloat32(p + 36, bank[b + R.AGR_STDEV]!, true);
  view.setFloat32(p + 40, bank[b + R.AGR_MAX]!, true);
  for (let q = p + 44; q < p + 80; q += 4) view.setInt32(q, 0);
  return p + 80;
}

function putTime(view: DataView, p: number, us: number): void {
  const seconds = us === us ? Math.floor(us / 1e6) : 0;
  view.setInt32(p, seconds);
  view.setInt32(p + 4, us === us ? us - seconds * 1e6 : 0);
}

/** User data of one side: room, bytes kept, the bytes padded to words. */
export function encodeUser(
  view: DataView,
  bytes: Uint8Array,
  p: number,
  data: Uint8Array | undefined,
  sub: number,
  limit: number,
): number {
  if (data === undefined) return p;
  const size = 8 + ((data.length + 3) & ~3);
  view.setInt32(p, (A.DSR_USER << 24) | (sub << 16) | (size >>> 2));
  view.setUint16(p + 4, Math.max(limit, data.length));
  view.setUint16(p + 6, data.length);
  bytes.fill(0, p + 8, p + size);
  bytes.set(data, p + 8);
  return p + size;
}

/** Behavior, correlation, country codes, label and AS numbers, in this order. */
export function encodeRare(view: DataView, bytes: Uint8Array, p: number, more: More): number {
  if (more.strokes) {
    view.setInt32(p, (A.DSR_BEHAVIOR << 24) | 3);
    view.setUint32(p + 4, more.strokes[0]);
    view.setUint32(p + 8, more.strokes[1]);
    p += 12;
  }
  if (more.cor?.length) {
    // The length byte holds 42 entries of six words.
    const entries = more.cor.slice(0, 42);
    view.setInt32(p, (A.DSR_COR << 24) | (1 + 6 * entries.length));
    p += 4;
    for (const entry of entries) {
      for (let i = 0; i < 6; i++) view.setInt32(p + 4 * i, entry[i] ?? 0);
      p += 24;
    }
  }
  if (more.countries) {
    view.setInt32(p, (A.DSR_COUNTRY << 24) | 2);
    bytes.fill(0, p + 4, p + 8);
    for (const [i, code] of more.countries.entries()) {
      for (let j = 0; j < 2 && j < code.length; j++) bytes[p + 4 + 2 * i + j] = code.charCodeAt(j);
    }
    p += 8;
  }
  if (more.label !== undefined) {
    const text = UTF8.encode(more.label).subarray(0, LABEL_BYTES - 1);
    // At least one zero byte ends the text.
    const size = 4 + ((text.length + 4) & ~3);
    view.setInt32(p, (A.DSR_LABEL << 24) | (size >>> 2));
    bytes.fill(0, p + 4, p + size);
    bytes.set(text, p + 4);
    p += size;
  }
  if (more.asn) {
    view.setInt32(p, (A.DSR_ASN << 24) | 4);
    for (let i = 0; i < 3; i++) view.setUint32(p + 4 + 4 * i, more.asn[i]!);
    p += 16;
  }
  return p;
}
