import { existsSync } from "node:fs";

/** Path of a file beside the repository in ../shared (or under PANOPTES_SHARED), undefined where it does not exist. */
export function sharedPath(name: string): string | undefined {
  const root = Deno.env.get("PANOPTES_SHARED") ?? new URL("../../../shared", import.meta.url).pathname;
  const path = `${root}/${name}`;
  return existsSync(path) ? path : undefined;
}
