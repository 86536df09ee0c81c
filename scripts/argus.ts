/**
 * Drop-in for `argus` reading captures: the real program's flags, Argus binary records out.
 *
 * @module
 */
import { main } from "./options/argus_main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
