/**
 * Drop-in for `racluster`: merges records by key, or (`-M evidence`) by true connection.
 *
 * @module
 */
import { runProgram } from "./options/run.ts";

if (import.meta.main) {
  await runProgram("racluster", () => import("./options/racluster_main.ts"), {
    notFound: 2,
    readsAhead: true,
  });
}
