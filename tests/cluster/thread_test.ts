import { assertEquals } from "@std/assert";
import { Clusterer } from "../../lib/cluster/mod.ts";
import { RecordBatch } from "../../lib/record/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { argus } from "../../lib/settings/mod.ts";
import { meterAll } from "../meter/metering.ts";
import { tell } from "./rows.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url).pathname;
const STATUS = ["999999s", "99999s", "59999s", "19999s", "0.0001s"] as const;

/** The records of the thread's two connections. */
function talk(batch: RecordBatch): RecordBatch {
  const out = new RecordBatch();
  for (let row = 0; row < batch.length; row++) {
    const w = row * R.WORDS;
    const ports = [batch.words[w + R.SPORT], batch.words[w + R.DPORT]];
    if (ports.includes(49227) && ports.includes(5552)) out.append(batch, row);
  }
  return out;
}

/** A fixed disorder. */
function disordered(count: number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  let seed = 1;
  for (let i = count - 1; i > 0; i--) {
    seed = Math.imul(seed, 48271) >>> 0;
    const j = seed % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

for (const file of ["thread-full.pcap.gz", "thread-only.pcap.gz"]) {
  Deno.test(`the two true connections of ${file} at every status interval, in any order`, async () => {
    const metered = await meterAll(FIXTURES + file, STATUS.map((status) => argus({ status })));
    for (const [i, { batch }] of metered.entries()) {
      const records = talk(batch);
      for (const disorder of [false, true]) {
        const clusterer = new Clusterer();
        const order = disorder ? disordered(records.length) : [...Array(records.length).keys()];
        for (const row of order) clusterer.add(records, row);
        const told = tell(clusterer.flush()).map((line) => line.replace(/ x\d+$/, ""));
        const packets = told.map((line) => line.split(" ")[3]!.split("+").reduce((a, n) => a + Number(n), 0));
        assertEquals(packets, [12015, 2752], `status ${STATUS[i]}`);
        for (const line of told) {
          assertEquals(line.split(" ").slice(0, 3), ["10.0.2.104:49227", "->", "147.32.83.57:5552"]);
        }
      }
    }
  });
}
