import * as R from "../record/mod.ts";
import { ACK, FIN, type FlowDraft, PSH, RST, SYN } from "./flow_draft.ts";
import { count, milliseconds, port, seconds, tcpFlags, time } from "./text_values.ts";

/** How the columns of one kind of table fill a flow. */
export interface Columns {
  /** What to call the kind in problems. */
  readonly name: string;
  /** Columns that make the kind: of each list at least one must be there. */
  readonly required: readonly (readonly string[])[];
  /** What each column (in lower case) does. Columns without an entry are ignored. */
  readonly set: Readonly<Record<string, (flow: FlowDraft, value: string) => void>>;
  /** Rest of the work once all columns were set. */
  readonly finish?: (flow: FlowDraft, get: (column: string) => string) => void;
}

type Setter = (flow: FlowDraft, value: string) => void;

/** The same setter under several names. */
function under(names: readonly string[], set: Setter): Record<string, Setter> {
  return Object.fromEntries(names.map((name) => [name, set]));
}

/** Exporters put ICMP type and code into the destination port (IPFIX icmpTypeCodeIPv4). */
function icmpInPort(f: FlowDraft): void {
  if (!/^(icmp|icmp6|icmpv6|ipv6-icmp|1|58)$/i.test(f.proto)) return;
  f.icmpType = f.dport >>> 8;
  f.icmpCode = f.dport & 255;
}

/**
 * nfdump `-o csv`: one line per direction, or biflows with `-B`; 1.6 and 1.7 up to 1.7.3, and the shorter
 * table after it.
 */
export const NFDUMP: Columns = {
  name: "nfdump CSV",
  required: [["sa", "srcaddr", "srcip4addr", "srcip6addr"], ["da", "dstaddr", "dstip4addr", "dstip6addr"], [
    "ts",
    "firstseen",
  ], ["ipkt", "packets", "inpackets", "in packets"]],
  set: {
    ...under(["ts", "firstseen"], (f, v) => (f.start = time(v))),
    ...under(["te", "lastseen"], (f, v) => (f.end = time(v))),
    ...under(["td", "duration"], (f, v) => (f.duration = seconds(v.trim()))),
    ...under(["sa", "srcaddr", "srcip4addr", "srcip6addr"], (f, v) => (f.saddr = v || f.saddr)),
    ...under(["da", "dstaddr", "dstip4addr", "dstip6addr"], (f, v) => (f.daddr = v || f.daddr)),
    ...under(["sp", "srcport"], (f, v) => (f.sport = port(v))),
    // ICMP: type.code in some versions.
    ...under(["dp", "dstport"], (f, v) => {
      const dotted = /^(\d+)\.(\d+)$/.exec(v);
      f.dport = dotted ? Number(dotted[1]) * 256 + Number(dotted[2]) : port(v);
    }),
    ...under(["pr", "proto"], (f, v) => (f.proto = v.trim())),
    ...under(["flg", "flags", "tcpflags"], (f, v) => (f.sflags = tcpFlags(v))),
    stos: (f, v) => (f.stos = count(v)),
    ...under(["ipkt", "packets", "inpackets", "in packets"], (f, v) => (f.spkts = count(v))),
    ...under(["ibyt", "bytes", "inbytes", "in bytes"], (f, v) => (f.sbytes = count(v))),
    ...under(["opkt", "outpackets", "out packets"], (f, v) => (f.dpkts = count(v))),
    ...under(["obyt", "outbytes", "out bytes"], (f, v) => (f.dbytes = count(v))),
  },
  finish: (f) => {
    // 1.7 prints whole seconds but the duration to the millisecond.
    if (!Number.isNaN(f.duration)) f.end = NaN;
    icmpInPort(f);
  },
};

/** NFStream `to_csv`; with `statistical_analysis` the flag counts of each side are there too. */
export const NFSTREAM: Columns = {
  name: "NFStream CSV",
  required: [["src_ip"], ["dst_ip"], ["bidirectional_first_seen_ms"]],
  set: {
    src_ip: (f, v) => (f.saddr = v),
    dst_ip: (f, v) => (f.daddr = v),
    src_port: (f, v) => (f.sport = port(v)),
    dst_port: (f, v) => (f.dport = port(v)),
    protocol: (f, v) => (f.proto = v),
    src_mac: (f, v) => (f.smac = v),
    dst_mac: (f, v) => (f.dmac = v),
    vlan_id: (f, v) => (f.svlan = count(v) || -1),
    bidirectional_first_seen_ms: (f, v) => (f.start = milliseconds(v)),
    bidirectional_last_seen_ms: (f, v) => (f.end = milliseconds(v)),
    src2dst_packets: (f, v) => (f.spkts = count(v)),
    dst2src_packets: (f, v) => (f.dpkts = count(v)),
    src2dst_bytes: (f, v) => (f.sbytes = count(v)),
    dst2src_bytes: (f, v) => (f.dbytes = count(v)),
    // 0 idle (or end of file), 1 active timeout.
    expiration_id: (f, v) => (f.why = v === "1" ? R.END_STATUS : v === "0" ? R.END_IDLE : R.END_UNKNOWN),
    application_name: (f, v) => (f.label = v),
  },
  finish: (f, get) => {
    for (const [side, own] of [["src2dst", true], ["dst2src", false]] as const) {
      let flags = -1;
      for (
        const [letter, bit] of [["syn", SYN], ["ack", ACK], ["psh", PSH], ["rst", RST], ["fin", FIN]] as const
      ) {
        const n = get(`${side}_${letter}_packets`);
        if (n !== "") flags = Math.max(0, flags) | (count(n) > 0 ? bit : 0);
      }
      if (own) f.sflags = flags;
      else f.dflags = flags;
      if (get(`${side}_first_seen_ms`) === "" || (own ? f.spkts : f.dpkts) === 0) continue;
      const first = milliseconds(get(`${side}_first_seen_ms`)),
        last = milliseconds(get(`${side}_last_seen_ms`));
      if (own) [f.start, f.end] = [first, last];
      else [f.dstart, f.dend] = [first, last];
    }
  },
};

/**
 * CICFlowMeter: Java versions 3 and 4, CIC-IDS2017's and CSE-CIC-IDS2018's spellings, and the corrected
 * version's.
 */
export const CICFLOWMETER: Columns = {
  name: "CICFlowMeter CSV",
  required: [["src ip", "source ip", "src_ip"], ["dst ip", "destination ip", "dst_ip"], ["timestamp"], [
    "flow duration",
    "flow_duration",
  ]],
  set: {
    ...under(["src ip", "source ip", "src_ip"], (f, v) => (f.saddr = v)),
    ...under(["dst ip", "destination ip", "dst_ip"], (f, v) => (f.daddr = v)),
    ...under(["src port", "source port", "src_port"], (f, v) => (f.sport = port(v))),
    ...under(["dst port", "destination port", "dst_port"], (f, v) => (f.dport = port(v))),
    protocol: (f, v) => (f.proto = v),
    timestamp: (f, v) => (f.start = time(v)),
    "flow duration": (f, v) => (f.duration = Math.max(0, Math.round(Number(v)) || 0)),
    // The Python re-implementation writes seconds.
    flow_duration: (f, v) => (f.duration = seconds(v)),
    ...under(
      ["tot fwd pkts", "total fwd packets", "total fwd packet", "tot_fwd_pkts"],
      (f, v) => (f.spkts = count(v)),
    ),
    ...under(
      ["tot bwd pkts", "total backward packets", "total bwd packets", "tot_bwd_pkts"],
      (f, v) => (f.dpkts = count(v)),
    ),
    // Transport payload: that is all the tool counts.
    ...under(
      ["totlen fwd pkts", "total length of fwd packets", "total length of fwd packet", "totlen_fwd_pkts"],
      (f, v) => (f.sapp = f.sbytes = count(v)),
    ),
    ...under(
      ["totlen bwd pkts", "total length of bwd packets", "total length of bwd packet", "totlen_bwd_pkts"],
      (f, v) => (f.dapp = f.dbytes = count(v)),
    ),
    label: (f, v) => (f.label = v),
  },
};

/** Zeek's conn.log; ICMP has type and code (or counterpart type) in the ports. */
export const ZEEK: Columns = {
  name: "Zeek conn.log",
  required: [["id.orig_h"], ["id.resp_h"], ["ts"], ["proto"]],
  set: {
    ts: (f, v) => (f.start = time(v)),
    duration: (f, v) => (f.duration = v === "" ? NaN : seconds(v)),
    "id.orig_h": (f, v) => (f.saddr = v),
    "id.resp_h": (f, v) => (f.daddr = v),
    "id.orig_p": (f, v) => (f.sport = port(v)),
    "id.resp_p": (f, v) => (f.dport = port(v)),
    proto: (f, v) => (f.proto = v),
    orig_pkts: (f, v) => (f.spkts = count(v)),
    resp_pkts: (f, v) => (f.dpkts = count(v)),
    orig_ip_bytes: (f, v) => (f.sbytes = count(v)),
    resp_ip_bytes: (f, v) => (f.dbytes = count(v)),
    orig_bytes: (f, v) => (f.sapp = count(v)),
    resp_bytes: (f, v) => (f.dapp = count(v)),
    orig_l2_addr: (f, v) => (f.smac = v),
    resp_l2_addr: (f, v) => (f.dmac = v),
    vlan: (f, v) => (f.svlan = v === "" ? -1 : count(v)),
  },
  finish: (f, get) => {
    if (f.proto === "icmp") {
      if (f.saddr.includes(":")) f.proto = "ipv6-icmp";
      f.icmpType = f.sport;
      f.icmpCode = f.dport & 255;
    }
    // Proto names the analyzer's transport; the number is there in newer versions.
    if (f.proto === "unknown_transport") f.proto = get("ip_proto") || "0";
    if (f.proto === "tcp") history(f, get("history"));
  },
};

const HISTORY: Readonly<Record<string, number>> = {
  s: SYN,
  h: SYN | ACK,
  a: ACK,
  d: PSH | ACK,
  f: FIN | ACK,
  r: RST,
};

/** Letters of Zeek's history: capitals from the originator, others from the responder. */
function history(f: FlowDraft, text: string): void {
  f.sflags = f.dflags = 0;
  for (const letter of text) {
    const bits = HISTORY[letter.toLowerCase()] ?? 0;
    if (letter === letter.toLowerCase()) f.dflags |= bits;
    else f.sflags |= bits;
  }
}
