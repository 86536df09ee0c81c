import { ThreadAhead } from "../base/mod.ts";

/** The threads that decode for a pipelined run. */
export const decodeThread: ThreadAhead = new ThreadAhead(
  "decoding thread",
  () => new Worker(new URL("./decode_worker.ts", import.meta.url), { type: "module" }),
);
