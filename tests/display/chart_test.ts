import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { Problem } from "../../lib/base/mod.ts";
import {
  costCurve,
  countOverTime,
  differenceMap,
  histogram,
  logBins,
  packetStrip,
  type Picture,
} from "../../lib/display/mod.ts";
import { assertWellFormed } from "./svg_boxes.ts";

const EVIL = `<script>alert("x")</script>&'`;

const pictures = (name: string): Record<string, Picture> => ({
  map: differenceMap({ title: name, settings: [name, "S=1h"], values: [[0, 3], [3, 0]], unit: name }),
  cost: costCurve({
    title: name,
    points: [60e6, 7200e6, Infinity].map((timeout, i) => ({
      series: name,
      timeout,
      unknown: 9 - i,
      bytes: 1e5 * i,
    })),
  }),
  histogram: histogram({
    title: name,
    values: [15e6, 15e6, 1430e6],
    unit: name,
    axis: name,
    rules: [{ name, value: 60e6 }],
  }),
  strip: packetStrip({ title: name, series: [{ name, times: [0, 1e6, 5e6] }] }),
});

for (const [kind, picture] of Object.entries(pictures(EVIL))) {
  Deno.test(`${kind}: hostile names are text, the file is well formed at both widths`, async () => {
    for (const width of [1000, 400]) {
      const svg = await picture.svg(width);
      assert(!svg.includes("<script"), svg);
      assertWellFormed(svg.replaceAll("&nbsp;", "&#160;"));
      assertStringIncludes(svg, `width="${width}"`);
      assertStringIncludes(svg, 'role="img"');
    }
  });
}

for (const [kind, picture] of Object.entries(pictures("plain"))) {
  Deno.test(`${kind}: the same model gives the same picture`, async () => {
    assertEquals(await picture.svg(), await picture.svg());
  });
}

Deno.test("the map prints its numbers and says the worst pair", async () => {
  const svg = await differenceMap({
    title: "map",
    settings: ["S=5s", "S=1h", "S=5s"],
    values: [[0, 42, 1], [42, 0, 2], [1, 2, 0]],
    unit: "records",
  }).svg();
  assertStringIncludes(svg, ">42</text>");
  assertStringIncludes(svg, "most records: 42, S=5s against S=1h.");
});

Deno.test("the curve labels every third of its axis, and never", async () => {
  const svg = await pictures("plain").cost!.svg();
  for (const label of ["60 s", "2 h", "never", "peak memory of live flows"]) {
    assertStringIncludes(svg, `>${label}</text>`);
  }
});

Deno.test("bins hold every value, in a bin that contains it", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 1e12 }), { maxLength: 50 }), (values) => {
    const bins = logBins(values);
    assertEquals(bins.reduce((n, b) => n + b.count, 0), values.length);
    for (const v of values) {
      assert(bins.some((b) => b.count > 0 && (v < 1 || v >= b.low * 0.999) && v <= b.high * 1.001));
    }
  }));
});

Deno.test("the histogram says how many are longer than each timeout", async () => {
  assertStringIncludes(await pictures("plain").histogram!.svg(), "1 longer than plain (60 s)");
});

Deno.test("every packet of the strip is in one column", () => {
  const counts = countOverTime([0, 1, 2, 99, 100], 0, 100, 10);
  assertEquals([...counts], [3, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
});

Deno.test("nothing to draw is drawn as nothing", async () => {
  for (
    const picture of [
      differenceMap({ title: "t", settings: [], values: [], unit: "u" }),
      costCurve({ title: "t", points: [] }),
      histogram({ title: "t", values: [], unit: "gaps", axis: "a" }),
      packetStrip({ title: "t", series: [] }),
      packetStrip({ title: "t", series: [{ name: "n", times: [5] }] }),
    ]
  ) assertWellFormed((await picture.svg()).replaceAll("&nbsp;", "&#160;"));
});

Deno.test("a picture writes itself as SVG and nothing else", async () => {
  const dir = await Deno.makeTempDir();
  const picture = pictures("plain").strip!;
  await picture.write(`${dir}/a.svg`);
  assertEquals(await Deno.readTextFile(`${dir}/a.svg`), await picture.svg() + "\n");
  await assertRejects(() => picture.write(`${dir}/a.png`), Problem, ".svg");
  await Deno.remove(dir, { recursive: true });
});
