import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";

const root = new URL("../../", import.meta.url).pathname;
const data = join(root, "tests/notebooks/data");

async function run(command: string, args: string[]) {
  try {
    const { code, stdout } = await new Deno.Command(command, {
      args,
      cwd: root,
      stdin: "null",
      stderr: "null",
    }).output();
    return { code, out: new TextDecoder().decode(stdout) };
  } catch {
    return { code: 127, out: "" };
  }
}

const nbclient = [Deno.env.get("PYTHON") ?? "python3", "/usr/bin/python3"];
const found = (await Promise.all(nbclient.map((p) => run(p, ["-c", "import nbclient, nbformat"])))).some((
  r,
) => r.code === 0);
const why = found ? "" : " (skipped: python3-nbclient is not installed)";

const runner = (name: string) =>
  run(Deno.execPath(), ["run", "-A", "scripts/notebooks.ts", join(data, `${name}.ipynb`)]);

const cases: [string, number, string][] = [
  ["good", 0, "1 passed, 0 failed"],
  ["many", 0, "1 passed, 0 failed"],
  ["silent", 1, "cell 1 prints nothing"],
  ["failing", 1, "as planned"],
  ["changed", 1, "-41\n  +42"],
];

for (const [name, code, said] of cases) {
  Deno.test({
    name: `notebook runner: ${name}.ipynb ${code === 0 ? "passes" : "fails"}${why}`,
    ignore: !found,
    async fn() {
      const result = await runner(name);
      assertEquals(result.code, code, result.out);
      assertStringIncludes(result.out, said);
    },
  });
}

Deno.test("committed notebooks carry outputs in every code cell", async () => {
  for await (const entry of Deno.readDir(join(root, "notebooks"))) {
    if (!entry.name.endsWith(".ipynb")) continue;
    const book = JSON.parse(await Deno.readTextFile(join(root, "notebooks", entry.name))) as {
      cells: { cell_type: string; outputs?: { output_type: string }[] }[];
    };
    for (const [i, cell] of book.cells.entries()) {
      if (cell.cell_type !== "code") continue;
      assertEquals((cell.outputs?.length ?? 0) > 0, true, `${entry.name} cell ${i + 1}`);
      assertEquals(
        cell.outputs!.some((o) => o.output_type === "error"),
        false,
        `${entry.name} cell ${i + 1}`,
      );
    }
  }
});
