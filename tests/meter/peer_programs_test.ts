import { assert, assertEquals } from "@std/assert";
import { nfpcapd, type Settings, softflowd } from "../../lib/settings/mod.ts";
import { meterAll } from "./metering.ts";
import { type PeerRow, peerRows, unmatched } from "./peer_rows.ts";
import { hasProgram, nfpcapdRows, nfstreamPython, nfstreamRows, softflowdRows } from "./real_peers.ts";
import { nfstream } from "../../lib/settings/mod.ts";

const fixtures = [
  "disordered",
  "icmp-reply-first",
  "missing-handshake",
  "port-reuse",
  "server-first",
  "synack-first",
]
  .map((name) => new URL(`../../fixtures/${name}.pcap`, import.meta.url).pathname);
const python = await nfstreamPython();

/** Every record of the program has its equal among ours: key, start, end, packets and bytes, for at least 98 %. */
async function compare(settings: Settings, real: (capture: string) => Promise<PeerRow[]>): Promise<void> {
  let matched = 0, records = 0;
  const apart: string[] = [];
  for (const file of fixtures) {
    const [only] = await meterAll(file, [settings]);
    const theirs = await real(file);
    const result = unmatched(peerRows(only!.batch), theirs);
    assert(theirs.length > 0, file);
    matched += result.matched;
    records += Math.max(theirs.length, only!.batch.length);
    apart.push(...result.ours.map((t) => `ours ${t}`), ...result.theirs.map((t) => `theirs ${t}`));
  }
  assert(matched / records >= 0.98, `${matched} of ${records} records are equal:\n${apart.join("\n")}`);
  assertEquals(apart, []);
}

Deno.test({
  name: "nfpcapd: our records of six fixtures are the real program's",
  ignore: !await hasProgram("nfpcapd", "nfdump"),
  fn: () => compare(nfpcapd(), nfpcapdRows),
});

Deno.test({
  name: "softflowd: our records of six fixtures are the real program's",
  ignore: !await hasProgram("softflowd", "nfcapd", "nfdump"),
  fn: () => compare(softflowd(), softflowdRows),
});

Deno.test({
  name:
    "nfstream: our records of six fixtures are the real program's (PANOPTES_NFSTREAM names a Python that has it)",
  ignore: python === undefined,
  fn: () => compare(nfstream(), (capture) => nfstreamRows(python!, capture)),
});

Deno.test({
  name: "nfstream: short timeouts, too",
  ignore: python === undefined,
  fn: () =>
    compare(
      nfstream({ status: "10s", tcp: "2s", ip: "2s", icmp: "2s", other: "2s" }),
      (capture) => nfstreamRows(python!, capture, "idle_timeout=2, active_timeout=10"),
    ),
});
