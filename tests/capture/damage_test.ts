import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Problem } from "../../lib/base/mod.ts";
import { encodePcap, openFrames } from "../../lib/capture/mod.ts";
import { Blocks, chunked, ramp, readAll, type Seen } from "./helpers.ts";

const SIZES = [60, 0, 14, 33, 20, 60, 1500, 9];
const FRAMES = SIZES.map((size, i) => ({ time: 1e9 + i, bytes: ramp(size, i) }));
const PCAP = encodePcap(FRAMES);

const builder = new Blocks().section();
builder.iface(1).block(0x99, [...ramp(8)]);
for (const { time, bytes } of FRAMES) builder.packet(BigInt(time), bytes);
const PCAPNG = builder.bytes();

/** Ends of the pieces of a file: everything before each, every frame before each. */
function ends(file: Uint8Array, format: "pcap" | "pcapng"): { end: number; frames: number }[] {
  if (format === "pcap") {
    let end = 24;
    return [{ end, frames: 0 }, ...SIZES.map((size, i) => ({ end: end += 16 + size, frames: i + 1 }))];
  }
  const view = new DataView(file.buffer), all = [];
  for (let end = 0, frames = 0; end < file.length;) {
    if (view.getUint32(end, true) === 6) frames++;
    end += view.getUint32(end + 4, true);
    all.push({ end, frames });
  }
  return all;
}

for (const [format, file] of [["pcap", PCAP], ["pcapng", PCAPNG]] as const) {
  const pieces = ends(file, format);
  const whole = (await readAll(file)).frames;

  const check = async (cut: number, source: Uint8Array | ReadableStream<Uint8Array>) => {
    const last = pieces.findLast((piece) => piece.end <= cut);
    if (!last) {
      // Not even the header is there.
      const problem = await assertRejects(() => readAll(source), Problem);
      const code = cut === 0 ? "empty" : cut < 4 ? "not-a-capture" : "truncated";
      assertEquals([problem.code, problem.source], [code, source instanceof Uint8Array ? "bytes" : "stream"]);
      return;
    }
    const { frames, problems } = await readAll(source);
    assertEquals(frames, whole.slice(0, last.frames));
    if (last.end === cut) {
      assertEquals(problems, []);
    } else {
      assertEquals(problems.length, 1);
      const { code, frame, offset, found } = problems[0]!;
      assertEquals([code, frame, offset], ["truncated", last.frames + 1, last.end]);
      // The sentence says how much is there: of the header, or behind it.
      const there = cut - last.end, header = format === "pcap" ? 16 : 12;
      const seen = there < header ? there : format === "pcap" ? there - 16 : there;
      assertEquals(found, `${seen} byte${seen === 1 ? "" : "s"}`);
    }
  };

  Deno.test(`${format}: cut at every byte of the first 200`, async () => {
    for (let cut = 0; cut <= 200; cut++) await check(cut, file.slice(0, cut));
  });

  Deno.test(`${format}: cut anywhere, in chunks of any size`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length), fc.integer({ min: 1, max: 700 }), async (cut, size) => {
        await check(cut, cut === 0 ? new Uint8Array() : chunked(file.slice(0, cut), size));
      }),
      { numRuns: 60 },
    );
  });

  Deno.test(`${format}: whatever bytes are changed, only problems come of it`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        async (changes, strict) => {
          const bad = file.slice();
          for (const [at, value] of changes) bad[at] = value;
          try {
            const { problems, frames } = await readAll(bad, { strict });
            assert(problems.length <= 1);
            assert(!strict || problems.length === 0);
            for (const frame of frames) {
              assert(Number.isInteger(frame.time) && frame.nano >= 0 && frame.nano < 1000);
            }
          } catch (error) {
            assert(error instanceof Problem, String(error));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
}

Deno.test("strict throws the problem after the whole frames", async () => {
  const seen: number[] = [];
  const problem = await assertRejects(
    async () => {
      const frames = openFrames(PCAP.slice(0, 24 + 16 + 60 + 16 + 5), { strict: true, name: "a.pcap" });
      for await (const batch of frames) seen.push(batch.length);
    },
    Problem,
    "a.pcap: frame 3 at byte 116: Expected 16 bytes of frame header but found 5 bytes",
  );
  assertEquals(seen, [2]);
  assertEquals(problem.code, "truncated");
});

Deno.test("absurd lengths in frame headers are damage, not memory", async () => {
  for (const bigEndian of [false, true]) {
    for (const length of [262_145, 0x7fffffff, 0x80000000, 0xffffffff]) {
      const file = encodePcap(FRAMES, { bigEndian });
      new DataView(file.buffer).setUint32(24 + 76 + 8, length, !bigEndian);
      const { frames, problems } = await readAll(chunked(file, 50));
      assertEquals(frames.length, 1);
      assertEquals(
        problems.map(String),
        [
          `Problem: stream: frame 2 at byte 100: Expected a captured length of at most 262144 bytes but found ${length} bytes`,
        ],
      );
    }
  }
});

Deno.test("pcapng: absurd block lengths, wrong trailers, unknown interfaces are damage", async () => {
  const start = new Blocks().section().iface(1).packet(1n, ramp(8)).bytes();
  const next = new Blocks().packet(2n, ramp(8)).bytes();
  const damaged = async (change: (view: DataView) => void): Promise<[Seen[], string]> => {
    const block = next.slice();
    change(new DataView(block.buffer));
    const { frames, problems } = await readAll(Uint8Array.from([...start, ...block, ...next]));
    assertEquals(problems.length, 1);
    assertEquals([problems[0]!.code, problems[0]!.frame, problems[0]!.offset], ["damaged", 2, start.length]);
    return [frames, problems[0]!.reason];
  };
  const cases: [(view: DataView) => void, string][] = [
    [
      (v) => v.setUint32(4, 8, true),
      "Expected a block length of 32 to 16777216 bytes, a multiple of 4 but found 8 bytes",
    ],
    [(v) => v.setUint32(4, 41, true), "a multiple of 4 but found 41 bytes"],
    [(v) => v.setUint32(4, 0xfffffffc, true), "but found 4294967292 bytes"],
    [(v) => v.setUint32(36, 44, true), "Expected block length 40 again at the block's end but found 44"],
    [(v) => v.setUint32(8, 1, true), "Expected one of the section's 1 interfaces but found number 1"],
    [(v) => v.setUint32(20, 9, true), "Expected a captured length of at most 8 bytes but found 9 bytes"],
    [(v) => v.setUint32(20, 0xffffffff, true), "but found 4294967295 bytes"],
  ];
  for (const [change, reason] of cases) {
    const [frames, found] = await damaged(change);
    assertEquals(frames.length, 1);
    assert(found.endsWith(reason), found);
  }
});

Deno.test("damage in one of several captures does not touch the others", async () => {
  const { frames, problems } = await readAll([PCAP.slice(0, 50), PCAPNG]);
  assertEquals(frames.map((f) => f.number), [1, 2, 3, 4, 5, 6, 7, 8]);
  assertEquals(problems.map((p) => [p.code, p.frame]), [["truncated", 1]]);
});
