import { Problem } from "../base/mod.ts";
import { type SqlEngine, typeOf } from "./engine.ts";
import type { TableShape } from "./engine.ts";
import { openEngine } from "./open.ts";
import { CACHE_FIELDS, cacheShape, fieldsOf, POSITIONS, SHARD } from "./schema.ts";
import { parseStoreUrl, type StoreUrl } from "./url.ts";

/**
 * Makes a cache that is sharded by MariaDB's Spider engine: the rows of shard `s` live on backend `s % backends`, and so do the
 * positions of that shard, so each transaction touches one server and needs no agreement between servers.
 *
 * `head` is the address meters write to (with `?shards=`), `backends` are where the rows live.
 *
 * @throws {Problem} `bad-value` when an address is no server or there are fewer shards than backends, `store` when a server refuses.
 */
export async function createShardedCache(
  head: string,
  backends: readonly string[],
  fields: readonly string[] = CACHE_FIELDS,
): Promise<void> {
  const url = parseStoreUrl(head), servers = backends.map(parseStoreUrl);
  const strange = [url, ...servers].find((u) => u.dialect !== "mysql");
  if (strange) {
    throw new Problem("bad-value", "Expected mysql:// for the servers of a sharded cache", {
      source: strange.name,
    });
  }
  if (url.shards < servers.length) {
    throw new Problem(
      "bad-value",
      `Expected at least as many shards as backends (${servers.length}) but found ${url.shards}`,
      {
        source: url.name,
      },
    );
  }
  const shapes = [POSITIONS, cacheShape(url.table, fieldsOf(fields))];
  for (const server of servers) {
    await withEngine(server, async (engine) => {
      for (const shape of shapes) await engine.create(shape);
    });
  }
  await withEngine(url, async (engine) => {
    for (const [i, server] of servers.entries()) {
      // Statements about servers take no parameters; every part was checked or is quoted.
      await engine.run(`CREATE OR REPLACE SERVER ${serverName(i)} FOREIGN DATA WRAPPER mysql OPTIONS (${
        [
          `HOST ${text(server.host === "localhost" ? "127.0.0.1" : server.host)}`,
          `PORT ${server.port}`,
          `USER ${text(server.user || "root")}`,
          `PASSWORD ${text(server.password)}`,
          `DATABASE ${text(server.database)}`,
        ].join(", ")
      })`);
    }
    for (const shape of shapes) await engine.run(spiderTable(shape, url, servers.length));
  });
}

function spiderTable(shape: TableShape, url: StoreUrl, backends: number): string {
  const key = new Set(shape.key);
  const columns = shape.columns.map((c) =>
    `\`${c.name}\` ${c.kind === "blob" && key.has(c.name) ? "VARBINARY(64)" : typeOf("mysql", c)}`
  );
  const parts = Array.from({ length: backends }, (_, b) => {
    const shards = Array.from({ length: url.shards }, (_, s) => s).filter((s) => s % backends === b);
    return `PARTITION p${b} VALUES IN (${shards.join(", ")}) COMMENT = 'srv "${serverName(b)}"'`;
  });
  return `CREATE TABLE IF NOT EXISTS \`${shape.name}\` (${columns.join(", ")}, PRIMARY KEY (${
    shape.key.map((k) => `\`${k}\``).join(", ")
  })) ENGINE=SPIDER COMMENT='wrapper "mysql", table "${shape.name}"' PARTITION BY LIST (\`${SHARD}\`) (${
    parts.join(", ")
  })`;
}

const serverName = (backend: number): string => `panoptes_backend_${backend}`;

function text(value: string): string {
  return `'${value.replace(/[\\']/g, (c) => `\\${c}`)}'`;
}

async function withEngine(url: StoreUrl, use: (engine: SqlEngine) => Promise<void>): Promise<void> {
  const engine = await openEngine(url);
  try {
    await use(engine);
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem("store", `Expected the server to make the tables but ${(cause as Error).message}`, {
      source: url.name,
      cause,
    });
  } finally {
    await engine.close();
  }
}
