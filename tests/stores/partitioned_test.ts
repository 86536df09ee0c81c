import { assert, assertEquals } from "@std/assert";
import { writePartitioned } from "../../lib/formats/mod.ts";
import { openEngine, parseStoreUrl } from "../../lib/stores/mod.ts";
import { count, meter } from "./records.ts";

Deno.test("partitioned Parquet: each record in the file of its hour, and DuckDB reads the folder as one table", async () => {
  const folder = await Deno.makeTempDir();
  const batches = await meter();
  for (const by of ["day", "hour"] as const) {
    const files = await writePartitioned(`${folder}/${by}`, batches, { by });
    assertEquals([...files.values()].reduce((a, b) => a + b), count(batches));
    const engine = await openEngine(parseStoreUrl("duckdb::memory:"));
    const table = `read_parquet('${folder}/${by}/**/*.parquet', hive_partitioning = true)`;
    const [[rows, wrong, dates]] = await engine.all(
      `SELECT count(*), count(*) FILTER (WHERE CAST(date AS VARCHAR) <> strftime(stime, '%Y-%m-%d')${
        by === "hour" ? " OR CAST(hour AS INTEGER) <> hour(stime)" : ""
      }), count(DISTINCT date) FROM ${table}`,
    ) as [[number, number, number]];
    assertEquals([rows, wrong], [count(batches), 0]);
    assert(dates > 1);
    await engine.close();
  }
  await Deno.remove(folder, { recursive: true });
});
