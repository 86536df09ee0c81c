import type { RecordBatch } from "../batch.ts";
import * as R from "../layout.ts";
import {
  type Field,
  type FieldNotes,
  float,
  integer,
  type IpfixElement,
  type NumberGetter,
  reverse,
} from "./field.ts";
import { counter, hasTcpFigures, packets, total } from "./row.ts";
import { duration, firstStart, lastTime, sideDuration, SIGN } from "./time.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  DOUBLES, D_APP, D_BYTES, D_PKTS, ESP_LOST, FLAGS, FLAG_MAR, FLAG_MERGED, FLAG_METRIC, FLAG_TURNED,
  NET, NET_ESP, NET_RTP, RTP_DDROP, RTP_SDROP, SIDE, SIDE_WORDS, S_APP, S_BYTES, S_PKTS, TCP_STATE,
  T_RETRANS, WORDS,
} = R;

const spkts = counter(S_PKTS), dpkts = counter(D_PKTS);
const sbytes = counter(S_BYTES), dbytes = counter(D_BYTES);
const sapp = counter(S_APP), dapp = counter(D_APP);

const PACKETS: IpfixElement = { name: "packetDeltaCount", id: 2 };
const OCTETS: IpfixElement = { name: "octetDeltaCount", id: 1 };

/** Seconds a side's rates refer to: its own duration, else the record's (REC-5b). */
function seconds(batch: RecordBatch, row: number, side: 0 | 1): number {
  return sideDuration(batch, row, side) || span(batch, row);
}

/** Duration for rates and loads: a start without time (TIM-12) counts as one before 1970, an end in second 0 as none. */
function span(batch: RecordBatch, row: number): number {
  const start = firstStart(batch.doubles, row * DOUBLES), last = lastTime(batch, row);
  return start < SIGN || last >= SIGN || last < 1e6
    ? duration(batch, row)
    : Math.fround((last - start) / 1e6 + 2 ** 32);
}

function merged(batch: RecordBatch, row: number): boolean {
  return (batch.words[row * WORDS + FLAGS]! & FLAG_MERGED) !== 0;
}

function hasMetric(batch: RecordBatch, row: number): boolean {
  return (batch.words[row * WORDS + FLAGS]! & FLAG_METRIC) !== 0;
}

/** Packets per second of one side, 32-bit float (REC-5b). */
export function sideRate(batch: RecordBatch, row: number, side: 0 | 1): number {
  if (!hasMetric(batch, row)) return 0;
  const n = packets(batch, row, side);
  if (n <= 1) return 0;
  const t = seconds(batch, row, side);
  return t > 0 ? Math.fround((n - 1) / t) : 0;
}

/** Bits per second of one side, 32-bit float (REC-5b; after a merge bytes * 8 / duration, cluster.md section 3). */
export function sideLoad(batch: RecordBatch, row: number, side: 0 | 1): number {
  if (!hasMetric(batch, row)) return 0;
  // The reader computes loads before it turns a record round and leaves them where they are.
  if ((batch.words[row * WORDS + FLAGS]! & FLAG_TURNED) !== 0) side = side === 0 ? 1 : 0;
  const n = packets(batch, row, side), bytes = batch.doubles[row * DOUBLES + S_BYTES + side]!;
  if (merged(batch, row)) {
    const t = span(batch, row);
    return t > 0 ? Math.fround(bytes * 8 / t) : 0;
  }
  if (n <= 1) return 0;
  const t = seconds(batch, row, side);
  return t > 0 ? Math.fround((bytes - Math.floor(bytes / n)) * 8 / t) : 0;
}

/** Packets per second over packets and duration of the whole record, what rasort orders by (cluster.md section 7). */
function sortRate(n: NumberGetter): NumberGetter {
  return (batch, row) => {
    const t = duration(batch, row);
    return t > 0 ? n(batch, row) / t : 0;
  };
}

/** Packets per second of the record. */
export function rate(batch: RecordBatch, row: number): number {
  if (!hasMetric(batch, row)) return 0;
  const n = packets(batch, row, 0) + packets(batch, row, 1), t = duration(batch, row);
  return t > 0 && n > 1 ? Math.fround((n - 1) / t) : 0;
}

/** Bits per second of the record: the loads of the sides weighted by their durations. */
export function load(batch: RecordBatch, row: number): number {
  if (!hasMetric(batch, row)) return 0;
  const t = duration(batch, row);
  if (t <= 0) return 0;
  const s = Math.fround(sideLoad(batch, row, 0) * seconds(batch, row, 0)),
    d = Math.fround(sideLoad(batch, row, 1) * seconds(batch, row, 1));
  return Math.fround(Math.fround(s + d) / t);
}

/** Packets known to be lost on one side: TCP retransmissions, RTP drops, ESP gaps. */
export function loss(batch: RecordBatch, row: number, side: 0 | 1): number {
  if (!hasMetric(batch, row)) return 0;
  const at = row * WORDS, net = batch.words[at + NET]!;
  // A short form that took a full record in a merge counts too; without machine state nothing does.
  if (hasTcpFigures(batch, row)) {
    if (batch.words[at + TCP_STATE] === 0 || packets(batch, row, side) === 0) return 0;
    return batch.words[at + SIDE + side * SIDE_WORDS + T_RETRANS]! >>> 0;
  }
  if (net === NET_RTP) return batch.words[at + (side === 0 ? RTP_SDROP : RTP_DDROP)]!;
  if (net === NET_ESP) return packets(batch, row, side) > 0 ? batch.words[at + ESP_LOST]! : 0;
  return 0;
}

function percent(part: number, rest: number): number {
  return part > 0 ? part * 100 / (rest + part) : part;
}

/** Loss of both sides; the original leaves it out when the source sent nothing. */
const bothLoss: NumberGetter = (b, r) => {
  if (packets(b, r, 0) === 0) return 0;
  // The one number of ESP is both sides'.
  return b.words[r * WORDS + NET] === NET_ESP ? loss(b, r, 0) : loss(b, r, 0) + loss(b, r, 1);
};

const sloss: NumberGetter = (b, r) => loss(b, r, 0), dloss: NumberGetter = (b, r) => loss(b, r, 1);

/** Mean packet size of one side in bytes. */
function meanSize(batch: RecordBatch, row: number, side: 0 | 1): number {
  const n = packets(batch, row, side);
  return n > 0 ? Math.fround(batch.doubles[row * DOUBLES + S_BYTES + side]! / n) : 0;
}

/** (a - b) / (a + b); nothing to divide gives the original's negative zero. */
function ratio(batch: RecordBatch, row: number): number {
  const s = sapp(batch, row), d = dapp(batch, row);
  if (s !== s) return (batch.words[row * WORDS + FLAGS]! & FLAG_MAR) === 0 ? 0 : NaN;
  return s + d > 0 ? (s - d) / (s + d) : -0;
}

function efficiency(app: NumberGetter, bytes: NumberGetter): NumberGetter {
  return (batch, row) => {
    const n = bytes(batch, row);
    if (n !== n) return NaN;
    return n > 0 ? Math.fround(app(batch, row) / n) : -0;
  };
}

const count = (meaning: string, unit: string, xml: string, ipfix?: IpfixElement): FieldNotes => ({
  meaning,
  unit,
  merge: "sum",
  sql: "bigint",
  xml,
  human: true,
  ...(ipfix ? { ipfix } : {}),
});
const derived = (meaning: string, unit: string, xml: string, human = true, sql = "double"): FieldNotes => ({
  meaning,
  unit,
  merge: "derived",
  sql,
  xml,
  human,
});

/** How much: packets, bytes, rates, loads, losses, sizes and ratios. */
export const COUNTER_FIELDS: readonly Field[] = [
  integer("bytes", "TotBytes", 10, total(sbytes, dbytes), {
    ...count("bytes of both sides", "bytes", "Bytes"),
    mar: "memory",
  }),
  integer("sbytes", "SrcBytes", 12, sbytes, {
    ...count("bytes sent by the source", "bytes", "SrcBytes", OCTETS),
    mar: "bytes",
  }),
  integer(
    "dbytes",
    "DstBytes",
    12,
    dbytes,
    { ...count("bytes sent by the destination", "bytes", "DstBytes", reverse(OCTETS)), mar: "dropped" },
  ),
  integer(
    "appbytes",
    "TotAppBytes",
    10,
    total(sapp, dapp),
    { ...count("application bytes of both sides", "bytes", "AppBytes"), mar: "memory" },
  ),
  integer(
    "sappbytes",
    "SAppBytes",
    12,
    sapp,
    { ...count("application bytes sent by the source", "bytes", "SrcAppBytes"), mar: "bufs" },
  ),
  integer(
    "dappbytes",
    "DAppBytes",
    12,
    dapp,
    { ...count("application bytes sent by the destination", "bytes", "DstAppBytes"), mar: "queue" },
  ),
  integer("pkts", "TotPkts", 8, total(spkts, dpkts), {
    ...count("packets of both sides", "packets", "Pkts"),
    mar: "pkts",
  }),
  integer("spkts", "SrcPkts", 8, spkts, {
    ...count("packets sent by the source", "packets", "SrcPkts", PACKETS),
    mar: "pkts",
  }),
  integer(
    "dpkts",
    "DstPkts",
    8,
    dpkts,
    { ...count("packets sent by the destination", "packets", "DstPkts", reverse(PACKETS)), mar: "records" },
  ),
  float("load", "Load", 8, load, derived("loads of the sides weighted by their durations", "bit/s", "Load")),
  float(
    "sload",
    "SrcLoad",
    8,
    (b, r) => sideLoad(b, r, 0),
    derived("bits after the first packet of the source per second", "bit/s", "SrcLoad"),
  ),
  float(
    "dload",
    "DstLoad",
    8,
    (b, r) => sideLoad(b, r, 1),
    derived("bits after the first packet of the destination per second", "bit/s", "DstLoad"),
  ),
  integer("loss", "Loss", 10, bothLoss, {
    ...derived("packets retransmitted or dropped", "packets", "Loss", false, "int"),
    mar: "dropped",
    merge: "sum",
  }),
  integer("sloss", "SrcLoss", 10, sloss, {
    ...derived("packets of the source retransmitted or dropped", "packets", "SrcLoss", false, "int"),
    merge: "sum",
  }),
  integer("dloss", "DstLoss", 10, dloss, {
    ...derived("packets of the destination retransmitted or dropped", "packets", "DstLoss", false, "int"),
    merge: "sum",
  }),
  float(
    "ploss",
    "pLoss",
    8,
    (b, r) => percent(bothLoss(b, r), packets(b, r, 0) + packets(b, r, 1)),
    derived("loss in percent of packets and loss", "%", "PctLoss", false),
  ),
  float(
    "sploss",
    "pSrcLoss",
    10,
    (b, r) => percent(sloss(b, r), packets(b, r, 0)),
    derived("loss of the source in percent", "%", "SrcPctLoss", false),
  ),
  float(
    "dploss",
    "pDstLoss",
    10,
    (b, r) => percent(dloss(b, r), packets(b, r, 1)),
    derived("loss of the destination in percent", "%", "DstPctLoss", false),
  ),
  float("rate", "Rate", 12, rate, {
    ...derived("packets after the first per second", "packets/s", "Rate"),
    sort: sortRate(total(spkts, dpkts)),
  }),
  float("srate", "SrcRate", 12, (b, r) => sideRate(b, r, 0), {
    ...derived("packets of the source after its first per second", "packets/s", "SrcRate"),
  }),
  float("drate", "DstRate", 12, (b, r) => sideRate(b, r, 1), {
    ...derived("packets of the destination after its first per second", "packets/s", "DstRate"),
  }),
  float(
    "smeansz",
    "sMeanPktSz",
    12,
    (b, r) => meanSize(b, r, 0),
    derived("mean packet size of the source", "bytes", "SrcMeanPktSize", true, "smallint unsigned"),
  ),
  float(
    "dmeansz",
    "dMeanPktSz",
    12,
    (b, r) => meanSize(b, r, 1),
    derived("mean packet size of the destination", "bytes", "DstMeanPktSize", true, "smallint unsigned"),
  ),
  float(
    "abr",
    "ABRatio",
    10,
    ratio,
    derived("application byte ratio: (source - destination) / both", "", "", false),
  ),
  float(
    "pcr",
    "PCRatio",
    10,
    ratio,
    derived("producer consumer ratio: (source - destination) / both", "", "PCR", false),
  ),
  float(
    "tf",
    "TF",
    12,
    efficiency(total(sapp, dapp), total(sbytes, dbytes)),
    derived("application bytes per byte", "", "TransEff", false),
  ),
  float(
    "stf",
    "STF",
    12,
    efficiency(sapp, sbytes),
    derived("application bytes per byte of the source", "", "TransEff", false),
  ),
  float(
    "dtf",
    "DTF",
    12,
    efficiency(dapp, dbytes),
    derived("application bytes per byte of the destination", "", "TransEff", false),
  ),
];
