import { ThreadAhead } from "../base/mod.ts";

/** The threads that read large Argus files ahead of who takes the records. */
export const readingThread: ThreadAhead = new ThreadAhead(
  "reading thread",
  () => new Worker(new URL("./argus_ahead_worker.ts", import.meta.url), { type: "module" }),
);
