/**
 * What the words of a record row can hold: kinds, flags, causes, reasons, status, option and encapsulation bits.
 *
 * @module
 */

/** No flow key (management records). */
export const KEY_NONE = 0;
/** IPv4 five tuple, or address pair. */
export const KEY_IPV4 = 1;
/** IPv6 five tuple, or address pair. */
export const KEY_IPV6 = 2;
/** MAC pair and Ethernet type, or LLC access points. */
export const KEY_ETHER = 3;
/** ARP. */
export const KEY_ARP = 4;
/** Reverse ARP. */
export const KEY_RARP = 5;
/** 802.11. */
export const KEY_WLAN = 8;
/** IS-IS. */
export const KEY_ISIS = 10;

/** The key stands in canonical order and its ends must be exchanged to read source -> destination (DIR-3, format 4). */
export const FLAG_REVERSE: number = 1 << 0;
/** A reader exchanged source and destination (format section 4, qualifier 0x20). */
export const FLAG_CORRECTED: number = 1 << 1;
/** Stand-alone fragment flow (FRG-3). */
export const FLAG_FRAGMENT: number = 1 << 2;
/** Layer 3 matrix key (KEY-10). */
export const FLAG_MATRIX: number = 1 << 3;
/** Management record; its body is in `RecordBatch.more`. */
export const FLAG_MAR: number = 1 << 4;
/** Sections present. */
export const FLAG_METRIC: number = 1 << 5;
/** Application bytes are counted. */
export const FLAG_APPBYTES: number = 1 << 6;
/** IP attributes of the source. */
export const FLAG_S_IP: number = 1 << 7;
/** IP attributes of the destination. */
export const FLAG_D_IP: number = 1 << 8;
/** Tag of the source. */
export const FLAG_S_VLAN: number = 1 << 9;
/** Tag of the destination. */
export const FLAG_D_VLAN: number = 1 << 10;
/** Label of the source. */
export const FLAG_S_MPLS: number = 1 << 11;
/** Label of the destination. */
export const FLAG_D_MPLS: number = 1 << 12;
/** MAC section. */
export const FLAG_MAC: number = 1 << 13;
/** Packet sizes. */
export const FLAG_PSIZE: number = 1 << 14;
/** Jitter, in the jitter bank. */
export const FLAG_JITTER: number = 1 << 15;
/** Aggregation statistics, in the agr bank. */
export const FLAG_AGR: number = 1 << 16;
/** Encapsulations. */
export const FLAG_ENCAPS: number = 1 << 17;
/** Probe id and sequence number. */
export const FLAG_TRANSPORT: number = 1 << 18;
/** An ICMP error was mapped on the flow. */
export const FLAG_ICMP_MAP: number = 1 << 19;
/** Source ip attributes carry an option word, likewise destination. */
export const FLAG_S_IPOPT: number = 1 << 20;
/** Option word of the destination. */
export const FLAG_D_IPOPT: number = 1 << 21;
/** IP fragments were seen (flag F), partial (f), overlapping (V). */
export const FLAG_FRAGS: number = 1 << 22;
/** Fragments did not make a whole datagram. */
export const FLAG_FRAG_PARTIAL: number = 1 << 23;
/** Fragments overlapped. */
export const FLAG_FRAG_OVERLAP: number = 1 << 24;
/** Time section present. */
export const FLAG_TIME: number = 1 << 25;
/** Fractions are nanoseconds. */
export const FLAG_NANO: number = 1 << 26;
/** The probe id is a number. */
export const FLAG_SRCID_INT: number = 1 << 27;
/** The probe id is four characters. */
export const FLAG_SRCID_TEXT: number = 1 << 28;
/** The netmask bytes of the key are valid; kept in `KEY_EXTRA` (smask << 8 | dmask). */
export const FLAG_MASKS: number = 1 << 29;
/** The row came from a merge of several records (racluster): rates are pkts/dur (cluster.md section 3). */
export const FLAG_MERGED: number = 1 << 30;
/** Flags under which the rare words of a row may hold something. */
export const FLAGS_RARE: number = FLAG_S_VLAN | FLAG_D_VLAN | FLAG_S_MPLS | FLAG_D_MPLS | FLAG_MAC |
  FLAG_PSIZE |
  FLAG_ICMP_MAP;
/** The reader turned the record round: its loads were computed before (DIR-6; see `sideLoad`). */
export const FLAG_TURNED: number = 1 << 31;

/** First record of a flow. */
export const CAUSE_START = 0x10;
/** A later record of a flow. */
export const CAUSE_STATUS = 0x20;
/** A restarted or complete flow. */
export const CAUSE_STOP = 0x30;
/** A flow that was forgotten. */
export const CAUSE_TIMEOUT = 0x40;
/** End of the capture. */
export const CAUSE_SHUTDOWN = 0x60;
/** Error. */
export const CAUSE_ERROR = 0x80;

/** Why a record was emitted, in the order of {@linkcode END_REASONS}. */
export const END_REASONS = [
  "unknown",
  "status",
  "idle",
  "closed",
  "reset",
  "port-reuse",
  "end-of-capture",
  "evicted",
] as const;
/** Name of an end reason. */
export type EndReason = typeof END_REASONS[number];
/** Not known (read from a file). */
export const END_UNKNOWN = 0;
/** Status interval. */
export const END_STATUS = 1;
/** Idle timeout. */
export const END_IDLE = 2;
/** The connection was closed. */
export const END_CLOSED = 3;
/** The connection was reset. */
export const END_RESET = 4;
/** A new connection took the ports. */
export const END_PORT_REUSE = 5;
/** The capture ended. */
export const END_CAPTURE = 6;
/** The table was full. */
export const END_EVICTED = 7;
/** IPFIX flowEndReason (RFC 5102 element 136) for each end reason: 1 idle, 2 active, 3 end of flow, 4 forced, 5 lack of resources. */
export const FLOW_END_REASON = [0, 2, 1, 3, 3, 3, 4, 5] as const;

/** Why the direction of a record is believed, strongest first after `unknown`. */
export const EVIDENCES = [
  "unknown",
  "syn",
  "synack",
  "remembered",
  "first-packet",
  "icmp-type",
  "corrected",
  "none",
] as const;
/** Name of an evidence. */
export type Evidence = typeof EVIDENCES[number];
/** Not known. */
export const EVIDENCE_UNKNOWN = 0;
/** The SYN was seen. */
export const EVIDENCE_SYN = 1;
/** The SYN-ACK was seen. */
export const EVIDENCE_SYNACK = 2;
/** Remembered from an earlier record. */
export const EVIDENCE_REMEMBERED = 3;
/** Sender of the first packet. */
export const EVIDENCE_FIRST_PACKET = 4;
/** ICMP request or answer. */
export const EVIDENCE_ICMP_TYPE = 5;
/** A correction turned the record. */
export const EVIDENCE_CORRECTED = 6;
/** Nothing supports it. */
export const EVIDENCE_NONE = 7;

/** No network section. */
export const NET_NONE = 0;
/** Short TCP form (TCP-13). */
export const NET_TCP_INIT = 3;
/** TCP status form. */
export const NET_TCP_STATUS = 4;
/** TCP performance form. */
export const NET_TCP_PERF = 5;
/** RTCP. */
export const NET_RTCP = 9;
/** RTP. */
export const NET_RTP = 0x0a;
/** UDT. */
export const NET_UDT = 0x0d;
/** ARP answer. */
export const NET_ARP = 0x10;
/** ICMP object. */
export const NET_ICMP = 0x34;
/** ESP. */
export const NET_ESP = 0x38;
/** Fragment. */
export const NET_FRAG = 0x45;
/** A TCP fragment whose section a reader takes for TCP data, too; the section itself stands in `more.network`. */
export const NET_FRAG_TCP = 0x145;

/** TCP status bits (TCP-2, argus-format section 7). */
export const TCP_SYN = 0x1;
/** SYN-ACK seen. */
export const TCP_SYNACK = 0x2;
/** Established. */
export const TCP_EST = 0x4;
/** FIN seen. */
export const TCP_FIN = 0x8;
/** FIN acknowledged. */
export const TCP_FINACK = 0x10;
/** Closed in order. */
export const TCP_CLOSED = 0x20;
/** Close wait. */
export const TCP_WAIT = 0x40;
/** The source sent again. */
export const TCP_S_RETRANS = 0x100;
/** The destination sent again. */
export const TCP_D_RETRANS = 0x200;
/** Window of the source shut. */
export const TCP_S_SHUT = 0x400;
/** Window of the destination shut. */
export const TCP_D_SHUT = 0x800;
/** Reset by the source. */
export const TCP_S_RST = 0x1000;
/** Reset by the destination. */
export const TCP_D_RST = 0x2000;
/** Congestion marked, source. */
export const TCP_S_ECN = 0x4000;
/** Congestion marked, destination. */
export const TCP_D_ECN = 0x8000;
/** Out of order, source. */
export const TCP_S_OOO = 0x10000;
/** Out of order, destination. */
export const TCP_D_OOO = 0x20000;
/** Duplicates of the source. */
export const TCP_S_DUP = 0x40000;
/** Duplicates of the destination. */
export const TCP_D_DUP = 0x80000;

/** TCP option bits (argus-format section 7). */
export const OPT_MSS = 0x00100000;
/** Window scale. */
export const OPT_WSCALE = 0x00200000;
/** Selective acknowledgement permitted. */
export const OPT_SACKOK = 0x00400000;
/** Selective acknowledgement. */
export const OPT_SACK = 0x00800000;
/** Echo. */
export const OPT_ECHO = 0x01000000;
/** Echo reply. */
export const OPT_ECHOREPLY = 0x02000000;
/** Time stamp. */
export const OPT_TIMESTAMP = 0x04000000;
/** T/TCP connection count. */
export const OPT_CC = 0x08000000;
/** T/TCP CC.NEW. */
export const OPT_CCNEW = 0x10000000;
/** T/TCP CC.ECHO. */
export const OPT_CCECHO = 0x20000000;
/** The source offered ECN. */
export const OPT_SECN = 0x40000000;
/** The destination accepted ECN. */
export const OPT_DECN: number = 0x80000000 | 0;

/** Encapsulation bits as the file has them (fields.md section 6 names their letters; checked against the programs). */
export const ENCAPS_MPLS: number = 1 << 0;
/** Ethernet. */
export const ENCAPS_ETHER: number = 1 << 1;
/** 802.1Q. */
export const ENCAPS_8021Q: number = 1 << 2;
/** LLC. */
export const ENCAPS_LLC: number = 1 << 3;
/** PPP. */
export const ENCAPS_PPP: number = 1 << 4;
/** ISL. */
export const ENCAPS_ISL: number = 1 << 5;
/** GRE. */
export const ENCAPS_GRE: number = 1 << 6;
/** Authentication header. */
export const ENCAPS_AH: number = 1 << 7;
/** IP in IP. */
export const ENCAPS_IPNIP: number = 1 << 8;
/** IPv6 in IP. */
export const ENCAPS_IPNIP6: number = 1 << 9;
/** HDLC. */
export const ENCAPS_HDLC: number = 1 << 10;
/** Cisco HDLC. */
export const ENCAPS_CHDLC: number = 1 << 11;
/** ATM. */
export const ENCAPS_ATM: number = 1 << 12;
/** Linux cooked. */
export const ENCAPS_SLL: number = 1 << 13;
/** FDDI. */
export const ENCAPS_FDDI: number = 1 << 14;
/** SLIP. */
export const ENCAPS_SLIP: number = 1 << 15;
/** ARCnet. */
export const ENCAPS_ARCNET: number = 1 << 16;
/** 802.11. */
export const ENCAPS_WLAN: number = 1 << 17;
/** Prism. */
export const ENCAPS_PRISM: number = 1 << 18;
/** AVS. */
export const ENCAPS_AVS: number = 1 << 19;
/** Teredo. */
export const ENCAPS_TEREDO: number = 1 << 22;
/** Juniper. */
export const ENCAPS_JUNIPER: number = 1 << 25;
/** ERSPAN. */
export const ENCAPS_ERSPAN: number = 1 << 26;
/** Beyond the original. */
export const ENCAPS_VXLAN: number = 1 << 28;
/** GENEVE. */
export const ENCAPS_GENEVE: number = 1 << 29;
/** GTP-U. */
export const ENCAPS_GTPU: number = 1 << 30;
