import { assert, assertEquals, assertRejects } from "@std/assert";
import zlib from "node:zlib";
import { Problem } from "../../lib/base/mod.ts";
import { encodePcap, openFrames } from "../../lib/capture/mod.ts";
import { chunked, ramp, readAll, run } from "./helpers.ts";
import { inFolder } from "../folder.ts";

const FRAMES = Array.from({ length: 3000 }, (_, i) => ({ time: 1e9 + i, bytes: ramp(40 + i % 90, i) }));
const FILE = encodePcap(FRAMES);
const LENGTHS = FRAMES.map((f) => f.bytes.length);

const zstd = (bytes: Uint8Array) => new Uint8Array(zlib.zstdCompressSync(bytes));
const gzip = (bytes: Uint8Array) => new Uint8Array(zlib.gzipSync(bytes));
const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

const lengths = async (source: Parameters<typeof readAll>[0]) => {
  const { frames, problems } = await readAll(source);
  assertEquals(problems, []);
  return frames.map((f) => f.bytes.length);
};

for (const [name, pack] of [["plain", (b: Uint8Array) => b], ["gzip", gzip], ["zstd", zstd]] as const) {
  Deno.test(`${name}: file, bytes, stream in chunks of any size`, async () => {
    const packed = pack(FILE);
    await inFolder(async (folder) => {
      // Recognised by what is in it, not by its name.
      await Deno.writeFile(`${folder}/capture.txt`, packed);
      assertEquals(await lengths(`${folder}/capture.txt`), LENGTHS);
      assertEquals(await lengths(new URL(`file://${folder}/capture.txt`)), LENGTHS);
    });
    assertEquals(await lengths(packed), LENGTHS);
    for (const size of [1, 7, 1000, 1e6]) {
      if (size === 1 && name !== "plain") continue;
      assertEquals(await lengths(chunked(packed, size)), LENGTHS, `chunks of ${size}`);
    }
  });
}

Deno.test("gzip members and zstd frames one behind the other, compressed twice, zstd frames to be skipped", async () => {
  const parts = [FILE.subarray(0, 10), FILE.subarray(10, 70_000), FILE.subarray(70_000)];
  assertEquals(await lengths(join(...parts.map(gzip))), LENGTHS);
  assertEquals(await lengths(join(...parts.map(zstd))), LENGTHS);
  assertEquals(await lengths(chunked(join(...parts.map(zstd)), 5000)), LENGTHS);
  const skipped = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
  assertEquals(
    await lengths(join(skipped, zstd(parts[0]!), skipped, zstd(FILE.subarray(10)), skipped)),
    LENGTHS,
  );
  assertEquals(await lengths(gzip(zstd(FILE))), LENGTHS);
  const summed = zlib.zstdCompressSync(FILE, { params: { [zlib.constants.ZSTD_c_checksumFlag]: 1 } });
  assertEquals(await lengths(join(new Uint8Array(summed), zstd(new Uint8Array()))), LENGTHS);
});

/** How many whole frames a file cut here has. */
function wholeFrames(cut: number): number {
  let at = 24, n = 0;
  while (n < LENGTHS.length && at + 16 + LENGTHS[n]! <= cut) at += 16 + LENGTHS[n++]!;
  return n;
}

for (const [name, pack] of [["gzip", gzip], ["zstd", zstd]] as const) {
  Deno.test(`${name}: cut data give every whole frame before the cut, then one problem`, async () => {
    const packed = pack(FILE);
    for (const cut of [packed.length - 1, packed.length - 9, packed.length >> 1]) {
      const { frames, problems } = await readAll(packed.slice(0, cut));
      assertEquals(problems.length, 1);
      assertEquals([problems[0]!.code, problems[0]!.frame], ["truncated", frames.length + 1]);
      assert(problems[0]!.reason.includes(`${name} data`), problems[0]!.reason);
      // The frames are the file's own.
      assertEquals(frames.map((f) => f.bytes.length), LENGTHS.slice(0, frames.length));
      if (cut >= packed.length - 9 && name === "gzip") assertEquals(frames.length, LENGTHS.length);
      else assert(frames.length > wholeFrames(FILE.length * cut / packed.length / 4));
    }
  });
}

Deno.test("gzip: damage in the middle loses nothing before it", async () => {
  // Stored blocks: what is compressed can be found in the file, and so can the last good byte.
  const packed = new Uint8Array(zlib.gzipSync(FILE, { level: 0 }));
  const { blocks, data } = storedBlocks(packed);
  const third = blocks[2]!;
  packed[third] = 7; // a block type that does not exist
  for (const source of [packed, await stored(packed)]) {
    const { frames, problems } = await readAll(source);
    assertEquals(problems.map((p) => p.code), ["damaged"]);
    assertEquals(frames.length, wholeFrames(data[2]!));
    assertEquals(problems[0]!.frame, frames.length + 1);
  }
});

/** Where stored deflate blocks begin in the packed bytes, and how many bytes come out before each. */
function storedBlocks(packed: Uint8Array): { blocks: number[]; data: number[] } {
  const view = new DataView(packed.buffer), blocks = [], data = [];
  for (let at = 10, out = 0; at < packed.length - 8;) {
    blocks.push(at);
    data.push(out);
    const length = view.getUint16(at + 1, true);
    out += length;
    at += 5 + length;
  }
  return { blocks, data };
}

async function stored(bytes: Uint8Array): Promise<string> {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, bytes);
  addEventListener("unload", () => Deno.removeSync(path));
  return path;
}

Deno.test("several captures are read one behind the other, frame numbers go on, links may differ", async () => {
  const one = encodePcap(FRAMES.slice(0, 2)),
    two = encodePcap(FRAMES.slice(2, 5), { linkType: 101, nano: true });
  const { frames, problems } = await readAll([one, gzip(two), chunked(one, 9)]);
  assertEquals(problems, []);
  assertEquals(frames.map((f) => f.number), [1, 2, 3, 4, 5, 6, 7]);
  assertEquals(frames.map((f) => f.linkType), [1, 1, 101, 101, 101, 1, 1]);
});

Deno.test("a pattern stands for its files in order; a name with wildcards that exists is a name", async () => {
  await inFolder(async (folder) => {
    for (const [name, from] of [["b2.pcap", 2], ["b1.pcap", 1], ["c.pcap", 4], ["[x].pcap", 5]] as const) {
      await Deno.writeFile(`${folder}/${name}`, encodePcap(FRAMES.slice(from, from + 1)));
    }
    assertEquals(await lengths(`${folder}/b*.pcap`), [41, 42]);
    assertEquals(await lengths(`${folder}/{c,b2}.pcap`), [42, 44]);
    assertEquals(await lengths(`${folder}/[x].pcap`), [45]);
    const problem = await assertRejects(
      () => readAll(`${folder}/z*.pcap`),
      Problem,
      "Expected at least one file",
    );
    assertEquals(problem.code, "not-found");
  });
});

Deno.test("one file of several that is no capture is told, not thrown; none at all is thrown", async () => {
  await inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/a.pcap`, encodePcap(FRAMES.slice(0, 2)));
    await Deno.writeTextFile(`${folder}/b.pcap`, "This is text.");
    await Deno.writeTextFile(`${folder}/c.pcap`, "");
    const { frames, problems } = await readAll(`${folder}/*.pcap`);
    assertEquals(frames.length, 2);
    assertEquals(problems.map((p) => p.code), ["not-a-capture", "empty"]);
    await assertRejects(() => readAll(`${folder}/{b,c}.pcap`), Problem, "b.pcap");
    await assertRejects(() => readAll(`${folder}/*.pcap`, { strict: true }), Problem, "b.pcap");
    // A name that is wrong shows before the first frame.
    const frames2 = openFrames([`${folder}/a.pcap`, `${folder}/missing.pcap`]);
    assertEquals((await assertRejects(() => frames2.next(), Problem)).code, "not-found");
  });
});

Deno.test("missing file, directory, text, nothing, unknown magic: a problem at once that names the file", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/text`, "Hello, this is no capture.\n");
    await Deno.writeFile(`${folder}/nothing`, new Uint8Array());
    await Deno.writeFile(`${folder}/magic`, Uint8Array.from([0xde, 0xad, 0xbe, 0xef, ...ramp(60)]));
    await Deno.writeFile(`${folder}/version`, FILE.with(4, 9));
    const cases = [
      [`${folder}/missing`, "not-found", "no such file"],
      [`${folder}/text/below`, "not-found", "no such file"],
      [folder, "not-a-capture", "a directory"],
      [`${folder}/text`, "not-a-capture", "begins with 48 65 6c 6c"],
      [`${folder}/nothing`, "empty", "no bytes"],
      [`${folder}/magic`, "not-a-capture", "begins with de ad be ef"],
      [`${folder}/version`, "unsupported", "version 9.4"],
    ] as const;
    for (const [path, code, found] of cases) {
      const problem = await assertRejects(() => openFrames(path).next(), Problem, found);
      assertEquals([problem.code, problem.source], [code, path]);
    }
    for (const pack of [gzip, zstd]) {
      assertEquals((await assertRejects(() => readAll(pack(ramp(50))), Problem)).code, "not-a-capture");
      assertEquals((await assertRejects(() => readAll(pack(new Uint8Array())), Problem)).code, "empty");
    }
  });
});

/** Reads a capture in a process of its own and prints the frames, or the problem's code. */
const READER = `
  import { openFrames } from ${JSON.stringify(import.meta.resolve("../../lib/capture/mod.ts"))};
  let frames = 0;
  try {
    for await (const batch of openFrames(Deno.args[0])) frames += batch.length;
    console.log(frames);
  } catch (error) { console.log(error.code, error.source); }
`;

async function reader(args: string[]): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(path, READER);
  addEventListener("unload", () => Deno.removeSync(path));
  const config = new URL("../../deno.json", import.meta.url).pathname;
  return ["run", "-A", "--no-check", "--no-lock", "-q", "-c", config, path, ...args].map((a) => `'${a}'`)
    .join(" ");
}

Deno.test("standard input, from a pipe and from a file", async () => {
  const command = `"${Deno.execPath()}" ${await reader(["-"])}`;
  assertEquals((await run("sh", ["-c", command], FILE))?.out, "3000\n");
  assertEquals((await run("sh", ["-c", `${command} < ${await stored(gzip(FILE))}`]))?.out, "3000\n");
  assertEquals((await run("sh", ["-c", `${command} < /dev/null`]))?.out, "empty standard input\n");
});

Deno.test("a file without read permission", async (t) => {
  const path = await stored(FILE);
  await Deno.chmod(path, 0);
  if (Deno.uid() !== 0) {
    assertEquals((await assertRejects(() => readAll(path), Problem)).code, "no-permission");
    return;
  }
  // Root may read everything: give the right away in a process of its own.
  const drop = await run("setpriv", ["--inh-caps=-all", "--bounding-set=-all", "true"]);
  if (drop?.code !== 0) {
    console.log("skipped: running as root, and setpriv is not there to drop the right to read everything");
    await t.step({ name: "as root", ignore: true, fn() {} });
    return;
  }
  const command = `exec setpriv --inh-caps=-all --bounding-set=-all "${Deno.execPath()}" ${await reader([
    path,
  ])}`;
  assertEquals((await run("sh", ["-c", command]))?.out, `no-permission ${path}\n`);
});

Deno.test("a URL is read from a server; its errors are problems", async () => {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const path = new URL(request.url).pathname;
    if (path === "/a.pcap.gz") return new Response(gzip(FILE));
    if (path === "/encoded") return new Response(gzip(FILE), { headers: { "content-encoding": "gzip" } });
    return new Response("nothing", { status: path === "/secret" ? 403 : path === "/broken" ? 500 : 404 });
  });
  const at = `http://127.0.0.1:${server.addr.port}`;
  try {
    const progress: (number | undefined)[][] = [];
    const { frames } = await readAll(`${at}/a.pcap.gz`, { onProgress: (...p) => progress.push(p) });
    assertEquals(frames.length, 3000);
    assertEquals(progress.at(-1)?.[0], gzip(FILE).length);
    assertEquals((await readAll(new URL(`${at}/encoded`))).frames.length, 3000);
    for (
      const [path, code] of [["/no", "not-found"], ["/secret", "no-permission"], [
        "/broken",
        "network",
      ]] as const
    ) {
      const problem = await assertRejects(() => readAll(at + path), Problem);
      assertEquals([problem.code, problem.source], [code, at + path]);
    }
  } finally {
    await server.shutdown();
  }
  assertEquals((await assertRejects(() => readAll(`${at}/gone`), Problem)).code, "network");
});

Deno.test("live: whole frames are given as soon as they have come, silence gives heartbeats, abort ends it", async () => {
  let feed!: ReadableStreamDefaultController<Uint8Array>;
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => void (feed = controller),
    cancel: () => void (cancelled = true),
  });
  const stop = new AbortController();
  const frames = openFrames(stream, { heartbeat: 5, signal: stop.signal });
  const next = async () => {
    for (;;) {
      const { value, done } = await frames.next();
      if (done) return "end";
      if (value.length > 0) return [value.firstFrame, value.length];
    }
  };
  const small = encodePcap(FRAMES.slice(0, 3));
  feed.enqueue(small.slice(0, 24 + 56 + 20));
  assertEquals(await next(), [1, 1]);
  const { value } = await frames.next();
  assertEquals(value && value.length, 0);
  feed.enqueue(small.slice(24 + 56 + 20));
  assertEquals(await next(), [2, 2]);
  feed.enqueue(ramp(5));
  setTimeout(() => stop.abort(), 20);
  assertEquals(await next(), "end");
  assert(cancelled);
});

Deno.test("a stream that breaks off gives every whole frame before, then one problem", async () => {
  for (const pack of [(b: Uint8Array) => b, gzip]) {
    const packed = pack(FILE);
    let n = 0;
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (n++ === 0) controller.enqueue(packed.slice(0, packed.length >> 1));
        else controller.error(new Error("connection reset"));
      },
    });
    const { frames, problems } = await readAll(broken);
    assert(frames.length > 0);
    assertEquals(problems.map((p) => [p.code, p.frame]), [["network", frames.length + 1]]);
    assert(problems[0]!.reason.endsWith("connection reset"));
  }
});

Deno.test("progress counts the bytes of all sources", async () => {
  const path = await stored(FILE), seen: (number | undefined)[][] = [];
  await readAll([path, gzip(FILE)], { onProgress: (...p) => seen.push(p) });
  const total = FILE.length + gzip(FILE).length;
  assertEquals(seen.at(-1), [total, total]);
  assertEquals(seen.every(([read], i) => i === 0 || read! >= seen[i - 1]![0]!), true);
});

Deno.test("the caller's bytes are never written to", async () => {
  const mine = FILE.slice();
  await readAll(mine, { batch: 7 });
  await readAll(mine.subarray(0, 50_001), { batch: 7 });
  assertEquals(mine, FILE);
});

Deno.test("leaving early closes the file", async () => {
  const path = await stored(FILE);
  for (let i = 0; i < 3; i++) {
    for await (const batch of openFrames(path, { batch: 10 })) {
      assertEquals(batch.length, 10);
      break;
    }
  }
});
