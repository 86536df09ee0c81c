/**
 * Makes everything in `fixtures/` again: every packet is synthetic, every byte follows from this code.
 *
 * ```sh
 * deno run -A scripts/make_fixtures.ts [folder]
 * ```
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { SMALL_CAPTURES } from "./synth/small.ts";
import { threadCaptures } from "./synth/thread.ts";

/** Names and contents of all fixtures. */
export function fixtures(): Map<string, Uint8Array> {
  const { full, only } = threadCaptures();
  const files = new Map<string, Uint8Array>([
    ["thread-full.pcap.gz", gzipSync(full, { level: 9 })],
    ["thread-only.pcap.gz", gzipSync(only, { level: 9 })],
  ]);
  for (const { name, make } of SMALL_CAPTURES) files.set(name, make());
  files.set("README.md", new TextEncoder().encode(readme()));
  return files;
}

function readme(): string {
  const rows = [
    [
      "thread-full.pcap.gz",
      "The case: a week of one host's traffic with two long connections on the same ports.",
    ],
    ["thread-only.pcap.gz", "The two connections of the case alone, as a packet filter would leave them."],
    ...SMALL_CAPTURES.map(({ name, intent }) => [name, intent]),
  ];
  return [
    "# Fixtures",
    "",
    "Synthetic captures, no real traffic. `deno run -A scripts/make_fixtures.ts` makes them again; do not edit.",
    "",
    "| file | what it shows |",
    "| --- | --- |",
    ...rows.map(([name, intent]) => `| \`${name}\` | ${intent} |`),
    "",
    "## observed/",
    "",
    "Small captures made by hand (packets of `10.0.0.0/8`, `192.168.0.0/16` and `fd00::/8`), each for a few rules. `cases.json` says",
    "for every case what argus 3.0.8.2 and a client were asked and what they printed; `tests/scripts/observed_test.ts` asks our",
    "programs the same.",
    "",
  ].join("\n");
}

if (import.meta.main) {
  const folder = Deno.args[0] ?? new URL("../fixtures", import.meta.url).pathname;
  Deno.mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of fixtures()) {
    Deno.writeFileSync(`${folder}/${name}`, bytes);
    console.log(`${String(bytes.length).padStart(9)}  ${name}`);
  }
}
