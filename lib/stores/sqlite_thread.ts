import { existsSync } from "node:fs";
import { Problem } from "../base/mod.ts";
import type { SqlConnection, SqlValue, TableShape } from "./engine.ts";
import { buffersOf, type PackedRows, packRows, RowPacker, unpackRows } from "./packed_rows.ts";
import type { SqliteNews, SqliteOrder } from "./sqlite_worker.ts";
import type { StoreUrl } from "./url.ts";

/** Rows that are handed over at once, and how often before the first answer: enough to keep both threads at work. */
const PIECE = 1024, AHEAD = 4;

/** The module of the thread; `undefined` in a runtime without threads and in a bundle, which does not have its file. */
function threadModule(): URL | undefined {
  if (typeof Worker === "undefined" || !import.meta.url) return undefined;
  const url = new URL("./sqlite_worker.ts", import.meta.url);
  return url.protocol === "file:" && !existsSync(url) ? undefined : url;
}

/**
 * Opens an SQLite file in a thread of its own, so that rows are made on one core while they are written on another; `undefined` when
 * there is no such thread here.
 *
 * @throws {Problem} as `openSqlite`.
 */
export async function openSqliteThread(url: StoreUrl): Promise<SqlConnection | undefined> {
  const module = threadModule();
  if (!module) return undefined;
  const worker = new Worker(module, { type: "module" });
  const ready = await new Promise<boolean>((resolve) => {
    worker.onmessage = () => resolve(true);
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(false);
    };
  });
  if (!ready) {
    worker.terminate();
    return undefined;
  }
  const thread = new SqliteThread(worker);
  try {
    await thread.open(url);
    return thread;
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

/** An order that waits for its answer. */
interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

class SqliteThread implements SqlConnection {
  readonly dialect = "sqlite";
  readonly #worker: Worker;
  /** Answers come in the order of the orders. */
  readonly #waiting: Waiting[] = [];
  #failure: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: { data: SqliteNews }) => {
      if (data.kind === "ready") return;
      const waiting = this.#waiting.shift();
      if (data.kind === "done") return waiting?.resolve(data.value);
      const { message, problem: p } = data;
      waiting?.reject(p ? new Problem(p.code, p.reason, p.detail) : new Error(message));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#failure = new Error(`writing thread: ${event.message}`);
      for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure);
    };
  }

  #order(order: SqliteOrder, handedOver: ArrayBuffer[] = []): Promise<unknown> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#worker.postMessage(order, handedOver);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async open(url: StoreUrl): Promise<void> {
    await this.#order({ do: "open", url });
  }

  async run(sql: string, params: readonly SqlValue[] = []): Promise<void> {
    await this.#order({ do: "run", sql, params });
  }

  async all(sql: string, params: readonly SqlValue[] = []): Promise<SqlValue[][]> {
    return await this.#order({ do: "all", sql, params }) as SqlValue[][];
  }

  async columns(table: string): Promise<readonly string[] | undefined> {
    return await this.#order({ do: "columns", table }) as readonly string[] | undefined;
  }

  async create(shape: TableShape): Promise<void> {
    await this.#order({ do: "create", shape });
  }

  async lookup(
    shape: TableShape,
    by: readonly string[],
    keys: readonly (readonly SqlValue[])[],
    want: readonly string[],
    only: Readonly<Record<string, number>> = {},
  ): Promise<SqlValue[][]> {
    const packed = packRows(keys, by.length);
    const found = await this.#order({ do: "lookup", shape, by, keys: packed, want, only }, buffersOf(packed));
    return [...unpackRows(found as PackedRows)];
  }

  async put(shape: TableShape, rows: Iterable<readonly SqlValue[]>, fresh = false): Promise<void> {
    const packer = new RowPacker(shape.columns.length), underWay: Promise<unknown>[] = [];
    const send = () => {
      const rows = packer.take(), done = this.#order({ do: "put", shape, rows, fresh }, buffersOf(rows));
      // One that fails is met below; those behind it fail as well and nobody waits for them any more.
      done.catch(() => {});
      underWay.push(done);
    };
    for (const row of rows) {
      packer.add(row);
      if (packer.length < PIECE) continue;
      send();
      if (underWay.length > AHEAD) await underWay.shift();
    }
    if (packer.length > 0) send();
    await Promise.all(underWay);
  }

  async remove(
    shape: TableShape,
    by: readonly string[],
    keys: readonly (readonly SqlValue[])[],
  ): Promise<void> {
    const packed = packRows(keys, by.length);
    await this.#order({ do: "remove", shape, by, keys: packed }, buffersOf(packed));
  }

  async begin(): Promise<void> {
    await this.#order({ do: "begin" });
  }

  async commit(): Promise<void> {
    await this.#order({ do: "commit" });
  }

  async rollback(): Promise<void> {
    await this.#order({ do: "rollback" });
  }

  async close(): Promise<void> {
    try {
      await this.#order({ do: "close" });
    } finally {
      this.#worker.terminate();
    }
  }
}
