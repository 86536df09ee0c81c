import * as R from "../record/mod.ts";
import type { EndReason, Evidence, Field, RecordBatch } from "../record/mod.ts";
import type { ConnectionRef, RecordRef } from "./types.ts";

function getter(name: string): Field {
  return R.FIELDS.find((f) => f.name === name)!;
}

const STIME = getter("stime").number!, LTIME = getter("ltime").number!;
const PROTO = getter("proto").text!, DIR = getter("dir").text!, STATE = getter("state").text!;
const SADDR = getter("saddr").text!, DADDR = getter("daddr").text!;
const SPORT = getter("sport").text!, DPORT = getter("dport").text!;

/** Start of a record as printed, microseconds since 1970; 0 for a record without times. */
export function startOf(batch: RecordBatch, row: number): number {
  return STIME(batch, row) || 0;
}

/** End of a record as printed, microseconds since 1970; never before its start. */
export function endOf(batch: RecordBatch, row: number): number {
  return Math.max(LTIME(batch, row) || 0, startOf(batch, row));
}

/** State of a record as printed. */
export function stateOf(batch: RecordBatch, row: number): string {
  return STATE(batch, row);
}

/** Whether the network section is one of TCP's. */
export function isTcp(net: number): boolean {
  return net >= R.NET_TCP_INIT && net <= R.NET_TCP_PERF;
}

/** Direction-free 64-bit number as 16 hexadecimal digits, empty for 0. */
export function hex64(high: number, low: number): string {
  if (high === 0 && low === 0) return "";
  return (high >>> 0).toString(16).padStart(8, "0") + (low >>> 0).toString(16).padStart(8, "0");
}

/**
 * Why the direction of a record is believed: what the meter noted, or, for records of other programs, what the row itself shows.
 */
export function evidenceOf(batch: RecordBatch, row: number): number {
  const w = row * R.WORDS, words = batch.words;
  const noted = (words[w + R.WHY]! >>> 8) & 0xff;
  if (noted !== R.EVIDENCE_UNKNOWN) return noted;
  const key = words[w + R.KEY_TYPE]!, proto = words[w + R.PROTO]!;
  if (isTcp(words[w + R.NET]!)) {
    const status = words[w + R.TCP_STATUS]!;
    return status & R.TCP_SYN ? R.EVIDENCE_SYN : status & R.TCP_SYNACK ? R.EVIDENCE_SYNACK : R.EVIDENCE_NONE;
  }
  const icmp = key === R.KEY_IPV4 && proto === 1 || key === R.KEY_IPV6 && proto === 58;
  return icmp ? R.EVIDENCE_ICMP_TYPE : R.EVIDENCE_FIRST_PACKET;
}

/**
 * Copies out of a row what differences and reasons need; the row must be as read (`asRead`).
 *
 * @param index ordinal of the record in its source, from 0
 */
export function refOf(batch: RecordBatch, row: number, index: number): RecordRef {
  const w = row * R.WORDS, d = row * R.DOUBLES, words = batch.words, doubles = batch.doubles;
  const flags = words[w + R.FLAGS]!;
  const app = flags & R.FLAG_APPBYTES;
  const net = words[w + R.NET]!;
  const counted = flags & R.FLAG_METRIC;
  const counter = (at: number) => counted ? doubles[d + at]! : 0;
  return Object.freeze({
    index,
    stime: startOf(batch, row),
    ltime: endOf(batch, row),
    proto: PROTO(batch, row),
    saddr: SADDR(batch, row),
    sport: SPORT(batch, row),
    dir: DIR(batch, row).trim(),
    daddr: DADDR(batch, row),
    dport: DPORT(batch, row),
    spkts: counter(R.S_PKTS),
    dpkts: counter(R.D_PKTS),
    sbytes: counter(R.S_BYTES),
    dbytes: counter(R.D_BYTES),
    sappbytes: app ? counter(R.S_APP) : NaN,
    dappbytes: app ? counter(R.D_APP) : NaN,
    state: STATE(batch, row),
    evidence: (R.EVIDENCES[evidenceOf(batch, row)] ?? "unknown") as Evidence,
    endReason: (R.END_REASONS[words[w + R.WHY]! & 0xff] ?? "unknown") as EndReason,
    firstFrame: words[w + R.FIRST_FRAME]! >>> 0,
    lastFrame: words[w + R.LAST_FRAME]! >>> 0,
    connection: hex64(words[w + R.CONN]!, words[w + R.CONN + 1]!),
    connectionSeq: words[w + R.CONN_SEQ]! >>> 0,
    seq: words[w + R.SEQ]! >>> 0,
    flags,
    tcpStatus: isTcp(net) ? words[w + R.TCP_STATUS]! : 0,
    keyType: words[w + R.KEY_TYPE]!,
    protoNumber: words[w + R.PROTO]!,
    net,
    icmpMap: flags & R.FLAG_ICMP_MAP ? words[w + R.ICMP_MAP]! : 0,
  });
}

/** The ends of a record as `address:port` text where there are ports. */
export function endText(addr: string, port: string): string {
  if (port === "") return addr;
  return addr.includes(":") ? `[${addr}]:${port}` : `${addr}:${port}`;
}

/** The connection a record belongs to; `sourceFirst` tells whether the record's source is the smaller end. */
export function connectionOf(ref: RecordRef, sourceFirst: boolean, id: string): ConnectionRef {
  const source = [ref.saddr, ref.sport] as const, destination = [ref.daddr, ref.dport] as const;
  const ends = sourceFirst ? [source, destination] as const : [destination, source] as const;
  return Object.freeze({
    text: `${ref.proto} ${endText(...ends[0])} ${endText(...ends[1])}`,
    proto: ref.proto,
    ends: Object.freeze(ends),
    id,
  });
}

/** Whether the record's direction indicator says that the direction is not known. */
export function isUnknown(ref: RecordRef): boolean {
  return ref.dir.includes("?");
}
