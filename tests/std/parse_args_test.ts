import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";

Deno.test("parseArgs: strings stay text, other values become numbers", () => {
  const args = parseArgs(["--a=1", "--b", "2", "-c", "0x10", "-d5", "3", "x"], { string: ["b"] });
  assertEquals({ ...args }, { a: 1, b: "2", c: 16, d: 5, _: [3, "x"] });
  assertEquals(parseArgs(["7"], { string: "_" })._, ["7"]);
});

Deno.test("parseArgs: booleans are false unless given, and take no value but true and false", () => {
  const args = parseArgs(["-n", "a.pcap", "--quiet=false", "--deep", "false"], {
    boolean: ["n", "quiet", "deep", "other"],
  });
  const { n, quiet, deep, other } = args;
  assertEquals([n, quiet, deep, other], [true, false, false, false]);
  assertEquals(args._, ["a.pcap"]);
});

Deno.test("parseArgs: clusters of letters", () => {
  assertEquals({ ...parseArgs(["-nzu", "-S60", "-p=6", "-r-"]) }, {
    n: true,
    z: true,
    u: true,
    S: 60,
    p: 6,
    r: "-",
    _: [],
  });
  assertEquals({ ...parseArgs(["-Zb"], { boolean: ["Z"] }) }, { Z: true, b: true, _: [] });
});

Deno.test("parseArgs: aliases, defaults, collecting", () => {
  const args = parseArgs(["-S", "5s", "--status", "1h"], {
    string: ["status", "clock"],
    alias: { status: "S" },
    collect: ["status", "tcp"],
    default: { clock: "argus" },
  });
  assertEquals(args.status, ["5s", "1h"]);
  assertEquals(args["S"], ["5s", "1h"]);
  assertEquals(args.clock, "argus");
  assertEquals(args.tcp, []);
});

Deno.test("parseArgs: negatable options, and --no- words that are not", () => {
  const args = parseArgs(["--no-color", "--no-way"], {
    boolean: ["color"],
    negatable: ["color"],
    default: { color: true },
  });
  assertEquals(args.color, false);
  assertEquals(args["no-way"], true);
});

Deno.test("parseArgs: double dash and stopEarly", () => {
  assertEquals(parseArgs(["-n", "--", "-x", "tcp"], { boolean: ["n"], "--": true })["--"], ["-x", "tcp"]);
  assertEquals(parseArgs(["-n", "--", "-x", "5"], { boolean: ["n"] })._, ["-x", "5"]);
  assertEquals(parseArgs(["-n", "host", "-a"], { boolean: ["n"], stopEarly: true })._, ["host", "-a"]);
});

Deno.test("parseArgs: unknown is asked about what was not described", () => {
  const asked: unknown[] = [];
  const args = parseArgs(["--good", "--bad=3", "file"], {
    boolean: ["good"],
    unknown: (arg, key, value) => {
      asked.push([arg, key, value]);
      return false;
    },
  });
  assertEquals(asked, [["--bad=3", "bad", "3"], ["file", undefined, undefined]]);
  assertEquals({ ...args }, { good: true, _: [] });
});

Deno.test("parseArgs: dots make nested values; a name given twice keeps the last value", () => {
  assertEquals({ ...parseArgs(["--a.b=1", "--a.c", "x", "--d=1", "--d=2"]) }, {
    a: { b: 1, c: "x" },
    d: 2,
    _: [],
  });
});

Deno.test("parseArgs: a string option without value is empty", () => {
  assertEquals(parseArgs(["--name", "--other"], { string: ["name"] }).name, "");
});
