import { join } from "node:path";

/** The project's folder. */
export const ROOT = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");

/** Where `deno task kernel` keeps tslab. */
export const TSLAB = join(ROOT, ".kernels/node_modules/tslab/bin/tslab");

/** The version of tslab that this project is tested with. */
export const TSLAB_VERSION = "1.0.22";

/** How Jupyter starts a kernel. */
export interface KernelSpec {
  readonly name: string;
  readonly argv: readonly string[];
  readonly display_name: string;
  readonly language: string;
}

/** Deno as the kernel of this project's notebooks: it finds this project's import map from the notebook's folder. */
export function denoSpec(deno = Deno.execPath()): KernelSpec {
  // npx keeps Deno in a cache that may be emptied; asking npx again works even then.
  const start = deno.includes("/_npx/") ? ["npx", "-y", `deno@${Deno.version.deno}`] : [deno];
  return {
    name: "panoptes",
    argv: [...start, "jupyter", "--kernel", "--conn", "{connection_file}"],
    display_name: "Panoptes (Deno)",
    language: "typescript",
  };
}

/** tslab on Node as kernel, for the npm package. */
export function tslabSpec(): KernelSpec {
  return {
    name: "panoptes-tslab",
    argv: ["node", TSLAB, "kernel", "--config-path={connection_file}"],
    display_name: "Panoptes (tslab on Node)",
    language: "typescript",
  };
}

/** Jupyter's folder for the data of this user. */
export function jupyterDataFolder(): string {
  const told = Deno.env.get("JUPYTER_DATA_DIR");
  if (told) return told;
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE") ?? ".";
  if (Deno.build.os === "darwin") return join(home, "Library/Jupyter");
  if (Deno.build.os === "windows") return join(Deno.env.get("APPDATA") ?? home, "jupyter");
  return join(Deno.env.get("XDG_DATA_HOME") ?? join(home, ".local/share"), "jupyter");
}

/** Writes kernelspecs below a Jupyter data folder and gives the folders made. */
export async function installSpecs(folder: string, specs: readonly KernelSpec[]): Promise<string[]> {
  const made: string[] = [];
  for (const { name, ...spec } of specs) {
    const at = join(folder, "kernels", name);
    await Deno.mkdir(at, { recursive: true });
    await Deno.writeTextFile(join(at, "kernel.json"), JSON.stringify(spec, null, 2) + "\n");
    made.push(at);
  }
  return made;
}

/** Whether a file is there. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program with this process's output and gives its exit status; 127 when it is not there. */
export async function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; quiet?: boolean } = {},
): Promise<number> {
  const { quiet, ...rest } = options;
  const output = quiet ? "null" : "inherit";
  try {
    const child = new Deno.Command(command, {
      args: [...args],
      ...rest,
      stdin: "null",
      stdout: output,
      stderr: output,
    });
    return (await child.spawn().status).code;
  } catch (e) {
    if (e instanceof Deno.errors.NotFound) return 127;
    throw e;
  }
}
