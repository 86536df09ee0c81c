import { readFileSync } from "node:fs";
import { Problem } from "../../lib/base/mod.ts";
import {
  Clusterer,
  ConfClusterer,
  type Correction,
  numberedKey,
  parseRaclusterConf,
} from "../../lib/cluster/mod.ts";
import { closeClient, eachBatch, openClient } from "./ra_client.ts";
import { isReadAhead, sourcesOf } from "./ra_source.ts";

const USAGE = `usage: racluster [-f conf] [-m field[/mask] ...] [-M mode ...] [ra options] [- filter]
  -f conf       racluster.conf with models
  -m fields     key of the aggregation; none, matrix, macmatrix, addr, mac, port
  -M mode       correct nocorrect preserve nopreserve norep rmon ind, and of our own:
                evidence  one record per true connection, directions corrected by evidence`;

// uni and oui are known and change nothing (observed).
const MODES = [
  "correct",
  "nocorrect",
  "preserve",
  "nopreserve",
  "norep",
  "rmon",
  "ind",
  "evidence",
  "uni",
  "oui",
];

/** Runs `racluster`; gives its exit status: 0 when a record was put out, 1 when none was. */
export async function main(words: readonly string[]): Promise<number> {
  if (words.includes("-h") || words.includes("--help")) {
    console.log(USAGE);
    return 1;
  }
  const client = await openClient("racluster", words, { f: "value", V: "none" }, MODES);
  const { options } = client;
  const modes = options.modes;
  const last = (yes: string, no: string, initial: boolean) =>
    modes.reduce((v, m) => m === yes || m !== no && v, initial);
  const correct = last("correct", "nocorrect", false);
  const by = options.keys.length > 0 ? options.keys : undefined;
  // An aggregator whose key lacks an end switches the reader's direction repair off (argus-format section 8).
  const whole = !by || ["proto", "saddr", "sport", "daddr", "dport"].every((f) => by.includes(f));
  const settings = {
    correct: correction(modes, correct && !by),
    rules: modes.includes("evidence") ? "exact" as const : "argus" as const,
    preserve: last("preserve", "nopreserve", true),
  };
  const clustering = { ...settings, by, report: !modes.includes("norep"), rmon: modes.includes("rmon") };
  const conf = options.own.get("f")?.at(-1);
  const numbered = conf === undefined ? numberedKey(clustering) : undefined;
  const make = conf === undefined
    ? (isNumbered: boolean) => new Clusterer(clustering, isNumbered)
    : byConf(conf, settings);
  const files = modes.includes("ind") ? options.files.splice(0) : [];
  let given = 0;
  const run = async () => {
    // Keys are looked up by the thread that reads, so that this one only merges.
    const key = isReadAhead(sourcesOf(options)) ? numbered : undefined;
    const clusterer = make(key !== undefined);
    const put = () => {
      const done = clusterer.take();
      if (!done) return;
      given += done.length;
      client.output.put(done);
    };
    await eachBatch(client, { correct: correct || whole }, (batch, rows, count) => {
      clusterer.addRows(batch, rows, count);
      put();
    }, key);
    clusterer.each((batch, row) => {
      given++;
      return client.output.putRow(batch, row);
    });
  };
  if (files.length === 0) await run();
  for (const file of files) {
    options.files.splice(0, options.files.length, file);
    await run();
  }
  closeClient(client);
  return given > 0 || client.matched ? 0 : 1;
}

function correction(modes: readonly string[], correct: boolean): Correction {
  return modes.includes("evidence") ? "evidence" : correct ? "argus" : "none";
}

interface Settings {
  readonly correct: Correction;
  readonly rules: "exact" | "argus";
  readonly preserve: boolean;
}

/** Makes clusterers by the models of a racluster.conf. */
function byConf(path: string, settings: Settings): () => ConfClusterer {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Problem("bad-value", "Expected a readable racluster.conf but could not read it", {
      source: path,
      cause,
    });
  }
  const conf = parseRaclusterConf(text, path);
  // Without -M the file says which models correct; -M correct or evidence is for all of them.
  const correct = settings.correct === "none" ? undefined : settings.correct;
  return () => new ConfClusterer(conf, { ...settings, correct });
}
