import { assert, assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { isStoreUrl, openStore, parseStoreUrl } from "../../lib/stores/mod.ts";

Deno.test("addresses of stores are read in every form", () => {
  const { dialect, path, table } = parseStoreUrl("sqlite:flows.db?table=longlived");
  assertEquals([dialect, path, table], ["sqlite", "flows.db", "longlived"]);
  assertEquals(parseStoreUrl("duckdb:///tmp/a.duckdb").path, "/tmp/a.duckdb");
  const m = parseStoreUrl("mysql://user@localhost/db/longlivedflows");
  assertEquals([m.user, m.host, m.port, m.database, m.table], [
    "user",
    "localhost",
    3306,
    "db",
    "longlivedflows",
  ]);
  assertEquals(parseStoreUrl("mariadb://u:p%40ss@[::1]:3307/db?table=t&shards=16").password, "p@ss");
  assertEquals(parseStoreUrl("mysql://u@h/db?shards=16").shards, 16);
  assert(isStoreUrl("sqlite:x") && !isStoreUrl("flows.argus") && !isStoreUrl("argus://host"));
});

Deno.test("a password is in no message and no name", () => {
  for (
    const text of [
      "mysql://u:sekret@h/db/bad name",
      "mysql://u:sekret@h",
      "mysql://u:sekret@h/db?what=1",
      "mysql://u:sekret@h:x/db",
      "mysql://u:sek:ret@h/db;drop/t",
    ]
  ) {
    const problem = assertThrows(() => parseStoreUrl(text), Problem);
    assert(!JSON.stringify([problem.message, problem]).includes("sek"), problem.message);
  }
  assertEquals(parseStoreUrl("mysql://u:sekret@h/db/t").name, "mysql://u@h/db/t");
});

Deno.test("names that could be SQL are refused", () => {
  for (const table of ["a b", "a;b", 'a"b', "a`b", "", "1a", "a-b", "x".repeat(65)]) {
    assertThrows(() => parseStoreUrl(`sqlite:f.db?table=${encodeURIComponent(table)}`), Problem);
  }
});

Deno.test("what cannot be opened is a problem, not a stack trace", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/no.db`, "this is no database, it is a text of some length".repeat(200));
  for (const scheme of ["sqlite", "duckdb"]) {
    for (const path of [`${folder}/no.db`, `${folder}/missing/x.db`]) {
      const error = await openStore(`${scheme}:${path}`).then(() => undefined, (e) => e);
      assert(error instanceof Problem && error.code === "store", `${scheme} ${path}: ${error}`);
    }
  }
  await Deno.remove(folder, { recursive: true });
});
