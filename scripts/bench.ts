/**
 * Speed of metering a generated capture, whole processes, beside the real `argus` where it is installed.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl } from "./options/paths.ts";
import { makeCapture } from "./make_capture.ts";
import { OutputFile } from "./options/output_file.ts";

const USAGE = `usage: bench.ts [--packets 5000000] [--rounds 3] [--settings 1,4] [--capture FILE] [--keep]
Makes a seeded capture, meters it in turn with Panoptes and the real argus, and prints medians.`;

interface Run {
  readonly seconds: number;
  readonly peakMegabytes: number;
  readonly status: number;
}

/** Runs a command to its end, watching its largest resident size. */
async function run(command: string, args: readonly string[]): Promise<Run> {
  const begun = performance.now();
  const child = new Deno.Command(command, { args: [...args], stdin: "null", stdout: "null", stderr: "null" })
    .spawn();
  let peak = 0;
  const watch = setInterval(() => {
    try {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // The process has ended, or this system has no /proc.
    }
  }, 20);
  const { code } = await child.status;
  clearInterval(watch);
  return { seconds: (performance.now() - begun) / 1000, peakMegabytes: peak, status: code };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

async function installed(command: string): Promise<boolean> {
  try {
    await new Deno.Command(command, { args: ["-h"], stdout: "null", stderr: "null" }).output();
    return true;
  } catch {
    return false;
  }
}

const o = parseArgs(Deno.args, {
  string: ["packets", "rounds", "settings", "capture"],
  boolean: ["keep", "help"],
  default: { packets: "5000000", rounds: "3", settings: "1,4" },
});
if (o.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const packets = Number(o.packets), rounds = Number(o.rounds);
if (!Number.isInteger(packets) || packets < 1 || !Number.isInteger(rounds) || rounds < 1) {
  console.error(`bench: Expected --packets and --rounds to be whole numbers above 0\n${USAGE}`);
  Deno.exit(1);
}
const folder = Deno.makeTempDirSync({ prefix: "panoptes-bench-" });
try {
  let capture = o.capture;
  if (!capture) {
    capture = `${folder}/bench.pcap`;
    const begun = performance.now();
    const file = new OutputFile(capture);
    makeCapture({ packets }, (bytes) => file.write(bytes));
    file.close();
    console.log(
      `capture: ${packets} packets, ${(Deno.statSync(capture).size / 1e6).toFixed(0)} MB, ` +
        `made in ${((performance.now() - begun) / 1000).toFixed(1)} s`,
    );
  }
  const script = (name: string) => fromFileUrl(new URL(name, import.meta.url));
  const contenders: { name: string; command: string; args: (out: string) => string[] }[] = String(o.settings)
    .split(",")
    .map((k) => ({
      name: `panoptes, ${k} setting${k === "1" ? "" : "s"}`,
      command: Deno.execPath(),
      args: (out) =>
        k === "1"
          ? ["run", "-A", "--no-check", script("argus.ts"), "-X", "-r", capture!, "-w", out]
          : ["run", "-A", "--no-check", script("bench_many.ts"), k, capture!],
    }));
  const real = await installed("argus");
  if (real) {
    contenders.push({
      name: "argus, 1 setting",
      command: "argus",
      args: (out) => ["-X", "-r", capture!, "-w", out],
    });
  } else console.log("argus is not installed: no ratio (Debian package argus-server)");
  const results = contenders.map(() => [] as Run[]);
  for (let round = 0; round < rounds; round++) {
    for (const [i, c] of contenders.entries()) {
      const out = `${folder}/out.argus`;
      results[i]!.push(await run(c.command, c.args(out)));
      try {
        Deno.removeSync(out);
      } catch {
        // This contender writes no file.
      }
    }
  }
  const argusSeconds = real ? median(results.at(-1)!.map((r) => r.seconds)) : NaN;
  console.log(`${rounds} rounds in turn, medians of whole processes`);
  console.log("                          wall s    packets/s    peak MB   times argus");
  for (const [i, c] of contenders.entries()) {
    const seconds = median(results[i]!.map((r) => r.seconds)),
      peak = Math.max(...results[i]!.map((r) => r.peakMegabytes));
    const failed = results[i]!.some((r) => r.status !== 0);
    console.log(
      `${c.name.padEnd(24)}${seconds.toFixed(2).padStart(8)}${(packets / seconds).toFixed(0).padStart(13)}` +
        `${peak.toFixed(0).padStart(11)}${real ? (argusSeconds / seconds).toFixed(2).padStart(14) : ""}` +
        (failed ? "   (exit status not 0)" : ""),
    );
  }
} finally {
  if (!o.keep) Deno.removeSync(folder, { recursive: true });
}
