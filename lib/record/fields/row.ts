import type { RecordBatch } from "../batch.ts";
import * as R from "../layout.ts";
import type { NumberGetter } from "./field.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  DOUBLES, FLAGS, FLAG_MAR, FLAG_METRIC, KEY_IPV4, KEY_IPV6, KEY_NONE, KEY_TYPE, NET, NET_FRAG_TCP,
  NET_TCP_INIT, NET_TCP_PERF, NET_TCP_STATUS, PROTO, S_PKTS, WORDS,
} = R;

/** A word as signed number. */
export function word(offset: number): NumberGetter {
  return (batch, row) => batch.words[row * WORDS + offset]!;
}

/** A word as unsigned number. */
export function unsigned(offset: number): NumberGetter {
  return (batch, row) => batch.words[row * WORDS + offset]! >>> 0;
}

/** A double, `NaN` when not set. */
export function double(offset: number): NumberGetter {
  return (batch, row) => batch.doubles[row * DOUBLES + offset]!;
}

/** A counter, only where the record has its metric section. */
export function counter(offset: number): NumberGetter {
  return (batch, row) =>
    (batch.words[row * WORDS + FLAGS]! & FLAG_METRIC) === 0 ? NaN : batch.doubles[row * DOUBLES + offset]!;
}

/** Whether the record is a bin that holds nothing (rabins `-M zero`): times only, neither flow nor counters. */
export function isEmptyBin(batch: RecordBatch, row: number): boolean {
  const at = row * WORDS;
  return batch.words[at + KEY_TYPE] === KEY_NONE &&
    (batch.words[at + FLAGS]! & (FLAG_METRIC | FLAG_MAR)) === 0;
}

/** The sum of two getters. */
export function total(a: NumberGetter, b: NumberGetter): NumberGetter {
  return (batch, row) => a(batch, row) + b(batch, row);
}

/** Whether the record is of IPv4 or IPv6 with this protocol. */
export function isProtocol(batch: RecordBatch, row: number, protocol: number): boolean {
  const at = row * WORDS, key = batch.words[at + KEY_TYPE]!;
  return batch.words[at + PROTO] === protocol && (key === KEY_IPV4 || key === KEY_IPV6) &&
    (batch.words[at + FLAGS]! & FLAG_MAR) === 0;
}

/** Whether the record carries TCP data (init, status or performance form). */
export function hasTcp(batch: RecordBatch, row: number): boolean {
  const net = batch.words[row * WORDS + NET]!;
  return (net === NET_TCP_INIT || net === NET_TCP_STATUS || net === NET_TCP_PERF) &&
    isProtocol(batch, row, 6);
}

/** Whether the TCP columns show something: {@linkcode hasTcp}, or a TCP fragment as `ra` reads it. */
export function hasTcpFigures(batch: RecordBatch, row: number): boolean {
  return batch.words[row * WORDS + NET] === NET_FRAG_TCP || hasTcp(batch, row);
}

/** Packets of one side, 0 without metric. */
export function packets(batch: RecordBatch, row: number, side: 0 | 1): number {
  return (batch.words[row * WORDS + FLAGS]! & FLAG_METRIC) === 0
    ? 0
    : batch.doubles[row * DOUBLES + S_PKTS + side]!;
}
