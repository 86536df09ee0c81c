import * as B from "./batch.ts";
import type { RecordBatch } from "./batch.ts";
import * as L from "./layout.ts";

/** Record duration in seconds, from the earliest start to the latest end of both sides. */
function duration(doubles: Float64Array, d: number): number {
  const s = doubles[d + L.S_START]!,
    t = doubles[d + L.D_START]!,
    p = doubles[d + L.S_END]!,
    q = doubles[d + L.D_END]!;
  const start = s <= t || t !== t ? s : t, end = p >= q || q !== q ? p : q;
  const us = end - start;
  // A start without time (TIM-12) lies behind its end and lasts nothing.
  return us > 0 ? us / 1e6 : 0;
}

/** Gives a row that has none the statistics of one record with the value of its duration (or `value`). */
export function enterAggregation(batch: RecordBatch, row: number, value?: number): void {
  const w = row * L.WORDS + L.FLAGS;
  if (batch.words[w]! & L.FLAG_AGR && batch.agr) return;
  const bank = batch.agrBank(), i = row * B.AGR_DOUBLES;
  const v = value ?? duration(batch.doubles, row * L.DOUBLES);
  bank[i + B.AGR_COUNT] = 1;
  bank[i + B.AGR_LASTSTART] = 0;
  bank[i + B.AGR_LAST] = 0;
  bank[i + B.AGR_N] = 1;
  bank[i + B.AGR_MIN] = v;
  bank[i + B.AGR_MEAN] = v;
  bank[i + B.AGR_STDEV] = 0;
  bank[i + B.AGR_MAX] = v;
  bank[i + B.AGR_METRIC] = 3;
  batch.words[w]! |= L.FLAG_AGR;
}

/**
 * Aggregation statistics: counts add, extremes stay extreme, mean and standard deviation are those of the joined population
 * (cluster.md section 3). `argus` keeps 32-bit floats as the real program does.
 */
export function mergeAggregation(
  a: RecordBatch,
  ar: number,
  b: RecordBatch,
  br: number,
  argus: boolean,
): void {
  enterAggregation(a, ar);
  const x = a.agr!, i = ar * B.AGR_DOUBLES;
  if (argus && x[i + B.AGR_N] === 1) {
    for (let k = B.AGR_MIN; k <= B.AGR_MAX; k++) x[i + k] = Math.fround(x[i + k]!);
  }
  let y = b.agr ?? single, j = br * B.AGR_DOUBLES;
  if (y === single || (b.words[br * L.WORDS + L.FLAGS]! & L.FLAG_AGR) === 0) {
    const exact = duration(b.doubles, br * L.DOUBLES), value = argus ? Math.fround(exact) : exact;
    single[B.AGR_MIN] = single[B.AGR_MEAN] = single[B.AGR_MAX] = value;
    y = single;
    j = 0;
  }
  x[i + B.AGR_COUNT]! += y[j + B.AGR_COUNT]!;
  if (y[j + B.AGR_LASTSTART]! > x[i + B.AGR_LASTSTART]!) x[i + B.AGR_LASTSTART] = y[j + B.AGR_LASTSTART]!;
  if (y[j + B.AGR_LAST]! > x[i + B.AGR_LAST]!) x[i + B.AGR_LAST] = y[j + B.AGR_LAST]!;
  if (x[i + B.AGR_METRIC] !== y[j + B.AGR_METRIC]) x[i + B.AGR_METRIC] = 0;
  const n = x[i + B.AGR_N]!, m = y[j + B.AGR_N]!;
  if (m === 0) return;
  if (n === 0) {
    for (let k = B.AGR_N; k <= B.AGR_MAX; k++) x[i + k] = y[j + k]!;
    return;
  }
  if (y[j + B.AGR_MIN]! < x[i + B.AGR_MIN]!) x[i + B.AGR_MIN] = y[j + B.AGR_MIN]!;
  if (y[j + B.AGR_MAX]! > x[i + B.AGR_MAX]!) x[i + B.AGR_MAX] = y[j + B.AGR_MAX]!;
  const m1 = x[i + B.AGR_MEAN]!, m2 = y[j + B.AGR_MEAN]!, s1 = x[i + B.AGR_STDEV]!, s2 = y[j + B.AGR_STDEV]!;
  const mean = (n * m1 + m * m2) / (n + m);
  x[i + B.AGR_N] = n + m;
  if (argus) {
    const square = (n * (s1 * s1 + m1 * m1) + m * (s2 * s2 + m2 * m2)) / (n + m);
    // Each term and the mean are 32-bit floats, the squares are not (observed to the last digit).
    const short = Math.fround((Math.fround(n * m1) + Math.fround(m * m2)) / (n + m));
    x[i + B.AGR_MEAN] = short;
    x[i + B.AGR_STDEV] = Math.fround(Math.sqrt(Math.abs(square - short * short)));
  } else {
    x[i + B.AGR_MEAN] = mean;
    x[i + B.AGR_STDEV] = pooled(n, m1, s1, m, m2, s2);
  }
}

const single = new Float64Array(B.AGR_DOUBLES);
single[B.AGR_COUNT] = 1;
single[B.AGR_N] = 1;
single[B.AGR_METRIC] = 3;

/** Standard deviation of two populations together, without the cancellation of a difference of squares. */
function pooled(n: number, m1: number, s1: number, m: number, m2: number, s2: number): number {
  const delta = m1 - m2, all = n + m;
  return Math.sqrt((n * s1 * s1 + m * s2 * s2) / all + (delta * delta * n * m) / (all * all));
}

/**
 * Inter-packet times, block by block: counts add, extremes stay extreme, mean and standard deviation are pooled; the gap between
 * the records is not added. `argus` cuts mean and deviation to whole microseconds.
 */
export function mergeJitter(a: RecordBatch, ar: number, b: RecordBatch, br: number, argus: boolean): void {
  const theirs = b.words[br * L.WORDS + L.FLAGS]! & L.FLAG_JITTER;
  if (theirs === 0 || !b.jitter) return;
  const x = a.jitterBank(), y = b.jitter, i0 = ar * B.JITTER_DOUBLES, j0 = br * B.JITTER_DOUBLES;
  const w = ar * L.WORDS + L.FLAGS;
  if ((a.words[w]! & L.FLAG_JITTER) === 0) {
    a.words[w]! |= L.FLAG_JITTER;
    for (let k = 0; k < B.JITTER_DOUBLES; k++) x[i0 + k] = y[j0 + k]!;
    return;
  }
  for (let block = 0; block < B.JITTER_DOUBLES; block += 5) {
    const i = i0 + block, j = j0 + block;
    const n = x[i + B.J_N]!, m = y[j + B.J_N]!;
    if (m === 0) continue;
    if (n === 0) {
      for (let k = 0; k < 5; k++) x[i + k] = y[j + k]!;
      if (!argus) continue;
      x[i + B.J_MEAN] = whole(y[j + B.J_MEAN]!);
      x[i + B.J_STDEV] = whole(y[j + B.J_STDEV]!);
      continue;
    }
    const m1 = x[i + B.J_MEAN]!, m2 = y[j + B.J_MEAN]!, s1 = x[i + B.J_STDEV]!, s2 = y[j + B.J_STDEV]!;
    const mean = (n * m1 + m * m2) / (n + m);
    x[i + B.J_N] = n + m;
    if (y[j + B.J_MIN]! < x[i + B.J_MIN]!) x[i + B.J_MIN] = y[j + B.J_MIN]!;
    if (y[j + B.J_MAX]! > x[i + B.J_MAX]!) x[i + B.J_MAX] = y[j + B.J_MAX]!;
    if (argus) {
      const square = (n * s1 * s1 + firstSquares(block, n, m1) + m * (s2 * s2 + m2 * m2)) / (n + m);
      x[i + B.J_MEAN] = Math.fround(whole(mean));
      x[i + B.J_STDEV] = Math.fround(whole(Math.sqrt(Math.abs(square - mean * mean))));
    } else {
      x[i + B.J_MEAN] = mean;
      x[i + B.J_STDEV] = pooled(n, m1, s1, m, m2, s2);
    }
  }
}

/** Where the destination's active and idle gaps stand. */
const ACTIVE_BACK = 10, IDLE_BACK = 15;

/**
 * Squares of the first record's mean, n times: of the destination the original takes them from the sum of its gaps, held as a 32-bit
 * float while active, as a whole number while idle (observed to the last digit).
 */
function firstSquares(block: number, n: number, mean: number): number {
  if (block < ACTIVE_BACK) return n * mean * mean;
  const sum = block === IDLE_BACK ? whole(n * mean) : Math.fround(n * mean);
  return sum * sum / n;
}

/** A float as the original's 32-bit integer: cut, and the smallest integer for what does not fit or is no number. */
function whole(value: number): number {
  return value > -0x80000000 && value < 0x80000000 ? Math.trunc(value) : -0x80000000;
}
