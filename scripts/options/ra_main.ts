import { existsSync, statSync } from "node:fs";
import { Problem } from "../../lib/base/mod.ts";
import { ArgusWriter } from "../../lib/formats/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { OutputFile } from "./output_file.ts";
import { parseDsrs } from "./ra_dsrs.ts";
import { type RaOptions, readRaOptions } from "./ra_options.ts";
import { filterOf, patternsOf, type Predicate, timesOf } from "./ra_selection.ts";
import { rmonSplit, type Split, uniSplit } from "./ra_sides.ts";
import { readStretches, sourcesOf } from "./ra_source.ts";
import { USAGE } from "./ra_usage.ts";

/** Text is given to standard output in pieces of about this size. */
const PIECE = 1 << 17;

/** A binary output: its file, its own filter, its encoder. */
interface Output {
  readonly wants: Predicate;
  readonly writer: ArgusWriter;
  readonly file: OutputFile;
}

async function openOutput(path: string, filter: string, options: RaOptions): Promise<Output> {
  const wants = await filterOf(filter, options);
  const fresh = path === "-" || !existsSync(path) || statSync(path).size === 0;
  const file = new OutputFile(path, true);
  const writer = new ArgusWriter((chunk) => file.write(chunk));
  if (fresh) writer.begin();
  return { wants, writer, file };
}

/** What the words of `-M` mean for ra. */
interface Modes {
  xml: boolean;
  split: Split | undefined;
  strip: ((batch: R.RecordBatch, row: number) => void) | undefined;
}

function readModes(options: RaOptions): Modes {
  const modes: Modes = { xml: false, split: undefined, strip: undefined };
  for (const word of options.modes) {
    if (word === "xml") modes.xml = true;
    else if (word === "uni") modes.split = uniSplit();
    else if (word === "rmon") {
      modes.split = rmonSplit();
      options.print.rmon = true;
    } else if (word.startsWith("dsrs=")) modes.strip = parseDsrs(word.slice(5));
    else {
      throw new Problem(
        "unsupported",
        `Expected -M rmon, uni, xml, man, noman, TZ=, printer= or dsrs= but found "${word}"`,
        {
          found: word,
        },
      );
    }
  }
  return modes;
}

/** Counts records for `-A`, the exit status and `-N`. */
class Tally {
  records = 0;
  management = 0;
  flows = 0;
  packets = 0;
  bytes = 0;

  /** One flow record that is taken. */
  take(batch: R.RecordBatch, row: number): void {
    const d = row * R.DOUBLES;
    this.records++;
    this.packets += batch.doubles[d + R.S_PKTS]! + batch.doubles[d + R.D_PKTS]!;
    this.bytes += batch.doubles[d + R.S_BYTES]! + batch.doubles[d + R.D_BYTES]!;
  }

  line(): string {
    const pad = (n: number) => String(n).padEnd(8);
    return ` Totalrecords ${pad(this.records)}  TotalManRecords ${pad(this.management)}  ` +
      `TotalFarRecords ${pad(this.flows)} TotalPkts ${pad(this.packets)} TotalBytes ${pad(this.bytes)}\n`;
  }
}

/**
 * The TCP ports that were printed: where ports are printed by name, the original takes all it ever looked up for services when
 * RA_PORT_DIRECTION asks for these (observed).
 */
class PrintedPorts {
  /** A byte for each port, or nothing where it makes no difference. */
  readonly ports: Uint8Array | undefined;
  readonly #source: boolean;
  readonly #destination: boolean;

  constructor(options: RaOptions) {
    const matters = options.print.numbers === 0 && options.portDirection.includes("services");
    this.ports = matters ? new Uint8Array(65_536) : undefined;
    this.#source = options.columns.some((c) => c.field.name === "sport");
    this.#destination = options.columns.some((c) => c.field.name === "dport");
  }

  /** Notes the ports of a record that was printed. */
  note(batch: R.RecordBatch, row: number): void {
    const words = batch.words, w = row * R.WORDS;
    if (!this.ports || words[w + R.PROTO] !== 6) return;
    if (this.#source) this.ports[words[w + R.SPORT]! & 0xffff] = 1;
    if (this.#destination) this.ports[words[w + R.DPORT]! & 0xffff] = 1;
  }
}

/** Runs `ra`; gives its exit status: 0 when a record matched, 1 when none did (fields.md section 9). */
export async function main(words: readonly string[]): Promise<number> {
  const options = readRaOptions(words);
  if (options.help) {
    console.log(USAGE);
    return 1;
  }
  const modes = readModes(options);
  const accepts = await filterOf(options.filter, options), inTime = await timesOf(options);
  const matches = patternsOf(options);
  const outputs: Output[] = [];
  for (const o of options.outputs) outputs.push(await openOutput(o.path, o.filter, options));
  const rejects = options.rejects === undefined ? undefined : await openOutput(options.rejects, "", options);
  const stdout = new OutputFile("-");
  const printer = modes.xml ? new R.XmlPrinter(options.print) : new R.Printer(options.print);
  const silent = options.quiet || outputs.length > 0 || rejects !== undefined;
  const input = options.limits.findLast((l) => l.stream === "input");
  const output = options.limits.findLast((l) => l.stream === "output");
  const damage: Problem[] = [];
  const tally = new Tally();
  let matched = 0, taken = 0, given = 0;

  const give = (batch: R.RecordBatch, row: number): void => {
    given++;
    if (output && (given < output.from || given > output.to)) return;
    for (const o of outputs) if (o.wants(batch, row)) o.writer.write(batch, row);
    if (silent) return;
    printer.print(batch, row);
    names.note(batch, row);
    if (printer.sink.at > PIECE) stdout.write(printer.take());
  };

  const names = new PrintedPorts(options);
  const read: R.ReadOptions = {
    // Seen from both ends no record is turned by its ports (observed).
    portDirection: options.modes.includes("rmon") ? [] : options.portDirection,
    services: options.print.numbers === 3,
    named: names.ports,
  };
  const source = readStretches(sourcesOf(options), {
    offsets: options.columns.some((c) => c.field.name === "offset"),
    onProblem: (problem) => damage.push(problem),
  });
  reading: for await (const { batch, name, first } of input?.to === 0 ? [] : source) {
    for (let row = 0; row < batch.length; row++) {
      modes.strip?.(batch, row);
      R.asRead(batch, row, read);
      const management = (batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) !== 0;
      const opening = management && first && row === 0;
      if (!management) tally.flows++;
      else {
        // The record that opens a file counts twice and passes every filter; standard input swallows it (observed).
        tally.management += opening && name !== "-" ? 2 : 1;
        if (opening) {
          tally.records += 2;
          if (printer instanceof R.XmlPrinter) printer.header = R.xmlHeader(batch, row);
        }
      }
      const passes = accepts(batch, row) && inTime(batch, row) && (management || matches(batch, row));
      if (management) {
        if (!passes) continue;
        if (options.patterns.length === 0) matched++;
        if (!opening) tally.records++;
        else if (name === "-") continue;
        for (const o of outputs) if (!opening) o.writer.write(batch, row);
        if (options.management && !silent) printer.print(batch, row);
        continue;
      }
      if (!passes) {
        rejects?.writer.write(batch, row);
        continue;
      }
      taken++;
      matched++;
      if (input && taken < input.from) continue;
      tally.take(batch, row);
      if (modes.split) modes.split(batch, row, give);
      else give(batch, row);
      if ((input && taken >= input.to) || (output && given >= output.to)) break reading;
    }
  }
  printer.finish();
  if (printer.sink.at > 0) stdout.write(printer.take());
  for (const o of [...outputs, ...(rejects ? [rejects] : [])]) {
    o.writer.flush();
    o.file.close();
  }
  if (options.summary) stdout.write(new TextEncoder().encode(tally.line()));
  for (const problem of damage) console.error(`ra: ${problem.message}`);
  return matched > 0 ? 0 : 1;
}
