import { formatIpv4, formatMac } from "../../base/mod.ts";
import type { RecordBatch } from "../batch.ts";
import * as R from "../layout.ts";
import { dscpName } from "../names/dscp.ts";
import {
  blank,
  type Field,
  type FieldNotes,
  hex,
  integer,
  type IpfixElement,
  type NumberGetter,
  reverse,
  text,
} from "./field.ts";
import { macText } from "./address.ts";
import { isProtocol } from "./row.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  ARP_RESP, DPORT, D_IP, D_MPLS, D_PSIZE, FLAGS, FLAG_D_IP, FLAG_D_MPLS, FLAG_D_VLAN, FLAG_ICMP_MAP,
  FLAG_MAC, FLAG_PSIZE, FLAG_S_IP, FLAG_S_MPLS, FLAG_S_VLAN, ICMP_MAP, ICMP_MAP_BODY, MAC, NET, NET_ARP, S_IP,
  S_MPLS, S_PSIZE, VLAN, WORDS,
} = R;

const SIDE_WORD = [S_IP, D_IP] as const, SIDE_FLAG = [FLAG_S_IP, FLAG_D_IP] as const;

/** IP attribute of a side (ttl << 24 | tos << 16 | ip id), `NaN` when the side is absent. */
function attribute(side: 0 | 1, shift: number, mask: number): NumberGetter {
  return (batch, row) => {
    const at = row * WORDS;
    return (batch.words[at + FLAGS]! & SIDE_FLAG[side]) === 0
      ? NaN
      : (batch.words[at + SIDE_WORD[side]]! >>> shift) & mask;
  };
}

/** A value that is there when a flag is set. */
function flagged(flag: number, get: (words: Int32Array, at: number) => number): NumberGetter {
  return (batch, row) => {
    const at = row * WORDS;
    return (batch.words[at + FLAGS]! & flag) === 0 ? NaN : get(batch.words, at);
  };
}

const sttl = attribute(0, 24, 255), dttl = attribute(1, 24, 255);

/** Hops to the sender: from its time to live up to the next power of two. */
function hops(ttl: NumberGetter): NumberGetter {
  return (batch, row) => {
    const v = ttl(batch, row);
    if (v !== v) return NaN;
    let start = 1;
    while (start < v) start *= 2;
    return start - v;
  };
}

function mac(which: 0 | 1): (batch: RecordBatch, row: number) => string {
  return (batch, row) => {
    const at = row * WORDS, w = batch.words;
    if ((w[at + FLAGS]! & FLAG_MAC) === 0) return "";
    const a = w[at + MAC]!, b = w[at + MAC + 1]!, c = w[at + MAC + 2]!;
    return which === 1 ? macText(a, b) : macText(b << 16 | c >>> 16, c << 16);
  };
}

const size = (word: number, shift: number): NumberGetter =>
  flagged(FLAG_PSIZE, (w, at) => {
    const v = w[at + word]!;
    return v === 0 ? NaN : (v >>> shift) & 0xffff;
  });

/** Eight nibbles as hexadecimal digits. */
function sizes(side: 0 | 1): (batch: RecordBatch, row: number) => string {
  return (batch, row) => batch.more?.get(row)?.sizes?.[side]?.map((n) => n.toString(16)).join("") ?? "";
}

const dscp = (side: 0 | 1) => attribute(side, 18, 63);
const OCTET = "tinyint unsigned", SHORT = "smallint unsigned", LONG = "int unsigned";
const el = (name: string, id: number): IpfixElement => ({ name, id });
const TOS = el("ipClassOfService", 5), TTL = el("ipTTL", 192), DSCP = el("ipDiffServCodePoint", 195);
const VLAN_ID = el("dot1qVlanId", 243),
  IP_ID = el("fragmentIdentification", 54),
  MPLS = el("mplsTopLabelStackSection", 70);
const MIN = el("minimumIpTotalLength", 25), MAX = el("maximumIpTotalLength", 26);

const dsb = (name: string, title: string, side: 0 | 1, who: string, xml: string, ipfix: IpfixElement) =>
  integer(name, title, 5, dscp(side), {
    meaning: `differentiated services code point of the ${who}`,
    merge: "last",
    sql: "varchar(4) not null",
    xml,
    ipfix,
    arrow: "uint8",
    print: (style) => (batch, row, sink) => {
      const v = dscp(side)(batch, row);
      if (v !== v) return;
      const name = style.numbers === 2 ? undefined : dscpName(v);
      if (name === undefined) sink.ascii(String(v).padStart(2, " "));
      else sink.ascii(name);
    },
  });

/** IP identification; the original prints the two bytes of the packet exchanged. */
function ipid(name: string, title: string, side: 0 | 1, notes: FieldNotes): Field {
  const get = attribute(side, 0, 0xffff);
  return integer(name, title, 7, get, {
    ...notes,
    print: () => (batch, row, sink) => {
      const v = get(batch, row);
      if (v !== v) return;
      sink.ascii("0x");
      sink.hex((v & 255) << 8 | v >>> 8, 4);
    },
  });
}

/** What the packets' headers said: type of service, time to live, ids, VLAN, MPLS, MAC addresses, sizes. */
export const ATTRIBUTE_FIELDS: readonly Field[] = [
  integer("stos", "sTos", 5, attribute(0, 16, 255), {
    meaning: "type of service byte of the source's last packet",
    merge: "last",
    sql: OCTET,
    xml: "SrcTos",
    ipfix: TOS,
    arrow: "uint8",
  }),
  integer("dtos", "dTos", 5, attribute(1, 16, 255), {
    meaning: "type of service byte of the destination's last packet",
    merge: "last",
    sql: OCTET,
    xml: "DstTos",
    ipfix: reverse(TOS),
    arrow: "uint8",
  }),
  dsb("sdsb", "sDSb", 0, "source", "SrcDSByte", DSCP),
  dsb("ddsb", "dDSb", 1, "destination", "DstDSByte", reverse(DSCP)),
  integer("sttl", "sTtl", 4, sttl, {
    meaning: "time to live of the source's last packet",
    merge: "min",
    sql: OCTET,
    xml: "SrcTtl",
    ipfix: TTL,
    arrow: "uint8",
  }),
  integer("dttl", "dTtl", 4, dttl, {
    meaning: "time to live of the destination's last packet",
    merge: "min",
    sql: OCTET,
    xml: "DstTtl",
    ipfix: reverse(TTL),
    arrow: "uint8",
  }),
  ipid("sipid", "sIpId", 0, {
    meaning: "IP identification of the source's last packet",
    merge: "first",
    sql: SHORT,
    xml: "SrcIpId",
    ipfix: IP_ID,
    arrow: "uint16",
  }),
  ipid("dipid", "dIpId", 1, {
    meaning: "IP identification of the destination's last packet",
    merge: "first",
    sql: SHORT,
    xml: "DstIpId",
    ipfix: reverse(IP_ID),
    arrow: "uint16",
  }),
  integer("shops", "sHops", 5, hops(sttl), {
    meaning: "guessed hops from the source",
    merge: "derived",
    sql: "smallint",
    xml: "SrcHops",
  }),
  integer("dhops", "dHops", 5, hops(dttl), {
    meaning: "guessed hops from the destination",
    merge: "derived",
    sql: "smallint",
    xml: "DstHops",
  }),
  text("smac", "SrcMac", 18, mac(0), {
    meaning: "MAC address of the source",
    merge: "first",
    sql: "varchar(24)",
    xml: "SrcMacAddr",
    ipfix: el("sourceMacAddress", 56),
  }),
  text("dmac", "DstMac", 18, mac(1), {
    meaning: "MAC address of the destination",
    merge: "first",
    sql: "varchar(24)",
    xml: "DstMacAddr",
    ipfix: el("destinationMacAddress", 80),
  }),
  blank("soui", "SrcOui", 9, {
    meaning: "vendor of the source's MAC address (needs a vendor file: blank)",
    merge: "none",
    sql: "varchar(9)",
    xml: "SrcOui",
  }),
  blank("doui", "DstOui", 9, {
    meaning: "vendor of the destination's MAC address (needs a vendor file: blank)",
    merge: "none",
    sql: "varchar(9)",
    xml: "DstOui",
  }),
  integer("smpls", "sMpls", 8, flagged(FLAG_S_MPLS, (w, at) => w[at + S_MPLS]! >>> 12), {
    meaning: "top MPLS label of the source",
    merge: "first",
    sql: LONG,
    ipfix: MPLS,
    arrow: "uint32",
  }),
  integer("dmpls", "dMpls", 8, flagged(FLAG_D_MPLS, (w, at) => w[at + D_MPLS]! >>> 12), {
    meaning: "top MPLS label of the destination",
    merge: "first",
    sql: LONG,
    ipfix: reverse(MPLS),
    arrow: "uint32",
  }),
  hex("svlan", "sVlan", 8, flagged(FLAG_S_VLAN, (w, at) => w[at + VLAN]! >>> 16), {
    meaning: "802.1Q tag of the source",
    merge: "first",
    sql: SHORT,
    arrow: "uint16",
  }),
  hex("dvlan", "dVlan", 8, flagged(FLAG_D_VLAN, (w, at) => w[at + VLAN]! & 0xffff), {
    meaning: "802.1Q tag of the destination",
    merge: "first",
    sql: SHORT,
    arrow: "uint16",
  }),
  integer("svid", "sVid", 6, flagged(FLAG_S_VLAN, (w, at) => (w[at + VLAN]! >>> 16) & 0xfff), {
    meaning: "VLAN id of the source",
    merge: "first",
    sql: SHORT,
    ipfix: VLAN_ID,
    arrow: "uint16",
  }),
  integer("dvid", "dVid", 6, flagged(FLAG_D_VLAN, (w, at) => w[at + VLAN]! & 0xfff), {
    meaning: "VLAN id of the destination",
    merge: "first",
    sql: SHORT,
    ipfix: reverse(VLAN_ID),
    arrow: "uint16",
  }),
  blank("svpri", "sVpri", 6, {
    meaning: "VLAN priority of the source; the original prints nothing",
    merge: "none",
    sql: SHORT,
  }),
  blank("dvpri", "dVpri", 6, {
    meaning: "VLAN priority of the destination; the original prints nothing",
    merge: "none",
    sql: SHORT,
  }),
  text("spktsz", "sPktSz", 12, sizes(0), {
    meaning: "histogram of packet sizes of the source, a hexadecimal digit per bin",
    merge: "statistics",
    sql: "varchar(32)",
    xml: "SrcPktSize",
  }),
  integer("smaxsz", "sMaxPktSz", 12, size(S_PSIZE, 0), {
    meaning: "largest packet of the source",
    unit: "bytes",
    merge: "max",
    sql: SHORT,
    xml: "SrcMaxPktSize",
    ipfix: MAX,
    arrow: "uint16",
  }),
  integer("sminsz", "sMinPktSz", 12, size(S_PSIZE, 16), {
    meaning: "smallest packet of the source",
    unit: "bytes",
    merge: "min",
    sql: SHORT,
    xml: "SrcMinPktSize",
    ipfix: MIN,
    arrow: "uint16",
  }),
  text("dpktsz", "dPktSz", 12, sizes(1), {
    meaning: "histogram of packet sizes of the destination, a hexadecimal digit per bin",
    merge: "statistics",
    sql: "varchar(32)",
    xml: "DstPktSize",
  }),
  integer("dmaxsz", "dMaxPktSz", 12, size(D_PSIZE, 0), {
    meaning: "largest packet of the destination",
    unit: "bytes",
    merge: "max",
    sql: SHORT,
    xml: "DstMaxPktSize",
    ipfix: reverse(MAX),
    arrow: "uint16",
  }),
  integer("dminsz", "dMinPktSz", 12, size(D_PSIZE, 16), {
    meaning: "smallest packet of the destination",
    unit: "bytes",
    merge: "min",
    sql: SHORT,
    xml: "DstMinPktSize",
    ipfix: reverse(MIN),
    arrow: "uint16",
  }),
  text("inode", "Inode", 18, (b, r) => {
    const at = r * WORDS;
    const mapped = (b.words[at + FLAGS]! & FLAG_ICMP_MAP) !== 0 && b.words[at + ICMP_MAP]! >>> 16 !== 0;
    return !mapped ? "" : formatIpv4(b.words[at + ICMP_MAP_BODY + 1]!);
  }, { meaning: "sender of the ICMP error that was mapped to the flow", merge: "first", sql: "varchar(64)" }),
  integer("icmpid", "IcmpId", 6, (b, r) => {
    if (isProtocol(b, r, 58)) return 0;
    if (!isProtocol(b, r, 1)) return NaN;
    const id = b.words[r * WORDS + DPORT]!;
    return (id & 255) << 8 | (id >>> 8) & 255;
  }, {
    meaning: "ICMP id as the file stores it (bytes exchanged)",
    merge: "key",
    sql: SHORT,
    xml: "IcmpId",
    arrow: "uint16",
  }),
  text("resp", "Response", 12, (b, r) => {
    const at = r * WORDS, w = b.words;
    return w[at + NET] === NET_ARP ? formatMac(w[at + ARP_RESP]!, w[at + ARP_RESP + 1]!) : "";
  }, { meaning: "ARP: the MAC address that answered", merge: "last", sql: "varchar(12)", vanishes: true }),
];
