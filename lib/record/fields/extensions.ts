import { communityId } from "../community_id.ts";
import type { RecordBatch } from "../batch.ts";
import * as R from "../layout.ts";
import { type Field, integer, text } from "./field.ts";
import { EXACT_TIME_FIELDS } from "./time.ts";

/** Name of the reason for which the record was emitted (DESIGN "end reason"). */
export function endReason(batch: RecordBatch, row: number): string {
  return R.END_REASONS[batch.words[row * R.WORDS + R.WHY]! & 255] ?? "unknown";
}

/** Name of the evidence for the record's direction (DESIGN "evidence"). */
export function evidence(batch: RecordBatch, row: number): string {
  return R.EVIDENCES[(batch.words[row * R.WORDS + R.WHY]! >>> 8) & 255] ?? "unknown";
}

/** Connection id as 16 hexadecimal digits, empty when unknown. */
export function connectionId(batch: RecordBatch, row: number): string {
  const at = row * R.WORDS + R.CONN, high = batch.words[at]!, low = batch.words[at + 1]!;
  if (high === 0 && low === 0) return "";
  const hex = (v: number) => (v >>> 0).toString(16).padStart(8, "0");
  return hex(high) + hex(low);
}

const known = (offset: number) => (batch: RecordBatch, row: number) =>
  batch.words[row * R.WORDS + offset]! >>> 0 || NaN;

/** Fields that ra does not have. */
export const EXTENSION_FIELDS: readonly Field[] = [
  text("endreason", "EndReason", 14, endReason, {
    meaning: "why the record was emitted: status, idle, closed, reset, port-reuse, end-of-capture, evicted",
    merge: "last",
    sql: "varchar(16)",
    ipfix: { name: "flowEndReason", id: 136 },
    extension: true,
  }),
  text("evidence", "Evidence", 12, evidence, {
    meaning:
      "why the direction is believed: syn, synack, remembered, first-packet, icmp-type, corrected, none",
    merge: "derived",
    sql: "varchar(16)",
    extension: true,
  }),
  text("connid", "ConnId", 16, connectionId, {
    meaning: "connection id: free of direction, the same under every setting, new at port reuse",
    merge: "key",
    sql: "char(16)",
    ipfix: { name: "flowId", id: 148 },
    extension: true,
  }),
  integer("connseq", "ConnSeq", 8, known(R.CONN_SEQ), {
    meaning: "number of the record within its connection, from 1",
    merge: "min",
    sql: "int unsigned",
    arrow: "uint32",
    extension: true,
  }),
  integer("firstframe", "FirstFrame", 12, known(R.FIRST_FRAME), {
    meaning: "number of the first frame counted, from 1",
    merge: "min",
    sql: "int unsigned",
    arrow: "uint32",
    extension: true,
  }),
  integer("lastframe", "LastFrame", 12, known(R.LAST_FRAME), {
    meaning: "number of the last frame counted, from 1",
    merge: "max",
    sql: "int unsigned",
    arrow: "uint32",
    extension: true,
  }),
  text("communityid", "CommunityId", 30, communityId, {
    meaning: "Community ID version 1, seed 0",
    merge: "key",
    sql: "varchar(40)",
    extension: true,
  }),
  ...EXACT_TIME_FIELDS,
];
