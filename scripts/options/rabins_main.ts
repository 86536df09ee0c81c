import { parseDuration, Problem } from "../../lib/base/mod.ts";
import { Binner, Clusterer } from "../../lib/cluster/mod.ts";
import { localZone } from "../../lib/record/mod.ts";
import { closeClient, eachRecord, openClient } from "./ra_client.ts";

const USAGE =
  `usage: rabins -M time size [-M hard] [-M zero] [-M nomodify] [-m field ...] [-B secs] [ra options] [- filter]
  -M time size  bins of size seconds, or with m, h, d, w, M (months), y
  -M hard       records take the limits of their bin
  -M zero       bins without records give an empty one
  -M nomodify   records are not cut at the borders
  -B secs       give bins out when records are this far past them`;

const MODES = [
  "time",
  "hard",
  "zero",
  "nomodify",
  "correct",
  "nocorrect",
  "preserve",
  "nopreserve",
  "norep",
  "rmon",
];

/** Runs `rabins`; gives its exit status: 0 when a record was put out, 1 when none was. */
export async function main(words: readonly string[]): Promise<number> {
  if (words.includes("-h") || words.includes("--help")) {
    console.log(USAGE);
    return 1;
  }
  const client = await openClient("rabins", words, { B: "value", f: "value" }, MODES);
  const { modes, keys, own, print } = client.options;
  if (own.has("f")) {
    throw new Problem("unsupported", "Expected no -f: rabins takes no racluster.conf here", { found: "-f" });
  }
  const at = modes.lastIndexOf("time"), size = at < 0 ? undefined : modes[at + 1];
  if (at >= 0 && size === undefined) {
    throw new Problem("bad-value", "Expected a bin size after -M time but found nothing");
  }
  const hold = own.get("B")?.at(-1);
  const settings = {
    by: keys.length > 0 ? keys : undefined,
    correct: modes.includes("correct") && keys.length === 0 ? "argus" as const : "none" as const,
    rules: "argus" as const,
    // Unlike racluster, rabins empties what is not in the key (observed).
    preserve: modes.includes("preserve"),
    rmon: modes.includes("rmon"),
  };
  let given = 0;
  const binner = size === undefined ? undefined : new Binner(size, {
    ...settings,
    hard: modes.includes("hard"),
    zero: modes.includes("zero"),
    split: !modes.includes("nomodify"),
    hold: hold === undefined ? undefined : parseDuration(hold),
    zone: print.zone ?? localZone(),
  });
  const work = binner ?? new Clusterer(settings);
  const put = () => {
    if (!binner) return;
    for (const batch of binner.take()) {
      given += batch.length;
      client.output.put(batch);
    }
  };
  await eachRecord(client, {}, (batch, row) => work.add(batch, row), put);
  for (const batch of work.drain()) {
    given += batch.length;
    if (!client.output.put(batch)) break;
  }
  closeClient(client);
  return given > 0 || client.matched ? 0 : 1;
}
