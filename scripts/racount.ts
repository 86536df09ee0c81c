/**
 * Drop-in for `racount`: counts records, packets and bytes.
 *
 * @module
 */
import { main } from "./options/racount_main.ts";
import { runProgram } from "./options/run.ts";

if (import.meta.main) await runProgram("racount", main, (problem) => problem.code === "not-found" ? 2 : 1);
