import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { Problem } from "../../lib/base/mod.ts";
import { compileRecordFilter, printExpression, toSql } from "../../lib/expression/mod.ts";
import { FIELDS, RecordBatch, valueOf } from "../../lib/record/mod.ts";
import { expression, record } from "./arbitrary.ts";

/** Columns the generated records can differ in. */
const COLUMNS = FIELDS.filter((f) =>
  ("saddr daddr proto sport dport spkts dpkts sbytes dbytes sappbytes dappbytes dur srate drate sload dload pcr seq trans sttl dttl " +
    "stos dtos svlan dvlan smpls dmpls smac dmac sco dco sas das srcid evidence endreason connseq").split(" ")
    .includes(f.name)
);

/** A table of the records, with nothing as NULL except where the registry says "not null". */
function tableOf(batch: RecordBatch): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  db.exec(`CREATE TABLE flows (id INTEGER, ${COLUMNS.map((f) => `"${f.name}"`).join(", ")})`);
  const insert = db.prepare(`INSERT INTO flows VALUES (?${", ?".repeat(COLUMNS.length)})`);
  for (let row = 0; row < batch.length; row++) {
    const values = COLUMNS.map((f) => valueOf(f, batch, row) ?? (f.sql.includes("not null") ? "" : null));
    insert.run(row, ...values);
  }
  return db;
}

Deno.test("the condition and its rest select exactly the rows of the predicate", () => {
  let pushed = 0, whole = 0;
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 20, maxLength: 40 }),
      fc.array(expression, { minLength: 5, maxLength: 5 }),
      (fills, filters) => {
        const batch = new RecordBatch(fills.length);
        for (const fill of fills) fill(batch);
        const db = tableOf(batch);
        for (const e of filters) {
          const accepts = compileRecordFilter(e);
          const { text, params, rest } = toSql(e, "sqlite");
          const rows = db.prepare(`SELECT id FROM flows WHERE ${text} ORDER BY id`).all(...params).map((r) =>
            Number(r.id)
          );
          const stays = rest ? compileRecordFilter(rest) : () => true;
          const got = rows.filter((row) => stays(batch, row));
          const want = [...fills.keys()].filter((row) => accepts(batch, row));
          assertEquals({ filter: printExpression(e), text, rows: got }, {
            filter: printExpression(e),
            text,
            rows: want,
          });
          if (text !== "1 = 1") pushed++;
          if (!rest) whole++;
        }
        db.close();
      },
    ),
    { numRuns: 100 },
  );
  assertEquals([pushed > 150, whole > 100], [true, true]);
});

Deno.test("values are parameters and names come from the registry", () => {
  const { text, params, rest } = toSql("port 80 and src net 10.1.0.0/16 and dur gt 0.5", "mysql");
  assertEquals(
    text,
    "(`proto` IN (?, ?, ?, ?, ?) AND (COALESCE(CAST(`sport` AS UNSIGNED), 0) = ? OR COALESCE(CAST(`dport` AS UNSIGNED), 0) = ?)) AND " +
      "`saddr` LIKE ? AND `dur` >= ?",
  );
  assertEquals(params.slice(0, 8), ["tcp", "udp", "rtp", "rtcp", "udt", 80, 80, "10.1.%"]);
  assertEquals(params.length, 9);
  assertEquals(rest, undefined);
  const quoted = toSql(`state eq "x' OR 1=1 --"`, "duckdb");
  assertEquals([quoted.text, quoted.params], [`COALESCE("state", '') = ?`, ["x' OR 1=1 --"]]);
});

Deno.test("what no column holds stays with the caller, with the reason", () => {
  const { text, rest, reasons } = toSql("syn and src pkts gt 3 and (start or tcp)", "sqlite");
  assertEquals(text, `("spkts" > ? AND "spkts" IS NOT NULL)`);
  assertEquals(rest && printExpression(rest), "syn and (start or tcp)");
  assertEquals(reasons.length, 2);
  const few = toSql("dur gt 1 and tcp", "sqlite", { columns: new Set(["proto", "saddr"]) });
  assertEquals([few.params, few.rest && printExpression(few.rest)], [["tcp"], "dur gt 1"]);
});

Deno.test("a bad filter is a problem, not a rest", () => {
  assertThrows(() => toSql("tcp and port nosuch", "sqlite"), Problem, "known service");
});
