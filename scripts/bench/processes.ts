import { fromFileUrl } from "../options/paths.ts";

/** What one whole process took. */
export interface Run {
  readonly seconds: number;
  /** Largest resident size, MiB; 0 where the system has no /proc. */
  readonly peakMegabytes: number;
  readonly status: number;
}

/** The kernel keeps the peak, so few looks do; many would disturb what is measured. */
const WATCH_MS = 100;

/** Runs a command to its end, watching its largest resident size. */
export async function runWatched(command: string, args: readonly string[]): Promise<Run> {
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
  }, WATCH_MS);
  const { code } = await child.status;
  clearInterval(watch);
  return { seconds: (performance.now() - begun) / 1000, peakMegabytes: peak, status: code };
}

/** Middle one of several values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Arguments of deno that run one of our scripts. */
export function ours(name: string): string[] {
  return ["run", "-A", "--no-check", fromFileUrl(new URL(`../${name}`, import.meta.url))];
}

/** A number of packets, rounds or flows from the command line; ends the program with a clear line when it is none. */
export function wholeNumber(option: string, text: unknown): number {
  const n = Number(text);
  if (Number.isInteger(n) && n >= 1) return n;
  console.error(`Expected --${option} to be a whole number above 0 but found "${text}"`);
  Deno.exit(1);
}
