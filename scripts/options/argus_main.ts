import { readFileSync } from "node:fs";
import { isLarge, Problem } from "../../lib/base/mod.ts";
import { openFrames } from "../../lib/capture/mod.ts";
import {
  canPipeline,
  LiveClock,
  MeterBank,
  type PacketPredicate,
  runPipelined,
} from "../../lib/meter/mod.ts";
import { RecordBatch } from "../../lib/record/mod.ts";
import { ArgusOptions, parseMonitorId, type Settings } from "../../lib/settings/mod.ts";
// The room's door would load every format: 8 of the 100 ms of a short run.
import type { MarInfo } from "../../lib/formats/argus_layout.ts";
import { ArgusWriter } from "../../lib/formats/argus_writer.ts";
import { OutputFile } from "./output_file.ts";

const USAGE =
  `usage: argus [-X] [-F conf] [-S secs] [-M secs] [-A] [-J] [-Z] [-m] [-R] [-U bytes] [-e id] [-n] -r capture [capture ...]
             [-w file ["record filter"]] [--max-live flows] [-- packet filter]
Reads captures only. Not taken: -i -P -B -d -D -C -f -p -P -u -g -c -T (live capture, daemon and socket options).`;

interface Invocation {
  readonly settings: Settings;
  readonly captures: readonly string[];
  readonly outputs: readonly { file: string; filter: string | undefined }[];
  readonly packetFilter: string;
  /** Flows kept in memory; our own option. */
  readonly maxLive: number | undefined;
}

/** Reads the command line as the real program does: left to right, with the word after -w's file as record filter (TIM-7). */
export function readArguments(args: readonly string[]): Invocation {
  let options = new ArgusOptions();
  const captures: string[] = [],
    outputs: { file: string; filter: string | undefined }[] = [],
    rest: string[] = [];
  let maxLive: number | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--max-live") {
      maxLive = wholeNumber("-max-live", args[++i] ?? "");
      continue;
    }
    if (arg === "--" || arg === "-") {
      rest.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-")) {
      rest.push(...args.slice(i));
      break;
    }
    for (let j = 1; j < arg.length; j++) {
      const flag = arg[j]!;
      const value = () => {
        const inline = arg.slice(j + 1);
        j = arg.length;
        if (inline !== "") return inline;
        if (++i >= args.length) throw new Problem("syntax", `Expected a value after -${flag}\n${USAGE}`);
        return args[i]!;
      };
      switch (flag) {
        case "X":
          options = new ArgusOptions();
          break;
        case "F": {
          const file = value();
          options.readConf(readText(file), file);
          break;
        }
        case "S":
          options.status(value());
          break;
        case "M":
          options.with({ marInterval: wholeNumber("M", value()) });
          break;
        case "A":
          options.with({ appBytes: true });
          break;
        case "J":
          options.with({ jitter: true });
          break;
        case "Z":
          options.with({ packetSize: true });
          break;
        case "m":
          options.with({ mac: true });
          break;
        case "U":
          options.with({ userData: wholeNumber("U", value()) });
          break;
        case "e":
          options.with(parseMonitorId(value()));
          break;
        case "R":
        case "n":
        case "O":
          break;
        case "r":
          captures.push(value());
          while (i + 1 < args.length && !args[i + 1]!.startsWith("-")) captures.push(args[++i]!);
          break;
        case "w": {
          const file = value();
          const next = args[i + 1];
          const filter = next !== undefined && !next.startsWith("-") ? args[++i] : undefined;
          // A lone "-" behind the file ends -w's argument: what follows is a packet filter.
          outputs.push({ file, filter });
          break;
        }
        case "h":
          throw new Problem("syntax", USAGE);
        default:
          throw new Problem(
            "unsupported",
            `Expected an argus option this script knows but found -${flag}\n${USAGE}`,
          );
      }
    }
  }
  if (captures.length === 0) throw new Problem("syntax", `Expected -r with a capture to read\n${USAGE}`);
  const packetFilter = rest.length > 0 ? rest.join(" ") : options.filter ?? "";
  return {
    settings: options.settings(),
    captures,
    outputs: outputs.length > 0 ? outputs : options.outputs.length > 0 ? options.outputs : [],
    packetFilter,
    maxLive,
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Problem("not-found", "Expected a readable configuration file", { source: file, cause });
  }
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d+$/.test(text)) {
    throw new Problem("bad-value", `Expected -${flag} to be a whole number but found "${text}"`, {
      found: text,
    });
  }
  return Number(text);
}

async function packetPredicate(filter: string): Promise<PacketPredicate | undefined> {
  if (filter.trim() === "") return undefined;
  const { compilePacketFilter } = await import("../../lib/expression/mod.ts");
  return compilePacketFilter(filter);
}

async function recordPredicate(filter: string | undefined) {
  if (filter === undefined || filter.trim() === "") return undefined;
  // Loaded only when asked for: most runs have no filter, and starting up is most of a short run.
  const { compileRecordFilter } = await import("../../lib/expression/mod.ts");
  const { asRead } = await import("../../lib/record/mod.ts");
  const accepts = compileRecordFilter(filter, { dialect: "ra" });
  const seen = new RecordBatch(1);
  return (batch: RecordBatch, row: number) => {
    seen.clear();
    seen.append(batch, row);
    asRead(seen, 0);
    return accepts(seen, 0);
  };
}

/** Runs the program; gives its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const run = readArguments(args);
    await meter(run);
    return 0;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(`argus: ${error.message}`);
    return 1;
  }
}

/** Records encoded at a time: so few that they are still in the processor's cache when they are encoded. */
const FEW = 128;

async function meter(run: Invocation): Promise<void> {
  const packets = await packetPredicate(run.packetFilter);
  const outputs = await Promise.all(run.outputs.map(async (o) => {
    // The real program appends to an existing file.
    const file = new OutputFile(o.file, true);
    return {
      file,
      writer: new ArgusWriter((bytes) => file.write(bytes), {
        userLimit: run.settings.userData,
        leftovers: run.settings.quirks === "argus-3.0.8.2",
      }),
      accepts: await recordPredicate(o.filter),
    };
  }));
  const facts = streamFacts(run.settings);
  for (const o of outputs) o.writer.begin(facts);
  const take = (batch: RecordBatch, row: number): void => {
    for (const o of outputs) if (o.accepts === undefined || o.accepts(batch, row)) o.writer.write(batch, row);
  };
  const sink = (batch: RecordBatch): RecordBatch => {
    for (let row = 0; row < batch.length; row++) take(batch, row);
    batch.clear();
    return batch;
  };
  const bank = new MeterBank([run.settings], [sink], {
    batchSize: FEW,
    take,
    maxLive: run.maxLive,
    ...(packets ? { packets } : {}),
  });
  let problem: Problem | undefined;
  try {
    const onProblem = (p: Problem) => console.error(`argus: ${p.message}`);
    if (isLarge(run.captures) && canPipeline(bank)) await runPipelined(bank, run.captures, { onProblem });
    else await meterSequentially(run, bank, onProblem, () => outputs.forEach((o) => o.writer.flush()));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    problem = error;
  }
  // What was metered before the trouble is written all the same.
  bank.end();
  for (const o of outputs) {
    // MAR-1: the last one counts the records taken by this output and itself.
    o.writer.end({ ...facts, ...nowFacts(), records: o.writer.records + 1 });
    o.file.close();
  }
  if (problem) throw problem;
}

/** Reads files one behind the other, or a pipe whose records come out as they are due; SIGINT ends it with the last records. */
async function meterSequentially(
  run: Invocation,
  bank: MeterBank,
  onProblem: (p: Problem) => void,
  flush: () => void,
): Promise<void> {
  const stop = new AbortController(), interrupt = () => stop.abort();
  const piped = run.captures.includes("-");
  const clock = new LiveClock();
  if (piped) Deno.addSignalListener("SIGINT", interrupt);
  try {
    const options = piped ? { onProblem, signal: stop.signal, heartbeat: 250 } : { onProblem };
    for await (const frames of openFrames([...run.captures], options)) {
      if (frames.length > 0) bank.take(frames);
      if (!piped) continue;
      clock.see(frames);
      if (Number.isNaN(clock.now())) continue;
      bank.tick(clock.now());
      flush();
    }
  } finally {
    if (piped) Deno.removeSignalListener("SIGINT", interrupt);
  }
}

/** What the management records of a stream say about this run (MAR-1); times are wall clock. */
function streamFacts(settings: Settings): MarInfo {
  const { nowSec, nowUsec } = nowFacts();
  return {
    startSec: nowSec,
    startUsec: nowUsec,
    nowSec,
    nowUsec,
    reportInterval: Math.min(0xffff, Math.floor(settings.status / 1e6)),
    marInterval: settings.marInterval,
    ...probeFacts(settings),
  };
}

/** The probe's id in management records, whose text stands as a little endian machine reads it. */
function probeFacts({ monitorId, monitorKind }: Settings): MarInfo {
  const word = monitorId >>> 0;
  if (monitorKind === "number") return { argusid: word, status: 0x400000 };
  if (monitorKind === "address") return { argusid: word, status: word === 0 ? 0 : 0x800000 };
  return {
    argusid: (word << 24 | (word & 0xff00) << 8 | word >>> 8 & 0xff00 | word >>> 24) >>> 0,
    status: 0x200000,
  };
}

function nowFacts(): { nowSec: number; nowUsec: number } {
  const ms = Date.now();
  return { nowSec: Math.floor(ms / 1000), nowUsec: (ms % 1000) * 1000 };
}
