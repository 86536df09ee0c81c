/** The folder with the written rules and cases, if there is one beside the project. */
export const SHARED: string | undefined = [
  Deno.env.get("PANOPTES_SHARED"),
  new URL("../../../shared", import.meta.url).pathname,
].find((path) => path !== undefined && exists(path));

/** Whether a file or folder is there. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Whether a program is on the path. */
export function installed(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => exists(`${folder}/${program}`));
}

/** Runs a test only where its condition holds; else it is reported as ignored with the reason in its name. */
export function testWhere(
  ready: boolean,
  reason: string,
  name: string,
  fn: () => void | Promise<void>,
): void {
  Deno.test({ name: ready ? name : `${name} (skipped: ${reason})`, ignore: !ready, fn });
}
