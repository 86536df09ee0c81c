/**
 * The writing thread of an SQLite store (`sqlite_thread.ts`): does what it is told, one thing after the other.
 *
 * @module
 */
import { Problem, type ProblemDetail } from "../base/mod.ts";
import type { SqlConnection, SqlValue, TableShape } from "./engine.ts";
import { buffersOf, type PackedRows, packRows, unpackRows } from "./packed_rows.ts";
import { openSqlite } from "./sqlite.ts";
import type { StoreUrl } from "./url.ts";

/** What the thread is told: the calls of an engine, with packed rows. */
export type SqliteOrder =
  | { readonly do: "open"; readonly url: StoreUrl }
  | { readonly do: "run" | "all"; readonly sql: string; readonly params: readonly SqlValue[] }
  | { readonly do: "columns"; readonly table: string }
  | { readonly do: "create"; readonly shape: TableShape }
  | {
    readonly do: "lookup";
    readonly shape: TableShape;
    readonly by: readonly string[];
    readonly keys: PackedRows;
    readonly want: readonly string[];
    readonly only: Readonly<Record<string, number>>;
  }
  | { readonly do: "put"; readonly shape: TableShape; readonly rows: PackedRows; readonly fresh: boolean }
  | {
    readonly do: "remove";
    readonly shape: TableShape;
    readonly by: readonly string[];
    readonly keys: PackedRows;
  }
  | { readonly do: "begin" | "commit" | "rollback" | "close" };

/** What it tells: that it is there, then an answer to each order in turn. */
export type SqliteNews =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "failed"; readonly message: string; readonly problem: SentProblem | undefined };

/** A problem on its way between threads. */
export interface SentProblem {
  readonly code: Problem["code"];
  readonly reason: string;
  readonly detail: ProblemDetail;
}

// The worker's own global, which the library types of a page do not describe.
const scope = globalThis as unknown as {
  onmessage: ((event: { data: SqliteOrder }) => void) | null;
  postMessage(news: SqliteNews, handedOver?: ArrayBuffer[]): void;
};

let engine: SqlConnection;

async function obey(order: SqliteOrder): Promise<unknown> {
  switch (order.do) {
    case "open":
      engine = await openSqlite(order.url);
      return;
    case "run":
    case "all":
      return await engine[order.do](order.sql, order.params);
    case "columns":
      return await engine.columns(order.table);
    case "create":
      return await engine.create(order.shape);
    case "lookup": {
      const { shape, by, keys, want, only } = order;
      return packRows(await engine.lookup(shape, by, [...unpackRows(keys)], want, only), want.length);
    }
    case "put":
      return await engine.put(order.shape, unpackRows(order.rows), order.fresh);
    case "remove":
      return await engine.remove(order.shape, order.by, [...unpackRows(order.keys)]);
    default:
      return await engine[order.do]();
  }
}

async function answer(order: SqliteOrder): Promise<void> {
  try {
    const value = await obey(order);
    scope.postMessage({ kind: "done", value }, order.do === "lookup" ? buffersOf(value as PackedRows) : []);
  } catch (error) {
    const problem = error instanceof Problem
      ? { code: error.code, reason: error.reason, detail: error.detail() }
      : undefined;
    scope.postMessage({ kind: "failed", message: (error as Error).message, problem });
  }
}

// Orders that came while another was being done wait for it.
let last: Promise<void> = Promise.resolve();
scope.onmessage = (event) => void (last = last.then(() => answer(event.data)));
scope.postMessage({ kind: "ready" });
