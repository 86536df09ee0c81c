import { assertEquals } from "@std/assert";
import { formatIpv4, formatIpv6 } from "../../lib/base/mod.ts";
import { openFrames } from "../../lib/capture/mod.ts";
import * as P from "../../lib/decode/mod.ts";
import { sharedPath } from "./shared.ts";

// deno-fmt-ignore
const {
  PACKET_WORDS, PW_ACK, PW_APP, PW_ENDS, PW_FLAGS, PW_IP, PW_KIND, PW_PORTS, PW_PROTO, PW_SEQ, PW_WIN,
} = P;

const FIELDS = [
  "frame.number",
  "frame.protocols",
  "ip.src",
  "ip.dst",
  "ip.proto",
  "ip.ttl",
  "ip.dsfield",
  "ip.id",
  "ip.frag_offset",
  "ip.flags.mf",
  "ipv6.src",
  "ipv6.dst",
  "ipv6.hlim",
  "tcp.srcport",
  "tcp.dstport",
  "tcp.seq_raw",
  "tcp.ack_raw",
  "tcp.flags",
  "tcp.window_size_value",
  "tcp.len",
  "udp.srcport",
  "udp.dstport",
  "frame.len",
  "ip.len",
];

/** One decoded row in tshark's words, for the fields that a plain TCP or UDP packet has. */
function describe(c: P.PacketColumns, i: number): string {
  const kind = c.words[i * PACKET_WORDS + PW_KIND]!,
    e = i * PACKET_WORDS + PW_ENDS,
    x = c.words,
    ip = c.words[i * PACKET_WORDS + PW_IP]!;
  const v6 = (kind & P.P_IP6) !== 0;
  const end = (j: number) =>
    v6 ? formatIpv6(x[j]! >>> 0, x[j + 1]! >>> 0, x[j + 2]! >>> 0, x[j + 3]! >>> 0) : formatIpv4(x[j]!);
  const ports = `${c.words[i * PACKET_WORDS + PW_PORTS]! >>> 16} ${
    c.words[i * PACKET_WORDS + PW_PORTS]! & 0xffff
  }`;
  const head = [
    end(e),
    end(e + 4),
    c.words[i * PACKET_WORDS + PW_PROTO],
    ip >>> 24,
    v6 ? "" : `${(ip >>> 16) & 255} ${ip & 0xffff}`,
    ports,
  ].join(" ");
  if ((kind & P.P_KIND_MASK) === P.P_UDP) return head;
  return [
    head,
    c.words[i * PACKET_WORDS + PW_SEQ]! >>> 0,
    c.words[i * PACKET_WORDS + PW_ACK]! >>> 0,
    c.words[i * PACKET_WORDS + PW_FLAGS],
    c.words[i * PACKET_WORDS + PW_WIN],
    v6 ? "" : c.words[i * PACKET_WORDS + PW_APP],
  ].join(" ");
}

/** The same from a line of tshark, or undefined when the packet is not plain (tunnel, fragment, ICMP error, cut header). */
function expected(line: string): { frame: number; text: string } | undefined {
  const f = line.split("\t");
  if (f.some((v, j) => j > 1 && v.includes(","))) return undefined;
  const [number, protocols, src, dst, , ttl, tos, id, frag, mf, src6, dst6, hlim] = f as string[];
  const [sport, dport, seq, ack, flags, win, len, usport, udport, frameLength, ipLength] = f.slice(
    13,
  ) as string[];
  if (/icmp|teredo|gtp|vxlan|geneve|ah\b/.test(protocols!)) return undefined;
  const v6 = src6 !== "";
  // tshark cuts a total length that the frame cannot hold; we believe it, as Argus does.
  if (Number(ipLength || 0) > Number(frameLength) || (sport !== "" && len === "")) return undefined;
  if (v6 === (src !== "") || mf === "1" || mf === "True" || Number(frag || 0) !== 0) return undefined;
  const tcp = sport !== "";
  if (tcp ? win === "" : usport === "") return undefined;
  const head = [
    v6 ? src6 : src,
    v6 ? dst6 : dst,
    tcp ? 6 : 17,
    v6 ? hlim : ttl,
    v6 ? "" : `${Number(tos)} ${Number(id)}`,
    tcp ? `${sport} ${dport}` : `${usport} ${udport}`,
  ].join(" ");
  const text = tcp ? [head, seq, ack, Number(flags) & 0xff, win, v6 ? "" : len].join(" ") : head;
  return { frame: Number(number), text };
}

async function tshark(path: string): Promise<string[] | undefined> {
  try {
    const args = [
      "-r",
      path,
      "-n",
      "-o",
      "ip.defragment:false",
      "-o",
      "ipv6.defragment:false",
      "-T",
      "fields",
    ];
    args.push(...FIELDS.flatMap((f) => ["-e", f]));
    const { stdout } = await new Deno.Command("tshark", { args, stderr: "null" }).output();
    return new TextDecoder().decode(stdout).split("\n").filter((l) => l !== "");
  } catch {
    return undefined;
  }
}

const CAPTURES = (Deno.env.get("PANOPTES_TSHARK_CAPTURES") ?? [
  "ndpi_quickplay.pcap",
  "suri_decode-chdlc-01_hdlc-http_1tx.pcap",
  "suri_tcp-fastopen-10-syn-data-ignore_input.pcap",
  "zeek_dns_dns_extended_rcode.pcap",
  "zeek_linux_dlt_sll2.pcap",
  "arkime_ospf.pcap",
].join(",")).split(",");

for (const name of CAPTURES) {
  const path = sharedPath(`corpus/pcap/${name}`);
  Deno.test({
    name: `headers of ${name} read as tshark reads them${path ? "" : " (skipped: no ../shared/corpus)"}`,
    ignore: path === undefined,
    async fn() {
      const lines = await tshark(path!);
      if (!lines) return console.log("    skipped: tshark is not installed");
      const want = new Map<number, string>();
      for (const line of lines) {
        const e = expected(line);
        if (e) want.set(e.frame, e.text);
      }
      const c = new P.PacketColumns(16384), wrong: string[] = [];
      for await (const batch of openFrames(path!)) {
        P.decode(batch, c, { quirks: "none" });
        for (let i = 0; i < c.length; i++) {
          const text = want.get(c.firstFrame + i);
          if (text === undefined) continue;
          const found = describe(c, i);
          if (found !== text) wrong.push(`frame ${c.firstFrame + i}: ${found}, tshark ${text}`);
        }
      }
      assertEquals(wrong.slice(0, 5), []);
    },
  });
}
