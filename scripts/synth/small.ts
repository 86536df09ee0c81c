import { encodePcap } from "../../lib/capture/mod.ts";
import { ACK, FIN, PSH, RST, SYN } from "./packets.ts";
import { host, Talk, Tape } from "./talk.ts";

/** A small capture that shows one thing. */
export interface SmallCapture {
  readonly name: string;
  /** What it is there to show, in one line. */
  readonly intent: string;
  make(): Uint8Array;
}

/** 4 June 2015, 10:00 UTC. */
const START = 1_433_412_000_000_000;
const CLIENT = host(0x0102), SERVER = host(0x0203), ROUTER = host(1), OTHER = host(0x0107);

/** Seconds after the start, in microseconds. */
const s = (seconds: number) => START + Math.round(seconds * 1e6);

/** Looks for the router every so often: the packets that move the clock while the others are silent. */
function pulse(tape: Tape, from: number, to: number, every: number): void {
  for (let t = from; t <= to; t += every) tape.arp(s(t), OTHER, ROUTER, 300);
}

function serverFirst(): Tape {
  const tape = new Tape(), talk = new Talk(tape, CLIENT, 40001, SERVER, 5552);
  talk.open(s(0.5));
  for (let t = 1; t <= 40; t += 13) {
    talk.send(s(t), false, PSH | ACK, 2);
    talk.send(s(t + 0.25), true, PSH | ACK, 2);
    talk.send(s(t + 0.5), false, ACK);
  }
  pulse(tape, 0.1, 330, 10);
  // Longer than the TCP timeout of 60 s after any status interval: the server's packet finds nothing.
  talk.send(s(305), false, PSH | ACK, 2);
  talk.send(s(306.25), true, PSH | ACK, 2);
  talk.send(s(306.5), false, ACK);
  talk.close(s(320));
  return tape;
}

function portReuse(): Tape {
  const tape = new Tape();
  for (const [n, t] of [0, 4, 6].entries()) {
    const talk = new Talk(tape, CLIENT, 40002, SERVER, 80, [1000 + n * 100_000, 9000 + n * 100_000]);
    talk.open(s(t));
    talk.send(s(t + 0.01), true, PSH | ACK, 100 + n);
    talk.send(s(t + 0.02), false, PSH | ACK, 700 + n);
    talk.send(s(t + 0.03), true, ACK);
    // The first ends as it should, the second is reset, the third stays open.
    if (n === 0) talk.close(s(t + 0.1));
    if (n === 1) talk.send(s(t + 0.1), false, RST | ACK);
  }
  return tape;
}

function synackFirst(): Tape {
  const tape = new Tape(), talk = new Talk(tape, CLIENT, 40003, SERVER, 443);
  // Two capture points, the packets of one a little late.
  talk.send(s(0.002), true, SYN);
  talk.send(s(0.001), false, SYN | ACK);
  talk.send(s(0.003), true, ACK);
  talk.send(s(0.1), true, PSH | ACK, 200);
  talk.send(s(0.2), false, PSH | ACK, 1400);
  talk.send(s(0.3), true, ACK);
  talk.close(s(0.5));
  return tape;
}

function missingHandshake(): Tape {
  const tape = new Tape();
  // One where the client is seen first, one where the server is, and one with the client's packets alone.
  for (const [n, first] of [true, false].entries()) {
    const talk = new Talk(tape, CLIENT, 40010 + n, SERVER, 22);
    talk.send(s(n), first, PSH | ACK, 48);
    talk.send(s(n + 0.02), !first, PSH | ACK, 96);
    talk.send(s(n + 0.04), first, ACK);
    talk.send(s(n + 0.5), false, FIN | ACK);
    talk.send(s(n + 0.51), true, FIN | ACK);
    talk.send(s(n + 0.52), false, ACK);
  }
  const oneSided = new Talk(tape, CLIENT, 40012, SERVER, 25);
  for (let i = 0; i < 4; i++) oneSided.send(s(2 + i / 10), true, PSH | ACK, 500);
  return tape;
}

function icmpReplyFirst(): Tape {
  const tape = new Tape();
  tape.echo(s(0), SERVER, CLIENT, true, 77, 1);
  for (let n = 2; n <= 5; n++) {
    tape.echo(s(n - 1), CLIENT, SERVER, false, 77, n);
    tape.echo(s(n - 1 + 0.02), SERVER, CLIENT, true, 77, n);
  }
  // A reply that nobody asked for.
  tape.echo(s(6), OTHER, CLIENT, true, 78, 1);
  return tape;
}

function disordered(): Tape {
  const tape = new Tape();
  const talk = new Talk(tape, CLIENT, 40020, SERVER, 80);
  talk.open(s(10));
  for (let n = 0; n < 12; n++) {
    // Every third answer carries a stamp from 2.5 s before its place.
    talk.send(s(10.1 + n), true, PSH | ACK, 50);
    talk.send(s(10.2 + n - (n % 3 === 2 ? 2.5 : 0)), false, PSH | ACK, 500);
  }
  talk.close(s(23));
  return tape;
}

const inOrder = (tape: Tape) =>
  encodePcap(tape.frames.toSorted((a, b) => a.time - b.time), { snaplen: 65535 });

/** All small captures. */
export const SMALL_CAPTURES: readonly SmallCapture[] = [
  {
    name: "server-first.pcap",
    intent: "After 264 s of silence, while other traffic moves the clock, the server speaks first.",
    make: () => inOrder(serverFirst()),
  },
  {
    name: "port-reuse.pcap",
    intent: "Three connections one after the other on the same ports: closed, reset, left open.",
    make: () => inOrder(portReuse()),
  },
  {
    name: "synack-first.pcap",
    intent: "The SYN-ACK is captured a millisecond before its SYN.",
    make: () => inOrder(synackFirst()),
  },
  {
    name: "missing-handshake.pcap",
    intent: "Connections that began before the capture: client seen first, server seen first, client alone.",
    make: () => inOrder(missingHandshake()),
  },
  {
    name: "icmp-reply-first.pcap",
    intent:
      "The capture begins with an echo reply whose request it lacks; a last reply has no request at all.",
    make: () => inOrder(icmpReplyFirst()),
  },
  {
    name: "disordered.pcap",
    intent: "Four frames carry time stamps 2.4 s earlier than the frame before them.",
    make: () => encodePcap(disordered().frames, { snaplen: 65535 }),
  },
];
