/**
 * Sets up the notebook kernels: `deno task kernel [folder]`.
 *
 * Installs the kernelspec "Panoptes (Deno)", and with npm also tslab and its kernelspec. With a folder, notebooks there find
 * Panoptes too: it gets a `deno.json` that maps `panoptes` to this project.
 *
 * @module
 */
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

async function installTslab(): Promise<boolean> {
  if (await exists(TSLAB)) return true;
  const folder = join(ROOT, ".kernels");
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
  return status === 0 && await exists(TSLAB);
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

if (import.meta.main) {
  const specs: KernelSpec[] = [denoSpec()];
  if (await installTslab()) specs.push(tslabSpec());
  else console.error("tslab was not installed (npm is needed for it); the Deno kernel works without.");
  for (const path of await installSpecs(jupyterDataFolder(), specs)) console.log(`kernel installed: ${path}`);
  const folder = Deno.args[0];
  if (folder !== undefined) {
    console.log(
      await prepareFolder(isAbsolute(folder) ? folder : join(Deno.env.get("INIT_CWD") ?? Deno.cwd(), folder)),
    );
  }
  console.log("Start with:  jupyter notebook notebooks/   (Deno cells run with all permissions.)");
}
