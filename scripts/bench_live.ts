/**
 * Memory of metering with millions of flows alive at once, the coldest of them on disk (`maxLive`).
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { ours, runWatched, wholeNumber } from "./bench/processes.ts";
import { OutputFile } from "./options/output_file.ts";
import { manyFlows } from "./synth/many_flows.ts";

const USAGE = `usage: bench_live.ts [--flows 5000000] [--max-live 100000]
Makes a capture whose flows are all alive together, meters it with argus.ts and prints time and largest resident size (Linux).`;

const o = parseArgs(Deno.args, {
  string: ["flows", "max-live"],
  boolean: ["help"],
  default: { flows: "5000000", "max-live": "100000" },
});
if (o.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const flows = wholeNumber("flows", o.flows), most = wholeNumber("max-live", o["max-live"]);
const folder = Deno.makeTempDirSync({ prefix: "panoptes-bench-" });
try {
  const capture = `${folder}/live.pcap`, conf = `${folder}/argus.conf`, file = new OutputFile(capture);
  manyFlows(flows, 50, (bytes) => file.write(bytes));
  file.close();
  Deno.writeTextFileSync(conf, "ARGUS_FLOW_STATUS_INTERVAL=3600\nARGUS_IP_TIMEOUT=3600\n");
  const { seconds, peakMegabytes: peak, status } = await runWatched(Deno.execPath(), [
    ...ours("argus.ts"),
    ...["-F", conf, "--max-live", String(most), "-r", capture, "-w", `${folder}/out.argus`],
  ]);
  console.log(
    `${flows} live flows, ${most} of them in memory: ${seconds.toFixed(1)} s, largest resident size ${
      peak.toFixed(0)
    } MiB, exit status ${status}`,
  );
  Deno.exitCode = status === 0 && peak < 1024 ? 0 : 1;
} finally {
  Deno.removeSync(folder, { recursive: true });
}
