import { assertEquals } from "@std/assert";
import {
  classesTable,
  differencesTable,
  diffRecords,
  sidesTable,
  toJson,
  totalsText,
} from "../../lib/compare/mod.ts";
import { batchOf } from "./batches.ts";

const result = await diffRecords(
  [batchOf([{ start: 0, end: 30, pkts: [6, 3] }, { from: "c", start: 0, end: 1 }])],
  [batchOf([
    { start: 0, end: 9, pkts: [2, 1] },
    { from: "b", to: "a", start: 20, end: 31, pkts: [2, 4], know: "none" },
    { from: "c", start: 0, end: 1 },
  ])],
  [{ name: "whole" }, { name: "cut" }],
);

Deno.test("tables of a comparison", () => {
  assertEquals(sidesTable(result).rows, [["left", "whole", 2, 11, 660, 0], ["right", "cut", 3, 11, 660, 1]]);
  assertEquals(classesTable(result).rows, [
    ["flipped", 1],
    ["direction-unknown", 1],
    ["split", 1],
    ["boundary-moved", 1],
    ["same", 1],
  ]);
  assertEquals(differencesTable(result.differences).rows, [[
    "tcp 10.0.0.1:1001 10.0.0.2:1002",
    "flipped 1, direction unknown 1, split into 2, boundary-moved",
    "1 -> 2",
    "ltime +1.000000 s",
  ]]);
});

Deno.test("totals say that nothing was lost", () => {
  assertEquals(totalsText(result), [
    "Every record stands in exactly one difference: 2 of 2 records on the left, 3 of 3 on the right.",
    "Both sides hold the same traffic: 11 packets, 660 bytes.",
  ]);
});

Deno.test("JSON holds what numbers cannot", () => {
  assertEquals(toJson([NaN, Infinity, 1, "x", undefined, { a: undefined, b: [NaN] }]), [
    null,
    "never",
    1,
    "x",
    undefined,
    { b: [null] },
  ]);
  const again = JSON.parse(JSON.stringify(toJson(result)));
  assertEquals([again.counts.split, again.left.seenPackets, again.differences[0].left[0].sappbytes], [
    1,
    null,
    null,
  ]);
});
