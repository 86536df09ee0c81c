import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Problem } from "../../lib/base/mod.ts";
import {
  BATCH_FRAMES,
  Disorder,
  encodePcap,
  type FrameBatch,
  openFrames,
  sortFrames,
} from "../../lib/capture/mod.ts";
import { ramp, rowsOf } from "./helpers.ts";

const capture = (times: number[]) =>
  encodePcap(times.map((time, i) => ({ time, bytes: ramp(20 + i % 50, i) })));

async function disorder(frames: AsyncIterable<FrameBatch>): Promise<Disorder> {
  const report = new Disorder();
  for await (const batch of frames) report.add(batch);
  return report;
}

Deno.test("disorder: frame numbers and the largest step back, over batches of any size", async () => {
  for (const batch of [1, 2, 100]) {
    const report = await disorder(openFrames(capture([5e6, 4e6, 6e6, 6e6, 1e6, 2e6]), { batch }));
    assertEquals([report.count, report.frames, report.maxStepBack], [2, [2, 5], 5e6]);
    assertEquals(String(report), "2 frames earlier than the one before them (frames 2, 5), by up to 5s");
  }
  assertEquals(String(await disorder(openFrames(capture([1, 1, 2])))), "");
});

Deno.test("disorder: nanoseconds count, ten numbers are kept", async () => {
  const bytes = ramp(20);
  const nano = encodePcap([{ time: 1, nano: 5, bytes }, { time: 1, nano: 4, bytes }], { nano: true });
  assertEquals((await disorder(openFrames(nano))).maxStepBack, 0.001);
  const falling = await disorder(openFrames(capture(Array.from({ length: 50 }, (_, i) => 100 - i))));
  assertEquals([falling.count, falling.frames.length], [49, 10]);
  assert(String(falling).includes("10, 11, ...)"), String(falling));
});

Deno.test("sort: all frames, in order whenever none is later than the window, equal times in the order they came", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(3e6), { maxLength: 300 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 3_000_000 }),
      async (jitter, batch, window) => {
        // Frame i is stamped up to three seconds before its place in a slow march.
        const times = jitter.map((j, i) => 10e6 + i * 20_000 - j);
        const original = await Array.fromAsync(openFrames(capture(times)), rowsOf);
        const byNumber = new Map(original.flat().map((row) => [row.number, row]));
        const sorted = [];
        let next = 1;
        for await (const out of sortFrames(openFrames(capture(times), { batch }), `${window}us`)) {
          assertEquals(out.firstFrame, next);
          next += out.length;
          sorted.push(...rowsOf(out));
        }
        assertEquals(sorted.length, times.length);
        for (const row of sorted) assertEquals(row, byNumber.get(row.number)!);
        assertEquals(new Set(sorted.map((row) => row.number)).size, times.length);
        let newest = -Infinity, late = false;
        for (const time of times) {
          late ||= newest - time > window;
          newest = Math.max(newest, time);
        }
        if (late) return;
        for (let i = 1; i < sorted.length; i++) {
          const a = sorted[i - 1]!, b = sorted[i]!;
          assert(a.time < b.time || (a.time === b.time && a.number < b.number), `${i}`);
        }
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("sort: holds back no more than the window and one batch", async () => {
  let asked = 0, given = 0, most = 0;
  async function* slow() {
    for await (
      const batch of openFrames(capture(Array.from({ length: 20_000 }, (_, i) => i * 1000)), { batch: 100 })
    ) {
      asked += batch.length;
      most = Math.max(most, asked - given);
      yield batch;
    }
  }
  for await (const batch of sortFrames(slow(), "1s")) given += batch.length;
  assertEquals(given, 20_000);
  // A second is 1000 frames; half of what waits must be ready before it is moved.
  assert(most <= 2 * 1000 + 300, `${most}`);
});

Deno.test("sort: batches are no larger than those of the reader", async () => {
  const times = Array.from({ length: 40_000 }, (_, i) => i * 10);
  const lengths = await Array.fromAsync(
    sortFrames(openFrames(capture(times)), "5s"),
    (batch) => batch.length,
  );
  assertEquals(lengths.reduce((sum, length) => sum + length, 0), 40_000);
  assertEquals(Math.max(...lengths), BATCH_FRAMES);
});

Deno.test("sort: captures of several link types stay apart", async () => {
  const bytes = ramp(20);
  const sources = [
    encodePcap([{ time: 3e6, bytes }, { time: 1e6, bytes }]),
    encodePcap([{ time: 2e6, bytes }], { linkType: 101 }),
  ];
  const out = [];
  for await (const batch of sortFrames(openFrames(sources), "5s")) {
    out.push(...rowsOf(batch).map((row) => [row.time, row.linkType, row.number]));
  }
  assertEquals(out, [[1e6, 1, 2], [2e6, 101, 3], [3e6, 1, 1]]);
});

Deno.test("sort: a window that is no duration", async () => {
  await assertRejects(() => sortFrames(openFrames(capture([1])), "soon").next(), Problem, "sort window");
});
