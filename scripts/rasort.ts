/**
 * Drop-in for `rasort`: sorts records.
 *
 * @module
 */
import { main } from "./options/rasort_main.ts";
import { runProgram } from "./options/run.ts";

if (import.meta.main) await runProgram("rasort", main, (problem) => problem.code === "not-found" ? 2 : 1);
