import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { openFrames } from "../../lib/capture/mod.ts";
import {
  canPipeline,
  MeterBank,
  type MeterFigures,
  type PipelineOptions,
  runPipelined,
} from "../../lib/meter/mod.ts";
import { asRead, RecordBatch } from "../../lib/record/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { argus, isPeer, PRESETS, type Settings } from "../../lib/settings/mod.ts";
import { randomTraffic } from "../../scripts/synth/traffic.ts";
import { meterAll, rowText, rowTexts } from "./metering.ts";

/** Raw records of each setting. */
async function pipelined(
  path: string,
  settings: readonly Settings[],
  options: PipelineOptions = {},
): Promise<RecordBatch[]> {
  const all = settings.map(() => new RecordBatch(16));
  const bank = new MeterBank(
    settings,
    all.map((to) => (batch: RecordBatch) => {
      for (let row = 0; row < batch.length; row++) to.append(batch, row);
      batch.clear();
      return batch;
    }),
    { connections: true },
  );
  assertEquals(canPipeline(bank), true);
  try {
    await runPipelined(bank, path, { connections: true, ...options });
  } finally {
    bank.end();
  }
  for (const batch of all) for (let row = 0; row < batch.length; row++) asRead(batch, row);
  return all;
}

/** Every batch that the sink of each setting is given, in order, and what metering came to; on no thread at all without `threads`. */
async function given(
  path: string,
  settings: readonly Settings[],
  threads: number,
): Promise<{ batches: string[][]; figures: unknown[] }> {
  const batches: string[][] = settings.map(() => []);
  const sinks = settings.map((_, index) => (batch: RecordBatch) => {
    const rows = Array.from({ length: batch.length }, (_, row) => {
      const at = row * R.JITTER_DOUBLES, hasJitter = batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_JITTER;
      const jitter = hasJitter ? batch.jitter!.subarray(at, at + R.JITTER_DOUBLES).join() : "";
      return `${rowText(batch, row)} ${jitter}`;
    });
    batches[index]!.push(rows.join("\n"));
    // Some keep what they are given.
    if (index % 2 === 1) return batch.fresh();
    batch.clear();
    return batch;
  });
  const bank = new MeterBank(settings, sinks, { connections: true, batchSize: 100 });
  assertEquals(canPipeline(bank), true);
  if (threads > 0) await runPipelined(bank, path, { connections: true, threads });
  else {
    // The decoding thread's batches.
    for await (const frames of openFrames(path, { batch: 16_384 })) bank.take(frames);
  }
  bank.end();
  const plain = ({ seen, table, unrecorded }: MeterFigures) => [{ ...seen }, table.peak, unrecorded?.lines];
  return { batches, figures: bank.meters.map(plain) };
}

Deno.test("metering with a decoding thread gives the same records, word for word", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const settings = [
      argus({ status: "5s" }),
      argus({ status: "60s", tcp: "2h" }),
      argus({ status: "1s", jitter: true }),
    ];
    for (const seed of [1, 2, 3]) {
      const path = `${folder}/${seed}.pcap`;
      // More packets than one shared batch holds, so that keys are forgotten and used again across the threads.
      Deno.writeFileSync(
        path,
        randomTraffic({ seed, packets: 40_000, hosts: 40, ports: 20, span: 3000, silence: 100 }),
      );
      const direct = await meterAll(path, settings, {}, 1000);
      const threaded = await pipelined(path, settings, { threads: 1 });
      for (const i of settings.keys()) {
        // Frames that a meter need not look into are not carried over, and nothing else may differ.
        assertEquals(rowTexts(threaded[i]!), rowTexts(direct[i]!.batch));
      }
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("settings on several threads: each sink is given what its setting alone gives it, and the figures are the same", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const settings = [
      // All but two share entries with those that they are dealt to a thread with.
      argus({ status: "5s" }),
      argus({ status: "60s", tcp: "2h" }),
      argus({ status: "2s", tcp: "10s" }),
      argus({ status: "0.5" }),
      argus({ status: "1s", jitter: true }),
      // Records come in thousands at the same boundaries, and in the end.
      argus({ status: "never" }),
      // Stays on the bank's thread.
      argus({ status: "5s", memory: "1h" }),
    ];
    const shapes = [
      { hosts: 40, ports: 20, span: 3000, silence: 100, disorder: 0.02 },
      // Nearly every packet is a flow of its own: more rows at once than there is room for between the threads.
      { hosts: 300, ports: 300, span: 70, silence: 1 },
    ];
    for (const [seed, shape] of shapes.entries()) {
      const path = `${folder}/${seed}.pcap`;
      // Many more batches than slots, so that keys are forgotten and numbered anew.
      Deno.writeFileSync(path, randomTraffic({ seed, packets: 80_000, ...shape }));
      const alone = [];
      for (const s of settings) alone.push(await given(path, [s], 0));
      for (const threads of [1, 2, 3, settings.length]) {
        const { batches, figures } = await given(path, settings, threads);
        for (const [i, one] of alone.entries()) {
          assert(one.batches[0]!.length > 50);
          assertEquals(batches[i]!.length, one.batches[0]!.length);
          const at = batches[i]!.findIndex((batch, n) => batch !== one.batches[0]![n]);
          assertEquals(at, -1, `${threads} threads, setting ${i}, batch ${at}`);
          assertEquals(figures[i], one.figures[0]);
        }
      }
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("meters that look into every header do without a decoding thread", () => {
  for (const make of Object.values(PRESETS)) {
    const settings = make();
    assertEquals(
      canPipeline(new MeterBank([settings], [(batch) => batch])),
      !isPeer(settings),
      settings.name,
    );
  }
});

Deno.test("a sink that fails ends the threads", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = `${folder}/x.pcap`;
    Deno.writeFileSync(path, randomTraffic({ packets: 60_000, hosts: 300, ports: 300 }));
    for (const failing of [0, 1]) {
      const settings = [argus({ status: "5s" }), argus({ status: "60s" })];
      const bank = new MeterBank(
        settings,
        settings.map((_, index) => (batch) => {
          if (index === failing) throw new Error("full disk");
          batch.clear();
          return batch;
        }),
        { batchSize: 100 },
      );
      await assertRejects(() => runPipelined(bank, path, { threads: 2 }), Error, "full disk");
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("problems of the capture come across the threads", async () => {
  const two = [argus(), argus({ status: "60s" })];
  for (const settings of [two.slice(0, 1), two]) {
    await assertRejects(
      () => pipelined("/nowhere/x.pcap", settings, { threads: 2 }),
      Problem,
      "/nowhere/x.pcap",
    );
  }
  const folder = Deno.makeTempDirSync();
  try {
    const whole = randomTraffic({ packets: 50 });
    Deno.writeFileSync(`${folder}/cut.pcap`, whole.subarray(0, whole.length - 3));
    for (const settings of [two.slice(0, 1), two]) {
      const problems: Problem[] = [];
      const onProblem = (p: Problem) => void problems.push(p);
      const batches = await pipelined(`${folder}/cut.pcap`, settings, { onProblem, threads: 2 });
      assertEquals(problems.map((p) => p.code), ["truncated"]);
      assertStringIncludes(problems[0]!.message, "cut.pcap");
      for (const batch of batches) assertEquals(batch.length > 0, true);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
