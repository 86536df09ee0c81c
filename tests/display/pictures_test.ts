import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { argus, diff, encodePcap, JUPYTER, Problem, readFlows, readPcap } from "../../mod.ts";
import { costCurveModel } from "../../lib/chain/pictures.ts";
import { timelineModel } from "../../lib/chain/timeline_story.ts";
import { assertWellFormed } from "./svg_boxes.ts";

interface Bundled {
  [JUPYTER](): Promise<Record<string, string>>;
}

const fixture = (name: string) => new URL(`../../fixtures/${name}`, import.meta.url).pathname;
const capture = readPcap(fixture("thread-full.pcap.gz"));
const talk = "host 10.0.2.104 and port 49227";

// The cuts of the case as told in its README: setting, and how many were survived and how many lost.
const CUTS: [string, number, number][] = [["999999s", 0, 0], ["99999s", 1, 1], ["59999s", 0, 3], [
  "19999s",
  5,
  6,
]];

Deno.test("the timeline tells every cut of the case", async () => {
  const settings = CUTS.map(([status]) => argus({ status }));
  const model = await timelineModel(capture.from, settings, talk);
  assertEquals(model.packets!.length, 14767);
  const sent = Array.from(model.fromInitiator!).filter((x) => x === 1).length;
  assert(sent > 4000 && sent < 10_000, `${sent} packets from the initiator`);
  CUTS.forEach(([status, kept, lost], i) => {
    const marks = model.lanes[i]!.marks!;
    const count = (...kinds: string[]) => marks.filter((m) => kinds.includes(m.kind)).length;
    assertEquals([count("cut", "revived"), count("forgotten")], [kept, lost], status);
    assertEquals(count("spoke-first"), lost, status);
  });
  // The first loss under 99999 s: boundary, and who spoke first (README of the case).
  const first = model.lanes[1]!.marks!.filter((m) => m.time > 150_000e6);
  assertEquals(first.find((m) => m.kind === "boundary")!.time, 200024320456);
  assertStringIncludes(
    first.find((m) => m.kind === "spoke-first")!.label!,
    "147.32.83.57:5552 speaks first after 1431.7 s",
  );
});

Deno.test("a filter that nothing passes gives an empty picture that says so", async () => {
  assertStringIncludes(
    await capture.timeline([{}], "host 192.0.2.77").svg(),
    "No records of: host 192.0.2.77",
  );
});

Deno.test("a diff shows its tables and the timeline, and says why", async () => {
  const of = (status: string) => capture.meter(argus({ status })).filter(talk);
  const d = await diff(of("999999s"), of("99999s"));
  const html = (await (d as unknown as Bundled)[JUPYTER]())["text/html"]!;
  assertEquals(html.match(/<svg /g)!.length, 2, "wide and narrow");
  assertStringIncludes(html, "Both sides hold the same traffic");
  assertWellFormed(await d.plot().svg());
  assertStringIncludes(Deno.inspect(d.flipped[0]!.why()), "1431.7 s");
});

Deno.test("nothing runs by merely printing a chain or a picture", () => {
  const nowhere = readPcap("/nowhere.pcap");
  for (
    const x of [
      nowhere,
      nowhere.meter(),
      nowhere.plot(),
      nowhere.meter().plot("gaps"),
      nowhere.timeline([{}]),
    ]
  ) {
    assert(Deno.inspect(x).includes("/nowhere.pcap"), Deno.inspect(x));
  }
});

Deno.test("pictures of packets need packets", () => {
  assertThrows(() => readFlows("flows.csv").plot("gaps"), Problem, "Expected records metered from a capture");
  assertThrows(() => capture.meter().filter((r) => r.pkts > 1).plot("gaps"), Problem, "ra's language");
});

Deno.test("the cost curve has direction memory as a series of its own", async () => {
  const study = await capture.study([argus({ status: "60s" }), argus({ status: "60s", memory: "2h" })]);
  const { points } = costCurveModel(study.result);
  assertEquals(points.map((p) => p.series), ["S=1m, TCP timeout", "S=1m, direction memory"]);
  assert(points[0]!.unknown > 0);
  assertEquals(points[1]!.unknown, 0);
  assert(points[1]!.bytes > points[0]!.bytes, "ghosts take memory too");
});

Deno.test("histograms and strips draw from the capture", async () => {
  for (
    const picture of [
      capture.plot(),
      capture.meter().plot("durations"),
      capture.meter().filter(talk).plot("gaps"),
    ]
  ) {
    assertWellFormed((await picture.svg()).replaceAll("&nbsp;", "&#160;"));
  }
});

/** An Ethernet frame with a UDP datagram from 10.0.0.1 to 10.0.0.2. */
function datagram(payload: string): Uint8Array {
  const data = new TextEncoder().encode(payload), bytes = new Uint8Array(42 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(12, 0x0800);
  bytes.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 14);
  view.setUint16(16, 28 + data.length);
  view.setUint16(34, 4000);
  view.setUint16(36, 9);
  view.setUint16(38, 8 + data.length);
  bytes.set(data, 42);
  return bytes;
}

Deno.test("user data of a capture never become markup", async () => {
  const evil = "<script>alert(1)</script>";
  const hostile = readPcap(encodePcap([{ time: 1e6, bytes: datagram(evil) }]));
  const flows = hostile.meter({ userData: 64 }).select("saddr", "suser:80");
  const html = (await (await flows.table() as unknown as Bundled)[JUPYTER]())["text/html"]!;
  assertStringIncludes(html, "&#60;script&#62;", "the user data are in the page");
  assert(!html.includes("<script"), html);
});
