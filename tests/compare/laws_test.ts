import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import {
  type Difference,
  type DifferenceClass,
  diffRecords,
  type DiffResult,
} from "../../lib/compare/mod.ts";
import { batchOf, type Row } from "./batches.ts";

const row: fc.Arbitrary<Row> = fc.record({
  from: fc.constantFrom("a", "b", "c"),
  to: fc.constantFrom("a", "b", "c"),
  proto: fc.constantFrom(6, 17),
  start: fc.integer({ min: 0, max: 40 }),
  length: fc.integer({ min: 0, max: 12 }),
  pkts: fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })),
  know: fc.constantFrom("syn" as const, "synack" as const, "none" as const),
  connection: fc.constantFrom(0, 1, 2),
  extra: fc.constantFrom(0, 0, 5),
  frame: fc.integer({ min: 1, max: 50 }),
}).map(({ length, frame, ...r }) => ({
  ...r,
  end: r.start + length,
  frames: [frame, frame + length] as const,
}));

const rows = fc.array(row, { maxLength: 25 });
const options = fc.record({ sameFrames: fc.boolean(), tolerance: fc.constantFrom(0, 1_000_000) });

function run(
  left: readonly Row[],
  right: readonly Row[],
  o: { sameFrames: boolean; tolerance: number },
): Promise<DiffResult> {
  return diffRecords([batchOf(left)], [batchOf(right)], [{ name: "l" }, { name: "r" }], {
    ...o,
    keepSame: true,
  });
}

const MIRROR: Partial<Record<DifferenceClass, DifferenceClass>> = {
  "only-left": "only-right",
  "only-right": "only-left",
  split: "merged",
  merged: "split",
};
const mirror = (c: DifferenceClass): DifferenceClass => MIRROR[c] ?? c;

function mirrored(d: Difference) {
  return {
    classes: new Set(d.classes.map(mirror)),
    left: d.right,
    right: d.left,
    flipped: { left: d.flipped.right, right: d.flipped.left },
    unknown: { left: d.unknown.right, right: d.unknown.left },
    believe: d.believe === "left" ? "right" : d.believe === "right" ? "left" : "neither",
    changed: d.changed.map((c) => [c.field, c.right, c.left, Number.isNaN(c.amount) ? "" : 0 - c.amount]),
  };
}

function seen(d: Difference) {
  return {
    classes: new Set(d.classes),
    left: d.left,
    right: d.right,
    flipped: d.flipped,
    unknown: d.unknown,
    believe: d.believe,
    changed: d.changed.map((c) => [c.field, c.left, c.right, Number.isNaN(c.amount) ? "" : c.amount]),
  };
}

const inOrder = <T extends { left: readonly { index: number }[]; right: readonly { index: number }[] }>(
  list: T[],
): T[] =>
  list.sort((a, b) =>
    (a.left[0]?.index ?? 1000) - (b.left[0]?.index ?? 1000) ||
    (a.right[0]?.index ?? 1000) - (b.right[0]?.index ?? 1000)
  );

Deno.test("a source compared with itself is all same", async () => {
  await fc.assert(fc.asyncProperty(rows, options, async (a, o) => {
    const d = await run(a, a, o);
    assertEquals(d.counts.same, a.length);
    assertEquals(d.differences.length, a.length);
  }));
});

Deno.test("comparing b with a mirrors comparing a with b", async () => {
  await fc.assert(fc.asyncProperty(rows, rows, options, async (a, b, o) => {
    const ab = await run(a, b, o), ba = await run(b, a, o);
    assertEquals(inOrder(ba.differences.map(mirrored)), inOrder(ab.differences.map(seen)));
  }));
});

Deno.test("every record stands in exactly one difference, packets and bytes included", async () => {
  await fc.assert(fc.asyncProperty(rows, rows, options, async (a, b, o) => {
    const d = await run(a, b, o);
    assert(d.totals.complete);
    for (const [side, all] of [["left", a], ["right", b]] as const) {
      const indexes = d.differences.flatMap((x) => x[side].map((r) => r.index)).sort((x, y) => x - y);
      assertEquals(indexes, all.map((_, i) => i));
      const packets = all.reduce((n, r) => n + r.pkts![0] + r.pkts![1], 0);
      assertEquals(d[side].packets, packets);
      assertEquals(
        d.differences.reduce((n, x) => n + x[side].reduce((m, r) => m + r.spkts + r.dpkts, 0), 0),
        packets,
      );
    }
  }));
});

Deno.test("order of arrival does not matter", async () => {
  await fc.assert(fc.asyncProperty(rows, rows, options, fc.integer(), async (a, b, o, seed) => {
    const shuffled = [...b].map((r, i) => [Math.imul(i + 1, seed | 1) >>> 0, r] as const).sort((x, y) =>
      x[0] - y[0]
    )
      .map(([, r]) => r);
    const plain = await run(a, b, o), other = await run(a, shuffled, o);
    assertEquals(other.counts, plain.counts);
  }));
});
