/**
 * A sharded flow cache on this machine: one head and two backends (MariaDB with the Spider engine, from the Debian packages), four
 * meters that share a capture, one meter and one backend killed on the way; the table in the end equals that of a single process.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { Problem } from "../lib/base/mod.ts";
import {
  CACHE_FIELDS,
  cacheFlows,
  createShardedCache,
  openEngine,
  parseStoreUrl,
} from "../lib/stores/mod.ts";
import { NO_SPIDER, type Server, startServer } from "./cluster/mariadb.ts";
import { meterShard } from "./cluster/meter.ts";
import { fromFileUrl } from "./options/paths.ts";

const USAGE =
  `usage: cluster_demo.ts [--meters 4] [--shards 16] [-S status] [--window records] [--calm] [capture]
       cluster_demo.ts --shard 3/16 --store url [-S status] capture     one meter, as the demo starts them
  --calm   kill nobody`;

const CAPTURE = "../fixtures/thread-full.pcap.gz";
const SPIDER = [
  "--plugin-load-add=ha_spider",
  // Upserts of many rows go to the backend as they are, not row by row.
  "--spider-direct-dup-insert=1",
  // Connections to the backends outlive a transaction.
  "--spider-conn-recycle-mode=2",
  "--spider-bulk-size=1000000",
  "--spider-connect-timeout=3",
  "--spider-net-read-timeout=20",
  "--max-allowed-packet=64M",
];

interface Options {
  readonly capture: string;
  readonly status: string;
  readonly window: number;
}

function meterProcess(shard: string, store: string, o: Options): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      fromFileUrl(new URL(import.meta.url)),
      "--shard",
      shard,
      "--store",
      store,
    ]
      .concat(["-S", o.status, "--window", String(o.window), o.capture]),
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
}

async function rowsOf(url: string, columns: readonly string[]): Promise<string[]> {
  const engine = await openEngine(parseStoreUrl(url));
  const q = engine.dialect === "mysql" ? "`" : '"';
  const rows = await engine.all(`SELECT ${columns.map((c) => q + c + q).join(", ")} FROM ${q}flows${q}`);
  await engine.close();
  return rows.map((r) => r.map((v) => typeof v === "number" ? v.toFixed(6) : String(v ?? "")).join("|"))
    .sort();
}

async function demo(o: Options, meters: number, shards: number, calm: boolean): Promise<number> {
  if (NO_SPIDER) throw new Problem("not-found", `Expected the Debian packages of MariaDB but ${NO_SPIDER}`);
  const servers: Server[] = [];
  const folder = await Deno.makeTempDir({ prefix: "panoptes-cluster-" });
  const running = new Set<Deno.ChildProcess>();
  try {
    console.log("starting one head and two backends on loopback");
    const backends = await Promise.all([
      startServer(["--max-allowed-packet=64M"]),
      startServer(["--max-allowed-packet=64M"]),
    ]);
    servers.push(...backends);
    const head = await startServer(SPIDER);
    servers.push(head);
    const store = head.url("flows", `?shards=${shards}`);
    await createShardedCache(store, backends.map((b) => b.url("flows")));

    const begun = performance.now();
    const start = (i: number) => {
      const child = meterProcess(`${i}/${meters}`, store, o);
      running.add(child);
      return child;
    };
    const children = Array.from({ length: meters }, (_, i) => start(i));
    const outcomes = children.map(async (child, i) => {
      let status = await child.status;
      running.delete(child);
      while (!status.success) {
        console.log(`meter ${i} died (${status.signal ?? status.code}); started again`);
        const again = start(i);
        status = await again.status;
        running.delete(again);
        if (status.code === 1) throw new Problem("store", `Expected meter ${i} to end well but it gave up`);
      }
    });
    // A server that is found dead by a waiting transaction holds it up; the meters begin anew with growing pauses.
    const trouble = async () => {
      if (calm) return;
      await new Promise((resolve) => setTimeout(resolve, 1500));
      console.log("killing meter 1 and backend 0");
      try {
        children[1]!.kill("SIGKILL");
      } catch {
        console.log("meter 1 had ended before");
      }
      await backends[0]!.kill();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await backends[0]!.start();
      console.log("backend 0 is back");
    };
    await Promise.all([...outcomes, trouble()]);
    const seconds = (performance.now() - begun) / 1000;

    const single = `sqlite:${folder}/single.db?table=flows`;
    const alone = performance.now();
    const { records } = await cacheFlows(meterShard(o.capture, o.status, { index: 0, count: 1 }), single);
    const columns = CACHE_FIELDS;
    const expected = await rowsOf(single, columns), found = await rowsOf(store, columns);
    const equal = expected.length === found.length && expected.every((line, i) => line === found[i]);
    console.log(
      `single process: ${records} records, ${expected.length} rows, ${
        ((performance.now() - alone) / 1000).toFixed(1)
      } s`,
    );
    console.log(
      `${meters} meters: ${found.length} rows, ${seconds.toFixed(1)} s with everything that was killed`,
    );
    const counts = await Promise.all(
      backends.map(async (b) => (await rowsOf(b.url("flows"), ["part"])).length),
    );
    const mean = counts.reduce((a, b) => a + b) / counts.length;
    const off = Math.max(...counts.map((c) => Math.abs(c - mean) / mean));
    console.log(`rows on the backends: ${counts.join(", ")} (${(100 * off).toFixed(1)} % off the mean)`);
    console.log(equal ? "the tables are equal" : "the tables DIFFER");
    if (!equal) {
      const other = new Set(expected), mine = new Set(found);
      for (const line of expected.filter((l) => !mine.has(l)).slice(0, 3)) {
        console.log(`  only single:  ${line}`);
      }
      for (const line of found.filter((l) => !other.has(l)).slice(0, 3)) {
        console.log(`  only sharded: ${line}`);
      }
    }
    return equal && off <= 0.2 ? 0 : 1;
  } finally {
    for (const child of running) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
    }
    for (const server of servers) await server.remove();
    await Deno.remove(folder, { recursive: true });
  }
}

async function main(args: readonly string[]): Promise<number> {
  const o = parseArgs([...args], {
    string: ["meters", "shards", "S", "window", "shard", "store"],
    boolean: ["help", "calm"],
    alias: { h: "help" },
  });
  if (o.help) {
    console.log(USAGE);
    return 0;
  }
  const options: Options = {
    capture: String(o._[0] ?? fromFileUrl(new URL(CAPTURE, import.meta.url))),
    status: o.S ?? "5s",
    window: Number(o.window ?? 500),
  };
  if (o.shard === undefined) {
    return await demo(options, Number(o.meters ?? 4), Number(o.shards ?? 16), o.calm === true);
  }
  const m = /^(\d+)\/(\d+)$/.exec(o.shard);
  if (!m || Number(m[1]) >= Number(m[2]) || !o.store) {
    throw new Problem("bad-value", `Expected --shard 0/4 and --store url but found "${o.shard}"\n\n${USAGE}`);
  }
  const shard = { index: Number(m[1]), count: Number(m[2]) };
  const { records, skipped, retries } = await cacheFlows(
    meterShard(options.capture, options.status, shard),
    o.store,
    {
      capture: { digest: `demo:${options.capture}`, slice: o.shard, settings: options.status },
      window: options.window,
      patience: "120s",
    },
  );
  console.log(`meter ${o.shard}: ${records} records, ${skipped} of them before this run, ${retries} retries`);
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(`cluster_demo: ${error.message}`);
    Deno.exit(1);
  }
}
