import { assert, assertEquals } from "@std/assert";
import { cluster, sortRecords, topRecords } from "../../lib/cluster/mod.ts";
import { compileRecordFilter, parseTimeRange } from "../../lib/expression/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { cacheFlows, readStore, type StoreStep } from "../../lib/stores/mod.ts";
import { meter, stream } from "./records.ts";

const FULL: string = new URL("../../fixtures/thread-full.pcap.gz", import.meta.url).pathname;

const FIELDS =
  "stime ltime proto saddr sport dir daddr dport spkts dpkts sbytes dbytes state evidence endreason trans"
    .split(" ");

type Stream = AsyncIterable<R.RecordBatch>;

async function* keep(
  records: Stream,
  test: (batch: R.RecordBatch, row: number) => boolean,
): AsyncGenerator<R.RecordBatch> {
  for await (const batch of records) {
    const out = new R.RecordBatch(batch.length);
    for (let row = 0; row < batch.length; row++) if (test(batch, row)) out.append(batch, row);
    yield out;
  }
}

async function* first(records: Stream, count: number): AsyncGenerator<R.RecordBatch> {
  for await (const batch of records) {
    batch.length = Math.min(batch.length, count);
    count -= batch.length;
    yield batch;
    if (count === 0) return;
  }
}

// deno-lint-ignore no-explicit-any
const CHAIN: Record<string, (records: Stream, step: any) => Stream> = {
  filter: (records, step) => keep(records, compileRecordFilter(step.test)),
  time: (records, step) => keep(records, parseTimeRange(step.range)),
  sort: (records, step) => sortRecords(records, step.keys, { reverse: step.reverse }),
  top: (records, step) => topRecords(records, step.count, step.field),
  limit: (records, step) => first(records, step.count),
  cluster: (records, step) => cluster(records, step.options),
};

async function lines(
  records: Stream,
  steps: readonly StoreStep[],
  fields: readonly string[] = FIELDS,
): Promise<string[]> {
  for (const step of steps) records = CHAIN[step.op]!(records, step);
  const printer = new R.Printer({
    columns: R.parseColumns(fields),
    delimiter: ",",
    titles: -1,
  });
  for await (const batch of records) for (let row = 0; row < batch.length; row++) printer.print(batch, row);
  return printer.sink.text().split("\n");
}

const filter = (test: string): StoreStep => ({ op: "filter", test } as StoreStep);
const sort = (...keys: string[]): StoreStep => ({ op: "sort", keys, reverse: false } as StoreStep);
const limit = (count: number): StoreStep => ({ op: "limit", count } as StoreStep);
const top = (count: number, field: string): StoreStep => ({ op: "top", count, field } as StoreStep);
const time = (range: string): StoreStep => ({ op: "time", range } as StoreStep);

/** Steps, and how many of them the engine cannot do. */
const CASES: readonly [readonly StoreStep[], number][] = [
  [[], 0],
  [[filter("host 10.0.2.104 and port 49227")], 0],
  [[filter("udp and dst pkts gt 0"), sort("bytes"), limit(20)], 0],
  [[filter("tcp"), top(3, "pkts")], 0],
  [[sort("-spkts", "ltime"), limit(100)], 0],
  [[{ op: "sort", keys: ["dur"], reverse: true } as StoreStep, limit(7)], 0],
  [[time("1970/01/01.01:00+2h"), filter("udp")], 0],
  [[time("x1970/01/01.01:00+2h"), sort("ltime")], 0],
  [[filter("src net 10.0.0.0/12 and dport = 53"), limit(5)], 0],
  [[filter("syn and host 10.0.2.104"), limit(3)], 2],
  [[sort("saddr", "sport"), limit(10)], 2],
  [[limit(50), filter("udp"), limit(10)], 2],
  [[filter("udp"), filter("not host 10.0.2.3")], 0],
];

/** Whatever the engine takes over, the records are those of the chain, in its order. */
export async function queryTest(name: string, fresh: () => string): Promise<void> {
  const url = fresh();
  await cacheFlows(stream(await meter(FULL, "60s")), url);
  for (const [steps, left] of CASES) {
    const whole = await readStore(url), pushed = await readStore(url, steps);
    const expected = await lines(whole.batches, steps);
    assertEquals(
      await lines(pushed.batches, pushed.query.rest),
      expected,
      `${name}: ${JSON.stringify(steps)}\n${pushed.query.sql}`,
    );
    assertEquals(pushed.query.rest.length, left, `${JSON.stringify(steps)}: ${pushed.query.reasons}`);
  }
  for (
    const [by, test] of [[["saddr", "daddr", "proto"], "ip"], [["daddr"], "udp"], [
      ["proto"],
      "ip and host 10.0.2.104",
    ]] as const
  ) {
    const fields = [
      ...by,
      ..."stime ltime dur trans pkts spkts dpkts bytes sbytes dbytes appbytes sstime dltime".split(" "),
    ];
    const steps = [filter(test), { op: "cluster", options: { by, correct: "none" } } as StoreStep];
    const whole = await readStore(url), pushed = await readStore(url, steps, fields);
    assertEquals(
      await lines(pushed.batches, pushed.query.rest, fields),
      await lines(whole.batches, steps, fields),
      pushed.query.sql,
    );
    assert(pushed.query.sql.includes("GROUP BY") && pushed.query.rest.length === 0);
    const other = await readStore(url, steps, [...fields, "state"]);
    assert(!other.query.sql.includes("GROUP BY"));
    for await (const _ of other.batches) break;
  }
  const { query, batches } = await readStore(url, [filter("src host 10.0.2.104"), limit(1)]);
  for await (const batch of batches) assertEquals(batch.length, 1);
  assert(query.sql.includes("LIMIT 1") && !query.sql.includes("10.0.2.104"), query.sql);
}
