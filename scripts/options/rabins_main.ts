import { parseDuration, Problem } from "../../lib/base/mod.ts";
import { Binner, Clusterer, rasortKeys } from "../../lib/cluster/mod.ts";
import { localZone } from "../../lib/record/mod.ts";
import type { TimeRange } from "../../lib/expression/mod.ts";
import { closeClient, eachRecord, openClient } from "./ra_client.ts";
import type { RaOptions } from "./ra_options.ts";

const USAGE =
  `usage: rabins -M time size [-M hard] [-M zero] [-M nomodify] [-m field ...] [-B secs] [ra options] [- filter]
  -M time size  bins of size seconds, or with m, h, d, w, M (months), y
  -M hard       records take the limits of their bin
  -M zero       bins without records give an empty one
  -M nomodify   records are not cut at the borders
  -B secs       give bins out when records are this far past them
  -P field      order of the records in a bin, as rasort -m`;

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
  const client = await openClient("rabins", words, { B: "value", f: "value", P: "value" }, MODES);
  const { modes, keys, own, print } = client.options;
  if (own.has("f")) {
    throw new Problem("unsupported", "Expected no -f: rabins takes no racluster.conf here", { found: "-f" });
  }
  const at = modes.lastIndexOf("time"), size = at < 0 ? undefined : modes[at + 1];
  if (at >= 0 && size === undefined) {
    throw new Problem("bad-value", "Expected a bin size after -M time but found nothing");
  }
  const hold = own.get("B")?.at(-1);
  const order = own.get("P");
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
    early: "lost",
    range: await rangeOf(client.options),
    order: order && rasortKeys(order),
  });
  const work = binner ?? new Clusterer(settings);
  const put = () => {
    if (!binner) return;
    for (const batch of binner.take()) {
      given += batch.length;
      client.output.put(batch);
      client.output.countAgain();
    }
  };
  await eachRecord(client, {}, (batch, row) => work.add(batch, row), put);
  for (const batch of work.drain()) {
    given += batch.length;
    const full = !client.output.put(batch);
    // -N is for each bin (observed).
    if (binner) client.output.countAgain();
    else if (full) break;
  }
  closeClient(client);
  return given > 0 || client.matched ? 0 : 1;
}

/** The time range that pieces are held to; none when it is negated or depends on each record. */
async function rangeOf({ times, print }: RaOptions): Promise<TimeRange["fixed"]> {
  if (times === undefined) return undefined;
  const { readTimeRange } = await import("../../lib/expression/mod.ts");
  const range = readTimeRange(times, undefined, print.zone);
  return range.negated ? undefined : range.fixed;
}
