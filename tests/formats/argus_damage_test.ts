import * as fc from "fast-check";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { ArgusWriter, readArgus, type ReadFlowsOptions } from "../../lib/formats/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { addRow, anyRow } from "./argus_rows.ts";

/** A small file with one record of many kinds, and where each record ends. */
function sample(): { file: Uint8Array; ends: number[] } {
  const batch = new R.RecordBatch(16);
  for (const spec of fc.sample(anyRow, { numRuns: 12, seed: 42 })) addRow(batch, spec);
  const writer = new ArgusWriter();
  writer.begin();
  writer.writeBatch(batch);
  const file = writer.end();
  const ends: number[] = [];
  for (let p = 0; p < file.length;) ends.push(p += ((file[p + 2]! << 8) | file[p + 3]!) * 4);
  return { file, ends };
}

async function read(file: Uint8Array | AsyncIterable<Uint8Array>, options: ReadFlowsOptions = {}) {
  const problems: Problem[] = [];
  let records = 0;
  let thrown: unknown;
  try {
    for await (
      const batch of readArgus(file, { onProblem: (p) => problems.push(p), name: "x.argus", ...options })
    ) {
      records += batch.length;
    }
  } catch (error) {
    thrown = error;
  }
  return { records, problems, thrown };
}

Deno.test("cut at every byte: the whole records before the cut, then one problem", async () => {
  const { file, ends } = sample();
  for (let cut = 1; cut < file.length; cut++) {
    const { records, problems, thrown } = await read(file.subarray(0, cut));
    assertEquals(thrown, undefined, `cut at ${cut}`);
    assertEquals(records, ends.filter((end) => end <= cut).length, `cut at ${cut}`);
    if (ends.includes(cut)) assertEquals(problems.length, 0);
    else {
      assertEquals(problems.map((p) => p.code), ["truncated"]);
      assertEquals(problems[0]!.record, records + 1);
      assertEquals(problems[0]!.offset, [0, ...ends].findLast((end) => end <= cut));
      assertStringIncludes(problems[0]!.message, "x.argus: record");
    }
  }
});

Deno.test("strict throws the problem after the whole records", async () => {
  const { file, ends } = sample();
  const { records, problems, thrown } = await read(file.subarray(0, ends[3]! + 9), { strict: true });
  assertEquals(records, 4);
  assertEquals(problems.length, 0);
  assert(thrown instanceof Problem);
});

Deno.test("a flipped bit never hangs, throws something else than a problem, or is told twice", async () => {
  const { file, ends } = sample();
  for (let bit = 0; bit < file.length * 8; bit += 3) {
    const bad = file.slice();
    bad[bit >> 3]! ^= 1 << (bit & 7);
    const { records, problems, thrown } = await read(bad);
    if (thrown !== undefined) assert(thrown instanceof Problem && bit < 96, String(thrown));
    else {assert(
        records >= ends.filter((end) => end <= bit >> 3).length - 1 && problems.length <= 1,
        `bit ${bit}`,
      );}
  }
});

Deno.test("absurd lengths in record and section headers are damage at that place", async () => {
  const { file, ends } = sample();
  for (
    const [offset, bytes, code] of [
      [ends[1]! + 2, [0, 0], "damaged"],
      [ends[1]! + 2, [0xff, 0xff], "truncated"],
      [ends[1]!, [0x15], "damaged"],
      [ends[1]! + 7, [0xff], "damaged"],
    ] as const
  ) {
    const bad = file.slice();
    bad.set(bytes, offset);
    const { records, problems } = await read(bad);
    assertEquals(records, 2);
    assertEquals(problems.map((p) => [p.code, p.record]), [[code, 3]]);
    assert(problems[0]!.offset! >= ends[1]!);
  }
});

Deno.test("not an Argus stream: a clear problem at once", async () => {
  const text = new TextEncoder().encode("StartTime,Flgs,Proto\n1,2,3\n");
  for (
    const [bytes, code] of [
      [new Uint8Array(0), "empty"],
      [text, "not-argus"],
      [new Uint8Array(200), "not-argus"],
      [new Uint8Array([0x82, 0x10, 0, 0x20, ...new Uint8Array(124)]), "unsupported"],
    ] as const
  ) {
    const { thrown, problems } = await read(bytes);
    assert(thrown instanceof Problem);
    assertEquals([thrown.code, problems.length], [code, 0]);
  }
  const missing = await read("no-such-file.argus" as never);
  assert(missing.thrown instanceof Problem && missing.thrown.code === "not-found");
  assertStringIncludes(missing.thrown.message, "Expected an Argus 3 record stream");
});

Deno.test("a stream in chunks of any size reads like the whole", async () => {
  const { file, ends } = sample();
  for (const size of [1, 3, 127, 4096]) {
    const chunks = async function* () {
      for (let p = 0; p < file.length; p += size) yield await Promise.resolve(file.slice(p, p + size));
    };
    const { records, problems } = await read(chunks());
    assertEquals([records, problems.length], [ends.length, 0]);
  }
});

Deno.test("an endless stream is read in constant memory and can be left", async () => {
  const { file } = sample();
  let given = 0;
  const endless = async function* () {
    for (;;) {
      given += file.length;
      yield await Promise.resolve(file);
    }
  };
  let records = 0;
  for await (const batch of readArgus(endless())) {
    records += batch.length;
    if (records > 100_000) break;
  }
  assert(given < 100_000 * 400);
});
