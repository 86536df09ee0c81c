import { readFileSync } from "node:fs";
import { Problem } from "../../lib/base/mod.ts";
import { parseRaclusterConf } from "../../lib/cluster/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { cacheFlows, isStoreUrl, openEngine, parseStoreUrl } from "../../lib/stores/mod.ts";
import { type Client, closeClient, eachBatch, openClient } from "./ra_client.ts";

const USAGE =
  `usage: rasqlinsert -w mysql://[user[:password]@]host[:port]/db/table [-M mode ...] [-m field ...] [-f conf] [ra options] [- filter]
  -w url        the table; also sqlite:file?table=name and duckdb:file?table=name
  -s fields     columns of a table that has to be made
  -m fields     key of the aggregation and of the table; none
  -M cache      merge with the rows that the table holds
  -M drop       drop the table first
  -M evidence   of our own: a row for each true connection, directions corrected by evidence`;

const MODES = ["cache", "drop", "evidence"];

/** Takes `-w url` out of the words: the shared options know files only. */
function takeUrl(words: readonly string[]): { url: string; rest: string[] } {
  const at = words.findIndex((w, i) =>
    (w === "-w" && isStoreUrl(words[i + 1] ?? "")) || isStoreUrl(w.replace(/^-w/, "")) && w.startsWith("-w")
  );
  if (at < 0) {
    throw new Problem("bad-value", `must specify database\n\n${USAGE}`, {
      expected: "-w mysql://host/db/table",
    });
  }
  const joined = words[at] !== "-w";
  return {
    url: joined ? words[at]!.slice(2) : words[at + 1]!,
    rest: words.filter((_, i) => i !== at && (joined || i !== at + 1)),
  };
}

/** Runs `rasqlinsert`; gives its exit status. Unlike the real program it ends when its input does. */
export async function main(words: readonly string[]): Promise<number> {
  if (words.includes("-h") || words.includes("--help")) {
    console.log(USAGE);
    return 1;
  }
  const { url, rest } = takeUrl(words);
  const client = await openClient("rasqlinsert", rest, { f: "value" }, MODES);
  const { modes, keys, columns, own } = client.options;
  if (modes.includes("drop")) await drop(url);
  const conf = own.get("f")?.at(-1);
  const evidence = modes.includes("evidence");
  const fields = columns.map((c) => c.field.name);
  await cacheFlows(records(client), url, {
    correct: evidence ? "evidence" : "argus",
    ...(evidence ? client.options.chosen ? { fields } : {} : { fields }),
    by: keys.length > 0 ? keys : undefined,
    conf: conf === undefined ? undefined : parseRaclusterConf(readConf(conf), conf),
    // The real program asks for the key of a record only, and holds all it has read in memory.
    ask: "forward",
    blind: !modes.includes("cache"),
    window: modes.includes("cache") || evidence ? Infinity : undefined,
  });
  closeClient(client);
  return 0;
}

function readConf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new Problem("bad-value", "Expected a readable racluster.conf but could not read it", {
      source: path,
      cause,
    });
  }
}

async function drop(text: string): Promise<void> {
  const url = parseStoreUrl(text);
  const engine = await openEngine(url);
  const quote = url.dialect === "mysql" ? "`" : '"';
  await engine.run(`DROP TABLE IF EXISTS ${quote}${url.table}${quote}`);
  await engine.close();
}

/** The records that the options let through, as a stream. */
async function* records(client: Client): AsyncGenerator<R.RecordBatch> {
  const kept: R.RecordBatch[] = [];
  let wake: () => void = () => {}, done = false;
  const run = eachBatch(client, {}, (batch, rows, count) => {
    const out = new R.RecordBatch(Math.max(1, count));
    for (let i = 0; i < count; i++) out.append(batch, rows[i]!);
    kept.push(out);
    wake();
  }).finally(() => {
    done = true;
    wake();
  });
  for (;;) {
    while (kept.length > 0) yield kept.shift()!;
    if (done) break;
    await new Promise<void>((resolve) => wake = resolve);
  }
  await run;
}
