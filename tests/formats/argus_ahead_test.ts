import * as fc from "fast-check";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { KeyNumbers, type KeySpec } from "../../lib/cluster/mod.ts";
import { ArgusWriter, readArgus, readArgusAhead } from "../../lib/formats/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { addRow, anyRow } from "./argus_rows.ts";

/** A file of so many records of all kinds. */
function fileOf(records: number, seed: number): Uint8Array {
  const batch = new R.RecordBatch(records), writer = new ArgusWriter();
  for (const spec of fc.sample(anyRow, { numRuns: records, seed })) addRow(batch, spec);
  writer.begin({ startSec: 1000 });
  writer.writeBatch(batch);
  return writer.end();
}

/** Everything of all rows, as text. */
async function textOf(batches: AsyncIterable<R.RecordBatch>, read?: R.ReadOptions): Promise<string[]> {
  const texts: string[] = [];
  const part = (bank: Float64Array | undefined, row: number, size: number) =>
    bank?.slice(row * size, (row + 1) * size).join();
  for await (const b of batches) {
    for (let row = 0; row < b.length; row++) {
      if (read) R.asRead(b, row, read);
      const words = b.words.slice(row * R.WORDS, (row + 1) * R.WORDS), flags = words[R.FLAGS]!;
      texts.push(
        [
          words.join(),
          part(b.doubles, row, R.DOUBLES),
          flags & R.FLAG_JITTER ? part(b.jitter, row, R.JITTER_DOUBLES) : "",
          flags & R.FLAG_AGR ? part(b.agr, row, R.AGR_DOUBLES) : "",
          b.user?.[2 * row]?.join(),
          b.user?.[2 * row + 1]?.join(),
          JSON.stringify(b.more?.get(row)),
        ].join("|"),
      );
    }
  }
  return texts;
}

Deno.test("a thread that reads ahead gives the records of reading, over many turns of its memory", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/a.argus`;
    await Deno.writeFile(path, fileOf(30_000, 7));
    assertEquals(await textOf(readArgusAhead(path)), await textOf(readArgus(path)));
    const read: R.ReadOptions = { portDirection: ["wellknown"] };
    assertEquals(await textOf(readArgusAhead(path, { read })), await textOf(readArgus(path), read));
    // Leaving early ends the thread.
    for await (const batch of readArgusAhead(path)) {
      assert(batch.length > 0);
      break;
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("damage and missing files are told across the threads", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/cut.argus`, problems: Problem[] = [], same: Problem[] = [];
    await Deno.writeFile(path, fileOf(5_000, 8).subarray(0, -1001));
    const ahead = await textOf(readArgusAhead(path, { onProblem: (p) => problems.push(p) }));
    assertEquals(ahead, await textOf(readArgus(path, { onProblem: (p) => same.push(p) })));
    assertEquals(problems.map((p) => [p.code, p.message]), same.map((p) => [p.code, p.message]));
    assertEquals(problems.length, 1);
    const error = await assertRejects(() => textOf(readArgusAhead(`${folder}/none`)), Problem);
    assertEquals(error.code, "not-found");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the thread numbers keys of flow records, and leaves management records out", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/a.argus`, key: KeySpec = { by: undefined, exact: false };
    await Deno.writeFile(path, fileOf(9_000, 9));
    const own = new KeyNumbers(key);
    let rows = 0;
    for await (const batch of readArgusAhead(path, { read: {}, key })) {
      const expected = new Int32Array(batch.length);
      own.number(batch, expected);
      assertEquals(batch.keys!.subarray(0, batch.length), expected);
      rows += expected.filter((n) => n >= 0).length;
    }
    assertEquals(rows, 9_000);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a program that leaves early ends, though the thread waits for a free batch", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/a.argus`, fileOf(40_000, 10));
    const door = new URL("../../lib/formats/mod.ts", import.meta.url).href;
    const program = `
      const { readArgusAhead } = await import("${door}");
      for await (const batch of readArgusAhead("${folder}/a.argus")) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        break;
      }
      console.log("left");`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", program],
      stdout: "piped",
    })
      .spawn();
    const limit = setTimeout(() => child.kill("SIGKILL"), 120_000);
    const { code, stdout } = await child.output();
    clearTimeout(limit);
    assertEquals([code, new TextDecoder().decode(stdout).trim()], [0, "left"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
