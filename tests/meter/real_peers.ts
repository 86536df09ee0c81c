import { readFlowText } from "../../lib/formats/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { type PeerRow, peerRows } from "./peer_rows.ts";

/** Whether a program is installed. */
export async function hasProgram(...names: string[]): Promise<boolean> {
  for (const name of names) {
    const found = await new Deno.Command("sh", {
      args: ["-c", `command -v ${name}`],
      stdout: "null",
      stderr: "null",
    }).output();
    if (!found.success) return false;
  }
  return true;
}

async function sh(script: string, cwd: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", script],
    cwd,
    stdout: "piped",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

/** Columns of nfdump that tell a record to the millisecond. The duration is not among them: it overflows where times stand crosswise. */
const FORMAT = "fmt:%ts,%te,%pr,%sa,%sp,%da,%dp,%flg,%pkt,%byt";
const HEADER = "ts,te,pr,sa,sp,da,dp,flg,ipkt,ibyt\n";

async function nfdump(directory: string): Promise<PeerRow[]> {
  const text = await sh(`TZ=UTC nfdump -R out -6 -O tstart -q -N -o "${FORMAT}"`, directory);
  return nfdumpRows(text);
}

/** Rows of nfdump's text in that format. */
export async function nfdumpRows(text: string): Promise<PeerRow[]> {
  const lines = text.split("\n").filter((l) => l.split(",").length === 10).map((l) =>
    l.split(",").map((c) => c.trim()).join(",")
  );
  if (lines.length === 0) return [];
  const all = new R.RecordBatch(16);
  for await (
    const batch of readFlowText(new TextEncoder().encode(HEADER + lines.join("\n") + "\n"), { strict: true })
  ) {
    for (let row = 0; row < batch.length; row++) all.append(batch, row);
  }
  return peerRows(all);
}

async function inScratch<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await Deno.makeTempDir({ prefix: "peers" });
  try {
    return await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** What nfpcapd makes of a capture file. */
export function nfpcapdRows(capture: string, options = ""): Promise<PeerRow[]> {
  return inScratch(async (directory) => {
    await sh(`mkdir out; nfpcapd -r '${capture}' -w out ${options}`, directory);
    return await nfdump(directory);
  });
}

/**
 * What softflowd makes of a capture file, by way of a collector on this machine. IPFIX carries absolute times (NetFlow 9 shifts them by
 * part of a second); nfdump 1.7.1 reads them crosswise.
 */
export function softflowdRows(capture: string, options = ""): Promise<PeerRow[]> {
  return inScratch(async (directory) => {
    const port = 20000 + Math.floor(Math.random() * 20000);
    await sh(
      `mkdir out; nfcapd -b 127.0.0.1 -p ${port} -w out -t 3600 -B 8000000 & collector=$!; sleep 0.3; ` +
        `softflowd -r '${capture}' -a -n 127.0.0.1:${port} -v 10 -d -c none -p out/pid ${options}; sleep 0.4; ` +
        "kill $collector; wait $collector; rm -f out/pid",
      directory,
    );
    const rows = await nfdump(directory);
    return rows.map((row) => ({
      ...row,
      start: Math.min(row.start, row.end),
      end: Math.max(row.start, row.end),
    }));
  });
}

/** A Python that has NFStream: named by PANOPTES_NFSTREAM, or the one in the path. */
export async function nfstreamPython(): Promise<string | undefined> {
  for (const python of [Deno.env.get("PANOPTES_NFSTREAM"), "python3"]) {
    if (!python || !await hasProgram(python)) continue;
    const { success } = await new Deno.Command(python, { args: ["-c", "import nfstream"], stderr: "null" })
      .output();
    if (success) return python;
  }
  return undefined;
}

/** What NFStream makes of a capture file; `options` are arguments of its streamer. */
export function nfstreamRows(python: string, capture: string, options = ""): Promise<PeerRow[]> {
  return inScratch(async (directory) => {
    const script = "from nfstream import NFStreamer\nimport sys\nif __name__ == '__main__':\n" +
      ` NFStreamer(source=sys.argv[1], n_dissections=0, statistical_analysis=True, n_meters=1, ${options})` +
      ".to_csv(path=sys.argv[2], columns_to_anonymize=[])\n";
    await Deno.writeTextFile(`${directory}/run.py`, script);
    await new Deno.Command(python, {
      args: [`${directory}/run.py`, capture, `${directory}/flows.csv`],
      stdout: "null",
      stderr: "null",
    })
      .output();
    const all = new R.RecordBatch(16);
    for await (const batch of readFlowText(`${directory}/flows.csv`, { strict: true })) {
      for (let row = 0; row < batch.length; row++) all.append(batch, row);
    }
    return peerRows(all);
  });
}
