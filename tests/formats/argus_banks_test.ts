import * as fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { ArgusWriter, readArgus } from "../../lib/formats/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { addRow, anyRow, type RowSpec } from "./argus_rows.ts";

async function read(file: Uint8Array, batch?: number): Promise<R.RecordBatch> {
  const all = new R.RecordBatch(16);
  for await (const part of readArgus(file, { strict: true, batch })) {
    for (let row = 0; row < part.length; row++) all.append(part, row);
  }
  return all;
}

function plain(batch: R.RecordBatch, row: number) {
  const words = [...batch.words.slice(row * R.WORDS, (row + 1) * R.WORDS)];
  // What a reader remembers of earlier sections is no part of the record.
  if (words[R.NET] === R.NET_NONE) words[R.ICMP_STALE] = 0;
  return {
    words,
    doubles: [...batch.doubles.slice(row * R.DOUBLES, (row + 1) * R.DOUBLES)],
    jitter: words[R.FLAGS]! & R.FLAG_JITTER
      ? [...batch.jitter!.slice(row * R.JITTER_DOUBLES, (row + 1) * R.JITTER_DOUBLES)]
      : undefined,
    agr: words[R.FLAGS]! & R.FLAG_AGR
      ? [...batch.agr!.slice(row * R.AGR_DOUBLES, (row + 1) * R.AGR_DOUBLES)]
      : undefined,
    user: [batch.user?.[2 * row], batch.user?.[2 * row + 1]],
    more: batch.more?.get(row) ?? {},
  };
}

Deno.test("every section and bank of a row survives writing and reading", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyRow, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      async (specs, most) => {
        const written = new R.RecordBatch(2);
        for (const spec of specs) addRow(written, spec);
        const writer = new ArgusWriter();
        writer.begin({ startSec: 1000 });
        writer.writeBatch(written);
        const back = await read(writer.end(), most);
        assertEquals(back.length, specs.length + 2);
        for (let row = 0; row < specs.length; row++) assertEquals(plain(back, row + 1), plain(written, row));
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("management records keep their numbers, times and causes", async () => {
  const writer = new ArgusWriter();
  writer.begin({ argusid: 0x0a000001, startSec: 1000, startUsec: 5, nowSec: 1001, reportInterval: 60 });
  const batch = await read(writer.end({ pkts: 2 ** 40 + 3, nowSec: 1002 }));
  const [start, stop] = [batch.more!.get(0)!.mar!, batch.more!.get(1)!.mar!];
  assertEquals(batch.words[R.FLAGS], R.FLAG_MAR);
  assertEquals(batch.words[R.CAUSE], R.CAUSE_START);
  assertEquals(batch.words[R.SRCID], 0x0a000001);
  assertEquals(batch.doubles[R.S_START], 1000_000005);
  assertEquals(start.reportInterval, 60);
  assertEquals(start.major, 3);
  assertEquals(stop.pkts, 2 ** 40 + 3);
  assertEquals(stop.records, 1);
  assertEquals(batch.words[R.WORDS + R.CAUSE], R.CAUSE_STOP);
});

Deno.test("a sink gets the same bytes as a kept file, in chunks", () => {
  const spec: RowSpec = fc.sample(anyRow, { numRuns: 1, seed: 5 })[0]!;
  const batch = new R.RecordBatch(1);
  addRow(batch, spec);
  const chunks: Uint8Array[] = [];
  const live = new ArgusWriter((chunk) => chunks.push(chunk.slice()));
  const kept = new ArgusWriter();
  for (const writer of [live, kept]) {
    writer.begin();
    for (let i = 0; i < 30_000; i++) writer.write(batch, 0);
  }
  assertEquals(live.end().length, 0);
  assert(chunks.length > 1);
  const file = kept.end();
  let at = 0;
  for (const chunk of chunks) {
    assertEquals(file.subarray(at, at + chunk.length), chunk);
    at += chunk.length;
  }
  assertEquals(at, file.length);
});

Deno.test("offsets name the byte where each record begins", async () => {
  const batch = new R.RecordBatch(1);
  addRow(batch, fc.sample(anyRow, { numRuns: 1, seed: 9 })[0]!);
  const writer = new ArgusWriter();
  writer.begin();
  writer.write(batch, 0);
  const offsets: (number | undefined)[] = [];
  const file = writer.end();
  for await (const part of readArgus(file, { offsets: true })) {
    for (let row = 0; row < part.length; row++) offsets.push(part.more?.get(row)?.offset);
  }
  assertEquals(offsets, [0, 128, file.length - 128]);
});
