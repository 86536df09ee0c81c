import { assert, assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { type Flows, readFlows, readPcap } from "../../lib/chain/mod.ts";
import { inFolder } from "../folder.ts";

const CAPTURE = new URL("../../fixtures/thread-full.pcap.gz", import.meta.url).pathname;
const TALK = "host 10.0.2.104 and port 49227";
const FIELDS = "stime ltime dir proto saddr sport daddr dport spkts dpkts sbytes dbytes state label".split(
  " ",
);

async function lines(flows: Flows, fields: readonly string[] = FIELDS): Promise<string[]> {
  return (await flows.rows()).map((r) => fields.map((f) => r.get(f)).join("|"));
}

Deno.test("a cache is read back with the verbs of the chain, in the engine or behind it", async () => {
  await inFolder(async (folder) => {
    for (const url of [`sqlite:${folder}/flows.db?table=longlived`, `duckdb:${folder}/flows.duckdb`]) {
      const flows = readPcap(CAPTURE).meter({ status: "60s" });
      const first = await flows.cache(url);
      assert(first.rows > 0);
      assertEquals((await flows.cache(url)).skipped, first.records, "the same capture adds nothing");

      const stored = readFlows(url), here = flows.cluster();
      const cases: ((f: Flows) => Flows)[] = [
        (f) => f.sort("stime", "saddr", "sport"),
        (f) => f.filter(TALK).sort("stime"),
        (f) => f.filter("udp").top(5, "bytes").sort("stime", "sport"),
        (f) => f.filter((r) => r.pkts > 3).sort("stime", "sport", "saddr"),
        (f) => f.time("1970/01/01.01:00+2h").filter("tcp").sort("stime", "saddr", "sport"),
        (f) => f.filter("syn").label("begun=yes").sort("stime", "saddr", "sport"),
      ];
      for (const verbs of cases) {
        const expected = await lines(verbs(here));
        assert(expected.length > 0);
        assertEquals(await lines(verbs(stored)), expected, verbs(stored).plan());
      }
      const grouped = (f: Flows) => f.filter("ip").cluster({ by: ["daddr"], correct: "none" });
      assertEquals(await grouped(stored).count(), await grouped(here).count());
      const shown = (f: Flows) => grouped(f).select("stime", "daddr", "spkts", "dbytes").table(1e6);
      assertEquals((await shown(stored)).toString(), (await shown(here)).toString());
    }
  });
});

Deno.test("the plan of a stored table shows its SQL, and no password", () => {
  const flows = readFlows("mysql://ann:secret@db.example/flows/longlived").filter("tcp and dst pkts gt 5")
    .sort("stime").limit(3).label("seen").anonymize("a key");
  const plan = flows.plan();
  assert(plan.startsWith("read store mysql://ann@db.example/flows/longlived\nsql       SELECT "), plan);
  for (
    const part of ["WHERE", "`dpkts`", "ORDER BY", "LIMIT 3", "label     seen", "anonymize (with a key)"]
  ) {
    assert(plan.includes(part), `${part} in ${plan}`);
  }
  assert(!plan.includes("secret"));
  const rest = readFlows("sqlite:flows.db").filter((r) => r.pkts > 1).plan();
  assert(rest.includes("because   a filter that is a function"), rest);
});

Deno.test("records of an Argus file are given as ra prints them", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/raw.argus`, own = new URL("../../scripts/argus.ts", import.meta.url).pathname;
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const made = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--config",
        config,
        own,
        "-X",
        "-S",
        "19999",
        "-r",
        CAPTURE,
        "-w",
        file,
      ],
    }).output();
    assert(made.success, new TextDecoder().decode(made.stderr));
    // The file holds raw records: the reader's repairs of direction and times have to be made once, and only once.
    const expected = await lines(
      readPcap(CAPTURE).meter({ status: "19999s" }).sort("stime", "saddr", "sport"),
    );
    assertEquals(
      await lines(readFlows(file).filter("not man").sort("stime", "saddr", "sport")),
      expected,
    );
  });
});

Deno.test("labels go to the records a rule takes, and join", async () => {
  const flows = readPcap(CAPTURE).meter({ status: "99999s" }).filter(TALK);
  const [first] = await flows.label("site=lab").label([{ label: "kind=web", filter: "tcp" }]).rows();
  assertEquals(first!.get("label"), "site=lab:kind=web");
  assertEquals((await flows.label("never", "udp").rows()).map((r) => r.get("label")).join(""), "");
  assertThrows(() => flows.label("x", "tcp and and"), Problem);
});

Deno.test("anonymized addresses keep their common beginnings, ports and counters", async () => {
  const flows = readPcap(CAPTURE).meter({ status: "19999s" }).filter("host 10.0.2.104");
  const plain = await flows.rows(), changed = await flows.anonymize("a key").rows();
  assertEquals(changed.length, plain.length);
  const names = new Map<string, string>();
  for (const [i, record] of plain.entries()) {
    assertEquals([changed[i]!.pkts, changed[i]!.sport], [record.pkts, record.sport]);
    const before = String(record.get("saddr")), after = String(changed[i]!.get("saddr"));
    assert(before !== after);
    assertEquals(names.get(before) ?? after, after);
    names.set(before, after);
  }
  assertEquals((await flows.anonymize("a key").rows(1))[0]!.get("saddr"), changed[0]!.get("saddr"));
  assertThrows(() => flows.anonymize(""), Problem, "Expected a key");
});
