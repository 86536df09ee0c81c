import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import type { Meter } from "./meter.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  PACKET_DOUBLES, PACKET_WORDS, PW_ENDS, PW_EXTRA, PW_KIND, PW_NANO, PW_PORTS, PW_SEQ, P_ICMP6, P_ICMP_BODY,
  P_INNER, P_KIND_MASK,
} = P;
const { DOUBLES, FLAGS, FLAG_ICMP_MAP, ICMP_BODY, ICMP_MAP, ICMP_MAP_BODY, NET, NET_ICMP, S_NANO, WORDS } = R;

function be32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

const QUERIES = new Set([0, 8, 9, 10, 13, 14, 15, 16, 17, 18]);

/**
 * The section that describes the ICMP message a flow began with, as seen in the real program's files: type, code, a word of its
 * header and the addresses it has, where 28 bytes of it were captured. ICMPv6: type, code and checksum only.
 */
export function describeIcmp(words: Int32Array, w: number, c: PacketColumns, i: number): void {
  const kind = c.words[i * PACKET_WORDS + PW_KIND]!,
    ports = c.words[i * PACKET_WORDS + PW_PORTS]! & 0xffff,
    body = w + ICMP_BODY;
  if ((kind & P_KIND_MASK) === P_ICMP6) {
    words[w + NET] = NET_ICMP;
    words[body] = (ports << 16) | swap16(c.words[i * PACKET_WORDS + PW_SEQ]!);
    return;
  }
  if ((kind & P_ICMP_BODY) === 0) return;
  words[w + NET] = NET_ICMP;
  words[body] = (ports << 16) | swap16(c.words[i * PACKET_WORDS + PW_EXTRA]!);
  words[body + 1] = c.words[i * PACKET_WORDS + PW_ENDS]!;
  words[body + 2] = c.words[i * PACKET_WORDS + PW_ENDS + 4]!;
  if (QUERIES.has(ports >>> 8)) return;
  const at = c.inner[i]!;
  if (kind & P_INNER) {
    words[body + 3] = be32(c.bytes, at + 12);
    words[body + 4] = be32(c.bytes, at + 16);
  }
  words[body + 5] = c.words[i * PACKET_WORDS + PW_EXTRA]!;
}

/** The two bytes of a 16-bit word the other way round. */
export function swap16(n: number): number {
  return ((n & 0xff) << 8) | ((n >>> 8) & 0xff);
}

/**
 * An ICMP message that quotes a datagram marks the entry `row` of its flow (REC-11): mapped bits, and by quirk the source's end time is
 * raised. Only unreachable, redirect and time exceeded have bits; what else comes leaves those that were there, even in an interval
 * before (observed).
 */
export function mapIcmpError(meter: Meter, row: number, c: PacketColumns, i: number): void {
  const packet = i * PACKET_WORDS,
    type = c.words[packet + PW_PORTS]! >>> 8,
    code = c.words[packet + PW_PORTS]! & 0xff;
  const bytes = c.bytes, at = c.inner[i]!;
  const words = meter.table.words, w = row * WORDS;
  const mapped = type === 3 ? 1 : type === 5 ? 2 : type === 11 ? 4 : words[w + ICMP_MAP]! >>> 16;
  words[w + ICMP_MAP] = (mapped << 16) | (type << 8) | code;
  words[w + FLAGS]! |= FLAG_ICMP_MAP;
  const b = w + ICMP_MAP_BODY;
  words[b] = 0;
  words[b + 1] = c.words[i * PACKET_WORDS + PW_ENDS]!;
  words[b + 2] = c.words[i * PACKET_WORDS + PW_ENDS + 4]!;
  words[b + 3] = be32(bytes, at + 12);
  words[b + 4] = be32(bytes, at + 16);
  words[b + 5] = type === 5 ? be32(bytes, at - 4) : 0;
  // The packet is not the flow's own, so raising its end is a defect (and would break law 3).
  if (!meter.quirks) return;
  const doubles = meter.table.doubles, d = row * DOUBLES;
  if (meter.isSet(doubles[d]!)) {
    doubles[d + 1] = c.times[i * PACKET_DOUBLES]!;
    words[w + S_NANO] = (words[w + S_NANO]! & 1023) | (c.words[i * PACKET_WORDS + PW_NANO]! << 10);
  }
}
