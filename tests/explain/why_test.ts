import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodePcap } from "../../lib/capture/mod.ts";
import { Diary, remedy, statusTextReason, why, whyConnection } from "../../lib/explain/mod.ts";
import { argus } from "../../lib/settings/mod.ts";
import { fixture, type Metered, meterings, port } from "./meterings.ts";
import { type Segment, tcp, udp } from "./segments.ts";

async function explain(segments: readonly Segment[], input: Parameters<typeof argus>[0] = {}) {
  const [m] = await meterings(encodePcap(segments), [argus(input)]);
  const diary = new Diary(m!);
  return { m: m!, diary, whys: m!.records.map((r) => why(r, diary)) };
}

const codes = (
  w: { code: string; also: readonly { code: string }[] },
) => [w.code, ...w.also.map((r) => r.code)];
const C = "10.0.0.1:4000", S = "10.0.0.9:80";
const open = (t: number, from = C, to = S, isn = 1000): Segment[] => [
  tcp(t, from, to, "S", isn, 0),
  tcp(t + 0.01, to, from, "SA", isn + 5000, isn + 1),
  tcp(t + 0.02, from, to, "A", isn + 1, isn + 5001),
];
/** Other traffic that lets time go on, one packet a second. */
const others = (from: number, to: number): Segment[] =>
  Array.from({ length: to - from }, (_, i) => udp(from + i, `10.1.0.${1 + i % 200}:53`, "10.1.1.1:99"));
const inTime = (segments: Segment[]) => segments.sort((a, b) => a.time - b.time);

Deno.test("a kept cut, a lost one and the record that inherits the loss", async () => {
  const { m, whys } = await explain(inTime([
    ...open(0),
    tcp(8, C, S, "PA", 1001, 6001, 10),
    ...others(0, 130),
    tcp(100.5, S, C, "PA", 6001, 1011, 10),
    tcp(107.5, S, C, "PA", 6011, 1011, 10),
  ]));
  const mine = whys.filter((w) => w.record!.proto === "tcp");
  assertEquals(mine.map((w) => w.code), ["syn-seen", "syn-seen", "direction-lost", "direction-lost-earlier"]);
  assertEquals(mine.map((w) => w.timer), ["status", "status", "idle", "idle"]);
  const lost = mine[2]!;
  assertEquals([lost.gap, lost.boundary - m.records[0]!.stime], [92_500_000, 13e6]);
  assertEquals(lost.cut!.timeout, 60e6);
  assertEquals(lost.cut!.spokeFirst, S);
  assertStringIncludes(lost.sentence, "silent for 92.5 s");
});

Deno.test("an own packet that comes after every timer still finds its entry when nobody else spoke", async () => {
  const { whys } = await explain([...open(0), tcp(10_000, S, C, "PA", 6001, 1001, 10)]);
  assertEquals(whys.map((w) => w.code), ["syn-seen", "syn-seen"]);
  assert(codes(whys[1]!).includes("kept-own-packet"));
  assertEquals(whys[1]!.also.find((r) => r.cut)!.cut!.by, "own");
});

Deno.test("a UDP flow that lost its entry names the loss when the other end became the source", async () => {
  const { whys } = await explain(inTime([
    udp(0, "10.0.0.1:500", "10.0.0.2:600"),
    ...others(1, 100),
    udp(90.5, "10.0.0.2:600", "10.0.0.1:500"),
  ]));
  const mine = whys.filter((w) => ["10.0.0.1", "10.0.0.2"].includes(w.record!.saddr));
  assertEquals(mine.map((w) => w.code), ["first-packet", "direction-lost"]);
  assertStringIncludes(mine[1]!.sentence, "IP timeout of");
});

Deno.test("a restart from the other end that prints the old order names the bit", async () => {
  const { whys } = await explain([...open(0), tcp(1, S, C, "R", 6001, 1001), ...open(2, S, C, 90_000)]);
  assertEquals(whys.map((w) => w.code), ["syn-seen", "reverse-bit"]);
  assertEquals(codes(whys[0]!).slice(1), ["new-entry", "port-reuse", "end-is-syn"]);
  assertEquals(codes(whys[1]!)[1], "restarted");
});

Deno.test("a connection that the old entry swallowed is named", async () => {
  const { whys } = await explain([...open(0), ...open(1, C, S, 70_000)]);
  assertEquals(whys.length, 1);
  const merged = whys[0]!.also.find((r) => r.code === "reuse-merged")!;
  assertEquals(merged.frames, [4]);
});

Deno.test("SYN-ACK first: turned when it was answered, left alone when not", async () => {
  const answered = await explain(open(0).slice(1));
  assertEquals(codes(answered.whys[0]!).includes("state-closed-by-turn"), true);
  assertEquals(answered.whys[0]!.code, "synack-turned");
  const alone = await explain(open(0).slice(1, 2));
  assertEquals(alone.whys[0]!.code, "synack-not-turned");
});

Deno.test("a start that is compared by whole seconds is named with the first packet's time", async () => {
  const { whys } = await explain([
    ...open(0),
    tcp(10_000.1, S, C, "PA", 6001, 1001, 10),
    tcp(10_000.4, C, S, "A", 1001, 6011),
  ]);
  const quirk = whys[1]!.also.find((r) => r.code === "start-whole-seconds")!;
  assertStringIncludes(quirk.sentence, "0.3 s later");
  const truth = await explain([
    ...open(0),
    tcp(10_000.1, S, C, "PA", 6001, 1001, 10),
    tcp(10_000.4, C, S, "A", 1001, 6011),
  ], { quirks: "none" });
  assertEquals(truth.whys[1]!.also.some((r) => r.code === "start-whole-seconds"), false);
});

Deno.test("start records say what they are", async () => {
  const { whys } = await explain([...open(0)], { startRecords: true });
  assertEquals(whys.map((w) => w.also.at(-1)!.code), ["start-record", "end-of-capture"]);
});

Deno.test("a missing handshake is told from a lost entry, and no setting remedies it", async () => {
  const [m] = await meterings(fixture("missing-handshake.pcap"), [argus()]);
  const diary = new Diary(m!);
  assertEquals(m!.records.map((r) => why(r, diary).code), ["no-handshake", "no-handshake", "no-handshake"]);
  const found = await remedy({ diary, remeter: () => Promise.reject(new Error("nothing to try")) });
  assertEquals(found.map((r) => [r.setting, r.verified]), [["none", false]]);
  assertStringIncludes(found[0]!.sentence, "No change of settings helps");
});

Deno.test("nothing to remedy is said so", async () => {
  const [m] = await meterings(encodePcap(open(0)), [argus()]);
  const found = await remedy({
    diary: new Diary(m!),
    remeter: () => Promise.reject(new Error("nothing to try")),
  });
  assertEquals(found.map((r) => [r.setting, r.verified]), [["none", true]]);
});

Deno.test("the server that speaks first after a long idle: cut, loss and remedy", async () => {
  const own = port(5552), file = fixture("server-first.pcap");
  const [m] = await meterings(file, [argus()], own);
  const diary = new Diary(m!);
  const lost = m!.records.map((r) => why(r, diary)).find((w) => w.code === "direction-lost")!;
  assertEquals(lost.frames, [25, 26, 38, 78]);
  assertEquals(lost.cut!.silence, 264_500_000);
  const found = await remedy({ diary, remeter: (s) => meterings(file, s, own) });
  const tcpRemedy = found.find((r) => r.setting === "tcp")!;
  assertEquals([tcpRemedy.to, tcpRemedy.verified], [265e6, true]);
  const [better] = await meterings(file, [tcpRemedy.settings!], own);
  assert(better!.records.every((r) => r.dir === "->"));
});

Deno.test("a connection tells its cuts", async () => {
  const [m] = await meterings(fixture("server-first.pcap"), [argus()], port(5552));
  const diary = new Diary(m!), w = whyConnection(m!.records[0]!.connection, diary)!;
  assertEquals(w.code, "split");
  assertStringIncludes(w.sentence, "6 records: cut 5 times, the entry kept 4 and lost 1 time");
});

Deno.test("a status interval that works as another one is named", () => {
  assertEquals(statusTextReason("1.7", 1_300_000)?.code, "status-fraction");
  assertEquals(statusTextReason("1.5", 1_500_000), undefined);
});

Deno.test("without a diary only what the record shows is said", async () => {
  const [m] = await meterings(fixture("server-first.pcap"), [argus()], port(5552)) as Metered[];
  const r = m!.records.at(-1)!;
  const w = why({ ...r, evidence: "none", endReason: "unknown", connection: "" });
  assertEquals([w.code, w.also[0]!.code, w.settings], ["direction-unexplained", "end-unknown", undefined]);
});
