import { assert, assertEquals } from "@std/assert";
import { openFrames } from "../../lib/capture/mod.ts";
import { DiffBuilder } from "../../lib/compare/mod.ts";
import { readArgus } from "../../lib/formats/mod.ts";
import { MeterBank } from "../../lib/meter/mod.ts";
import { asRead, RecordBatch } from "../../lib/record/mod.ts";
import { argus } from "../../lib/settings/mod.ts";
import { installed, run } from "../formats/real_programs.ts";

const FILE = new URL("../../fixtures/server-first.pcap", import.meta.url).pathname;

function read(batch: RecordBatch): RecordBatch {
  for (let row = 0; row < batch.length; row++) asRead(batch, row);
  return batch;
}

Deno.test({
  name: "our records against a file of the real program, which has neither connection ids nor frames",
  ignore: !installed("argus"),
  async fn() {
    const directory = await Deno.makeTempDir();
    try {
      await run("argus", ["-X", "-S", "5", "-r", FILE, "-w", `${directory}/flows`]);
      for (const status of [5, 60]) {
        const diff = new DiffBuilder({ name: "ours" }, { name: "argus -S 5" });
        const bank = new MeterBank([argus({ status })], [(batch) => {
          diff.take(0, read(batch));
          return new RecordBatch(4096);
        }], { connections: true });
        for await (const frames of openFrames(FILE)) bank.take(frames);
        bank.end();
        for await (const batch of readArgus(`${directory}/flows`)) diff.take(1, read(batch));
        const d = diff.finish();
        assert(d.totals.complete && d.totals.equal);
        if (status === 5) assertEquals([d.counts.same, d.differences], [d.left.records, []]);
        else assertEquals([d.counts.split > 0, d.counts["only-left"], d.counts["only-right"]], [true, 0, 0]);
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
