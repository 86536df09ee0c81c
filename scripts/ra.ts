/**
 * Drop-in for `ra`: reads Argus records, filters, prints, writes.
 *
 * @module
 */
import { main } from "./options/ra_main.ts";
import { runProgram } from "./options/run.ts";

if (import.meta.main) await runProgram("ra", main, (problem) => problem.code === "not-found" ? 2 : 1);
