import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Clusterer, type ClusterOptions, KeyNumbers, numberedKey } from "../../lib/cluster/mod.ts";
import { batchOf, tell } from "./rows.ts";

const record = fc.record({
  from: fc.constantFrom("10.0.0.1", "10.0.0.2", "10.0.1.3"),
  to: fc.constantFrom("10.0.0.2", "10.0.2.9"),
  proto: fc.constantFrom(6, 17, 1),
  sport: fc.nat({ max: 4 }),
  start: fc.nat({ max: 50 }),
});

const OPTIONS: readonly ClusterOptions[] = [
  { correct: "none" },
  { correct: "none", rules: "argus" },
  { correct: "none", by: ["saddr/24", "proto"] },
  { correct: "none", status: "10s" },
];

Deno.test("records with numbered keys make the aggregates that records without make, also when some are left out", () => {
  for (const options of OPTIONS) {
    fc.assert(
      fc.property(fc.array(fc.tuple(record, fc.boolean()), { maxLength: 300 }), (list) => {
        const batch = batchOf(...list.map(([made]) => made)), keys = new Int32Array(list.length);
        new KeyNumbers(numberedKey(options)!).number(batch, keys);
        const told = [false, true].map((numbered) => {
          const clusterer = new Clusterer(options, numbered);
          batch.keys = numbered ? keys : undefined;
          const rows = Int32Array.from(list.flatMap(([, wanted], row) => wanted ? [row] : []));
          clusterer.addRows(batch, rows, rows.length);
          return [tell(clusterer.take() ?? batchOf()), tell(clusterer.flush())];
        });
        assertEquals(told[1], told[0]);
      }),
      { numRuns: 100 },
    );
  }
});

Deno.test("keys are numbered by others for plain aggregation only", () => {
  const turned: readonly ClusterOptions[] = [
    {},
    { correct: "argus" },
    { correct: "none", rmon: true },
    { correct: "none", by: ["matrix"] },
    { correct: "none", by: ["none"] },
    { correct: "none", by: ["addr"] },
    { correct: "none", metric: "bytes" },
  ];
  for (const options of turned) assertEquals(numberedKey(options), undefined);
  assertEquals(numberedKey({ correct: "none", by: ["saddr"], rules: "argus" }), {
    by: ["saddr"],
    exact: false,
  });
});
