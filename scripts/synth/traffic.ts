import { encodePcap, type PlainFrame } from "../../lib/capture/mod.ts";
import { ACK, type Address, address, FIN, icmp, ip, join, longs, PSH, RST, SYN, udp } from "./packets.ts";
import { Random } from "./random.ts";
import { host, Talk, Tape } from "./talk.ts";

/** What random traffic is like; every field has a default. */
export interface TrafficOptions {
  readonly seed?: number;
  /** Frames in all, 200 unless given. */
  readonly packets?: number;
  /** Hosts on either side: few of them make flows meet, 4 unless given. */
  readonly hosts?: number;
  /** Client ports of a host: few of them make ports used again, 3 unless given. */
  readonly ports?: number;
  /** Seconds in which flows begin, 600 unless given. */
  readonly span?: number;
  /** Longest silence within a flow in seconds, 300 unless given. */
  readonly silence?: number;
  /** Share of frames stamped up to five seconds too early, none unless given. */
  readonly disorder?: number;
  /** Share of flows over IPv6, 0.2 unless given. */
  readonly ipv6?: number;
  /** Microseconds since 1970 at which the first flow may begin. */
  readonly start?: number;
  /** Nanosecond time stamps, below the microsecond at random. */
  readonly nano?: boolean;
}

/** Writes random flows on a tape. */
class Maker {
  readonly tape = new Tape();

  constructor(readonly random: Random, readonly options: Required<TrafficOptions>) {}

  /** Microseconds until the next packet: mostly at once, sometimes seconds, now and then a long silence. */
  gap(): number {
    const { random, options } = this, x = random.unit();
    const seconds = x < 0.6
      ? 0.1 * random.unit()
      : x < 0.9
      ? 10 * random.unit()
      : options.silence * random.unit() ** 2;
    return Math.floor(seconds * 1e6);
  }

  ends(): [Address, Address] {
    const { random, options } = this, v6 = random.chance(options.ipv6);
    const near = 1 + random.below(options.hosts), far = 1 + random.below(options.hosts);
    return v6
      ? [address(`2001:db8:1::${near}`), address(`2001:db8:2::${far}`)]
      : [host(near), host(0x4000 + far)];
  }

  /** Either side's packets may be those of a client: who is who shows only in the first of them. */
  flow(time: number): void {
    const x = this.random.unit(), [a, b] = this.ends();
    if (x < 0.5) this.tcp(time, a, b);
    else if (x < 0.7) this.udp(time, a, b);
    else if (x < 0.8) this.ping(time, a, b);
    else if (x < 0.85) this.unreachable(time, a, b);
    else if (x < 0.92) this.tape.arp(time, host(1), host(2), this.random.chance(0.7) ? 200 : undefined);
    else this.fragments(time, a, b);
  }

  tcp(start: number, client: Address, server: Address): void {
    const { random } = this;
    const cport = 40000 + random.below(this.options.ports), sport = random.pick([22, 80, 443]);
    const talk = new Talk(this.tape, client, cport, server, sport, [random.bits(), random.bits()]);
    let time = start;
    const handshake = random.unit();
    if (handshake < 0.1) { // Nobody answers, or the port is closed.
      for (let i = 0; i < 3; i++) talk.again(time + i * 1e6, true, SYN);
      if (random.chance(0.5)) talk.send(time + 3e6, false, RST | ACK);
      return;
    }
    if (handshake < 0.6) talk.open(time);
    else if (handshake < 0.7) { // Captured in the wrong order.
      talk.send(time + 10, true, SYN);
      talk.send(time, false, SYN | ACK);
      talk.send(time + 20, true, ACK);
    }
    // Everybody else is picked up in their midst.
    time += 3000;
    for (let i = random.pareto(0.9, 30); i > 0; i--) {
      const fromClient = random.chance(0.5), length = random.below(1400);
      talk.send(time, fromClient, PSH | ACK, length);
      if (random.chance(0.05)) talk.again(time + 300_000, fromClient, PSH | ACK, length);
      if (random.chance(0.7)) talk.send(time + 150, !fromClient, ACK);
      time += this.gap() + 200;
    }
    const end = random.unit();
    if (end < 0.4) talk.close(time);
    else if (end < 0.5) talk.send(time, true, FIN | ACK);
    else if (end < 0.7) talk.send(time, random.chance(0.5), RST | ACK);
  }

  udp(start: number, a: Address, b: Address): void {
    const { random } = this, port = 40000 + random.below(this.options.ports), answered = random.chance(0.8);
    let time = start;
    for (let i = random.pareto(0.9, 20); i > 0; i--) {
      this.tape.udp(time, a, port, b, 5000, random.below(1200));
      if (answered) this.tape.udp(time + 800, b, 5000, a, port, random.below(1200));
      time += this.gap() + 1000;
    }
  }

  ping(start: number, a: Address, b: Address): void {
    const { random } = this, id = random.below(4);
    for (let i = 1, n = 1 + random.below(5), time = start; i <= n; i++, time += 1e6 + this.gap()) {
      if (random.chance(0.9)) this.tape.echo(time, a, b, false, id, i);
      if (random.chance(0.9)) this.tape.echo(time + 9000, b, a, true, id, i);
    }
  }

  /** A datagram, and the message that it did not arrive. */
  unreachable(time: number, a: Address, b: Address): void {
    const port = 33434 + this.random.below(this.options.ports), v6 = a.length === 16;
    this.tape.udp(time, a, 40000, b, port, 32);
    const quoted = ip(a, b, 17, udp(a, b, 40000, port, new Uint8Array(32)));
    const body = icmp(b, a, v6 ? 1 : 3, v6 ? 4 : 3, join(longs(0), quoted));
    this.tape.packet(time + 700, b, a, v6 ? 58 : 1, body);
  }

  /** A datagram in pieces, not always all of them. */
  fragments(time: number, a: Address, b: Address): void {
    const { random } = this, id = random.below(65536), whole = udp(a, b, 2000, 2000, new Uint8Array(2992));
    for (let offset = 0; offset < whole.length; offset += 1000) {
      if (random.chance(0.15)) continue;
      const mf = offset + 1000 < whole.length;
      this.tape.packet(time + offset, a, b, 17, whole.subarray(offset, offset + 1000), { id, mf, offset });
    }
  }
}

/**
 * Random traffic for property tests, as a pcap file: TCP with all kinds of beginnings and ends, ports used again, long silences,
 * UDP, ICMP, ARP and fragments, over IPv4 and IPv6. The same options give the same bytes; times are in order unless `disorder`
 * says otherwise.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randomTraffic } from "./traffic.ts";
 *
 * assertEquals(randomTraffic({ seed: 1, packets: 50 }), randomTraffic({ seed: 1, packets: 50 }));
 * ```
 */
export function randomTraffic(options: TrafficOptions = {}): Uint8Array {
  const all: Required<TrafficOptions> = {
    seed: 1,
    packets: 200,
    hosts: 4,
    ports: 3,
    span: 600,
    silence: 300,
    disorder: 0,
    ipv6: 0.2,
    start: 1_433_412_000_000_000,
    nano: false,
    ...options,
  };
  const random = new Random(all.seed), maker = new Maker(random, all), { frames } = maker.tape;
  while (frames.length < all.packets) maker.flow(all.start + Math.floor(random.unit() * all.span * 1e6));
  const inOrder = frames.toSorted((a, b) => a.time - b.time).slice(0, all.packets).map(
    (frame): PlainFrame => {
      const time = random.chance(all.disorder) ? frame.time - random.below(5_000_000) : frame.time;
      return { ...frame, time, nano: all.nano ? random.below(1000) : 0 };
    },
  );
  if (all.nano && all.disorder === 0) inOrder.sort((a, b) => a.time - b.time || a.nano! - b.nano!);
  return encodePcap(inOrder, { nano: all.nano, snaplen: 65535 });
}
