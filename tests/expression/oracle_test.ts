import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { compileRecordFilter, type Expression, printExpression } from "../../lib/expression/mod.ts";
import { readArgus } from "../../lib/formats/mod.ts";
import { asRead, FLAG_MAR, FLAGS, type RecordBatch, WORDS } from "../../lib/record/mod.ts";
import { expression } from "./arbitrary.ts";
import { shared } from "./shared.ts";

const cases = shared("spec/client-cases");
const missing = !cases ? "../shared is absent" : !hasRa() ? "the real ra is absent" : undefined;

function hasRa(): boolean {
  try {
    return new Deno.Command("ra", { args: ["-h"], stdout: "null", stderr: "null" }).outputSync() !==
      undefined;
  } catch {
    return false;
  }
}

function ra(file: string, filter: string): { lines: string[]; refused: boolean } {
  const columns = "stime seq proto saddr sport daddr dport spkts dpkts sbytes dbytes dur".split(" ");
  const args = [
    "-X",
    "-r",
    file,
    "-L",
    "-1",
    "-n",
    "-u",
    "-c",
    ",",
    "-s",
    ...columns,
    ...(filter ? ["-", filter] : []),
  ];
  const { stdout, stderr } = new Deno.Command("ra", { args, env: { TZ: "UTC" } }).outputSync();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { lines: text(stdout).split("\n").filter(Boolean), refused: /syntax error/.test(text(stderr)) };
}

/** What ra's own language has no words for. */
function foreign(e: Expression): boolean {
  switch (e.kind) {
    case "field":
      return true;
    case "and":
    case "or":
      return foreign(e.left) || foreign(e.right);
    case "not":
      return foreign(e.term);
    default:
      return false;
  }
}

Deno.test({
  name: missing
    ? `SKIPPED: ${missing}: random filters against the real ra`
    : "random filters select what the real ra selects",
  ignore: missing !== undefined,
  fn: async () => {
    const file = Deno.makeTempFileSync({ suffix: ".argus" });
    try {
      const seen = new Set<string>();
      for (const { name } of [...Deno.readDirSync(cases!)].sort((a, b) => a.name < b.name ? -1 : 1)) {
        let bytes: Uint8Array;
        try {
          bytes = Deno.readFileSync(new URL(`${name}/in.argus`, cases!));
        } catch {
          continue;
        }
        const same = bytes.join();
        if (!seen.has(same)) Deno.writeFileSync(file, bytes, { append: true });
        seen.add(same);
      }
      const rows: [RecordBatch, number][] = [];
      for await (const batch of readArgus(file)) {
        for (let row = 0; row < batch.length; row++) {
          asRead(batch, row);
          if (!(batch.words[row * WORDS + FLAGS]! & FLAG_MAR)) rows.push([batch, row]);
        }
      }
      const all = ra(file, "").lines;
      assertEquals(all.length, rows.length);
      let compared = 0;
      const filters = expression.filter((e) => !foreign(e) && !/::ffff:/.test(printExpression(e)));
      for (const e of fc.sample(filters, { numRuns: 150, seed: 20260101 })) {
        const filter = printExpression(e), real = ra(file, filter);
        if (real.refused) continue;
        const accepts = compileRecordFilter(filter, { dialect: "ra" });
        const got = all.filter((_, i) => accepts(...rows[i]!));
        assertEquals({ filter, lines: got }, { filter, lines: real.lines });
        compared++;
      }
      assertEquals(compared > 100, true);
    } finally {
      Deno.removeSync(file);
    }
  },
});
