/**
 * Where each value of a record row stands.
 *
 * A row is `WORDS` 32-bit words and `DOUBLES` 64-bit floats. Rows lie one behind the other because every consumer (meter, print,
 * merge, encode) takes a record whole: one cache line after another instead of ninety streams. Whoever wants columns asks the
 * registry for them.
 *
 * Words are signed (`Int32Array`): compare addresses and sequence numbers as `>>> 0`.
 *
 * @module
 */

// ---- identity -------------------------------------------------------------------------------------------------------
/** Flow key type: one of the `KEY_*` values. */
export const KEY_TYPE = 0;
/**
 * Source address, 4 words (IPv4: the first; MAC and RARP: two, the last 2 bytes in the upper half; ARP: sender IP, then two words
 * sender MAC; RARP: third word the sender IP).
 */
export const SADDR = 1;
/**
 * Destination address, 4 words (ARP: target IP; RARP: target MAC; both: third word hardware << 16 | protocol, fourth word hardware
 * length << 8 | protocol length; both words zero mean Ethernet and IPv4).
 */
export const DADDR = 5;
/** IP protocol number; ethertype for MAC flows (LLC: 0). */
export const PROTO = 9;
/** Source port; ICMP: type | code << 8; ICMPv6: type; IGMP: type << 8 | code; LLC: SSAP; fragments: 0. */
export const SPORT = 10;
/** Destination port; ICMP: id as read (big endian value of the packet bytes); ESP: SPI; ICMPv6: code. LLC: DSAP. */
export const DPORT = 11;
/**
 * Kind-specific rest of the key, as the number the packet carries: ICMP ip_id (with the protocol of the quoted packet << 16), IGMP
 * ip_id, DNS transaction id, fragment identification (IPv4 16 bits, IPv6 32 bits), IPv6 flow label, ICMPv6 id, ARP operation.
 * The Argus file stores most of them byte swapped; reader and writer of the file see to that.
 */
export const KEY_EXTRA = 12;
/** `FLAG_*` bits. */
export const FLAGS = 13;
/** `CAUSE_*` value. */
export const CAUSE = 14;
/** `END_*` value in the low byte, `EVIDENCE_*` in the next (DESIGN "end reason", "evidence"). */
export const WHY = 15;
/** Transport sequence number (SEQ-1). */
export const SEQ = 16;
/** Probe id, an IPv4 word unless `FLAG_SRCID_INT` or `FLAG_SRCID_TEXT` says otherwise. */
export const SRCID = 17;

// ---- network section (TCP, RTP, ESP, ARP, fragment: one of them) -----------------------------------------------------
/** `NET_*` kind of the section: the subtype of the Argus file, 0 when absent. */
export const NET = 18;
/** TCP status bits (`TCP_*`); RTP/ESP status. */
export const TCP_STATUS = 19;
/** TCP machine state (meter only; travels in the file). */
export const TCP_STATE = 20;
/** TCP option bits seen. */
export const TCP_OPTIONS = 21;
/** SYN to SYN-ACK, microseconds. */
export const SYNACK = 22;
/** SYN-ACK to ACK, microseconds. */
export const ACKDAT = 23;
/** First word of the source side of the network section; the destination side stands `SIDE_WORDS` further. */
export const SIDE = 24;
/** Words of one side. */
export const SIDE_WORDS = 13;
/** Offsets inside a side. */
export const T_STATUS = 0;
export const T_SEQBASE = 1;
export const T_SEQ = 2;
export const T_ACK = 3;
/** Number of windows (`winnum` of the file). */
export const T_WINNUM = 4;
export const T_BYTES = 5;
export const T_RETRANS = 6;
export const T_ACKBYTES = 7;
export const T_WINBYTES = 8;
/** Last raw window. */
export const T_WIN = 9;
/** OR of the TCP flag bytes. */
export const T_FLAGS = 10;
/** Window scale shift. */
export const T_SHIFT = 11;
/** Last ip_id (meter only, TCP-6). */
export const T_LASTIPID = 12;
/** Destination side. */
export const DSIDE = SIDE + SIDE_WORDS;
/** ESP: last sequence number, lost; share the words of the source side. */
export const ESP_SPI = SIDE;
export const ESP_LASTSEQ = SIDE + 1;
export const ESP_LOST = SIDE + 2;
/** RTP: the last header of each side (3 words at `SIDE` and `DSIDE`), then packets lost. */
export const RTP_SDROP = SIDE + 3;
export const RTP_DDROP = DSIDE + 3;
/** ARP: answering MAC, two words. */
export const ARP_RESP = SIDE;
/** ICMP: type << 24 | code << 16 | sequence, outer source, outer destination, inner source, inner destination, gateway: 6 words. */
export const ICMP_BODY = SIDE;
/** Fragments: the 13 words of the file's section as they stand. RTCP: its 5 words. */
export const FRAG_BODY = SIDE;
export const RTCP_BODY = SIDE;

// ---- attributes -------------------------------------------------------------------------------------------------------
/** Source ttl << 24 | tos << 16 | ip_id as the packet carries it (the file stores it byte swapped, and so does ra print it). */
export const S_IP = 50;
/** Destination ttl << 24 | tos << 16 | ip_id. */
export const D_IP = 51;
/** Source IP option bits (`IPOPT_*`). */
export const S_IPOPT = 52;
export const D_IPOPT = 53;
/** Encapsulation bits (`ENCAPS_*`). */
export const S_ENCAPS = 54;
export const D_ENCAPS = 55;
/** 802.1Q tag control words: source << 16 | destination. */
export const VLAN = 56;
/** MPLS label words. */
export const S_MPLS = 57;
export const D_MPLS = 58;
/** Destination MAC (6 bytes) then source MAC (6 bytes), 3 words. */
export const MAC = 59;
/** Ethertype << 16 | multipath bits (1 source, 2 destination). */
export const MAC_TYPE = 62;
/** Packet sizes: smallest << 16 | largest. */
export const S_PSIZE = 63;
export const D_PSIZE = 64;
/** ICMP error mapped on the flow (REC-11): mapped bits (1 unreachable, 2 redirect, 4 time exceeded) << 16 | type << 8 | code. */
export const ICMP_MAP = 65;
/** Its iseq, outer source, outer destination, inner source, inner destination, gateway: 6 words. */
export const ICMP_MAP_BODY = 66;
/** Nanoseconds below the microsecond: start | end << 10 of the source side, and of the destination side. */
export const S_NANO = 72;
export const D_NANO = 73;

// ---- where it came from ------------------------------------------------------------------------------------------------
/** Frame number (from 1) of the first and last packet counted; 0 when unknown (read from a file). */
export const FIRST_FRAME = 74;
export const LAST_FRAME = 75;
/** Connection id, 64 bits: direction-free, stable across settings, new at port reuse; 0 when unknown. */
export const CONN = 76;
/** Number of the record within its connection, from 1; 0 when unknown. */
export const CONN_SEQ = 78;
/** ICMP sequence or spare. */
export const ICMP_SEQ = 79;

/** Words in a row. */
export const WORDS = 80;

// ---- doubles -----------------------------------------------------------------------------------------------------------
/** Times in microseconds since 1970 as whole numbers; `NaN` when not set. */
export const S_START = 0;
export const S_END = 1;
export const D_START = 2;
export const D_END = 3;
export const S_PKTS = 4;
export const D_PKTS = 5;
export const S_BYTES = 6;
export const D_BYTES = 7;
export const S_APP = 8;
export const D_APP = 9;
/** Time of the last TCP packet of each side, microseconds (travels in the file); `NaN` when not set. */
export const S_LAST = 10;
export const D_LAST = 11;
/** Doubles in a row. */
export const DOUBLES = 12;

// ---- values --------------------------------------------------------------------------------------------------------------
export const KEY_NONE = 0;
export const KEY_IPV4 = 1;
export const KEY_IPV6 = 2;
export const KEY_ETHER = 3;
export const KEY_ARP = 4;
export const KEY_RARP = 5;
export const KEY_WLAN = 8;
export const KEY_ISIS = 10;

/** The key stands in canonical order and its ends must be exchanged to read source -> destination (DIR-3, format 4). */
export const FLAG_REVERSE = 1 << 0;
/** A reader exchanged source and destination (format section 4, qualifier 0x20). */
export const FLAG_CORRECTED = 1 << 1;
/** Stand-alone fragment flow (FRG-3). */
export const FLAG_FRAGMENT = 1 << 2;
/** Layer 3 matrix key (KEY-10). */
export const FLAG_MATRIX = 1 << 3;
/** Management record; its body is in `RecordBatch.more`. */
export const FLAG_MAR = 1 << 4;
/** Sections present. */
export const FLAG_METRIC = 1 << 5;
export const FLAG_APPBYTES = 1 << 6;
export const FLAG_S_IP = 1 << 7;
export const FLAG_D_IP = 1 << 8;
export const FLAG_S_VLAN = 1 << 9;
export const FLAG_D_VLAN = 1 << 10;
export const FLAG_S_MPLS = 1 << 11;
export const FLAG_D_MPLS = 1 << 12;
export const FLAG_MAC = 1 << 13;
export const FLAG_PSIZE = 1 << 14;
export const FLAG_JITTER = 1 << 15;
export const FLAG_AGR = 1 << 16;
export const FLAG_ENCAPS = 1 << 17;
export const FLAG_TRANSPORT = 1 << 18;
export const FLAG_ICMP_MAP = 1 << 19;
/** Source ip attributes carry an option word, likewise destination. */
export const FLAG_S_IPOPT = 1 << 20;
export const FLAG_D_IPOPT = 1 << 21;
/** IP fragments were seen (flag F), partial (f), overlapping (V). */
export const FLAG_FRAGS = 1 << 22;
export const FLAG_FRAG_PARTIAL = 1 << 23;
export const FLAG_FRAG_OVERLAP = 1 << 24;
/** Time section present. */
export const FLAG_TIME = 1 << 25;
/** Fractions are nanoseconds. */
export const FLAG_NANO = 1 << 26;
export const FLAG_SRCID_INT = 1 << 27;
export const FLAG_SRCID_TEXT = 1 << 28;
/** The netmask bytes of the key are valid; kept in `KEY_EXTRA` (smask << 8 | dmask). */
export const FLAG_MASKS = 1 << 29;
/** The row came from a merge of several records (racluster): rates are pkts/dur (cluster.md section 3). */
export const FLAG_MERGED = 1 << 30;
/** The reader turned the record round: its loads were computed before (DIR-6; see `sideLoad`). */
export const FLAG_TURNED = 1 << 31;

export const CAUSE_START = 0x10;
export const CAUSE_STATUS = 0x20;
export const CAUSE_STOP = 0x30;
export const CAUSE_TIMEOUT = 0x40;
export const CAUSE_SHUTDOWN = 0x60;
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
export type EndReason = typeof END_REASONS[number];
export const END_UNKNOWN = 0;
export const END_STATUS = 1;
export const END_IDLE = 2;
export const END_CLOSED = 3;
export const END_RESET = 4;
export const END_PORT_REUSE = 5;
export const END_CAPTURE = 6;
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
export type Evidence = typeof EVIDENCES[number];
export const EVIDENCE_UNKNOWN = 0;
export const EVIDENCE_SYN = 1;
export const EVIDENCE_SYNACK = 2;
export const EVIDENCE_REMEMBERED = 3;
export const EVIDENCE_FIRST_PACKET = 4;
export const EVIDENCE_ICMP_TYPE = 5;
export const EVIDENCE_CORRECTED = 6;
export const EVIDENCE_NONE = 7;

export const NET_NONE = 0;
/** Short TCP form (TCP-13). */
export const NET_TCP_INIT = 3;
export const NET_TCP_STATUS = 4;
export const NET_TCP_PERF = 5;
export const NET_RTCP = 9;
export const NET_RTP = 0x0a;
export const NET_UDT = 0x0d;
export const NET_ARP = 0x10;
export const NET_ICMP = 0x34;
export const NET_ESP = 0x38;
export const NET_FRAG = 0x45;

/** TCP status bits (TCP-2, argus-format section 7). */
export const TCP_SYN = 0x1;
export const TCP_SYNACK = 0x2;
export const TCP_EST = 0x4;
export const TCP_FIN = 0x8;
export const TCP_FINACK = 0x10;
export const TCP_CLOSED = 0x20;
export const TCP_WAIT = 0x40;
export const TCP_S_RETRANS = 0x100;
export const TCP_D_RETRANS = 0x200;
export const TCP_S_SHUT = 0x400;
export const TCP_D_SHUT = 0x800;
export const TCP_S_RST = 0x1000;
export const TCP_D_RST = 0x2000;
export const TCP_S_ECN = 0x4000;
export const TCP_D_ECN = 0x8000;
export const TCP_S_OOO = 0x10000;
export const TCP_D_OOO = 0x20000;
export const TCP_S_DUP = 0x40000;
export const TCP_D_DUP = 0x80000;

/** TCP option bits (argus-format section 7). */
export const OPT_MSS = 0x00100000;
export const OPT_WSCALE = 0x00200000;
export const OPT_SACKOK = 0x00400000;
export const OPT_SACK = 0x00800000;
export const OPT_ECHO = 0x01000000;
export const OPT_ECHOREPLY = 0x02000000;
export const OPT_TIMESTAMP = 0x04000000;
export const OPT_CC = 0x08000000;
export const OPT_CCNEW = 0x10000000;
export const OPT_CCECHO = 0x20000000;
export const OPT_SECN = 0x40000000;
export const OPT_DECN = 0x80000000 | 0;

/** Encapsulation bits as the file has them (fields.md section 6 names their letters; checked against the programs). */
export const ENCAPS_MPLS = 1 << 0;
export const ENCAPS_ETHER = 1 << 1;
export const ENCAPS_8021Q = 1 << 2;
export const ENCAPS_LLC = 1 << 3;
export const ENCAPS_PPP = 1 << 4;
export const ENCAPS_ISL = 1 << 5;
export const ENCAPS_GRE = 1 << 6;
export const ENCAPS_AH = 1 << 7;
export const ENCAPS_IPNIP = 1 << 8;
export const ENCAPS_IPNIP6 = 1 << 9;
export const ENCAPS_HDLC = 1 << 10;
export const ENCAPS_CHDLC = 1 << 11;
export const ENCAPS_ATM = 1 << 12;
export const ENCAPS_SLL = 1 << 13;
export const ENCAPS_FDDI = 1 << 14;
export const ENCAPS_SLIP = 1 << 15;
export const ENCAPS_ARCNET = 1 << 16;
export const ENCAPS_WLAN = 1 << 17;
export const ENCAPS_PRISM = 1 << 18;
export const ENCAPS_AVS = 1 << 19;
export const ENCAPS_TEREDO = 1 << 22;
export const ENCAPS_JUNIPER = 1 << 25;
export const ENCAPS_ERSPAN = 1 << 26;
/** Beyond the original. */
export const ENCAPS_VXLAN = 1 << 28;
export const ENCAPS_GENEVE = 1 << 29;
export const ENCAPS_GTPU = 1 << 30;
