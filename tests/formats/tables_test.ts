import { gunzipSync } from "node:zlib";
import { tableFromIPC } from "apache-arrow";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { assert, assertEquals } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { EXPORT_FIELDS, readFlows, writeFlows, type WriteFlowsOptions } from "../../lib/formats/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { argus } from "../../lib/settings/mod.ts";
import { realTest, run } from "./real_programs.ts";

/** Records that between them have every kind of value, and absent ones. */
function sample(rows: number): R.RecordBatch {
  const batch = new R.RecordBatch(rows);
  for (let i = 0; i < rows; i++) {
    const row = batch.addBlank(), w = row * R.WORDS, d = row * R.DOUBLES, words = batch.words;
    const tcp = i % 3 !== 2;
    words[w + R.KEY_TYPE] = i % 5 === 4 ? R.KEY_IPV6 : R.KEY_IPV4;
    words[w + R.SADDR] = 0x0a000000 + (i % 700);
    words[w + R.DADDR] = 0xc0a80001 | 0;
    words[w + R.PROTO] = tcp ? 6 : 17;
    words[w + R.SPORT] = 1024 + i % 60_000;
    words[w + R.DPORT] = tcp ? 443 : 53;
    words[w + R.FLAGS] = R.FLAG_TIME | R.FLAG_METRIC | R.FLAG_TRANSPORT | (i % 2 ? R.FLAG_S_IP : 0);
    words[w + R.S_IP] = (64 << 24) | (i & 0xffff);
    words[w + R.CAUSE] = R.CAUSE_STATUS;
    words[w + R.WHY] = R.END_IDLE | (R.EVIDENCE_SYN << 8);
    words[w + R.SEQ] = i + 1;
    if (tcp) words[w + R.NET] = R.NET_TCP_STATUS, words[w + R.TCP_STATUS] = R.TCP_SYN;
    batch.doubles.set([1.7e15 + i * 1001, 1.7e15 + i * 1001 + 250_000, NaN, NaN, 3, 1], d);
    batch.doubles.set([2 ** 40 + i, 60, 12, 0], d + R.S_BYTES);
  }
  return batch;
}

async function write(
  suffix: string,
  batches: R.RecordBatch[],
  options: WriteFlowsOptions = {},
): Promise<Uint8Array> {
  const path = Deno.makeTempFileSync({ suffix });
  try {
    const rows = await writeFlows(path, batches, options);
    assertEquals(rows, batches.reduce((sum, batch) => sum + batch.length, 0));
    return Deno.readFileSync(path);
  } finally {
    Deno.removeSync(path);
  }
}

/** What the registry says of a row, in the types that table readers give. */
function expected(batch: R.RecordBatch, row: number, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => {
    const field = R.fieldOf(name), value = R.valueOf(field, batch, row);
    if (value === undefined) return [name, null];
    if (field.arrow === "int64" || field.arrow === "uint64") return [name, BigInt(value)];
    return [name, value];
  }));
}

for (const compression of ["none", "gzip", "zstd"] as const) {
  Deno.test(`a Parquet reader gets every value of every export field (${compression})`, async () => {
    const batch = sample(1000);
    const file = await write(".parquet", [batch], { compression, settings: argus({ status: "never" }) });
    const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
    const metadata = parquetMetadata(buffer);
    assertEquals(Number(metadata.num_rows), 1000);
    const settings = metadata.key_value_metadata!.find(({ key }) => key === "panoptes.settings")!.value!;
    assertEquals(JSON.parse(settings).status, "never");
    if (compression === "zstd") return; // The reader has no zstd of its own.

    const rows = await parquetReadObjects({
      file: buffer,
      compressors: { GZIP: (input: Uint8Array) => gunzipSync(input) },
      parsers: { timestampFromMicroseconds: (us: bigint) => Number(us) } as never,
    });
    for (let row = 0; row < batch.length; row++) assertEquals(rows[row], expected(batch, row, EXPORT_FIELDS));
  });
}

Deno.test("Parquet row groups split batches anywhere and start their dictionaries anew", async () => {
  const { ParquetWriter } = await import("../../lib/formats/parquet_writer.ts");
  const chunks: Uint8Array[] = [];
  const fields = ["saddr", "smac", "seq", "stime"].map(R.fieldOf);
  const writer = new ParquetWriter((bytes) => chunks.push(bytes.slice()), fields, { groupRows: 7 });
  const batch = sample(40);
  writer.write(batch);
  writer.write(batch);
  writer.end();
  const file = await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer();
  assertEquals(parquetMetadata(file).row_groups.length, Math.ceil(80 / 7));
  const rows = await parquetReadObjects({ file });
  assertEquals(
    rows.map((row) => row.saddr),
    [...Array(80).keys()].map((i) => R.addressText(batch, i % 40, R.SADDR)),
  );
  assert(rows.every((row) => row.smac === null));
});

Deno.test("an Arrow reader gets every value of every export field", async () => {
  const batch = sample(1000);
  const table = tableFromIPC(
    await write(".arrow", [batch, sample(0)], { metadata: { "input.digest": "abc" } }),
  );
  assertEquals(table.numRows, 1000);
  assertEquals(table.schema.metadata.get("input.digest"), "abc");
  for (const row of [0, 1, 2, 4, 999]) {
    const got = table.get(row)!.toJSON(), want = expected(batch, row, EXPORT_FIELDS);
    for (const name of EXPORT_FIELDS) {
      // The library gives time stamps in milliseconds.
      const value = R.fieldOf(name).type === "time" ? Math.round(Number(got[name]) * 1000) : got[name];
      assertEquals(value, want[name], name);
    }
  }
  assertEquals(tableFromIPC(await write(".arrow", [])).schema.fields.length, EXPORT_FIELDS.length);
});

Deno.test("CSV and JSON lines hold the fields asked for", async () => {
  const batch = sample(3), fields = ["stime", "saddr", "sport", "sbytes", "smac"];
  const csv = new TextDecoder().decode(await write(".csv", [batch], { fields }));
  assertEquals(csv.split("\n").slice(0, 2), [
    "StartTime,SrcAddr,Sport,SrcBytes,SrcMac",
    "1700000000.000000,10.0.0.0,1024,1099511627776,",
  ]);
  const lines = new TextDecoder().decode(await write(".jsonl", [batch], { fields })).trim().split("\n");
  assertEquals(
    lines[1],
    '{"stime":1700000000.001001,"saddr":"10.0.0.1","sport":"1025","sbytes":1099511627777}',
  );
  lines.forEach((line) => JSON.parse(line));
});

Deno.test("an Argus file comes back with the same rows; tables leave management records out", async () => {
  const batch = sample(50);
  const file = await write(".argus", [batch], { settings: argus({ status: "60s" }) });
  let flows = 0, report = 0;
  for await (const part of readFlows(file)) {
    for (let row = 0; row < part.length; row++) {
      if (part.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) {
        report = part.more!.get(row)!.mar!.reportInterval!;
      } else assertEquals(part.doubles[row * R.DOUBLES + R.S_BYTES], 2 ** 40 + flows++);
    }
  }
  assertEquals([flows, report], [50, 60]);
  const path = Deno.makeTempFileSync({ suffix: ".jsonl" });
  assertEquals(await writeFlows(path, readFlows(file), { fields: ["seq"] }), 50);
  assertEquals(Deno.readTextFileSync(path).trim().split("\n").length, 50);
  Deno.removeSync(path);
});

Deno.test("wrong targets and fields are clear problems", async () => {
  for (
    const [target, options, code] of [
      ["x.docx", {}, "unsupported"],
      ["/nowhere/x.csv", {}, "not-found"],
      ["x.csv", { fields: ["nofield"] }, "unknown-name"],
      ["ipfix://", {}, "bad-value"],
    ] as const
  ) {
    const problem = await writeFlows(target, [], options).catch((error) => error);
    assert(problem instanceof Problem, String(problem));
    assertEquals(problem.code, code, target);
  }
  const path = Deno.makeTempFileSync({ suffix: ".csv" });
  Deno.writeTextFileSync(path, "kept");
  await writeFlows(path, [], { fields: ["nofield"] }).catch(() => {});
  assertEquals(Deno.readTextFileSync(path), "kept");
  Deno.removeSync(path);
});

realTest("nfdump's collector takes our IPFIX: keys, times, both directions, flags, end reasons", [
  "nfcapd",
  "nfdump",
], async () => {
  const dir = Deno.makeTempDirSync();
  const port = 30_000 + (Deno.pid % 10_000);
  const nfcapd = new Deno.Command("nfcapd", {
    args: ["-p", String(port), "-b", "127.0.0.1", "-l", dir, "-t", "3600"],
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const batch = sample(3000);
    assertEquals(await writeFlows(`ipfix://127.0.0.1:${port}`, [batch]), 3000);
    await new Promise((resolve) => setTimeout(resolve, 500));
    nfcapd.kill("SIGTERM");
    await nfcapd.status;
    const raw = await run("nfdump", ["-R", dir, "-o", "raw"]);
    assertEquals(raw.split("Flow Record:").length - 1, 3000);
    const first = raw.split("Flow Record:")[1]!;
    const value = (name: string) => new RegExp(`^ *${name} *= *(\\S+)`, "m").exec(first)?.[1];
    assertEquals(
      ["first", "last", "in bytes", "out packets", "src addr", "dst port", "end reason", "biFlow Dir"].map(
        value,
      ),
      ["1700000000000", "1700000000250", "1099511627776", "1", "10.0.0.0", "443", "0x01", "0x01"],
    );
  } finally {
    try {
      nfcapd.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    Deno.removeSync(dir, { recursive: true });
  }
});

realTest("tshark decodes our IPFIX file without complaint", ["tshark"], async () => {
  const path = Deno.makeTempFileSync({ suffix: ".ipfix" });
  await writeFlows(path, [sample(500)]);
  const text = await run("tshark", ["-r", path, "-V"]);
  Deno.removeSync(path);
  assertEquals(text.match(/^ {8}Flow \d+$/gm)!.length, 500);
  // The nearest time stamp of 2048 NTP ticks; rounding to microseconds gives ours.
  const starts = [...text.matchAll(/\(microseconds\)\]\s+StartTime: \w+ \d+, \d+ 22:13:20\.(\d{9})/g)].map((
    m,
  ) => Number(m[1]));
  assertEquals(starts.slice(0, 3).map((ns) => Math.round(ns / 1000)), [0, 1001, 2002]);
  assert(!/Malformed|Expert Info \((Error|Warning)/.test(text));
});

Deno.test("IPFIX elements are those the field registry names", async () => {
  const { TEMPLATES } = await import("../../lib/formats/ipfix_templates.ts");
  const ids = new Set(
    TEMPLATES.flatMap(({ elements }) => elements.map(({ id, pen }) => `${id}/${pen ?? 0}`)),
  );
  const names =
    "stime ltime saddr daddr proto sport dport stos dtos sttl dttl sbytes dbytes spkts dpkts smac dmac dir endreason connid svid";
  for (const name of names.split(" ")) {
    const { id, pen } = R.fieldOf(name).ipfix!;
    assert(ids.has(`${id}/${pen ?? 0}`), name);
  }
});
