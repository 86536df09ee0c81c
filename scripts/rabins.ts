/**
 * Drop-in for `rabins`: aggregates records in bins of time.
 *
 * @module
 */
import { main } from "./options/rabins_main.ts";
import { runProgram } from "./options/run.ts";

if (import.meta.main) await runProgram("rabins", main, (problem) => problem.code === "not-found" ? 2 : 1);
