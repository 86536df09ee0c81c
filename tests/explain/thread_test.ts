import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DiffBuilder } from "../../lib/compare/mod.ts";
import { openFrames } from "../../lib/capture/mod.ts";
import { PACKET_DOUBLES } from "../../lib/decode/mod.ts";
import {
  Diary,
  noteFrames,
  PacketTimesTap,
  remedy,
  why,
  whyClock,
  whyDifference,
} from "../../lib/explain/mod.ts";
import { argus } from "../../lib/settings/mod.ts";
import { batchesOf, fixture, type Metered, meterings, port } from "./meterings.ts";

const FULL = fixture("thread-full.pcap.gz"), ONLY = fixture("thread-only.pcap.gz");
const A = port(49227);
const INTERVALS = ["999999s", "99999s", "59999s", "19999s"];

/** The table of the case: -S, rows, last packet, start + S, next packet, silence, wait after start + S, what became of the entry. */
const TABLE = `
99999 1-2 100010.322 100016.463 100025.320 15.0 8.9 kept
99999 2-3 199243.375 200024.320 200675.111 1431.7 650.8 lost
59999 1-2 59954.265 60016.463 61384.777 1430.5 1368.3 lost
59999 2-3 120149.812 121383.777 121577.852 1428.0 194.1 lost
59999 3-4 181342.434 181576.852 182771.011 1428.6 1194.2 lost
19999 1-2 20005.996 20016.463 20021.002 15.0 4.5 kept
19999 2-3 39233.016 40020.002 40660.349 1427.3 640.3 lost
19999 3-4 59954.265 60659.349 61384.777 1430.5 725.4 lost
19999 4-5 81375.160 81383.777 81390.163 15.0 6.4 kept
19999 5-6 100400.655 101389.163 101828.524 1427.9 439.4 lost
19999 6-7 121817.915 121827.524 121832.923 15.0 5.4 kept
19999 7-8 141810.163 141831.923 143238.393 1428.2 1406.5 lost
19999 8-9 163235.756 163237.393 163250.760 15.0 13.4 kept
19999 9-10 183221.639 183249.760 184650.232 1428.6 1400.5 lost
19999 10-11 204634.599 204649.232 204649.604 15.0 0.4 kept
19999 11-12 223707.032 224648.604 225135.984 1429.0 487.4 lost
`.trim().split("\n");

let full: Promise<Metered[]> | undefined;
const metered = () => full ??= meterings(FULL, INTERVALS.map((status) => argus({ status })), A);

Deno.test("every cut of the case has the numbers of its table", async () => {
  const lines: string[] = [];
  for (const m of await metered()) {
    for (const c of new Diary(m).cuts()) {
      const at = (us: number) => (us / 1e6).toFixed(3), long = (us: number) => (us / 1e6).toFixed(1);
      lines.push(
        `${m.settings.status / 1e6} ${c.before}-${c.after} ${at(c.lastPacket)} ${at(c.boundary)} ${
          at(c.nextPacket)
        } ` +
          `${long(c.silence)} ${long(c.wait)} ${c.fate}`,
      );
    }
  }
  assertEquals(lines, TABLE);
});

Deno.test("every record whose direction is lost names silence, boundary, timer, dropper and first speaker", async () => {
  const m = (await metered())[3]!, diary = new Diary(m);
  const whys = m.records.map((r) => why(r, diary));
  assertEquals(whys.map((w) => w.code), [
    "syn-seen",
    "syn-seen",
    "direction-lost",
    "direction-lost",
    "direction-lost-earlier",
    "direction-lost",
    "direction-lost-earlier",
    "direction-lost",
    "direction-lost-earlier",
    "direction-lost",
    "direction-lost-earlier",
    "direction-lost",
    "syn-seen",
  ]);
  const third = whys[2]!;
  assertEquals([third.gap, third.boundary, third.timer], [1_427_332_931, 40_020_002_302, "idle"]);
  assertEquals(third.frames, [8367, 8402, 8420, 8442]);
  for (
    const part of [
      "1427.3 s",
      "640.3 s",
      "11:07:00.002",
      "60 s",
      "frame 8420",
      "147.32.83.57:5552",
      "TCP timeout of 600 s",
    ]
  ) {
    assertStringIncludes(third.sentence, part);
  }
  assertEquals(whys[4]!.cut?.boundary, 60_659_348_905);
  assertEquals(whys.map((w) => w.also.find((r) => r.code.startsWith("kept"))?.code), [
    undefined,
    "kept-own-packet",
    undefined,
    undefined,
    "kept-revived",
    undefined,
    "kept-own-packet",
    undefined,
    "kept-own-packet",
    undefined,
    "kept-own-packet",
    undefined,
    undefined,
  ]);
});

Deno.test("a second look at the capture says whose frames noticed and dropped", async () => {
  const m = (await metered())[1]!, plain = new Diary(m);
  const frames = await noteFrames(openFrames(FULL), plain.framesSpokenOf(), A);
  const third = why(m.records[2]!, new Diary({ ...m, frames }));
  assertStringIncludes(third.sentence, `Frame 23924 (${frames.text(23924)})`);
  assertStringIncludes(third.sentence, `frame 23928 (${frames.text(23928)})`);
  assertEquals(frames.sender(23964), "147.32.83.57:5552");
  assertEquals(frames.syns(0, 1e9).map((s) => [s.frame, s.sender]).slice(0, 1), [[74, "10.0.2.104:49227"]]);
});

Deno.test("the first record of example 1 ends with the SYN of the next connection", async () => {
  const m = (await metered())[0]!, diary = new Diary(m);
  const [a, b] = m.records.map((r) => why(r, diary));
  assertEquals(m.records[0]!.ltime, 576_672_286_232);
  const codes = a!.also.map((r) => r.code);
  assert(codes.includes("port-reuse") && codes.includes("end-is-syn"), codes.join());
  assertEquals(a!.also.find((r) => r.code === "end-is-syn")!.frames, [27915, 44320]);
  assertEquals(b!.also[0]!.code, "restarted");
});

Deno.test("the filtered capture keeps the entry because nobody else let time go on", async () => {
  const status = "99999s";
  const [only] = await meterings(ONLY, [argus({ status })], A);
  const [exact] = await meterings(ONLY, [argus({ status, clock: "exact" })], A);
  const whole = (await metered())[1]!;
  const id = whole.records[0]!.connection;
  for (const other of [whole, exact!]) {
    const reasons = whyClock(new Diary(other), new Diary(only!), id);
    assertEquals(reasons.map((r) => r.code), ["other-clock"]);
    assertEquals(reasons[0]!.cut!.boundary, 200_024_320_456);
    assertStringIncludes(reasons[0]!.sentence, "no packet at all passed");
  }
  assertEquals(new Diary(only!).cuts(id).map((c) => [c.fate, c.by]), [["kept", "own"], ["kept", "own"]]);
  assertEquals(only!.records.map((r) => r.dir), ["->", "->", "->", "->"]);
});

Deno.test("a difference of two intervals names the flipped records and every cut", async () => {
  const [whole, , , hour] = await metered();
  const diff = new DiffBuilder({ name: "whole" }, { name: "hour" }, { sameFrames: true });
  for (const b of batchesOf(whole!)) diff.take(0, b);
  for (const b of batchesOf(hour!)) diff.take(1, b);
  const d = diff.finish();
  assertEquals([d.counts.flipped, d.counts.split, d.totals.complete, d.totals.equal], [1, 1, true, true]);
  const [x] = d.differences;
  assertEquals([x!.left.length, x!.right.length, x!.flipped.right.length, x!.believe], [1, 12, 10, "left"]);
  const w = whyDifference(x!, { left: new Diary(whole!), right: new Diary(hour!) });
  assertEquals(w.code, "direction-lost");
  const said = [w, ...w.also];
  assertEquals(said.filter((r) => r.code.startsWith("direction-lost")).length, 10);
  assertStringIncludes(
    said.find((r) => r.code === "split")!.sentence,
    "11 times more, 5 times with the entry kept and 6 times",
  );
  assertEquals(said.filter((r) => r.cut && r.code.startsWith("status-")).length, 11);
  assert(said.some((r) => r.code === "end-is-syn"));
});

Deno.test("the remedies are verified by metering again", async () => {
  for (const [i, above, smallest] of [[1, 1432, 621], [3, 1431, 1361]] as const) {
    const m = (await metered())[i]!, id = m.records[0]!.connection;
    const tap = new PacketTimesTap();
    await meterings(FULL, [m.settings], (c, p) => A(c, p) && c.times[p * PACKET_DOUBLES]! < 300_000e6, tap);
    const found = await remedy({
      diary: new Diary(m),
      connection: id,
      times: tap.times(),
      remeter: (settings) => meterings(FULL, settings, A),
    });
    const tcp = found.find((r) => r.setting === "tcp")!, status = found.find((r) => r.setting === "status")!;
    assertEquals([tcp.to, tcp.smallest, tcp.always, tcp.verified], [
      above * 1e6,
      smallest * 1e6,
      above * 1e6,
      true,
    ]);
    assertEquals([status.to, status.always, status.verified], [50_128e6, 239_979e6, true]);
    const [good, bad] = await meterings(FULL, [
      argus({ status: m.settings.status / 1e6, tcp: smallest }),
      argus({ status: m.settings.status / 1e6, tcp: smallest - 1 }),
    ], A);
    assert(good!.records.every((r) => r.dir === "->"));
    assert(bad!.records.some((r) => r.dir === "<?>"));
  }
});
