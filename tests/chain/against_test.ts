import { assert, assertEquals, assertRejects } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { againstText, readPcap, settingsOf } from "../../lib/chain/mod.ts";
import { argus, cicflowmeter, nfstream } from "../../lib/settings/mod.ts";

const file = (path: string) => new URL(`../../${path}`, import.meta.url).pathname;
const only = readPcap(file("fixtures/thread-only.pcap.gz"));
const golden = (name: string) => file(`tests/compare/golden/${name}`);

Deno.test("a table of the real NFStream tells its timeouts", async () => {
  const found = await only.against(golden("thread-only.nfstream-60-600.csv"));
  assertEquals([found.records, found.best.matched, found.best.sameBytes, found.best.score], [
    142,
    142,
    142,
    1,
  ]);
  assertEquals([found.best.settings.preset, found.best.settings.status], ["nfstream", 600e6]);
  assertEquals([found.onlyTable.count, found.onlyCapture.count, found.precision, found.shift], [
    0,
    0,
    1e3,
    0,
  ]);
  assert(againstText(found).includes("Nothing differs."));
});

Deno.test("a table of the real nfpcapd, in local time and to the second, tells its timeouts", async () => {
  const found = await only.against(golden("thread-only.nfpcapd-600-60.csv"));
  assertEquals([found.best.settings.preset, found.best.settings.status, found.best.matched], [
    "nfpcapd",
    600e6,
    284,
  ]);
  assertEquals([found.precision, found.shift], [1e6, -3600e6]);
  assert(againstText(found).includes("1h ahead of"));
});

Deno.test("what still differs is listed from both sides", async () => {
  const table = Deno.readTextFileSync(golden("thread-only.nfstream-60-600.csv")).split("\n");
  const cells = table[3]!.split(",");
  cells[22] = String(Number(cells[22]) + 1);
  const bytes = new TextEncoder().encode(
    [...table.slice(0, 3), cells.join(","), ...table.slice(4)].join("\n"),
  );
  const found = await only.against(bytes, {
    settings: [nfstream({ status: "600s", tcp: "60s" }), argus()],
    search: false,
  });
  assertEquals(found.ranking.map((f) => f.settings.preset), ["nfstream", "argus"]);
  assertEquals([found.best.matched, found.onlyTable.count, found.onlyCapture.count, found.cutOtherwise], [
    141,
    1,
    1,
    1,
  ]);
  assertEquals(found.onlyTable.first[0]!.spkts, found.onlyCapture.first[0]!.spkts + 1);
});

Deno.test("a CICFlowMeter table has no bytes but payload, and times to the second", async () => {
  const rows: string[] = [
    "Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,Tot Fwd Pkts,Tot Bwd Pkts,TotLen Fwd Pkts,TotLen Bwd Pkts",
  ];
  for await (const r of only.meter(cicflowmeter())) {
    const time = new Date(Math.floor(Number(r.stime)) * 1000 + 3 * 3600e3);
    const day = `${time.getUTCDate()}/${time.getUTCMonth() + 1}/${time.getUTCFullYear()}`;
    rows.push(
      [
        r.saddr,
        r.sport,
        r.daddr,
        r.dport,
        6,
        `${day} ${time.toISOString().slice(11, 19)}`,
        Math.round((Number(r.ltime) - Number(r.stime)) * 1e6),
        r.spkts,
        r.dpkts,
        r.sbytes,
        r.dbytes,
      ].join(),
    );
  }
  const found = await only.against(new TextEncoder().encode(rows.join("\n")));
  assertEquals([found.best.name, found.best.score, found.shift], ["cicflowmeter", 1, -3 * 3600e6]);
});

Deno.test("a table without flows is a problem with a name", async () => {
  const error = await assertRejects(() => only.against(new TextEncoder().encode("a,b,c\n1,2,3\n")), Problem);
  assertEquals(error.code, "unsupported");
});

Deno.test("a study's grid may name presets beside other options", async () => {
  const grid = { preset: ["argus", "nfstream"], status: ["60s", "never"] } as const;
  assertEquals(settingsOf(grid).map((s) => s.name), ["S=1m", "S=never", "nfstream S=1m", "nfstream S=never"]);
  const study = await only.study({ preset: ["nfstream", "zeek", "nfpcapd", "softflowd"] });
  assertEquals(study.settings.map((s) => s.name), ["nfstream", "zeek", "nfpcapd", "softflowd"]);
  assertEquals(study.settings.map((s) => s.records), [133, 132, 552, 2]);
});
