import { assert, assertEquals, assertRejects } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { CACHE_FIELDS, cacheFlows, openEngine, parseStoreUrl } from "../../lib/stores/mod.ts";
import { linesInMemory, linesOf, meter, stream } from "./records.ts";
import { contract } from "./contract.ts";
import { killTest } from "./kills.ts";
import { queryTest } from "./queries.ts";
import type { SqlValue, TableShape } from "../../lib/stores/mod.ts";
import { NO_SERVER, NO_SPIDER, startServer } from "../../scripts/cluster/mariadb.ts";
import { runScript } from "../scripts/run.ts";

if (NO_SERVER) {
  Deno.test({ name: `mysql: skipped, ${NO_SERVER}`, ignore: true, fn() {} });
} else {
  const server = await startServer();
  let tables = 0;
  const fresh = () => server.url(`t${++tables}`);
  contract("mysql", fresh);
  Deno.test("mysql: queries that run in the engine give what the chain gives", () =>
    queryTest("mysql", fresh));
  Deno.test("mysql: runs killed at random points end in the same table", () => killTest("mysql", fresh));
  Deno.test("mysql: a server that is killed and restarted loses and doubles nothing", async () => {
    const batches = await meter(undefined, "5s", 20), url = fresh();
    let taken = 0;
    const slowly = async function* () {
      for (const batch of batches) {
        if (++taken === batches.length >> 1) {
          await server.kill();
          setTimeout(() => server.start(), 700);
        }
        yield batch;
      }
    };
    const { retries } = await cacheFlows(slowly(), url, { window: 40, capture: { digest: "restart" } });
    assert(retries > 0);
    const engine = await openEngine(parseStoreUrl(url));
    assertEquals(
      await linesOf(engine, parseStoreUrl(url).table, CACHE_FIELDS),
      linesInMemory(batches, CACHE_FIELDS),
    );
    await engine.close();
  });
  Deno.test("mysql: a server that stays away is a clear problem", async () => {
    const problem = await assertRejects(
      async () =>
        cacheFlows(stream(await meter()), "mysql://ann:sekret@127.0.0.1:1/db/t", { patience: "300ms" }),
      Problem,
    );
    assertEquals(problem.code, "network");
    assert(/Expected the store to answer within 0 s|attempts failed/.test(problem.message), problem.message);
    assert(!problem.message.includes("sekret"), problem.message);
  });
  Deno.test("mysql: meters that write into a sharded table at the same time give one table", async () => {
    const batches = await meter(undefined, "5s", 20), url = fresh() + "?shards=4";
    const mine = (which: number) => batches.filter((_, i) => i % 3 === which);
    await Promise.all(
      [0, 1, 2].map((which) =>
        cacheFlows(stream(mine(which)), url, { window: 50, capture: { digest: `meter ${which}` } })
      ),
    );
    const engine = await openEngine(parseStoreUrl(url));
    assertEquals(
      await linesOf(engine, parseStoreUrl(url).table, CACHE_FIELDS),
      linesInMemory(batches, CACHE_FIELDS),
    );
    await engine.close();
  });
  Deno.test("mysql: rows that are streamed hold any bytes, with and without LOAD DATA", async () => {
    const url = parseStoreUrl(fresh());
    const shape: TableShape = {
      name: "streamed",
      columns: [
        { name: "k", kind: "integer", mysql: "INT NOT NULL" },
        { name: "small", kind: "integer", mysql: "TINYINT" },
        { name: "n", kind: "number" },
        { name: "t", kind: "text" },
        { name: "b", kind: "blob" },
      ],
      key: ["k"],
    };
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const rows: SqlValue[][] = [
      [1, null, 1700000000.123456, "tab\tnew\nline\\N \\ zero\0 'quoted' \r", all],
      [2, -128, -1e-300, "Grüße, 東京 🦉", all.subarray(0, 0)],
      [3, 127, 9007199254740991, "", null],
      [4, 0, null, null, all.toReversed()],
      [5, 9, 10, "x".repeat(250), new Uint8Array(300_000).fill(9)],
    ];
    for (const allowed of [1, 0]) {
      const admin = await openEngine(url);
      await admin.run(`SET GLOBAL local_infile = ${allowed}`);
      await admin.close();
      const engine = await openEngine(url);
      await engine.run("DROP TABLE IF EXISTS streamed");
      await engine.create(shape);
      const scratch: SqlValue[] = [];
      const reused = function* () {
        for (const row of rows) yield Object.assign(scratch, row);
      };
      await engine.put(shape, reused(), true);
      await engine.put(shape, reused());
      const found = await engine.all("SELECT k, small, n, t, b FROM streamed ORDER BY k");
      assertEquals(
        found.map((r) => r.map((v) => v instanceof Uint8Array ? [...v] : v)),
        rows.map((r) => r.map((v) => v instanceof Uint8Array ? [...v] : v)),
      );
      await assertRejects(() => engine.put(shape, [[6, 999, 0, "", null]].values()));
      await engine.close();
    }
    const admin = await openEngine(url);
    await admin.run("SET GLOBAL local_infile = 1");
    await admin.close();
  });
  Deno.test({
    name: "cluster demo: four meters, two servers, one of each killed, and the table of a single process",
    ignore: NO_SPIDER !== "",
    fn: async () => {
      const { code, out, err } = await runScript("cluster_demo.ts", []);
      assertEquals(code, 0, out + err);
      assert(out.includes("the tables are equal"), out);
    },
  });
  Deno.test.afterAll(() => server.remove());
}
