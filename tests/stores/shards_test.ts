import { assert, assertEquals } from "@std/assert";
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
