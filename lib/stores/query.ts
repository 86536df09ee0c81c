import {
  type ClusterOptions,
  CONNECTION_KEY_WORDS,
  connectionKey,
  Connections,
  sortKeys,
} from "../cluster/mod.ts";
import { readTimeRange, toSql } from "../expression/mod.ts";
import { decodeRecord } from "../formats/mod.ts";
import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import { ByteWriter } from "./byte_writer.ts";
import { restoreChain, rulesOf } from "./chain_codec.ts";
import { quote, type SqlEngine, type SqlValue } from "./engine.ts";
import { KEY, PART, RECORD, STATE } from "./schema.ts";
import type { StoreUrl } from "./url.ts";
import { keyBytes } from "./key_bytes.ts";
import { addLabel } from "./row_maker.ts";

/** A step on records that an engine may take over; any other kind ends what is pushed down. */
export type StoreStep =
  | { readonly op: "filter"; readonly test: unknown }
  | { readonly op: "time"; readonly range: string }
  | { readonly op: "sort"; readonly keys: readonly string[]; readonly reverse: boolean }
  | { readonly op: "top"; readonly count: number; readonly field: string }
  | { readonly op: "limit"; readonly count: number }
  | { readonly op: "cluster"; readonly options: ClusterOptions }
  | { readonly op: string };

/** A query and the steps that are left for the chain. */
export interface StoreQuery {
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /** The condition alone, empty when there is none; with `limited` it does not say all. */
  readonly where: string;
  readonly limited: boolean;
  /** Steps that the engine does not do, or not all of; run them on the rows that come back. */
  readonly rest: readonly StoreStep[];
  /** Why steps were left, a sentence for each. */
  readonly reasons: readonly string[];
}

/** Fields with a number in every record, and what they are in SQL: these sort alike in the engine and in the chain. */
const SORTABLE: Readonly<Record<string, readonly string[]>> = {
  stime: ["stime"],
  ltime: ["ltime"],
  dur: ["dur"],
  spkts: ["spkts"],
  dpkts: ["dpkts"],
  sbytes: ["sbytes"],
  dbytes: ["dbytes"],
  sappbytes: ["sappbytes"],
  dappbytes: ["dappbytes"],
  pkts: ["spkts", "dpkts"],
  bytes: ["sbytes", "dbytes"],
  appbytes: ["sappbytes", "dappbytes"],
};

/**
 * Plans steps as one SQL query over a table with the given columns. What the engine cannot do exactly as the chain does stays in
 * `rest`: the result is the same either way.
 *
 * @throws {Problem} `syntax` for a wrong filter or time range.
 */
export function planQuery(
  url: StoreUrl,
  columns: readonly string[],
  steps: readonly StoreStep[],
): StoreQuery {
  const q = (name: string) => quote(url.dialect, name);
  const has = new Set(columns);
  const cached = has.has(STATE) && has.has(KEY);
  const where: string[] = [], params: SqlValue[] = [], reasons: string[] = [], rest: StoreStep[] = [];
  const base = [
    ...(has.has("stime") ? [q("stime")] : []),
    ...(cached ? [q(KEY), q(PART)] : []),
  ];
  let order: string[] = [], limit: number | undefined, i = 0;
  const open = () => rest.length === 0;
  for (; i < steps.length; i++) {
    const step = steps[i]!;
    // After a limit nothing may be tested or sorted before it any more.
    if (limit !== undefined) break;
    if (step.op === "filter" && "test" in step) {
      if (typeof step.test !== "string") {
        reasons.push("a filter that is a function runs in the chain");
        break;
      }
      if (order.length > 0 && !open()) break;
      const sql = toSql(step.test, url.dialect, { columns: has });
      if (sql.text !== "1 = 1") {
        where.push(sql.text);
        params.push(...sql.params);
      }
      if (sql.rest) {
        rest.push(step);
        reasons.push(...sql.reasons);
      }
    } else if (step.op === "time" && "range" in step) {
      const condition = has.has("stime") && has.has("ltime") ? timeCondition(step.range, q) : undefined;
      if (!condition) {
        rest.push(step);
        reasons.push("a time range with * depends on each record");
      } else {
        where.push(condition.text);
        params.push(...condition.params);
      }
    } else if ((step.op === "sort" && "keys" in step || step.op === "top" && "field" in step) && open()) {
      const keys = sortKeys("keys" in step ? (step.keys.length ? step.keys : ["stime"]) : [step.field]);
      const strange = keys.find((k) => !SORTABLE[k.field.name]?.every((c) => has.has(c)));
      if (strange) {
        reasons.push(`${strange.field.name} sorts otherwise in the chain`);
        break;
      }
      const turned = "reverse" in step && step.reverse;
      // A later sort is the stronger one; the former decides between its equals.
      order = [
        ...keys.map((k) =>
          SORTABLE[k.field.name]!.map(q).join(" + ") + (k.ascending === turned ? " DESC" : "")
        ),
        ...order,
      ];
      if (step.op === "top" && "count" in step) limit = step.count;
    } else if (step.op === "limit" && "count" in step && open()) limit = step.count;
    else break;
  }
  rest.push(...steps.slice(i));
  const table = q(url.table);
  const wanted = cached
    ? `${q(KEY)}, ${q(PART)}, CASE WHEN ${q(PART)} = 1 THEN ${q(STATE)} ELSE (SELECT h.${
      q(STATE)
    } FROM ${table} h WHERE h.${q(KEY)} = t.${q(KEY)} AND h.${q(PART)} = 1) END AS chain_of_key`
    : q(RECORD);
  const by = [...order, ...base];
  const sql = [
    `SELECT ${wanted} FROM ${table} t`,
    ...(where.length > 0 ? [`WHERE ${where.map((w) => `(${w})`).join(" AND ")}`] : []),
    ...(by.length > 0 ? [`ORDER BY ${by.join(", ")}`] : []),
    ...(limit === undefined ? [] : [`LIMIT ${Math.max(0, Math.floor(limit))}`]),
  ].join(" ");
  return {
    sql,
    params,
    where: where.map((w) => `(${w})`).join(" AND "),
    limited: limit !== undefined,
    rest,
    reasons,
  };
}

/** Times are seconds; both ends of a range belong to it (filter.md section 7). */
function timeCondition(
  text: string,
  q: (name: string) => string,
): { text: string; params: number[] } | undefined {
  const range = readTimeRange(text);
  if (!range.fixed) return undefined;
  const from = range.fixed.start / 1e6, to = range.fixed.end / 1e6;
  const stime = q("stime"), ltime = q("ltime");
  const conditions = {
    intersects: `${stime} >= ? AND ${stime} <= ? OR ${ltime} > ? AND ${ltime} <= ?`,
    contained: `${stime} >= ? AND ${ltime} <= ?`,
    includes: `${stime} <= ? AND ${ltime} >= ?`,
  };
  const both = conditions[range.mode];
  const params = range.mode === "intersects" ? [from, to, from, to] : [from, to];
  return { text: range.negated ? `NOT (${both})` : both, params };
}

/** Runs a query and gives its records as a reader sees them. */
export async function* runQuery(
  engine: SqlEngine,
  query: StoreQuery,
  cached: boolean,
): AsyncGenerator<RecordBatch> {
  for await (const portion of engine.stream(query.sql, query.params)) {
    const batch = cached ? connectionsOf(portion) : recordsOf(portion);
    if (batch.length > 0) yield batch;
  }
}

function recordsOf(rows: readonly SqlValue[][]): RecordBatch {
  const batch = new RecordBatch(rows.length);
  for (const [record] of rows) {
    const bytes = record as Uint8Array, row = batch.length;
    decodeRecord(
      new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      bytes,
      0,
      bytes.length,
      batch,
    );
    if (batch.length > row) R.asRead(batch, row);
  }
  return batch;
}

/** Settles the chains of a portion together and picks the parts that were asked for. */
function connectionsOf(rows: readonly SqlValue[][]): RecordBatch {
  const settled = new Map<string, { batch: RecordBatch; row: number }[]>();
  const groups = new Map<string, { connections: Connections; label: string | undefined; model: number }>();
  const seen = new Set<string>();
  for (const [key, , chain] of rows) {
    const name = nameOf(key as Uint8Array), state = chain as Uint8Array;
    if (seen.has(name)) continue;
    seen.add(name);
    const rules = rulesOf(state), model = (key as Uint8Array)[0]!;
    const groupName = `${model} ${rules.idle} ${rules.status} ${rules.label ?? ""}`;
    let group = groups.get(groupName);
    if (!group) {
      groups.set(groupName, group = { connections: new Connections(rules), label: rules.label, model });
    }
    restoreChain(state, group.connections);
  }
  const words = new Int32Array(CONNECTION_KEY_WORDS), writer = new ByteWriter();
  for (const { connections, label, model } of groups.values()) {
    for (const batch of connections.drain()) {
      for (let row = 0; row < batch.length; row++) {
        if (label !== undefined) addLabel(batch, row, label);
        connectionKey(batch.words, row * R.WORDS, words);
        const name = nameOf(keyBytes(writer, words, model));
        const parts = settled.get(name);
        if (parts) parts.push({ batch, row });
        else settled.set(name, [{ batch, row }]);
      }
    }
  }
  const out = new RecordBatch(rows.length);
  for (const [key, part] of rows) {
    const found = settled.get(nameOf(key as Uint8Array))?.[Number(part) - 1];
    if (found) out.append(found.batch, found.row);
  }
  return out;
}

function nameOf(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
