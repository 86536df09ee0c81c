import * as R from "../record/mod.ts";
import type { FlowDraft } from "./flow_draft.ts";
import { count, port, seconds, tcpFlags, time } from "./text_values.ts";
import type { Columns } from "./text_tables.ts";

/** Status bits that each word of ra's state column stands for (fields.md section 8). */
const STATE_BITS: Readonly<Record<string, number>> = {
  REQ: R.TCP_SYN,
  ACC: R.TCP_SYNACK,
  CON: R.TCP_EST,
  FIN: R.TCP_EST | R.TCP_FIN,
  CLO: R.TCP_EST | R.TCP_FIN | R.TCP_FINACK | R.TCP_CLOSED,
  RST: R.TCP_S_RST,
  TIM: 0,
};

const CAUSES: Readonly<Record<string, number>> = {
  Start: R.CAUSE_START,
  Status: R.CAUSE_STATUS,
  Stop: R.CAUSE_STOP,
  Shutdown: R.CAUSE_SHUTDOWN,
  Timeout: R.CAUSE_TIMEOUT,
  Error: R.CAUSE_ERROR,
};

/**
 * ICMP ports are printed as `0x....` of the stored bytes (fields.md section 5); service names count as
 * unknown ports.
 */
function raPort(text: string, transport: string): number {
  const t = text.trim();
  if (t === "") return 0;
  return /^(0x[0-9a-f]+|\d+)$/i.test(t) ? port(t) : namedPort(t, transport);
}

function namedPort(name: string, transport: string): number {
  return (transport === "udp" ? R.servicePort("udp", name) : R.servicePort("tcp", name)) ?? port(name);
}

function ports(f: FlowDraft, sport: string, dport: string): void {
  if (f.proto === "icmp" || f.proto === "1") {
    const type = raPort(sport, f.proto), id = raPort(dport, f.proto);
    f.icmpType = type & 255;
    f.icmpCode = type >>> 8;
    f.icmpId = ((id & 255) << 8) | (id >>> 8);
  } else if (/^(ipv6-icmp|ipv6-\*|58)$/.test(f.proto)) {
    f.icmpType = raPort(sport, f.proto);
    f.icmpCode = raPort(dport, f.proto);
  } else if (f.proto === "esp" || f.proto === "50") {
    f.dport = Number(dport) | 0;
  } else {
    f.sport = raPort(sport, f.proto);
    f.dport = raPort(dport, f.proto);
  }
}

function direction(f: FlowDraft, text: string): void {
  const dir = text.trim();
  if (f.proto !== "tcp" && f.proto !== "6") return;
  // `?` is ra's word for "neither SYN nor SYN-ACK seen" (fields.md section 7).
  if (!dir.includes("?")) f.status |= R.TCP_SYN;
}

function state(f: FlowDraft, text: string): void {
  const word = text.trim();
  if (f.proto !== "tcp" && f.proto !== "6") return;
  const flags = /^([FSRPAUEC*]*)_([FSRPAUEC*]*)$/.exec(word);
  if (flags) {
    f.sflags = tcpFlags(flags[1]!);
    f.dflags = tcpFlags(flags[2]!);
  } else f.status |= STATE_BITS[word] ?? 0;
}

/** Columns of ra by field name; titles are turned into names first. */
export const RA: Columns = {
  name: "ra CSV",
  required: [["stime"], ["saddr"], ["daddr"], ["proto"]],
  set: {
    stime: (f, v) => (f.start = time(v)),
    ltime: (f, v) => (f.end = time(v)),
    dur: (f, v) => (f.duration = seconds(v)),
    proto: (f, v) => {
      f.proto = v.trim();
      if (f.proto === "man") f.skip = true;
    },
    saddr: (f, v) => (f.saddr = v.trim()),
    daddr: (f, v) => (f.daddr = v.trim()),
    spkts: (f, v) => (f.spkts = count(v)),
    dpkts: (f, v) => (f.dpkts = count(v)),
    sbytes: (f, v) => (f.sbytes = count(v)),
    dbytes: (f, v) => (f.dbytes = count(v)),
    sappbytes: (f, v) => (f.sapp = count(v)),
    dappbytes: (f, v) => (f.dapp = count(v)),
    sttl: (f, v) => (f.sttl = v === "" ? -1 : count(v)),
    dttl: (f, v) => (f.dttl = v === "" ? -1 : count(v)),
    stos: (f, v) => (f.stos = count(v)),
    dtos: (f, v) => (f.dtos = count(v)),
    sloss: (f, v) => (f.sloss = count(v)),
    dloss: (f, v) => (f.dloss = count(v)),
    seq: (f, v) => (f.seq = count(v)),
    smac: (f, v) => (f.smac = v),
    dmac: (f, v) => (f.dmac = v),
    svlan: (f, v) => (f.svlan = v === "" ? -1 : count(v)),
    dvlan: (f, v) => (f.dvlan = v === "" ? -1 : count(v)),
    label: (f, v) => (f.label = v),
    cause: (f, v) => (f.cause = CAUSES[v.trim()] ?? 0),
  },
  finish: (f, get) => {
    ports(f, get("sport"), get("dport"));
    direction(f, get("dir"));
    state(f, get("state"));
    // Without columns per side the totals are all there is.
    if (get("spkts") === "" && get("dpkts") === "") f.spkts = count(get("pkts"));
    if (get("sbytes") === "" && get("dbytes") === "") f.sbytes = count(get("bytes"));
    if (get("dir").trim().startsWith("<-") && !get("dir").includes(">")) turn(f);
  },
};

/** ra prints `<-` for a record whose initiator is the destination. */
function turn(f: FlowDraft): void {
  [f.saddr, f.daddr, f.sport, f.dport] = [f.daddr, f.saddr, f.dport, f.sport];
  [f.spkts, f.dpkts, f.sbytes, f.dbytes, f.sapp, f.dapp] = [
    f.dpkts,
    f.spkts,
    f.dbytes,
    f.sbytes,
    f.dapp,
    f.sapp,
  ];
  [f.sflags, f.dflags, f.sttl, f.dttl, f.stos, f.dtos] = [f.dflags, f.sflags, f.dttl, f.sttl, f.dtos, f.stos];
  [f.sloss, f.dloss, f.smac, f.dmac, f.svlan, f.dvlan] = [f.dloss, f.sloss, f.dmac, f.smac, f.dvlan, f.svlan];
}

const TITLES = new Map(R.FIELDS.map((field) => [field.title.toLowerCase(), field.name]));

/** The field name of a column title of ra. */
export function raName(title: string): string {
  return TITLES.get(title) ?? title;
}
