import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { readRaOptions } from "../../scripts/options/ra_options.ts";
import { installed, testWhere } from "./shared.ts";
import { COMMANDS, sampleFile, samples } from "./samples.ts";

const DATA = new URL("./data/", import.meta.url).pathname;

/** What our printer makes of the samples under the words of a command line. */
function printed(words: string): string {
  const options = readRaOptions(["-X", ...words.split(" ").filter((w) => w !== "")]);
  const printer = new R.Printer({ ...options.print, zone: R.UTC });
  const batch = samples();
  for (let row = 0; row < batch.length; row++) {
    R.asRead(batch, row, { services: options.print.numbers === 3 });
    printer.print(batch, row);
  }
  return printer.sink.text();
}

for (const [name, words] of Object.entries(COMMANDS)) {
  Deno.test(`prints as the golden text of the real ra: ${name} (ra -X ${words})`, () => {
    assertEquals(printed(words), Deno.readTextFileSync(`${DATA}${name}.txt`));
  });
}

testWhere(installed("ra"), "ra is not installed", "the real ra prints the golden texts", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, sampleFile());
    for (const [name, words] of Object.entries(COMMANDS)) {
      const { stdout } = await new Deno.Command("ra", {
        args: ["-X", "-r", file, ...words.split(" ").filter((w) => w !== "")],
        env: { TZ: "UTC" },
        stdin: "null",
        stderr: "null",
      }).output();
      const text = new TextDecoder("latin1").decode(stdout);
      if (Deno.env.get("GOLDEN") === "write") await Deno.writeTextFile(`${DATA}${name}.txt`, text);
      assertEquals(text, await Deno.readTextFile(`${DATA}${name}.txt`), name);
    }
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("the title row is quoted, values are not (RA_FIELD_QUOTED)", () => {
  const batch = samples();
  const printer = new R.Printer({ columns: R.parseColumns(["seq", "proto"]), delimiter: ",", quote: '"' });
  printer.print(batch, 0);
  assertEquals(printer.sink.text(), '"Seq","Proto"\n1,tcp\n');
});

Deno.test("titles are cut at the width of their column, with a delimiter too", () => {
  const titles = (...columns: string[]) => {
    const printer = new R.Printer({ columns: R.parseColumns(columns), delimiter: "," });
    printer.print(samples(), 0);
    return printer.sink.text().split("\n")[0];
  };
  assertEquals(titles("appbytes", "appbytes:25", "dappbytes:7"), "TotAppByte,TotAppBytes,DAppByt");
});

Deno.test("a delimiter that is white space goes with the trailing blanks of the line", () => {
  const batch = samples();
  const line = (delimiter: string) => {
    const printer = new R.Printer({
      columns: R.parseColumns(["seq", "svlan", "svlan"]),
      delimiter,
      titles: -1,
    });
    printer.print(batch, 0);
    return printer.sink.text();
  };
  assertEquals([line("\t"), line(",")], ["1\n", "1,,\n"]);
});

Deno.test("-s: lists begin anew, grow, shrink; widths must be positive", () => {
  const names = (...words: string[]) => R.parseColumns(words).map((c) => c.field.name).join(" ");
  const all = R.DEFAULT_FIELDS.join(" ");
  assertEquals(names("saddr", "daddr:20,dur"), "saddr daddr dur");
  assertEquals(names("+seq"), `${all} seq`);
  assertEquals(names("+1seq", "-bytes"), all.replace("stime", "stime seq").replace(" bytes", ""));
  assertEquals(names("saddr", "nosuch"), "saddr");
  assertThrows(() => R.parseColumns(["nosuch"], { strict: true }), Problem, "nosuch");
  assertThrows(() => R.parseColumns(["saddr:0"]), Problem, "at least 1");
});

Deno.test("TCP without TCP data has no progress letters, and without packets half an arrow", () => {
  const batch = new R.RecordBatch(1), row = batch.addBlank();
  batch.words.set([R.KEY_IPV4], R.KEY_TYPE);
  batch.words[R.PROTO] = 6;
  batch.words[R.FLAGS] = R.FLAG_METRIC;
  assertEquals([R.progress(batch, row), R.stateWord(batch, row)], ["", "INT"]);
  batch.words[R.NET] = R.NET_TCP_PERF;
  batch.words[R.TCP_STATUS] = R.TCP_SYN | R.TCP_EST;
  assertEquals([R.progress(batch, row), R.direction(batch, row)], ["sE", "  >"]);
});

Deno.test("the one number of lost ESP packets belongs to every side that has packets", () => {
  const batch = new R.RecordBatch(1), row = batch.addBlank();
  batch.words[R.KEY_TYPE] = R.KEY_IPV4;
  batch.words[R.PROTO] = 50;
  batch.words[R.FLAGS] = R.FLAG_METRIC;
  batch.words[R.NET] = R.NET_ESP;
  batch.words[R.ESP_LOST] = 4;
  const losses = (s: number, d: number) => {
    batch.doubles.set([s, d], R.S_PKTS);
    return ["sloss", "dloss", "loss"].map((name) => R.valueOf(R.fieldOf(name), batch, row));
  };
  assertEquals([losses(3, 0), losses(0, 3), losses(3, 4)], [[4, 0, 4], [0, 4, 0], [4, 4, 4]]);
});

Deno.test("XML: attributes in column order, values escaped, closed at the end", () => {
  const batch = samples();
  batch.moreOf(0).label = 'a<"b"&c';
  const printer = new R.XmlPrinter({
    columns: R.parseColumns(["proto", "stime", "dir", "label", "svlan"]),
    zone: R.UTC,
  });
  printer.header = { begin: 0, now: 0, link: 1, sourceId: 0x7f000001 };
  printer.print(batch, 0);
  printer.finish();
  const lines = printer.sink.text().split("\n");
  assertEquals(lines[0], '<?xml version ="1.0" encoding="UTF-8"?>');
  assertEquals(lines[7], '  ArgusSourceId = "127.0.0.1"  NetAddr = "0.0.0.0"  NetMask = "0.0.0.0">');
  assertEquals(
    lines[9],
    ' <ArgusFlowRecord  Proto = "tcp" StartTime = "2001-09-09T01:46:40.000000" Dir" Label = "a&lt;&quot;b&quot;&amp;c"></ArgusFlowRecord>',
  );
  assertEquals(lines[10], "</ArgusDataStream>");
});

Deno.test("XML without records is empty", () => {
  const printer = new R.XmlPrinter();
  printer.finish();
  assertEquals(printer.sink.text(), "");
});
