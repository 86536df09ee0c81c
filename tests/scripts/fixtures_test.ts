import { assertEquals } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { Disorder, openFrames } from "../../lib/capture/mod.ts";
import { fixtures } from "../../scripts/make_fixtures.ts";
import { readAll, run } from "../capture/helpers.ts";

const folder = new URL("../../fixtures", import.meta.url).pathname;
const shared = Deno.env.get("PANOPTES_SHARED") ?? new URL("../../../shared", import.meta.url).pathname;
const made = fixtures();

/** What counts of a file: of a compressed one what is in it, since compressors differ. */
const content = (name: string, bytes: Uint8Array) =>
  name.endsWith(".gz") ? new Uint8Array(gunzipSync(bytes)) : bytes;

const same = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);

Deno.test("the files in fixtures/ are what make_fixtures.ts makes", () => {
  const files = Array.from(Deno.readDirSync(folder)).filter((entry) => entry.isFile);
  assertEquals(files.map((entry) => entry.name).sort(), [...made.keys()].sort());
  for (const [name, bytes] of made) {
    assertEquals(
      same(content(name, bytes), content(name, Deno.readFileSync(`${folder}/${name}`))),
      true,
      name,
    );
  }
});

for (const name of ["thread-full.pcap", "thread-only.pcap"]) {
  let original: Uint8Array | undefined;
  try {
    original = Deno.readFileSync(`${shared}/thread/${name}`);
  } catch {
    console.log(`skipped: no ${shared}/thread/${name} (set PANOPTES_SHARED)`);
  }
  Deno.test({
    name: `${name} is the capture of the case, byte for byte`,
    ignore: original === undefined,
    fn: () => assertEquals(same(content(`${name}.gz`, made.get(`${name}.gz`)!), original!), true),
  });
}

Deno.test("the case has the packets the thread tells of", async () => {
  const counts = new Map<string, number>();
  for await (const batch of openFrames(made.get("thread-only.pcap.gz")!)) {
    for (let i = 0; i < batch.length; i++) {
      const connection = batch.time[i]! < 576_000e6 ? "A" : "B";
      counts.set(connection, (counts.get(connection) ?? 0) + 1);
    }
  }
  assertEquals(Object.fromEntries(counts), { A: 12_015, B: 2_752 });
  const { frames } = await readAll(made.get("thread-full.pcap.gz")!, { batch: 5000 });
  const { time, wire, bytes } = frames[4406]!;
  assertEquals([time - frames.find((f) => f.bytes[47] === 2 && f.bytes[36] === 5552 >> 8)!.time, wire], [
    846_762_164,
    74,
  ]);
  assertEquals(bytes.slice(34, 38), [5552 >> 8, 5552 & 255, 49227 >> 8, 49227 & 255]);
});

Deno.test("only the disordered capture is out of order, by four frames", async () => {
  for (const [name, bytes] of made) {
    if (!name.includes(".pcap")) continue;
    const disorder = new Disorder();
    for await (const batch of openFrames(bytes)) disorder.add(batch);
    assertEquals(
      [disorder.count, disorder.maxStepBack],
      name === "disordered.pcap" ? [4, 2.4e6] : [0, 0],
      name,
    );
  }
});

const tcpdump = await run("tcpdump", ["--version"]);
if (!tcpdump) console.log("skipped: tcpdump is not installed to check checksums with");

Deno.test({
  name: "lengths and checksums are right",
  ignore: !tcpdump,
  async fn() {
    for (const [name, bytes] of made) {
      if (!name.includes(".pcap")) continue;
      const seen = await run("tcpdump", ["-n", "-vv", "-r", "-"], content(name, bytes));
      assertEquals(
        seen?.out.match(/.*(?:incorrect|bad cksum|wrong|malformed|\[\|(?:ip|tcp|udp)\]).*/i)?.[0],
        undefined,
        name,
      );
      assertEquals(seen?.code, 0);
    }
  },
});
