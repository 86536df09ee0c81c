import { isLarge, Problem } from "../../lib/base/mod.ts";
import { readingThread } from "../../lib/formats/argus_ahead_thread.ts";

/** What runs a program: takes its words, gives its exit status. */
export type Main = (words: readonly string[]) => Promise<number>;

/** What is particular to a program. */
export interface ProgramOptions {
  /** Exit status when a source is not there; 1 as for every other problem unless given. */
  readonly notFound?: number;
  /** The program has large files read by a thread of its own, which starts while the program's modules are loaded. */
  readonly readsAhead?: boolean;
}

/**
 * Runs a program and ends the process: what `main` gives becomes the exit status; a problem is printed as one line after the program's
 * name, never as a stack trace.
 */
export async function runProgram(
  name: string,
  load: () => Promise<{ readonly main: Main }>,
  { notFound = 1, readsAhead = false }: ProgramOptions = {},
): Promise<void> {
  if (readsAhead && Deno.args.some(isLarge)) readingThread.start();
  const { main } = await load();
  let code: number;
  try {
    code = await main(Deno.args);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(`${name}: ${error.message}`);
    code = error.code === "not-found" ? notFound : 1;
  }
  // Ends at once: taking hundreds of megabytes of records apart first would help nobody.
  Deno.exit(code);
}
