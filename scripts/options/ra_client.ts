import { existsSync, statSync } from "node:fs";
import { Problem } from "../../lib/base/mod.ts";
import type { KeySpec } from "../../lib/cluster/mod.ts";
import { ArgusWriter } from "../../lib/formats/mod.ts";
import * as R from "../../lib/record/mod.ts";
import type { FlagKind } from "./arguments.ts";
import { OutputFile } from "./output_file.ts";
import { type RaOptions, readRaOptions } from "./ra_options.ts";
import { filterOf, patternsOf, type Predicate, timesOf } from "./ra_selection.ts";
import { readSources, sourcesOf } from "./ra_source.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
const { FLAG_MAR, FLAGS, WORDS } = R;

/** Text is given to standard output in pieces of about this size. */
const PIECE = 1 << 17;

/** What a client that reads, changes and prints records starts from. */
export interface Client {
  readonly name: string;
  readonly options: RaOptions;
  /** Whether a record passes filter, time range and patterns. */
  readonly accepts: Predicate;
  readonly output: RecordOutput;
  /** Damage found in sources, for the end. */
  readonly damage: Problem[];
  /** Whether a management record passes the filter; times and patterns do not hold it back. */
  readonly manages: Predicate;
  /** Whether any record, also of management, passed filter and times. */
  matched: boolean;
}

/**
 * Reads the command line of a client and opens its outputs.
 *
 * @throws {Problem} for flags and modes that are not supported.
 */
export async function openClient(
  name: string,
  words: readonly string[],
  own: Readonly<Record<string, FlagKind>>,
  modes: readonly string[],
): Promise<Client> {
  const options = readRaOptions(words, own);
  for (let i = 0; i < options.modes.length; i++) {
    const mode = options.modes[i]!;
    if (!modes.includes(mode)) {
      throw new Problem(
        "unsupported",
        `Expected one of the modes ${modes.join(" ")} after -M but found "${mode}"`,
        {
          found: mode,
        },
      );
    }
    // The word after "time" is its value.
    if (mode === "time") i++;
  }
  const filter = await filterOf(options.filter, options),
    inTime = await timesOf(options),
    matches = patternsOf(options);
  const plain = options.filter.trim() === "" && options.times === undefined && options.patterns.length === 0;
  return {
    name,
    options,
    accepts: plain
      ? () => true
      : (batch, row) => filter(batch, row) && inTime(batch, row) && matches(batch, row),
    output: new RecordOutput(
      options,
      await Promise.all(options.outputs.map((o) => filterOf(o.filter, options))),
    ),
    damage: [],
    manages: filter,
    matched: false,
  };
}

/** Calls back for every flow record that the options let through, as read; batches are valid during the call only. */
export function eachRecord(
  client: Client,
  read: R.ReadOptions,
  take: (batch: R.RecordBatch, row: number) => void,
  after?: () => void,
): Promise<number> {
  return eachBatch(client, read, (batch, rows, count) => {
    for (let i = 0; i < count; i++) take(batch, rows[i]!);
    after?.();
  });
}

/**
 * As {@linkcode eachRecord}, batch by batch with the numbers of the rows that the options let through; `key` as in
 * {@linkcode ReadSourceOptions}.
 */
export async function eachBatch(
  client: Client,
  read: R.ReadOptions,
  take: (batch: R.RecordBatch, rows: Int32Array, count: number) => void,
  key?: KeySpec,
): Promise<number> {
  const { options, accepts } = client;
  const limit = options.limits.findLast((l) => l.stream === "input");
  const source = readSources(sourcesOf(options), {
    // Seen from both ends no record is turned (observed).
    read: options.modes.includes("rmon")
      ? { correct: false }
      : { portDirection: options.portDirection, ...read },
    key,
    offsets: false,
    onProblem: (problem) => client.damage.push(problem),
  });
  let rows = new Int32Array(4096), taken = 0;
  for await (const batch of source) {
    if (rows.length < batch.length) rows = new Int32Array(batch.length);
    const { words, keys } = batch;
    let count = 0, full = false;
    for (let row = 0; row < batch.length; row++) {
      // Numbers are at hand; rows that another thread has written are not.
      const management = keys === undefined ? (words[row * WORDS + FLAGS]! & FLAG_MAR) !== 0 : keys[row]! < 0;
      if (management) {
        client.matched ||= client.manages(batch, row);
        continue;
      }
      if (!accepts(batch, row)) continue;
      taken++;
      if (limit && taken < limit.from) continue;
      full = limit !== undefined && taken > limit.to;
      if (full) break;
      rows[count++] = row;
    }
    take(batch, rows, count);
    if (full) break;
  }
  return taken;
}

/** Where records go: printed text, or Argus files (`-w`). */
export class RecordOutput {
  readonly #printer: R.Printer;
  readonly #stdout = new OutputFile("-");
  readonly #files: { readonly wants: Predicate; readonly writer: ArgusWriter; readonly file: OutputFile }[];
  readonly #quiet: boolean;
  readonly #from: number;
  readonly #to: number;
  #given = 0;

  constructor(options: RaOptions, filters: readonly Predicate[]) {
    this.#printer = new R.Printer({ ...options.print, rmon: isRmon(options) });
    this.#quiet = options.quiet || options.outputs.length > 0;
    const limit = options.limits.findLast((l) => l.stream === "output");
    this.#from = limit?.from ?? 1;
    this.#to = limit?.to ?? Infinity;
    this.#files = options.outputs.map(({ path }, i) => {
      const fresh = path === "-" || !existsSync(path) || statSync(path).size === 0;
      const file = new OutputFile(path, true);
      const writer = new ArgusWriter((chunk) => file.write(chunk));
      if (fresh) writer.begin();
      return { wants: filters[i]!, writer, file };
    });
  }

  /** Has the limits of `-N` hold for what follows as if nothing had been given yet. */
  countAgain(): void {
    this.#given = 0;
  }

  /** Gives out all rows of a batch; says whether more are wanted. */
  put(batch: R.RecordBatch): boolean {
    for (let row = 0; row < batch.length; row++) if (!this.putRow(batch, row)) return false;
    return this.#given < this.#to;
  }

  /** Gives out one row; says whether more are wanted. */
  putRow(batch: R.RecordBatch, row: number): boolean {
    if (this.#given >= this.#to) return false;
    this.#given++;
    if (this.#given < this.#from) return true;
    for (const f of this.#files) if (f.wants(batch, row)) f.writer.write(batch, row);
    if (!this.#quiet) {
      this.#printer.print(batch, row);
      if (this.#printer.sink.at > PIECE) this.#stdout.write(this.#printer.take());
    }
    return this.#given < this.#to;
  }

  /** Writes what is held back. */
  close(): void {
    if (this.#printer.sink.at > 0) this.#stdout.write(this.#printer.take());
    for (const f of this.#files) {
      f.writer.flush();
      f.file.close();
    }
  }
}

/** Whether titles are those of rmon. */
function isRmon(options: RaOptions): boolean {
  return options.modes.includes("rmon") ||
    options.keys.some((k) => k === "addr" || k === "mac" || k === "port");
}

/** Ends a client: closes outputs and tells about damage. */
export function closeClient(client: Client): void {
  client.output.close();
  for (const problem of client.damage) console.error(`${client.name}: ${problem.message}`);
}
