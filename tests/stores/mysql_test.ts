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
  Deno.test.afterAll(() => server.remove());
}
