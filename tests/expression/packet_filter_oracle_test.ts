import { assertEquals } from "@std/assert";
import { existsSync, readdirSync } from "node:fs";
import { Problem } from "../../lib/base/mod.ts";
import { openFrames } from "../../lib/capture/mod.ts";
import { compilePacketFilter } from "../../lib/expression/packet_filter.ts";
import { FILTERS } from "./packet_filters.ts";

const SHARED = Deno.env.get("PANOPTES_SHARED") ?? new URL("../../../shared", import.meta.url).pathname;
const FIXTURES = new URL("../../fixtures", import.meta.url).pathname;
/** Captures of every link type the corpus has, tunnels, fragments, cut and fuzzed packets. */
const CORPUS = [
  "arkime_arkime_synthetic.pcap",
  "arkime_gtp-iphone.pcap",
  "arkime_ospf.pcap",
  "libpcap_filter_Network_Join_Nokia_Mobile.pcap",
  "libpcap_filter_ieee802.11_exthdr.pcap",
  "ndpi_fuzz-2006-06-26-2594.pcap",
  "ndpi_fuzz-2006-09-29-28586.pcap",
  "ndpi_iphone.pcap",
  "ndpi_stun.pcap",
  "nfs_1kxun.pcap",
  "ppp_ExamplesTest_pcap_examples_many-protocols.pcap",
  "ppp_Pcap_Test_PcapExamples_ip6_fragments.pcap",
  "suri_decode-chdlc-01_hdlc-http_1tx.pcap",
  "suri_decode-too-small_test.pcap",
  "suri_decode-vntag-01_input.pcap",
  "suri_tcp-fastopen-10-syn-data-ignore_input.pcap",
  "tcpdump_HDLC.pcap",
  "tcpdump_isis_iid_tlv.pcap",
  "tcpdump_isis_poi.pcap",
  "tcpdump_wb-oobr.pcap",
  "treplay_test.pcap",
  "zeek_cisco-fabric-path.pcap",
  "zeek_dns-inverse-query.pcap",
  "zeek_dns_dns_extended_rcode.pcap",
  "zeek_ipv6_zero_len_ah.pcap",
  "zeek_linux_dlt_sll2.pcap",
  "zeek_tunnels_gre-sample.pcap",
];

function captures(): string[] {
  const own = existsSync(FIXTURES)
    ? readdirSync(FIXTURES).filter((f) => /\.pcap(ng)?$/.test(f)).map((f) => `${FIXTURES}/${f}`)
    : [];
  return [...own, ...CORPUS.map((f) => `${SHARED}/corpus/pcap/${f}`).filter((f) => existsSync(f))];
}

/** Packets that tcpdump lets through, "refused" when it does not take the filter for this link type. */
async function tcpdump(path: string, filter: string): Promise<number | "refused"> {
  const { stdout, stderr } = await new Deno.Command("tcpdump", { args: ["--count", "-r", path, filter] })
    .output();
  const text = new TextDecoder();
  const found = /^(\d+) packets?/m.exec(text.decode(stdout));
  if (found) return Number(found[1]);
  return text.decode(stderr).includes("rejects all packets") ? 0 : "refused";
}

async function ours(path: string, filter: string): Promise<number | "refused"> {
  let n = 0;
  try {
    const passes = compilePacketFilter(filter);
    for await (const batch of openFrames(path)) {
      // libpcap stops at an interface of another kind.
      if (batch.foreign) break;
      for (let i = 0; i < batch.length; i++) if (passes(batch, i)) n++;
    }
  } catch (e) {
    if (e instanceof Problem && e.code === "unsupported") return "refused";
    throw e;
  }
  return n;
}

async function installed(): Promise<boolean> {
  try {
    return (await new Deno.Command("tcpdump", { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

const files = captures(), present = await installed();
const missing = !present ? "tcpdump is not installed" : files.length < 20 ? "no ../shared/corpus" : "";

Deno.test({
  name: `${FILTERS.length} packet filters pass what tcpdump passes on ${files.length} captures${
    missing && ` (skipped: ${missing})`
  }`,
  ignore: missing !== "",
  async fn() {
    // A third of the pairs, every filter and every capture among them; PANOPTES_ALL=1 takes all.
    const every = Deno.env.get("PANOPTES_ALL") ? 1 : 3;
    const jobs = files.flatMap((file, j) =>
      FILTERS.filter((_, k) => (j + k) % every === 0).map((filter) => ({ file, filter }))
    );
    const wrong: string[] = [];
    const work = async () => {
      for (let job = jobs.pop(); job; job = jobs.pop()) {
        const [want, found] = await Promise.all([tcpdump(job.file, job.filter), ours(job.file, job.filter)]);
        if (want !== found) {
          wrong.push(`${job.file.split("/").at(-1)} "${job.filter}": ${found}, tcpdump ${want}`);
        }
      }
    };
    await Promise.all([work(), work(), work(), work()]);
    assertEquals(wrong, []);
  },
});
