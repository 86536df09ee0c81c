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
export * from "./values.ts";

// ---- identity -------------------------------------------------------------------------------------------------------
/** Flow key type: one of the `KEY_*` values. */
export const KEY_TYPE = 0;
/**
 * Source address, 4 words (IPv4: the first; MAC and RARP: two, the last 2 bytes in the upper half; ARP: sender IP, then two words
 * sender MAC; RARP: third word the sender IP; IS-IS: MAC, then 8 bytes of system, LSP or source id; 802.11: transmitter, then third address).
 */
export const SADDR = 1;
/**
 * Destination address, 4 words (ARP: target IP; RARP: target MAC; both: third word hardware << 16 | protocol, fourth word hardware
 * length << 8 | protocol length; both words zero mean Ethernet and IPv4; IS-IS: MAC, then 8 bytes of LAN id or LSP sequence number).
 */
export const DADDR = 5;
/** IP protocol number; ethertype for MAC flows (LLC: 0); IS-IS: PDU type. */
export const PROTO = 9;
/** Source port; ICMP: type | code << 8; ICMPv6: type; IGMP: type << 8 | code; LLC: SSAP; fragments: 0. */
export const SPORT = 10;
/** Destination port; ICMP: id as read (big endian value of the packet bytes); ESP: SPI; ICMPv6: code. LLC: DSAP. */
export const DPORT = 11;
/**
 * Kind-specific rest of the key, as the number the packet carries: ICMP ip_id (with the protocol of the quoted packet << 16), IGMP
 * ip_id, DNS transaction id, fragment identification (IPv4 16 bits, IPv6 32 bits), IPv6 flow label, ICMPv6 id, ARP operation, IS-IS
 * checksum << 16.
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
/** First sequence number. */
export const T_SEQBASE = 1;
/** Next sequence number expected. */
export const T_SEQ = 2;
/** Highest sequence number the side acknowledged, less one. */
export const T_ACK = 3;
/** Number of windows (`winnum` of the file). */
export const T_WINNUM = 4;
/** Payload bytes seen. */
export const T_BYTES = 5;
/** Packets sent again. */
export const T_RETRANS = 6;
/** Bytes acknowledged. */
export const T_ACKBYTES = 7;
/** Bytes in flight. */
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
export const DSIDE: number = SIDE + SIDE_WORDS;
/** ESP: last sequence number, lost; share the words of the source side. */
export const ESP_SPI: number = SIDE;
/** ESP: last sequence number. */
export const ESP_LASTSEQ: number = SIDE + 1;
/** ESP: packets lost. */
export const ESP_LOST: number = SIDE + 2;
/** RTP: the last header of each side (3 words at `SIDE` and `DSIDE`), then packets lost. */
export const RTP_SDROP: number = SIDE + 3;
/** RTP: packets the destination lost. */
export const RTP_DDROP: number = DSIDE + 3;
/** ARP: answering MAC, two words. */
export const ARP_RESP: number = SIDE;
/** ICMP: type << 24 | code << 16 | sequence, outer source, outer destination, inner source, inner destination, gateway: 6 words. */
export const ICMP_BODY: number = SIDE;
/** Fragments: the 13 words of the file's section as they stand. RTCP: its 5 words. */
export const FRAG_BODY: number = SIDE;
export const FRAG_WORDS: number = 13;
/** RTCP: five words of the section as the file has them. */
export const RTCP_BODY: number = SIDE;

// ---- attributes -------------------------------------------------------------------------------------------------------
/** Source ttl << 24 | tos << 16 | ip_id as the packet carries it (the file stores it byte swapped, and so does ra print it). */
export const S_IP = 50;
/** Destination ttl << 24 | tos << 16 | ip_id. */
export const D_IP = 51;
/** Source IP option bits (`IPOPT_*`). */
export const S_IPOPT = 52;
/** Destination IP option bits. */
export const D_IPOPT = 53;
/** Encapsulation bits (`ENCAPS_*`). */
export const S_ENCAPS = 54;
/** Encapsulation bits of the destination's packets. */
export const D_ENCAPS = 55;
/** Nanoseconds below the microsecond: start | end << 10 of the source side. */
export const S_NANO = 56;
/** The same of the destination. */
export const D_NANO = 57;

// ---- where it came from ------------------------------------------------------------------------------------------------
/** Frame number (from 1) of the first packet counted; 0 when unknown (read from a file). */
export const FIRST_FRAME = 58;
/** Frame number of the last packet counted. */
export const LAST_FRAME = 59;
/** Connection id, 64 bits: direction-free, stable across settings, new at port reuse; 0 when unknown. */
export const CONN = 60;
/** Number of the record within its connection, from 1; 0 when unknown. */
export const CONN_SEQ = 62;
/** Words of an 802.11 row that hold the 32 bytes of its SSID, in order. */
export const WLAN_SSID = [
  DADDR + 2,
  DADDR + 3,
  KEY_EXTRA,
  TCP_STATUS,
  TCP_STATE,
  TCP_OPTIONS,
  SYNACK,
  ACKDAT,
] as const;

/** ICMP sequence or spare. */
export const ICMP_SEQ = 63;
/** Of an ICMP record without network section as a reader decodes it: type | code << 8 of what the last section held (DIR-8). */
export const ICMP_STALE: number = TCP_STATE;

// ---- rare attributes: zero unless one of FLAGS_RARE is set, so that the meter leaves this cache line alone ------------------
/** First of the rare words. */
export const RARE = 64;
/** 802.1Q tag control words: source << 16 | destination. */
export const VLAN = 64;
/** MPLS label words. */
export const S_MPLS = 65;
/** Destination's label word. */
export const D_MPLS = 66;
/** Destination MAC (6 bytes) then source MAC (6 bytes), 3 words. */
export const MAC = 67;
/** Ethertype << 16 | multipath bits (1 source, 2 destination). */
export const MAC_TYPE = 70;
/** Packet sizes: smallest << 16 | largest. */
export const S_PSIZE = 71;
/** The same of the destination. */
export const D_PSIZE = 72;
/** ICMP error mapped on the flow (REC-11): mapped bits (1 unreachable, 2 redirect, 4 time exceeded) << 16 | type << 8 | code. */
export const ICMP_MAP = 73;
/** Its iseq, outer source, outer destination, inner source, inner destination, gateway: 6 words. */
export const ICMP_MAP_BODY = 74;

/** Words in a row. */
export const WORDS = 80;

// ---- doubles -----------------------------------------------------------------------------------------------------------
/** Times in microseconds since 1970 as whole numbers; `NaN` when not set. */
export const S_START = 0;
/** Last packet of the source. */
export const S_END = 1;
/** First packet of the destination. */
export const D_START = 2;
/** Last packet of the destination. */
export const D_END = 3;
/** Packets of the source. */
export const S_PKTS = 4;
/** Packets of the destination. */
export const D_PKTS = 5;
/** Bytes of the source. */
export const S_BYTES = 6;
/** Bytes of the destination. */
export const D_BYTES = 7;
/** Application bytes of the source. */
export const S_APP = 8;
/** Application bytes of the destination. */
export const D_APP = 9;
/** Time of the last TCP packet of each side, microseconds (travels in the file); `NaN` when not set. */
export const S_LAST = 10;
/** Time of the destination's last TCP packet. */
export const D_LAST = 11;
/** Doubles in a row. */
export const DOUBLES = 12;
