import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { file, runScript } from "./run.ts";

Deno.test("without arguments compare.ts tells the case: records, differences, reasons, remedies", async () => {
  const { code, out } = await runScript("compare.ts", []);
  assertEquals(code, 0);
  for (const [name, records] of [["999999", 2], ["99999", 4], ["59999", 5], ["19999", 13]]) {
    assertStringIncludes(out, `== S=${name}s, clock argus: ${records} records`);
  }
  assertStringIncludes(out, "Both sides hold the same traffic: 14767 packets, 1254856 bytes.");
  assertStringIncludes(out, "silent for 1431.7 s");
  assertStringIncludes(out, "ARGUS_TCP_TIMEOUT=1432");
  const whys = out.split("\n").filter((line) => /^S=\d+s, row \d+: /.test(line));
  assertEquals(whys.length, 14, "one sentence for each of the 1 + 3 + 10 records without direction");
});

Deno.test("--json prints the same as data", async () => {
  const { out } = await runScript("compare.ts", ["--json", "--no-remedy"]);
  const report = JSON.parse(out);
  assertEquals(report.settings.map((s: { records: number }) => s.records), [2, 4, 5, 13]);
  assertEquals(
    report.diffs.map((
      d: { totals: { complete: boolean; equal: boolean } },
    ) => [d.totals.complete, d.totals.equal]),
    [
      [true, true],
      [true, true],
      [true, true],
    ],
  );
  assertEquals(report.explained.length, 14);
});

Deno.test("the exact clock keeps the same boundaries whatever else is in the capture", async () => {
  const args = ["-S", "99999", "--clock", "exact", "--json", "--no-remedy"];
  const filter = "host 10.0.2.104 and port 49227 and host 147.32.83.57";
  const full = JSON.parse(
    (await runScript("compare.ts", [file("fixtures/thread-full.pcap.gz"), ...args, filter])).out,
  );
  const only = JSON.parse(
    (await runScript("compare.ts", [file("fixtures/thread-only.pcap.gz"), ...args, filter])).out,
  );
  const rows = (report: typeof full) =>
    report.settings[0].rows.map((
      r: Record<string, unknown>,
    ) => [r.stime, r.ltime, r.saddr, r.sport, r.dir, r.spkts, r.dpkts]);
  assertEquals(rows(full), rows(only));
});

for (
  const [title, args, says] of [
    ["a missing capture", ["/nowhere/x.pcap"], "/nowhere/x.pcap"],
    ["a text file", [file("README.md")], "Expected a capture"],
    ["-S x", ["-S", "x"], 'found "x"'],
    ["a negative -S", ["-S=-5"], 'found "-5"'],
    ["a negative timeout", ["--tcp-timeout=-1"], 'found "-1"'],
    ["an unknown clock", ["--clock", "sundial"], 'found "sundial"'],
    ["an unknown option", ["--frobnicate"], "frobnicate"],
    ["an unknown filter word", [file("fixtures/port-reuse.pcap"), "hots 10.0.0.1"], "position 0"],
    ["an unfinished filter", [file("fixtures/port-reuse.pcap"), "host 10.0.0.1 and"], "position"],
  ] as const
) {
  Deno.test(`compare.ts: ${title} is a clear error, exit status 1, no stack trace`, async () => {
    const { code, err, out } = await runScript("compare.ts", args);
    assertEquals(code, 1, out);
    assertStringIncludes(err, says);
    assert(!err.includes("    at "), err);
  });
}

Deno.test("huge timeouts are taken as they are", async () => {
  const { code, out } = await runScript("compare.ts", [
    file("fixtures/server-first.pcap"),
    "-S",
    "5",
    "--tcp-timeout",
    "60,99999999999",
    "--no-remedy",
  ]);
  assertEquals(code, 0);
  assertStringIncludes(out, "tcp=99999999999s");
});
