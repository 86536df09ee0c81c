import { formatIpv4 } from "../../base/mod.ts";
import type { RecordBatch } from "../batch.ts";
import * as R from "../layout.ts";
import { putUserData } from "../print/user_data.ts";
import {
  blank,
  type Field,
  float,
  integer,
  type NumberGetter,
  type PrintStyle,
  type Put,
  text,
} from "./field.ts";

function sourceId(batch: RecordBatch, row: number): string {
  const at = row * R.WORDS, w = batch.words, flags = w[at + R.FLAGS]!, id = w[at + R.SRCID]!;
  if ((flags & (R.FLAG_TRANSPORT | R.FLAG_MAR)) === 0) return "";
  if ((flags & R.FLAG_SRCID_INT) !== 0) return String(id);
  if ((flags & R.FLAG_SRCID_TEXT) !== 0) {
    return String.fromCharCode(id >>> 24, (id >>> 16) & 255, (id >>> 8) & 255, id & 255).replace(/\0+$/, "");
  }
  return formatIpv4(id);
}

const sequence: NumberGetter = (batch, row) => {
  const at = row * R.WORDS;
  const has = (batch.words[at + R.FLAGS]! & (R.FLAG_TRANSPORT | R.FLAG_MAR)) !== 0;
  return has ? batch.words[at + R.SEQ]! >>> 0 : NaN;
};

const strokes = (side: 0 | 1 | 2): NumberGetter => (batch, row) => {
  const k = batch.more?.get(row)?.strokes;
  return k === undefined ? NaN : side === 2 ? k[0] + k[1] : k[side];
};
const asn = (which: 0 | 1 | 2): NumberGetter => (batch, row) => batch.more?.get(row)?.asn?.[which] ?? NaN;
const country = (which: 0 | 1) => (batch: RecordBatch, row: number) =>
  batch.more?.get(row)?.countries?.[which] ?? "";

/** User data as the text getter shows it: captured bytes as Latin-1. */
function userText(side: 0 | 1): (batch: RecordBatch, row: number) => string {
  return (batch, row) => {
    const data = batch.user?.[2 * row + side];
    return data === undefined ? "" : String.fromCharCode(...data);
  };
}

function putUser(side: 0 | 1): (style: PrintStyle, width: number) => Put {
  const letter = side === 0 ? "s" : "d";
  return (style, width) => (batch, row, sink) => {
    const data = batch.user?.[2 * row + side];
    if (data !== undefined && data.length > 0) {
      putUserData(sink, letter, data.subarray(0, width), style.userData);
    }
  };
}

const zero = (name: string, title: string, width: number, meaning: string, xml: string) =>
  integer(name, title, width, () => 0, {
    meaning: `${meaning} (UDT; 0 for every other flow)`,
    unit: "packets",
    merge: "none",
    sql: "int",
    xml,
  });
const zeroPercent = (name: string, title: string, width: number, meaning: string, xml: string) =>
  float(name, title, width, () => 0, {
    meaning: `${meaning} (UDT; 0 for every other flow)`,
    unit: "%",
    merge: "none",
    sql: "double",
    xml,
  });

/** The six counters UDT flows have for each of retransmissions, nacks, solo packets and first packets. */
function udt(stem: string, name: string): Field[] {
  const what = name.toLowerCase();
  return [
    zero(stem, name, 7, `${what} of both sides`, name),
    zero(`s${stem}`, `Src${name}`, 8, `${what} of the source`, `Src${name}`),
    zero(`d${stem}`, `Dst${name}`, 8, `${what} of the destination`, `Dst${name}`),
    zeroPercent(`p${stem}`, `p${name}`, 7, `${what} in percent`, `Pct${name}`),
    zeroPercent(
      `sp${stem}`,
      `pSrc${name}`,
      8,
      `${what} of the source in percent`,
      `SrcPct${name}`,
    ),
    zeroPercent(
      `dp${stem}`,
      `pDst${name}`,
      8,
      `${what} of the destination in percent`,
      `DstPct${name}`,
    ),
  ];
}

/** Counters of UDT flows. */
export const UDT_FIELDS: readonly Field[] = [
  ...udt("retrans", "Retrans"),
  ...udt("nacks", "Nacks"),
  ...udt("solo", "Solo"),
  ...udt("first", "First"),
];

const delta = (name: string, title: string, width: number, meaning: string, xml: string, sql: string) =>
  blank(name, title, width, {
    meaning: `${meaning} between probes (needs correlated records)`,
    merge: "none",
    sql,
    xml,
  });

/** Differences between correlated records of several probes. */
export const CORRELATION_FIELDS: readonly Field[] = [
  delta("dldur", "dlDur", 12, "difference of durations", "DeltaDuration", "double"),
  delta("dlstime", "dlsTime", 12, "difference of starts", "DeltaStartTime", "double(18,6)"),
  delta("dlltime", "dllTime", 12, "difference of ends", "DeltaLastTime", "double(18,6)"),
  delta("dlspkt", "dsPkts", 6, "difference of source packets", "DeltaSrcPkts", "int"),
  delta("dldpkt", "ddPkts", 6, "difference of destination packets", "DeltaSrcPkts", "int"),
  delta("dspkts", "dsPkts", 12, "difference of source packets", "DeltaSrcPkts", "int"),
  delta("ddpkts", "ddPkts", 12, "difference of destination packets", "DeltaSrcPkts", "int"),
  delta("dsbytes", "dsBytes", 12, "difference of source bytes", "DeltaSrcBytes", "int"),
  delta("ddbytes", "ddBytes", 12, "difference of destination bytes", "DeltaDstBytes", "int"),
  delta("pdspkts", "pdsPkt", 12, "difference of source packets in percent", "PctDeltaSrcPkts", "double"),
  delta("pddpkts", "pddPkt", 12, "difference of destination packets in percent", "PctDeltaDstPkts", "double"),
  delta("pdsbytes", "pdsByte", 12, "difference of source bytes in percent", "PctDeltaSrcBytes", "double"),
  delta(
    "pddbytes",
    "pddByte",
    12,
    "difference of destination bytes in percent",
    "PctDeltaDstBytes",
    "double",
  ),
  text("cor", "Cor", 12, (b, r) => b.more?.get(r)?.cor?.map((c) => formatIpv4(c[0] ?? 0)).join(",") ?? "", {
    meaning: "ids of the probes whose records were correlated",
    merge: "none",
    sql: "varchar(12)",
    xml: "Cor",
  }),
];

const stroke = (name: string, title: string, side: 0 | 1 | 2, meaning: string, xml: string) =>
  integer(name, title, 9, strokes(side), { meaning, merge: "sum", sql: "int unsigned", xml });
const as = (
  name: string,
  title: string,
  width: number,
  which: 0 | 1 | 2,
  meaning: string,
  xml: string,
  id?: number,
) =>
  integer(name, title, width, asn(which), {
    meaning,
    merge: "first",
    sql: "int unsigned",
    xml,
    arrow: "uint32",
    ...(id ? { ipfix: { name: id === 16 ? "bgpSourceAsNumber" : "bgpDestinationAsNumber", id } } : {}),
  });

/** Record identity, user data, labels, geography and what never prints. */
export const OTHER_FIELDS: readonly Field[] = [
  text("srcid", "SrcId", 18, sourceId, {
    meaning: "id of the probe",
    merge: "first",
    sql: "varchar(64)",
    xml: "SourceId",
    ipfix: { name: "observationPointId", id: 138 },
  }),
  integer("seq", "Seq", 12, sequence, {
    meaning: "sequence number the probe gave the flow",
    merge: "first",
    sql: "int unsigned",
    xml: "SeqNumber",
    arrow: "uint32",
    centred: true,
  }),
  integer("offset", "Offset", 12, (b, r) => {
    const merged = b.words[r * R.WORDS + R.FLAGS]! & R.FLAG_AGR;
    return merged ? 0 : b.more?.get(r)?.offset ?? NaN;
  }, {
    meaning: "byte offset of the record in its file; 0 for an aggregate",
    merge: "none",
    sql: "bigint",
    xml: "ByteOffset",
  }),
  integer("rank", "Rank", 6, () => NaN, {
    meaning: "ordinal of the record in the output, from 1",
    merge: "none",
    sql: "int unsigned",
    xml: "Rank",
    centred: true,
    print: (style) => (_batch, _row, sink) => sink.integer(style.counter.rank),
  }),
  integer("autoid", "AutoId", 6, () => 0, {
    meaning: "row id in a table",
    merge: "none",
    sql: "int not null auto_increment",
    xml: "AutoId",
  }),
  text("suser", "srcUdata", 16, userText(0), {
    meaning: "first payload bytes of the source",
    merge: "first",
    sql: "varbinary(2048)",
    xml: "SrcUserData",
    arrow: "binary",
    left: true,
    centred: true,
    userData: true,
    print: putUser(0),
  }),
  text("duser", "dstUdata", 16, userText(1), {
    meaning: "first payload bytes of the destination",
    merge: "first",
    sql: "varbinary(2048)",
    xml: "DstUserData",
    arrow: "binary",
    left: true,
    centred: true,
    userData: true,
    print: putUser(1),
  }),
  text("label", "Label", 5, (b, r) => b.more?.get(r)?.label ?? "", {
    meaning: "text label",
    merge: "or",
    sql: "varchar(4098)",
    xml: "Label",
  }),
  text("sco", "sCo", 3, country(0), {
    meaning: "country code of the source",
    merge: "first",
    sql: "varchar(2)",
    xml: "SrcCoCode",
  }),
  text("dco", "dCo", 3, country(1), {
    meaning: "country code of the destination",
    merge: "first",
    sql: "varchar(2)",
    xml: "DstCoCode",
  }),
  blank("ico", "iCo", 3, {
    meaning: "country code of the intermediate node",
    merge: "none",
    sql: "varchar(2)",
    xml: "DstCoCode",
  }),
  as("sas", "sAS", 6, 0, "AS number of the source", "SrcASNum", 16),
  as("das", "dAS", 6, 1, "AS number of the destination", "DstASNum", 17),
  as("ias", "iAS", 5, 2, "AS number of the intermediate node", "InodeASNum"),
  stroke("nstroke", "NStrok", 2, "key strokes of both sides", "KeyStrokeNStroke"),
  stroke("snstroke", "sNStrok", 0, "key strokes of the source", "KeyStrokeSrcNStroke"),
  stroke("dnstroke", "dNStrok", 1, "key strokes of the destination", "KeyStrokeDstNStroke"),
  blank("bssid", "Bssid", 18, { meaning: "802.11 BSS id", merge: "none", sql: "varchar(24)", xml: "Bssid" }),
  blank("ssid", "Ssid", 9, {
    meaning: "802.11 network name",
    merge: "none",
    sql: "varchar(32)",
    xml: "Ssid",
  }),
  blank("xxx", "", 12, { meaning: "spacer", vanishes: true, merge: "none", sql: "varchar(3)" }),
  blank("tcpext", "(null)", 12, { meaning: "always blank", merge: "none", sql: "varchar(64)" }),
  blank("jdelay", "JDelay", 12, { meaning: "always blank", merge: "none", sql: "double" }),
  blank("ldelay", "LDelay", 12, { meaning: "always blank", merge: "none", sql: "double" }),
  blank("bins", "Bins", 6, {
    meaning: "always blank",
    merge: "none",
    sql: "int unsigned",
    xml: "Bins",
    centred: true,
  }),
  blank("binnum", "Bin", 6, {
    meaning: "always blank",
    merge: "none",
    sql: "int unsigned",
    xml: "BinNum",
    centred: true,
  }),
  blank("srng", "SRange", 6, {
    meaning: "always blank",
    merge: "none",
    sql: "int unsigned",
    xml: "StartRange",
  }),
  blank("erng", "ERange", 6, {
    meaning: "always blank",
    merge: "none",
    sql: "int unsigned",
    xml: "DstRange",
  }),
  blank("laddr", "LocalAddr", 18, {
    meaning: "local address; always blank",
    merge: "none",
    sql: "varchar(64) not null",
  }),
  blank("raddr", "RemoteAddr", 18, {
    meaning: "remote address; always blank",
    merge: "none",
    sql: "varchar(64) not null",
  }),
  blank("lnet", "LocalNet", 18, {
    meaning: "local network; always blank",
    merge: "none",
    sql: "varchar(64) not null",
  }),
  blank("rnet", "RemoteNet", 18, {
    meaning: "remote network; always blank",
    merge: "none",
    sql: "varchar(64) not null",
  }),
];
