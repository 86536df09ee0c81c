/**
 * Memory of metering with millions of flows alive at once, the coldest of them on disk (`maxLive`).
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl } from "./options/paths.ts";
import { OutputFile } from "./options/output_file.ts";
import { manyFlows } from "./synth/many_flows.ts";

const USAGE = `usage: bench_live.ts [--flows 5000000] [--max-live 100000]
Makes a capture whose flows are all alive together, meters it with argus.ts and prints time and largest resident size (Linux).`;

const o = parseArgs(Deno.args, {
  string: ["flows", "max-live"],
  boolean: ["help"],
  default: { flows: "5000000", "max-live": "100000" },
});
const flows = Number(o.flows), most = Number(o["max-live"]);
if (o.help || !(flows >= 1) || !(most >= 1)) {
  console.log(USAGE);
  Deno.exit(o.help ? 0 : 1);
}
const folder = Deno.makeTempDirSync({ prefix: "panoptes-bench-" });
try {
  const capture = `${folder}/live.pcap`, conf = `${folder}/argus.conf`, file = new OutputFile(capture);
  manyFlows(flows, 50, (bytes) => file.write(bytes));
  file.close();
  Deno.writeTextFileSync(conf, "ARGUS_FLOW_STATUS_INTERVAL=3600\nARGUS_IP_TIMEOUT=3600\n");
  const begun = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", fromFileUrl(new URL("argus.ts", import.meta.url)), "-F", conf]
      .concat(["--max-live", String(most), "-r", capture, "-w", `${folder}/out.argus`]),
  }).spawn();
  let peak = 0;
  const watch = setInterval(() => {
    try {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // The process has ended, or this system has no /proc.
    }
  }, 50);
  const { code } = await child.status;
  clearInterval(watch);
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `${flows} live flows, ${most} of them in memory: ${seconds.toFixed(1)} s, largest resident size ${
      peak.toFixed(0)
    } MiB, exit status ${code}`,
  );
  Deno.exitCode = code === 0 && peak < 1024 ? 0 : 1;
} finally {
  Deno.removeSync(folder, { recursive: true });
}
