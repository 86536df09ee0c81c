/**
 * Drop-in for `racluster`: merges records by key, or (`-M evidence`) by true connection.
 *
 * @module
 */
import { main } from "./options/racluster_main.ts";
import { runProgram } from "./options/run.ts";

if (import.meta.main) await runProgram("racluster", main, (problem) => problem.code === "not-found" ? 2 : 1);
