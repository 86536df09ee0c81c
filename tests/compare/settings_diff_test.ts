import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { align, type Component } from "../../lib/compare/align.ts";
import { InOrder } from "../../lib/compare/in_order.ts";
import { DiffBuilder, eachDifference, SettingsDiff } from "../../lib/compare/mod.ts";
import { RowList } from "../../lib/compare/row_list.ts";
import { Shelf } from "../../lib/compare/shelf.ts";
import { batchOf, type Row } from "./batches.ts";

const step = fc.record({
  from: fc.constant("a"),
  to: fc.constantFrom("b", "b", "b", "c"),
  proto: fc.constantFrom(6, 6, 6, 17),
  pause: fc.integer({ min: 0, max: 3 }),
  length: fc.integer({ min: 0, max: 5 }),
  pkts: fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })),
  know: fc.constantFrom("syn" as const, "synack" as const, "none" as const),
  connection: fc.constantFrom(1, 1, 1, 2, 0),
  extra: fc.constantFrom(0, 0, 0, 5),
  frames: fc.integer({ min: 0, max: 3 }),
  // Frames of the record that lie behind the first of the next.
  beyond: fc.constantFrom(0, 0, 0, 0, 4),
  fate: fc.constantFrom("keep", "keep", "keep", "merge", "drop", "turn", "last", "early"),
});

/** Records that mostly follow one another, as a meter's do, and the same as another setting might have them. */
const sides = fc.array(step, { maxLength: 30 }).map((steps) => {
  const left: Row[] = [], right: Row[] = [];
  let start = 0, frame = 1;
  for (const { pause, length, frames, beyond, fate, ...r } of steps) {
    start += pause;
    const end = start + length, first = frame += 1 + frames;
    const last = (frame += length) + beyond;
    const row: Row = { ...r, start, end, frames: frames === 3 && length === 5 ? [0, 0] : [first, last] };
    if (length < 5) start = end;
    const before = right.findLastIndex((b) => b.to === row.to && b.proto === row.proto);
    left.push(row);
    if (fate === "merge" && before >= 0) {
      right[before] = { ...right[before]!, end, frames: [right[before]!.frames![0], last] };
    } else if (fate === "early") right.push({ ...row, start: start - 0.5, frames: [first - 1, last] });
    else if (fate === "turn") right.push({ ...row, from: row.to!, to: row.from!, know: "none" });
    else if (fate === "last") {
      right.push({ ...row, end: end + 1, frames: [first, Math.max(first, last - 1)] });
    } else if (fate !== "drop") right.push(row);
  }
  return [left, right] as const;
});

const options = fc.record({
  keepSame: fc.boolean(),
  sameFrames: fc.boolean(),
  tolerance: fc.constantFrom(0, 1_000_000),
  limit: fc.constantFrom(100_000, 3, 0),
});

Deno.test("where a walk along both sides is enough it finds what aligning finds", () => {
  let walked = 0;
  fc.assert(
    fc.property(sides, options, ([left, right], o) => {
      const shelf = new Shelf(), both = [new RowList(), new RowList()] as const;
      [left, right].forEach((rows, side) => shelf.add(side, batchOf(rows), 0, new RowList()));
      const walk = new InOrder(shelf, o);
      for (let group = 1; group < shelf.groupCount; group++) {
        shelf.gather(group, both);
        if (!walk.align(...both)) continue;
        walked++;
        const found: Component[] = [];
        for (let n = 0; n < walk.equal; n++) found.push([[walk.left[n]!], [walk.right[n]!]]);
        for (let c = 0, i = walk.equal, j = i; c < walk.components; c++) {
          found.push([
            [...walk.left.subarray(i, i = walk.leftEnds[c]!)],
            [...walk.right.subarray(j, j = walk.rightEnds[c]!)],
          ]);
        }
        const [l, r] = both.map((list) => [...list.rows.subarray(0, list.length)]);
        assertEquals(found, align(shelf, l!, r!, o));
      }
    }),
    { numRuns: 1000 },
  );
  assertEquals(walked > 1000, true);
});

Deno.test("several settings against the first give what each pair gives", () => {
  fc.assert(fc.property(sides, sides, options, fc.infiniteStream(fc.nat(99)), ([a, b], [c], o, random) => {
    const all = [a, b, c], names = ["a", "b", "c"];
    const together = new SettingsDiff(names.map((name) => ({ name })), o);
    const pairs = [1, 2].map((n) => new DiffBuilder({ name: "a" }, { name: names[n]! }, o));
    const at = [0, 0, 0];
    while (at.some((n, side) => n < all[side]!.length)) {
      const side = random.next().value % 3, most = 1 + random.next().value % 6;
      const part = batchOf(all[side]!.slice(at[side], at[side]! + most));
      at[side]! += part.length;
      together.take(side, part);
      pairs.forEach((pair, n) => {
        if (side === 0) pair.take(0, part);
        else if (side === n + 1) pair.take(1, part);
      });
    }
    const results = together.finish();
    assertEquals(results, pairs.map((pair) => pair.finish()));
    for (const result of results) assertEquals([...eachDifference(result)], result.differences);
  }));
});
