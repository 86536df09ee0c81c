/** The real Argus programs and the shared cases, where this machine has them. */

const ROOT = new URL("../../", import.meta.url).pathname;

/** The folder with cases and captures, if there is one beside the project. */
export const SHARED: string | undefined = [Deno.env.get("PANOPTES_SHARED"), `${ROOT}../shared`]
  .find((path) => path !== undefined && exists(path));

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Whether all named programs are on the path. */
export function installed(...programs: string[]): boolean {
  const path = (Deno.env.get("PATH") ?? "").split(":");
  return programs.every((p) => path.some((folder) => exists(`${folder}/${p}`)));
}

/** Runs a program with its standard input from bytes or closed; gives its standard output as text. */
export async function run(program: string, args: string[], input?: Uint8Array): Promise<string> {
  const child = new Deno.Command(program, {
    args,
    env: { TZ: "UTC", LC_ALL: "C" },
    stdin: input ? "piped" : "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  if (input) {
    const writer = child.stdin.getWriter();
    await writer.write(input as Uint8Array<ArrayBuffer>).catch(() => {});
    await writer.close().catch(() => {});
  }
  return new TextDecoder().decode((await child.output()).stdout);
}

/** A test that needs the shared folder and programs; where they are missing it is skipped and its name says why. */
export function realTest(name: string, programs: string[], body: (shared: string) => Promise<void>): void {
  const missing = SHARED === undefined
    ? "no shared folder beside the project"
    : installed(...programs)
    ? undefined
    : `not installed: ${programs.filter((p) => !installed(p)).join(" ")}`;
  Deno.test({
    name: missing ? `${name} [skipped: ${missing}]` : name,
    ignore: missing !== undefined,
    fn: () => body(SHARED!),
  });
}
