import process from "node:process";
import { Problem } from "../../lib/base/mod.ts";

/**
 * Runs a program: what `main` gives becomes the exit status; a problem is printed as one line after the program's name, never as
 * a stack trace, and `status` says which exit status it means (1 unless told otherwise).
 */
export async function runProgram(
  name: string,
  main: (args: readonly string[]) => Promise<number>,
  status: (problem: Problem) => number = () => 1,
): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(`${name}: ${error.message}`);
    process.exitCode = status(error);
  }
}
