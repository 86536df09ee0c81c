import { existsSync } from "node:fs";
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import type { Connection, ResultSetHeader, RowDataPacket } from "mysql2/promise";
import { Problem } from "../base/mod.ts";
import { quote, type SqlEngine, type SqlValue, type TableShape, typeOf } from "./engine.ts";
import { LoadText } from "./load_text.ts";
import { isTransient } from "./transient.ts";
import type { StoreUrl } from "./url.ts";

/** Where Debian's server listens; `localhost` means it, as in the client library of the real programs. */
const DEBIAN_SOCKET = "/run/mysqld/mysqld.sock";
/** Rows of one statement, largest first: a prepared statement for each size serves every number of rows. */
const SIZES = [512, 64, 8, 1];
/** Placeholders of one statement that the protocol allows (65535), with room to spare. */
const MOST_PLACEHOLDERS = 60_000;
const PORTION = 4096;
/** A server that does not let clients send files. */
const NOT_ALLOWED: readonly number[] = [1148, 3948, 4166];

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
  // A sharded table takes statements as they are to its backends, but streamed rows one by one.
  return new Mysql(connection, url.shards === 1);
}

class Mysql implements SqlEngine {
  readonly dialect = "mysql";
  readonly #connection: Connection;
  /** Whether the server lets us stream rows. */
  #loads: boolean;

  constructor(connection: Connection, loads: boolean) {
    this.#connection = connection;
    this.#loads = loads;
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
    return this.run(
      `CREATE TABLE IF NOT EXISTS \`${shape.name}\` (${
        columns.join(", ")
      }) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
    );
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

  async put(shape: TableShape, rows: Iterable<readonly SqlValue[]>, fresh = false): Promise<void> {
    // A single row is not worth a stream.
    if (this.#loads && shape.key.length > 0 && !Array.isArray(rows)) {
      if (await this.#load(shape, rows, fresh)) return;
      this.#loads = false;
    }
    const names = shape.columns.map((c) => `\`${c.name}\``);
    const updates = shape.columns.filter((c) => !shape.key.includes(c.name)).map((c) =>
      `\`${c.name}\` = VALUES(\`${c.name}\`)`
    );
    const head = `INSERT INTO \`${shape.name}\` (${names.join(", ")}) VALUES `;
    const one = `(${names.map(() => "?").join(", ")})`;
    const tail = fresh || shape.key.length === 0 ? "" : ` ON DUPLICATE KEY UPDATE ${updates.join(", ")}`;
    await this.#chunked(rows, names.length, async (count, params) => {
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
    rows: Iterable<readonly SqlValue[]>,
    width: number,
    use: (count: number, params: Bound[]) => Promise<void>,
  ): Promise<void> {
    const sizes = SIZES.filter((size) => size * width <= MOST_PLACEHOLDERS || size === 1);
    let waiting: Bound[] = [];
    for (const row of rows) {
      for (const value of row) waiting.push(bind(value));
      if (waiting.length < sizes[0]! * width) continue;
      await use(sizes[0]!, waiting);
      waiting = [];
    }
    for (let at = 0; at < waiting.length;) {
      const size = sizes.find((s) => s * width <= waiting.length - at)!;
      await use(size, waiting.slice(at, at + size * width));
      at += size * width;
    }
  }

  /**
   * Streams rows into a table with LOAD DATA, several times as fast as statements; false when the server does not allow it, before
   * a row was taken.
   */
  async #load(shape: TableShape, rows: Iterable<readonly SqlValue[]>, fresh: boolean): Promise<boolean> {
    const { connection: raw } = this.#connection as unknown as { connection: { stream: Socket } };
    const pieces = async function* () {
      for (const piece of new LoadText().pieces(rows)) {
        yield piece;
        if (raw.stream.writableNeedDrain) await drained(raw.stream);
      }
    };
    const names = shape.columns.map((c) => `\`${c.name}\``).join(", ");
    let result: ResultSetHeader;
    try {
      [result] = await this.#connection.query<ResultSetHeader>({
        sql: `LOAD DATA LOCAL INFILE 'rows' ${
          fresh ? "" : "REPLACE "
        }INTO TABLE \`${shape.name}\` CHARACTER SET binary (${names})`,
        infileStreamFactory: () => Readable.from(pieces(), { objectMode: false, highWaterMark: 1 << 20 }),
      });
    } catch (error) {
      if (NOT_ALLOWED.includes((error as { errno?: number }).errno ?? 0)) return false;
      throw error;
    }
    // LOAD DATA LOCAL changes values that do not fit, and only warns.
    if (result.warningStatus === 0) return true;
    const [[warning]] = await this.#connection.query<RowDataPacket[]>("SHOW WARNINGS LIMIT 1");
    throw new Error(`the server changed a value: ${warning?.[2]}`);
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

function drained(stream: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ["drain", "close", "error"]) stream.off(event, done);
      resolve();
    };
    for (const event of ["drain", "close", "error"]) stream.on(event, done);
  });
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
