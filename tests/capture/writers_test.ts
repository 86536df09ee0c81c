import { assert, assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import {
  type CaptureComment,
  createCapture,
  encodePcap,
  type FrameWriter,
  openFrames,
  PcapngWriter,
  PcapWriter,
} from "../../lib/capture/mod.ts";
import { Blocks, ramp, readAll, run } from "./helpers.ts";

const FRAMES = Array.from({ length: 2000 }, (_, i) => ({
  time: 1_433_405_000_000_000 + i * 777,
  nano: i % 1000,
  bytes: ramp(i % 1300, i),
  wire: i % 3 ? 1500 : i % 1300,
}));

async function copy(
  source: Uint8Array,
  make: (sink: (bytes: Uint8Array) => void) => FrameWriter,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const writer = make((bytes) => parts.push(bytes.slice()));
  for await (const batch of openFrames(source)) for (let i = 0; i < batch.length; i++) writer.write(batch, i);
  writer.close();
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

for (const nano of [false, true]) {
  const file = encodePcap(FRAMES, { nano });

  Deno.test(`pcap, ${nano ? "nano" : "micro"}seconds: written again it is the same file`, async () => {
    assertEquals(await copy(file, (sink) => new PcapWriter(sink)), file);
    assertEquals(
      await copy(encodePcap(FRAMES, { nano, bigEndian: true }), (sink) => new PcapWriter(sink)),
      file,
    );
  });

  Deno.test(`pcapng, ${nano ? "nano" : "micro"}seconds: frames come back the same`, async () => {
    const written = await copy(file, (sink) => new PcapngWriter(sink));
    assertEquals((await readAll(written)).frames, (await readAll(file)).frames);
  });
}

Deno.test("nanoseconds can be asked for, and dropped", async () => {
  const file = encodePcap(FRAMES, { nano: true });
  assertEquals(await copy(file, (sink) => new PcapWriter(sink, { nano: false })), encodePcap(FRAMES));
  const micro = encodePcap(FRAMES.map((frame) => ({ ...frame, nano: 0 })), { nano: true });
  assertEquals(await copy(encodePcap(FRAMES), (sink) => new PcapWriter(sink, { nano: true })), micro);
});

Deno.test("times before 1970 survive both formats", async () => {
  const file = encodePcap([{ time: -1_500_001, bytes: ramp(9) }]);
  assertEquals((await readAll(await copy(file, (sink) => new PcapWriter(sink)))).frames[0]!.time, -1_500_001);
});

Deno.test("pcap refuses a second link type and says what to do; pcapng takes it", async () => {
  const b = new Blocks().section().iface(1).packet(1n, ramp(3)).iface(101).packet(2n, ramp(5), 1);
  const batches: [Parameters<FrameWriter["write"]>[0], number][] = [];
  for await (const batch of openFrames(b.bytes())) {
    batches.push([{ ...batch, bytes: batch.bytes.slice() }, batch.linkType]);
  }
  assertEquals(batches.length, 2);
  const pcap = new PcapWriter(() => {});
  for await (const batch of openFrames(b.bytes())) {
    if (batch.linkType === 1) pcap.write(batch, 0);
    else {
      const problem = assertThrows(() => pcap.write(batch, 0), Problem, "write pcapng instead");
      assertEquals([problem.code, problem.frame], ["unsupported", 2]);
    }
  }
  const { frames } = await readAll(await copy(b.bytes(), (sink) => new PcapngWriter(sink)));
  assertEquals(frames.map((f) => [f.linkType, f.bytes.length, f.time]), [[1, 3, 1], [101, 5, 2]]);
});

Deno.test("pcapng keeps comments", async () => {
  const parts: number[] = [];
  const writer = new PcapngWriter((bytes) => parts.push(...bytes), { comment: "a slice" });
  for await (const batch of openFrames(encodePcap(FRAMES.slice(0, 2)))) {
    writer.write(batch, 0);
    writer.write(batch, 1, "the second");
  }
  writer.close();
  const comments: CaptureComment[] = [];
  await readAll(Uint8Array.from(parts), { onComment: (c) => comments.push(c) });
  assertEquals(comments.map((c) => [c.about, c.frame, c.text]), [
    ["section", undefined, "a slice"],
    ["frame", 2, "the second"],
  ]);
});

Deno.test("files: the name says the format and the compression; tcpdump and tshark read them", async (t) => {
  const folder = await Deno.makeTempDir();
  const file = encodePcap(FRAMES, { nano: true });
  const expected = (await readAll(file)).frames;
  try {
    for (const name of ["a.pcap", "b.pcapng", "c.pcap.gz", "d.pcapng.zst", "e.cap"]) {
      const writer = createCapture(`${folder}/${name}`);
      for await (const batch of openFrames(file)) {
        for (let i = 0; i < batch.length; i++) writer.write(batch, i);
      }
      writer.close();
      assertEquals((await readAll(`${folder}/${name}`)).frames, expected, name);
    }
    for (const name of ["a.pcap", "b.pcapng"]) {
      const tcpdump = await run("tcpdump", [
        "-n",
        "-r",
        `${folder}/${name}`,
        "--nano",
        "-w",
        `${folder}/copy`,
      ]);
      if (!tcpdump) {
        console.log("skipped: tcpdump is not installed");
        await t.step({ name: `tcpdump ${name}`, ignore: true, fn() {} });
        continue;
      }
      assertEquals((await readAll(`${folder}/copy`)).frames, expected, name);
    }
    const tshark = await run("tshark", [
      "-n",
      "-r",
      `${folder}/b.pcapng`,
      "-T",
      "fields",
      "-e",
      "frame.time_epoch",
    ]);
    if (tshark) assertEquals(tshark.out.split("\n")[7], "1433405000.005439007");
    const problem = assertThrows(() => createCapture(`${folder}/no/such.pcap`), Problem);
    assertEquals(problem.code, "not-found");
    assert(problem.source?.endsWith("no/such.pcap"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a pcap without frames has a header", async () => {
  assertEquals(await copy(encodePcap([]), (sink) => new PcapWriter(sink)), encodePcap([]));
});
