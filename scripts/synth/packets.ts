/**
 * Builds packets byte by byte, with right lengths and checksums: for fixtures, tests and generated traffic.
 *
 * @module
 */

/** TCP flags. */
export const FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32;

/** Addresses are bytes: 4 for IPv4, 16 for IPv6, 6 for Ethernet. */
export type Address = Uint8Array;

/** Bytes of several pieces, one behind the other. */
export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Bytes written as hexadecimal digits; blanks and colons are passed over. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/[^0-9a-f]/gi, "").match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** 16-bit numbers, most significant byte first. */
export function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  for (const [i, value] of values.entries()) {
    bytes[2 * i] = value >>> 8;
    bytes[2 * i + 1] = value;
  }
  return bytes;
}

/** 32-bit numbers, most significant byte first. */
export function longs(...values: readonly number[]): Uint8Array {
  return words(...values.flatMap((value) => [value >>> 16, value & 0xffff]));
}

/** ASCII text as bytes. */
export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** An address written as usual: `10.0.0.1`, `2001:db8::1`, `02:00:00:00:00:01`. */
export function address(text: string): Address {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) return Uint8Array.from(text.split("."), Number);
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) return hex(text);
  const [left = "", right] = text.split("::");
  const groups = (part: string) => part === "" ? [] : part.split(":").map((group) => parseInt(group, 16));
  const head = groups(left), tail = right === undefined ? [] : groups(right);
  return words(...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail);
}

/** Sum of the 16-bit words, not folded; an odd last byte counts as the upper half of a word. */
export function sumWords(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i + 1 < bytes.length; i += 2) sum += bytes[i]! << 8 | bytes[i + 1]!;
  return bytes.length & 1 ? sum + (bytes[bytes.length - 1]! << 8) : sum;
}

/** The Internet checksum (RFC 1071) of an unfolded sum. */
export function fold(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65536);
  return ~sum & 0xffff;
}

/** Puts the checksum of the bytes, and of the pseudo header they are sent under, at `at`. */
function seal(bytes: Uint8Array, at: number, pseudo = 0): Uint8Array {
  const sum = fold(pseudo + sumWords(bytes));
  bytes[at] = sum >> 8;
  bytes[at + 1] = sum & 255;
  return bytes;
}

/** Sum of the pseudo header of RFC 9293 and RFC 8200. */
function pseudoSum(source: Address, target: Address, protocol: number, length: number): number {
  return sumWords(source) + sumWords(target) + protocol + length;
}

/** What may be said about a TCP segment. */
export interface Segment {
  readonly sport: number;
  readonly dport: number;
  readonly flags: number;
  readonly seq?: number;
  readonly ack?: number;
  readonly win?: number;
  /** Options, a multiple of four bytes. */
  readonly options?: Uint8Array;
  readonly data?: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** A TCP segment; the acknowledgement number is written only with the ACK flag. */
export function tcp(source: Address, target: Address, segment: Segment): Uint8Array {
  const { sport, dport, flags, seq = 0, ack = 0, win = 64240, options = NOTHING, data = NOTHING } = segment;
  const header = 20 + options.length;
  const bytes = join(
    words(sport, dport),
    longs(seq, flags & ACK ? ack : 0),
    Uint8Array.of(header << 2, flags),
    words(win, 0, 0),
    options,
    data,
  );
  return seal(bytes, 16, pseudoSum(source, target, 6, bytes.length));
}

/** A UDP datagram. */
export function udp(
  source: Address,
  target: Address,
  sport: number,
  dport: number,
  data: Uint8Array,
): Uint8Array {
  const bytes = join(words(sport, dport, 8 + data.length, 0), data);
  seal(bytes, 6, pseudoSum(source, target, 17, bytes.length));
  // A sum of zero would mean that there is none.
  if (bytes[6] === 0 && bytes[7] === 0) bytes[6] = bytes[7] = 255;
  return bytes;
}

/** An ICMP message, or with IPv6 addresses an ICMPv6 one; `rest` is what follows the checksum. */
export function icmp(
  source: Address,
  target: Address,
  type: number,
  code: number,
  rest: Uint8Array,
): Uint8Array {
  const bytes = join(Uint8Array.of(type, code, 0, 0), rest);
  return seal(bytes, 2, source.length === 16 ? pseudoSum(source, target, 58, bytes.length) : 0);
}

/** What may be said about an IP header. */
export interface IpOptions {
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  /** IPv4: do not fragment. */
  readonly df?: boolean;
  /** More fragments follow. */
  readonly mf?: boolean;
  /** Fragment offset in bytes, a multiple of eight. */
  readonly offset?: number;
  /** IPv4 options, a multiple of four bytes. */
  readonly options?: Uint8Array;
}

/** An IP packet of the version of the addresses; IPv6 gets a fragment header when `mf` or `offset` say so. */
export function ip(
  source: Address,
  target: Address,
  protocol: number,
  payload: Uint8Array,
  about: IpOptions = {},
): Uint8Array {
  const { ttl = 64, tos = 0, id = 0, df = false, mf = false, offset = 0, options = NOTHING } = about;
  if (source.length === 16) {
    const fragment = mf || offset > 0
      ? join(Uint8Array.of(protocol, 0), words(offset | (mf ? 1 : 0)), longs(id))
      : NOTHING;
    return join(
      longs((0x60000000 | tos << 20) >>> 0),
      words(payload.length + fragment.length),
      Uint8Array.of(fragment.length ? 44 : protocol, ttl),
      source,
      target,
      fragment,
      payload,
    );
  }
  const header = join(
    Uint8Array.of(0x40 | (20 + options.length) >> 2, tos),
    words(20 + options.length + payload.length, id, (df ? 0x4000 : 0) | (mf ? 0x2000 : 0) | offset >> 3),
    Uint8Array.of(ttl, protocol, 0, 0),
    source,
    target,
    options,
  );
  return join(seal(header, 10), payload);
}

/** An Ethernet frame. */
export function ethernet(target: Address, source: Address, type: number, payload: Uint8Array): Uint8Array {
  return join(target, source, words(type), payload);
}

/** The ethertype of an IP packet. */
export function etherTypeOf(packet: Uint8Array): number {
  return packet[0]! >> 4 === 6 ? 0x86dd : 0x0800;
}

/** An ARP message for IPv4 over Ethernet; `operation` 1 asks, 2 answers. */
export function arp(
  operation: number,
  senderMac: Address,
  sender: Address,
  targetMac: Address,
  target: Address,
): Uint8Array {
  return join(words(1, 0x0800, 0x0604, operation), senderMac, sender, targetMac, target);
}
