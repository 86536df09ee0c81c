/** What a script printed, and how it ended. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const ROOT = new URL("../../", import.meta.url).pathname;

/** Runs a script of this project as a user does. */
export async function runScript(
  name: string,
  args: readonly string[],
  options: { cwd?: string } = {},
): Promise<Ran> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", `${ROOT}deno.json`, `${ROOT}scripts/${name}`, ...args],
    env: { NO_COLOR: "1", TZ: "UTC" },
    ...(options.cwd ? { cwd: options.cwd } : {}),
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** Path of a file of this repository. */
export function file(name: string): string {
  return ROOT + name;
}
