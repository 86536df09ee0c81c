import * as B from "./batch.ts";
import type { RecordBatch } from "./batch.ts";
import * as L from "./layout.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  AGR_COUNT, AGR_DOUBLES, AGR_LAST, AGR_LASTSTART, AGR_MAX, AGR_MEAN, AGR_METRIC, AGR_MIN, AGR_N,
  AGR_STDEV, JITTER_DOUBLES, J_MAX, J_MEAN, J_MIN, J_N, J_STDEV,
} = B;
// deno-fmt-ignore
const {
  DOUBLES, D_END, D_START, FLAGS, FLAG_AGR, FLAG_JITTER, S_END, S_START, WORDS,
} = L;

/** Record duration in seconds, from the earliest start to the latest end of both sides. */
function duration(doubles: Float64Array, d: number): number {
  const s = doubles[d + S_START]!,
    t = doubles[d + D_START]!,
    p = doubles[d + S_END]!,
    q = doubles[d + D_END]!;
  const start = s <= t || t !== t ? s : t, end = p >= q || q !== q ? p : q;
  const us = end - start;
  // A start without time (TIM-12) lies behind its end and lasts nothing.
  return us > 0 ? us / 1e6 : 0;
}

/** Gives a row that has none the statistics of one record with the value of its duration (or `value`). */
export function enterAggregation(batch: RecordBatch, row: number, value?: number): void {
  const w = row * WORDS + FLAGS;
  if (batch.words[w]! & FLAG_AGR && batch.agr) return;
  const bank = batch.agrBank(), i = row * AGR_DOUBLES;
  const v = value ?? duration(batch.doubles, row * DOUBLES);
  bank[i + AGR_COUNT] = 1;
  bank[i + AGR_LASTSTART] = 0;
  bank[i + AGR_LAST] = 0;
  bank[i + AGR_N] = 1;
  bank[i + AGR_MIN] = v;
  bank[i + AGR_MEAN] = v;
  bank[i + AGR_STDEV] = 0;
  bank[i + AGR_MAX] = v;
  bank[i + AGR_METRIC] = 3;
  batch.words[w]! |= FLAG_AGR;
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
  const x = a.agr!, i = ar * AGR_DOUBLES;
  if (argus && x[i + AGR_N] === 1) {
    for (let k = AGR_MIN; k <= AGR_MAX; k++) x[i + k] = Math.fround(x[i + k]!);
  }
  let y = b.agr ?? single, j = br * AGR_DOUBLES;
  if (y === single || (b.words[br * WORDS + FLAGS]! & FLAG_AGR) === 0) {
    const exact = duration(b.doubles, br * DOUBLES), value = argus ? Math.fround(exact) : exact;
    single[AGR_MIN] = single[AGR_MEAN] = single[AGR_MAX] = value;
    y = single;
    j = 0;
  }
  x[i + AGR_COUNT]! += y[j + AGR_COUNT]!;
  if (y[j + AGR_LASTSTART]! > x[i + AGR_LASTSTART]!) x[i + AGR_LASTSTART] = y[j + AGR_LASTSTART]!;
  if (y[j + AGR_LAST]! > x[i + AGR_LAST]!) x[i + AGR_LAST] = y[j + AGR_LAST]!;
  if (x[i + AGR_METRIC] !== y[j + AGR_METRIC]) x[i + AGR_METRIC] = 0;
  const n = x[i + AGR_N]!, m = y[j + AGR_N]!;
  if (m === 0) return;
  if (n === 0) {
    for (let k = AGR_N; k <= AGR_MAX; k++) x[i + k] = y[j + k]!;
    return;
  }
  if (y[j + AGR_MIN]! < x[i + AGR_MIN]!) x[i + AGR_MIN] = y[j + AGR_MIN]!;
  if (y[j + AGR_MAX]! > x[i + AGR_MAX]!) x[i + AGR_MAX] = y[j + AGR_MAX]!;
  const m1 = x[i + AGR_MEAN]!, m2 = y[j + AGR_MEAN]!, s1 = x[i + AGR_STDEV]!, s2 = y[j + AGR_STDEV]!;
  const mean = (n * m1 + m * m2) / (n + m);
  x[i + AGR_N] = n + m;
  if (argus) {
    const square = (n * (s1 * s1 + m1 * m1) + m * (s2 * s2 + m2 * m2)) / (n + m);
    // Each term and the mean are 32-bit floats, the squares are not (observed to the last digit).
    const short = Math.fround((Math.fround(n * m1) + Math.fround(m * m2)) / (n + m));
    x[i + AGR_MEAN] = short;
    x[i + AGR_STDEV] = Math.fround(Math.sqrt(Math.abs(square - short * short)));
  } else {
    x[i + AGR_MEAN] = mean;
    x[i + AGR_STDEV] = pooled(n, m1, s1, m, m2, s2);
  }
}

const single = new Float64Array(AGR_DOUBLES);
single[AGR_COUNT] = 1;
single[AGR_N] = 1;
single[AGR_METRIC] = 3;

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
  const theirs = b.words[br * WORDS + FLAGS]! & FLAG_JITTER;
  if (theirs === 0 || !b.jitter) return;
  const x = a.jitterBank(), y = b.jitter, i0 = ar * JITTER_DOUBLES, j0 = br * JITTER_DOUBLES;
  const w = ar * WORDS + FLAGS;
  if ((a.words[w]! & FLAG_JITTER) === 0) {
    a.words[w]! |= FLAG_JITTER;
    for (let k = 0; k < JITTER_DOUBLES; k++) x[i0 + k] = y[j0 + k]!;
    return;
  }
  for (let block = 0; block < JITTER_DOUBLES; block += 5) {
    const i = i0 + block, j = j0 + block;
    const n = x[i + J_N]!, m = y[j + J_N]!;
    if (m === 0) continue;
    if (n === 0) {
      const none = x[i + J_MIN]!;
      for (let k = 0; k < 5; k++) x[i + k] = y[j + k]!;
      if (!argus) continue;
      // A block without gaps counts with its least gap of 0 (observed).
      x[i + J_MIN] = Math.min(none, y[j + J_MIN]!);
      x[i + J_MEAN] = whole(y[j + J_MEAN]!);
      x[i + J_STDEV] = whole(y[j + J_STDEV]!);
      continue;
    }
    const m1 = x[i + J_MEAN]!, m2 = y[j + J_MEAN]!, s1 = x[i + J_STDEV]!, s2 = y[j + J_STDEV]!;
    const mean = (n * m1 + m * m2) / (n + m);
    x[i + J_N] = n + m;
    if (y[j + J_MIN]! < x[i + J_MIN]!) x[i + J_MIN] = y[j + J_MIN]!;
    if (y[j + J_MAX]! > x[i + J_MAX]!) x[i + J_MAX] = y[j + J_MAX]!;
    if (argus) {
      const square = (n * s1 * s1 + firstSquares(block, n, m1) + m * (s2 * s2 + m2 * m2)) / (n + m);
      x[i + J_MEAN] = Math.fround(whole(mean));
      x[i + J_STDEV] = Math.fround(whole(Math.sqrt(Math.abs(square - mean * mean))));
    } else {
      x[i + J_MEAN] = mean;
      x[i + J_STDEV] = pooled(n, m1, s1, m, m2, s2);
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
