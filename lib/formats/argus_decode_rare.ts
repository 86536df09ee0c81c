import type { RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import * as A from "./argus_layout.ts";

const TEXT = new TextDecoder("latin1");

/**
 * Jitter section: per present block count, smallest, mean, standard deviation, largest, and with sub bit 1 a
 * histogram.
 */
export function decodeJitter(
  view: DataView,
  p: number,
  next: number,
  sub: number,
  qual: number,
  batch: RecordBatch,
  row: number,
): void {
  const bank = batch.jitterBank();
  const b = row * R.JITTER_DOUBLES;
  bank.fill(0, b, b + R.JITTER_DOUBLES);
  const size = sub & 1 ? 24 : 20;
  let gaps: (number[] | undefined)[] | undefined;
  let q = p + 4;
  for (let block = 0; block < 4; block++) {
    if ((qual & (1 << block)) === 0 || q + size > next) continue;
    bank[b + 5 * block] = view.getInt32(q);
    for (let i = 1; i < 5; i++) bank[b + 5 * block + i] = view.getFloat32(q + 4 * i);
    if (sub & 1) (gaps ??= [])[block] = A.nibbles(view.getUint32(q + 20));
    q += size;
  }
  if (gaps) batch.moreOf(row).gaps = gaps;
}

/** Packet sizes: smallest and largest per present side, and with sub bit 4 a histogram each. */
export function decodeSizes(
  view: DataView,
  p: number,
  next: number,
  sub: number,
  qual: number,
  batch: RecordBatch,
  row: number,
): void {
  const sides = qual & 15;
  const source = sides === 2 || sides === 6, destination = sides === 2 || sides === 10;
  let q = p + 4;
  const word = (present: boolean) => (present && q < next ? view.getInt32((q += 4) - 4) : undefined);
  batch.words[row * R.WORDS + R.S_PSIZE] = word(source) ?? 0;
  batch.words[row * R.WORDS + R.D_PSIZE] = word(destination) ?? 0;
  if ((sub & 4) === 0) return;
  const histogram = (counts: number | undefined) => (counts === undefined ? undefined : A.nibbles(counts));
  batch.moreOf(row).sizes = [histogram(word(source)), histogram(word(destination))];
}

/**
 * Aggregation section: counts and times big endian, but the statistics block as the writer's machine had it,
 * which is little endian on every machine the real programs were seen on (racluster writes and ra reads it
 * so).
 */
export function decodeAggregation(
  view: DataView,
  p: number,
  sub: number,
  batch: RecordBatch,
  row: number,
): void {
  const bank = batch.agrBank();
  const b = row * R.AGR_DOUBLES;
  bank[b + R.AGR_COUNT] = view.getUint32(p + 4);
  bank[b + R.AGR_LASTSTART] = view.getUint32(p + 8) * 1e6 + view.getInt32(p + 12);
  bank[b + R.AGR_LAST] = view.getUint32(p + 16) * 1e6 + view.getInt32(p + 20);
  bank[b + R.AGR_N] = view.getInt32(p + 24, true);
  bank[b + R.AGR_MIN] = view.getFloat32(p + 28, true);
  bank[b + R.AGR_MEAN] = view.getFloat32(p + 32, true);
  bank[b + R.AGR_STDEV] = view.getFloat32(p + 36, true);
  bank[b + R.AGR_MAX] = view.getFloat32(p + 40, true);
  bank[b + R.AGR_METRIC] = sub;
}

/**
 * Sections that few records have: label, country codes, AS numbers, key strokes, correlation. Others are
 * skipped.
 */
export function decodeRare(
  view: DataView,
  bytes: Uint8Array,
  p: number,
  size: number,
  type: number,
  batch: RecordBatch,
  row: number,
): void {
  const words = size >> 2;
  switch (type) {
    case A.DSR_LABEL: {
      const raw = bytes.subarray(p + 4, p + size);
      const end = raw.indexOf(0);
      batch.moreOf(row).label = TEXT.decode(end < 0 ? raw : raw.subarray(0, end));
      break;
    }
    case A.DSR_COUNTRY:
      if (words >= 2) {
        const text = TEXT.decode(bytes.subarray(p + 4, p + 8)).replaceAll("\0", " ");
        batch.moreOf(row).countries = [text.slice(0, 2).trim(), text.slice(2, 4).trim()];
      }
      break;
    case A.DSR_ASN:
      if (words >= 3) {
        const inode = words >= 4 ? view.getUint32(p + 12) : 0;
        batch.moreOf(row).asn = [view.getUint32(p + 4), view.getUint32(p + 8), inode];
      }
      break;
    case A.DSR_BEHAVIOR:
      if (words >= 3) batch.moreOf(row).strokes = [view.getUint32(p + 4), view.getUint32(p + 8)];
      break;
    case A.DSR_COR: {
      const cor: number[][] = [];
      for (let q = p + 4; q + 24 <= p + size; q += 24) {
        cor.push([view.getUint32(q), ...[4, 8, 12, 16, 20].map((i) => view.getInt32(q + i))]);
      }
      batch.moreOf(row).cor = cor;
      break;
    }
  }
}
