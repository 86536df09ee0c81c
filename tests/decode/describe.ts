import { formatIpv4, formatIpv6, formatMac } from "../../lib/base/mod.ts";
import * as P from "../../lib/decode/mod.ts";

const KINDS = "none tcp udp icmp icmp6 esp igmp ip arp rarp ether llc isis fragment wlan dropped".split(" ");
const ENCAPS = "mevlpiGaP6HCASFsRwzaAJT??JE?XNU";

/** One decoded row as text: kind, addresses, the numbers of the protocol, application bytes and encapsulation letters. */
export function describeRow(c: P.PacketColumns, i = 0): string {
  const kind = c.kind[i]!, name = KINDS[kind & P.P_KIND_MASK]!;
  if (name === "none" || name === "dropped") return name;
  const e = i * P.END_WORDS, x = c.ends;
  const mac = ["ether", "llc", "isis", "wlan", "rarp"].includes(name);
  const end = (j: number) => {
    if (mac) return formatMac(x[j]!, x[j + 1]!);
    return kind & P.P_IP6
      ? formatIpv6(x[j]! >>> 0, x[j + 1]! >>> 0, x[j + 2]! >>> 0, x[j + 3]! >>> 0)
      : formatIpv4(x[j]!);
  };
  const port = c.ports[i]!;
  const two = `${port >>> 16}>${port & 0xffff}`;
  const detail: Record<string, string> = {
    tcp: two,
    udp: `${two}${kind & P.P_RTP ? " rtp" : kind & P.P_RTCP ? " rtcp" : ""}${
      c.extra[i] ? ` dns=${c.extra[i]}` : ""
    }`,
    icmp: `${port >> 8}/${port & 255} ${c.extra[i]! >>> 16}:${c.extra[i]! & 0xffff}${
      kind & P.P_INNER ? " quotes" : ""
    }`,
    icmp6: `${port >> 8}/${port & 255}${kind & P.P_INNER ? " quotes" : ""}`,
    esp: `spi=${port >>> 0} seq=${c.extra[i]}`,
    igmp: `${port >> 8} id=${c.extra[i]}`,
    arp: `op=${port}`,
    rarp: `op=${port}`,
    llc: two,
    ether: "0x" + c.proto[i]!.toString(16),
    isis: `pdu=${c.ports[i]}`,
    ip: `proto=${c.proto[i]}`,
    fragment: `proto=${c.proto[i]} id=${c.extra[i]! >>> 0} at=${c.fragOffset[i]}${
      kind & P.P_LAST_FRAGMENT ? " last" : ""
    }`,
    wlan: `${port >> 8}.${port & 255}`,
  };
  let letters = "";
  for (let b = 0; b < ENCAPS.length; b++) if (c.encaps[i]! & (1 << b)) letters += ENCAPS[b];
  const bits = [
    kind & P.P_FIRST_FRAGMENT ? "first" : "",
    kind & P.P_TUNNEL ? "tunnel" : "",
    kind & P.P_RAW_PATH ? "raw" : "",
    kind & P.P_VLAN ? `vlan=${c.vlan[i]}` : "",
    kind & P.P_MPLS ? `label=${c.mpls[i]! >>> 12}` : "",
    name === "tcp" && !(kind & P.P_TCP_HEADER) ? "cut" : "",
  ].filter((b) => b !== "");
  return [name, `${end(e)}>${end(e + 4)}`, detail[name], `app=${c.app[i]}`, letters, ...bits].filter((t) =>
    t !== ""
  ).join(" ");
}
