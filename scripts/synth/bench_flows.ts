import { ACK, ascii, FIN, fold, hex, join, longs, PSH, RST, SYN, words } from "./packets.ts";
import type { Random } from "./random.ts";
import { type End, Side, type Slate } from "./bench_side.ts";

/** What the mix of flows is like. */
export interface Mix {
  readonly packets: number;
  readonly flows: number;
  /** Seconds. */
  readonly duration: number;
  /** Share of IPv6, and of flows with an 802.1Q tag. */
  readonly ipv6: number;
  readonly vlan: number;
  /** Exponent of the flow lengths' tail. */
  readonly alpha: number;
}

/** Bytes kept of a frame that waits: all that are not zero. */
export const STRIDE = 192;

/** A flow: gives the seconds to wait before its next frame, which is then written at `at` of the maker. */
export type Flow = Generator<number, void, void>;

const NONE = new Uint8Array(0);
const PORTS: readonly number[] = [
  [443, 55],
  [80, 15],
  [22, 4],
  [445, 4],
  [25, 3],
  [993, 3],
  [8080, 3],
  [3306, 2],
  ...[5432, 6379, 1883, 389, 3389, 5222, 179, 23, 21, 110].map((port) => [port, 1]),
].flatMap(([port, weight]) => new Array<number>(weight!).fill(port!));

/** Makes flows of three kinds: TCP, UDP, and others. */
export class FlowMaker implements Slate {
  /** The beginnings of all frames that wait, `STRIDE` bytes for each slot. */
  readonly bytes: Uint8Array;
  /** Set by the caller before a flow is asked: where its slot begins in `bytes`. */
  at = 0;
  head = 0;
  length = 0;
  /** Stretches the pauses inside flows. */
  scale = 1;
  /** Mean gap within a flow if all were alike, in seconds. */
  readonly base: number;
  readonly #longest: number;
  readonly #four = new Uint8Array(4);
  readonly #eight = new Uint8Array(8);
  readonly #head = new Uint8Array(12);
  /** Ends and ports of the last TCP connection of each slot. */
  readonly #last: [Side, Side, number, number][] = [];

  constructor(readonly random: Random, readonly mix: Mix) {
    this.bytes = new Uint8Array(mix.flows * STRIDE);
    this.base = mix.flows * mix.duration / mix.packets;
    this.#longest = Math.max(20, Math.floor(mix.packets / 40));
  }

  #length(): number {
    return this.random.pareto(this.mix.alpha, this.#longest);
  }

  #pause(mean: number): number {
    return this.random.exponential(mean * this.scale);
  }

  #client(v6: boolean): End {
    const host = this.random.below(1 << 14);
    return v6 ? { net: 1, low: host + 0x10000 } : { net: 0, low: 0x0a000100 + host };
  }

  /** Some servers are much more popular than others. */
  #server(v6: boolean): End {
    const host = Math.floor(4096 * this.random.unit() ** 3);
    return v6 ? { net: 2, low: host + 0x20000 } : { net: 0, low: 0xc6120001 + host };
  }

  #pair(v6 = this.random.chance(this.mix.ipv6)): [Side, Side] {
    const { random, mix } = this, client = this.#client(v6), server = this.#server(v6);
    const vlan = mix.vlan > 0 && random.chance(mix.vlan) ? 100 + random.below(8) : 0;
    const tos = random.chance(0.9) ? 0 : random.pick([0x28, 0x48, 0xb8]);
    const ttl = random.chance(0.7) ? 63 - random.below(20) : 118 + random.below(9);
    return [
      new Side(client, server, vlan, 64, tos, random.bits()),
      new Side(server, client, vlan, ttl, tos, random.bits()),
    ];
  }

  #port(): number {
    return 32768 + this.random.below(28232);
  }

  /** Handshake, requests and answers, retransmissions, FIN or RST or a silent end; and the ways this goes wrong. */
  *tcp(slot: number): Flow {
    const { random } = this;
    const again = random.chance(0.02) ? this.#last[slot] : undefined;
    const [c, s, sp, dp] = this.#last[slot] = again ?? [...this.#pair(), this.#port(), random.pick(PORTS)];
    const rtt = 0.001 * 200 ** random.unit(),
      mss = c.v6 ? 1440 : 1460,
      n = this.#length(),
      kind = random.unit();
    let cq = random.bits(), sq = random.bits();
    if (kind < 0.08) { // Nobody answers.
      for (let i = 0, tries = 1 + random.below(4); i < tries; i++) {
        c.tcp(this, sp, dp, cq, 0, SYN, 64240, 0, mss);
        yield i === 0 ? 0 : 2 ** (i - 1);
      }
      return;
    }
    if (kind < 0.11) { // Refused.
      c.tcp(this, sp, dp, cq, 0, SYN, 64240, 0, mss);
      yield 0;
      s.tcp(this, dp, sp, 0, cq + 1 >>> 0, RST | ACK, 0, 0);
      yield rtt;
      return;
    }
    const oneWay = kind > 0.99;
    if (kind < 0.95 || oneWay) { // The others are picked up in their midst.
      c.tcp(this, sp, dp, cq, 0, SYN, 64240, 0, mss);
      yield 0;
      cq = cq + 1 >>> 0;
      if (!oneWay) {
        s.tcp(this, dp, sp, sq, cq, SYN | ACK, 65160, 0, mss);
        yield rtt;
      }
      sq = sq + 1 >>> 0;
      c.tcp(this, sp, dp, cq, sq, ACK, 502, 0);
      yield rtt / 10;
    }
    // Long flows send faster.
    const think = this.base * 6 / (1 + n) ** 0.6;
    for (let done = 0; done < n;) {
      const request = 80 + random.below(560);
      c.tcp(this, sp, dp, cq, sq, PSH | ACK, 502, request);
      yield this.#pause(think * 4);
      cq = cq + request >>> 0;
      done++;
      const answers = Math.min(n - done, 1 + Math.floor((1 - random.unit()) ** -0.9));
      if (oneWay) continue;
      let wait = rtt;
      for (let i = 0; i < answers; i++) {
        const last = i === answers - 1, length = last ? 60 + random.below(mss - 60) : mss;
        s.tcp(this, dp, sp, sq, cq, last ? PSH | ACK : ACK, 501, length);
        yield wait;
        if (random.chance(0.005)) yield 0.2 + rtt; // The same once more.
        wait = i % 10 ? 0.000012 : rtt;
        sq = sq + length >>> 0;
        if (i & 1 || last) {
          c.tcp(this, sp, dp, cq, sq, ACK, 502, 0);
          yield 0.00002;
        }
      }
      done += answers + (answers + 1 >> 1);
    }
    const end = random.unit();
    if (end < 0.8) {
      c.tcp(this, sp, dp, cq, sq, FIN | ACK, 502, 0);
      yield this.#pause(think * 2);
      cq = cq + 1 >>> 0;
      if (!oneWay) {
        s.tcp(this, dp, sp, sq, cq, FIN | ACK, 501, 0);
        yield rtt;
      }
      c.tcp(this, sp, dp, cq, sq + 1 >>> 0, ACK, 502, 0);
      yield rtt / 10;
    } else if (end < 0.9) {
      c.tcp(this, sp, dp, cq, sq, RST | ACK, 0, 0);
      yield this.#pause(think);
    }
  }

  /** DNS, NTP, something like QUIC, something like RTP, one-way logs. */
  *udp(_slot: number): Flow {
    const { random } = this, [c, s] = this.#pair(), sp = this.#port(), rtt = 0.001 * 100 ** random.unit();
    const kind = random.unit();
    if (kind < 0.55) {
      const id = random.below(65536);
      put(this.#head, id << 16 | 0x0100, 1 << 16, 0);
      c.udp(this, sp, 53, 28 + random.below(40), this.#head);
      yield 0;
      if (random.chance(0.97)) {
        put(this.#head, id << 16 | 0x8180, 1 << 16, 0);
        s.udp(this, 53, sp, 60 + random.below(440), this.#head);
        yield rtt;
      }
    } else if (kind < 0.62) {
      c.udp(this, 123, 123, 48, Uint8Array.of(0x23));
      yield 0;
      s.udp(this, 123, 123, 48, Uint8Array.of(0x24));
      yield rtt;
    } else if (kind < 0.82) {
      const n = this.#length() + 4, think = this.base * 6 / (1 + n) ** 0.6;
      const long = Uint8Array.of(0xc3), short = Uint8Array.of(0x43);
      for (let i = 0; i < n; i++) {
        if (i % 12 === 0) {
          c.udp(this, sp, 443, i === 0 ? 1252 : 60 + random.below(300), long);
          yield i === 0 ? 0 : this.#pause(think * 6);
        } else if (i % 4 === 3) {
          c.udp(this, sp, 443, 33 + random.below(10), short);
          yield 0.0001;
        } else {
          s.udp(this, 443, sp, random.chance(0.9) ? 1252 : 100 + random.below(1000), short);
          yield i % 12 === 1 ? rtt : 0.000015;
        }
      }
    } else if (kind < 0.92) {
      const n = 10 + this.#length(), dp = 16384 + 2 * random.below(8000), first = random.below(1 << 15);
      for (let i = 0; i < n; i++) {
        put(this.#head, 0x80080000 | first + i & 0xffff, i * 160, 0xc0ffee);
        if (i & 1) s.udp(this, dp, sp, 172, this.#head);
        else c.udp(this, sp, dp, 172, this.#head);
        yield i & 1 ? 0.001 : 0.019 + 0.002 * random.unit();
      }
    } else {
      const head = ascii("<13>");
      for (let i = this.#length(); i > 0; i--) {
        c.udp(this, 514, 514, 80 + random.below(600), head);
        yield this.#pause(this.base);
      }
    }
  }

  /** ICMP echo and unreachable, ARP, IGMP, ESP. */
  *other(_slot: number): Flow {
    const { random } = this, kind = random.unit();
    if (kind < 0.55) {
      const [c, s] = this.#pair(), id = random.below(65536), [ask, answer] = c.v6 ? [128, 129] : [8, 0];
      for (let i = 0, n = Math.min(this.#length() + 3, 600); i < n; i++) {
        put(this.#four, id << 16 | i);
        c.icmp(this, ask, 0, 60, this.#four);
        yield i === 0 ? 0 : 1;
        if (random.chance(0.04)) continue;
        put(this.#four, id << 16 | i);
        s.icmp(this, answer, 0, 60, this.#four);
        yield 0.001 * 100 ** random.unit();
      }
    } else if (kind < 0.7) {
      const [c, s] = this.#pair();
      // The beginning of a datagram that did not arrive is written first, then moved into the message about it.
      c.udp(this, 33434 + random.below(60), 33434 + random.below(60), 32, NONE);
      const from = this.at + c.linkBytes, quoted = c.v6 ? 60 : 28;
      this.bytes.fill(0, this.at + this.head, from + quoted);
      const lost = join(new Uint8Array(4), this.bytes.subarray(from, from + quoted));
      s.icmp(this, c.v6 ? 1 : 3, c.v6 ? 4 : 3, lost.length, lost);
      yield 0;
    } else if (kind < 0.85) {
      yield* this.#arp(this.#client(false).low, this.#client(false).low);
    } else if (kind < 0.9) {
      const group = 0xef010100 + random.below(200), to = { net: 0, low: group };
      // IGMP sums like ICMP, without a pseudo header.
      put(this.#eight, 0x16000000 | fold(0x1600 + (group >>> 16) + (group & 0xffff)), group);
      new Side(this.#client(false), to, 0, 1, 0xc0, 0).raw(this, 2, 8, this.#eight);
      yield 0;
    } else {
      const [c, s] = this.#pair(false), spis = [random.bits(), random.bits()] as const, n = this.#length();
      for (let i = 1; i <= n; i++) {
        put(this.#eight, spis[0], i);
        c.raw(this, 50, 88 + random.below(1200), this.#eight);
        yield this.#pause(this.base * 2 / (1 + n) ** 0.5);
        if (i & 1) {
          put(this.#eight, spis[1], i);
          s.raw(this, 50, 88 + random.below(600), this.#eight);
          yield 0.01;
        }
      }
    }
  }

  *#arp(asker: number, asked: number): Flow {
    const mac = (host: number) => join(Uint8Array.of(2, 0), longs(host));
    const message = (to: Uint8Array, from: number, operation: number, ...about: Uint8Array[]) => {
      const bytes = join(to, mac(from), words(0x0806, 1, 0x0800, 0x0604, operation), ...about);
      this.bytes.set(bytes, this.at);
      this.head = bytes.length;
      this.length = 60;
    };
    message(hex("ffffffffffff"), asker, 1, mac(asker), longs(asker), new Uint8Array(6), longs(asked));
    yield 0;
    if (this.random.chance(0.2)) return;
    message(mac(asker), asked, 2, mac(asked), longs(asked), mac(asker), longs(asker));
    yield 0.0005;
  }
}

/** Writes 32-bit numbers, most significant byte first. */
function put(bytes: Uint8Array, a: number, b = 0, c = 0): void {
  for (let i = 0; i < bytes.length; i++) {
    const value = i < 4 ? a : i < 8 ? b : c;
    bytes[i] = value >>> 24 - 8 * (i & 3);
  }
}
