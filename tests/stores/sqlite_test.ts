import { assert, assertEquals, assertRejects } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { CACHE_FIELDS, cacheFlows, openEngine, openStore, parseStoreUrl } from "../../lib/stores/mod.ts";
import { contract } from "./contract.ts";
import { killTest } from "./kills.ts";
import { queryTest } from "./queries.ts";
import { linesAt, linesInMemory, meter, stream } from "./records.ts";

const folder = await Deno.makeTempDir({ prefix: "panoptes-sqlite-" });
let tables = 0;
const fresh = () => `sqlite:${folder}/flows.db?table=t${++tables}`;
contract("sqlite", fresh);
Deno.test("sqlite: queries that run in the engine give what the chain gives", () =>
  queryTest("sqlite", fresh));
Deno.test("sqlite: runs killed at random points end in the same table", () => killTest("sqlite", fresh));
Deno.test("sqlite: a runtime without threads makes the same table", async () => {
  const batches = await meter(), url = fresh(), { Worker } = globalThis;
  try {
    Object.assign(globalThis, { Worker: undefined });
    await cacheFlows(stream(batches), url, { window: 300 });
  } finally {
    Object.assign(globalThis, { Worker });
  }
  assertEquals(await linesAt(url), linesInMemory(batches, CACHE_FIELDS));
});
Deno.test("sqlite: records are taken while another writer holds the file", async () => {
  const batches = await meter(), url = fresh();
  await (await openStore(url)).close();
  const other = await openEngine(parseStoreUrl(url));
  await other.begin();
  const given = async function* () {
    yield* stream(batches.slice(0, -1));
    await other.commit();
    yield* stream(batches.slice(-1));
  };
  const window = batches.reduce((sum, batch) => sum + batch.length, 0) - batches.at(-1)!.length;
  const { commits } = await cacheFlows(given(), url, { window });
  await other.close();
  assertEquals(commits, 2);
  assertEquals(await linesAt(url), linesInMemory(batches, CACHE_FIELDS));
});
Deno.test("sqlite: a transaction that fails while records are taken ends the run", async () => {
  const batches = await meter(), url = fresh();
  const other = await openEngine(parseStoreUrl(url));
  let gone: Promise<void> | undefined;
  const dropped = async function* () {
    for (const batch of batches) {
      await gone;
      yield batch;
    }
  };
  const onCommit = () => gone ??= other.run(`DROP TABLE "${parseStoreUrl(url).table}"`);
  const problem = await assertRejects(
    () => cacheFlows(dropped(), url, { window: 100, onCommit }),
    Problem,
  );
  await other.close();
  assertEquals(problem.code, "store");
  assert(problem.message.includes("no such table"), problem.message);
});
Deno.test("sqlite: after an error the writing thread goes on", async () => {
  const { engine, shape } = await openStore(fresh());
  const rows = function* () {
    for (let i = 0; i < 20_000; i++) yield shape.columns.map(() => null);
  };
  await assertRejects(() => engine.run("nonsense"), Error, "syntax error");
  await assertRejects(() => engine.put({ ...shape, name: "absent" }, rows()), Error, "no such table");
  assertEquals(await engine.all("SELECT ? AS n", ["as ever"]), [["as ever"]]);
  await engine.close();
});
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
