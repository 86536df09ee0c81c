import { contract } from "./contract.ts";
import { killTest } from "./kills.ts";
import { queryTest } from "./queries.ts";

const folder = await Deno.makeTempDir({ prefix: "panoptes-duckdb-" });
let tables = 0;
const fresh = () => `duckdb:${folder}/flows.duckdb?table=t${++tables}`;
contract("duckdb", fresh);
Deno.test("duckdb: queries that run in the engine give what the chain gives", () =>
  queryTest("duckdb", fresh));
Deno.test("duckdb: runs killed at random points end in the same table", () => killTest("duckdb", fresh));
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
