/**
 * What decoding a batch of frames gives, no object per packet: a row of words for what is asked for often, columns for the rest. Endpoints
 * are in packet order (sender first); putting them into key order is the meter's business.
 *
 * @module
 */

/** Flow kinds, the low byte of `kind`. */
export const P_NONE = 0; // forms no flow but moves the clock
export const P_TCP = 1;
export const P_UDP = 2;
export const P_ICMP = 3;
export const P_ICMP6 = 4;
export const P_ESP = 5;
export const P_IGMP = 6;
/** Any other IP protocol. */
export const P_IP = 7;
export const P_ARP = 8;
export const P_RARP = 9;
/** MAC flow by ethertype. */
export const P_ETHER = 10;
/** MAC flow by LLC SAPs. */
export const P_LLC = 11;
/** IS-IS of a known PDU type, whose identity `readIsis` reads; its PDU begins at `l3`. Endpoints are the MACs. */
export const P_ISIS = 12;
/** IPv4 fragment that is not the first one, or IPv6 likewise (FRG-1, FRG-5). */
export const P_FRAGMENT = 13;
/** 802.11: transmitter and receiver; `mac` holds the third address of the header, the SSID is read by `wlanSsid`. */
export const P_WLAN = 14;
/** Dropped before the link handler: does not even move the clock (link type accepted but not decoded, LINK-1). */
export const P_DROPPED = 15;

/** Bits of `kind` above the low byte. */
export const P_KIND_MASK = 0xff;
/** The endpoints are IPv6. */
export const P_IP6 = 1 << 8;
/** "IP path" link type: raw, null, PPP (LINK-8, TIM-9b). */
export const P_RAW_PATH = 1 << 9;
/** IPv4 fragment with offset 0 and more to come (FRG-1); `fragment` holds its payload length. */
export const P_FIRST_FRAGMENT = 1 << 10;
/** The 20-byte TCP header was captured: the tcp columns are filled (LINK-2). */
export const P_TCP_HEADER = 1 << 11;
/**
 * UDP payload looks like RTP on ports that qualify (KEY-9): version 2, no header extension, a synchronisation source other than 0, the
 * whole header captured.
 */
export const P_RTP = 1 << 12;
/** ICMP error whose embedded datagram was captured; it begins at `inner`. */
export const P_INNER = 1 << 13;
/** More than one IP header was opened. */
export const P_TUNNEL = 1 << 14;
/** The last fragment of its datagram (more-fragments bit clear), with P_FRAGMENT. */
export const P_LAST_FRAGMENT = 1 << 15;
/** The frame has an Ethernet header (real, or faked from Linux cooked) whose MACs are in `mac`. */
export const P_MAC = 1 << 16;
/** A VLAN tag was seen; its control word is in `vlan`. */
export const P_VLAN = 1 << 17;
/** An MPLS label was seen. */
export const P_MPLS = 1 << 18;
/** IPv6 fragment with offset 0 and more to come; `fragment` holds its length. Argus meters it like a whole packet (FRG-5). */
export const P_FIRST_FRAGMENT6 = 1 << 19;
/** UDP payload looks like an RTCP sender or receiver report on ports that qualify. */
export const P_RTCP = 1 << 20;

/** With P_DROPPED: the packet belongs to another shard, whose meter counts it; here it only moves the clock. */
export const P_ELSEWHERE = 1 << 23;
/** UDP payload on ports that qualify for RTP with its version bits, RTP or not. */
export const P_RTP_VERSION = 1 << 22;
/** 28 bytes of the ICMP message were captured: room for the addresses that an error quotes. */
export const P_ICMP_BODY = 1 << 21;

/**
 * Words of one packet in `words`: what every packet has lies in its first 64 bytes, one cache line, and what only new flows are asked for in
 * the next. Threads that share packets fetch lines from each other: read from fifteen columns they cost 37 ns a packet more (a loop of its own), and
 * the metering thread an eighth of its time.
 */
export const PACKET_WORDS = 32;
/** Of the same memory in doubles, the first of which is the time: microseconds since 1970, whole. */
export const PACKET_DOUBLES = PACKET_WORDS / 2;
/** Flow kind and `P_*` bits. */
export const PW_KIND = 2;
/** Accounted bytes (LINK-1): wire length minus the link's pseudo header. */
export const PW_SIZE = 3;
/** ttl << 24 | tos << 16 | ip_id (ip_id 0 for IPv6). */
export const PW_IP = 4;
/** IP option bits, same values as in a record (0: none). */
export const PW_IPOPT = 5;
/** Encapsulation bits (`ENCAPS_*` of the record layout). */
export const PW_ENCAPS = 6;
/** Application bytes of the packet (spec 1.1); may be 0 or negative. TCP: payload length by the length fields. */
export const PW_APP = 7;
/** Nanoseconds below the microsecond. */
export const PW_NANO = 8;
/**
 * TCP: length of the header by its own field, bytes. DNS id; ICMP id << 16 | sequence; IGMP and fragments: ip_id; ESP: sequence number;
 * IPv6 fragment: id word.
 */
export const PW_EXTRA = 9;
/** TCP: sequence number, acknowledgement, window, flags byte. */
export const PW_SEQ = 10;
export const PW_ACK = 11;
export const PW_WIN = 12;
export const PW_FLAGS = 13;
/** TCP option bits as in a record; the low byte holds the window scale shift + 1 when OPT_WSCALE is set. */
export const PW_TCPOPT = 14;
/**
 * Source port << 16 | destination port. ICMP: type << 8 | code. LLC: SSAP << 16 | DSAP. IGMP: type << 8 | code. ESP: SPI. ARP: operation.
 * IS-IS: PDU type. 802.11: type << 8 | subtype.
 */
export const PW_PORTS = 15;
/**
 * Endpoints in packet order, `END_WORDS` of them: source (4), destination (4); IPv4 uses the first of each, MAC the first two. ARP: sender
 * IP, target IP. RARP: sender and target MAC of the body. IGMP: the group is the destination. 802.11: stations.
 */
export const PW_ENDS = 16;
export const END_WORDS = 8;
/** Destination MAC then source MAC (12 bytes, with P_MAC), and the ethertype of that header. */
export const PW_MAC = 24;
export const PW_ETHERTYPE = 27;
/** IP protocol; ethertype for P_ETHER. Tunnels: the innermost. */
export const PW_PROTO = 28;
/** Innermost 802.1Q control word (with P_VLAN). */
export const PW_VLAN = 29;
/** First MPLS label word (with P_MPLS). */
export const PW_MPLS = 30;

/** Bytes of older frames that can show in a later one: headers only. */
const BUFFER_BYTES = 64;

/** What Argus leaves standing from one packet to the next, imitated with quirks. One for all batches of a capture. */
export class DecodeMemory {
  /** IP option bits of the last IPv4 packet: every IPv6 packet repeats them. */
  ipOptions = 0;
  /** Second and third 802.11 address of the last frame, for frames that have none. */
  readonly stations: Uint8Array = new Uint8Array(12);
  /** What libpcap's packet buffer held behind the last batch: where a frame is cut short, Argus reads on in older ones. */
  readonly buffer: Uint8Array = new Uint8Array(BUFFER_BYTES);

  /** Keeps what the frames of a batch leave in the buffer: at each offset the byte of the last frame that reached so far. */
  keep(bytes: Uint8Array, offset: Int32Array, captured: Int32Array, frames: number): void {
    let done = 0;
    for (let row = frames - 1; row >= 0 && done < BUFFER_BYTES; row--) {
      const from = offset[row]!, stop = Math.min(captured[row]!, BUFFER_BYTES);
      while (done < stop) this.buffer[done] = bytes[from + done++]!;
    }
  }
}

/** Decoded packets of one batch; packet i is frame `firstFrame + i`. */
export class PacketColumns {
  /** Packets in the batch. */
  length = 0;
  /** Number of the first frame, from 1. */
  firstFrame = 1;
  /** The bytes that `offset`, `payload` and `inner` point into. */
  bytes: Uint8Array = new Uint8Array(0);
  /** What decoding carries over from batch to batch. */
  memory: DecodeMemory = new DecodeMemory();
  /** Rows of `PACKET_WORDS`, see `PW_*`. */
  readonly words: Int32Array;
  /** The same memory as doubles: the time of packet i is at i times `PACKET_DOUBLES`. */
  readonly times: Float64Array;
  /** Start of the frame in `bytes`, and how much of it was captured. */
  readonly offset: Int32Array;
  readonly captured: Int32Array;
  /** Start of the innermost network header and of the transport header in `bytes` (-1: none). */
  readonly l3: Int32Array;
  readonly l4: Int32Array;
  /** Start of the transport payload in `bytes`; captured payload ends at `offset + captured` or the IP length, see `payloadEnd`. */
  readonly payload: Int32Array;
  readonly payloadEnd: Int32Array;
  /** Fragments: offset in bytes << 0 of this fragment; and its payload length. */
  readonly fragOffset: Int32Array;
  readonly fragLength: Int32Array;
  /** Start of the datagram embedded in an ICMP error (with P_INNER). */
  readonly inner: Int32Array;

  /** `memory` gives each column its bytes: shared ones let another thread read them. */
  constructor(
    readonly capacity: number,
    memory: (bytes: number) => ArrayBuffer | SharedArrayBuffer = (bytes) => new ArrayBuffer(bytes),
  ) {
    const c = capacity;
    const words = (n: number): Int32Array => new Int32Array(memory(4 * n));
    const rows = memory(4 * c * PACKET_WORDS);
    this.words = new Int32Array(rows);
    this.times = new Float64Array(rows);
    this.offset = words(c);
    this.captured = words(c);
    this.l3 = words(c);
    this.l4 = words(c);
    this.payload = words(c);
    this.payloadEnd = words(c);
    this.fragOffset = words(c);
    this.fragLength = words(c);
    this.inner = words(c);
  }
}
