import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { diffRecords } from "../../lib/compare/mod.ts";
import { cutsTable, Diary, differenceText, whyDifference } from "../../lib/explain/mod.ts";
import { argus } from "../../lib/settings/mod.ts";
import { installed, run } from "../formats/real_programs.ts";
import { batchesOf, fixture, type Metered, meterings, port } from "./meterings.ts";

const FILE = fixture("server-first.pcap");

async function two(): Promise<[Metered, Metered]> {
  const [a, b] = await meterings(FILE, [argus({ tcp: "1h" }), argus()], port(5552));
  return [a!, b!];
}

Deno.test("the table of cuts names who noticed, who dropped and who spoke", async () => {
  const [, m] = await two();
  const table = cutsTable([new Diary(m)]);
  assertEquals(table.rows.map((r) => [r[0], r[1], r[5], r[6], r[7], r[8], r[10]]), [
    ["5 s", "1-2", "12.5", "8.5", "kept", "frame 9", ""],
    ["5 s", "2-3", "12.5", "8.0", "kept", "frame 14", ""],
    ["5 s", "3-4", "12.5", "8.0", "kept", "own packet", ""],
    ["5 s", "4-5", "264.5", "260.0", "lost", "frame 26", "10.0.2.3:5552"],
    ["5 s", "5-6", "13.5", "10.0", "kept", "frame 81", ""],
  ]);
});

Deno.test("a difference in words has a line for each record that stands out", async () => {
  const [a, b] = await two();
  const d = await diffRecords(batchesOf(a), batchesOf(b), [{ name: "1h" }, { name: "60s" }], {
    sameFrames: true,
  });
  assertEquals([d.counts.flipped, d.counts.same], [2, 4]);
  const diaries = { left: new Diary(a), right: new Diary(b) };
  const text = differenceText(d.differences[0]!, diaries);
  assertStringIncludes(text.title, "flipped 1, direction unknown 1");
  assertEquals(text.records.length, 1);
  assertStringIncludes(text.records[0]!, "silent for 264.5 s");
  const bare = whyDifference(d.differences[0]!);
  assertEquals(bare.code, "direction-unexplained");
});

Deno.test({
  name: "the real program agrees with the remedies of the case",
  ignore: !installed("argus", "ra"),
  async fn() {
    const directory = await Deno.makeTempDir();
    try {
      const pcap = `${directory}/full.pcap`;
      const packed = (await Deno.open(fixture("thread-full.pcap.gz"))).readable
        .pipeThrough(new DecompressionStream("gzip"));
      await Deno.writeFile(pcap, packed);
      const directions = async (status: string, tcp: string) => {
        await Deno.writeTextFile(`${directory}/conf`, `ARGUS_TCP_TIMEOUT=${tcp}\n`);
        // argus appends to a file that exists.
        const out = `${directory}/${status}-${tcp}`;
        await run("argus", [
          "-X",
          "-F",
          `${directory}/conf`,
          "-S",
          status,
          "-r",
          pcap,
          "-w",
          out,
          "port 49227",
        ]);
        return new Set(
          (await run("ra", ["-X", "-n", "-r", out, "-s", "dir", "-L", "-1"])).trim().split(/\s+/),
        );
      };
      assertEquals(await directions("19999", "1361"), new Set(["->"]));
      assert((await directions("19999", "1360")).has("<?>"));
      assertEquals(await directions("19999", "1431"), new Set(["->"]));
      assertEquals(await directions("50128", "60"), new Set(["->"]));
      assert((await directions("50127", "60")).has("<?>"));
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
