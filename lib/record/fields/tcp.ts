import type { RecordBatch } from "../batch.ts";
import * as R from "../layout.ts";
import { putHuman } from "../print/number.ts";
import { type Field, float, integer, type NumberGetter, type PrintStyle, type Put, text } from "./field.ts";
import { hasTcpFigures, packets } from "./row.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  ACKDAT, FLAGS, FLAG_MAR, KEY_IPV4, KEY_TYPE, NET, NET_TCP_PERF, SIDE, SIDE_WORDS, SYNACK,
  TCP_OPTIONS, T_ACKBYTES, T_BYTES, T_RETRANS, T_SEQ, T_SEQBASE, T_SHIFT, T_WIN, WORDS,
} = R;

const side = (batch: RecordBatch, row: number, which: 0 | 1, word: number) =>
  batch.words[row * WORDS + SIDE + which * SIDE_WORDS + word]!;

const scaled = (batch: RecordBatch, row: number, which: 0 | 1) =>
  side(batch, row, which, T_WIN) * 2 ** (side(batch, row, which, T_SHIFT) & 15);

/** Last window of a side, scaled; `NaN` for other protocols, for silent sides, and for both when the source is silent. */
function window(which: 0 | 1): NumberGetter {
  return (batch, row) =>
    !hasTcpFigures(batch, row) || packets(batch, row, 0) === 0 || packets(batch, row, which) === 0
      ? NaN
      : scaled(batch, row, which);
}

function base(which: 0 | 1): NumberGetter {
  return (batch, row) => {
    if (!hasTcpFigures(batch, row)) return NaN;
    const v = side(batch, row, which, T_SEQBASE) >>> 0;
    // The original leaves a zero out, but not the destination's under IPv6.
    return v === 0 && (which === 0 || batch.words[row * WORDS + KEY_TYPE] === KEY_IPV4) ? NaN : v;
  };
}

function rtt(...words: number[]): NumberGetter {
  return (batch, row) => {
    if (!hasTcpFigures(batch, row)) return 0;
    let us = 0;
    for (const w of words) us = (us + batch.words[row * WORDS + w]!) >>> 0;
    return us / 1e6;
  };
}

/** Bytes missing in the data stream of a side; `NaN` for other protocols (fields.md, sgap). */
export function gap(batch: RecordBatch, row: number, which: 0 | 1): number {
  if (!hasTcpFigures(batch, row)) return NaN;
  if (batch.words[row * WORDS + NET] !== NET_TCP_PERF) return 0;
  if (side(batch, row, which, T_RETRANS) !== 0) return 0;
  const next = side(batch, row, which, T_SEQ);
  const base = side(batch, row, which, T_SEQBASE);
  // A merge can leave a side without next number (a last record that did not hear of it).
  if (next === 0) return 0;
  // Or without base: that is taken for a number when the merge set acknowledged bytes beside it, as it does for the source (observed).
  if (base === 0 && side(batch, row, which, T_ACKBYTES) === 0) return 0;
  const seen = (next - base >>> 0) -
    (side(batch, row, which, T_BYTES) >>> 0) - 1;
  // Too much for the original's integer (a base from before a wrap, after a merge).
  return seen > 0x7fffffff ? -0x80000000 : Math.max(0, seen);
}

/** A gap is blank for other protocols, but -1 when abbreviated (observed). */
function putGap(which: 0 | 1): (style: PrintStyle) => Put {
  return (style) => (batch, row, sink) => {
    const v = gap(batch, row, which);
    if (style.human) {
      if ((batch.words[row * WORDS + FLAGS]! & FLAG_MAR) === 0) {
        putHuman(sink, v === v ? v : -1, style.digits);
      }
    } else if (v === v) sink.integer(v);
  };
}

const OPTION_LETTERS = "MwsSeETcNOSD";

/** The twelve columns of option letters (ra(1), tcpopt). */
function options(batch: RecordBatch, row: number): string {
  if (!hasTcpFigures(batch, row)) return "";
  const bits = batch.words[row * WORDS + TCP_OPTIONS]!;
  let out = "";
  for (let i = 0; i < 12; i++) out += (bits >>> (20 + i)) & 1 ? OPTION_LETTERS[i] : " ";
  return out;
}

/** Parts of the handshake below this many microseconds are left out of the limits (fields.md, stcpmax). */
const SHORT_PART = 100;

/** Most bits per second a side can send: the other's window over the handshake's round trip. */
function limit(which: 0 | 1, unit: number): NumberGetter {
  return (batch, row) => {
    if (!hasTcpFigures(batch, row)) return 0;
    const synack = batch.words[row * WORDS + SYNACK]! >>> 0,
      ackdat = batch.words[row * WORDS + ACKDAT]! >>> 0;
    const us = ackdat < SHORT_PART ? synack : synack < SHORT_PART ? ackdat : (synack + ackdat) >>> 0;
    return us > 0 ? scaled(batch, row, which === 0 ? 1 : 0) * 8 / (us / 1e6 * unit) : 0;
  };
}

/** What only TCP has: windows, sequence numbers, round trips, options. */
export const TCP_FIELDS: readonly Field[] = [
  integer("swin", "SrcWin", 6, window(0), {
    meaning: "last window the source advertised, scaled",
    unit: "bytes",
    merge: "last",
    sql: "tinyint unsigned",
    ipfix: { name: "tcpWindowSize", id: 186 },
    arrow: "uint32",
    human: true,
  }),
  integer("dwin", "DstWin", 6, window(1), {
    meaning: "last window the destination advertised, scaled",
    unit: "bytes",
    merge: "last",
    sql: "tinyint unsigned",
    ipfix: { name: "reverseTcpWindowSize", id: 186, pen: 29305 },
    arrow: "uint32",
    human: true,
  }),
  integer("stcpb", "SrcTCPBase", 12, base(0), {
    meaning: "first sequence number of the source",
    merge: "min",
    sql: "int unsigned",
    ipfix: { name: "tcpSequenceNumber", id: 184 },
    arrow: "uint32",
  }),
  integer("dtcpb", "DstTCPBase", 12, base(1), {
    meaning: "first sequence number of the destination",
    merge: "min",
    sql: "int unsigned",
    ipfix: { name: "reverseTcpSequenceNumber", id: 184, pen: 29305 },
    arrow: "uint32",
  }),
  float("tcprtt", "TcpRtt", 12, rtt(SYNACK, ACKDAT), {
    meaning: "round trip time of the handshake: synack + ackdat",
    unit: "s",
    merge: "first",
    sql: "double",
    xml: "TcpRtt",
    human: true,
  }),
  float("synack", "SynAck", 12, rtt(SYNACK), {
    meaning: "from SYN to SYN-ACK",
    unit: "s",
    merge: "first",
    sql: "double",
    xml: "TcpSynAck",
    human: true,
  }),
  float("ackdat", "AckDat", 12, rtt(ACKDAT), {
    meaning: "from SYN-ACK to ACK",
    unit: "s",
    merge: "first",
    sql: "double",
    xml: "TcpAckDat",
    human: true,
  }),
  float("stcpmax", "STcpMax", 10, limit(0, 1000), {
    meaning: "most the source can send: window of the destination over the round trip",
    unit: "kbit/s",
    merge: "derived",
    sql: "double",
    human: true,
  }),
  float("dtcpmax", "DTcpMax", 10, limit(1, 1), {
    meaning: "most the destination can send: window of the source over the round trip",
    unit: "bit/s",
    merge: "derived",
    sql: "double",
    human: true,
  }),
  text("tcpopt", "TcpOpt", 12, (b, r) => options(b, r).trimEnd(), {
    print: () => (batch, row, sink) => sink.ascii(options(batch, row)),
    meaning: "options seen, a letter each: M w s S e E T c N O S D",
    merge: "or",
    sql: "varchar(12)",
    xml: "TcpOptions",
  }),
  integer("sgap", "SrcGap", 8, (b, r) => gap(b, r, 0), {
    print: putGap(0),
    meaning: "bytes of the source missing in the capture",
    unit: "bytes",
    merge: "sum",
    sql: "int unsigned",
    xml: "SrcGap",
    human: true,
  }),
  integer("dgap", "DstGap", 8, (b, r) => gap(b, r, 1), {
    print: putGap(1),
    meaning: "bytes of the destination missing in the capture",
    unit: "bytes",
    merge: "sum",
    sql: "int unsigned",
    xml: "DstGap",
    human: true,
  }),
];
