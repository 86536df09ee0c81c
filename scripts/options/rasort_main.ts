import { RecordBatch } from "../../lib/record/mod.ts";
import { rasortKeys, sortRecords } from "../../lib/cluster/mod.ts";
import { closeClient, eachRecord, openClient } from "./ra_client.ts";

const USAGE = `usage: rasort [-m field ...] [-v] [ra options] [- filter]
  -m fields     keys in falling weight; stime when there are none
  -v            everything the other way round`;

/** Runs `rasort`; gives its exit status: 0 when a record was put out, 1 when none was. */
export async function main(words: readonly string[]): Promise<number> {
  if (words.includes("-h") || words.includes("--help")) {
    console.log(USAGE);
    return 1;
  }
  const client = await openClient("rasort", words, { v: "none" }, ["replace"].filter(() => false));
  const names = client.options.keys;
  const keys = rasortKeys(names.length > 0 ? names : ["stime"]);
  const kept: RecordBatch[] = [];
  let open = new RecordBatch(4096);
  await eachRecord(client, {}, (batch, row) => {
    open.append(batch, row);
    if (open.length < 4096) return;
    kept.push(open);
    open = new RecordBatch(4096);
  });
  if (open.length > 0) kept.push(open);
  const reverse = client.options.own.has("v");
  let given = 0;
  const all = (async function* () {
    yield* kept;
  })();
  for await (const batch of sortRecords(all, keys, { reverse })) {
    given += batch.length;
    if (!client.output.put(batch)) break;
  }
  closeClient(client);
  return given > 0 || client.matched ? 0 : 1;
}
