/** A frame for `encodePcap`. */
export interface Segment {
  /** Microseconds since 1970. */
  readonly time: number;
  readonly bytes: Uint8Array;
}

const BASE = 1_400_000_000;
const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 };

function endOf(text: string): [address: number[], port: number] {
  const [address, port] = text.split(":");
  return [address!.split(".").map(Number), Number(port)];
}

function frame(
  seconds: number,
  from: string,
  to: string,
  proto: number,
  header: number,
  payload: number,
): [Segment, DataView] {
  const bytes = new Uint8Array(14 + 20 + header + payload), view = new DataView(bytes.buffer);
  const [a, p] = endOf(from), [b, q] = endOf(to);
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45]);
  view.setUint16(16, 20 + header + payload);
  bytes.set([64, proto], 22);
  bytes.set(a, 26);
  bytes.set(b, 30);
  view.setUint16(34, p);
  view.setUint16(36, q);
  return [{ time: Math.round((BASE + seconds) * 1e6), bytes }, view];
}

/** A TCP segment over Ethernet and IPv4; `flags` of the letters F S R P A. */
export function tcp(
  seconds: number,
  from: string,
  to: string,
  flags: string,
  seq: number,
  ack: number,
  payload = 0,
): Segment {
  const [segment, view] = frame(seconds, from, to, 6, 20, payload);
  view.setUint32(38, seq);
  view.setUint32(42, ack);
  view.setUint8(46, 0x50);
  view.setUint8(47, [...flags].reduce((bits, f) => bits | FLAGS[f]!, 0));
  view.setUint16(48, 8192);
  return segment;
}

/** A UDP datagram over Ethernet and IPv4. */
export function udp(seconds: number, from: string, to: string, payload = 4): Segment {
  const [segment, view] = frame(seconds, from, to, 17, 8, payload);
  view.setUint16(38, 8 + payload);
  return segment;
}
