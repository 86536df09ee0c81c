import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Problem } from "../../lib/base/mod.ts";
import { bin, type BinOptions, gridOf } from "../../lib/cluster/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { zoneOf } from "../../lib/record/mod.ts";
import { batchOf, gather, type Made, stream, tell } from "./rows.ts";

const run = async (size: string, records: readonly Made[], options: BinOptions = {}) =>
  tell(await gather(bin(stream(batchOf(...records)), size, options))).map((line) =>
    line.split(" ").slice(3).join(" ")
  );

/** One record; `bytes` are the source's. */
const udp = (spkts: number, dpkts: number, start: number, end: number, bytes = 100 * spkts): Made => ({
  proto: 17,
  spkts,
  dpkts,
  start,
  end,
  bytes,
});

// What rabins 3.0.8.2 gave for bins of 10 s, start and end in seconds: packets and times of the pieces.
for (
  const [record, pieces] of [
    [udp(1, 0, 3, 3), ["1+0 3..3"]],
    [udp(2, 0, 0, 40), ["1+0 0..0", "1+0 40..40"]],
    [udp(1, 1, 3, 48), ["1+0 3..3", "0+1 48..48"]],
    [udp(3, 0, 0, 40), ["1+0 0..0", "1+0 10..10", "1+0 40..40"]],
    [udp(6, 0, 0, 40), ["1+0 0..0", "2+0 10..20", "1+0 20..20", "2+0 30..40"]],
    [udp(10, 0, 3, 48), ["1+0 3..3", "2+0 10..20", "3+0 20..30", "2+0 30..40", "2+0 40..48"]],
    [udp(2, 2, 3, 48), ["1+1 3..10", "1+1 48..48"]],
    [udp(5, 3, 3, 48), ["1+1 3..10", "1+1 10..20", "1+0 20..20", "1+0 30..30", "1+1 48..48"]],
    [udp(4, 7, 3, 48), ["1+1 3..10", "1+1 10..20", "1+2 20..30", "0+1 30..30", "1+2 40..48"]],
    [udp(20, 8, 9.999, 49.999), [
      "1+1 9.999..10",
      "4+1 10..20",
      "5+2 20..30",
      "5+2 30..40",
      "5+2 40..49.999",
    ]],
  ] as const
) {
  Deno.test(`a record of ${record.spkts}+${record.dpkts} packets from ${record.start} to ${record.end} s in bins of 10 s`, async () => {
    assertEquals((await run("10s", [record])).map((line) => line.replace(" x1", "")), [...pieces]);
  });
}

Deno.test("cutting loses nothing, whatever the record and the bin", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 40 }),
      fc.nat({ max: 40 }),
      fc.nat({ max: 99_000 }),
      fc.nat({ max: 90_000 }),
      fc.constantFrom("1s", "7s", "10s", "1m"),
      async (spkts, dpkts, start, length, size) => {
        const end = spkts + dpkts > 1 ? start + length : start;
        const batch = batchOf({ ...udp(spkts, dpkts, start / 1000, end / 1000, spkts * 777) });
        const out = await gather(bin(stream(batch), size));
        const sum = (b: R.RecordBatch) =>
          [R.S_PKTS, R.D_PKTS, R.S_BYTES, R.D_BYTES].map((i) => {
            let all = 0;
            for (let row = 0; row < b.length; row++) all += b.doubles[row * R.DOUBLES + i]!;
            return all;
          });
        assertEquals(sum(out), sum(batch));
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("hard bins take the limits of the bin, whole records the bin of their start", async () => {
  const record = udp(2, 2, 3, 14);
  assertEquals(await run("10s", [record], { hard: true }), ["1+1 0..10 x1", "1+1 10..20 x1"]);
  assertEquals(await run("10s", [record], { split: false }), ["2+2 3..14 x1"]);
});

Deno.test("bins come in order, records in a bin by start; empty bins only when asked for", async () => {
  const records = [
    udp(1, 0, 25, 25),
    { ...udp(1, 0, 8, 8), sport: 1 },
    { ...udp(1, 0, 1, 1), sport: 2 },
    udp(1, 0, 6, 6),
  ];
  assertEquals(await run("10s", records), ["1+0 1..1 x1", "1+0 6..6 x1", "1+0 8..8 x1", "1+0 25..25 x1"]);
  const zero = await gather(
    bin(stream(batchOf(...records)), "5s", { zero: true, hard: true, by: ["proto"] }),
  );
  assertEquals(tell(zero).map((l) => l.split(" ").slice(-2).join(" ")), [
    "0..5 x1",
    "5..10 x2",
    "10..15 x0",
    "15..20 x0",
    "20..25 x0",
    "25..30 x1",
  ]);
});

Deno.test("with a hold bins are given while the stream runs", async () => {
  const batches = [1, 12, 40].map((start) => batchOf(udp(1, 0, start, start)));
  let taken = 0;
  const source = async function* () {
    for await (const batch of stream(...batches)) {
      yield batch;
      taken++;
    }
  };
  const when: number[] = [];
  for await (const out of bin(source(), "10s", { hold: 5e6 })) when.push(taken + 0 * out.length);
  assertEquals(when, [2, 2, 3]);
});

Deno.test("bins of days begin at local midnight, weeks on Monday, months and years by the calendar", () => {
  const zone = zoneOf("Europe/Prague"), at = Date.UTC(2024, 2, 31, 12) * 1000;
  const border = (size: string) => {
    const grid = gridOf(size, zone);
    return [grid.start(at), grid.next(at)].map((us) => new Date(us / 1000).toISOString().slice(0, 16));
  };
  assertEquals(border("1d"), ["2024-03-30T23:00", "2024-03-31T22:00"], "the day has 23 hours");
  assertEquals(border("1w"), ["2024-03-24T23:00", "2024-03-31T22:00"]);
  assertEquals(border("1M"), ["2024-02-29T23:00", "2024-03-31T22:00"]);
  assertEquals(border("1y"), ["2023-12-31T23:00", "2024-12-31T23:00"]);
  assertEquals(border("90m"), ["2024-03-31T12:00", "2024-03-31T13:30"]);
});

for (const size of ["0", "never", "5 bananas"]) {
  Deno.test(`refused: bins of ${size}`, () => {
    assertThrows(() => gridOf(size), Problem);
  });
}
