import { fold, sumWords } from "./packets.ts";

/** Shortest Ethernet frame without its check sequence. */
const SHORTEST = 60;

/** A host: an IPv4 address, or with a `net` above 0 the IPv6 address 2001:db8:net::low. */
export interface End {
  readonly net: number;
  /** The last four bytes. */
  readonly low: number;
}

function putAddress(bytes: Uint8Array, at: number, { net, low }: End): void {
  if (net > 0) {
    put32(bytes, at, 0x20010db8);
    put16(bytes, at + 4, net);
  }
  put32(bytes, net > 0 ? at + 12 : at, low);
}

function sumOf({ net, low }: End): number {
  return (net > 0 ? 0x2001 + 0x0db8 + net : 0) + (low >>> 16) + (low & 0xffff);
}

/** Where a frame is written: its first bytes; all that follow are zeros. */
export interface Slate {
  readonly bytes: Uint8Array;
  /** Where it begins in `bytes`. */
  at: number;
  /** Bytes written, and bytes of the whole frame. */
  head: number;
  length: number;
}

/**
 * One direction of one IP conversation: makes frames fast, from a header that is filled in once; payloads are zeros, so that
 * checksums follow from the headers alone.
 */
export class Side {
  readonly v6: boolean;
  /** Bytes before the IP payload. */
  readonly #headers: number;
  readonly #template: Uint8Array;
  readonly #l3: number;
  readonly #addressSum: number;
  readonly #ipSum: number;
  #id: number;

  constructor(source: End, target: End, vlan: number, ttl: number, tos: number, id: number) {
    this.v6 = source.net > 0;
    const link = vlan > 0 ? 18 : 14, size = this.v6 ? 16 : 4;
    this.#l3 = link;
    this.#headers = link + (this.v6 ? 40 : 20);
    const bytes = this.#template = new Uint8Array(this.#headers);
    put16(bytes, 0, 0x0200);
    put32(bytes, 2, target.low);
    put16(bytes, 6, 0x0200);
    put32(bytes, 8, source.low);
    if (vlan > 0) {
      put16(bytes, 12, 0x8100);
      put16(bytes, 14, vlan);
    }
    put16(bytes, link - 2, this.v6 ? 0x86dd : 0x0800);
    if (this.v6) put16(bytes, link, 0x6000 | tos << 4);
    else {
      put16(bytes, link, 0x4500 | tos);
      put16(bytes, link + 6, 0x4000);
    }
    bytes[link + (this.v6 ? 7 : 8)] = ttl;
    putAddress(bytes, this.#headers - 2 * size, source);
    putAddress(bytes, this.#headers - size, target);
    this.#addressSum = sumOf(source) + sumOf(target);
    this.#ipSum = 0x4500 + tos + 0x4000 + (ttl << 8) + this.#addressSum;
    this.#id = id & 0xffff;
  }

  /** Bytes of the link header. */
  get linkBytes(): number {
    return this.#l3;
  }

  /** Begins a frame whose IP payload has `length` bytes, the first `head` of them written; gives where they are. */
  #begin(slate: Slate, protocol: number, length: number, head: number): number {
    const { bytes } = slate, at = slate.at + this.#l3;
    slate.length = Math.max(SHORTEST, this.#headers + length);
    slate.head = this.#headers + head;
    bytes.set(this.#template, slate.at);
    if (this.v6) {
      put16(bytes, at + 4, length);
      bytes[at + 6] = protocol;
    } else {
      const total = length + 20, id = this.#id = (this.#id + 1) & 0xffff;
      put16(bytes, at + 2, total);
      put16(bytes, at + 4, id);
      bytes[at + 9] = protocol;
      put16(bytes, at + 10, fold(this.#ipSum + protocol + total + id));
    }
    return slate.at + this.#headers;
  }

  /** A TCP segment of `length` zeros; `mss` above 0 is written as an option. */
  tcp(
    slate: Slate,
    sport: number,
    dport: number,
    seq: number,
    ack: number,
    flags: number,
    win: number,
    length: number,
    mss = 0,
  ): void {
    const header = mss > 0 ? 24 : 20, size = header + length;
    const p = this.#begin(slate, 6, size, header), f = slate.bytes;
    put16(f, p, sport);
    put16(f, p + 2, dport);
    put32(f, p + 4, seq);
    put32(f, p + 8, ack);
    f[p + 12] = header << 2;
    f[p + 13] = flags;
    put16(f, p + 14, win);
    put16(f, p + 18, 0);
    let sum = this.#addressSum + 6 + size + sport + dport + (seq >>> 16) + (seq & 0xffff) + (ack >>> 16) +
      (ack & 0xffff) +
      (header << 10) + flags + win;
    if (mss > 0) {
      put16(f, p + 20, 0x0204);
      put16(f, p + 22, mss);
      sum += 0x0204 + mss;
    }
    put16(f, p + 16, fold(sum));
  }

  /** A UDP datagram of `length` bytes that begin with `head`, the rest zeros. */
  udp(slate: Slate, sport: number, dport: number, length: number, head: Uint8Array): void {
    const size = 8 + length, p = this.#begin(slate, 17, size, 8 + head.length), f = slate.bytes;
    put16(f, p, sport);
    put16(f, p + 2, dport);
    put16(f, p + 4, size);
    f.set(head, p + 8);
    put16(f, p + 6, fold(this.#addressSum + 17 + size + size + sport + dport + sumWords(head)) || 0xffff);
  }

  /** An ICMP or ICMPv6 message of `length` bytes behind the checksum, which begin with `head`. */
  icmp(slate: Slate, type: number, code: number, length: number, head: Uint8Array): void {
    const size = 4 + length, p = this.#begin(slate, this.v6 ? 58 : 1, size, 4 + head.length), f = slate.bytes;
    f[p] = type;
    f[p + 1] = code;
    f.set(head, p + 4);
    const pseudo = this.v6 ? this.#addressSum + 58 + size : 0;
    put16(f, p + 2, fold(pseudo + (type << 8) + code + sumWords(head)));
  }

  /** Any other protocol: `length` bytes that begin with `head`. */
  raw(slate: Slate, protocol: number, length: number, head: Uint8Array): void {
    slate.bytes.set(head, this.#begin(slate, protocol, length, head.length));
  }
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
