import type { Field, RecordBatch } from "../record/mod.ts";
import { fieldOf } from "../record/mod.ts";
import type { SqlValue, TableColumn, TableShape } from "./engine.ts";

/** Columns of a cache unless others are asked for: enough for filters, time ranges and group-bys to run in the engine. */
export const CACHE_FIELDS: readonly string[] =
  ("stime ltime dur srcid proto saddr sport dir daddr dport state trans spkts dpkts sbytes dbytes sappbytes dappbytes " +
    "sstime sltime dstime dltime evidence endreason").split(" ");

/** Column with the direction-free key of the connection's 5-tuple. */
export const KEY = "flowkey";
/** Number of the connection among those of its key, from 1. */
export const PART = "part";
/** How many connections the key has (on part 1). */
export const PARTS = "parts";
/** Shard of a sharded table, from the hash of the key. */
export const SHARD = "shard";
/** Argus record of the row, as in a file: tables of rasqlinsert have it. */
export const RECORD = "record";
/** Everything that is needed to go on merging (on part 1). */
export const STATE = "chain";
/** Columns that are no fields. */
const OWN_COLUMNS: readonly string[] = [SHARD, KEY, PART, PARTS, RECORD, STATE];

/** Columns before the fields. */
export const COLUMNS_BEFORE = 4;

/** The table of connections corrected by evidence. */
export function cacheShape(name: string, fields: readonly Field[]): TableShape {
  return {
    name,
    columns: [
      { name: SHARD, kind: "integer", mysql: "SMALLINT NOT NULL" },
      { name: KEY, kind: "blob" },
      { name: PART, kind: "integer", mysql: "INT NOT NULL" },
      { name: PARTS, kind: "integer", mysql: "INT" },
      ...fields.map(fieldColumn),
      { name: STATE, kind: "blob" },
    ],
    // A partitioned table wants the shard in every unique key; the flow key stands first because rows are looked up by it.
    key: [KEY, PART, SHARD],
  };
}

/** Where each capture stands, and one row for each table and shard that writers lock. */
export const POSITIONS: TableShape = {
  name: "panoptes_positions",
  columns: [
    { name: SHARD, kind: "integer", mysql: "SMALLINT NOT NULL" },
    { name: "flowtable", kind: "text", mysql: "VARCHAR(64) NOT NULL" },
    { name: "digest", kind: "text", mysql: "VARCHAR(80) NOT NULL" },
    { name: "slice", kind: "text", mysql: "VARCHAR(32) NOT NULL" },
    { name: "capture", kind: "text" },
    { name: "settings", kind: "text", mysql: "VARCHAR(80)" },
    { name: "records", kind: "integer" },
    { name: "complete", kind: "integer", mysql: "TINYINT NOT NULL" },
  ],
  key: [SHARD, "flowtable", "digest", "slice"],
};

/** Fields that are columns of a table. */
export function fieldsOf(names: readonly string[]): Field[] {
  return [...new Set(names)].map(fieldOf);
}

/** Fields of the registry among the columns a table has. */
export function fieldColumnsOf(columns: readonly string[]): string[] {
  return columns.filter((c) => !OWN_COLUMNS.includes(c));
}

function fieldColumn(field: Field): TableColumn {
  if (field.type === "text") return { name: field.name, kind: "text", mysql: field.sql };
  return { name: field.name, kind: field.type === "integer" ? "integer" : "number" };
}

/** Takes the value of a column out of a row. */
export type ColumnGetter = (batch: RecordBatch, row: number) => SqlValue;

/** Times in SQL are seconds since 1970. */
const SECOND = 1e6;

/** The value of a field as its column holds it: times in seconds; nothing is NULL, or empty where the registry says "not null". */
export function getterOf(field: Field): ColumnGetter {
  const bare = field.sql.includes("not null");
  if (field.text) {
    const get = field.text, nothing = bare ? "" : null;
    return (batch, row) => get(batch, row) || nothing;
  }
  const get = field.number!, nothing = bare ? 0 : null;
  if (field.type === "time") {
    return (batch, row) => {
      const us = get(batch, row);
      return us === us ? us / SECOND : nothing;
    };
  }
  return (batch, row) => {
    const n = get(batch, row);
    return n === n ? n : nothing;
  };
}
