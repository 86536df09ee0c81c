/**
 * Drop-in for `racount`: counts records, packets and bytes.
 *
 * @module
 */
import { runProgram } from "./options/run.ts";

if (import.meta.main) {
  await runProgram("racount", () => import("./options/racount_main.ts"), { notFound: 2, readsAhead: true });
}
