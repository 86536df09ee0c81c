import { contract } from "./contract.ts";
import { killTest } from "./kills.ts";
import { queryTest } from "./queries.ts";

const folder = await Deno.makeTempDir({ prefix: "panoptes-sqlite-" });
let tables = 0;
const fresh = () => `sqlite:${folder}/flows.db?table=t${++tables}`;
contract("sqlite", fresh);
Deno.test("sqlite: queries that run in the engine give what the chain gives", () =>
  queryTest("sqlite", fresh));
Deno.test("sqlite: runs killed at random points end in the same table", () => killTest("sqlite", fresh));
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
