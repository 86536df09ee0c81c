import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { drawTimeline, JUPYTER, timeline, type TimelineModel } from "../../lib/display/mod.ts";
import { chooseCloseUp, findFolds, layBars, layOutcomes } from "../../lib/display/timeline_layout.ts";
import { timeAxis } from "../../lib/display/time_axis.ts";
import { assertWellFormed, boxes, overlaps } from "./svg_boxes.ts";
import thread from "./data/thread_timeline.json" with { type: "json" };

const model = thread as unknown as TimelineModel;
// A packet of each side at the ends of every record of the finest lane.
const packets = model.lanes[3]!.records.flatMap((r) => [r.start, r.start + 1e6, r.end]);
const fromInitiator = packets.map((_, i) => i % 3 === 1 ? 1 : 0);

for (const width of [1000, 400]) {
  Deno.test(`the case at ${width} px: no label overlaps another or leaves the page`, () => {
    const labels = boxes(drawTimeline({ ...model, packets, fromInitiator }, width).svg);
    assert(labels.length > 20);
    for (const b of labels) {
      assert(b.x0 >= 0 && b.x1 <= width + 0.5, `"${b.text}" stands from ${b.x0} to ${b.x1} of ${width}`);
    }
    assertEquals(overlaps(labels), []);
  });
}

Deno.test("every record has a bar and every lost cut a cross", () => {
  const { svg } = drawTimeline(model, 1000);
  for (const packets of [12015, 2752, 5110, 4851, 2054]) assertStringIncludes(svg, `${packets} packets`);
  // 10 losses, one in the legend, one in the close-up.
  assertEquals(svg.match(/class="lost"/g)!.length, 12);
});

Deno.test("the close-up is about the lane with the fewest losses", () => {
  const closeUp = chooseCloseUp(model)!;
  assertEquals(model.lanes[closeUp.lane]!.name, "S=99999s");
  assert(closeUp.start < 199243.375e6 && closeUp.end > 200675.111e6);
});

Deno.test("no close-up without a loss, or when told so", () => {
  assertEquals(chooseCloseUp({ title: "t", lanes: [model.lanes[0]!] }), undefined);
  assertEquals(chooseCloseUp({ ...model, closeUp: null }), undefined);
});

Deno.test("a long silence is folded unless somebody spoke first after it", () => {
  const packets = [0, 1e6, 2e6, 90e6, 91e6];
  const lane = { name: "S", records: [], marks: [] };
  assertEquals(findFolds({ title: "t", lanes: [lane], packets }, 0, 91e6).length, 1);
  const told = { ...lane, marks: [{ time: 90e6, kind: "spoke-first" as const }] };
  assertEquals(findFolds({ title: "t", lanes: [told], packets }, 0, 91e6), []);
});

Deno.test("ten thousand records on the same pixels are few bars with all their packets", () => {
  const records = Array.from({ length: 10_000 }, (_, i) => ({
    start: i * 1000,
    end: i * 1000 + 900,
    evidence: "syn" as const,
    direction: "->",
    packets: 2,
  }));
  const bars = layBars({ name: "S", records }, timeAxis(0, 10e6, 0, 900));
  assert(bars.length < 900);
  assertEquals(bars.reduce((n, b) => n + b.packets, 0), 20_000);
});

Deno.test("a loss is never hidden by a cut that was survived", () => {
  const axis = timeAxis(0, 100, 0, 100);
  const marks = [
    { time: 10, kind: "cut" as const },
    { time: 12, kind: "forgotten" as const },
    { time: 14, kind: "revived" as const },
  ];
  assertEquals(layOutcomes(marks, axis, 9), [{ x: 12, lost: true, count: 3 }]);
});

Deno.test("labels and names are escaped", () => {
  const evil = "<script>alert('x')</script>";
  const hostile: TimelineModel = {
    title: evil,
    subtitle: evil,
    sides: [evil, evil],
    packets: [0, 1e6],
    fromInitiator: [1, 0],
    lanes: [{
      name: evil,
      records: [{
        start: 0,
        end: 1e6,
        evidence: "none",
        direction: evil,
        packets: 1,
        label: evil,
        detail: evil,
      }],
      marks: [{ time: 5e5, kind: "spoke-first", label: evil }],
      timers: [{ start: 0, end: 4e5, expired: true, label: evil }],
    }],
  };
  const { svg } = drawTimeline(hostile);
  assert(!svg.includes("<script"));
  assertWellFormed(svg);
});

Deno.test("an empty model is a picture without bars", () => {
  assertWellFormed(drawTimeline({ title: "nothing", lanes: [] }).svg);
  assertWellFormed(drawTimeline({ title: "nothing", lanes: [{ name: "S=5s", records: [] }] }, 400).svg);
});

Deno.test("the picture tells itself in words and carries both widths", async () => {
  const bundle = await timeline(model)[JUPYTER]();
  assertStringIncludes(
    bundle["text/plain"]!,
    "S=19999s: 13 records, 10 with unknown or swapped direction, entry forgotten 6 times.",
  );
  assertEquals(bundle["text/html"]!.match(/<svg /g)!.length, 2);
  assertStringIncludes(bundle["text/html"]!, 'role="img" aria-label="');
});
