import { existsSync } from "node:fs";
import { Buffer } from "node:buffer";
import type { Connection, RowDataPacket } from "mysql2/promise";
import { Problem } from "../base/mod.ts";
import { quote, type SqlEngine, type SqlValue, type TableShape, typeOf } from "./engine.ts";
import { isTransient } from "./transient.ts";
import type { StoreUrl } from "./url.ts";

/** Where Debian's server listens; `localhost` means it, as in the client library of the real programs. */
const DEBIAN_SOCKET = "/run/mysqld/mysqld.sock";
/** Rows of one statement, largest first: a prepared statement for each size serves every number of rows. */
const SIZES = [512, 64, 8, 1];
/** Placeholders of one statement that the protocol allows (65535), with room to spare. */
const MOST_PLACEHOLDERS = 60_000;
const PORTION = 4096;

/**
 * Connects to a MySQL or MariaDB server with mysql2 and makes the database unless it is there.
 *
 * @throws {Problem} `store` when the server refuses; errors that may pass (no server yet) are thrown as they are.
 */
export async function openMysql(url: StoreUrl): Promise<SqlEngine> {
  const { createConnection } = await import("mysql2/promise");
  const socket = url.socket || (url.host === "localhost" && existsSync(DEBIAN_SOCKET) ? DEBIAN_SOCKET : "");
  let connection: Connection;
  try {
    connection = await createConnection({
      ...(socket ? { socketPath: socket } : { host: url.host, port: url.port }),
      user: url.user || "root",
      password: url.password,
      rowsAsArray: true,
      supportBigNumbers: true,
      connectTimeout: 5000,
      maxPreparedStatements: 64,
    });
  } catch (cause) {
    if (isTransient("mysql", cause)) throw cause;
    throw new Problem("store", `Expected the server to let us in but ${(cause as Error).message}`, {
      source: url.name,
      cause,
    });
  }
  // A connection that breaks is found by the next statement; without a listener it would end the process.
  connection.on("error", () => {});
  const database = quote("mysql", url.database);
  await connection.query(`CREATE DATABASE IF NOT EXISTS ${database}`);
  await connection.query(`USE ${database}`);
  await connection.query(
    "SET SESSION innodb_lock_wait_timeout = 10, SESSION sql_mode = 'STRICT_TRANS_TABLES', NAMES utf8mb4",
  );
  return new Mysql(connection);
}

class Mysql implements SqlEngine {
  readonly dialect = "mysql";
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async run(sql: string, params: readonly SqlValue[] = []): Promise<void> {
    // Statements that may not be prepared (BEGIN, CREATE, ...) have no parameters.
    if (params.length === 0) await this.#connection.query(sql);
    else await this.#connection.execute(sql, bound(params));
  }

  async all(sql: string, params: readonly SqlValue[] = []): Promise<SqlValue[][]> {
    const [rows] = params.length === 0
      ? await this.#connection.query<RowDataPacket[]>(sql)
      : await this.#connection.execute<RowDataPacket[]>(sql, bound(params));
    return rows as unknown as SqlValue[][];
  }

  async *stream(sql: string, params: readonly SqlValue[] = []): AsyncGenerator<SqlValue[][]> {
    // Only the callback form of the connection streams.
    const { connection: raw } = this.#connection as unknown as {
      connection: { execute(sql: string, params: unknown[]): { stream(): AsyncIterable<SqlValue[]> } };
    };
    let portion: SqlValue[][] = [];
    for await (const row of raw.execute(sql, bound(params)).stream()) {
      portion.push(row);
      if (portion.length < PORTION) continue;
      yield portion;
      portion = [];
    }
    if (portion.length > 0) yield portion;
  }

  async columns(table: string): Promise<readonly string[] | undefined> {
    const rows = await this.all(
      "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position",
      [table],
    );
    return rows.length === 0 ? undefined : rows.map((r) => String(r[0]));
  }

  create(shape: TableShape): Promise<void> {
    const key = new Set(shape.key);
    const columns = shape.columns.map((c) => {
      const type = c.kind === "blob" && key.has(c.name) ? "VARBINARY(64)" : typeOf("mysql", c);
      return `\`${c.name}\` ${type}`;
    });
    if (key.size > 0) columns.push(`PRIMARY KEY (${shape.key.map((k) => `\`${k}\``).join(", ")})`);
    return this.run(`CREATE TABLE IF NOT EXISTS \`${shape.name}\` (${columns.join(", ")}) ENGINE=InnoDB`);
  }

  async lookup(
    shape: TableShape,
    by: readonly string[],
    keys: readonly (readonly SqlValue[])[],
    want: readonly string[],
    only: Readonly<Record<string, number>> = {},
  ): Promise<SqlValue[][]> {
    const found: SqlValue[][] = [];
    const head = `SELECT ${want.map((w) => `\`${w}\``).join(", ")} FROM \`${shape.name}\` WHERE ${
      Object.keys(only).map((name) => `\`${name}\` = ? AND `).join("")
    }`;
    const fixed = Object.values(only);
    await this.#chunked(keys, by.length, async (count, params) => {
      const [rows] = await this.#connection.execute<RowDataPacket[]>(`${head}(${anyOf(by, count)})`, [
        ...fixed,
        ...params,
      ]);
      for (const row of rows) found.push(row as unknown as SqlValue[]);
    });
    return found;
  }

  put(shape: TableShape, rows: readonly (readonly SqlValue[])[]): Promise<void> {
    const names = shape.columns.map((c) => `\`${c.name}\``);
    const updates = shape.columns.filter((c) => !shape.key.includes(c.name)).map((c) =>
      `\`${c.name}\` = VALUES(\`${c.name}\`)`
    );
    const head = `INSERT INTO \`${shape.name}\` (${names.join(", ")}) VALUES `;
    const one = `(${names.map(() => "?").join(", ")})`;
    const tail = shape.key.length === 0 ? "" : ` ON DUPLICATE KEY UPDATE ${updates.join(", ")}`;
    return this.#chunked(rows, names.length, async (count, params) => {
      await this.#connection.execute(head + Array(count).fill(one).join(", ") + tail, params);
    });
  }

  remove(shape: TableShape, by: readonly string[], keys: readonly (readonly SqlValue[])[]): Promise<void> {
    return this.#chunked(keys, by.length, async (count, params) => {
      await this.#connection.execute(`DELETE FROM \`${shape.name}\` WHERE ${anyOf(by, count)}`, params);
    });
  }

  /** Gives rows to a statement in portions of the fixed sizes, so that few statements are prepared. */
  async #chunked(
    rows: readonly (readonly SqlValue[])[],
    width: number,
    use: (count: number, params: Bound[]) => Promise<void>,
  ): Promise<void> {
    const sizes = SIZES.filter((size) => size * width <= MOST_PLACEHOLDERS || size === 1);
    for (let at = 0; at < rows.length;) {
      const size = sizes.find((s) => s <= rows.length - at)!;
      const params: Bound[] = [];
      for (let i = at; i < at + size; i++) for (const value of rows[i]!) params.push(bind(value));
      await use(size, params);
      at += size;
    }
  }

  begin(): Promise<void> {
    return this.run("START TRANSACTION");
  }

  commit(): Promise<void> {
    return this.run("COMMIT");
  }

  rollback(): Promise<void> {
    return this.run("ROLLBACK");
  }

  async close(): Promise<void> {
    try {
      await this.#connection.end();
    } catch {
      this.#connection.destroy();
    }
  }
}

type Bound = number | string | Buffer | null;

function bind(value: SqlValue): Bound {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

function bound(values: readonly SqlValue[]): Bound[] {
  return values.map(bind);
}

/** One of `count` keys; written so that the server can use the primary key. */
function anyOf(by: readonly string[], count: number): string {
  if (by.length === 1) return `\`${by[0]!}\` IN (${Array(count).fill("?").join(", ")})`;
  const one = `(${by.map((b) => `\`${b}\` = ?`).join(" AND ")})`;
  return Array(count).fill(one).join(" OR ");
}
