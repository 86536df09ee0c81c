import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import {
  cluster,
  clusterByConf,
  Clusterer,
  type ClusterOptions,
  ConfClusterer,
  parseRaclusterConf,
} from "../../lib/cluster/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { batchOf, gather, type Made, stream, tell } from "./rows.ts";

const TURNED = { from: "10.0.0.2", to: "10.0.0.1", sport: 80, dport: 40000 } as const;
const SYN: Made = { status: 7, s: [0x12, 1000, 1010], d: [0x12, 5000, 5010] };

function clustered(records: readonly Made[], options: ClusterOptions): string[] {
  const clusterer = new Clusterer(options), batch = batchOf(...records);
  const rows = Int32Array.from(records, (_, row) => row);
  clusterer.addRows(batch, rows, rows.length);
  return tell(clusterer.flush());
}

Deno.test("without correction each direction is its own aggregate", () => {
  assertEquals(clustered([SYN, { ...TURNED, start: 5 }, { ...TURNED, start: 9 }], { correct: "none" }), [
    "10.0.0.1:40000 -> 10.0.0.2:80 1+1 0..0 x1",
    "10.0.0.2:80 <?> 10.0.0.1:40000 2+2 5..9 x2",
  ]);
});

Deno.test("argus: a turned record joins, one with a SYN turns what is there", () => {
  assertEquals(clustered([SYN, { ...TURNED, start: 5 }], { correct: "argus" }), [
    "10.0.0.1:40000 -> 10.0.0.2:80 2+2 0..5 x2",
  ]);
  assertEquals(clustered([{ ...TURNED, start: 5 }, SYN, { ...TURNED, start: 9 }], { correct: "argus" }), [
    "10.0.0.1:40000 <- 10.0.0.2:80 3+3 0..9 x3",
  ]);
});

Deno.test("argus: two SYNs against each other stay apart, each taking what has its own key", () => {
  const back: Made = { ...TURNED, ...SYN, start: 5 };
  assertEquals(clustered([SYN, back, { ...TURNED, start: 6 }, { start: 7 }], { correct: "argus" }), [
    "10.0.0.2:80 -> 10.0.0.1:40000 2+2 5..6 x2",
    "10.0.0.1:40000 -> 10.0.0.2:80 2+2 0..7 x2",
  ]);
});

Deno.test("argus: of other protocols the first record gives the direction", () => {
  assertEquals(
    clustered([{ proto: 17, dpkts: 0 }, { ...TURNED, proto: 17, start: 50, dpkts: 0 }], { correct: "argus" }),
    [
      "10.0.0.1:40000 <-> 10.0.0.2:80 1+1 0..50 x2",
    ],
  );
});

Deno.test("aggregates leave in order of their last change, with key fields in the order of those", () => {
  const records = [1, 2, 3, 1].map((sport, start) => ({ proto: 17, sport, start, dpkts: 0 }));
  assertEquals(clustered(records, { correct: "none" }).map((line) => line.slice(9, 10)), ["2", "3", "1"]);
  assertEquals(clustered(records, { correct: "none", by: ["sport"] }).map((line) => line.slice(9, 10)), [
    "1",
    "2",
    "3",
  ]);
});

Deno.test("status and idle put aggregates out while the stream runs", async () => {
  const records = [0, 10, 25, 50, 51, 120].map((start) => ({ proto: 17, start }));
  const run = async (options: ClusterOptions) =>
    tell(await gather(cluster(stream(batchOf(...records)), { correct: "none", ...options })))
      .map((line) => line.split(" ").slice(-2).join(" "));
  assertEquals(await run({ status: 30 }), ["0..25 x3", "50..51 x2", "120..120 x1"]);
  assertEquals((await run({ idle: 20 })).length, 3);
  assertEquals((await run({ status: "1m", idle: "1h" })).length, 2);
});

Deno.test("labels, statistics and fields outside the key", () => {
  const clusterer = new Clusterer({
    by: ["saddr"],
    correct: "none",
    label: "web",
    preserve: false,
    report: false,
  });
  clusterer.add(batchOf({ label: "old" }), 0);
  const out = clusterer.flush();
  assertEquals(out.more?.get(0)?.label, "old:web");
  assertEquals([out.words[R.DADDR], out.words[R.SPORT], out.words[R.PROTO]], [0, 0, 0]);
  assertEquals(out.agr![R.AGR_COUNT], 0);
});

Deno.test("statistics of another metric", () => {
  const clusterer = new Clusterer({ correct: "none", metric: "pkts" }),
    batch = batchOf({ spkts: 3 }, { spkts: 7 });
  clusterer.add(batch, 0);
  clusterer.add(batch, 1);
  assertEquals(clusterer.flush().agr![R.AGR_MEAN], 6);
  assertThrows(
    () => new Clusterer({ by: ["saddr"], metric: "state" }),
    Problem,
    "Expected a field with a number",
  );
});

Deno.test("showing records in place gives what draining gives, and stops when told", () => {
  const batch = batchOf(...[1, 2, 3].map((sport) => ({ sport })));
  for (const correct of ["evidence", "none"] as const) {
    const make = () => {
      const clusterer = new Clusterer({ correct });
      for (let row = 0; row < 3; row++) clusterer.add(batch, row);
      return clusterer;
    };
    const shown: string[] = [];
    make().each((b, row) => {
      const one = new R.RecordBatch(1);
      one.append(b, row);
      shown.push(...tell(one));
      return shown.length < 2;
    });
    assertEquals(shown, tell(make().flush()).slice(0, 2));
  }
});

const CONF = `
# comment
RACLUSTER_MODEL_NAME=test
RACLUSTER_AUTO_CORRECTION=yes
filter="udp" model="proto daddr" label="u" status = 0 idle=0
filter="tcp" model="saddr" grep="web" cont
`;

Deno.test("racluster.conf: records go to the first line that takes them, past cont, and the rest to the default key", async () => {
  const conf = parseRaclusterConf(CONF);
  assertEquals([conf.name, conf.models.length, conf.models[1]!.correct], ["test", 2, true]);
  const records = batchOf({ proto: 17 }, { proto: 17, sport: 9 }, { label: "web" }, { label: "other" }, {
    proto: 1,
  });
  const out = await gather(clusterByConf(stream(records), conf));
  assertEquals(tell(out).map((line) => line.replace(/ .* /, " ")), [
    "10.0.0.1:0 x2",
    "10.0.0.1:40000 x1",
    "10.0.0.1:40000 x2",
    "10.0.0.1:40000 x1",
  ]);
  assertEquals(out.more?.get(0)?.label, "u");
});

for (
  const [text, message] of [
    ["RACLUSTER_FOO=1", "c: line 1 at position 0: Expected one of RACLUSTER_MODEL_NAME"],
    ['\nfilter="tcp" modle="saddr"', "c: line 2 at position 13: Expected one of filter, grep, model"],
    ['filter="tcp" status=xx', "c: line 1: Expected a number with s, m, h or d after status="],
    ['filter="tcp', 'c: line 1 at position 0: Expected keyword="value"'],
    ['model="nosuch"', 'Expected an aggregation field but found "nosuch"'],
    ["RACLUSTER_HISTOGRAM=dur 5:0-5s", "Expected no RACLUSTER_HISTOGRAM"],
  ] as const
) {
  Deno.test(`racluster.conf refused: ${text.trim()}`, () => {
    assertThrows(() => parseRaclusterConf(text, "c"), Problem, message);
  });
}

Deno.test("racluster.conf: a wrong filter is told when the models are made", () => {
  assertThrows(() => new ConfClusterer(parseRaclusterConf('filter="tcq"')), Problem);
});

Deno.test("racluster.conf: what models put out on the way comes in the order of the records, however they were batched", async () => {
  const conf = parseRaclusterConf('filter="udp" status=10\nfilter="tcp" status=10');
  const records = Array.from({ length: 12 }, (_, i) => ({ proto: i % 2 ? 6 : 17, start: 7 * i, dpkts: 0 }));
  const all = tell(await gather(clusterByConf(stream(batchOf(...records)), conf)));
  const one = tell(await gather(clusterByConf(stream(...records.map((r) => batchOf(r))), conf)));
  assertEquals(all, one);
  assertEquals(all.slice(0, 4).map((line) => line.match(/ (\d+)\.\./)?.[1]), ["0", "7", "14", "21"]);
});

Deno.test("racluster.conf: as the real program, a record's start puts out what was idle until then, whatever line takes it", async () => {
  const conf = parseRaclusterConf('filter="udp" model="sport" idle=20\nfilter="tcp" model="sport"');
  const run = async (rules: "argus" | "exact", start: number) => {
    const records = [{ proto: 17, sport: 1, start: 0 }, { proto: 6, sport: 2, start }, {
      proto: 17,
      sport: 1,
      start: 15,
    }];
    const out = tell(await gather(clusterByConf(stream(batchOf(...records)), conf, { rules })));
    return out.map((line) => line.match(/ (\d+\.\.\d+) /)?.[1]);
  };
  assertEquals(await run("argus", 20), ["0..0", "15..15", "20..20"]);
  assertEquals(await run("argus", 19), ["0..15", "19..19"]);
  assertEquals(await run("exact", 20), ["0..15", "20..20"]);
});
