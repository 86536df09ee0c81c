/**
 * Speed of metering a generated capture, whole processes, beside the real `argus` where it is installed.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { median, ours, type Run, runWatched, wholeNumber } from "./bench/processes.ts";
import { makeCapture } from "./make_capture.ts";
import { OutputFile } from "./options/output_file.ts";

const USAGE = `usage: bench.ts [--packets 5000000] [--rounds 3] [--settings 1,4] [--capture FILE] [--keep]
Makes a seeded capture, meters it in turn with Panoptes and the real argus, and prints medians.`;

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
const packets = wholeNumber("packets", o.packets), rounds = wholeNumber("rounds", o.rounds);
const folder = Deno.makeTempDirSync({ prefix: "panoptes-bench-" });
try {
  let capture = o.capture;
  if (!capture) {
    capture = `${folder}/bench.pcap`;
    const begun = performance.now();
    const file = new OutputFile(capture);
    makeCapture({ packets }, (bytes) => file.write(bytes));
    file.close();
    // What is still being written to the disk would run beside the first rounds.
    using written = Deno.openSync(capture, { write: true });
    written.syncSync();
    console.log(
      `capture: ${packets} packets, ${(Deno.statSync(capture).size / 1e6).toFixed(0)} MB, ` +
        `made in ${((performance.now() - begun) / 1000).toFixed(1)} s`,
    );
  }
  const contenders: { name: string; command: string; args: (out: string) => string[] }[] = String(o.settings)
    .split(",")
    .map((k) => ({
      name: `panoptes, ${k} setting${k === "1" ? "" : "s"}`,
      command: Deno.execPath(),
      args: (out) =>
        k === "1"
          ? [...ours("argus.ts"), "-X", "-r", capture!, "-w", out]
          : [...ours("bench_many.ts"), k, capture!],
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
      results[i]!.push(await runWatched(c.command, c.args(out)));
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
