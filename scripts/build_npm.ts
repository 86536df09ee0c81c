/**
 * Builds the package for Node and tslab in `npm/`, or in another folder: `deno task build:npm [folder]`.
 *
 * Everything but the databases' drivers is bundled, since `deno pack` leaves the names of the import map as they are, and tslab cannot
 * import `.ts` sources. A link in `node_modules/` lets notebooks and tests of this project `import ... from "panoptes"`.
 *
 * @module
 */
import { dirname, join, resolve } from "node:path";
import ts from "typescript";
import { ROOT, run } from "./notebooks/kernelspec.ts";

/** Drivers with native parts or servers of their own: loaded only when a store of theirs is opened. */
const DRIVERS = ["@duckdb/node-api", "mysql2", "mysql2/promise"];

interface Config {
  readonly version: string;
  readonly license: string;
  readonly imports: Readonly<Record<string, string>>;
}

/** The version that the import map pins a package to. */
function pinned(config: Config, name: string): string | undefined {
  return config.imports[name]?.match(/^npm:.+@([^@/]+)/)?.[1];
}

/** The package's own description. */
export function packageJson(config: Config): Record<string, unknown> {
  const drivers = DRIVERS.flatMap((name) => {
    const version = pinned(config, name), own = name.replace(/^((?:@[^/]+\/)?[^/]+).*/, "$1");
    return version ? [[own, version] as const] : [];
  });
  return {
    name: "panoptes",
    version: config.version,
    description:
      "A scriptable flow-query kernel: meter captures like Argus, under many settings, and ask why flows differ",
    license: config.license,
    type: "module",
    engines: { node: ">=20" },
    main: "./index.cjs",
    module: "./index.js",
    types: "./index.d.ts",
    exports: {
      ".": {
        import: { types: "./index.d.ts", default: "./index.js" },
        require: { types: "./index.d.cts", default: "./index.cjs" },
      },
    },
    ...(drivers.length > 0 ? { optionalDependencies: Object.fromEntries(drivers) } : {}),
  };
}

async function bundle(format: "esm" | "cjs", output: string): Promise<number> {
  const external = DRIVERS.map((name) => `--external=${name}`);
  return await run(Deno.execPath(), [
    "bundle",
    "--quiet",
    "--platform=deno",
    `--format=${format}`,
    ...external,
    `--output=${output}`,
    join(ROOT, "mod.ts"),
  ], { cwd: ROOT });
}

/**
 * Writes the declarations of everything that `mod.ts` exports, one file for each module, to `npm/types/`.
 *
 * `deno bundle --declaration` checks the types of all dependencies as well, and those of the drawing library want a browser's.
 */
async function declare(out: string): Promise<void> {
  const entry = join(ROOT, "mod.ts"), types = join(out, "types");
  const program = ts.createProgram([entry], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    declaration: true,
    emitDeclarationOnly: true,
    noCheck: true,
    stripInternal: true,
    types: [],
    rootDir: ROOT,
    outDir: types,
  });
  const made = new Map<string, string>();
  program.emit(undefined, (name, text) => void made.set(name, text), undefined, true);
  const wanted = [join(types, "mod.d.ts")], kept = new Set<string>();
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    const text = made.get(name);
    if (kept.has(name) || text === undefined) continue;
    kept.add(name);
    const folder = dirname(name);
    const rewritten = text.replace(/((?:from|import\()\s*)"(\.[^"]*)\.ts"/g, (_, before, path) => {
      wanted.push(join(folder, `${path}.d.ts`));
      return `${before}"${path}.js"`;
    });
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(name, rewritten);
  }
  for (const name of ["index.d.ts", "index.d.cts"]) {
    await Deno.writeTextFile(join(out, name), 'export * from "./types/mod.js";\n');
  }
}

/** Makes `node_modules/panoptes` point at the built package. */
async function link(): Promise<void> {
  const at = join(ROOT, "node_modules/panoptes");
  await Deno.mkdir(join(ROOT, "node_modules"), { recursive: true });
  await Deno.remove(at).catch(() => {});
  await Deno.symlink("../npm", at, { type: "dir" });
}

async function main(args: readonly string[]): Promise<number> {
  const config = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))) as Config;
  const out = args[0] === undefined ? join(ROOT, "npm") : resolve(args[0]);
  if (args[0] === undefined) await Deno.remove(out, { recursive: true }).catch(() => {});
  await Deno.mkdir(out, { recursive: true });
  for (const [format, name] of [["esm", "index.js"], ["cjs", "index.cjs"]] as const) {
    const status = await bundle(format, join(out, name));
    if (status !== 0) return status;
  }
  await declare(out);
  await Deno.copyFile(join(ROOT, "LICENSE"), join(out, "LICENSE")).catch(() => {});
  await Deno.copyFile(join(ROOT, "README.md"), join(out, "README.md")).catch(() => {});
  await Deno.writeTextFile(join(out, "package.json"), JSON.stringify(packageJson(config), null, 2) + "\n");
  if (args[0] === undefined) await link();
  console.log(`built ${out}`);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
