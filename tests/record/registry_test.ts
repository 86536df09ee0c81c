import { assert, assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { fieldOf, FIELDS, findField, RecordBatch, REVERSE_PEN, valueOf } from "../../lib/record/mod.ts";
import { fieldsPage, PAGE } from "../../scripts/docs.ts";
import { SHARED, testWhere } from "./shared.ts";

Deno.test("every field has a name of its own and a sort key", () => {
  assertEquals(new Set(FIELDS.map((f) => f.name)).size, FIELDS.length);
  const batch = new RecordBatch(1), row = batch.addBlank();
  for (const f of FIELDS) {
    assert(f.number !== undefined || f.text !== undefined, f.name);
    const value = valueOf(f, batch, row);
    assert(value === undefined || typeof value === (f.number ? "number" : "string"), f.name);
    assert(["number", "string"].includes(typeof f.sort(batch, row)), f.name);
  }
});

Deno.test("a destination field is the reverse element of its source field (RFC 5103)", () => {
  let pairs = 0;
  for (const f of FIELDS) {
    if (f.ipfix?.pen === undefined) continue;
    assertEquals(f.ipfix.pen, REVERSE_PEN, f.name);
    const forward = findField(f.name.replace(/^d/, "s"))?.ipfix ?? findField(f.name.slice(1))?.ipfix;
    assertEquals(forward?.id, f.ipfix.id, f.name);
    assertEquals(`reverse${forward!.name[0]!.toUpperCase()}${forward!.name.slice(1)}`, f.ipfix.name, f.name);
    pairs++;
  }
  assert(pairs >= 14, `${pairs} pairs`);
});

Deno.test("an unknown name is a problem that says it", () => {
  const problem = assertThrows(() => fieldOf("nosuch"), Problem);
  assertEquals(problem.code, "unknown-name");
  assertEquals(problem.found, "nosuch");
});

Deno.test("docs/fields.md is what the registry says: run `deno task docs`", () => {
  assertEquals(Deno.readTextFileSync(PAGE), fieldsPage());
});

/** Rows of the table of fields.md section 10: name, title, width, printing, XML attribute, SQL type. */
function written(): string[][] {
  return Deno.readTextFileSync(`${SHARED}/spec/fields.md`).split("## 10. All fields")[1]!.split("\n")
    .filter((l) => /^\| [a-z]+ \|/.test(l) && !l.startsWith("| name ")).map((l) =>
      l.split("|").slice(1, -1).map((c) => c.trim())
    );
}

testWhere(
  SHARED !== undefined,
  "no shared folder",
  "names, titles, widths and SQL types are those of fields.md",
  () => {
    const rows = written();
    assert(rows.length > 190, `${rows.length} rows`);
    const theirs = FIELDS.filter((f) => !f.extension);
    assertEquals(theirs.map((f) => f.name), rows.map((r) => r[0]));
    assertEquals(
      theirs.map((f) => `${f.name} ${f.title.slice(0, f.width)} ${f.width}${f.wide ? " + p" : ""} ${f.sql}`),
      rows.map((r) => `${r[0]} ${r[1]} ${r[2]} ${r[5]}`),
    );
  },
);
