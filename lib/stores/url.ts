import { Problem } from "../base/mod.ts";
import type { SqlDialect } from "../expression/mod.ts";

/** Where a store is: the engine, how to reach it, and the table. */
export interface StoreUrl {
  readonly dialect: SqlDialect;
  /** Path of the file, `:memory:` for none (SQLite, DuckDB). */
  readonly path: string;
  readonly host: string;
  readonly port: number;
  /** Path of the server's socket, empty for TCP. */
  readonly socket: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly table: string;
  /** Number of shards of a sharded table; 1 when it is not sharded. */
  readonly shards: number;
  /** The address without its password: the only form that is ever printed. */
  readonly name: string;
}

const SCHEMES: Readonly<Record<string, SqlDialect>> = {
  sqlite: "sqlite",
  duckdb: "duckdb",
  mysql: "mysql",
  mariadb: "mysql",
};
const DEFAULT_TABLE = "flows";
const MYSQL_PORT = 3306;

/** Whether a source or target is a store. */
export function isStoreUrl(text: string): boolean {
  return /^(sqlite|duckdb|mysql|mariadb):/i.test(text);
}

/**
 * Reads the address of a store: `sqlite:flows.db?table=longlived`, `duckdb:flows.duckdb`, `sqlite::memory:`,
 * `mysql://user:password@host:3306/database/table` (as rasqlinsert writes it) or `mysql://user@localhost/database?table=t`, with
 * `socket=/path` for the server's socket and `shards=16` for a table sharded by the Spider engine.
 *
 * @throws {Problem} `bad-value`, naming what was expected and never the password.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseStoreUrl } from "./url.ts";
 *
 * const url = parseStoreUrl("mysql://ann:secret@db.example/flows/longlived");
 * assertEquals([url.database, url.table, url.name], ["flows", "longlived", "mysql://ann@db.example/flows/longlived"]);
 * ```
 */
export function parseStoreUrl(text: string): StoreUrl {
  const scheme = /^([a-z]+):/i.exec(text)?.[1]?.toLowerCase() ?? "";
  const dialect = SCHEMES[scheme];
  if (!dialect) {
    throw new Problem("bad-value", "Expected a store (sqlite:, duckdb:, mysql:)", {
      source: withoutPassword(text),
    });
  }
  const rest = text.slice(scheme.length + 1);
  const question = rest.indexOf("?");
  const place = question < 0 ? rest : rest.slice(0, question);
  const query = new URLSearchParams(question < 0 ? "" : rest.slice(question + 1));
  const name = withoutPassword(text);
  const known = dialect === "mysql" ? ["table", "socket", "shards"] : ["table"];
  for (const key of query.keys()) {
    if (!known.includes(key)) throw wrong(name, `one of ${known.join(", ")} after the question mark`, key);
  }
  const shards = Number(query.get("shards") ?? 1);
  if (!Number.isInteger(shards) || shards < 1 || shards > 1024) {
    throw wrong(name, "shards to be a whole number from 1 to 1024", query.get("shards")!);
  }
  const none = { host: "", port: 0, socket: "", user: "", password: "", database: "", shards: 1 };
  if (dialect !== "mysql") {
    const path = place.startsWith("//") ? place.slice(2) : place;
    if (path === "") throw wrong(name, `a file after ${scheme}:`, "nothing");
    const table = identifier(query.get("table") ?? DEFAULT_TABLE, "a table", name);
    return { ...none, dialect, path: decode(path), table, name };
  }
  const m = /^\/\/(?:([^@/:]*)(?::([^@]*))?@)?(\[[^\]]*\]|[^/:]*)(?::(\d+))?(?:\/([^/]*))?(?:\/([^/]*))?$/
    .exec(place);
  if (!m) throw wrong(name, "mysql://[user[:password]@]host[:port]/database[/table]", "another form");
  const database = m[5] ?? "";
  if (database === "") throw wrong(name, "a database after the host", "none");
  return {
    dialect,
    path: "",
    host: (m[3] || "localhost").replace(/^\[|\]$/g, ""),
    port: m[4] === undefined ? MYSQL_PORT : Number(m[4]),
    socket: query.get("socket") ?? "",
    user: decode(m[1] ?? ""),
    password: decode(m[2] ?? ""),
    database: identifier(database, "a database", name),
    table: identifier(m[6] || query.get("table") || DEFAULT_TABLE, "a table", name),
    shards,
    name,
  };
}

/**
 * A name that may stand in SQL: letters, digits and underscores, at most 64.
 *
 * @throws {Problem} `bad-value`.
 */
export function identifier(text: string, what: string, source?: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(text)) return text;
  throw new Problem("bad-value", `Expected the name of ${what} (letters, digits, _) but found "${text}"`, {
    ...(source === undefined ? {} : { source }),
    expected: "letters, digits, _",
    found: text,
  });
}

function withoutPassword(text: string): string {
  return text.replace(/^([a-z]+:\/\/[^@/:]*):[^@]*@/i, "$1@").replace(/\?.*$/, (query) => {
    const table = /[?&]table=([^&]*)/.exec(query);
    return table ? `?table=${table[1]}` : "";
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function wrong(source: string, expected: string, found: string): Problem {
  return new Problem("bad-value", `Expected ${expected} but found ${found}`, { source, expected, found });
}
