/** Run by the kill tests: takes a file of records into a store, in small transactions, until it is done or killed. */
import { readFlows } from "../../lib/formats/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { cacheFlows } from "../../lib/stores/mod.ts";

const [url, file, window] = Deno.args as [string, string, string];

async function* records(): AsyncGenerator<R.RecordBatch> {
  for await (const batch of readFlows(file)) {
    for (let row = 0; row < batch.length; row++) R.asRead(batch, row);
    yield batch;
  }
}

console.log("begun");
await cacheFlows(records(), url, {
  window: Number(window),
  capture: { digest: "killed", settings: "5s" },
  patience: "30s",
});
console.log("done");
