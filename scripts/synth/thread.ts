/**
 * The case that started it all: `thread-full.pcap` and `thread-only.pcap`, every packet made up here.
 *
 * A reconstruction of what the public mailing-list thread "Help needed to interpret how flows are reported. Probably IPs are being
 * swapped." (argus list, June 2015) tells about its capture.
 *
 * @module
 */
import { assert } from "@std/assert";
import { encodePcap } from "../../lib/capture/mod.ts";
import {
  ACK,
  address,
  arp,
  ascii,
  ethernet,
  FIN,
  hex,
  ip,
  join,
  longs,
  PSH,
  SYN,
  tcp,
  udp,
  words,
} from "./packets.ts";
import {
  Connection,
  connectionA,
  connectionB,
  SYN_OPTIONS,
  SYNACK_OPTIONS,
  TO_HOST,
  TO_PEER,
} from "./thread_connections.ts";
import {
  CNC,
  CNC_PORT,
  COMMAND_ACK,
  COMMAND_SEQ,
  div,
  EXCERPT_ACK,
  EXCERPT_COMMAND,
  FRAME_NUMBER,
  HOST,
  HOST_PORT,
  HOST_SYNS,
} from "./thread_published.ts";

const HOST_MAC = address("08:00:27:00:a1:68"), CNC_MAC = address("52:54:00:12:35:02");
const EVERYONE = hex("ffffffffffff");
const END = 577_790 * 1e6;

interface Frame {
  readonly time: number;
  readonly bytes: Uint8Array;
}

const FILLER = ascii("synthetic payload, not malware traffic. ".repeat(40));
const KEEP_ALIVE = ascii("0\0");
const DNS = "10.0.2.3";

/** Deterministic small numbers (a 64-bit linear congruential generator). */
class Lcg {
  constructor(public state: bigint) {}
  next(n: number): number {
    this.state = BigInt.asUintN(64, this.state * 6364136223846793005n + 1442695040888963407n);
    return Number((this.state >> 33n) % BigInt(n));
  }
}

/** Makes frames; counts the identification of each sender. */
class Wire {
  readonly frames: Frame[] = [];
  readonly #ids = new Map<string, number>();

  send(time: number, fromHost: boolean, type: number, payload: Uint8Array, target?: Uint8Array): void {
    const [source, other] = fromHost ? [HOST_MAC, CNC_MAC] : [CNC_MAC, HOST_MAC];
    this.frames.push({ time, bytes: ethernet(target ?? other, source, type, payload) });
  }

  packet(source: string, target: string, protocol: number, body: Uint8Array, ttl: number): Uint8Array {
    const id = ((this.#ids.get(source) ?? 0x1d30) + 1) & 0xffff;
    this.#ids.set(source, id);
    return ip(address(source), address(target), protocol, body, { ttl, id, df: protocol === 6 });
  }

  /** All of a connection, sequence numbers kept consistent. */
  connection(
    c: Connection,
    port: number,
    peer: string,
    peerPort: number,
    isnHost: number,
    isnPeer: number,
  ): void {
    const next: [number, number] = [isnHost, isnPeer];
    for (const { time, direction, flags, length, options } of c.events.toSorted((a, b) => a.time - b.time)) {
      const toPeer = direction === TO_PEER;
      const [source, target] = toPeer ? [HOST, peer] : [peer, HOST];
      const seq = next[direction], ack = next[toPeer ? 1 : 0];
      const segment = tcp(address(source), address(target), {
        sport: toPeer ? port : peerPort,
        dport: toPeer ? peerPort : port,
        seq,
        ack,
        flags,
        win: toPeer ? (flags & SYN ? 8192 : 64240) : 65535,
        options,
        data: length === 2 ? KEEP_ALIVE : FILLER.subarray(0, length),
      });
      this.send(time, toPeer, 0x0800, this.packet(source, target, 6, segment, toPeer ? 128 : 64));
      if (peer === CNC && time === EXCERPT_COMMAND) {
        assert(seq - isnPeer === COMMAND_SEQ && ack - isnHost === COMMAND_ACK && length === 20);
      }
      next[direction] += length + (flags & (SYN | FIN) ? 1 : 0);
    }
  }

  udp(
    time: number,
    source: string,
    sport: number,
    target: string,
    dport: number,
    data: Uint8Array,
    mac?: Uint8Array,
  ) {
    const host = source === HOST, body = udp(address(source), address(target), sport, dport, data);
    this.send(time, host, 0x0800, this.packet(source, target, 17, body, host ? 128 : 64), mac);
  }

  lookup(time: number, k: number): void {
    const name = join(ascii(`\x06h${String(k).padStart(5, "0")}\x07example\x03net\0`), words(1, 1));
    const port = 50000 + k % 15000;
    const answer = join(words(0xc00c, 1, 1), longs(300), words(4), address(`198.51.100.${1 + k % 250}`));
    this.udp(time, HOST, port, DNS, 53, join(words(k, 0x0100, 1, 0, 0, 0), name));
    this.udp(time + 18411, DNS, 53, HOST, port, join(words(k, 0x8180, 1, 1, 0, 0), name, answer));
  }

  resolve(time: number): void {
    const host = address(HOST), router = address("10.0.2.2");
    this.send(time, true, 0x0806, arp(1, HOST_MAC, host, new Uint8Array(6), router), EVERYONE);
    this.send(time + 204, false, 0x0806, arp(2, CNC_MAC, router, HOST_MAC, host));
  }

  announce(time: number, k: number): void {
    const name = ascii(" FHEJEODEENFAEMEFCACACACACACACAAA\0");
    const body = join(words(k, 0x0110, 1, 0, 0, 0), name, words(0x20, 1));
    this.udp(time, HOST, 137, "10.0.2.255", 137, body, EVERYONE);
  }

  /** One short web connection with exactly one SYN. */
  web(start: number, k: number, pages: number): void {
    const c = new Connection();
    c.add(start, TO_PEER, SYN, 0, SYN_OPTIONS);
    c.add(start + 22011, TO_HOST, SYN | ACK, 0, SYNACK_OPTIONS);
    c.add(start + 22127, TO_PEER, ACK);
    c.add(start + 23001, TO_PEER, PSH | ACK, 180);
    let time = start + 60000;
    for (let i = 0; i < pages; i++) {
      c.add(time, TO_HOST, ACK | PSH, 120 + (k * 37 + i * 11) % 160);
      time += 9000;
      if (i % 2 === 0) continue;
      c.add(time, TO_PEER, ACK);
      time += 9000;
    }
    c.add(time, TO_HOST, FIN | ACK);
    c.add(time + 131, TO_PEER, ACK);
    c.add(time + 2000, TO_PEER, FIN | ACK);
    c.add(time + 22000, TO_HOST, ACK);
    const peer = `203.0.113.${1 + k % 250}`;
    this.connection(c, 51000 + k, peer, 80, 0x20000000 + k * 7919, 0x51000000 + k * 104729);
  }
}

/**
 * Everything else the host does: what moves argus's clock while connection A is silent. All addresses are documentation ranges
 * (RFC 5737) or local. `before` is how many packets of connection A come before frame 4407.
 */
function background(wire: Wire, before: number): Frame[] {
  const random = new Lcg(20150604n), start = wire.frames.length, syns = HOST_SYNS - 2, early = 60;
  for (let k = 0; k < early; k++) {
    const time = 2_000_000 + k * 14e6 + random.next(4_000_000);
    wire.lookup(time, k);
    wire.web(time + 40000, k, 38);
  }
  wire.resolve(0);
  const fill = FRAME_NUMBER - 1 - before - (wire.frames.length - start);
  assert(fill > 0);
  for (let i = 0; i < fill; i++) wire.announce(3_000_000 + div(i * 855e6, fill) + 517, i);
  // The rest of the week: something at least every 60 s.
  const rest = syns - early, from = EXCERPT_ACK + 6_000_000, every = div(END - from, rest);
  let webs = 0;
  for (let time = from, j = 0; time < END; time += 38e6 + random.next(22_000_000), j++) {
    if (webs < rest && time >= from + webs * every) {
      wire.lookup(time, 100 + j);
      wire.web(time + 40000, early + webs, 4);
      webs++;
    } else if (j % 7 === 3) wire.resolve(time);
    else wire.lookup(time, 100 + j);
  }
  assert(webs === rest);
  return wire.frames.slice(start);
}

/** Both captures of the case, as pcap files: all the traffic, and the two connections alone. */
export function threadCaptures(): { full: Uint8Array; only: Uint8Array } {
  const wire = new Wire();
  wire.connection(connectionA(), HOST_PORT, CNC, CNC_PORT, 0x1a2b3c4d, 0x0d4e5f60);
  wire.connection(connectionB(), HOST_PORT, CNC, CNC_PORT, 0x6a7b8c9d, 0x35d4e5f6);
  const only = wire.frames.slice();
  const before = only.filter((frame) => frame.time < EXCERPT_COMMAND).length;
  const full = [...only, ...background(wire, before)].sort((a, b) => a.time - b.time);
  assert(full[FRAME_NUMBER - 1]!.time === EXCERPT_COMMAND);
  const options = { snaplen: 65535 };
  return { full: encodePcap(full, options), only: encodePcap(only, options) };
}
