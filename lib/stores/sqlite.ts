import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { Problem } from "../base/mod.ts";
import { type SqlEngine, type SqlValue, type TableShape, typeOf } from "./engine.ts";
import type { StoreUrl } from "./url.ts";

/** Rows of a portion that a query gives. */
const PORTION = 4096;
/** Rows of one INSERT: a quarter faster than one by one, and more are no faster. */
const ROWS = 8;
/** How long another process may hold the file before it is an error, milliseconds. */
const BUSY_MS = 10_000;

/**
 * Opens an SQLite file with `node:sqlite`.
 *
 * @throws {Problem} `unsupported` when this runtime has no `node:sqlite`, `store` when the file is no database or cannot be opened.
 */
export async function openSqlite(url: StoreUrl): Promise<SqlEngine> {
  let sqlite: typeof import("node:sqlite");
  try {
    sqlite = await import("node:sqlite");
  } catch (cause) {
    throw new Problem("unsupported", "Expected a runtime with node:sqlite (Deno, or Node 22.5 and later)", {
      source: url.name,
      cause,
    });
  }
  try {
    const db = new sqlite.DatabaseSync(url.path);
    // A killed process loses nothing with this; a lost power supply at most the last transactions, never half of one.
    // Rows are about a kilobyte: large pages and few checkpoints.
    db.exec("PRAGMA page_size=16384");
    db.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=${BUSY_MS};`);
    db.exec("PRAGMA cache_size=-131072; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=8192;");
    return new Sqlite(db);
  } catch (cause) {
    throw new Problem("store", `Expected an SQLite database but ${(cause as Error).message}`, {
      source: url.name,
      cause,
    });
  }
}

class Sqlite implements SqlEngine {
  readonly dialect = "sqlite";
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  run(sql: string, params: readonly SqlValue[] = []): Promise<void> {
    return later(() => {
      this.#prepare(sql).run(...params as SQLInputValue[]);
    });
  }

  async all(sql: string, params: readonly SqlValue[] = []): Promise<SqlValue[][]> {
    const rows: SqlValue[][] = [];
    for await (const portion of this.stream(sql, params)) rows.push(...portion);
    return rows;
  }

  async *stream(sql: string, params: readonly SqlValue[] = []): AsyncGenerator<SqlValue[][]> {
    let portion: SqlValue[][] = [];
    for (const row of this.#db.prepare(sql).iterate(...params as SQLInputValue[])) {
      portion.push(Object.values(row) as SqlValue[]);
      if (portion.length < PORTION) continue;
      yield portion;
      portion = [];
    }
    if (portion.length > 0) yield portion;
  }

  async columns(table: string): Promise<readonly string[] | undefined> {
    const rows = await this.all(`SELECT name FROM pragma_table_info(?)`, [table]);
    return rows.length === 0 ? undefined : rows.map((r) => String(r[0]));
  }

  create(shape: TableShape): Promise<void> {
    const columns = shape.columns.map((c) => `"${c.name}" ${typeOf("sqlite", c)}`).join(", ");
    const key = shape.key.map((k) => `"${k}"`).join(", ");
    return this.run(
      `CREATE TABLE IF NOT EXISTS "${shape.name}" (${columns}${key === "" ? "" : `, PRIMARY KEY (${key})`})`,
    );
  }

  lookup(
    shape: TableShape,
    by: readonly string[],
    keys: readonly (readonly SqlValue[])[],
    want: readonly string[],
    only: Readonly<Record<string, number>> = {},
  ): Promise<SqlValue[][]> {
    const names = want.map((w) => `"${w}"`).join(", ");
    const statement = this.#prepare(
      `SELECT ${names} FROM "${shape.name}" WHERE ${
        [...by, ...Object.keys(only)].map((b) => `"${b}" = ?`).join(" AND ")
      }`,
    );
    const fixed = Object.values(only);
    return later(() => {
      const rows: SqlValue[][] = [];
      for (const key of keys) {
        for (const row of statement.all(...key as SQLInputValue[], ...fixed)) {
          rows.push(Object.values(row) as SqlValue[]);
        }
      }
      return rows;
    });
  }

  put(shape: TableShape, rows: Iterable<readonly SqlValue[]>): Promise<void> {
    // Fresh rows, too: without the clause SQLite keeps a journal of each statement of several rows, which takes twice the time.
    const names = shape.columns.map((c) => `"${c.name}"`);
    const updates = names.filter((n) => !shape.key.includes(n.slice(1, -1))).map((n) =>
      `${n} = excluded.${n}`
    );
    const tail = shape.key.length === 0 || updates.length === 0
      ? ""
      : ` ON CONFLICT (${shape.key.map((k) => `"${k}"`).join(", ")}) DO UPDATE SET ${updates.join(", ")}`;
    const one = `(${names.map(() => "?").join(", ")})`, width = names.length;
    const insert = (count: number) =>
      this.#prepare(
        `INSERT INTO "${shape.name}" (${names.join(", ")}) VALUES ${
          Array(count).fill(one).join(", ")
        }${tail}`,
      );
    return later(() => {
      const values = new Array<SQLInputValue>(width * ROWS).fill(null);
      let at = 0;
      for (const row of rows) {
        for (let i = 0; i < width; i++) values[at++] = row[i] as SQLInputValue;
        if (at < values.length) continue;
        insert(ROWS).run(...values);
        at = 0;
      }
      for (let from = 0; from < at; from += width) insert(1).run(...values.slice(from, from + width));
    });
  }

  remove(shape: TableShape, by: readonly string[], keys: readonly (readonly SqlValue[])[]): Promise<void> {
    const statement = this.#prepare(
      `DELETE FROM "${shape.name}" WHERE ${by.map((b) => `"${b}" = ?`).join(" AND ")}`,
    );
    return later(() => {
      for (const key of keys) statement.run(...key as SQLInputValue[]);
    });
  }

  begin(): Promise<void> {
    return later(() => this.#db.exec("BEGIN IMMEDIATE"));
  }

  commit(): Promise<void> {
    return later(() => this.#db.exec("COMMIT"));
  }

  rollback(): Promise<void> {
    return later(() => {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
    });
  }

  close(): Promise<void> {
    return later(() => this.#db.close());
  }
}

/** A synchronous step as a promise, so that its errors are rejections. */
function later<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}
