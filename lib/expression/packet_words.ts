/** Protocol words and what they ask of a packet: an ethertype, an LLC SAP, or an IP protocol over IPv4, IPv6 or both. */
export interface ProtocolWord {
  readonly ethertype?: number;
  /** LLC service access point. */
  readonly sap?: number;
  readonly ip?: number;
  readonly over?: "ip" | "ip6" | "both";
}

/** Ethertypes met by name in a filter. */
export const ETHERTYPE_IP = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_RARP = 0x8035;
export const ETHERTYPE_IP6 = 0x86dd;
export const ETHERTYPE_VLAN = 0x8100;
export const ETHERTYPE_QINQ = 0x88a8;
export const ETHERTYPE_QINQ_OLD = 0x9100;
export const ETHERTYPE_MPLS = 0x8847;
export const ETHERTYPE_PPPOE_DISCOVERY = 0x8863;
export const ETHERTYPE_PPPOE_SESSION = 0x8864;

/** Protocols of pcap-filter(7). `ether` and its synonyms are qualifiers only. */
export const PROTOCOLS: ReadonlyMap<string, ProtocolWord> = new Map<string, ProtocolWord>([
  ["ip", { ethertype: ETHERTYPE_IP }],
  ["arp", { ethertype: ETHERTYPE_ARP }],
  ["rarp", { ethertype: ETHERTYPE_RARP }],
  ["ip6", { ethertype: ETHERTYPE_IP6 }],
  ["atalk", { ethertype: 0x809b }],
  ["aarp", { ethertype: 0x80f3 }],
  ["decnet", { ethertype: 0x6003 }],
  ["lat", { ethertype: 0x6004 }],
  ["sca", { ethertype: 0x6007 }],
  ["mopdl", { ethertype: 0x6001 }],
  ["moprc", { ethertype: 0x6002 }],
  ["iso", { sap: 0xfe }],
  ["stp", { sap: 0x42 }],
  ["ipx", { sap: 0xe0 }],
  ["netbeui", { sap: 0xf0 }],
  ["tcp", { ip: 6, over: "both" }],
  ["udp", { ip: 17, over: "both" }],
  ["sctp", { ip: 132, over: "both" }],
  ["icmp", { ip: 1, over: "ip" }],
  ["icmp6", { ip: 58, over: "ip6" }],
  ["igmp", { ip: 2, over: "ip" }],
  ["igrp", { ip: 9, over: "ip" }],
  ["pim", { ip: 103, over: "both" }],
  ["vrrp", { ip: 112, over: "ip" }],
  ["carp", { ip: 112, over: "ip" }],
  ["ah", { ip: 51, over: "both" }],
  ["esp", { ip: 50, over: "both" }],
]);

/** Words for the link layer, all alike. */
export const LINK_WORDS: ReadonlySet<string> = new Set(["ether", "link", "fddi", "tr", "wlan"]);

/** Other spellings. */
export const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ["icmpv6", "icmp6"],
  ["ppp", "link"],
  ["slip", "link"],
]);

/** Named numbers for byte expressions. */
export const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ["icmptype", 0],
  ["icmpcode", 1],
  ["icmp-echoreply", 0],
  ["icmp-unreach", 3],
  ["icmp-sourcequench", 4],
  ["icmp-redirect", 5],
  ["icmp-echo", 8],
  ["icmp-routeradvert", 9],
  ["icmp-routersolicit", 10],
  ["icmp-timxceed", 11],
  ["icmp-paramprob", 12],
  ["icmp-tstamp", 13],
  ["icmp-tstampreply", 14],
  ["icmp-ireq", 15],
  ["icmp-ireqreply", 16],
  ["icmp-maskreq", 17],
  ["icmp-maskreply", 18],
  ["icmp6type", 0],
  ["icmp6code", 1],
  ["icmp6-destinationunreach", 1],
  ["icmp6-packettoobig", 2],
  ["icmp6-timeexceeded", 3],
  ["icmp6-parameterproblem", 4],
  ["icmp6-echo", 128],
  ["icmp6-echoreply", 129],
  ["icmp6-multicastlistenerquery", 130],
  ["icmp6-multicastlistenerreportv1", 131],
  ["icmp6-multicastlistenerdone", 132],
  ["icmp6-routersolicit", 133],
  ["icmp6-routeradvert", 134],
  ["icmp6-neighborsolicit", 135],
  ["icmp6-neighboradvert", 136],
  ["icmp6-redirect", 137],
  ["icmp6-routerrenum", 138],
  ["icmp6-nodeinformationquery", 139],
  ["icmp6-nodeinformationresponse", 140],
  ["icmp6-ineighbordiscoverysolicit", 141],
  ["icmp6-ineighbordiscoveryadvert", 142],
  ["icmp6-multicastlistenerreportv2", 143],
  ["icmp6-homeagentdiscoveryrequest", 144],
  ["icmp6-homeagentdiscoveryreply", 145],
  ["icmp6-mobileprefixsolicit", 146],
  ["icmp6-mobileprefixadvert", 147],
  ["icmp6-certpathsolicit", 148],
  ["icmp6-certpathadvert", 149],
  ["icmp6-multicastrouteradvert", 151],
  ["icmp6-multicastroutersolicit", 152],
  ["icmp6-multicastrouterterm", 153],
  ["tcpflags", 13],
  ["tcp-fin", 0x01],
  ["tcp-syn", 0x02],
  ["tcp-rst", 0x04],
  ["tcp-push", 0x08],
  ["tcp-ack", 0x10],
  ["tcp-urg", 0x20],
  ["tcp-ece", 0x40],
  ["tcp-cwr", 0x80],
]);

/** Every other word of the language. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  "and",
  "or",
  "not",
  "src",
  "dst",
  "host",
  "net",
  "mask",
  "port",
  "portrange",
  "proto",
  "protochain",
  "broadcast",
  "multicast",
  "less",
  "greater",
  "len",
  "length",
  "vlan",
  "mpls",
  "pppoed",
  "pppoes",
  "inbound",
  "outbound",
]);

/** Words of the language that are understood but not carried out. */
export const UNSUPPORTED: ReadonlySet<string> = new Set([
  "gateway",
  "geneve",
  "radio",
  "llc",
  "type",
  "subtype",
  "dir",
  "addr1",
  "addr2",
  "addr3",
  "addr4",
  "ra",
  "ta",
  "ifindex",
  "ifname",
  "on",
  "rnr",
  "rulenum",
  "reason",
  "rset",
  "ruleset",
  "srnr",
  "subrulenum",
  "action",
  "esis",
  "es-is",
  "isis",
  "is-is",
  "l1",
  "l2",
  "iih",
  "lsp",
  "snp",
  "csnp",
  "psnp",
  "clnp",
  "lane",
  "bcc",
  "metac",
  "oam",
  "oamf4",
  "connectmsg",
  "metaconnect",
  "vpi",
  "vci",
]);

/** All words, for "did you mean". */
export function* packetWords(): Iterable<string> {
  yield* PROTOCOLS.keys();
  yield* LINK_WORDS;
  yield* SYNONYMS.keys();
  yield* CONSTANTS.keys();
  yield* KEYWORDS;
}
