/**
 * One capture under several settings: the records, what differs, and why.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { OutputFile } from "./options/output_file.ts";
import { fromFileUrl } from "./options/paths.ts";
import {
  againstJson,
  againstText,
  argus,
  compareSettings,
  comparisonJsonText,
  comparisonText,
  parseColumns,
  presetOf,
  PRESETS,
  Problem,
  type Progress,
  progress,
  readPcap,
  type Settings,
} from "../mod.ts";

const USAGE =
  `usage: compare.ts [capture] [-S list] [--tcp-timeout list] [--clock argus|exact] [--packets filter]
                  [--preset list] [--fields list] [--rows n] [--no-remedy] [--json] [filter]
       compare.ts --against flows [--packets filter] [--rows n] [--json] capture [filter]

  capture        pcap or pcapng, plain or gzip or zstd; a file, glob, URL or - for standard input
  -S             status intervals, comma separated: 5s,60s,1h,never (numbers are seconds)
  --tcp-timeout  idle timeouts of TCP, comma separated; every combination is one setting
  --clock        argus (as the real program, default) or exact (each flow's timers fire on their own)
  --preset       meters to imitate, comma separated, instead of argus: ${
    Object.keys(PRESETS).slice(1).join(", ")
  }
  --against      a published table of flows (CICFlowMeter, NFStream, nfdump or ra CSV, Zeek conn.log): which settings reproduce it best?
  --packets      tcpdump filter on packets, before metering
  filter         ra filter on records, for example: host 10.0.2.104 and port 49227

Without arguments: the mailing-list case on the capture in fixtures/.`;

/** The case the project began with. */
const CASE = {
  capture: "../fixtures/thread-full.pcap.gz",
  status: "999999,99999,59999,19999",
  filter: "host 10.0.2.104 and port 49227 and host 147.32.83.57 and port 5552",
};

function list(value: string | undefined, fallback: string): string[] {
  return (value ?? fallback).split(",").map((v) => v.trim()).filter((v) => v !== "");
}

/** A preset under every combination of the times given. */
function presetSettings(name: string, status: string | undefined, tcp: string | undefined): Settings[] {
  const preset = presetOf(name);
  return (status === undefined ? [undefined] : list(status, "")).flatMap((s) =>
    (tcp === undefined ? [undefined] : list(tcp, "")).map((t) =>
      preset({ ...(s === undefined ? {} : { status: s }), ...(t === undefined ? {} : { tcp: t }) })
    )
  );
}

async function main(args: readonly string[]): Promise<number> {
  const known = new Set([
    "S",
    "tcp-timeout",
    "clock",
    "preset",
    "against",
    "packets",
    "fields",
    "rows",
    "json",
    "help",
    "h",
    "remedy",
    "_",
  ]);
  const o = parseArgs([...args], {
    string: ["S", "tcp-timeout", "clock", "preset", "against", "packets", "fields", "rows"],
    boolean: ["json", "help", "remedy"],
    negatable: ["remedy"],
    default: { remedy: true },
    alias: { h: "help" },
  });
  const stranger = Object.keys(o).find((k) => !known.has(k));
  if (stranger !== undefined) {
    throw new Problem("unknown-name", `Expected an option of compare.ts but found --${stranger}\n\n${USAGE}`);
  }
  if (o.help) {
    console.log(USAGE);
    return 0;
  }
  const [given, ...words] = o._.map(String);
  const capture = given ?? fromFileUrl(new URL(CASE.capture, import.meta.url));
  const filter = words.length > 0 ? words.join(" ") : given === undefined ? CASE.filter : "";
  if (o.clock !== undefined && o.clock !== "argus" && o.clock !== "exact") {
    throw new Problem("bad-value", `Expected --clock to be argus or exact but found "${o.clock}"`);
  }
  const clock = (o.clock ?? "argus") as "argus" | "exact";
  const rows = o.rows === undefined ? 60 : Number(o.rows);
  if (!Number.isInteger(rows) || rows < 0) {
    throw new Problem("bad-value", `Expected --rows to be a whole number but found "${o.rows}"`);
  }
  let packets = readPcap(capture);
  if (o.packets) packets = packets.packets(o.packets);
  if (o.against !== undefined) {
    const found = await packets.against(o.against, {
      ...(o.rows === undefined ? {} : { rows }),
      ...(filter === "" ? {} : { filter }),
    });
    console.log(o.json ? JSON.stringify(againstJson(found), undefined, 2) : againstText(found));
    return 0;
  }
  const settings = o.preset === undefined
    ? list(o.S, given === undefined ? CASE.status : "5s,60s").flatMap((status) =>
      list(o["tcp-timeout"], "60s").map((tcp) => argus({ status, tcp, clock }))
    )
    : list(o.preset, "").flatMap((name) => presetSettings(name, o.S, o["tcp-timeout"]));
  let bar: Progress | undefined;
  const comparison = await compareSettings(
    packets.from,
    { settings, rows, remedies: o.remedy, ...(filter === "" ? {} : { filter }) },
    {
      onProgress(read, total) {
        bar ??= progress({ label: `metering ${packets.from.name}`, total, unit: "bytes" });
        bar.update(read);
      },
      onProblem: (p) => console.error(`compare: ${p.message}`),
    },
  );
  await bar?.stop();
  if (o.json) {
    const out = new OutputFile("-"), encoder = new TextEncoder();
    for (const piece of comparisonJsonText(comparison)) out.write(encoder.encode(piece));
    out.write(encoder.encode("\n"));
  } else {
    const columns = parseColumns([
      o.fields ?? "stime:26 dur:14 proto saddr sport dir daddr dport state:9 stos dtos pkts bytes",
    ], {
      strict: true,
    });
    console.log(
      comparisonText(comparison, { columns, numbers: 1, state: "b", timeFormat: "%Y/%m/%d %T.%f" }),
    );
  }
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(`compare: ${error.message}`);
    Deno.exit(1);
  }
}
