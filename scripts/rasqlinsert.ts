/**
 * Drop-in for `rasqlinsert`: writes flow records into an SQL table; `-M cache` merges them with what the table holds.
 *
 * @module
 */
import { main } from "./options/rasqlinsert_main.ts";
import { runProgram } from "./options/run.ts";

if (import.meta.main) await runProgram("rasqlinsert", main);
