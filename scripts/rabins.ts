/**
 * Drop-in for `rabins`: aggregates records in bins of time.
 *
 * @module
 */
import { runProgram } from "./options/run.ts";

if (import.meta.main) {
  await runProgram("rabins", () => import("./options/rabins_main.ts"), { notFound: 2, readsAhead: true });
}
