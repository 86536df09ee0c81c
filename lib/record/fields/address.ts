import { formatIpv4, formatIpv6, formatMac } from "../../base/mod.ts";
import type { RecordBatch } from "../batch.ts";
import * as R from "../layout.ts";
import { etherTypeName, sapName } from "../names/ethertypes.ts";
import { protocolName } from "../names/protocols.ts";
import { serviceName } from "../names/services.ts";
import type { Sink } from "../print/sink.ts";
import { type Field, type IpfixElement, type PrintStyle, type Put, text } from "./field.ts";
import { isisDestination, isisPort, isisSource } from "./isis.ts";
import { hasTcpFigures, isEmptyBin } from "./row.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  DADDR, DOUBLES, DPORT, D_PKTS, FLAGS, FLAG_MAR, FLAG_MASKS, FLAG_MATRIX, FLAG_METRIC, FLAG_REVERSE,
  KEY_ARP, KEY_ETHER, KEY_EXTRA, KEY_IPV4, KEY_IPV6, KEY_ISIS, KEY_NONE, KEY_RARP, KEY_TYPE,
  KEY_WLAN, NET, NET_RTCP, NET_RTP, NET_UDT, PROTO, SADDR, SPORT, S_PKTS, TCP_STATUS, TCP_SYN,
  TCP_SYNACK, WORDS,
} = R;

/** A MAC address as printed; the broadcast address has a name. */
export function macText(high: number, low: number): string {
  return high === -1 && low >>> 16 === 0xffff ? "Broadcast" : formatMac(high, low);
}

function managementText(batch: RecordBatch, row: number, key: string): string {
  return String(batch.more?.get(row)?.mar?.[key] ?? "");
}

/**
 * Address of a row at word offset `SADDR` or `DADDR` as text: dotted IPv4, compressed IPv6, MAC (`named`: the broadcast address
 * by name).
 */
export function addressText(batch: RecordBatch, row: number, offset: number, named = false): string {
  const at = row * WORDS, w = batch.words, a = at + offset;
  if ((w[at + FLAGS]! & FLAG_MAR) !== 0) {
    return managementText(batch, row, offset === SADDR ? "queue" : "bufs");
  }
  switch (w[at + KEY_TYPE]) {
    case KEY_IPV6:
      return formatIpv6(w[a]!, w[a + 1]!, w[a + 2]!, w[a + 3]!);
    case KEY_ETHER:
    case KEY_RARP:
    case KEY_WLAN:
      return named ? macText(w[a]!, w[a + 1]!) : formatMac(w[a]!, w[a + 1]!);
    case KEY_ISIS:
      return offset === SADDR ? isisSource(batch, row) : isisDestination(batch, row);
    case KEY_NONE:
      return "";
    default:
      return formatIpv4(w[a]!);
  }
}

function putAddress(offset: number): (style: PrintStyle) => Put {
  return (style) => (batch, row, sink) => {
    const at = row * WORDS, key = batch.words[at + KEY_TYPE];
    if (key === KEY_IPV4 && (batch.words[at + FLAGS]! & FLAG_MAR) === 0) {
      sink.ipv4(batch.words[at + offset]!);
    } else {
      const text = addressText(batch, row, offset, style.macNames);
      const nothing = text === "" && style.delimiter !== "" && (key === KEY_ISIS || isEmptyBin(batch, row));
      sink.ascii(nothing ? "(null)" : text);
    }
  };
}

/**
 * Addresses in rasort's order: by kind of flow (IPv4, IPv6, Ethernet, ARP, ...), then by value (cluster.md section 7); IPv6 word by word as a
 * little endian machine reads them (observed).
 */
function addressOrder(offset: number): (batch: RecordBatch, row: number) => string {
  return (batch, row) => {
    const at = row * WORDS, w = batch.words, key = w[at + KEY_TYPE]!;
    // Both columns order Ethernet flows by their source.
    const from = at + (key === KEY_ETHER ? SADDR : offset);
    const n = key === KEY_IPV6 ? 4 : key === KEY_IPV4 || key === KEY_ARP ? 1 : 2;
    // IS-IS stands behind other Ethernet flows, in no order of its own.
    if (key === KEY_ISIS) return `${KEY_ETHER}~`;
    let order = String(key);
    for (let i = 0; i < n; i++) {
      const word = w[from + i]!;
      order += ((n === 4 ? exchanged(word) : word) >>> 0).toString(16).padStart(8, "0");
    }
    return order;
  };
}

function exchanged(word: number): number {
  return word << 24 | (word & 0xff00) << 8 | (word >>> 8) & 0xff00 | word >>> 24;
}

/** Classful network of the address: /8, /16, /24, others whole. */
function network(offset: number): (batch: RecordBatch, row: number) => string {
  return (batch, row) => {
    const at = row * WORDS, key = batch.words[at + KEY_TYPE];
    if (key === KEY_IPV6) return addressText(batch, row, offset);
    if (key === KEY_ARP) return "0.0.0.0";
    // Both networks of RARP are its target (observed).
    if (key === KEY_RARP) return addressText(batch, row, DADDR);
    if ((batch.words[at + FLAGS]! & FLAG_MAR) !== 0) return managementText(batch, row, "queue");
    if (key !== KEY_IPV4) return addressText(batch, row, offset);
    const a = batch.words[at + offset]!, top = a >>> 28;
    if (top === 15) return "0.0.0.0";
    return formatIpv4(top < 8 ? a & 0xff000000 : top < 12 ? a & 0xffff0000 : top < 14 ? a & 0xffffff00 : a);
  };
}

/**
 * Name of the protocol as printed (fields.md section 5): IP protocol, rtp, rtcp or udt for UDP flows of that kind, arp, rarp,
 * llc, ether type, man for management records.
 */
export function protoText(batch: RecordBatch, row: number, numbers = 0): string {
  const at = row * WORDS, w = batch.words;
  const proto = w[at + PROTO]!;
  if ((w[at + FLAGS]! & FLAG_MAR) !== 0) return "man";
  switch (w[at + KEY_TYPE]) {
    case KEY_IPV4:
    case KEY_IPV6: {
      if (numbers === 2) return String(proto);
      const net = w[at + NET];
      if (proto === 17) {
        if (net === NET_RTP) return "rtp";
        if (net === NET_RTCP) return "rtcp";
        if (net === NET_UDT) return "udt";
      }
      return protocolName(proto);
    }
    case KEY_ARP:
      return numbers === 2 ? "2054" : "arp";
    case KEY_RARP:
      return numbers === 2 ? "32821" : "rarp";
    case KEY_WLAN:
      return "wlan";
    case KEY_ISIS:
      return "isis";
    case KEY_ETHER:
      return etherProto(w, at, numbers);
    default:
      return "";
  }
}

/** ISO's service access point, which carries IS-IS. */
const SAP_ISO = 254;

function etherProto(w: Int32Array, at: number, numbers: number): string {
  const type = w[at + PROTO]!;
  if (numbers === 2) return String(type);
  if (w[at + SPORT] === SAP_ISO && w[at + DPORT] === SAP_ISO) return "isis";
  if (type === 0) return "llc";
  const name = etherTypeName(type);
  return name === "unknown" && numbers === 1 ? String(type) : name;
}

const swap16 = (v: number) => (v & 255) << 8 | (v >>> 8) & 255;

/** What stands in a port column. */
const BLANK = 0, SERVICE = 1, HEX4 = 2, HEX8 = 3, DECIMAL = 4, SAP = 5;

function portKind(batch: RecordBatch, row: number, side: 0 | 1): number {
  const at = row * WORDS, w = batch.words, flags = w[at + FLAGS]!;
  if ((flags & (FLAG_MAR | FLAG_MATRIX)) !== 0) return BLANK;
  const proto = w[at + PROTO]!;
  switch (w[at + KEY_TYPE]) {
    case KEY_IPV4:
      if (proto === 6 || proto === 17) return SERVICE;
      if (proto === 1) return HEX4;
      return proto === 50 && side === 1 ? HEX8 : BLANK;
    case KEY_IPV6:
      if (proto === 6 || proto === 17) return SERVICE;
      if (proto === 58) return DECIMAL;
      return proto === 50 && side === 1 ? HEX8 : BLANK;
    case KEY_ETHER:
      return SAP;
    default:
      return BLANK;
  }
}

/** The number a port column stands for: port, ICMP word as printed, SPI, SAP; `NaN` when the record has none. */
export function portNumber(batch: RecordBatch, row: number, side: 0 | 1): number {
  const v = batch.words[row * WORDS + SPORT + side]!;
  switch (portKind(batch, row, side)) {
    case BLANK:
      return NaN;
    case HEX4:
      return side === 0 ? v & 0xffff : swap16(v);
    case HEX8:
      // A little endian reader writes the mask lengths, mostly 32 and 32, over the upper half of the SPI (format section 4).
      return batch.words[row * WORDS + KEY_TYPE] === KEY_IPV4
        ? maskLengths(batch, row) * 65_536 + (v & 0xffff)
        : v >>> 0;
    default:
      return v & 0xffff;
  }
}

/** Mask lengths as the number their two bytes make on a little endian machine: the destination's first. */
function maskLengths(batch: RecordBatch, row: number): number {
  const at = row * WORDS;
  if ((batch.words[at + FLAGS]! & FLAG_MASKS) === 0) return 0x2020;
  const masks = batch.words[at + KEY_EXTRA]!;
  return (masks & 0xff) << 8 | (masks >>> 8) & 0xff;
}

function putPort(side: 0 | 1): (style: PrintStyle) => Put {
  return (style) => (batch, row, sink) => {
    writePort(batch, row, side, sink, style);
    // The original ends the checksum of IS-IS with a delimiter of its own.
    if (side === 1 && style.delimiter !== "" && batch.words[row * WORDS + KEY_TYPE] === KEY_ISIS) {
      sink.ascii(style.delimiter);
    }
  };
}

function writePort(batch: RecordBatch, row: number, side: 0 | 1, sink: Sink, style: PrintStyle): void {
  const kind = portKind(batch, row, side);
  if (kind === BLANK) return sink.ascii(portText(side)(batch, row));
  const v = portNumber(batch, row, side);
  const names = style.numbers === 0 || style.numbers === 3;
  switch (kind) {
    case SERVICE: {
      if (!names) return sink.integer(v);
      if (v === 0) return;
      const name = serviceName(batch.words[row * WORDS + PROTO] === 6 ? "tcp" : "udp", v);
      if (name === undefined) sink.integer(v);
      else sink.ascii(name);
      return;
    }
    case SAP:
      return names ? sink.ascii(sapName(v)) : sink.integer(v);
    case DECIMAL:
      if (!names) return sink.integer(v);
  }
  sink.ascii("0x");
  // An SPI of 0 has all its digits in columns of fixed width only (observed).
  if (kind === HEX8 && v === 0 && style.delimiter !== "") sink.byte(48);
  else sink.hex(v, kind === HEX8 ? 8 : 4);
}

function portText(side: 0 | 1): (batch: RecordBatch, row: number) => string {
  return (batch, row) => {
    const kind = portKind(batch, row, side), v = portNumber(batch, row, side);
    if (kind === BLANK) {
      const at = row * WORDS;
      if ((batch.words[at + FLAGS]! & FLAG_MAR) !== 0) {
        return managementText(batch, row, side === 0 ? "dropped" : "clients");
      }
      if (side === 1 && batch.words[at + KEY_TYPE] === KEY_ISIS) return isisPort(batch, row);
      return batch.words[at + KEY_TYPE] === KEY_NONE && !isEmptyBin(batch, row) ? "(null)" : "";
    }
    if (kind === HEX8 && v === 0) return "0x0";
    if (kind === HEX4 || kind === HEX8) return `0x${v.toString(16).padStart(kind === HEX8 ? 8 : 4, "0")}`;
    return String(v);
  };
}

/**
 * Ports in rasort's order: what is neither TCP nor UDP counts as 0, but ICMPv6 as its type or code; an IPv6 record that
 * the reader turned round has its ports exchanged in the memory of the original (observed).
 */
function portOrder(which: 0 | 1): (batch: RecordBatch, row: number) => number {
  return (batch, row) => {
    let side = which;
    const at = row * WORDS, proto = batch.words[at + PROTO];
    if (batch.words[at + KEY_TYPE] === KEY_IPV6) {
      if (proto === 58) return portNumber(batch, row, side);
      if ((batch.words[at + FLAGS]! & FLAG_REVERSE) !== 0) side = side === 0 ? 1 : 0;
    }
    return proto === 6 || proto === 17 ? portNumber(batch, row, side) || 0 : 0;
  };
}

/**
 * The direction indicator of three characters: `->`, `<->`, `?>`, `<?`, `<?>`, `<-`, `who` and so on, blanks kept (fields.md
 * section 7, DIR-4).
 */
export function direction(batch: RecordBatch, row: number): string {
  const at = row * WORDS, w = batch.words, flags = w[at + FLAGS]!;
  if ((flags & FLAG_MAR) !== 0 || (flags & FLAG_METRIC) === 0) return "";
  const key = w[at + KEY_TYPE];
  if (key === KEY_ARP || key === KEY_RARP) return "who";
  const s = batch.doubles[row * DOUBLES + S_PKTS]! > 0,
    d = batch.doubles[row * DOUBLES + D_PKTS]! > 0;
  if (hasTcpFigures(batch, row)) {
    if ((w[at + TCP_STATUS]! & (TCP_SYN | TCP_SYNACK)) !== 0) {
      if ((flags & FLAG_REVERSE) !== 0) return "<- ";
      return s || d ? " ->" : "  >";
    }
    return s ? d ? "<?>" : " ?>" : d ? "<? " : " ? ";
  }
  return s ? d ? "<->" : " ->" : d ? "<- " : "   ";
}

/** Whether {@linkcode direction} holds a `?`: TCP that was seen without its beginning. */
export function isDirectionUnknown(batch: RecordBatch, row: number): boolean {
  const at = row * WORDS, w = batch.words, flags = w[at + FLAGS]!, key = w[at + KEY_TYPE];
  if ((flags & FLAG_MAR) !== 0 || (flags & FLAG_METRIC) === 0 || key === KEY_ARP || key === KEY_RARP) {
    return false;
  }
  return (w[at + TCP_STATUS]! & (TCP_SYN | TCP_SYNACK)) === 0 && hasTcpFigures(batch, row);
}

const PORT = { left: true, merge: "key", sql: "varchar(10) not null" } as const;
const ADDRESS = { merge: "key", sql: "varchar(64) not null" } as const;
const SRC_IP: IpfixElement = { name: "sourceIPv4Address", id: 8 };
const DST_IP: IpfixElement = { name: "destinationIPv4Address", id: 12 };

/** Who: protocol, addresses, ports, direction. */
export const ADDRESS_FIELDS: readonly Field[] = [
  text("saddr", "SrcAddr", 18, (b, r) => addressText(b, r, SADDR), {
    ...ADDRESS,
    meaning: "source address (IPv4, IPv6 or MAC; ARP: the asking IP address)",
    xml: "SrcAddr",
    ipfix: SRC_IP,
    sort: addressOrder(SADDR),
    print: putAddress(SADDR),
  }),
  text("daddr", "DstAddr", 18, (b, r) => addressText(b, r, DADDR), {
    ...ADDRESS,
    meaning: "destination address (ARP: the IP address asked for)",
    xml: "DstAddr",
    ipfix: DST_IP,
    sort: addressOrder(DADDR),
    print: putAddress(DADDR),
  }),
  text("proto", "Proto", 6, protoText, {
    meaning: "protocol of the flow",
    merge: "key",
    sql: "varchar(16) not null",
    xml: "Proto",
    ipfix: { name: "protocolIdentifier", id: 4 },
    // What is not IP counts as protocol 0 (observed of rasort).
    sort: (b, r) => {
      const key = b.words[r * WORDS + KEY_TYPE];
      return key === KEY_IPV4 || key === KEY_IPV6 ? b.words[r * WORDS + PROTO]! : 0;
    },
    print: (style) => {
      const numbers = style.numbers;
      return (batch, row, sink) => sink.ascii(protoText(batch, row, numbers));
    },
  }),
  text("sport", "Sport", 6, portText(0), {
    ...PORT,
    meaning: "source port; ICMP: type and code; LLC: SSAP",
    xml: "SrcPort",
    ipfix: { name: "sourceTransportPort", id: 7 },
    sort: portOrder(0),
    print: putPort(0),
  }),
  text("dport", "Dport", 6, portText(1), {
    ...PORT,
    meaning: "destination port; ICMP: id; ESP: SPI; LLC: DSAP",
    xml: "DstPort",
    ipfix: { name: "destinationTransportPort", id: 11 },
    sort: portOrder(1),
    print: putPort(1),
  }),
  text("dir", "Dir", 5, (b, r) => direction(b, r).trim(), {
    meaning: "direction of the flow: -> <-> ?> <? <?> <- who",
    merge: "derived",
    sql: "varchar(3)",
    xml: "Dir",
    ipfix: { name: "biflowDirection", id: 239 },
    // The leading blanks belong to the text, even in delimiter mode (fields.md section 1).
    print: (_style, width) => (batch, row, sink) => {
      const text = direction(batch, row);
      if (text === "") return;
      sink.fill(32, width - 3);
      sink.ascii(text);
    },
  }),
  text("snet", "SrcNet", 18, network(SADDR), {
    ...ADDRESS,
    sql: "varchar(64)",
    meaning: "classful network of the source address",
    merge: "derived",
  }),
  text("dnet", "DstNet", 18, network(DADDR), {
    ...ADDRESS,
    sql: "varchar(64)",
    meaning: "classful network of the destination address",
    merge: "derived",
  }),
];
