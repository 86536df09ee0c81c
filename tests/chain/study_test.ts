import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { settingsOf } from "../../lib/chain/study.ts";
import { gatherStudy } from "../../lib/chain/study_threads.ts";
import type { CapturePlan } from "../../lib/chain/plan.ts";
import { meterCapture } from "../../lib/chain/run.ts";
import { type SettingFigures, StudyBuilder, type StudyResult } from "../../lib/compare/mod.ts";
import { asksOfPacketsOnly } from "../../lib/expression/mod.ts";
import { randomTraffic } from "../../scripts/synth/traffic.ts";
import { traffic } from "../meter/arbitrary.ts";

const plan: CapturePlan = {
  kind: "capture",
  source: new URL("../../fixtures/thread-full.pcap.gz", import.meta.url).pathname,
  name: "thread",
  packets: [],
  sort: undefined,
  strict: true,
  live: false,
};
const settings = settingsOf({
  status: ["5s", "60s", "2h", "12h", "never"],
  tcp: ["10s", "10m"],
  flowKey: [["CLASSIC_5_TUPLE"], ["LAYER_3_MATRIX"]],
  preset: ["argus", "nfstream"],
});

/** As `assertEquals`, which takes minutes to show a difference between figures as large as these. */
function assertSame(a: StudyResult, b: StudyResult): void {
  assertEquals(a.settings, b.settings);
  assertEquals([a.connections, a.leftOut], [b.connections, b.leftOut]);
  const at = a.disputed.findIndex((c, i) => JSON.stringify(c) !== JSON.stringify(b.disputed[i]));
  assertEquals(a.disputed[at], b.disputed[at]);
}

/** The figures from whole records, as any source of records gives them, meters apart. */
async function plain() {
  const builder = new StudyBuilder(settings);
  const take = (index: number, batch: Parameters<StudyBuilder["take"]>[1]) => builder.take(index, batch);
  const { meters } = await meterCapture(plan, settings, take, { connections: true });
  return { figures: builder.finish(), peaks: meters.map((m) => m.table.peak) };
}

Deno.test("a study with meters shared and rows taken in place has the figures of whole records", async () => {
  const { figures, peaks } = await plain();
  const builder = new StudyBuilder(settings);
  const got = await gatherStudy(plan, settings, builder, undefined);
  assertSame(builder.finish(), figures);
  assertEquals(got.map((p) => p.flows), peaks);
  assert(figures.disputed.length > 50);
});

Deno.test("a study divided among builders is the study, however it is divided", async () => {
  const { figures } = await plain();
  for (const parts of [2, 3]) {
    const whole = new StudyBuilder(settings);
    for (let part = 0; part < parts; part++) {
      const mine = settings.map((_, i) => i).filter((i) => i % parts === part);
      const chosen = mine.map((i) => settings[i]!);
      const builder = new StudyBuilder(chosen);
      await gatherStudy(plan, chosen, builder, undefined);
      whole.absorb(builder.part(), mine);
    }
    assertSame(whole.finish(), figures);
  }
});

async function studyOf(source: Uint8Array, chosen: typeof settings, filter?: string): Promise<StudyResult> {
  const builder = new StudyBuilder(chosen);
  return builder.finish(await gatherStudy({ ...plan, source }, chosen, builder, filter));
}

/** What a setting's figures are whatever else is studied. */
function ownOf(f: SettingFigures): unknown[] {
  return [
    f.name,
    f.records,
    f.packets,
    f.bytes,
    f.connections,
    f.unknownDirections,
    f.splits,
    f.peakFlows,
    f.peakBytes,
    f.longestRecord,
  ];
}

Deno.test("a study of many settings has the figures of a study of each, filtered or not", async () => {
  const many = settingsOf({
    clock: ["argus", "exact"],
    status: ["1s", "5s", "60s", "never"],
    tcp: ["10s", "10m"],
    ip: ["5s", "30s"],
  });
  assert(asksOfPacketsOnly("tcp or dur gt 1") && !asksOfPacketsOnly("not stop"));
  const filter = fc.constantFrom(undefined, "tcp or dur gt 1", "not stop");
  await fc.assert(
    fc.asyncProperty(traffic(), filter, async (t, filter) => {
      const capture = randomTraffic(t), together = await studyOf(capture, many, filter);
      const connections: number[] = [];
      for (const [i, setting] of many.entries()) {
        const alone = await studyOf(capture, [setting], filter);
        assertEquals(ownOf(together.settings[i]!), ownOf(alone.settings[0]!));
        connections.push(alone.connections);
      }
      assert(together.connections >= Math.max(...connections));
    }),
    { numRuns: 12 },
  );
});
