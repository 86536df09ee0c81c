import { assertEquals } from "@std/assert";
import { nfpcapd, type Settings, softflowd } from "../../lib/settings/mod.ts";
import { sharedPath } from "../decode/shared.ts";
import { meterAll } from "./metering.ts";
import { type PeerRow, peerRows, peerRowText } from "./peer_rows.ts";
import { nfdumpRows } from "./real_peers.ts";

const root = sharedPath("spec/preset-cases");

/** The setting that stands for the program and options of a case's command. */
function settingOf(command: string): Settings {
  const option = (name: string) => new RegExp(`-${name} (\\S+)`).exec(command)?.[1];
  if (command.includes("nfpcapd -r")) {
    const [active, inactive] = option("e")?.split(",") ?? [];
    return active === undefined ? nfpcapd() : nfpcapd({
      status: `${active}s`,
      ...Object.fromEntries(["tcp", "ip", "icmp", "other"].map((k) => [k, `${inactive}s`])),
    });
  }
  const life = /maxlife=(\d+)/.exec(command)?.[1], most = / -m (\d+)/.exec(command)?.[1];
  return softflowd({
    ...(life ? { status: `${life}s` } : {}),
    ...(command.includes("-T vlan") ? { flowKey: ["CLASSIC_5_TUPLE", "VLAN"] as const } : {}),
    ...(most ? { rules: { ...softflowd().rules, batch: Number(most), maxFlows: Number(most) } } : {}),
  });
}

/** expected.csv as nfdump would print it without the duration. */
function withoutDuration(csv: string): string {
  return csv.trim().split("\n").slice(1).map((line) => line.split(",").filter((_, i) => i !== 2).join(","))
    .join("\n");
}

/**
 * NetFlow 9 has whole seconds in its header, so times come early by what its last packet is past a second; a record that begins and ends
 * with the first packet has no time at all. Neither is a fact of metering.
 */
function comparable(rows: readonly PeerRow[], theirs: readonly PeerRow[]): string[] {
  const shift = theirs.some((r) => r.start % 1e6 !== 0 && r.end % 1e6 === 0)
    ? Math.max(...rows.map((r) => r.end)) % 1e6
    : 0;
  return rows.map((r) => {
    const timeless = theirs.some((t) => t.start === 0 && t.key === r.key && t.bytes === r.bytes);
    return peerRowText(
      timeless ? { ...r, start: 0, end: 0 } : { ...r, start: r.start - shift, end: r.end - shift },
    );
  }).sort();
}

Deno.test({
  name: "preset cases: records of softflowd 1.1.0 and nfpcapd 1.7.1",
  ignore: root === undefined,
  async fn(t) {
    for (const { name } of [...Deno.readDirSync(root!)].sort((a, b) => a.name < b.name ? -1 : 1)) {
      await t.step(name, async () => {
        const [only] = await meterAll(`${root}/${name}/in.pcap`, [
          settingOf(Deno.readTextFileSync(`${root}/${name}/cmd`)),
        ]);
        const theirs = await nfdumpRows(
          withoutDuration(Deno.readTextFileSync(`${root}/${name}/expected.csv`)),
        );
        assertEquals(comparable(peerRows(only!.batch), theirs), theirs.map(peerRowText).sort());
      });
    }
  },
});
