import {
  between,
  both,
  either,
  equals,
  load,
  negate,
  never,
  OUT,
  type PacketView,
  type Test,
  TRUE,
} from "./packet_machine.ts";
import * as W from "./packet_words.ts";

/** What a filter must know of a link type: where things stand and how a protocol is recognised. */
export interface LinkLayout {
  /** In libpcap's words, for messages. */
  readonly name: string;
  /** Bytes of link header, where fixed. */
  readonly payload: number;
  /** Bytes between payload and network header (LLC and SNAP). */
  readonly network: number;
  /** Kind of type field. */
  readonly style:
    | "ethernet"
    | "cooked"
    | "cooked2"
    | "ppp"
    | "hdlc"
    | "llc"
    | "wlan"
    | "family"
    | "magic"
    | "raw"
    | "ip4"
    | "ip6";
  /** Place of the type field. */
  readonly type: number;
  /** Places of destination and source MAC. */
  readonly macs?: readonly [destination: number, source: number];
  /** Finds `link` and `payload` of a frame where they are not fixed. */
  readonly prepare?: (p: PacketView) => void;
}

const RAW: LinkLayout = { name: "Raw IP", payload: 0, network: 0, style: "raw", type: 0 };
const PPP: LinkLayout = { name: "PPP", payload: 4, network: 0, style: "ppp", type: 2 };
const NULL: LinkLayout = { name: "BSD loopback", payload: 4, network: 0, style: "family", type: 0 };

const LAYOUTS: ReadonlyMap<number, LinkLayout> = new Map<number, LinkLayout>([
  [1, { name: "Ethernet", payload: 14, network: 0, style: "ethernet", type: 12, macs: [0, 6] }],
  [0, NULL],
  [108, NULL],
  [9, PPP],
  [50, PPP],
  [104, { name: "Cisco HDLC", payload: 4, network: 0, style: "hdlc", type: 2 }],
  [113, { name: "Linux cooked v1", payload: 16, network: 0, style: "cooked", type: 14 }],
  [276, { name: "Linux cooked v2", payload: 20, network: 0, style: "cooked2", type: 0 }],
  [178, { name: "Juniper Ethernet", payload: 16, network: 16, style: "magic", type: 0 }],
  [12, RAW],
  [14, RAW],
  [101, RAW],
  [228, { name: "Raw IPv4", payload: 0, network: 0, style: "ip4", type: 0 }],
  [229, { name: "Raw IPv6", payload: 0, network: 0, style: "ip6", type: 0 }],
  [10, { name: "FDDI", payload: 13, network: 8, style: "llc", type: 6, macs: [1, 7] }],
  [105, { name: "802.11", payload: 0, network: 8, style: "wlan", type: 6, prepare: wlanHeader }],
  [127, {
    name: "802.11 plus radiotap header",
    payload: 0,
    network: 8,
    style: "wlan",
    type: 6,
    prepare: radiotap,
  }],
]);

/** Layout of a link type, `undefined` where packet filters are not carried out. */
export function linkLayout(linkType: number): LinkLayout | undefined {
  return LAYOUTS.get(linkType);
}

/** 802.11: 24 bytes, 26 for data frames with quality of service. */
function wlanHeader(p: PacketView): void {
  const control = p.link < p.end ? p.bytes[p.link]! : 0;
  p.payload = p.link + ((control & 0x8c) === 0x88 ? 26 : 24);
}

function radiotap(p: PacketView): void {
  if (p.link + 4 > p.end) {
    p.payload = p.link = p.end;
    return;
  }
  p.link += p.bytes[p.link + 2]! | (p.bytes[p.link + 3]! << 8);
  wlanHeader(p);
}

/** Protocols as PPP numbers them (RFC 1661 and the registry of IANA). */
const PPP_PROTOCOLS: ReadonlyMap<number, number> = new Map([
  [W.ETHERTYPE_IP, 0x21],
  [W.ETHERTYPE_IP6, 0x57],
  [W.ETHERTYPE_MPLS, 0x281],
  [0x6003, 0x27],
  [0x809b, 0x29],
]);
const PPP_SAPS: ReadonlyMap<number, number> = new Map([[0xfe, 0x23], [0x42, 0x31], [0xe0, 0x2b]]);

/** PPP protocol number of an ethertype or, below 1501, of an LLC SAP. */
export function pppProtocol(type: number): number {
  return (type > 1500 ? PPP_PROTOCOLS : PPP_SAPS).get(type) ?? type;
}

/** Types up to this are LLC service access points. */
const LAST_SAP = 1500;
const ISO = 0xfe, IPX = 0xe0, NETBEUI = 0xf0, IPX_TYPE = 0x8137, ATALK = 0x809b, AARP = 0x80f3;

/** SNAP header with this organisation and type right behind the link header. */
function snap(at: number, organisation: number, type: number): Test {
  return both(
    equals(load("payload", at + 4, 4), ((organisation << 16) | type) >>> 0),
    equals(load("payload", at, 4), (0xaaaa0300 | (organisation >>> 16)) >>> 0),
  );
}

/** LLC with this SAP on both ends, or only as destination. */
function sap(at: number, type: number): Test {
  return type === ISO || type === NETBEUI
    ? equals(load("payload", at, 2), (type << 8) | type)
    : equals(load("payload", at, 1), type);
}

/** Frames whose type field is a length or says LLC: the SAPs, and what may come as SNAP. */
function behindLlc(at: number, type: number): Test {
  switch (type) {
    case IPX:
      return either(
        snap(at, 0, IPX_TYPE),
        either(equals(load("payload", at, 1), IPX), equals(load("payload", at, 2), 0xffff)),
      );
    case ATALK:
      return snap(at, 0x080007, ATALK);
    case AARP:
      return snap(at, 0, AARP);
    default:
      return type <= LAST_SAP ? sap(at, type) : never;
  }
}

/** Type field or LLC, where the field tells which of the two. */
function typed(at: number, field: Test, llc: Test, type: number): Test {
  const inside = behindLlc(at, type);
  const behind = inside === never ? never : both(llc, inside);
  return type > LAST_SAP || type === IPX ? either(field, behind) : behind;
}

/** BSD address families as the three BSDs number IPv6. */
function family(p: PacketView, type: number): number {
  if (p.link + 4 > p.end) return OUT;
  const word = p.data.getUint32(p.link);
  // Captures of either byte order.
  const value = word > 0xffff ? (word >>> 24) | ((word >>> 8) & 0xff00) : word;
  if (type === W.ETHERTYPE_IP) return +(value === 2);
  return +(type === W.ETHERTYPE_IP6 && (value === 24 || value === 28 || value === 30));
}

/** Whether the link layer says the packet is of an ethertype or, below 1501, an LLC SAP. */
export function linkTypeTest(layout: LinkLayout, type: number, typeAt: number, payloadAt: number): Test {
  const word = load("link", typeAt, 2);
  switch (layout.style) {
    case "ethernet":
      return typed(
        payloadAt,
        equals(word, type === IPX ? IPX_TYPE : type),
        between(word, 0, LAST_SAP),
        type,
      );
    case "cooked":
      // 4 is LINUX_SLL_P_802_2.
      return typed(payloadAt, equals(word, type === IPX ? IPX_TYPE : type), equals(word, 4), type);
    case "cooked2":
      return equals(word, type);
    case "ppp":
      return equals(word, pppProtocol(type));
    case "hdlc":
      return equals(word, type === ISO ? 0xfefe : type);
    case "wlan":
      // Only data frames carry packets.
      return both(WLAN_DATA, llcType(type, typeAt, payloadAt));
    case "llc":
      return llcType(type, typeAt, payloadAt);
    case "family":
      return (p) => family(p, type);
    case "magic":
      // Juniper does not say what it carries: libpcap takes every packet of theirs for every protocol.
      return equals(load("link", 0, 4), 0x4d474300, 0xffffff00);
    case "ip4":
      return type === W.ETHERTYPE_IP ? () => TRUE : never;
    case "ip6":
      return type === W.ETHERTYPE_IP6 ? () => TRUE : never;
    case "raw": {
      const version = load("link", 0, 1);
      if (type === W.ETHERTYPE_IP) return equals(version, 0x40, 0xf0);
      return type === W.ETHERTYPE_IP6 ? equals(version, 0x60, 0xf0) : never;
    }
  }
}

function llcType(type: number, typeAt: number, payloadAt: number): Test {
  const inside = behindLlc(payloadAt, type);
  return inside === never ? equals(load("payload", typeAt, 2), type) : inside;
}

const WLAN_DATA = equals(load("link", 0, 1), 0x08, 0x0c);

/** A test of the source or destination station of an 802.11 frame; control frames have none. */
export function wlanMac(end: "source" | "destination", test: (mac: number) => Test): Test {
  const management = equals(load("link", 0, 1), 0x00, 0x0c);
  const toDs = equals(load("link", 1, 1), 1, 1), fromDs = equals(load("link", 1, 1), 2, 2);
  const choose = (when: Test, then: Test, otherwise: Test) =>
    either(both(when, then), both(negate(when), otherwise));
  if (end === "destination") {
    return either(both(management, test(4)), both(WLAN_DATA, choose(toDs, test(16), test(4))));
  }
  const data = choose(toDs, choose(fromDs, test(24), test(10)), choose(fromDs, test(16), test(10)));
  return either(both(management, test(10)), both(WLAN_DATA, data));
}
