/**
 * Sets up the notebook kernels: `deno task kernel [--lab] [folder]`.
 *
 * Installs the kernelspec "Panoptes (Deno)", and with npm also tslab and its kernelspec. With a folder, notebooks there find
 * Panoptes too: it gets a `deno.json` that maps `panoptes` to this project. With `--lab`, JupyterLab comes from PyPI into `.kernels/lab`.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { isAbsolute, join } from "node:path";
import {
  denoSpec,
  exists,
  installSpecs,
  jupyterDataFolder,
  type KernelSpec,
  ROOT,
  run,
  TSLAB,
  TSLAB_VERSION,
  tslabSpec,
} from "./notebooks/kernelspec.ts";

/** The version of JupyterLab that the browser test runs with. */
const LAB_VERSION = "4.4.1";

async function installTslab(): Promise<boolean> {
  const folder = join(ROOT, ".kernels");
  if (await exists(TSLAB)) return await linkNodeTypes(folder);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "package.json"), '{ "private": true }\n');
  const status = await run("npm", [
    "install",
    "--no-fund",
    "--no-audit",
    "--loglevel=error",
    `tslab@${TSLAB_VERSION}`,
  ], {
    cwd: folder,
  });
  return status === 0 && await exists(TSLAB) && await linkNodeTypes(folder);
}

/** tslab looks for Node's types from the notebook's folder upwards, not beside itself; without them `console` is unknown. */
async function linkNodeTypes(folder: string): Promise<boolean> {
  const types = join(ROOT, "node_modules/@types");
  await Deno.mkdir(types, { recursive: true });
  await Deno.remove(join(types, "node")).catch(() => {});
  await Deno.symlink(join(folder, "node_modules/@types/node"), join(types, "node"), { type: "dir" });
  return true;
}

async function prepareFolder(folder: string): Promise<string> {
  const config = join(folder, "deno.json");
  if (await exists(config)) {
    return `${config} is there already; put this in its "imports": "panoptes": "${ROOT}/mod.ts"`;
  }
  const { imports } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))) as {
    imports: Record<string, string>;
  };
  const mapped = Object.entries(imports).map((
    [name, at],
  ) => [name, at.startsWith("./") ? join(ROOT, at) : at]);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(
    config,
    JSON.stringify({ imports: { panoptes: `${ROOT}/mod.ts`, ...Object.fromEntries(mapped) } }, null, 2) +
      "\n",
  );
  return `${config} written: notebooks there can  import { readPcap } from "panoptes"`;
}

/** JupyterLab in an environment of its own. */
async function installLab(): Promise<boolean> {
  const folder = join(ROOT, ".kernels/lab");
  if (await exists(join(folder, "bin/jupyter-lab"))) return true;
  if (await run("python3", ["-m", "venv", folder]) !== 0) return false;
  return await run(join(folder, "bin/pip"), ["install", "-q", `jupyterlab==${LAB_VERSION}`]) === 0;
}

if (import.meta.main) {
  const options = parseArgs(Deno.args, { boolean: ["lab"] });
  const specs: KernelSpec[] = [denoSpec()];
  if (await installTslab()) specs.push(tslabSpec());
  else console.error("tslab was not installed (npm is needed for it); the Deno kernel works without.");
  for (const path of await installSpecs(jupyterDataFolder(), specs)) console.log(`kernel installed: ${path}`);
  if (options.lab && !await installLab()) {
    console.error("JupyterLab was not installed (Python with venv is needed for it).");
  }
  const folder = options._.map(String)[0];
  if (folder !== undefined) {
    console.log(
      await prepareFolder(isAbsolute(folder) ? folder : join(Deno.env.get("INIT_CWD") ?? Deno.cwd(), folder)),
    );
  }
  console.log("Start with:  jupyter notebook notebooks/   (Deno cells run with all permissions.)");
}
