import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Problem } from "../../lib/base/mod.ts";
import {
  compileRecordFilter,
  type Expression,
  parseRecordFilter,
  printExpression,
} from "../../lib/expression/mod.ts";
import { expression } from "./arbitrary.ts";

/** The tree without its positions. */
function bare(e: Expression): unknown {
  return JSON.parse(
    JSON.stringify(
      e,
      (key, v) => key === "at" || key === "valueAt" ? undefined : Object.is(v, -0) ? "-0" : v,
    ),
  );
}

Deno.test("what is printed reads back as the same tree", () => {
  fc.assert(
    fc.property(expression, (e) => {
      assertEquals(bare(parseRecordFilter(printExpression(e))), bare(e));
    }),
    { numRuns: 500 },
  );
});

// "ok" or "ERR" for each expression as `ra -b - EXPRESSION` (ra 3.0.8.2) took or refused it.
const VERDICTS = Deno.readTextFileSync(new URL("golden/accepted.txt", import.meta.url)).trimEnd().split("\n")
  .map((l) => l.split("\t"));

/** Refused on purpose: the ARP key of a row has no hardware address; the services table has no aliases. */
const DIFFERENT = new Set(["arp host 1:2:3:4:5:6", "arp src 1:2:3:4:5:6", "tcp port syslog"]);

Deno.test("the ra dialect takes and refuses what the real program does", () => {
  const wrong: string[] = [];
  for (const [verdict, text] of VERDICTS) {
    if (DIFFERENT.has(text!)) continue;
    let mine = "ok";
    try {
      compileRecordFilter(text!, { dialect: "ra" });
    } catch (e) {
      if (!(e instanceof Problem)) throw e;
      mine = "ERR";
    }
    if (mine !== verdict) wrong.push(`${verdict} but ${mine}: ${text}`);
  }
  assertEquals(wrong, []);
  assertEquals(VERDICTS.length > 600, true);
});

const reads = (text: string, printed: string) =>
  assertEquals(printExpression(parseRecordFilter(text)), printed);

Deno.test("and and or have equal precedence and associate to the left", () => {
  reads("tcp or udp and port 80", "tcp or udp and port 80");
  reads("tcp or (udp and port 80)", "tcp or (udp and port 80)");
  reads("(tcp or udp) and port 80", "tcp or udp and port 80");
  reads("not tcp or udp", "not tcp or udp");
});

Deno.test("a bare value repeats the last head, over groups too", () => {
  reads("tcp src port 80 or 22 or 23", "tcp src port 80 or tcp src port 22 or tcp src port 23");
  reads("port (80 or 22)", "port 80 or port 22");
  reads("port 80 and (tcp or udp) or 22", "port 80 and (tcp or udp) or port 22");
  reads("host 10.0.0.1 and not 10.0.0.2", "host 10.0.0.1 and not host 10.0.0.2");
  reads("port gt 80 or lt 22", "port gt 80 or port lt 22");
});

Deno.test("values keep their form", () => {
  reads("net 10.1.2.3 mask 255.255.0.0", "net 10.1.2.3/16");
  reads("net 10.1.2.3 mask 255.0.255.0", "net 10.1.2.3 mask 255.0.255.0");
  reads("ether src 1:2:3:4:5:6", "ether src host 01:02:03:04:05:06");
  reads("host 2001:DB8:0:0::1", "host 2001:db8::1");
  reads("host ::ffff:1.2.3.4", "host ::ffff:1.2.3.4");
  reads("proto \\tcp", 'proto "tcp"');
  reads("pkts 0x10", "pkts 16");
  reads("pkts 010", "pkts 8");
  reads("dur gt .5", "dur gt 0.5");
  reads("evidence eq none and mean > 2", 'evidence eq "none" and mean gt 2');
  reads("", "");
});

Deno.test("every node knows where it stood", () => {
  const e = parseRecordFilter("tcp and  port 80 or 22");
  assertEquals(e.at, { start: 0, end: 22 });
  assertEquals(e.kind === "or" && e.left.at, { start: 0, end: 16 });
  assertEquals(e.kind === "or" && e.right.at, { start: 20, end: 22 });
  assertEquals(Object.isFrozen(e) && e.kind === "or" && Object.isFrozen(e.left), true);
});

const PROBLEMS: readonly (readonly [filter: string, position: number, message: string])[] = [
  ["prot 80", 0, 'Expected a filter word but found "prot" (did you mean port or proto?)'],
  ["tcp and porrt 80", 8, "did you mean port?"],
  ["10.0.0.1", 0, "a value needs a qualifier before it, such as host or port"],
  ["dur > 0.05", 4, "write gt, gte, lt, lte or eq"],
  ["(tcp", 4, 'Expected a closing ")" but found the end of the expression'],
  ["tcp and", 7, "Expected a filter word but found the end of the expression"],
  ["tcp)", 3, "Expected and, or, or the end of the expression"],
  ["tcp proto 6", 10, "ip, ipv4, ipv6, ether or nothing instead of tcp before proto"],
  ["loss gt 0", 8, "ra has no code for loss either"],
  ["net 10", 4, "ra reads a short number with mask 0, which matches every IP and ARP record"],
  ["host 10", 5, "ra reads a short number with mask 0"],
  ["tcp[13] & 2 != 0", 3, "byte offsets into the record's memory are not supported"],
  ["proto tcp", 6, "write \\tcp for the name"],
  ["host 1.2.3.400", 5, "Expected an IPv4 address with parts from 0 to 255"],
  ["host 1:2::3::4", 5, "Expected an IPv6 or an Ethernet address"],
  ["net 10.0.0.0/33", 13, "Expected a prefix length from 0 to 32"],
  ["port nosuch", 5, "Expected a known service"],
  ["udp port http", 9, "it is tcp"],
  ["encaps gree", 7, "did you mean gre?"],
  ["evidenc eq none", 0, "did you mean evidence?"],
  ["state gt CON", 6, "Expected eq: state is text"],
  ['host "x', 5, 'Expected a closing "'],
  ["tcp # udp", 4, 'found "#"'],
];

Deno.test("problems say where, what was expected, and the nearest word", () => {
  for (const [filter, position, message] of PROBLEMS) {
    const p = assertThrows(() => compileRecordFilter(filter), Problem, message);
    assertEquals([filter, p.code, p.position], [filter, "syntax", position]);
  }
});

Deno.test("any text is read or refused with a position inside it", () => {
  const piece = fc.constantFrom(
    "tcp",
    "port",
    "80",
    "(",
    ")",
    "and",
    "or",
    "not",
    "src",
    "gt",
    "1.5",
    "10.0.0.1",
    "/",
    "8",
    "::",
    '"',
    "\\",
    "x",
    "-1",
    "[",
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.array(piece).map((p) => p.join(" "))), (text) => {
      try {
        parseRecordFilter(text);
      } catch (e) {
        if (!(e instanceof Problem)) throw e;
        assertEquals(e.position! >= 0 && e.position! <= text.length, true);
      }
    }),
    { numRuns: 2000 },
  );
});
