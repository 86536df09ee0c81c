import { formatIpv4, formatIpv6, formatMac } from "../../lib/base/mod.ts";
import * as P from "../../lib/decode/mod.ts";

const { PACKET_WORDS, PW_APP, PW_ENCAPS, PW_ENDS, PW_EXTRA, PW_KIND, PW_MPLS, PW_PORTS, PW_PROTO, PW_VLAN } =
  P;

const KINDS = "none tcp udp icmp icmp6 esp igmp ip arp rarp ether llc isis fragment wlan dropped".split(" ");
const ENCAPS = "mevlpiGaP6HCASFsRwzaAJT??JE?XNU";

/** One decoded row as text: kind, addresses, the numbers of the protocol, application bytes and encapsulation letters. */
export function describeRow(c: P.PacketColumns, i = 0): string {
  const kind = c.words[i * PACKET_WORDS + PW_KIND]!, name = KINDS[kind & P.P_KIND_MASK]!;
  if (name === "none" || name === "dropped") return name;
  const e = i * PACKET_WORDS + PW_ENDS, x = c.words;
  const mac = ["ether", "llc", "isis", "wlan", "rarp"].includes(name);
  const end = (j: number) => {
    if (mac) return formatMac(x[j]!, x[j + 1]!);
    return kind & P.P_IP6
      ? formatIpv6(x[j]! >>> 0, x[j + 1]! >>> 0, x[j + 2]! >>> 0, x[j + 3]! >>> 0)
      : formatIpv4(x[j]!);
  };
  const port = c.words[i * PACKET_WORDS + PW_PORTS]!;
  const two = `${port >>> 16}>${port & 0xffff}`;
  const detail: Record<string, string> = {
    tcp: two,
    udp: `${two}${kind & P.P_RTP ? " rtp" : kind & P.P_RTCP ? " rtcp" : ""}${
      c.words[i * PACKET_WORDS + PW_EXTRA] ? ` dns=${c.words[i * PACKET_WORDS + PW_EXTRA]}` : ""
    }`,
    icmp: `${port >> 8}/${port & 255} ${c.words[i * PACKET_WORDS + PW_EXTRA]! >>> 16}:${
      c.words[i * PACKET_WORDS + PW_EXTRA]! & 0xffff
    }${kind & P.P_INNER ? " quotes" : ""}`,
    icmp6: `${port >> 8}/${port & 255}${kind & P.P_INNER ? " quotes" : ""}`,
    esp: `spi=${port >>> 0} seq=${c.words[i * PACKET_WORDS + PW_EXTRA]}`,
    igmp: `${port >> 8} id=${c.words[i * PACKET_WORDS + PW_EXTRA]}`,
    arp: `op=${port}`,
    rarp: `op=${port}`,
    llc: two,
    ether: "0x" + c.words[i * PACKET_WORDS + PW_PROTO]!.toString(16),
    isis: `pdu=${c.words[i * PACKET_WORDS + PW_PORTS]}`,
    ip: `proto=${c.words[i * PACKET_WORDS + PW_PROTO]}`,
    fragment: `proto=${c.words[i * PACKET_WORDS + PW_PROTO]} id=${
      c.words[i * PACKET_WORDS + PW_EXTRA]! >>> 0
    } at=${c.fragOffset[i]}${kind & P.P_LAST_FRAGMENT ? " last" : ""}`,
    wlan: `${port >> 8}.${port & 255}`,
  };
  let letters = "";
  for (let b = 0; b < ENCAPS.length; b++) {
    if (c.words[i * PACKET_WORDS + PW_ENCAPS]! & (1 << b)) letters += ENCAPS[b];
  }
  const bits = [
    kind & P.P_FIRST_FRAGMENT ? "first" : "",
    kind & P.P_TUNNEL ? "tunnel" : "",
    kind & P.P_RAW_PATH ? "raw" : "",
    kind & P.P_VLAN ? `vlan=${c.words[i * PACKET_WORDS + PW_VLAN]}` : "",
    kind & P.P_MPLS ? `label=${c.words[i * PACKET_WORDS + PW_MPLS]! >>> 12}` : "",
    name === "tcp" && !(kind & P.P_TCP_HEADER) ? "cut" : "",
  ].filter((b) => b !== "");
  return [
    name,
    `${end(e)}>${end(e + 4)}`,
    detail[name],
    `app=${c.words[i * PACKET_WORDS + PW_APP]}`,
    letters,
    ...bits,
  ].filter((t) => t !== "").join(" ");
}
