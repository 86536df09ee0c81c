import { assert, assertEquals, assertRejects } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { CACHE_FIELDS, cacheFlows, openEngine, parseStoreUrl } from "../../lib/stores/mod.ts";
import { linesInMemory, linesOf, meter, stream } from "./records.ts";
import { contract } from "./contract.ts";
import { killTest } from "./kills.ts";
import { queryTest } from "./queries.ts";
import { NO_SERVER, startServer } from "../../scripts/cluster/mariadb.ts";

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
  Deno.test.afterAll(() => server.remove());
}
