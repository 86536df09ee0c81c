import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { takeApart } from "../../scripts/options/arguments.ts";
import { parseLimits } from "../../scripts/options/limits.ts";
import { parseDsrs } from "../../scripts/options/ra_dsrs.ts";
import { readRaOptions } from "../../scripts/options/ra_options.ts";
import { rmonSplit, uniSplit } from "../../scripts/options/ra_sides.ts";
import { parseRarc } from "../../scripts/options/rarc.ts";
import { sampleFile, samples } from "../record/samples.ts";

const SCRIPT = new URL("../../scripts/ra.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

interface Outcome {
  code: number;
  out: string;
  err: string;
}

async function ra(args: string[], input?: Uint8Array): Promise<Outcome> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", CONFIG, SCRIPT, ...args],
    env: { TZ: "UTC", NO_COLOR: "1" },
    stdin: input ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input) {
    const writer = child.stdin.getWriter();
    await writer.write(input as Uint8Array<ArrayBuffer>);
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const text = (b: Uint8Array) => new TextDecoder().decode(b);
  return { code, out: text(stdout), err: text(stderr) };
}

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/in.argus`, sampleFile());
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a command line is taken apart as the real programs do", () => {
  const kinds = {
    n: "none",
    u: "none",
    c: "value",
    r: "words",
    s: "words",
    w: "output",
    L: "value",
  } as const;
  const line = takeApart([
    "-nuc,",
    "-r",
    "a",
    "b",
    "-s",
    "-flgs",
    "-s",
    "dur",
    "-w",
    "o",
    "udp",
    "-L",
    "-1",
    "--",
    "tcp",
    "or",
    "arp",
  ], kinds);
  assertEquals(line.flags.map((f) => `${f.letter}:${f.words}`), [
    "n:",
    "u:",
    "c:,",
    "r:a,b",
    "s:-flgs",
    "s:dur",
    "w:o,udp",
    "L:-1",
  ]);
  assertEquals(line.expression, "tcp or arp");
  assertEquals(takeApart(["-w", "-", "-", "udp"], kinds), {
    flags: [{ letter: "w", words: ["-"] }],
    expression: "udp",
  });
  assertThrows(() => takeApart(["-y"], kinds), Problem, '"-y"');
  assertThrows(() => takeApart(["-c"], kinds), Problem, "after -c");
});

Deno.test("-X forgets what came before it, but for modes, keys, patterns and the delimiter", () => {
  const words = "-u -p 3 -c , -M uni man TZ=UTC -m saddr -e GET -s dur -X -s stime".split(" ");
  const options = readRaOptions(words);
  assertEquals([options.modes, options.keys, options.patterns], [["uni"], ["saddr"], ["GET"]]);
  assertEquals([options.print.delimiter, options.management], [",", true]);
  assertEquals([options.print.unix, options.print.digits], [undefined, undefined]);
  assertEquals(options.columns.map((c) => c.field.name), ["stime"]);
});

Deno.test("-N counts from the input or the output", () => {
  assertEquals(parseLimits("2"), { stream: "input", from: 1, to: 2 });
  assertEquals(parseLimits("3-4"), { stream: "input", from: 3, to: 4 });
  assertEquals(parseLimits("i2+2"), { stream: "input", from: 2, to: 4 });
  assertEquals(parseLimits("o2-3"), { stream: "output", from: 2, to: 3 });
  assertThrows(() => parseLimits("x"), Problem, "-N");
});

Deno.test("an rarc file: quotes and comments go, empty values too", () => {
  const text = '# no\nRA_TIME_FORMAT="%Y/%m/%d %T.%f"\nRA_PRINT_LABELS=-1\nRA_FILTER=""\n\nRA_TZ=UTC-2 \n';
  assertEquals(parseRarc(text).map((s) => `${s.line} ${s.key} ${s.value}`), [
    "2 RA_TIME_FORMAT %Y/%m/%d %T.%f",
    "3 RA_PRINT_LABELS -1",
    "6 RA_TZ UTC-2",
  ]);
});

Deno.test("-X forgets what stood before it, later flags win, -n counts modulo 4", () => {
  assertEquals(readRaOptions(["-u", "-c", ",", "-X"]).print.unix, undefined);
  assertEquals(readRaOptions(["-X", "-p2", "-p", "4"]).print.digits, 4);
  assertEquals(
    ["", "-n", "-nn", "-nnn", "-nnnn"].map((n) => readRaOptions(["-X", ...(n ? [n] : [])]).print.numbers),
    [0, 1, 2, 3, 0],
  );
  assertEquals(readRaOptions(["-X", "-s", "dur", "-s", "+0seq"]).columns.map((c) => c.field.name), [
    "seq",
    "dur",
  ]);
});

Deno.test("a flag that is not supported is refused by name", () => {
  for (const words of [["-S", "host"], ["-C", "9996"], ["-b"], ["-d"], ["-T", "5"], ["-y"]]) {
    const problem = assertThrows(() => readRaOptions(["-X", ...words]), Problem);
    assertStringIncludes(problem.message, words[0]!);
    assertEquals(problem.code, "unsupported");
  }
});

Deno.test("-M dsrs takes sections away", () => {
  const print = (list: string, columns: string) => {
    const batch = samples();
    parseDsrs(list)(batch, 0);
    const printer = new R.Printer({ columns: R.parseColumns([columns]), delimiter: ",", titles: -1 });
    printer.print(batch, 0);
    return printer.sink.text();
  };
  assertEquals(print("-metric", "spkts,dir,state,trans"), ",,FIN,0\n");
  assertEquals(print("flow,time", "saddr,dir,spkts,state,seq"), "10.0.0.1,,,INT,\n");
  assertEquals(print("-net,-ipattr", "state,sttl,spkts"), "CON,,5\n");
  assertThrows(() => parseDsrs("nosuch"), Problem, "nosuch");
});

Deno.test("-M rmon prints both ends, -M uni each side that sent", () => {
  const batch = samples();
  const counts = (split: ReturnType<typeof rmonSplit>, row: number) => {
    const seen: string[] = [];
    split(batch, row, (b, r) => {
      const d = r * R.DOUBLES;
      seen.push(`${R.addressText(b, r, R.SADDR)} ${b.doubles[d + R.S_PKTS]}+${b.doubles[d + R.D_PKTS]}`);
    });
    return seen;
  };
  assertEquals(counts(rmonSplit(), 0), ["10.0.0.1 5+3", "192.168.7.4 3+5"]);
  assertEquals(counts(uniSplit(), 0), ["10.0.0.1 5+0", "192.168.7.4 3+0"]);
  assertEquals(counts(uniSplit(), 2), ["10.0.0.1 1+0"]);
});

Deno.test("exit status: 0 matched, 1 none or not an Argus file, 2 missing; one line, no stack", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/text`, "hello, world, this is no flow file\n".repeat(20));
    const [hit, none, text, missing, filter] = await Promise.all([
      ra(["-X", "-r", `${folder}/in.argus`, "-q", "-", "tcp"]),
      ra(["-X", "-r", `${folder}/in.argus`, "-", "igmp"]),
      ra(["-X", "-r", `${folder}/text`]),
      ra(["-X", "-r", `${folder}/nosuch`]),
      ra(["-X", "-r", `${folder}/in.argus`, "-", "tcp and"]),
    ]);
    assertEquals([hit!, none!, text!, missing!, filter!].map((o) => o.code), [0, 1, 1, 2, 1]);
    for (const o of [text!, missing!, filter!]) {
      assertMatch(o.err, /^ra: .*Expected/s);
      assert(!/\n\s+at /.test(o.err), o.err);
      assertEquals(o.out, "");
    }
  });
});

Deno.test("-w and -E split a stream that can be read again, from a pipe too", async () => {
  await withFolder(async (folder) => {
    const written = await ra([
      "-X",
      "-r",
      `${folder}/in.argus`,
      "-w",
      `${folder}/out`,
      "-E",
      `${folder}/rest`,
      "-",
      "tcp",
    ]);
    assertEquals([written.code, written.out], [0, ""]);
    const list = (file: string) => ra(["-X", "-r", file, "-L", "-1", "-c", ",", "-s", "seq"]);
    const [out, rest] = await Promise.all([list(`${folder}/out`), list(`${folder}/rest`)]);
    assertEquals(out.out.split("\n").join(" "), "1 2 3 4 5 ");
    assertEquals(rest.out.split("\n").length - 1, samples().length - 5);
    const piped = await ra(
      ["-X", "-r", "-", "-n", "-s", "seq", "dport", "-", "port 22"],
      await Deno.readFile(`${folder}/out`),
    );
    assertStringIncludes(piped.out, "           3 22\n");
  });
});

Deno.test("-A sums up, a cut file gives its whole records and one problem", async () => {
  await withFolder(async (folder) => {
    const file = sampleFile();
    await Deno.writeFile(`${folder}/cut`, file.subarray(0, file.length - 150));
    const [summary, cut] = await Promise.all([
      ra(["-X", "-r", `${folder}/in.argus`, "-A", "-q", "-", "tcp"]),
      ra(["-X", "-r", `${folder}/cut`, "-L", "-1", "-s", "seq"]),
    ]);
    assertMatch(
      summary.out,
      /^ Totalrecords 7 {9}TotalManRecords 3 {9}TotalFarRecords 13 {7}TotalPkts \d+ +TotalBytes \d+ *\n$/,
    );
    assertEquals(cut.out.split("\n").length - 1, samples().length - 1);
    assertMatch(cut.err, /^ra: .*record \d+ at byte \d+: Expected/);
  });
});
