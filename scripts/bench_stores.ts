/**
 * Speed of the stores and of columnar files: flow records of a generated capture are merged into SQLite, DuckDB and MariaDB with the
 * default options, and written as Parquet, Arrow and CSV, all in one run.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "@std/cli/parse-args";
import { meterCapture } from "../lib/chain/mod.ts";
import { writeFlows } from "../lib/formats/mod.ts";
import type { RecordBatch } from "../lib/record/mod.ts";
import { cacheFlows } from "../lib/stores/mod.ts";
import { argus, readFlows, readPcap } from "../mod.ts";
import { NO_SERVER, startServer } from "./cluster/mariadb.ts";
import { makeCapture } from "./make_capture.ts";
import { OutputFile } from "./options/output_file.ts";

const USAGE =
  `usage: bench_stores.ts [--packets 4000000] [-S 5s] [--rounds 1] [--only sqlite,duckdb,mariadb,parquet,arrow,csv] [RECORDS]
Meters a seeded capture (or reads the Argus file RECORDS) into memory, then times merging and writing the records.`;

const KINDS = ["sqlite", "duckdb", "mariadb", "parquet", "arrow", "csv"];

/** A server that has memory for its work: Debian's 128 MB of buffers hold a fifth of the table. */
const SERVER = ["--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M"];

const o = parseArgs(Deno.args, {
  string: ["packets", "rounds", "S", "only"],
  boolean: ["help"],
  default: { packets: "4000000", rounds: "1", S: "5s", only: KINDS.join(",") },
});
const kinds = String(o.only).split(",");
const packets = Number(o.packets), rounds = Number(o.rounds);
if (o.help || !(packets >= 1) || !(rounds >= 1) || kinds.some((k) => !KINDS.includes(k))) {
  console.log(USAGE);
  Deno.exit(o.help ? 0 : 1);
}

const folder = Deno.makeTempDirSync({ prefix: "panoptes-bench-" });
const batches: RecordBatch[] = [];
let records = 0;

/** The records, again and again. */
async function* all(): AsyncGenerator<RecordBatch> {
  for (const batch of batches) yield await Promise.resolve(batch);
}

async function load(): Promise<void> {
  const keep = (batch: RecordBatch) => {
    batches.push(batch);
    records += batch.length;
  };
  if (o._.length > 0) {
    for await (const batch of readFlows(String(o._[0])).batches()) keep(batch);
    return;
  }
  const capture = `${folder}/bench.pcap`, file = new OutputFile(capture);
  // Headers are enough to meter.
  makeCapture({ packets, snaplen: 96 }, (bytes) => file.write(bytes));
  file.close();
  await meterCapture(readPcap(capture).from, [argus({ status: o.S })], (_, batch) => keep(batch));
  Deno.removeSync(capture);
}

/** Seconds that pass, and seconds of processor time that this process takes meanwhile: on a busy machine these differ. */
function stopwatch(): () => { seconds: number; busy: number } {
  const begun = performance.now(), before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { seconds: (performance.now() - begun) / 1000, busy: (user + system) / 1e6 };
  };
}

function line(
  name: string,
  count: number,
  what: string,
  time: ReturnType<ReturnType<typeof stopwatch>>,
  more: string,
): void {
  const rate = Math.round(count / time.seconds).toLocaleString("en");
  console.log(
    `${name.padEnd(10)}${time.seconds.toFixed(2).padStart(8)} s (${time.busy.toFixed(2)} s of processor)` +
      `${rate.padStart(12)} ${what}/s   ${more}`,
  );
}

async function merge(name: string, url: string): Promise<void> {
  const time = stopwatch();
  const { rows, commits } = await cacheFlows(all(), url);
  line(name, records, "merged rows", time(), `${rows} rows written in ${commits} commits`);
}

async function write(name: string, suffix: string): Promise<void> {
  const file = `${folder}/flows.${suffix}`, time = stopwatch();
  const count = await writeFlows(file, all());
  line(name, count, "rows", time(), `${(Deno.statSync(file).size / count).toFixed(0)} bytes each`);
  Deno.removeSync(file);
}

try {
  const begun = performance.now();
  await load();
  console.log(`${records} records in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  for (let round = 0; round < rounds; round++) {
    if (kinds.includes("sqlite")) {
      await merge("SQLite", `sqlite:${folder}/flows${round}.db?table=flows`);
      for (const end of ["", "-wal", "-shm"]) {
        await Deno.remove(`${folder}/flows${round}.db${end}`).catch(() => {});
      }
    }
    if (kinds.includes("duckdb")) {
      await merge("DuckDB", `duckdb:${folder}/flows${round}.duckdb?table=flows`);
      await Deno.remove(`${folder}/flows${round}.duckdb`);
    }
    if (kinds.includes("mariadb")) {
      if (NO_SERVER) console.log(`MariaDB: ${NO_SERVER}`);
      else {
        const server = await startServer(SERVER);
        try {
          await merge("MariaDB", server.url("flows"));
        } finally {
          await server.remove();
        }
      }
    }
    for (const kind of ["parquet", "arrow", "csv"]) {
      if (kinds.includes(kind)) await write(kind[0]!.toUpperCase() + kind.slice(1), kind);
    }
  }
} finally {
  Deno.removeSync(folder, { recursive: true });
}
