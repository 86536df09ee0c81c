/**
 * Drop-in for `argus` reading captures: the real program's flags, Argus binary records out.
 *
 * @module
 */
import { isLarge } from "../lib/base/mod.ts";
import { decodeThread } from "../lib/meter/decode_thread.ts";

if (import.meta.main) {
  // The thread that decodes a large capture starts while the rest of the program still loads.
  if (Deno.args.some(isLarge)) decodeThread.start();
  const { main } = await import("./options/argus_main.ts");
  Deno.exit(await main(Deno.args));
}
