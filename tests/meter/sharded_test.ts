import { assert, assertEquals, assertRejects } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { runSharded } from "../../lib/meter/mod.ts";
import { asRead, RecordBatch } from "../../lib/record/mod.ts";
import { argus, presetOf, type Settings } from "../../lib/settings/mod.ts";
import { randomTraffic } from "../../scripts/synth/traffic.ts";
import { meterAll, rowTexts } from "./metering.ts";

const SETTINGS = [
  argus({ status: "5s", clock: "exact" }),
  argus({ status: "0.5", tcp: "10s", clock: "exact", userData: 16, jitter: true }),
  argus({ status: "60s", clock: "exact", quirks: "argus-3.0.8.2" }),
];

/** Records of each setting as read, in the order they come. */
async function meterSharded(
  capture: string,
  settings: readonly Settings[],
  workers: number,
  cores = 4,
): Promise<RecordBatch[]> {
  const all = settings.map(() => new RecordBatch(16));
  const sinks = all.map((to) => (batch: RecordBatch) => {
    for (let row = 0; row < batch.length; row++) asRead(to, to.append(batch, row));
    batch.clear();
    return batch;
  });
  await runSharded(capture, settings, sinks, workers, { connections: true, cores });
  return all;
}

/** Compares every record, in order, with those of one meter. */
async function check(capture: string): Promise<void> {
  const whole = (await meterAll(capture, SETTINGS)).map(({ batch }) => rowTexts(batch));
  assert(whole[0]!.length > 0);
  // Together the settings need several decodes and user data; the first alone lets the decoding thread number keys, on two cores for the
  // calling thread.
  const first = SETTINGS.slice(0, 1);
  const runs = [[SETTINGS, 1, 4], [SETTINGS, 2, 4], [first, 2, 4], [first, 2, 2], [SETTINGS, 3, 4], [
    SETTINGS,
    4,
    4,
  ]] as const;
  for (const [settings, workers, cores] of runs) {
    for (const [setting, batch] of (await meterSharded(capture, settings, workers, cores)).entries()) {
      assertEquals(rowTexts(batch), whole[setting], `${workers} workers, ${cores} cores, setting ${setting}`);
    }
  }
}

for (const name of ["thread-full.pcap.gz", "port-reuse.pcap", "icmp-reply-first.pcap", "disordered.pcap"]) {
  Deno.test(`workers: the records of ${name} are one meter's, in its order, however many there are`, async () => {
    await check(new URL(`../../fixtures/${name}`, import.meta.url).pathname);
  });
}

Deno.test("workers: random traffic with fragments, ICMP errors and port reuse, too", async () => {
  const path = await Deno.makeTempFile({ suffix: ".pcap" });
  try {
    for (const seed of [1, 2]) {
      await Deno.writeFile(
        path,
        randomTraffic({ seed, packets: 36_000, hosts: 6, ports: 4, span: 600, silence: 100, disorder: 0.02 }),
      );
      await check(path);
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("workers: more records at once than there is room for between the threads", async () => {
  const path = await Deno.makeTempFile({ suffix: ".pcap" });
  try {
    // Nearly every packet is a flow of its own, and most are reported at the same few boundaries or at the end.
    await Deno.writeFile(
      path,
      randomTraffic({ seed: 3, packets: 30_000, hosts: 300, ports: 300, span: 70, silence: 1 }),
    );
    await check(path);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("workers: clocks and rules under which shards depend on each other are refused", async () => {
  const capture = new URL("../../fixtures/port-reuse.pcap", import.meta.url).pathname;
  const refused = 'Expected clock "exact"';
  await assertRejects(() => meterSharded(capture, [argus({ status: "5s" })], 2), Problem, refused);
  await assertRejects(() => meterSharded(capture, [presetOf("nfstream")()], 2), Problem, refused);
  await assertRejects(() => meterSharded(capture, SETTINGS, 0), Problem, "at least one worker");
  await assertRejects(() => meterSharded("/nonexistent.pcap", SETTINGS, 2), Problem);
});
