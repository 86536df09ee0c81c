import type { RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";

/** Writes one value at byte `p`. */
type PutValue = (view: DataView, p: number, batch: RecordBatch, row: number) => void;

/** One information element of a template. */
export interface Element {
  readonly id: number;
  readonly bytes: number;
  /** Private enterprise number; 29305 marks the reverse direction of a biflow (RFC 5103). */
  readonly pen?: number;
  readonly put: PutValue;
}

/** A template of fixed length. */
export interface Template {
  readonly id: number;
  readonly elements: readonly Element[];
  /** Bytes of a data record. */
  readonly bytes: number;
}

/** Seconds from 1900, where NTP begins to count, to 1970. */
const NTP_1900 = 2_208_988_800;

/**
 * dateTimeMicroseconds is an NTP time stamp whose lowest 11 bits do not count (RFC 7011 section 6.1.9): the
 * nearest such fraction, so that a reader who rounds to microseconds gets the very one.
 */
function putNtp(view: DataView, p: number, us: number): void {
  if (us !== us) us = 0;
  const seconds = Math.floor(us / 1e6);
  const fraction = Math.round((us - seconds * 1e6) * 4294.967296 / 2048) * 2048;
  view.setUint32(p, (seconds + NTP_1900) % 0x100000000);
  view.setUint32(p + 4, Math.min(fraction, 0xfffff800));
}

function putUint64(view: DataView, p: number, n: number): void {
  view.setUint32(p, Math.floor(n / 0x100000000));
  view.setUint32(p + 4, n % 0x100000000);
}

function putMilliseconds(view: DataView, p: number, us: number): void {
  putUint64(view, p, us === us ? Math.max(0, Math.floor(us / 1000)) : 0);
}

/** Reasons of records whose end is only known by the cause in an Argus file (RFC 5102 section 5.11.3). */
const REASON_OF_CAUSE: Readonly<Record<number, number>> = {
  [R.CAUSE_STATUS]: 2,
  [R.CAUSE_STOP]: 3,
  [R.CAUSE_TIMEOUT]: 1,
  [R.CAUSE_SHUTDOWN]: 4,
};

function endReason(batch: RecordBatch, row: number): number {
  const w = row * R.WORDS;
  const why = batch.words[w + R.WHY]! & 255;
  return R.FLOW_END_REASON[why] || (REASON_OF_CAUSE[batch.words[w + R.CAUSE]!] ?? 0);
}

/** biflowDirection: 1 the source began, 2 the destination did, 0 nobody knows (RFC 5103 section 6.3). */
function biflowDirection(batch: RecordBatch, row: number): number {
  const dir = R.direction(batch, row);
  return dir.includes("?")
    ? 0
    : dir.includes("->") || dir.includes("who") || dir.includes("tel")
    ? 1
    : dir.includes("<-")
    ? 2
    : 0;
}

const double = (at: number): PutValue => (view, p, batch, row) =>
  putUint64(view, p, batch.doubles[row * R.DOUBLES + at]!);
const word = (at: number): PutValue => (view, p, batch, row) =>
  view.setInt32(p, batch.words[row * R.WORDS + at]!);
const half = (at: number): PutValue => (view, p, batch, row) =>
  view.setUint16(p, batch.words[row * R.WORDS + at]!);
const byte = (at: number, shift = 0): PutValue => (view, p, batch, row) =>
  view.setUint8(p, batch.words[row * R.WORDS + at]! >>> shift);
const words = (at: number, count: number): PutValue => (view, p, batch, row) => {
  for (let i = 0; i < count; i++) view.setInt32(p + 4 * i, batch.words[row * R.WORDS + at + i]!);
};
/** Bytes `from` to `from + 6` of the MAC section (destination, then source). */
const mac = (from: number): PutValue => (view, p, batch, row) => {
  for (let i = 0; i < 6; i++) {
    const at = from + i;
    view.setUint8(p + i, batch.words[row * R.WORDS + R.MAC + (at >> 2)]! >>> (24 - 8 * (at & 3)));
  }
};

const reverse = (element: Element): Element => ({ ...element, pen: R.REVERSE_PEN });

/** Start of the record, the earlier of both sides; microseconds. */
function startOf(batch: RecordBatch, row: number): number {
  const d = row * R.DOUBLES, s = batch.doubles[d + R.S_START]!, t = batch.doubles[d + R.D_START]!;
  return s <= t || t !== t ? s : t;
}

/** End of the record, the later of both sides, the start where it has none; microseconds. */
function endOf(batch: RecordBatch, row: number): number {
  const d = row * R.DOUBLES, s = batch.doubles[d + R.S_END]!, t = batch.doubles[d + R.D_END]!;
  const end = s >= t || t !== t ? s : t;
  return end === end ? end : startOf(batch, row);
}

/** Milliseconds beside microseconds: nfdump 1.7.1 knows only the former. */
const TIMES: readonly Element[] = [
  { id: 152, bytes: 8, put: (view, p, batch, row) => putMilliseconds(view, p, startOf(batch, row)) },
  { id: 153, bytes: 8, put: (view, p, batch, row) => putMilliseconds(view, p, endOf(batch, row)) },
  { id: 154, bytes: 8, put: (view, p, batch, row) => putNtp(view, p, startOf(batch, row)) },
  { id: 155, bytes: 8, put: (view, p, batch, row) => putNtp(view, p, endOf(batch, row)) },
];

const COUNTERS: readonly Element[] = [
  { id: 1, bytes: 8, put: double(R.S_BYTES) },
  { id: 2, bytes: 8, put: double(R.S_PKTS) },
  reverse({ id: 1, bytes: 8, put: double(R.D_BYTES) }),
  reverse({ id: 2, bytes: 8, put: double(R.D_PKTS) }),
];

const FACTS: readonly Element[] = [
  { id: 136, bytes: 1, put: (view, p, batch, row) => view.setUint8(p, endReason(batch, row)) },
  { id: 239, bytes: 1, put: (view, p, batch, row) => view.setUint8(p, biflowDirection(batch, row)) },
  { id: 148, bytes: 8, put: words(R.CONN, 2) },
  {
    id: 243,
    bytes: 2,
    put: (view, p, batch, row) => view.setUint16(p, (batch.words[row * R.WORDS + R.VLAN]! >>> 16) & 0xfff),
  },
];

const tcpFlags = (side: number): PutValue => (view, p, batch, row) => {
  const w = row * R.WORDS, net = batch.words[w + R.NET]!;
  const tcp = net >= R.NET_TCP_INIT && net <= R.NET_TCP_PERF;
  view.setUint16(p, tcp ? batch.words[w + side + R.T_FLAGS]! & 255 : 0);
};

const IP: readonly Element[] = [
  { id: 4, bytes: 1, put: byte(R.PROTO) },
  { id: 5, bytes: 1, put: byte(R.S_IP, 16) },
  reverse({ id: 5, bytes: 1, put: byte(R.D_IP, 16) }),
  { id: 192, bytes: 1, put: byte(R.S_IP, 24) },
  reverse({ id: 192, bytes: 1, put: byte(R.D_IP, 24) }),
];

const PORTS: readonly Element[] = [
  { id: 7, bytes: 2, put: half(R.SPORT) },
  { id: 11, bytes: 2, put: half(R.DPORT) },
  { id: 6, bytes: 2, put: tcpFlags(R.SIDE) },
  reverse({ id: 6, bytes: 2, put: tcpFlags(R.DSIDE) }),
];

/**
 * Type and code as the row has them: ICMP type | code << 8, ICMPv6 type in one port and code in the other.
 */
const ICMP: Element = {
  id: 32,
  bytes: 2,
  put: (view, p, batch, row) => {
    const port = batch.words[row * R.WORDS + R.SPORT]!;
    view.setUint16(p, ((port & 255) << 8) | (port >>> 8));
  },
};
const ICMP6: Element = {
  id: 139,
  bytes: 2,
  put: (view, p, batch, row) => {
    const w = row * R.WORDS;
    view.setUint16(p, ((batch.words[w + R.SPORT]! & 255) << 8) | (batch.words[w + R.DPORT]! & 255));
  },
};

const IPV4: readonly Element[] = [{ id: 8, bytes: 4, put: word(R.SADDR) }, {
  id: 12,
  bytes: 4,
  put: word(R.DADDR),
}];
const IPV6: readonly Element[] = [
  { id: 27, bytes: 16, put: words(R.SADDR, 4) },
  { id: 28, bytes: 16, put: words(R.DADDR, 4) },
];
const MACS: readonly Element[] = [{ id: 56, bytes: 6, put: mac(6) }, { id: 80, bytes: 6, put: mac(0) }];

/** The MACs of flows whose key they are. */
const keyMac = (at: number): PutValue => (view, p, batch, row) => {
  view.setInt32(p, batch.words[row * R.WORDS + at]!);
  view.setUint16(p + 4, batch.words[row * R.WORDS + at + 1]! >>> 16);
};

function template(id: number, ...parts: readonly (readonly Element[])[]): Template {
  const elements = parts.flat();
  return { id, elements, bytes: elements.reduce((sum, element) => sum + element.bytes, 0) };
}

/** IPv4, IPv6, their ICMPs, ARP and other ethertypes; ids are ours from 256 on. */
export const TEMPLATES: readonly Template[] = [
  template(256, TIMES, IPV4, IP, PORTS, COUNTERS, FACTS, MACS),
  template(257, TIMES, IPV6, IP, PORTS, COUNTERS, FACTS, MACS),
  template(258, TIMES, IPV4, IP, [ICMP], COUNTERS, FACTS, MACS),
  template(259, TIMES, IPV6, IP, [ICMP6], COUNTERS, FACTS, MACS),
  template(
    260,
    TIMES,
    [
      { id: 56, bytes: 6, put: keyMac(R.SADDR) },
      { id: 80, bytes: 6, put: keyMac(R.DADDR) },
      { id: 256, bytes: 2, put: half(R.PROTO) },
    ],
    COUNTERS,
    FACTS,
  ),
  template(261, TIMES, IPV4, [{ id: 256, bytes: 2, put: half(R.PROTO) }], COUNTERS, FACTS, MACS),
];

/** The template of a row; nothing for management records. */
export function templateOf(batch: RecordBatch, row: number): Template | undefined {
  const w = row * R.WORDS;
  if (batch.words[w + R.FLAGS]! & R.FLAG_MAR) return undefined;
  const proto = batch.words[w + R.PROTO];
  switch (batch.words[w + R.KEY_TYPE]) {
    case R.KEY_IPV4:
      return TEMPLATES[proto === 1 ? 2 : 0];
    case R.KEY_IPV6:
      return TEMPLATES[proto === 58 ? 3 : 1];
    case R.KEY_ARP:
      return TEMPLATES[5];
    default:
      return TEMPLATES[4];
  }
}
