import { encodePcap } from "../../lib/capture/mod.ts";
import {
  ACK,
  address,
  ethernet,
  FIN,
  icmp,
  ip,
  PSH,
  RST,
  SYN,
  tcp,
  udp,
} from "../../scripts/synth/packets.ts";

const FLAGS: Readonly<Record<string, number>> = { S: SYN, A: ACK, F: FIN, R: RST, P: PSH };
/** Where all captures of these tests begin, microseconds. */
export const START = 1_600_000_000_000_000;
const MAC = address("02:00:00:00:00:01");

/** A frame at so many seconds after the start. */
export type Timed = readonly [seconds: number, frame: Uint8Array];

function frame(source: string, target: string, protocol: number, payload: Uint8Array): Uint8Array {
  return ethernet(MAC, MAC, 0x0800, ip(address(source), address(target), protocol, payload));
}

/** A TCP segment between the client 10.0.0.1:40000 (`C`) and the server 10.0.0.2:80 (`S`), flags as letters. */
export function segment(seconds: number, from: "C" | "S", flags: string, length = 0, seq = 1000): Timed {
  const ends: readonly [string, string] = from === "C" ? ["10.0.0.1", "10.0.0.2"] : ["10.0.0.2", "10.0.0.1"];
  const [sport, dport] = from === "C" ? [40000, 80] : [80, 40000];
  const bits = [...flags].reduce((sum, letter) => sum | FLAGS[letter]!, 0);
  const [source, target] = [address(ends[0]), address(ends[1])];
  const data = new Uint8Array(length);
  return [
    seconds,
    frame(
      ends[0],
      ends[1],
      6,
      tcp(source, target, { sport: sport!, dport: dport!, flags: bits, seq, ack: 1, data }),
    ),
  ];
}

/** A UDP datagram of 10 bytes. */
export function datagram(
  seconds: number,
  source: string,
  sport: number,
  target: string,
  dport: number,
): Timed {
  return [
    seconds,
    frame(source, target, 17, udp(address(source), address(target), sport, dport, new Uint8Array(10))),
  ];
}

/** An ICMP message. */
export function message(seconds: number, source: string, target: string, type: number, code = 0): Timed {
  return [
    seconds,
    frame(source, target, 1, icmp(address(source), address(target), type, code, new Uint8Array(12))),
  ];
}

/** A capture of these frames. */
export function capture(frames: readonly Timed[]): Uint8Array {
  return encodePcap(
    frames.map(([seconds, data]) => ({ time: START + Math.round(seconds * 1e6), bytes: data })),
  );
}

/**
 * The packet list P of spec/presets.md: two connections on the same ports, the first closed by FIN, the second reset. The second SYN has
 * another sequence number.
 */
export const P: readonly Timed[] = [
  segment(0, "C", "S"),
  segment(0.1, "S", "SA"),
  segment(0.2, "C", "A"),
  segment(1, "C", "PA", 100),
  segment(1.25, "S", "PA", 200),
  segment(2, "C", "FA"),
  segment(2.1, "S", "FA"),
  segment(2.2, "C", "A"),
  segment(3, "C", "S", 0, 9000),
  segment(3.1, "S", "SA", 0, 8000),
  segment(3.2, "C", "A", 0, 9001),
  segment(4, "C", "R", 0, 9001),
];
