import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { canPipeline, MeterBank, runPipelined } from "../../lib/meter/mod.ts";
import { asRead, RecordBatch } from "../../lib/record/mod.ts";
import { argus, type Settings } from "../../lib/settings/mod.ts";
import { randomTraffic } from "../../scripts/synth/traffic.ts";
import { meterAll, rowTexts } from "./metering.ts";

async function pipelined(
  path: string,
  settings: readonly Settings[],
  problems: Problem[] = [],
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
  await runPipelined(bank, path, { connections: true, onProblem: (p) => problems.push(p) });
  bank.end();
  for (const batch of all) for (let row = 0; row < batch.length; row++) asRead(batch, row);
  return all;
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
      const threaded = await pipelined(path, settings);
      for (const i of settings.keys()) {
        // Frames that a meter need not look into are not carried over, and nothing else may differ.
        assertEquals(rowTexts(threaded[i]!), rowTexts(direct[i]!.batch));
      }
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("problems of the capture come across the threads", async () => {
  await assertRejects(() => pipelined("/nowhere/x.pcap", [argus()]), Problem, "/nowhere/x.pcap");
  const folder = Deno.makeTempDirSync();
  try {
    const whole = randomTraffic({ packets: 50 });
    Deno.writeFileSync(`${folder}/cut.pcap`, whole.subarray(0, whole.length - 3));
    const problems: Problem[] = [];
    const [batch] = await pipelined(`${folder}/cut.pcap`, [argus()], problems);
    assertEquals(problems.map((p) => p.code), ["truncated"]);
    assertStringIncludes(problems[0]!.message, "cut.pcap");
    assertEquals(batch!.length > 0, true);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
