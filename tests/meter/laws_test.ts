import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as R from "../../lib/record/mod.ts";
import { argus, type Settings } from "../../lib/settings/mod.ts";
import { decode, PACKET_WORDS, PacketColumns, PW_ENDS } from "../../lib/decode/mod.ts";
import type { FrameBatch } from "../../lib/capture/mod.ts";
import { randomTraffic } from "../../scripts/synth/traffic.ts";
import { traffic } from "./arbitrary.ts";
import { meterAll, rowTexts } from "./metering.ts";

const status = fc.constantFrom("0", "0.0001", "0.5", "1.5", "5s", "60s", "1h", "never");
const setting: fc.Arbitrary<Settings> = fc.record({
  status,
  tcp: fc.constantFrom("1s", "10s", "60s", "2h", "never"),
  ip: fc.constantFrom("1s", "30s", "never"),
  icmp: fc.constantFrom("1s", "5s"),
  clock: fc.constantFrom("argus" as const, "exact" as const),
  quirks: fc.constantFrom("argus-3.0.8.2" as const, "none" as const),
  appBytes: fc.boolean(),
  startRecords: fc.constantFrom(false, false, true),
}).map((input) => argus(input));

Deno.test("law 1: packets and bytes of the records are those of the flow-forming packets", async () => {
  await fc.assert(
    fc.asyncProperty(traffic(), fc.array(setting, { minLength: 1, maxLength: 3 }), async (t, settings) => {
      for (const { batch, meter } of await meterAll(randomTraffic(t), settings)) {
        let packets = 0, bytes = 0;
        for (let row = 0; row < batch.length; row++) {
          const d = row * R.DOUBLES;
          packets += batch.doubles[d + R.S_PKTS]! + batch.doubles[d + R.D_PKTS]!;
          bytes += batch.doubles[d + R.S_BYTES]! + batch.doubles[d + R.D_BYTES]!;
        }
        const lost = meter.unrecorded!;
        // Only late fragments of a reported datagram are in no record, and only as the real program loses them.
        assertEquals(
          lost.lines.filter((l) => l.reason !== "fragment" || meter.settings.quirks === "none"),
          [],
        );
        assertEquals([packets + lost.packets, bytes + lost.bytes], [
          meter.seen.flowPackets,
          meter.seen.flowBytes,
        ]);
      }
    }),
    { numRuns: 150 },
  );
});

/** Keeps the frames between two IPv4 hosts, found by decoding, so that no filter language is involved. */
function between(a: number, b: number): (frames: FrameBatch, i: number) => boolean {
  let decoded: FrameBatch | undefined;
  let columns = new PacketColumns(1);
  return (frames, i) => {
    if (decoded !== frames) {
      decoded = frames;
      if (columns.capacity < frames.length) columns = new PacketColumns(frames.length);
      decode(frames, columns, { quirks: "none" });
    }
    const s = columns.words[i * PACKET_WORDS + PW_ENDS]!, d = columns.words[i * PACKET_WORDS + PW_ENDS + 4]!;
    return (s === a && d === b) || (s === b && d === a);
  };
}

Deno.test("law 3: under the exact clock, filtering packets by flow is filtering records", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(traffic(), status, fc.nat(), async (t, s, pick) => {
      const capture = randomTraffic({ ...t, disorder: 0, ipv6: 0 });
      const settings = [argus({ status: s, clock: "exact" })];
      const [whole] = await meterAll(capture, settings);
      const all = whole!.batch;
      const row = pick % Math.max(1, all.length);
      if (all.length === 0 || all.words[row * R.WORDS + R.KEY_TYPE] !== R.KEY_IPV4) return;
      const a = all.words[row * R.WORDS + R.SADDR]!, b = all.words[row * R.WORDS + R.DADDR]!;
      const kept = new R.RecordBatch(16);
      for (let r = 0; r < all.length; r++) {
        const w = r * R.WORDS, x = all.words[w + R.SADDR]!, y = all.words[w + R.DADDR]!;
        if (all.words[w + R.KEY_TYPE] === R.KEY_IPV4 && ((x === a && y === b) || (x === b && y === a))) {
          kept.append(all, r);
        }
      }
      const [only] = await meterAll(capture, settings, { packets: between(a, b) });
      // Numbers given in order of report, marks left by other hosts' ICMP errors, and whether the capture went on after the last record,
      // do not belong to the flow.
      const foreign = [
        R.SEQ,
        R.FLAGS,
        R.WHY,
        R.CAUSE,
        ...Array.from({ length: 7 }, (_, j) => R.ICMP_MAP + j),
      ];
      const mine = (batch: R.RecordBatch) =>
        rowTexts(batch, foreign).filter((_, r) => {
          const type = batch.words[r * R.WORDS + R.KEY_TYPE];
          return type === R.KEY_IPV4;
        });
      assertEquals(mine(only!.batch), mine(kept));
      compared += kept.length;
    }),
    { numRuns: 200 },
  );
  assert(compared > 200, `only ${compared} records were compared`);
});

Deno.test("law 4: several settings in one pass are each setting alone", async () => {
  await fc.assert(
    fc.asyncProperty(traffic(), fc.array(setting, { minLength: 2, maxLength: 5 }), async (t, settings) => {
      const capture = randomTraffic(t);
      const together = await meterAll(capture, settings);
      for (const [i, s] of settings.entries()) {
        const [alone] = await meterAll(capture, [s], {}, 1000);
        assertEquals(rowTexts(together[i]!.batch), rowTexts(alone!.batch), s.name);
      }
    }),
    { numRuns: 80 },
  );
});

Deno.test("law 6: every record says why it ended and why its direction is believed", async () => {
  await fc.assert(
    fc.asyncProperty(traffic(), setting, async (t, s) => {
      const [only] = await meterAll(randomTraffic(t), [s]);
      for (let row = 0; row < only!.batch.length; row++) {
        const why = only!.batch.words[row * R.WORDS + R.WHY]!;
        assert(R.END_REASONS[why & 0xff] !== undefined && (why & 0xff) !== R.END_UNKNOWN);
        assert(R.EVIDENCES[(why >>> 8) & 0xff] !== undefined && ((why >>> 8) & 0xff) !== R.EVIDENCE_UNKNOWN);
      }
    }),
    { numRuns: 100 },
  );
});
