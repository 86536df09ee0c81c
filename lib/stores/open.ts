import { Problem } from "../base/mod.ts";
import type { SqlConnection, SqlEngine } from "./engine.ts";
import { CACHE_FIELDS, fieldColumnsOf, fieldsOf, KEY, PART, PARTS, STATE } from "./schema.ts";
import { type FlowStore, SqlStore } from "./store.ts";
import { parseStoreUrl, type StoreUrl } from "./url.ts";

/** How to open a store. */
export interface OpenStoreOptions {
  /** Fields that are columns of a table that has to be made; {@linkcode CACHE_FIELDS} unless given. */
  readonly fields?: readonly string[] | undefined;
}

/** Connects to the engine of a store; each engine's library is loaded only when it is wanted. */
export async function openEngine(url: StoreUrl): Promise<SqlEngine> {
  switch (url.dialect) {
    case "sqlite":
      return await (await import("./sqlite.ts")).openSqlite(url);
    case "duckdb":
      return await (await import("./duckdb.ts")).openDuckdb(url);
    case "mysql":
      return await (await import("./mysql.ts")).openMysql(url);
  }
}

/** Connects to the engine of a store that is written to. */
async function openWriter(url: StoreUrl): Promise<SqlConnection> {
  if (url.dialect === "sqlite") {
    const thread = await (await import("./sqlite_thread.ts")).openSqliteThread(url);
    if (thread) return thread;
  }
  return await openEngine(url);
}

/**
 * Opens a table of flows for writing, and makes it unless it is there.
 *
 * @throws {Problem} `bad-value` for a wrong address, `unknown-name` for a wrong field, `store` when the engine refuses or the table
 * is of another kind.
 */
export async function openStore(text: string, options: OpenStoreOptions = {}): Promise<FlowStore> {
  const url = parseStoreUrl(text);
  const engine = await openWriter(url);
  try {
    const there = await engine.columns(url.table);
    const names = there ? fieldColumnsIn(url, there) : options.fields ?? CACHE_FIELDS;
    const store = new SqlStore(url, engine, fieldsOf(names));
    await store.prepare();
    return store;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Fields of an existing cache; its own columns stay, whatever is asked for. */
function fieldColumnsIn(url: StoreUrl, columns: readonly string[]): string[] {
  if ([KEY, PART, PARTS, STATE].every((name) => columns.includes(name))) return fieldColumnsOf(columns);
  throw new Problem(
    "store",
    'Expected a cache of connections but found a table of another kind (correct: "argus" goes on with rasqlinsert\'s)',
    {
      source: `${url.name}, table ${url.table}`,
      expected: [KEY, PART, PARTS, STATE].join(", "),
      found: columns.join(", "),
    },
  );
}
