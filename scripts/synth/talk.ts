import type { PlainFrame } from "../../lib/capture/mod.ts";
import {
  ACK,
  type Address,
  address,
  arp,
  ethernet,
  etherTypeOf,
  FIN,
  hex,
  icmp,
  ip,
  type IpOptions,
  join,
  SYN,
  tcp,
  udp,
  words,
} from "./packets.ts";

/** The Ethernet address a made-up host has: its last four address bytes behind 02:00. */
export function macOf(host: Address): Address {
  return join(Uint8Array.of(2, 0), host.subarray(-4));
}

/** Frames as they are sent; times are microseconds since 1970. */
export class Tape {
  readonly frames: PlainFrame[] = [];
  #id = 0;

  /** Puts an IP packet in an Ethernet frame. */
  packet(
    time: number,
    source: Address,
    target: Address,
    protocol: number,
    body: Uint8Array,
    about: IpOptions = {},
  ): void {
    const packet = ip(source, target, protocol, body, { id: this.#id = (this.#id + 1) & 0xffff, ...about });
    this.frames.push({ time, bytes: ethernet(macOf(target), macOf(source), etherTypeOf(packet), packet) });
  }

  /** A UDP datagram of zeros. */
  udp(time: number, source: Address, sport: number, target: Address, dport: number, length: number): void {
    this.packet(time, source, target, 17, udp(source, target, sport, dport, new Uint8Array(length)));
  }

  /** An ICMP or ICMPv6 echo request or reply with 32 bytes of data. */
  echo(time: number, source: Address, target: Address, reply: boolean, id: number, sequence: number): void {
    const v6 = source.length === 16;
    const type = v6 ? (reply ? 129 : 128) : reply ? 0 : 8;
    const body = icmp(source, target, type, 0, join(words(id, sequence), new Uint8Array(32)));
    this.packet(time, source, target, v6 ? 58 : 1, body);
  }

  /** Who has `target`? `answered` microseconds later it says so; never when undefined. */
  arp(time: number, sender: Address, target: Address, answered?: number): void {
    const asking = arp(1, macOf(sender), sender, new Uint8Array(6), target);
    this.frames.push({ time, bytes: ethernet(hex("ffffffffffff"), macOf(sender), 0x0806, asking) });
    if (answered === undefined) return;
    const answer = arp(2, macOf(target), target, macOf(sender), sender);
    this.frames.push({
      time: time + answered,
      bytes: ethernet(macOf(sender), macOf(target), 0x0806, answer),
    });
  }
}

/** One TCP connection: both sequence numbers are kept as segments are sent. */
export class Talk {
  readonly #next: [number, number];

  constructor(
    readonly tape: Tape,
    readonly client: Address,
    readonly cport: number,
    readonly server: Address,
    readonly sport: number,
    isns: [client: number, server: number] = [1000, 9000],
  ) {
    this.#next = [...isns];
  }

  /** The client (`true`) or the server sends a segment of so many zeros. */
  send(time: number, fromClient: boolean, flags: number, length = 0): void {
    const mine = fromClient ? 0 : 1, other = fromClient ? 1 : 0;
    const [source, target] = fromClient ? [this.client, this.server] : [this.server, this.client];
    const segment = tcp(source, target, {
      sport: fromClient ? this.cport : this.sport,
      dport: fromClient ? this.sport : this.cport,
      flags,
      seq: this.#next[mine],
      ack: this.#next[other],
      options: flags & SYN ? hex("020405b4") : new Uint8Array(0),
      data: new Uint8Array(length),
    });
    this.tape.packet(time, source, target, 6, segment, { df: true });
    this.#next[mine] += length + (flags & (SYN | FIN) ? 1 : 0);
  }

  /** Sends a segment again, or one that will be sent again: the sequence number stays where it is. */
  again(time: number, fromClient: boolean, flags: number, length = 0): void {
    const mine = fromClient ? 0 : 1, before = this.#next[mine];
    // What was sent last ended at the number that comes next.
    this.#next[mine] -= flags & SYN ? 0 : length;
    this.send(time, fromClient, flags, length);
    this.#next[mine] = before;
  }

  /** Three segments, a millisecond apart. */
  open(time: number): void {
    this.send(time, true, SYN);
    this.send(time + 1000, false, SYN | ACK);
    this.send(time + 2000, true, ACK);
  }

  /** Both sides end, the client first; four segments, a millisecond apart. */
  close(time: number): void {
    this.send(time, true, FIN | ACK);
    this.send(time + 1000, false, ACK);
    this.send(time + 2000, false, FIN | ACK);
    this.send(time + 3000, true, ACK);
  }
}

/** A host in 10.0.0.0/16. */
export function host(n: number): Address {
  return address(`10.0.${n >> 8}.${n & 255}`);
}
