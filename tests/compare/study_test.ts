import { assert, assertEquals } from "@std/assert";
import { disputedTable, StudyBuilder, studyTable } from "../../lib/compare/mod.ts";
import { argus } from "../../lib/settings/mod.ts";
import { batchOf, type Row } from "./batches.ts";

const whole: Row[] = [
  { start: 0, end: 30, pkts: [6, 3], connection: 1, seq: 1 },
  { from: "c", start: 0, end: 5, connection: 2, seq: 1 },
  { from: "c", start: 8, end: 9, connection: 3, seq: 1 },
];
const cut: Row[] = [
  { start: 0, end: 9, pkts: [2, 1], connection: 1, seq: 1 },
  { from: "b", to: "a", start: 20, end: 30, pkts: [2, 4], know: "none", connection: 1, seq: 2 },
  { from: "c", start: 0, end: 9, pkts: [2, 2], connection: 2, seq: 1 },
];

function study() {
  const builder = new StudyBuilder([argus({ status: "never" }), argus({ status: "10s" })]);
  builder.take(0, batchOf(whole));
  builder.take(1, batchOf(cut));
  return builder.finish([{ flows: 3, bytes: 1500 }]);
}

Deno.test("figures of each setting", () => {
  const s = study();
  assertEquals(s.connections, 3);
  const [a, b] = s.settings;
  assertEquals(
    [
      a!.records,
      a!.connections,
      a!.unknownDirections,
      a!.flips,
      a!.splits,
      a!.merges,
      a!.peakFlows,
      a!.longestRecord,
    ],
    [3, 3, 0, 0, 0, 0, 3, 30e6],
  );
  assertEquals(
    [b!.records, b!.connections, b!.unknownDirections, b!.flips, b!.splits, b!.merges, b!.longestRecord],
    [3, 2, 1, 1, 1, 1, 10e6],
  );
  assertEquals([a!.packets, b!.packets], [13, 13]);
  assert(Number.isNaN(b!.peakFlows));
});

Deno.test("connections on which the settings disagree come with their initiator, worst first", () => {
  const s = study();
  assertEquals(s.disputed.map((c) => c.connection.id), ["0000000000000001", "0000000000000003"]);
  const [c] = s.disputed;
  assertEquals(c!.connection.ends[c!.initiator], ["10.0.0.1", "1001"]);
  assertEquals([c!.evidence, c!.records, c!.flips, c!.unknown], ["syn", [1, 2], [0, 1], [0, 1]]);
  assertEquals(studyTable(s).rows[1]!.slice(1, 7), [3, 2, 1, 1, 1, 1]);
  assertEquals(disputedTable(s).rows[0]!.slice(3), ["1", "2 1 flipped 1 ?"]);
});

Deno.test("the initiator is who the strongest evidence names, whatever came first", () => {
  const builder = new StudyBuilder([argus(), argus({ tcp: "1h" })]);
  builder.take(0, batchOf([{ from: "b", to: "a", start: 0, end: 9, know: "none", connection: 7 }]));
  builder.take(1, batchOf([{ start: 3, end: 9, connection: 7 }]));
  const s = builder.finish();
  assertEquals(s.settings.map((f) => f.flips), [1, 0]);
  assertEquals(s.disputed[0]!.connection.ends[s.disputed[0]!.initiator][0], "10.0.0.1");
});

Deno.test("a connection that all settings see alike is not disputed, however many there are", () => {
  const rows = Array.from(
    { length: 5000 },
    (_, i): Row => ({ start: i, end: i + 1, know: "none", connection: i + 1 }),
  );
  const builder = new StudyBuilder([argus(), argus({ tcp: "1h" })]);
  builder.take(0, batchOf(rows));
  builder.take(1, batchOf(rows));
  const s = builder.finish();
  assertEquals([s.connections, s.disputed.length, s.settings[0]!.unknownDirections], [5000, 0, 5000]);
});
