import { assert, assertEquals } from "@std/assert";
import { argus } from "../../lib/settings/mod.ts";
import { direction } from "../../lib/record/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { meterAll } from "./metering.ts";

const THREAD = new URL("../../fixtures/thread-full.pcap.gz", import.meta.url).pathname;

Deno.test("with direction memory no record of the case loses its direction, for little memory", async () => {
  const status = ["999999s", "99999s", "59999s", "19999s"];
  const off = await meterAll(THREAD, status.map((s) => argus({ status: s })));
  const on = await meterAll(THREAD, status.map((s) => argus({ status: s, memory: "never" })));
  const unknown = (b: R.RecordBatch) =>
    Array.from({ length: b.length }, (_, row) => direction(b, row)).filter((d) => d.includes("?")).length;
  assertEquals(off.map((m) => unknown(m.batch)), [0, 1, 3, 10]);
  assertEquals(on.map((m) => unknown(m.batch)), [0, 0, 0, 0]);
  for (const [i, m] of on.entries()) {
    assert(m.meter.table.peak <= off[i]!.meter.table.peak, "ghosts must not add live entries");
    const sources = new Set<number>();
    for (let row = 0; row < m.batch.length; row++) {
      const w = row * R.WORDS;
      if (m.batch.words[w + R.SPORT] === 49227 || m.batch.words[w + R.DPORT] === 49227) {
        sources.add(m.batch.words[w + R.SPORT]!);
      }
    }
    assertEquals([...sources], [49227]);
  }
});

Deno.test("a record that kept its direction by memory says so", async () => {
  const [m] = await meterAll(THREAD, [argus({ status: "99999s", memory: "2h" })]);
  const evidence = new Set<string>();
  for (let row = 0; row < m!.batch.length; row++) {
    const w = row * R.WORDS;
    if (m!.batch.words[w + R.SPORT] === 49227) {
      evidence.add(R.EVIDENCES[(m!.batch.words[w + R.WHY]! >>> 8) & 0xff]!);
    }
  }
  assertEquals([...evidence].sort(), ["remembered", "syn"]);
});

Deno.test("memory by number of entries forgets the oldest", async () => {
  const [one, many] = await meterAll(THREAD, [
    argus({ status: "99999s", memory: { entries: 1 } }),
    argus({ status: "99999s", memory: { entries: 1000 } }),
  ]);
  assertEquals(one!.meter.ghosts!.count, 1);
  assert(many!.meter.ghosts!.count > 1 && many!.meter.ghosts!.count <= 1000);
});
