import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  htmlTable,
  JUPYTER,
  markdownTable,
  table,
  type TableModel,
  textTable,
} from "../../lib/display/mod.ts";

const HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m";

const cuts: TableModel = {
  title: "Cuts of the connection",
  columns: [{ name: "S", unit: "s" }, { name: "silence", unit: "s" }, { name: "cache" }],
  rows: [[99999, 15.0, "kept"], [99999, 1431.7, "lost"], [59999, 1430.5, null]],
};

Deno.test("text stands in columns, numbers to the right", () => {
  assertEquals(
    textTable(cuts, { color: false }),
    [
      "Cuts of the connection",
      "S (s)  silence (s)  cache",
      "─────  ───────────  ─────",
      "99999           15  kept",
      "99999       1431.7  lost",
      "59999       1430.5",
    ].join("\n"),
  );
});

Deno.test("colour comes only when asked for", () => {
  assert(!textTable(cuts, { color: false }).includes("\x1b"));
  assertStringIncludes(textTable(cuts, { color: true }), "\x1b[1mCuts of the connection");
});

Deno.test("wide characters keep the columns straight", () => {
  const lines = textTable(
    { columns: [{ name: "label" }, { name: "n" }], rows: [["漢字", 1], ["abcd", 2]] },
    { color: false },
  ).split("\n");
  assertEquals(lines.slice(2), ["漢字   1", "abcd   2"]);
});

Deno.test("rows left out are counted", () => {
  const many: TableModel = { columns: [{ name: "n" }], rows: Array.from({ length: 400 }, (_, i) => [i]) };
  assertStringIncludes(textTable(many), "… and 100 more rows");
  assertStringIncludes(htmlTable(many), "<p>… and 100 more rows</p>");
  assertEquals(htmlTable(many).match(/<tr>/g)!.length, 301);
  assertStringIncludes(markdownTable({ ...many, total: 5000 }, { maxRows: 10 }), "… and 4990 more rows");
});

Deno.test("an empty table has its heading", () => {
  assertEquals(textTable({ columns: [{ name: "a" }], rows: [] }, { color: false }).split("\n")[0], "a");
});

Deno.test("HTML has caption, scopes and numeric sort keys, and no script element", () => {
  const html = htmlTable(cuts);
  assertStringIncludes(html, "<caption>Cuts of the connection</caption>");
  assertStringIncludes(html, '<th scope="col" class="r">');
  assertStringIncludes(html, '<td class="r" data-v="1431.7">1431.7</td>');
  assertStringIncludes(html, "prefers-color-scheme:dark");
  assert(!html.includes("<script"));
  assert(!/https?:/.test(html), "no network");
});

Deno.test("hostile contents are text in every form", () => {
  const model: TableModel = {
    title: HOSTILE,
    columns: [{ name: HOSTILE }],
    rows: [[HOSTILE]],
    note: HOSTILE,
  };
  const html = htmlTable(model);
  assert(!/<script|<img/.test(html));
  assertEquals(html.match(/&#60;script&#62;/g)!.length, 4);
  assert(!/<script|<img/.test(markdownTable(model)));
  for (const text of [html, markdownTable(model), textTable(model, { color: false })]) {
    assert(!text.includes("\x1b"));
  }
});

Deno.test("a table shows itself in a notebook and in the console", async () => {
  const shown = table(cuts);
  assertEquals(Deno.inspect(shown), textTable(cuts));
  const bundle = await shown[JUPYTER]();
  assertEquals(bundle["text/plain"], textTable(cuts));
  assertEquals(bundle["text/html"], htmlTable(cuts));
  assertEquals(JSON.parse(JSON.stringify(shown)), JSON.parse(JSON.stringify(cuts)));
});
