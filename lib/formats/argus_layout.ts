/**
 * Numbers of the Argus 3 record stream (argus-format sections 1 to 3).
 *
 * @module
 */

/** What the first record of every Argus 3 stream carries at byte 8. */
export const COOKIE = 0xe5712dcb;
/** Bytes of a management record. */
export const MAR_BYTES = 128;
/** Most bytes of one record: the length field counts 32-bit words in 16 bits. */
export const MAX_RECORD_BYTES = 0xffff * 4;

/** Record types (high nibble of byte 0); the low nibble is the version, 3. */
export const RECORD_MAR = 0x80;
export const RECORD_FAR = 0x10;
export const RECORD_NETFLOW = 0x30;
export const VERSION = 3;

/** Section (DSR) types. */
export const DSR_TRANSPORT = 0x01;
export const DSR_FLOW = 0x02;
export const DSR_TIME = 0x03;
export const DSR_METRIC = 0x10;
export const DSR_PSIZE = 0x12;
export const DSR_ENCAPS = 0x20;
export const DSR_NETWORK = 0x30;
export const DSR_ASN = 0x32;
export const DSR_ICMP = 0x34;
export const DSR_VLAN = 0x40;
export const DSR_MAC = 0x42;
export const DSR_MPLS = 0x44;
export const DSR_JITTER = 0x46;
export const DSR_IPATTR = 0x48;
export const DSR_USER = 0x50;
export const DSR_BEHAVIOR = 0x54;
export const DSR_AGR = 0x60;
export const DSR_COR = 0x62;
export const DSR_COUNTRY = 0x64;
export const DSR_LABEL = 0x66;

/** Flow section: sub types, and bits of sub type and qualifier (section 4). */
export const FLOW_FIVE_TUPLE = 1;
export const FLOW_MATRIX = 3;
export const FLOW_ARP = 6;
export const FLOW_REVERSE = 0x40;
export const QUAL_CORRECTED = 0x20;
export const QUAL_MASKS = 0x40;
export const QUAL_FRAGMENT = 0x80;

/** Exchanges the bytes of a 16-bit number. */
export function swap16(n: number): number {
  return ((n & 0xff) << 8) | ((n >>> 8) & 0xff);
}

/** Exchanges the bytes of a 32-bit number. */
export function swap32(n: number): number {
  return (n << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24);
}

/** Eight 4-bit numbers of a histogram word, first one high. */
export function nibbles(word: number): number[] {
  return Array.from({ length: 8 }, (_, i) => (word >>> (28 - 4 * i)) & 15);
}

/** Name of a number of a management record. */
export type MarName =
  | "status"
  | "argusid"
  | "localnet"
  | "netmask"
  | "nextseq"
  | "startSec"
  | "startUsec"
  | "nowSec"
  | "nowUsec"
  | "major"
  | "minor"
  | "ifType"
  | "ifStatus"
  | "reportInterval"
  | "marInterval"
  | "pkts"
  | "bytes"
  | "drift"
  | "records"
  | "flows"
  | "dropped"
  | "queue"
  | "output"
  | "clients"
  | "bufs"
  | "memory"
  | "suserlen"
  | "duserlen"
  | "thisid"
  | "recordLength";

/** Numbers of a management record by name; what is missing is zero. */
export type MarInfo = Partial<Record<MarName, number>>;

/**
 * Numbers of a management record: name, byte offset, and kind (`u` unsigned, `i` signed; width in bits).
 * Times are two numbers each. Source: argus-format section 2.
 */
export const MAR_FIELDS = [
  ["status", 4, "u32"],
  ["argusid", 8, "u32"],
  ["localnet", 12, "u32"],
  ["netmask", 16, "u32"],
  ["nextseq", 20, "u32"],
  ["startSec", 24, "i32"],
  ["startUsec", 28, "i32"],
  ["nowSec", 32, "i32"],
  ["nowUsec", 36, "i32"],
  ["major", 40, "u8"],
  ["minor", 41, "u8"],
  ["ifType", 42, "u8"],
  ["ifStatus", 43, "u8"],
  ["reportInterval", 44, "u16"],
  ["marInterval", 46, "u16"],
  ["pkts", 48, "u64"],
  ["bytes", 56, "u64"],
  ["drift", 64, "u64"],
  ["records", 72, "u32"],
  ["flows", 76, "u32"],
  ["dropped", 80, "u32"],
  ["queue", 84, "u32"],
  ["output", 88, "u32"],
  ["clients", 92, "u32"],
  ["bufs", 96, "u32"],
  ["memory", 100, "u32"],
  ["suserlen", 104, "u16"],
  ["duserlen", 106, "u16"],
  ["thisid", 120, "u32"],
  ["recordLength", 124, "i32"],
] as const satisfies readonly (readonly [MarName, number, string])[];

/** The histogram word of eight 4-bit numbers; zero without any. */
export function packNibbles(counts: readonly number[] | undefined): number {
  let word = 0;
  for (let i = 0; i < 8; i++) word = (word << 4) | ((counts?.[i] ?? 0) & 15);
  return word;
}
