import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { completions, parseRecordFilter, printExpression } from "../../lib/expression/mod.ts";
import { editDistance, nearest } from "../../lib/expression/nearest.ts";
import { expression } from "./arbitrary.ts";

Deno.test("words fit the place", () => {
  assertEquals(completions("tcp and src po"), { from: 12, words: ["port"] });
  assertEquals(completions("evidence eq s").words, ["syn", "synack"]);
  assertEquals(completions("src and ").words, ["dst"]);
  assertEquals(completions("port h").words, ["http", "https"]);
  assertEquals(completions("encaps gr").words, ["gre", "grh"]);
  assertEquals(completions("port 80 ").words, ["and", "or", ")"]);
  assertEquals(completions("tcp an udp", 6), { from: 4, words: ["and"] });
});

Deno.test("the words of any filter are offered where they stand", () => {
  fc.assert(
    fc.property(expression, (e) => {
      const text = printExpression(e);
      for (const m of text.matchAll(/(?<= )(and|or)(?= )/g)) {
        const before = text.slice(0, m.index);
        if (/(src|dst) $/.test(before)) continue;
        try {
          parseRecordFilter(before);
        } catch {
          continue; // inside a group
        }
        assertEquals(completions(before).words.includes(m[0]), true);
      }
    }),
    { numRuns: 100 },
  );
});

Deno.test("the distance counts insertions, deletions, changes and exchanges", () => {
  assertEquals([
    editDistance("port", "prot"),
    editDistance("gt", "gte"),
    editDistance("host", "hots"),
    editDistance("a", "abcdef"),
  ], [1, 1, 1, 4]);
  assertEquals(nearest("wscal", ["wscale", "mss"]), ["wscale"]);
});
