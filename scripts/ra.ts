/**
 * Drop-in for `ra`: reads Argus records, filters, prints, writes.
 *
 * @module
 */
import { runProgram } from "./options/run.ts";

if (import.meta.main) await runProgram("ra", () => import("./options/ra_main.ts"), { notFound: 2 });
