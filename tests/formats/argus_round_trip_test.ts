import { assert, assertEquals } from "@std/assert";
import { ArgusWriter, readArgus } from "../../lib/formats/mod.ts";
import { realTest, run } from "./real_programs.ts";

/** Every field of ra whose value comes from a section of the file. */
const FIELDS =
  "stime ltime sstime sltime dstime dltime trans dur mean stddev min max sum saddr daddr proto sport dport stos dtos sttl dttl sipid " +
  "dipid spkts dpkts sbytes dbytes sappbytes dappbytes srcid flgs smac dmac dir sintpkt dintpkt sintpktact dintpktact sintpktidl " +
  "dintpktidl sintpktmax dintpktmin sjit djit sjitact djitidl state suser:40 duser:40 swin dwin seq smpls dmpls svlan dvlan stcpb " +
  "dtcpb tcprtt inode senc denc spktsz smaxsz dminsz sco dco icmpid label sintdist sloss dloss cause bssid ssid tcpopt resp sgap " +
  "dgap sas das snstroke";

/** Reads a real file and writes it again. */
async function rewrite(file: Uint8Array, userLimit: number): Promise<Uint8Array> {
  const writer = new ArgusWriter(undefined, { userLimit });
  for await (const batch of readArgus(file, { strict: true })) writer.writeBatch(batch);
  return writer.take();
}

function print(file: Uint8Array): Promise<string> {
  return run("ra", [
    "-X",
    "-n",
    "-u",
    "-p",
    "6",
    "-c",
    ",",
    "-M",
    "man",
    "-r",
    "-",
    "-s",
    ...FIELDS.split(" "),
  ], file);
}

/** Byte for byte, but for the padding of the metric section, which real writers leave undefined. */
function assertSameBytes(real: Uint8Array, ours: Uint8Array, name: string): void {
  assertEquals(ours.length, real.length, name);
  for (let p = 0; p < real.length;) {
    const end = p + ((real[p + 2]! << 8) | real[p + 3]!) * 4;
    const padding = new Set<number>();
    for (let q = p + 4; (real[p]! & 0xf0) === 0x10 && q < end;) {
      const wide = real[q] === 0x50 || real[q + 1]! & 0x80;
      const next = q + 4 * (wide ? (real[q + 2]! << 8) | real[q + 3]! : real[q + 3]!);
      if (real[q] === 0x10) {
        const qual = real[q + 2]!;
        const used = (real[q + 1]! & 4 ? 3 : 2) * (qual <= 4 ? 2 : 1) * (1 << ((qual - 1) & 3));
        for (let i = q + 4 + used; i < next; i++) padding.add(i);
      }
      q = next;
    }
    for (let i = p; i < end; i++) {
      if (real[i] !== ours[i] && !padding.has(i)) {
        throw new Error(`${name}: byte ${i} is ${ours[i]}, real ${real[i]}`);
      }
    }
    p = end;
  }
}

async function compare(real: Uint8Array, name: string, userLimit = 0): Promise<void> {
  const ours = await rewrite(real, userLimit);
  assertSameBytes(real, ours, name);
  const text = await print(real);
  assert(text.includes("man"), `${name}: ra printed nothing`);
  assertEquals(await print(ours), text, name);
}

realTest(
  "rewriting the records of the client cases keeps every byte and every field ra prints",
  ["ra"],
  async (shared) => {
    const cases = [...Deno.readDirSync(`${shared}/spec/client-cases`)].map((e) => e.name).sort();
    let files = 0;
    for (const name of cases) {
      let file: Uint8Array;
      try {
        file = Deno.readFileSync(`${shared}/spec/client-cases/${name}/in.argus`);
      } catch {
        continue;
      }
      await compare(file, name);
      files++;
    }
    assert(files > 50, `only ${files} files`);
  },
);

/** Captures that between them need every kind of key and section. */
const CAPTURES = [
  "spec/meter-cases/arp-basic/in.pcap",
  "spec/meter-cases/arp-reply-only/in.pcap",
  "spec/meter-cases/esp/in.pcap",
  "spec/meter-cases/frag-rev-high/in.pcap",
  "spec/meter-cases/icmp-timxceed/in.pcap",
  "spec/meter-cases/icmpv6-nd/in.pcap",
  "spec/meter-cases/igmp/in.pcap",
  "spec/meter-cases/ipv6-frag/in.pcap",
  "spec/meter-cases/link-llc/in.pcap",
  "spec/meter-cases/link-mpls/in.pcap",
  "spec/meter-cases/link-sll/in.pcap",
  "spec/meter-cases/link-vlan/in.pcap",
  "spec/meter-cases/rarp/in.pcap",
  "spec/meter-cases/rec-ipopts/in.pcap",
  "spec/meter-cases/udp-dns-id/in.pcap",
  "spec/meter-cases/udp-rtp/in.pcap",
  "corpus/pcap/arkime_arkime_synthetic.pcap",
  "corpus/pcap/arkime_ospf.pcap",
  "corpus/pcap/libpcap_filter_Network_Join_Nokia_Mobile.pcap",
  "corpus/pcap/ndpi_alexa-app.pcapng",
  "corpus/pcap/ndpi_webex.pcap",
  "corpus/pcap/nfs_ip_fragmented_garbage.pcap",
];

realTest(
  "rewriting records of the real meter keeps every byte and every field ra prints",
  ["argus", "ra"],
  async (shared) => {
    const dir = Deno.makeTempDirSync();
    try {
      // argus sleeps a second at the end of each run.
      await Promise.all(CAPTURES.map(async (capture, i) => {
        const out = `${dir}/${i}.argus`;
        await run("argus", ["-X", "-AJZm", "-U", "32", "-r", `${shared}/${capture}`, "-w", out]);
        await compare(Deno.readFileSync(out), capture, 32);
      }));
    } finally {
      Deno.removeSync(dir, { recursive: true });
    }
  },
);

realTest("a compressed file reads like the plain one", ["gzip"], async (shared) => {
  const plain = `${shared}/spec/client-cases/print-default/in.argus`;
  const stream = new Blob([Deno.readFileSync(plain)]).stream().pipeThrough(new CompressionStream("gzip"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  assertEquals(await rewrite(packed, 0), await rewrite(Deno.readFileSync(plain), 0));
});
