import { readdirSync } from "node:fs";
import { Problem } from "../../lib/base/mod.ts";
import type { KeySpec } from "../../lib/cluster/mod.ts";
import { canReadAhead, readArgus, readArgusAhead } from "../../lib/formats/mod.ts";
import { asRead, type ReadOptions, type RecordBatch } from "../../lib/record/mod.ts";
import type { RaOptions } from "./ra_options.ts";

/** What is wanted of the sources, and what happens to damaged ones. */
export interface SourceOptions {
  /** Whether the byte offset of each record is wanted (field offset). */
  readonly offsets: boolean;
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

/** What the records of sources are read for. */
export interface ReadSourceOptions extends SourceOptions {
  readonly read: ReadOptions;
  /** Key whose numbers are wanted in `RecordBatch.keys`; only when {@linkcode isReadAhead}. */
  readonly key?: KeySpec | undefined;
}

/** Whether all records come from one thread that reads ahead. */
export function isReadAhead(sources: readonly string[]): boolean {
  return sources.length === 1 && canReadAhead(sources[0]);
}

/** Records of one source, as read; of a large one a thread of its own reads ahead. A batch is valid until the next is asked for. */
function readOne(
  name: string,
  { offsets, onProblem, read, key }: ReadSourceOptions,
): AsyncGenerator<RecordBatch> {
  if (!offsets && canReadAhead(name)) return readArgusAhead(name, { read, key, onProblem });
  return allAsRead(readArgus(name, { offsets, onProblem, reuse: true }), read);
}

async function* allAsRead(
  batches: AsyncIterable<RecordBatch>,
  read: ReadOptions,
): AsyncGenerator<RecordBatch> {
  for await (const batch of batches) {
    for (let row = 0; row < batch.length; row++) asRead(batch, row, read);
    yield batch;
  }
}

/** Reads all sources one after another; rows are raw, a batch is valid until the next is asked for. */
export async function* readStretches(
  sources: readonly string[],
  options: SourceOptions,
): AsyncGenerator<Stretch> {
  for (const name of sources) {
    let first = true;
    for await (
      const batch of readArgus(name, { offsets: options.offsets, onProblem: options.onProblem, reuse: true })
    ) {
      yield { batch, name, first };
      first = false;
    }
  }
}

/** Like {@linkcode readStretches}, batches only, with the reader's repairs. */
export async function* readSources(
  sources: readonly string[],
  options: ReadSourceOptions,
): AsyncGenerator<RecordBatch> {
  for (const name of sources) yield* readOne(name, options);
}
