import { Counter, type Totals } from "../../lib/cluster/mod.ts";
import { OutputFile } from "./output_file.ts";
import { closeClient, eachRecord, openClient } from "./ra_client.ts";

const USAGE = `usage: racount [-M proto] [-M addr] [ra options] [- filter]
  -M proto      sums by protocol
  -M addr       different addresses by kind`;

const TITLES =
  "racount   records     total_pkts     src_pkts       dst_pkts       total_bytes        src_bytes          dst_bytes\n";

function line(name: string, records: number, t: Totals): string {
  const columns: (readonly [number, number])[] = [
    [records, 12],
    [t.packets, 15],
    [t.sourcePackets, 15],
    [t.destinationPackets, 15],
    [t.bytes, 19],
    [t.sourceBytes, 19],
    [t.destinationBytes, 18],
  ];
  return `${name.padStart(7).padEnd(10)}${columns.map(([n, width]) => String(n).padEnd(width)).join("")}\n`;
}

/** Runs `racount`; gives its exit status: 0 when a record was counted, 1 when none was. */
export async function main(words: readonly string[]): Promise<number> {
  if (words.includes("-h") || words.includes("--help")) {
    console.log(USAGE);
    return 1;
  }
  const client = await openClient("racount", words, {}, ["proto", "addr"]);
  const protocols = client.options.modes.includes("proto"), addresses = client.options.modes.includes("addr");
  const counter = new Counter({ protocols, addresses, argus: true });
  let failed: unknown;
  try {
    await eachRecord(client, {}, (batch, row) => counter.add(batch, row));
  } catch (error) {
    failed = error;
  }
  const totals = counter.totals;
  // The management record that opens the stream counts as one (cluster.md section 7).
  let text = TITLES + line("sum", totals.records + 1, totals);
  if (protocols) {
    text += "Protocol Summary\n";
    for (const t of counter.protocols()) text += line(nameOf(t.protocol), t.records, t);
  }
  if (addresses) {
    text += "Address Summary\n";
    for (const t of counter.addresses()) {
      text += `  ${t.kind.padEnd(25)} src ${String(t.source).padEnd(11)} dst ${
        String(t.destination).padEnd(10)
      }\n`;
    }
  }
  new OutputFile("-").write(new TextEncoder().encode(text));
  if (failed) throw failed;
  closeClient(client);
  return totals.records > 0 || client.matched ? 0 : 1;
}

/** Ethernet types without a name print as a number in ra, not here; names are cut to 8 characters. */
function nameOf(protocol: string): string {
  return /^\d+$/.test(protocol) ? "unknown" : protocol.slice(0, 8);
}
