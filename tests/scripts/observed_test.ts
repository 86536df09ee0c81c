import { assertEquals } from "@std/assert";
import { inFolder } from "../folder.ts";
import { ours, type Program } from "../interop/programs.ts";

/** A capture of ours, what was asked of the real programs, and the lines that they printed (fixtures/README.md). */
interface Case {
  readonly name: string;
  readonly why: string;
  readonly capture: string;
  readonly meter: readonly string[];
  readonly conf: readonly string[];
  readonly program: Program;
  readonly arguments: readonly string[];
  readonly expected: readonly string[];
}

const FIXTURES = new URL("../../fixtures/observed/", import.meta.url);
const CASES: Case[] = JSON.parse(await Deno.readTextFile(new URL("cases.json", FIXTURES)));

Deno.env.set("TZ", "UTC");
for (const c of CASES) {
  Deno.test(`observed ${c.name}: ${c.why}`, () =>
    inFolder(async (folder) => {
      const conf = `${folder}/argus.conf`, file = `${folder}/argus`;
      await Deno.writeTextFile(conf, c.conf.join("\n"));
      await ours("argus", [
        "-X",
        ...(c.conf.length > 0 ? ["-F", conf] : []),
        ...c.meter,
        "-r",
        new URL(c.capture, FIXTURES).pathname,
        "-w",
        file,
      ]);
      const [first, ...rest] = c.arguments;
      const out = await ours(c.program, [first!, "-r", file, ...rest]);
      assertEquals(out.split("\n").slice(0, -1), c.expected);
    }));
}
