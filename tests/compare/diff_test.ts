import { assert, assertEquals } from "@std/assert";
import { type DiffOptions, diffRecords, type DiffResult } from "../../lib/compare/mod.ts";
import { batchOf, type Row } from "./batches.ts";

function diff(left: readonly Row[], right: readonly Row[], options: DiffOptions = {}): Promise<DiffResult> {
  return diffRecords([batchOf(left)], [batchOf(right)], [{ name: "left" }, { name: "right" }], {
    keepSame: true,
    ...options,
  });
}

Deno.test("records that say the same are the same wherever they stand", async () => {
  const a: Row = { start: 1, end: 2 }, b: Row = { from: "c", start: 1, end: 5 };
  const d = await diff([a, b], [b, a]);
  assertEquals(d.counts.same, 2);
  assertEquals(d.differences.map((x) => x.class), ["same", "same"]);
  assert(d.totals.complete && d.totals.equal);
});

Deno.test("one record that is several on the other side is split, the other way round merged", async () => {
  const whole: Row[] = [{ start: 0, end: 30, pkts: [6, 3] }];
  const parts: Row[] = [
    { start: 0, end: 9, pkts: [2, 1] },
    { start: 10, end: 19, pkts: [2, 1] },
    { start: 20, end: 30, pkts: [2, 1] },
  ];
  const d = await diff(whole, parts);
  assertEquals(d.differences.map((x) => x.classes), [["split"]]);
  assertEquals(d.differences[0]!.right.length, 3);
  assertEquals((await diff(parts, whole)).differences.map((x) => x.classes), [["merged"]]);
});

Deno.test("exchanged ends are flipped and the side with the handshake is to believe", async () => {
  const d = await diff(
    [{ start: 0, end: 3, pkts: [3, 2] }],
    [{ from: "b", to: "a", start: 0, end: 3, pkts: [2, 3], know: "none" }],
  );
  const [x] = d.differences;
  assertEquals(x!.classes, ["flipped", "direction-unknown"]);
  assertEquals(x!.believe, "left");
  assertEquals(x!.changed, []);
  assertEquals(x!.flipped, { left: [0], right: [0] });
  assertEquals(x!.unknown, { left: [], right: [0] });
  assertEquals(d.right.unknownDirections, 1);
});

Deno.test("a direction that neither side knows is no difference", async () => {
  const row: Row = { start: 0, end: 3, know: "none" };
  assertEquals((await diff([row], [row])).counts.same, 1);
});

Deno.test("a counter that changed is named with its amount, from the source of the side to believe", async () => {
  const d = await diff(
    [{ start: 0, end: 3, pkts: [3, 2], bytes: [300, 200] }],
    [{ from: "b", to: "a", start: 0, end: 3, pkts: [2, 4], bytes: [200, 390], know: "none" }],
  );
  assertEquals(d.differences[0]!.changed, [
    { field: "spkts", left: 3, right: 4, amount: 1 },
    { field: "sbytes", left: 300, right: 390, amount: 90 },
  ]);
  assert(d.differences[0]!.classes.includes("counter-changed"));
  assertEquals([d.totals.packetsApart, d.totals.bytesApart, d.totals.equal], [1, 90, false]);
});

Deno.test("a moved end is a moved boundary unless it is within the tolerance", async () => {
  const left: Row[] = [{ start: 0, end: 3 }], right: Row[] = [{ start: 0, end: 3.5 }];
  const d = await diff(left, right);
  assertEquals(d.differences[0]!.classes, ["boundary-moved"]);
  assertEquals(d.differences[0]!.changed, [{ field: "ltime", left: 3e6, right: 3.5e6, amount: 500_000 }]);
  assertEquals((await diff(left, right, { tolerance: 500_000 })).counts.same, 1);
});

Deno.test("cuts at other places are moved boundaries", async () => {
  const d = await diff(
    [{ start: 0, end: 9, pkts: [3, 0] }, { start: 10, end: 30, pkts: [6, 0] }],
    [{ start: 0, end: 19, pkts: [6, 0] }, { start: 20, end: 30, pkts: [3, 0] }],
  );
  assertEquals(d.differences.map((x) => x.classes), [["boundary-moved"]]);
});

Deno.test("cuts that both sides have part a connection into differences of their own", async () => {
  const d = await diff(
    [{ start: 0, end: 9, pkts: [3, 0] }, { start: 20, end: 30, pkts: [6, 0] }],
    [{ start: 0, end: 9, pkts: [3, 0] }, { start: 20, end: 24, pkts: [2, 0] }, {
      start: 26,
      end: 30,
      pkts: [4, 0],
    }],
  );
  assertEquals(d.differences.map((x) => x.class), ["same", "split"]);
});

Deno.test("what has no counterpart in time stands alone", async () => {
  const d = await diff([{ start: 0, end: 1 }, { from: "c", start: 0, end: 1 }], [{ start: 100, end: 101 }]);
  assertEquals(d.differences.map((x) => x.class).sort(), ["only-left", "only-left", "only-right"]);
});

Deno.test("a record whose end was raised to the next one's start does not swallow it", async () => {
  const d = await diff(
    [{ start: 0, end: 50, pkts: [5, 0] }, { start: 50, end: 60, pkts: [3, 0] }],
    [{ start: 0, end: 10, pkts: [5, 0] }, { start: 50, end: 60, pkts: [3, 0] }],
  );
  assertEquals(d.differences.map((x) => x.classes), [["boundary-moved"], ["same"]]);
});

Deno.test("connection ids tell apart what overlaps", async () => {
  const rows = (n: number): Row[] => [
    { proto: 17, start: 0, end: 4, connection: 1, pkts: [n, 0] },
    { proto: 17, start: 1, end: 5, connection: 2 },
  ];
  const d = await diff(rows(2), rows(3));
  assertEquals(d.differences.map((x) => x.class), ["counter-changed", "same"]);
  assertEquals(d.differences[0]!.connection.id, "0000000000000001");
});

Deno.test("transaction ids tell apart what overlaps when there are no connection ids", async () => {
  const rows = (n: number): Row[] => [
    { proto: 17, start: 0, end: 4, extra: 7, pkts: [n, 0] },
    { proto: 17, start: 1, end: 5, extra: 8 },
  ];
  assertEquals((await diff(rows(2), rows(3))).differences.map((x) => x.class), ["counter-changed", "same"]);
});

Deno.test("a reuse that one side merged into the old record is found by what that record holds too much", async () => {
  const d = await diff(
    [{ start: 0, end: 4, connection: 1, pkts: [5, 5] }, { start: 6, end: 9, connection: 2, pkts: [3, 3] }],
    [{ start: 0, end: 9, connection: 1, pkts: [8, 8] }],
  );
  assertEquals(d.differences.map((x) => x.classes), [["merged"]]);
  assert(d.totals.complete && d.totals.equal);
});

Deno.test("frames tell what a record covers when both sides count the same capture", async () => {
  const left: Row[] = [
    { start: 0, end: 5, frames: [1, 4], pkts: [4, 0] },
    { start: 5, end: 9, frames: [5, 8], pkts: [4, 0] },
  ];
  const right: Row[] = [
    { start: 0, end: 5.5, frames: [1, 4], pkts: [4, 0] },
    { start: 5.2, end: 9, frames: [5, 8], pkts: [4, 0] },
  ];
  assertEquals((await diff(left, right, { sameFrames: true })).differences.length, 2);
  assertEquals((await diff(left, right)).differences.length, 1);
});

Deno.test("sorted input is compared as it comes and gives the same", async () => {
  const side = (shift: number): Row[] =>
    Array.from({ length: 60_000 }, (_, i) => ({
      from: String.fromCharCode(97 + (i * 7) % 20),
      to: "z",
      start: i,
      end: i + 1 + (i % 5 === 0 ? shift : 0),
      pkts: [1 + i % 3, 0] as const,
    }));
  const left = side(0), right = side(0.25);
  const chunks = (rows: Row[]) =>
    Array.from({ length: 20 }, (_, i) => batchOf(rows.slice(i * 3000, (i + 1) * 3000)));
  const whole = await diffRecords(chunks(left), chunks(right));
  const sorted = await diffRecords(chunks(left), chunks(right), undefined, { sortedWithin: 0 });
  assertEquals(sorted.counts, whole.counts);
  assertEquals(sorted.counts["boundary-moved"], 12_000);
  assertEquals(sorted.differences, whole.differences);
  assert(sorted.totals.complete);
});

Deno.test("a limit keeps the count", async () => {
  const rows = (n: number): Row[] =>
    Array.from({ length: 10 }, (_, i) => ({ start: i * 10, end: i * 10 + n }));
  const d = await diff(rows(1), rows(2), { limit: 3 });
  assertEquals([d.differences.length, d.leftOut, d.counts["boundary-moved"]], [3, 7, 10]);
  assert(d.totals.complete);
});
