import { readdirSync } from "node:fs";
import { Problem } from "../../lib/base/mod.ts";
import { readArgus } from "../../lib/formats/mod.ts";
import { asRead, type ReadOptions, type RecordBatch } from "../../lib/record/mod.ts";
import type { RaOptions } from "./ra_options.ts";

/** Where records come from, and what happens to damaged sources. */
export interface SourceOptions {
  readonly read: ReadOptions;
  /** Whether the byte offset of each record is wanted (field offset). */
  readonly offsets: boolean;
  /** What is done to a record before the reader's repairs. */
  readonly prepare?: ((batch: RecordBatch, row: number) => void) | undefined;
  /** Told about damage after the last whole record. */
  readonly onProblem: (problem: Problem) => void;
}

/** The files of `-r` and `-R` in order; `-` (standard input) when there are none. */
export function sourcesOf(options: RaOptions): string[] {
  const found = [...options.files, ...options.directories.flatMap(filesBelow)];
  return found.length > 0 ? found : ["-"];
}

function filesBelow(directory: string): string[] {
  let entries;
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (cause) {
    throw new Problem("not-found", "Expected a directory that can be read", { source: directory, cause });
  }
  return entries.filter((e) => !e.name.startsWith(".")).sort((a, b) => a.name < b.name ? -1 : 1).flatMap(
    (e) => {
      const path = `${directory}/${e.name}`;
      return e.isDirectory() ? filesBelow(path) : e.isFile() ? [path] : [];
    },
  );
}

/** A stretch of records of one source. */
export interface Stretch {
  readonly batch: RecordBatch;
  /** Name of the source, `-` for standard input. */
  readonly name: string;
  /** Whether the source begins here. */
  readonly first: boolean;
}

/** Reads all sources one after another and applies the reader's repairs; a batch is valid until the next is asked for. */
export async function* readStretches(
  sources: readonly string[],
  options: SourceOptions,
): AsyncGenerator<Stretch> {
  for (const name of sources) {
    let first = true;
    for await (
      const batch of readArgus(name, { offsets: options.offsets, onProblem: options.onProblem, reuse: true })
    ) {
      for (let row = 0; row < batch.length; row++) {
        options.prepare?.(batch, row);
        asRead(batch, row, options.read);
      }
      yield { batch, name, first };
      first = false;
    }
  }
}

/** Like {@linkcode readStretches}, batches only. */
export async function* readSources(
  sources: readonly string[],
  options: SourceOptions,
): AsyncGenerator<RecordBatch> {
  for await (const { batch } of readStretches(sources, options)) yield batch;
}
