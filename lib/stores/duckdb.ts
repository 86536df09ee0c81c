import type { DuckDBConnection, DuckDBInstance, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import { Problem } from "../base/mod.ts";
import { type SqlEngine, type SqlValue, type TableShape, typeOf } from "./engine.ts";
import { isTransient } from "./transient.ts";
import type { StoreUrl } from "./url.ts";

type Api = typeof import("@duckdb/node-api");

/** Rows of a chunk, as the engine itself has them. */
const CHUNK = 2048;

/**
 * Opens a DuckDB file with `@duckdb/node-api`.
 *
 * @throws {Problem} `unsupported` when the library cannot be loaded, `store` when the file is no database or is in use.
 */
export async function openDuckdb(url: StoreUrl): Promise<SqlEngine> {
  let api: Api;
  try {
    api = await import("@duckdb/node-api");
  } catch (cause) {
    throw new Problem("unsupported", "Expected the library @duckdb/node-api but it could not be loaded", {
      source: url.name,
      cause,
    });
  }
  try {
    const instance = await api.DuckDBInstance.create(url.path);
    return new Duckdb(api, instance, await instance.connect());
  } catch (cause) {
    if (isTransient("duckdb", cause)) throw cause;
    throw new Problem("store", `Expected a DuckDB database but ${(cause as Error).message}`, {
      source: url.name,
      cause,
    });
  }
}

/** Rows go in through temporary tables, chunk by chunk: a statement for each row would be a hundred times slower. */
class Duckdb implements SqlEngine {
  readonly dialect = "duckdb";
  readonly #api: Api;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  constructor(api: Api, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#api = api;
    this.#instance = instance;
    this.#connection = connection;
  }

  async run(sql: string, params: readonly SqlValue[] = []): Promise<void> {
    await this.#connection.run(sql, this.#bound(params));
  }

  async all(sql: string, params: readonly SqlValue[] = []): Promise<SqlValue[][]> {
    const rows: SqlValue[][] = [];
    for await (const portion of this.stream(sql, params)) for (const row of portion) rows.push(row);
    return rows;
  }

  async *stream(sql: string, params: readonly SqlValue[] = []): AsyncGenerator<SqlValue[][]> {
    const result = await this.#connection.stream(sql, this.#bound(params));
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) return;
      yield chunk.getRows().map((row) => row.map(plain));
    }
  }

  async columns(table: string): Promise<readonly string[] | undefined> {
    const rows = await this.all(
      "SELECT column_name FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position",
      [table],
    );
    return rows.length === 0 ? undefined : rows.map((r) => String(r[0]));
  }

  create(shape: TableShape): Promise<void> {
    // No primary key: the engine's index would be slower to keep than the joins of put and lookup, which see to the key.
    const columns = shape.columns.map((c) => `"${c.name}" ${typeOf("duckdb", c)}`).join(", ");
    return this.run(`CREATE TABLE IF NOT EXISTS "${shape.name}" (${columns})`);
  }

  async lookup(
    shape: TableShape,
    by: readonly string[],
    keys: readonly (readonly SqlValue[])[],
    want: readonly string[],
    only: Readonly<Record<string, number>> = {},
  ): Promise<SqlValue[][]> {
    if (keys.length === 0) return [];
    const staged = await this.#stage(shape, by, keys);
    const names = want.map((w) => `t."${w}"`).join(", ");
    const where = Object.keys(only).map((name) => `t."${name}" = ?`);
    return await this.all(
      `SELECT ${names} FROM "${shape.name}" t SEMI JOIN ${staged} s ON ${equal(by)}${
        where.length > 0 ? ` WHERE ${where.join(" AND ")}` : ""
      }`,
      Object.values(only),
    );
  }

  async put(shape: TableShape, rows: Iterable<readonly SqlValue[]>, fresh = false): Promise<void> {
    const names = shape.columns.map((c) => c.name);
    const staged = await this.#stage(shape, names, rows);
    if (shape.key.length > 0 && !fresh) {
      await this.run(`DELETE FROM "${shape.name}" t USING ${staged} s WHERE ${equal(shape.key)}`);
    }
    const list = names.map((n) => `"${n}"`).join(", ");
    await this.run(`INSERT INTO "${shape.name}" (${list}) SELECT ${list} FROM ${staged}`);
  }

  async remove(
    shape: TableShape,
    by: readonly string[],
    keys: readonly (readonly SqlValue[])[],
  ): Promise<void> {
    if (keys.length === 0) return;
    const staged = await this.#stage(shape, by, keys);
    await this.run(`DELETE FROM "${shape.name}" t USING ${staged} s WHERE ${equal(by)}`);
  }

  /** Puts values into a temporary table and gives its name. */
  async #stage(
    shape: TableShape,
    names: readonly string[],
    rows: Iterable<readonly SqlValue[]>,
  ): Promise<string> {
    const { BLOB, DOUBLE, DuckDBDataChunk, VARCHAR } = this.#api;
    const kinds = names.map((n) => shape.columns.find((c) => c.name === n)!.kind);
    // Whole numbers travel as doubles: exact up to 2^53, and no bigint has to be made of each.
    const types: DuckDBType[] = kinds.map((k) => k === "blob" ? BLOB : k === "text" ? VARCHAR : DOUBLE);
    const staged = `staged_${shape.name}`;
    await this.run(
      `CREATE OR REPLACE TEMP TABLE "${staged}" (${
        names.map((n, i) => `"${n}" ${String(types[i])}`).join(", ")
      })`,
    );
    const appender = await this.#connection.createAppender(staged, "main", "temp");
    const columns = names.map((): DuckDBValue[] => []);
    const append = () => {
      const chunk = DuckDBDataChunk.create(types, columns[0]!.length);
      for (let c = 0; c < names.length; c++) {
        chunk.setColumnValues(c, columns[c]!);
        columns[c]!.length = 0;
      }
      appender.appendDataChunk(chunk);
    };
    for (const row of rows) {
      for (let c = 0; c < names.length; c++) columns[c]!.push(this.#value(row[c]!));
      if (columns[0]!.length === CHUNK) append();
    }
    if (columns[0]!.length > 0) append();
    appender.closeSync();
    return `temp."${staged}"`;
  }

  #value(value: SqlValue): DuckDBValue {
    return value instanceof Uint8Array ? this.#api.blobValueFromBytes(value) : value;
  }

  #bound(params: readonly SqlValue[]): DuckDBValue[] {
    return params.map((p) => this.#value(p));
  }

  begin(): Promise<void> {
    return this.run("BEGIN TRANSACTION");
  }

  commit(): Promise<void> {
    return this.run("COMMIT");
  }

  async rollback(): Promise<void> {
    try {
      await this.run("ROLLBACK");
    } catch (error) {
      // The engine may have ended the transaction itself.
      if (!/no transaction is active/i.test((error as Error).message)) throw error;
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#connection.closeSync();
      this.#instance.closeSync();
      resolve();
    });
  }
}

function equal(names: readonly string[]): string {
  return names.map((n) => `t."${n}" = s."${n}"`).join(" AND ");
}

function plain(value: DuckDBValue): SqlValue {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "object" && value !== null && "bytes" in value) return value.bytes as Uint8Array;
  return value as SqlValue;
}
