/** The real programs and ours, side by side. */
import { main as argusMain } from "../../scripts/options/argus_main.ts";
import { redirectOutput } from "../../scripts/options/output_file.ts";
import { main as raMain } from "../../scripts/options/ra_main.ts";
import { main as rabinsMain } from "../../scripts/options/rabins_main.ts";
import { main as raclusterMain } from "../../scripts/options/racluster_main.ts";
import { main as rasortMain } from "../../scripts/options/rasort_main.ts";

const MAINS = {
  argus: argusMain,
  ra: raMain,
  rabins: rabinsMain,
  racluster: raclusterMain,
  rasort: rasortMain,
} as const;

/** A program that both have. */
export type Program = keyof typeof MAINS;

/** How many real programs run at once: argus sleeps for a second at its end, so more than there are processors. */
const AT_ONCE = 12;
let running = 0;
const waiting: (() => void)[] = [];

/** Runs a real program with the zone and the configuration of this process; gives its standard output. */
export async function real(program: string, args: readonly string[], input?: Uint8Array): Promise<string> {
  if (running >= AT_ONCE) await new Promise<void>((go) => waiting.push(go));
  running++;
  try {
    const child = new Deno.Command(program, {
      args: [...args],
      env: { LC_ALL: "C" },
      stdin: input ? "piped" : "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    if (input) {
      const writer = child.stdin.getWriter();
      await writer.write(input as Uint8Array<ArrayBuffer>).catch(() => {});
      await writer.close().catch(() => {});
    }
    // Fuzzed captures put bytes into the text that are no UTF-8.
    return new TextDecoder("latin1").decode((await child.output()).stdout);
  } finally {
    running--;
    waiting.shift()?.();
  }
}

/** Has the real argus write a file; it crashes on some captures, and knows some link types not at all. */
export async function realArgus(args: readonly string[]): Promise<boolean> {
  if (running >= AT_ONCE) await new Promise<void>((go) => waiting.push(go));
  running++;
  try {
    const child = new Deno.Command("argus", {
      args: [...args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    return (await child.output()).success;
  } finally {
    running--;
    waiting.shift()?.();
  }
}

/** Runs our program inside this process; gives its standard output. One at a time: they all write to the same place. */
export async function ours(program: Program, args: readonly string[]): Promise<string> {
  const text = new TextDecoder("latin1");
  let out = "";
  redirectOutput((bytes) => out += text.decode(bytes));
  try {
    await MAINS[program](args);
  } finally {
    redirectOutput(undefined);
  }
  return out;
}

/** Where two outputs part, or nothing. */
export function firstDifference(theirs: string, mine: string): string | undefined {
  if (theirs === mine) return undefined;
  const a = theirs.split("\n"), b = mine.split("\n");
  const differing = a.filter((line, i) => line !== b[i]).length + Math.max(0, b.length - a.length);
  const at = a.findIndex((line, i) => line !== b[i]), i = at < 0 ? a.length : at;
  return `${differing} of ${a.length} lines, the first is ${i + 1}:\n  real ${JSON.stringify(a[i])}\n  ours ${
    JSON.stringify(b[i])
  }`;
}
