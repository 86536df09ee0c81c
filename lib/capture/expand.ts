import fs from "node:fs";
import { Problem } from "../base/mod.ts";
import { type CaptureSource, isWebUrl } from "./source.ts";

const PATTERN = /[*?{}[\]]|[!+@]\(/;

/**
 * Replaces each path with wildcards by the files it stands for, sorted by name; a path that exists as it is written stays.
 *
 * @throws {Problem} `not-found` when a pattern stands for no file.
 */
export async function expandSources(sources: readonly CaptureSource[]): Promise<CaptureSource[]> {
  const all: CaptureSource[] = [];
  for (const source of sources) {
    if (typeof source !== "string" || !PATTERN.test(source) || isWebUrl(source) || fs.existsSync(source)) {
      all.push(source);
      continue;
    }
    // Loaded when needed: most runs name their files.
    const { glob } = await import("tinyglobby");
    const found = await glob(source.replaceAll("\\", "/"), { expandDirectories: false, dot: false });
    if (found.length === 0) {
      throw new Problem("not-found", "Expected at least one file that matches the pattern but found none", {
        source,
        expected: "at least one matching file",
        found: "none",
      });
    }
    all.push(...found.sort());
  }
  return all;
}
