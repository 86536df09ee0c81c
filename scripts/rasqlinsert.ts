/**
 * Drop-in for `rasqlinsert`: writes flow records into an SQL table; `-M cache` merges them with what the table holds.
 *
 * @module
 */
import { runProgram } from "./options/run.ts";

if (import.meta.main) {
  await runProgram("rasqlinsert", () => import("./options/rasqlinsert_main.ts"), { readsAhead: true });
}
