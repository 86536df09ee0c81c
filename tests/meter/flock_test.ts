import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Random } from "../../scripts/synth/random.ts";
import { randomTraffic } from "../../scripts/synth/traffic.ts";
import { openFrames } from "../../lib/capture/mod.ts";
import { type BankOptions, MeterBank, type MeterFigures } from "../../lib/meter/mod.ts";
import * as R from "../../lib/record/mod.ts";
import type { RecordBatch } from "../../lib/record/mod.ts";
import { argus, type Settings } from "../../lib/settings/mod.ts";
import { traffic } from "./arbitrary.ts";
import { rowText, rowTexts } from "./metering.ts";

/** Settings that differ in times, and sometimes in something else. */
const grid: fc.Arbitrary<Settings[]> = fc.record({
  clock: fc.constantFrom("argus" as const, "argus" as const, "exact" as const),
  quirks: fc.constantFrom("argus-3.0.8.2" as const, "none" as const),
}).chain((base) =>
  fc.array(
    fc.record({
      status: fc.constantFrom("0", "0.5", "1.5", "5s", "60s", "1h", "12h", "never"),
      tcp: fc.constantFrom("0", "1s", "10s", "60s", "2h", "never"),
      ip: fc.constantFrom("1s", "30s", "never"),
      icmp: fc.constantFrom("5s", "5s", "7s"),
      frag: fc.constantFrom("0", "2s", "30s", "30s"),
      appBytes: fc.constantFrom(false, false, false, true),
    }).map((input) => argus({ ...base, ...input })),
    { minLength: 2, maxLength: 40 },
  )
);

/** What depends on the order of records, or on who asked for them. */
const ORDER = [R.SEQ, R.CONN_SEQ, R.CAUSE];

function textOf(batch: RecordBatch, row: number): string {
  const why = batch.words[row * R.WORDS + R.WHY]!;
  batch.words[row * R.WORDS + R.WHY] = why & ~0xff;
  // What the meter remembers of the last packet is in no record's form that matters.
  const text = rowText(batch, row, ORDER);
  batch.words[row * R.WORDS + R.WHY] = why;
  return text;
}

/** Raw records of each setting, every word of them, in order, and what its metering came to. */
async function rowsOf(
  capture: Uint8Array,
  settings: readonly Settings[],
  batch: number,
): Promise<{ texts: string[][]; meters: readonly MeterFigures[] }> {
  const texts: string[][] = settings.map(() => []);
  const sinks = texts.map((to) => (out: RecordBatch) => {
    to.push(...rowTexts(out));
    out.clear();
    return out;
  });
  const bank = new MeterBank(settings, sinks, { connections: true, batchSize: 10 });
  for await (const frames of openFrames(capture, { batch })) bank.take(frames);
  bank.end();
  return { texts, meters: bank.meters };
}

/** Raw records of each setting, taken once for all settings that have them, in no order, and what its metering came to. */
async function sharedOf(
  capture: Uint8Array,
  settings: readonly Settings[],
  batch: number,
): Promise<{ texts: string[][]; meters: readonly MeterFigures[]; flocks: number }> {
  const texts: string[][] = settings.map(() => []);
  const sinks = texts.map((to) => (out: RecordBatch) => {
    for (let row = 0; row < out.length; row++) to.push(textOf(out, row));
    out.clear();
    return out;
  });
  let flocks = 0;
  const share: BankOptions["share"] = (members) => {
    flocks++;
    return (out, bits) => {
      const text = textOf(out, 0);
      members.forEach((index, j) => bits & 1 << j && texts[index]!.push(text));
    };
  };
  const bank = new MeterBank(settings, sinks, { connections: true, share });
  for await (const frames of openFrames(capture, { batch })) bank.take(frames);
  bank.end();
  for (const t of texts) t.sort();
  return { texts, meters: bank.meters, flocks };
}

/** As `assertEquals`, which takes minutes to show a difference between lists as long as these. */
function assertSame(a: readonly string[], b: readonly string[], name: string): void {
  const at = a.findIndex((text, i) => text !== b[i]);
  assertEquals([at < 0 ? "" : a[at], a.length], [at < 0 ? "" : b[at], b.length], name);
}

function figuresOf({ seen, table, unrecorded }: MeterFigures): unknown {
  return [seen, table.peak, unrecorded!.lines];
}

/** The IP packets of an Ethernet capture, as a capture without link headers. */
function withoutLinks(pcap: Uint8Array): Uint8Array {
  const from = new DataView(pcap.buffer, pcap.byteOffset, pcap.byteLength), out = pcap.slice();
  const to = new DataView(out.buffer);
  to.setUint32(20, 101, true);
  let o = 24;
  for (let at = 24; at < pcap.length;) {
    const length = from.getUint32(at + 8, true), type = from.getUint16(at + 16 + 12);
    if (type === 0x800 || type === 0x86dd) {
      out.set(pcap.subarray(at, at + 16), o);
      to.setUint32(o + 8, length - 14, true);
      to.setUint32(o + 12, from.getUint32(at + 12, true) - 14, true);
      out.set(pcap.subarray(at + 30, at + 16 + length), o + 16);
      o += 16 + length - 14;
    }
    at += 16 + length;
  }
  return out.subarray(0, o);
}

/** Makes fragments of some IPv4 packets of an Ethernet capture, where they stand. */
function fragmented(pcap: Uint8Array, share: number): Uint8Array {
  const view = new DataView(pcap.buffer, pcap.byteOffset, pcap.byteLength), random = new Random(pcap.length);
  for (let at = 24; at < pcap.length; at += 16 + view.getUint32(at + 8, true)) {
    if (view.getUint16(at + 16 + 12) !== 0x800 || !random.chance(share)) continue;
    // Mostly a first fragment; identifications of few values make datagrams meet.
    view.setUint16(at + 16 + 14 + 4, random.below(3));
    view.setUint16(at + 16 + 14 + 6, random.pick([0x2000, 0x2000, 0x2000, 0x2005, 5]));
  }
  return pcap;
}

Deno.test("settings metered together have the records of each alone, in its order", async () => {
  let flocks = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(traffic(), fc.constantFrom(0, 0, 0.2)).map(([t, more]) => ({
        ...t,
        disorder: (t.disorder ?? 0) + more,
      })),
      fc.boolean(),
      fc.constantFrom(0, 0.05, 0.3),
      grid,
      fc.constantFrom(1, 7, 64),
      async (t, raw, fragments, settings, batch) => {
        const whole = fragmented(randomTraffic(t), fragments);
        const capture = raw ? withoutLinks(whole) : whole;
        const together = await rowsOf(capture, settings, batch);
        const shared = await sharedOf(capture, settings, batch);
        flocks += shared.flocks;
        for (const [i, s] of settings.entries()) {
          // One setting is no flock.
          const one = await rowsOf(capture, [s], 64), figures = figuresOf(one.meters[0]!);
          assertSame(together.texts[i]!, one.texts[0]!, s.name);
          assertEquals(figuresOf(together.meters[i]!), figures, s.name);
          const alone = await sharedOf(capture, [s], 64);
          assertSame(shared.texts[i]!, alone.texts[0]!, s.name);
          assertEquals(figuresOf(shared.meters[i]!), figures, s.name);
        }
      },
    ),
    { numRuns: Number(Deno.env.get("PANOPTES_RUNS") ?? 100) },
  );
  assert(flocks > 80, `${flocks} flocks`);
});
