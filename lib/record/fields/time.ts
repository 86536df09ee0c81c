import type { RecordBatch } from "../batch.ts";
import * as R from "../layout.ts";
import { type Field, float, type IpfixElement, type NumberGetter, reverse, text, time } from "./field.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  DOUBLES, D_END, D_NANO, D_START, FLAGS, FLAG_AGR, FLAG_MAR, S_END, S_NANO, S_START, WORDS,
} = R;

/** Where 32-bit seconds with a sign end, microseconds. */
export const SIGN: number = 2 ** 31 * 1e6;

/**
 * Start of the record: the earlier start of its sides, microseconds (format section 5); 0 when it has no time, as an aggregate has
 * whose only side begins without one (TIM-12, observed).
 */
export function startTime(batch: RecordBatch, row: number): number {
  const start = firstStart(batch.doubles, row * DOUBLES);
  if (start < SIGN || batch.doubles[row * DOUBLES + D_START]! >= SIGN) return start;
  return (batch.words[row * WORDS + FLAGS]! & FLAG_AGR) !== 0 ? 0 : start;
}

/** Start of the record as it is stored: {@linkcode startTime} without that exception. */
export function firstStart(doubles: Float64Array, at: number): number {
  const s = doubles[at + S_START]!, d = doubles[at + D_START]!;
  if (s !== s) return d === d ? d : 0;
  return d < s ? d : s;
}

/** End of the record: the later end of its sides, microseconds; 0 when it has no time. */
export function lastTime(batch: RecordBatch, row: number): number {
  const at = row * DOUBLES;
  const s = batch.doubles[at + S_END]!, d = batch.doubles[at + D_END]!;
  if (s !== s) return d === d ? d : 0;
  return d > s ? d : s;
}

/** Duration in seconds as 32-bit float. */
export function duration(batch: RecordBatch, row: number): number {
  const at = row * DOUBLES, doubles = batch.doubles;
  let last = lastTime(batch, row);
  // A side without end (a merge as the real program does it can leave one) still lasts to its start.
  for (let i = at; i < at + 4; i += 2) {
    if (doubles[i + 1] !== doubles[i + 1] && doubles[i]! > last) last = doubles[i]!;
  }
  const us = last - firstStart(doubles, at);
  return us > 0 ? Math.fround(us / 1e6) : 0;
}

/** Duration of one side in seconds as 32-bit float, 0 without packets; a start without time (TIM-12) counts as one before 1970. */
export function sideDuration(batch: RecordBatch, row: number, side: 0 | 1): number {
  if (management(batch, row)) return duration(batch, row);
  const at = row * DOUBLES + 2 * side;
  const start = batch.doubles[at + S_START]!, end = batch.doubles[at + S_END]!;
  if (start >= SIGN && end >= 1e6 && end < SIGN) return Math.fround((end - start) / 1e6 + 2 ** 32);
  return end > start ? Math.fround((end - start) / 1e6) : 0;
}

const sideTime = (offset: number): NumberGetter => (batch, row) => {
  if (offset >= D_START && management(batch, row)) return sideTime(offset - 2)(batch, row);
  const at = row * DOUBLES + offset, v = batch.doubles[at]!;
  if (v === v) return v;
  const start = offset === S_END || offset === D_END ? batch.doubles[at - 1]! : NaN;
  return start === start ? start : 0;
};

/** A management record has its start-up time as last and its own time as start, as the original has it. */
function management(batch: RecordBatch, row: number): boolean {
  return (batch.words[row * WORDS + FLAGS]! & FLAG_MAR) !== 0;
}

const stime: NumberGetter = (b, r) => management(b, r) ? lastTime(b, r) : startTime(b, r);
const ltime: NumberGetter = (b, r) => management(b, r) ? startTime(b, r) : lastTime(b, r);

function startNano(batch: RecordBatch, row: number): number {
  const at = row * DOUBLES;
  const s = batch.doubles[at + S_START]!, d = batch.doubles[at + D_START]!;
  const word = s !== s || d < s ? D_NANO : S_NANO;
  return batch.words[row * WORDS + word]! & 1023;
}

function lastNano(batch: RecordBatch, row: number): number {
  const at = row * DOUBLES;
  const s = batch.doubles[at + S_END]!, d = batch.doubles[at + D_END]!;
  const word = s !== s || d > s ? D_NANO : S_NANO;
  return (batch.words[row * WORDS + word]! >>> 10) & 1023;
}

const nano = (word: number, shift: number): NumberGetter => (batch, row) =>
  (batch.words[row * WORDS + word]! >>> shift) & 1023;

const SQL_TIME = "double(18,6) unsigned not null";
const START: IpfixElement = { name: "flowStartMicroseconds", id: 154 };
const END: IpfixElement = { name: "flowEndMicroseconds", id: 155 };

function exactTime(us: number, nanos: number): string {
  const seconds = Math.floor(us / 1e6);
  return `${seconds}.${String((us - seconds * 1e6) * 1000 + nanos).padStart(9, "0")}`;
}

/** When: times of the record and of its sides, durations. */
export const TIME_FIELDS: readonly Field[] = [
  time("stime", "StartTime", stime, startNano, {
    meaning: "start of the record",
    unit: "time",
    merge: "min",
    sql: SQL_TIME,
    xml: "StartTime",
    ipfix: START,
  }),
  time("ltime", "LastTime", ltime, lastNano, {
    meaning: "end of the record",
    unit: "time",
    merge: "max",
    sql: SQL_TIME,
    xml: "LastTime",
    ipfix: END,
  }),
  float("dur", "Dur", 10, duration, {
    meaning: "duration: ltime - stime",
    unit: "s",
    merge: "derived",
    sql: "double(18,6) not null",
    xml: "Duration",
  }),
  float("sdur", "SrcDur", 10, (b, r) => sideDuration(b, r, 0), {
    meaning: "duration of the source side: its end - its start",
    unit: "s",
    merge: "derived",
    sql: "double",
    xml: "SrcDuration",
  }),
  float("ddur", "DstDur", 10, (b, r) => sideDuration(b, r, 1), {
    meaning: "duration of the destination side: its end - its start",
    unit: "s",
    merge: "derived",
    sql: "double",
    xml: "DstDuration",
  }),
  time("sstime", "SrcStartTime", sideTime(S_START), nano(S_NANO, 0), {
    meaning: "first packet of the source; second 0 when it sent none",
    unit: "time",
    merge: "min",
    sql: SQL_TIME,
    xml: "SrcStartTime",
  }),
  time("sltime", "SrcLastTime", sideTime(S_END), nano(S_NANO, 10), {
    meaning: "last packet of the source; second 0 when it sent none",
    unit: "time",
    merge: "max",
    sql: SQL_TIME,
    xml: "SrcLastTime",
  }),
  time("dstime", "DstStartTime", sideTime(D_START), nano(D_NANO, 0), {
    meaning: "first packet of the destination; second 0 when it sent none",
    unit: "time",
    merge: "min",
    sql: SQL_TIME,
    xml: "DstStartTime",
    ipfix: reverse(START),
  }),
  time("dltime", "DstLastTime", sideTime(D_END), nano(D_NANO, 10), {
    meaning: "last packet of the destination; second 0 when it sent none",
    unit: "time",
    merge: "max",
    sql: SQL_TIME,
    xml: "DstLastTime",
    ipfix: reverse(END),
  }),
  text("rtime", "RelTime", 12, () => "", {
    meaning: "relative start; the original prints garbage here, which is not imitated",
    unit: "s",
    merge: "none",
    sql: "double(18,6)",
    xml: "RelativeDate",
  }),
  float("idle", "IdleTime", 10, (b, r) => Math.fround(Date.now() / 1000 - lastTime(b, r) / 1e6), {
    meaning: "time since the last packet: now - ltime",
    unit: "s",
    merge: "derived",
    sql: "double",
    xml: "Idle",
  }),
];

/** Times beyond ra's microseconds. */
export const EXACT_TIME_FIELDS: readonly Field[] = [
  text("nstime", "NsStartTime", 20, (b, r) => exactTime(startTime(b, r), startNano(b, r)), {
    meaning: "start of the record, seconds since 1970 with nine digits",
    unit: "s",
    merge: "min",
    sql: "decimal(20,9)",
    ipfix: { name: "flowStartNanoseconds", id: 156 },
    extension: true,
  }),
  text("nltime", "NsLastTime", 20, (b, r) => exactTime(lastTime(b, r), lastNano(b, r)), {
    meaning: "end of the record, seconds since 1970 with nine digits",
    unit: "s",
    merge: "max",
    sql: "decimal(20,9)",
    ipfix: { name: "flowEndNanoseconds", id: 157 },
    extension: true,
  }),
];
