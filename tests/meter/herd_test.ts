import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { randomTraffic } from "../../scripts/synth/traffic.ts";
import { openFrames } from "../../lib/capture/mod.ts";
import { type BankOptions, type FlowMeter, MeterBank } from "../../lib/meter/mod.ts";
import type { RecordBatch } from "../../lib/record/mod.ts";
import { argus, type Settings } from "../../lib/settings/mod.ts";
import { traffic } from "./arbitrary.ts";
import { rowTexts } from "./metering.ts";

/** Settings that differ in times, and sometimes in something else. */
const grid: fc.Arbitrary<Settings[]> = fc.record({
  clock: fc.constantFrom("argus" as const, "exact" as const),
  quirks: fc.constantFrom("argus-3.0.8.2" as const, "none" as const),
  startRecords: fc.constantFrom(false, false, true),
}).chain((base) =>
  fc.array(
    fc.record({
      status: fc.constantFrom("0", "0.5", "1.5", "5s", "60s", "1h", "12h", "never"),
      tcp: fc.constantFrom("1s", "10s", "60s", "2h", "never"),
      ip: fc.constantFrom("1s", "30s", "never"),
      icmp: fc.constantFrom("5s", "5s", "7s"),
      appBytes: fc.constantFrom(false, false, false, true),
    }).map((input) => argus({ ...base, ...input })),
    { minLength: 2, maxLength: 6 },
  )
);

/** Raw records of each setting, and the meters that made them. */
async function run(
  capture: Uint8Array,
  settings: readonly Settings[],
  batch: number,
  share?: (texts: string[][]) => BankOptions["share"],
): Promise<{ texts: string[][]; meters: readonly FlowMeter[] }> {
  const texts: string[][] = settings.map(() => []);
  const sinks = texts.map((to) => (out: RecordBatch) => {
    to.push(...rowTexts(out));
    out.clear();
    return out;
  });
  const bank = new MeterBank(settings, sinks, { connections: true, share: share?.(texts) });
  for await (const frames of openFrames(capture, { batch })) bank.take(frames);
  bank.end();
  return { texts, meters: bank.meters };
}

Deno.test("settings that share a meter until they can differ have the records of each alone", async () => {
  let partings = 0, shared = 0;
  await fc.assert(
    fc.asyncProperty(traffic(), grid, fc.constantFrom(1, 7, 64), async (t, settings, batch) => {
      const capture = randomTraffic(t);
      const alone = await run(capture, settings, 64);
      const together = await run(capture, settings, batch, (texts) => (from, to) => {
        assertEquals(texts[to], []);
        texts[to]!.push(...texts[from]!);
        partings++;
      });
      for (const [i, s] of settings.entries()) {
        assertEquals(together.texts[i], alone.texts[i], s.name);
        const a = together.meters[i]!, b = alone.meters[i]!;
        assertEquals([a.seen, a.table.peak, a.unrecorded!.lines], [
          b.seen,
          b.table.peak,
          b.unrecorded!.lines,
        ]);
      }
      shared += settings.length - new Set(together.meters).size;
    }),
    { numRuns: 150 },
  );
  assert(shared > 3 && partings > shared + 10, `${partings} partings, ${shared} of them at the end only`);
});
