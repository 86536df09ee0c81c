import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Problem } from "../../lib/base/mod.ts";
import { DOUBLES, WORDS } from "../../lib/record/mod.ts";
import { argus, type Settings } from "../../lib/settings/mod.ts";
import { manyFlows } from "../../scripts/synth/many_flows.ts";
import { randomTraffic } from "../../scripts/synth/traffic.ts";
import { traffic } from "./arbitrary.ts";
import { meterAll, rowTexts } from "./metering.ts";

const setting: fc.Arbitrary<Settings> = fc.record({
  status: fc.constantFrom("0", "0.5", "1.5", "5s", "60s", "1h", "never"),
  tcp: fc.constantFrom("1s", "10s", "60s", "2h", "never"),
  ip: fc.constantFrom("1s", "30s", "never"),
  clock: fc.constantFrom("argus" as const, "exact" as const),
  quirks: fc.constantFrom("argus-3.0.8.2" as const, "none" as const),
  startRecords: fc.constantFrom(false, false, true),
  memory: fc.constantFrom("off" as const, "off" as const, "2h" as const),
}).map((input) => argus(input));

Deno.test("maxLive changes no record, no event and no order, however small it is", async () => {
  let moved = 0;
  await fc.assert(
    fc.asyncProperty(
      traffic({ packets: 600, hosts: 12, ports: 6 }),
      fc.array(setting, { minLength: 1, maxLength: 2 }),
      fc.integer({ min: 1, max: 12 }),
      async (t, settings, rows) => {
        const capture = randomTraffic(t);
        const free = await meterAll(capture, settings, { ledger: "all" });
        const tight = await meterAll(capture, settings, { ledger: "all", maxLive: rows * settings.length });
        for (const [i, { batch, meter }] of tight.entries()) {
          const expected = free[i]!;
          assertEquals(rowTexts(batch), rowTexts(expected.batch));
          assertEquals(meter.ledger!.length, expected.meter.ledger!.length);
          assertEquals(meter.seen, expected.meter.seen);
          assertEquals([meter.created, meter.table.peak], [
            expected.meter.created,
            expected.meter.table.peak,
          ]);
          if (expected.meter.table.peak > rows) moved++;
        }
      },
    ),
    { numRuns: 300 },
  );
  assert(moved > 50, `${moved} runs moved flows`);
});

Deno.test("maxLive on the mailing-list case: the same records, with every packet's own flow brought back", async () => {
  const capture = new URL("../../fixtures/thread-full.pcap.gz", import.meta.url).pathname;
  const settings = [argus({ status: "19999s" }), argus({ status: "5s", clock: "exact" })];
  const free = await meterAll(capture, settings), tight = await meterAll(capture, settings, { maxLive: 20 });
  for (const [i, { batch }] of tight.entries()) assertEquals(rowTexts(batch), rowTexts(free[i]!.batch));
});

Deno.test("maxLive with what needs more than a row is a clear problem, and so is a wrong number", async () => {
  const capture = randomTraffic({ seed: 1, packets: 5 });
  const extras = argus({ jitter: true });
  await assertRejects(() => meterAll(capture, [extras], { maxLive: 5 }), Problem, "maxLive");
  await assertRejects(() => meterAll(capture, [argus()], { maxLive: NaN }), Problem, "maxLive");
});

Deno.test("many flows alive at once give the same records from memory and from disk, in less memory", async () => {
  const pieces: Uint8Array[] = [];
  manyFlows(60_000, 7, (bytes) => pieces.push(bytes.slice()));
  const capture = new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
  for (
    const setting of [argus({ status: "1h", ip: "1h" }), argus({ status: "10s", ip: "40s", clock: "exact" })]
  ) {
    const [free] = await meterAll(capture, [setting], {}, 4096);
    const [tight] = await meterAll(capture, [setting], { maxLive: 1000 }, 4096);
    assert(free!.meter.table.peak >= 50_000);
    assertEquals(tight!.batch.length, free!.batch.length);
    const [a, b] = [tight!.batch, free!.batch];
    assert(a.words.every((word, i) => i >= a.length * WORDS || word === b.words[i]));
    assert(a.doubles.every((n, i) => i >= a.length * DOUBLES || Object.is(n, b.doubles[i])));
    const rows = (m: typeof free) => m!.meter.table.words.length / WORDS;
    assert(rows(tight) <= 4096 && rows(free) > 50_000, `${rows(tight)} rows, ${rows(free)} without a limit`);
  }
});
