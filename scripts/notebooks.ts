/**
 * Runs the notebooks headless: `deno task notebooks [--write] [--runs N] [name...]`.
 *
 * Fails when a cell fails, prints nothing, or prints something else than what is committed; `--write` keeps the outputs instead.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { join, resolve } from "node:path";
import { denoSpec, exists, installSpecs, ROOT, run, TSLAB, tslabSpec } from "./notebooks/kernelspec.ts";

/** The first Python that has nbclient; another one may come first on the PATH. */
async function findPython(): Promise<string | undefined> {
  for (const python of [Deno.env.get("PYTHON") ?? "python3", "/usr/bin/python3"]) {
    if (await run(python, ["-c", "import nbclient, nbformat"], { quiet: true }) === 0) return python;
  }
  return undefined;
}

async function chooseNotebooks(names: readonly string[]): Promise<string[]> {
  if (names.length > 0 && names.every((n) => n.endsWith(".ipynb") && n.includes("/"))) {
    return names.map((n) => resolve(n));
  }
  const folder = join(ROOT, "notebooks"), all: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name.endsWith(".ipynb")) all.push(join(folder, entry.name));
  }
  all.sort();
  return names.length === 0
    ? all
    : all.filter((path) => names.some((n) => path.slice(folder.length).includes(n)));
}

async function main(args: string[]): Promise<number> {
  const options = parseArgs(args, { boolean: ["write"], string: ["runs"], default: { runs: "1" } });
  const notebooks = await chooseNotebooks(options._.map(String));
  if (notebooks.length === 0) {
    console.error(`Expected the name of a notebook but found "${options._.join(" ")}"`);
    return 2;
  }
  const python = await findPython();
  if (!python) {
    console.error(
      "Expected a Python with nbclient but found none: apt-get install python3-nbclient, or pip install nbclient",
    );
    return 2;
  }
  const needsTslab = notebooks.some((path) => Deno.readTextFileSync(path).includes('"panoptes-tslab"'));
  if (needsTslab) {
    if (!await exists(TSLAB)) {
      console.error("Expected tslab but did not find it: deno task kernel");
      return 2;
    }
    // The notebook must see the sources as they are now.
    const status = await run(Deno.execPath(), ["run", "-A", join(ROOT, "scripts/build_npm.ts")]);
    if (status !== 0) return status;
  }
  const data = await Deno.makeTempDir({ prefix: "panoptes-jupyter-" });
  try {
    await installSpecs(data, [denoSpec(), tslabSpec()]);
    const flags = options.write ? ["--write"] : [];
    for (let n = 0; n < Number(options.runs); n++) {
      const status = await run(python, [join(ROOT, "scripts/notebooks/run.py"), ...flags, ...notebooks], {
        env: { JUPYTER_PATH: data, TZ: "UTC", NO_COLOR: "1" },
      });
      if (status !== 0) return status;
    }
    return 0;
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
