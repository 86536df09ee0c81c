/** A folder of the shared material, or nothing when it is not there. */
export function shared(path: string): URL | undefined {
  const root = Deno.env.get("PANOPTES_SHARED") ?? new URL("../../../shared", import.meta.url).pathname;
  const url = new URL(`file://${root}/${path}/`);
  try {
    return Deno.statSync(url).isDirectory ? url : undefined;
  } catch {
    return undefined;
  }
}
