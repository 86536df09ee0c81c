/** The captures of the interop tests. */
import { installed, SHARED } from "../formats/real_programs.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url).pathname;

/** Runs over everything there is instead of a part that is done in seconds. */
export const ALL = Deno.env.get("PANOPTES_ALL") === "1";

/** Why the tests of this folder cannot run here, if they cannot. */
export const MISSING = ["argus", "ra", "racluster"].filter((p) => !installed(p)).join(" ");

/** The captures in fixtures/, each as a plain file: the real argus reads no compressed ones. */
export async function fixtures(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const { name } of Deno.readDirSync(FIXTURES)) {
    if (name.endsWith(".pcap")) paths.push(FIXTURES + name);
    else if (name.endsWith(".pcap.gz")) {
      const path = `${folder}/${name.slice(0, -3)}`;
      using out = await Deno.create(path);
      const file = await Deno.open(FIXTURES + name);
      await file.readable.pipeThrough(new DecompressionStream("gzip")).pipeTo(out.writable);
      paths.push(path);
    }
  }
  return paths.sort();
}

/** The corpus beside the project: 30 captures spread over it, or with PANOPTES_ALL=1 all; none where there is no corpus. */
export function corpus(): string[] {
  if (SHARED === undefined) return [];
  const folder = `${SHARED}/corpus/pcap`;
  const all = [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`).sort();
  if (ALL) return all;
  const small = all.filter((path) => Deno.statSync(path).size < 800_000);
  return Array.from({ length: 30 }, (_, i) => small[Math.floor(i * small.length / 30)]!);
}
