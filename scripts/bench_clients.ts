/**
 * Speed of clustering and printing an Argus file, whole processes, beside the real `racluster` and `ra` where they are installed.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { median, ours, wholeNumber } from "./bench/processes.ts";
import { makeCapture } from "./make_capture.ts";
import { OutputFile } from "./options/output_file.ts";

const USAGE = `usage: bench_clients.ts [--packets 4000000] [--rounds 3] [--file FILE]
Makes an Argus file of about a quarter as many records as packets (or takes FILE), lets our programs and the real ones work on it in
turn, and prints medians.`;

/** What is done with the file, by both programs. */
const TASKS: readonly {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}[] = [
  { name: "cluster, Argus file", program: "racluster", args: ["-w", "/dev/null"] },
  { name: "cluster, CSV", program: "racluster", args: ["-c", ","] },
  { name: "print, CSV", program: "ra", args: ["-c", ","] },
];

interface Run {
  readonly wall: number;
  readonly user: number;
  readonly system: number;
  readonly megabytes: number;
}

/** Runs a command to its end under time(1); nothing when it or its program is not there. */
async function run(command: string, args: readonly string[]): Promise<Run | undefined> {
  const words = ["-f", "%e %U %S %M", command, ...args];
  const begun = performance.now();
  const { code, stderr } = await new Deno.Command("/usr/bin/time", {
    args: words,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const wall = (performance.now() - begun) / 1000;
  const told = /([\d.]+) ([\d.]+) ([\d.]+) (\d+)\s*$/.exec(new TextDecoder().decode(stderr));
  if (code !== 0 || !told) return undefined;
  return { wall, user: Number(told[2]), system: Number(told[3]), megabytes: Number(told[4]) / 1024 };
}

/** The median run of several, column by column. */
function middle(runs: readonly Run[]): Run {
  const of = (column: (run: Run) => number) => median(runs.map(column));
  return {
    wall: of((r) => r.wall),
    user: of((r) => r.user),
    system: of((r) => r.system),
    megabytes: of((r) => r.megabytes),
  };
}

const line = (name: string, r: Run) =>
  `${name.padEnd(34)}${r.wall.toFixed(2).padStart(8)}${r.user.toFixed(2).padStart(8)}` +
  `${r.system.toFixed(2).padStart(8)}${r.megabytes.toFixed(0).padStart(9)}`;

const o = parseArgs(Deno.args, {
  string: ["packets", "rounds", "file"],
  boolean: ["help"],
  default: { packets: "4000000", rounds: "3" },
});
if (o.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const packets = wholeNumber("packets", o.packets), rounds = wholeNumber("rounds", o.rounds);
const folder = Deno.makeTempDirSync({ prefix: "panoptes-bench-" });
try {
  let file = o.file;
  if (!file) {
    const capture = `${folder}/bench.pcap`, to = new OutputFile(capture);
    makeCapture({ packets }, (bytes) => to.write(bytes));
    to.close();
    file = `${folder}/bench.argus`;
    await run(Deno.execPath(), [...ours("argus.ts"), "-X", "-r", capture, "-w", file]);
    Deno.removeSync(capture);
  }
  const count = await new Deno.Command(Deno.execPath(), { args: [...ours("racount.ts"), "-r", file] })
    .output();
  console.log(new TextDecoder().decode(count.stdout).trimEnd());
  console.log(`${rounds} rounds in turn, medians of whole processes\n`);
  console.log("                                    wall s  user s   sys s  peak MB");
  for (const { name, program, args } of TASKS) {
    const mine: Run[] = [], real: Run[] = [];
    for (let round = 0; round < rounds; round++) {
      const a = await run(Deno.execPath(), [...ours(`${program}.ts`), "-r", file, ...args]);
      const b = await run(program, ["-r", file, ...args]);
      if (a) mine.push(a);
      if (b) real.push(b);
    }
    const a = middle(mine), b = middle(real);
    console.log(line(`${name}: panoptes`, a));
    if (real.length === 0) {
      console.log(`${program} is not installed: no ratio (Debian package argus-client)`);
      continue;
    }
    console.log(line(`${name}: ${program}`, b));
    console.log(
      `  ${(b.wall / a.wall).toFixed(2)} times ${program}'s records/s, ` +
        `${((b.user + b.system) / (a.user + a.system)).toFixed(2)} per CPU second, ` +
        `${(a.megabytes / b.megabytes).toFixed(2)} of its peak memory`,
    );
  }
} finally {
  Deno.removeSync(folder, { recursive: true });
}
