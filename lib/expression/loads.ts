/**
 * The values a filter takes from a record, read straight from the words of a row. Each gives -1 when the record lacks the
 * section (filter.md section 4); which value stands where was observed with `ra -b`.
 *
 * @module
 */
import * as R from "../record/mod.ts";
import type { NumberGetter } from "../record/mod.ts";
import { numberField } from "./registry.ts";

/** Attribute words are present together: the section has room for both sides. */
const IP_SECTION = R.FLAG_S_IP | R.FLAG_D_IP | R.FLAG_S_IPOPT | R.FLAG_D_IPOPT | R.FLAG_FRAGS;
const VLAN_SECTION = R.FLAG_S_VLAN | R.FLAG_D_VLAN;
const MPLS_SECTION = R.FLAG_S_MPLS | R.FLAG_D_MPLS;

/** `(word >>> shift) & mask` where one of the flags is set. */
function part(section: number, offset: number, shift: number, mask: number): NumberGetter {
  return (batch, row) => {
    const at = row * R.WORDS;
    return (batch.words[at + R.FLAGS]! & section) === 0 ? -1 : (batch.words[at + offset]! >>> shift) & mask;
  };
}

/** A whole word, unsigned, where one of the flags is set. */
function whole(section: number, offset: number): NumberGetter {
  return (batch, row) => {
    const at = row * R.WORDS;
    return (batch.words[at + R.FLAGS]! & section) === 0 ? -1 : batch.words[at + offset]! >>> 0;
  };
}

/** The ip_id as the reader holds it: its two bytes exchanged. */
function swapped(offset: number): NumberGetter {
  const id = part(IP_SECTION, offset, 0, 0xffff);
  return (batch, row) => {
    const v = id(batch, row);
    return v < 0 ? v : ((v & 255) << 8) | (v >>> 8);
  };
}

const plain = (offset: number): NumberGetter => (batch, row) => batch.words[row * R.WORDS + offset]! >>> 0;

function counter(offset: number): NumberGetter {
  return (batch, row) =>
    (batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_METRIC) === 0
      ? -1
      : batch.doubles[row * R.DOUBLES + offset]!;
}

const isTcp = (net: number) => net === R.NET_TCP_PERF || net === R.NET_TCP_INIT || net === R.NET_TCP_STATUS;

/** Words behind the header of the network section, for kinds other than TCP; beyond them a load gives -1. */
const BODY_WORDS: Readonly<Record<number, number>> = {
  [R.NET_ICMP]: 6,
  [R.NET_RTP]: 9,
  [R.NET_RTCP]: 5,
  [R.NET_FRAG]: 13,
  [R.NET_ESP]: 4,
  // 44 words long and empty behind the answering address (argus-format section 7).
  [R.NET_ARP]: 43,
};

/** A word of the network section: for TCP where `tcp` says, for other kinds the word of that number behind the header. */
function network(tcp: number, index: number): NumberGetter {
  return (batch, row) => {
    const at = row * R.WORDS, net = batch.words[at + R.NET]!;
    if (isTcp(net)) return batch.words[at + tcp]! >>> 0;
    if (net === R.NET_NONE) return -1;
    const body = batch.more?.get(row)?.network;
    if (body) return 4 * index + 4 > body.length ? -1 : bigEndian(body, 4 * index);
    return index < (BODY_WORDS[net] ?? 0) ? otherNetwork(batch.words, at, net, index) >>> 0 : -1;
  };
}

function bigEndian(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** A word with its bytes in the opposite order. */
export const reversed = (w: number): number =>
  ((w & 255) << 24) | ((w >>> 8 & 255) << 16) | ((w >>> 16 & 255) << 8) | (w >>> 24);

function otherNetwork(words: Int32Array, at: number, net: number, index: number): number {
  switch (net) {
    case R.NET_ICMP:
      return reversed(words[at + R.ICMP_BODY + index]!);
    case R.NET_ESP:
      return words[at + (index === 0 ? R.TCP_STATUS : R.ESP_SPI + index - 1)]!;
    case R.NET_RTP:
      if (index === 0) return words[at + R.TCP_STATUS]!;
      if (index > 6) return words[at + (index === 7 ? R.RTP_SDROP : R.RTP_DDROP)]!;
      return words[at + (index < 4 ? R.SIDE + index - 1 : R.DSIDE + index - 4)]!;
    case R.NET_RTCP:
      return reversed(words[at + R.RTCP_BODY + index]!);
    case R.NET_ARP:
      return index < 2 ? reversed(words[at + R.ARP_RESP + index]!) : 0;
    default:
      return words[at + R.FRAG_BODY + index]!;
  }
}

/** TCP flag bits of one side; asked of TCP flows only. */
function tcpFlags(side: number): NumberGetter {
  return (batch, row) => {
    const at = row * R.WORDS;
    return isTcp(batch.words[at + R.NET]!) ? batch.words[at + side + R.T_FLAGS]! & 255 : -1;
  };
}

function country(side: 0 | 1): NumberGetter {
  return (batch, row) => {
    const code = batch.more?.get(row)?.countries?.[side];
    return code === undefined ? -1 : countryCode(code);
  };
}

/** Two letters as the reader holds them. */
export const countryCode = (code: string): number =>
  (code.charCodeAt(0) || 0) | ((code.charCodeAt(1) || 0) << 8);

const bank = { float: new Float32Array(1), bits: new Int32Array(0) };
bank.bits = new Int32Array(bank.float.buffer);

const ratio = numberField("pcr");

/** Loads of whole numbers. */
export const INTEGER_LOADS = {
  sport: plain(R.SPORT),
  dport: plain(R.DPORT),
  spkts: counter(R.S_PKTS),
  dpkts: counter(R.D_PKTS),
  sbytes: counter(R.S_BYTES),
  dbytes: counter(R.D_BYTES),
  sappbytes: counter(R.S_APP),
  dappbytes: counter(R.D_APP),
  sttl: part(IP_SECTION, R.S_IP, 24, 255),
  dttl: part(IP_SECTION, R.D_IP, 24, 255),
  stos: part(IP_SECTION, R.S_IP, 16, 255),
  dtos: part(IP_SECTION, R.D_IP, 16, 255),
  sipid: swapped(R.S_IP),
  dipid: swapped(R.D_IP),
  /** Fragments seen: -1 without attributes, else not 0 if so. */
  fragments: (batch, row) => {
    const flags = batch.words[row * R.WORDS + R.FLAGS]!;
    return (flags & IP_SECTION) === 0 ? -1 : (flags & R.FLAG_FRAGS) !== 0 ? 1 : 0;
  },
  svlan: part(VLAN_SECTION, R.VLAN, 16, 0xffff),
  dvlan: part(VLAN_SECTION, R.VLAN, 0, 0xffff),
  smpls: whole(MPLS_SECTION, R.S_MPLS),
  // The section ends behind the source label when there is no other.
  dmpls: whole(R.FLAG_D_MPLS, R.D_MPLS),
  senc: whole(R.FLAG_ENCAPS, R.S_ENCAPS),
  denc: whole(R.FLAG_ENCAPS, R.D_ENCAPS),
  /** Several address pairs on a side: bit 0 source, 1 destination. */
  multipath: part(R.FLAG_MAC, R.MAC_TYPE, 0, 3),
  /** First byte of the source and of the destination MAC address. */
  smac0: part(R.FLAG_MAC, R.MAC + 1, 8, 255),
  dmac0: part(R.FLAG_MAC, R.MAC, 24, 255),
  seq: whole(R.FLAG_TRANSPORT, R.SEQ),
  srcid: whole(R.FLAG_TRANSPORT, R.SRCID),
  cause: plain(R.CAUSE),
  flags: plain(R.FLAGS),
  /** Type of the section, where there is one. */
  vlan: (batch, row) => (batch.words[row * R.WORDS + R.FLAGS]! & VLAN_SECTION) === 0 ? -1 : 0x40,
  mpls: (batch, row) => (batch.words[row * R.WORDS + R.FLAGS]! & MPLS_SECTION) === 0 ? -1 : 0x44,
  /** Kind of the network section. */
  network: (batch, row) => batch.words[row * R.WORDS + R.NET]! || -1,
  status: network(R.TCP_STATUS, 0),
  options: network(R.TCP_OPTIONS, 2),
  sbase: network(R.SIDE + R.T_SEQBASE, 8),
  dbase: network(R.DSIDE + R.T_SEQBASE, 20),
  sflags: tcpFlags(R.SIDE),
  dflags: tcpFlags(R.DSIDE),
  /** Type in the ICMP object of an error (not of a plain echo). */
  icmptype: (batch, row) => {
    const at = row * R.WORDS;
    return batch.words[at + R.NET] === R.NET_ICMP ? batch.words[at + R.ICMP_BODY]! >>> 24 : -1;
  },
  icmpmap: part(R.FLAG_ICMP_MAP, R.ICMP_MAP, 16, 255),
  icmpmaptype: part(R.FLAG_ICMP_MAP, R.ICMP_MAP, 8, 255),
  inode: whole(R.FLAG_ICMP_MAP, R.ICMP_MAP_BODY + 1),
  /** ESP index whose upper half the original overwrites with the mask lengths (fields.md section 5). */
  spi: (batch, row) => {
    const at = row * R.WORDS,
      masks = batch.words[at + R.FLAGS]! & R.FLAG_MASKS ? batch.words[at + R.KEY_EXTRA]! & 0xffff : 0x2020;
    return ((masks << 16) | (batch.words[at + R.DPORT]! & 0xffff)) >>> 0;
  },
  trans: (batch, row) =>
    batch.agr && batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_AGR
      ? batch.agr[row * R.AGR_DOUBLES + R.AGR_COUNT]!
      : 1,
  sas: (batch, row) => batch.more?.get(row)?.asn?.[0] ?? -1,
  das: (batch, row) => batch.more?.get(row)?.asn?.[1] ?? -1,
  sco: country(0),
  dco: country(1),
  /**
   * `avgdur` of the original is a 64-bit load of two floats, mean duration (never filled) and producer/consumer ratio: what it
   * compares is the bit pattern of the ratio.
   */
  avgdur: (batch, row) => {
    bank.float[0] = ratio(batch, row);
    return bank.bits[0]! * 2 ** 32;
  },
} as const satisfies Readonly<Record<string, NumberGetter>>;

/** Name of a load of a whole number. */
export type IntegerLoad = keyof typeof INTEGER_LOADS;

/** A jitter value in microseconds: block 0 source active, 1 source idle, 2 destination active, 3 destination idle. */
function jitter(block: number, offset: number): NumberGetter {
  return (batch, row) =>
    batch.jitter && batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_JITTER
      ? batch.jitter[row * R.JITTER_DOUBLES + block * 5 + offset]!
      : -1;
}

/** Loads of 32-bit floats; a record without the section has 0 there, as in the reader's memory, unless said otherwise. */
export const REAL_LOADS = {
  dur: numberField("dur"),
  srate: numberField("srate"),
  drate: numberField("drate"),
  sload: numberField("sload"),
  dload: numberField("dload"),
  pcr: ratio,
  /** `ploss`: never filled in when reading. */
  zero: () => 0,
  sintpktact: jitter(0, R.J_MEAN),
  sintpktidl: jitter(1, R.J_MEAN),
  dintpktact: jitter(2, R.J_MEAN),
  dintpktidl: jitter(3, R.J_MEAN),
  sjitact: jitter(0, R.J_STDEV),
  sjitidl: jitter(1, R.J_STDEV),
  djitact: jitter(2, R.J_STDEV),
  djitidl: jitter(3, R.J_STDEV),
  /** Where the original reads the section header as a number: 0 to all digits, -1 without the section. */
  jitterheader: (batch, row) =>
    batch.jitter && batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_JITTER ? 0 : -1,
} as const satisfies Readonly<Record<string, NumberGetter>>;

/** Name of a load of a float. */
export type RealLoad = keyof typeof REAL_LOADS;
