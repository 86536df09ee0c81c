import type { SqlDialect } from "../expression/mod.ts";

/** MySQL errors that go away by themselves: connections, locks, servers that stop or start. */
const CODES: ReadonlySet<unknown> = new Set([
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR",
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOENT",
]);
/**
 * Their numbers at the server (too many connections, shut down, lock not given, deadlock, connection killed, lost or broken), and
 * those of the Spider engine whose remote server is gone (1158 to 1161, 1429, 1430, 2002 to 2013, 12701 to 12724).
 */
const NUMBERS: ReadonlySet<unknown> = new Set([
  1040,
  1053,
  1077,
  1079,
  1152,
  1158,
  1159,
  1160,
  1161,
  1205,
  1213,
  1317,
  1429,
  1430,
  1927,
  2002,
  2003,
  2006,
  2013,
  12701,
  12702,
  12703,
  12721,
  12723,
  12724,
]);
const MESSAGES: Readonly<Record<SqlDialect, RegExp>> = {
  sqlite: /database is locked|database table is locked|SQLITE_BUSY/,
  duckdb: /Could not set lock on file/i,
  mysql: /connection is in closed state|Connection lost|server has gone away/i,
};

/** Whether trying again may help: a lost connection, a lock that was not given in time, a server that starts. */
export function isTransient(dialect: SqlDialect, error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    const { code, errno } = e as { code?: unknown; errno?: unknown };
    if (dialect === "mysql" && (CODES.has(code) || NUMBERS.has(errno))) return true;
    if (MESSAGES[dialect].test(e.message)) return true;
  }
  return false;
}
