/**
 * Drop-in for `rasort`: sorts records.
 *
 * @module
 */
import { runProgram } from "./options/run.ts";

if (import.meta.main) {
  await runProgram("rasort", () => import("./options/rasort_main.ts"), { notFound: 2, readsAhead: true });
}
