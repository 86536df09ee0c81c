import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { PeerRules, Settings } from "../settings/mod.ts";
import * as T from "./entry_words.ts";
import type { FlowTable } from "./flow_table.ts";
import { newEntryRow } from "./interval.ts";
import * as K from "./key_words.ts";
import type { PeerPacket } from "./peer_packet.ts";
import {
  D_FIN,
  D_FIN_ACKED,
  D_RST,
  D_SYNACK,
  S_FIN,
  S_FIN_ACKED,
  S_RST,
  S_SYN,
  S_SYNACK,
} from "./peer_tcp.ts";

/** State word of a peer's entry that holds its TCP bits (see peer_tcp.ts); its fragment words are not used. */
export const S_TCP: number = T.S_CHILD;
/** Initial sequence number of the source; the destination's is the next word. */
export const S_ISNS: number = T.S_SIBLING;
/** ICMP type and code of the first packet. */
export const S_ICMP: number = T.S_FRAG_HAVE;

/** Fills a zeroed row for the first packet of a flow; `orient` is 1 when its source is the second end of the key. */
export function openPeerRow(
  table: FlowTable,
  row: number,
  p: PeerPacket,
  orient: number,
  c: PacketColumns,
  i: number,
  rules: PeerRules,
  settings: Settings,
): void {
  const words = table.words, w = row * R.WORDS, s = row * T.STATE_WORDS, k = p.key;
  newEntryRow(table, row, k, 0, c, i, settings);
  table.state[s + T.S_ORIENT] = orient;
  // Ends are written in their order, and what a reader would repair is as this meter wants it.
  words[w + R.FLAGS] = (words[w + R.FLAGS]! & ~R.FLAG_REVERSE) | R.FLAG_CORRECTED;
  if (orient === 1) {
    for (let j = 0; j < 4; j++) {
      words[w + R.SADDR + j] = k[K.K_B + j]!;
      words[w + R.DADDR + j] = k[K.K_A + j]!;
    }
  }
  if (rules.key === "argus") {
    const low = k[K.K_KIND]! & 0xff;
    if (orient === 1 && (low === P.P_TCP || low === P.P_UDP || low === P.P_LLC)) exchangePorts(words, w);
    return;
  }
  const ports = orient === 1 ? (k[K.K_PORTS]! << 16) | (k[K.K_PORTS]! >>> 16) : k[K.K_PORTS]!;
  words[w + R.PROTO] = p.proto;
  words[w + R.SPORT] = ports >>> 16;
  words[w + R.DPORT] = ports & 0xffff;
  if (p.isIcmp && rules.icmp !== "pair") {
    // Zeek shows the answering type where others show the code.
    const code = rules.icmp === "counterpart" ? ports & 0xff : p.ports & 0xff, type = p.ports >>> 8;
    words[w + R.SPORT] = p.isIp6 ? type : type | (code << 8);
    words[w + R.DPORT] = p.isIp6 ? code : 0;
  }
}

function exchangePorts(words: Int32Array, w: number): void {
  const port = words[w + R.SPORT]!;
  words[w + R.SPORT] = words[w + R.DPORT]!;
  words[w + R.DPORT] = port;
}

/** TCP status of a record from what its packets showed. */
function tcpStatus(bits: number): number {
  let status = 0;
  if (bits & S_SYN) status |= R.TCP_SYN;
  if (bits & (S_SYNACK | D_SYNACK)) status |= R.TCP_SYNACK;
  if ((bits & (S_SYN | D_SYNACK)) === (S_SYN | D_SYNACK)) status |= R.TCP_EST;
  if (bits & (S_FIN | D_FIN)) status |= R.TCP_FIN;
  if (bits & (S_FIN_ACKED | D_FIN_ACKED)) status |= R.TCP_FINACK;
  if (bits & S_RST) status |= R.TCP_S_RST;
  if (bits & D_RST) status |= R.TCP_D_RST;
  return status;
}

/** Copies an entry into row `at` of a batch and gives it the form of a record. */
export function emitPeerRow(
  table: FlowTable,
  row: number,
  out: RecordBatch,
  at: number,
  round: (time: number) => number,
  cause: number,
  reason: number,
): void {
  const from = table.words, to = out.words, fromDoubles = table.doubles, doubles = out.doubles;
  const w = row * R.WORDS,
    o = at * R.WORDS,
    d = row * R.DOUBLES,
    od = at * R.DOUBLES,
    s = row * T.STATE_WORDS;
  for (let j = 0; j < R.WORDS; j++) to[o + j] = from[w + j]!;
  for (let j = 0; j < R.DOUBLES; j++) doubles[od + j] = fromDoubles[d + j]!;
  for (let j = od; j < od + 4; j++) doubles[j] = round(doubles[j]!);
  // A side that was heard once ends where it began.
  for (let j = od; j < od + 4; j += 2) if (doubles[j + 1] !== doubles[j + 1]) doubles[j + 1] = doubles[j]!;
  to[o + R.CAUSE] = cause;
  let evidence = R.EVIDENCE_FIRST_PACKET;
  if (from[w + R.PROTO] === 6 && (table.state[s + T.S_KIND]! & P.P_KIND_MASK) === P.P_TCP) {
    const status = tcpStatus(table.state[s + S_TCP]!);
    to[o + R.NET] = R.NET_TCP_STATUS;
    to[o + R.TCP_STATUS] = status;
    evidence = status & R.TCP_SYN
      ? R.EVIDENCE_SYN
      : status & R.TCP_SYNACK
      ? R.EVIDENCE_SYNACK
      : table.state[s + T.S_BITS]! & T.IS_REMEMBERED
      ? R.EVIDENCE_REMEMBERED
      : R.EVIDENCE_NONE;
  }
  to[o + R.WHY] = reason | (evidence << 8);
}

/**
 * Makes a row that holds both directions one that holds the source's (`side` 0) or the destination's, from its own point of view and
 * with the times of the pair.
 */
export function keepSide(out: RecordBatch, at: number, side: number, first: number, last: number): void {
  const words = out.words, o = at * R.WORDS, doubles = out.doubles, d = at * R.DOUBLES;
  if (side === 1) {
    for (let j = 0; j < 4; j++) exchange(words, o + R.SADDR + j, o + R.DADDR + j);
    exchangePorts(words, o);
    for (const [a, b] of SIDES) exchange(words, o + a, o + b);
    for (let j = 0; j < R.SIDE_WORDS; j++) exchange(words, o + R.SIDE + j, o + R.DSIDE + j);
    for (const at of [R.S_PKTS, R.S_BYTES, R.S_APP]) doubles[d + at] = doubles[d + at + 1]!;
    const flags = words[o + R.FLAGS]!;
    words[o + R.FLAGS] = (flags & ~R.FLAG_S_IP) | (flags & R.FLAG_D_IP ? R.FLAG_S_IP : 0);
  }
  words[o + R.FLAGS]! &= ~R.FLAG_D_IP;
  words[o + R.D_IP] = words[o + R.D_ENCAPS] = 0;
  words.fill(0, o + R.DSIDE, o + R.DSIDE + R.SIDE_WORDS);
  doubles[d + R.S_START] = first;
  doubles[d + R.S_END] = last;
  doubles[d + R.D_START] = doubles[d + R.D_END] = NaN;
  doubles[d + R.D_PKTS] = doubles[d + R.D_BYTES] = doubles[d + R.D_APP] = 0;
}

const SIDES = [[R.S_IP, R.D_IP], [R.S_ENCAPS, R.D_ENCAPS]] as const;

function exchange(words: Int32Array, a: number, b: number): void {
  const word = words[a]!;
  words[a] = words[b]!;
  words[b] = word;
}
