import { assert, assertEquals, assertRejects } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { meterSharded } from "../../lib/meter/mod.ts";
import { argus } from "../../lib/settings/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { meterShard } from "../../scripts/cluster/meter.ts";

const NAMES = ["thread-full.pcap.gz", "port-reuse.pcap", "icmp-reply-first.pcap", "disordered.pcap"];
const COLUMNS =
  "stime ltime proto saddr sport dir daddr dport spkts dpkts sbytes dbytes state cause endreason evidence firstframe lastframe connid connseq";

async function lines(capture: string, index: number, count: number): Promise<string[]> {
  const printer = new R.Printer({ columns: R.parseColumns([COLUMNS]), delimiter: ",", titles: -1 });
  for await (const batch of meterShard(capture, "5s", { index, count })) {
    for (let row = 0; row < batch.length; row++) printer.print(batch, row);
  }
  return printer.sink.text().split("\n").filter((line) => line !== "");
}

for (const name of NAMES) {
  Deno.test(`law 5: the shards of ${name} together are the whole`, async () => {
    const capture = new URL(`../../fixtures/${name}`, import.meta.url).pathname;
    const whole = (await lines(capture, 0, 1)).sort();
    assert(whole.length > 0);
    for (const count of [2, 3, 16]) {
      const parts = await Promise.all(
        Array.from({ length: count }, (_, index) => lines(capture, index, count)),
      );
      assertEquals(parts.flat().sort(), whole);
    }
  });
}

Deno.test("workers: however many, the records are the same and in the same order", async () => {
  const capture = new URL("../../fixtures/thread-full.pcap.gz", import.meta.url).pathname;
  const settings = [argus({ status: "5s", clock: "exact" }), argus({ status: "60s", clock: "exact" })];
  const runs = await Promise.all(
    [1, 2, 3].map((workers) => meterSharded(capture, settings, workers, { connections: true })),
  );
  for (const run of runs) {
    assertEquals(
      run.map((batches) => batches.map((b) => b.words.subarray(0, b.length * R.WORDS))),
      runs[0]!.map((batches) => batches.map((b) => b.words.subarray(0, b.length * R.WORDS))),
    );
    assertEquals(
      run.map((batches) => batches.map((b) => b.doubles.subarray(0, b.length * R.DOUBLES))),
      runs[0]!.map((batches) => batches.map((b) => b.doubles.subarray(0, b.length * R.DOUBLES))),
    );
  }
  await assertRejects(
    () => meterSharded(capture, [argus({ status: "5s" })], 2),
    Problem,
    'Expected clock "exact"',
  );
});
