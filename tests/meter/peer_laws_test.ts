import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as R from "../../lib/record/mod.ts";
import { argus, PRESETS, type Settings, withSettings } from "../../lib/settings/mod.ts";
import { randomTraffic } from "../../scripts/synth/traffic.ts";
import { traffic } from "./arbitrary.ts";
import { meterAll, rowTexts } from "./metering.ts";

const preset: fc.Arbitrary<Settings> = fc.oneof(
  fc.constantFrom(...Object.values(PRESETS).map((make) => make())),
  fc.record({
    make: fc.constantFrom(...Object.values(PRESETS)),
    status: fc.constantFrom("1s", "20s", "never"),
    tcp: fc.constantFrom("1s", "10s", "never"),
  }).map(({ make, ...input }) => withSettings(make(), input)),
  fc.constantFrom(
    argus({ idleFrom: "packet", clock: "exact" }),
    argus({ clock: "sweep", status: "30s" }),
    argus({ idleFrom: "packet", status: "never" }),
  ),
);

Deno.test("law 1: records and the line of what was seen but not recorded hold all packets and bytes", async () => {
  await fc.assert(
    fc.asyncProperty(traffic(), preset, async (t, settings) => {
      const [only] = await meterAll(randomTraffic(t), [settings]);
      const { batch, meter } = only!;
      let packets = meter.unrecorded?.packets ?? 0, bytes = meter.unrecorded?.bytes ?? 0;
      for (let row = 0; row < batch.length; row++) {
        const d = row * R.DOUBLES;
        packets += batch.doubles[d + R.S_PKTS]! + batch.doubles[d + R.D_PKTS]!;
        bytes += batch.doubles[d + R.S_BYTES]! + batch.doubles[d + R.D_BYTES]!;
      }
      assertEquals([packets, bytes], [meter.seen.flowPackets, meter.seen.flowBytes], settings.name);
    }),
    { numRuns: 300 },
  );
});

Deno.test("law 4: presets in one pass are each preset alone, however the capture is cut into batches", async () => {
  await fc.assert(
    fc.asyncProperty(traffic(), fc.array(preset, { minLength: 2, maxLength: 5 }), async (t, settings) => {
      const capture = randomTraffic(t);
      const together = await meterAll(capture, settings);
      for (const [i, s] of settings.entries()) {
        const [alone] = await meterAll(capture, [s], {}, 1000);
        assertEquals(rowTexts(together[i]!.batch), rowTexts(alone!.batch), s.name);
      }
    }),
    { numRuns: 60 },
  );
});

/** Presets under which other traffic cannot change a flow's records. */
const ALONE = ["nfstream", "cicflowmeter", "cicflowmeter-wtmc", "zeek", "yaf"].map((name) =>
  PRESETS[name]!()
);

Deno.test("law 3: under presets with a clock of their own, filtering packets by address pair is filtering records", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(traffic(), fc.constantFrom(...ALONE), fc.nat(), async (t, settings, pick) => {
      const capture = randomTraffic({ ...t, disorder: 0, ipv6: 0 });
      const [whole] = await meterAll(capture, [settings]);
      const { words, length } = whole!.batch;
      const ends = (row: number) =>
        [words[row * R.WORDS + R.SADDR]!, words[row * R.WORDS + R.DADDR]!].sort().join();
      if (length === 0) return;
      const pair = ends(pick % length);
      const [only] = await meterAll(capture, [settings], {
        packets: (frames, i) => {
          const view = new DataView(
            frames.bytes.buffer,
            frames.bytes.byteOffset + frames.offset[i]!,
            frames.captured[i]!,
          );
          const isIp4 = view.byteLength >= 34 && view.getUint16(12) === 0x0800;
          return isIp4 && [view.getInt32(26), view.getInt32(30)].sort().join() === pair;
        },
      });
      // Numbers given in order of report and of ending do not belong to the flow.
      const own = (batch: R.RecordBatch) =>
        rowTexts(batch, [R.SEQ, R.WHY, R.CAUSE]).filter((_, row) => pairOf(batch, row) === pair).sort();
      const pairOf = (batch: R.RecordBatch, row: number) =>
        [batch.words[row * R.WORDS + R.SADDR]!, batch.words[row * R.WORDS + R.DADDR]!].sort().join();
      assertEquals(own(only!.batch), own(whole!.batch), settings.name);
      compared += own(only!.batch).length;
    }),
    { numRuns: 150 },
  );
  assert(compared > 150, `only ${compared} records were compared`);
});
