/**
 * Meters a capture under several settings in one pass and counts the records: the many-settings contender of bench.ts.
 *
 * @module
 */
import { meterCapture } from "../lib/chain/mod.ts";
import { argus, readPcap } from "../mod.ts";

const STATUS = ["5s", "60s", "1h", "never"], TCP = ["60s", "2h"];

if (import.meta.main) {
  const [count = "4", capture = ""] = Deno.args;
  const settings = Array.from(
    { length: Number(count) },
    (_, i) =>
      argus({ status: STATUS[i % 4]!, tcp: TCP[Math.floor(i / 4) % 2]!, ip: `${30 + Math.floor(i / 8)}s` }),
  );
  const records = settings.map(() => 0);
  await meterCapture(
    readPcap(capture).from,
    settings,
    (index, batch) => void (records[index]! += batch.length),
    { reuse: true },
  );
  console.log(records.join(" "));
}
