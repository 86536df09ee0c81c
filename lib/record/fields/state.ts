import type { RecordBatch } from "../batch.ts";
import * as R from "../layout.ts";
import type { Sink } from "../print/sink.ts";
import { type Field, type PrintStyle, type Put, text } from "./field.ts";
import { isisState } from "./isis.ts";
import { hasTcp, isEmptyBin, isProtocol, packets } from "./row.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  CAUSE, CAUSE_ERROR, DPORT, FLAGS, FLAG_ICMP_MAP, FLAG_MAR, FLAG_MATRIX, ICMP_MAP, KEY_ARP, KEY_IPV4, KEY_IPV6, KEY_ISIS,
  KEY_RARP, KEY_TYPE, NET, NET_FRAG_TCP, NET_NONE, PROTO, SIDE, SIDE_WORDS, SPORT, TCP_CLOSED,
  TCP_D_RST, TCP_EST, TCP_FIN, TCP_FINACK, TCP_STATUS, TCP_SYN, TCP_SYNACK, TCP_S_RST, T_FLAGS,
  WORDS,
} = R;

const UNREACHABLE = [
  "N",
  "H",
  "O",
  "P",
  "F",
  "S",
  "NU",
  "HU",
  "ISO",
  "NPRO",
  "HPRO",
  "NTOS",
  "HTOS",
  "FIL",
  "PRE",
  "CUT",
];
const ICMP_TYPES: Readonly<Record<number, string>> = {
  0: "ECR",
  1: "",
  2: "",
  3: "UR",
  4: "SRC",
  5: "RED",
  6: "AHA",
  7: "",
  8: "ECO",
  9: "RTA",
  10: "RTS",
  11: "TXD",
  12: "PAR",
  13: "TST",
  14: "TSR",
  15: "IRQ",
  16: "IRR",
  17: "MAS",
  18: "MSR",
  19: "SEC",
  30: "TRC",
  31: "DCE",
  32: "MHR",
  33: "WAY",
  34: "IAH",
  35: "MRQ",
  36: "MRP",
  37: "DNQ",
  38: "DNP",
  39: "SKP",
  40: "PHO",
  41: "NRS",
  42: "NRA",
  43: "NNS",
  44: "NNA",
  45: "PTB",
};
for (let t = 20; t < 30; t++) (ICMP_TYPES as Record<number, string>)[t] = "ROB";

const ICMP6_UNREACHABLE = ["URNR", "URAD", "URBS", "URAR", "URP", "URSF", "URRR", "URES"];
const ICMP6_TYPES: Readonly<Record<number, string>> = {
  2: "PTB",
  128: "ECO",
  129: "ECR",
  130: "MRQ",
  131: "MHR",
  132: "MHR",
  133: "NRS",
  134: "NRA",
  135: "NNS",
  136: "NNA",
  137: "RED",
  143: "MHR",
};

/** The word for an ICMP record: of a flow that a message quoted, that message's (observed). */
function icmpState(batch: RecordBatch, row: number): string {
  const at = row * WORDS, word = batch.words[at + SPORT]!;
  const mapped = (batch.words[at + FLAGS]! & FLAG_ICMP_MAP) !== 0, map = batch.words[at + ICMP_MAP]!;
  const type = mapped ? (map >>> 8) & 255 : word & 255, code = mapped ? map & 255 : (word >>> 8) & 255;
  return type === 3 ? `UR${UNREACHABLE[code] ?? ""}` : ICMP_TYPES[type] ?? "UNK";
}

function icmp6State(batch: RecordBatch, row: number): string {
  const at = row * WORDS, type = batch.words[at + SPORT]! & 255, code = batch.words[at + DPORT]! & 255;
  switch (type) {
    case 1:
      return ICMP6_UNREACHABLE[code] ?? "UNK";
    case 3:
      return code === 0 ? "TXT" : code === 1 ? "TXR" : "UNK";
    case 4:
      return code === 0 ? "PPH" : code === 1 ? "PPNH" : code === 2 ? "PPO" : "UNK";
    default:
      return ICMP6_TYPES[type] ?? "UNK";
  }
}

/** The word for a TCP record by its status bits (fields.md section 8, OUT-3). */
function tcpState(batch: RecordBatch, row: number): string {
  const at = row * WORDS, status = batch.words[at + TCP_STATUS]!;
  if (status === 0) return unseenState(batch, row);
  if ((status & (TCP_S_RST | TCP_D_RST)) !== 0) return "RST";
  if ((status & (TCP_FIN | TCP_FINACK)) !== 0) return "FIN";
  if ((status & TCP_CLOSED) !== 0) return "CLO";
  if ((batch.words[at + CAUSE]! & 0x40) !== 0) return "TIM";
  if ((status & TCP_EST) !== 0) return "CON";
  if ((status & TCP_SYNACK) !== 0) return "ACC";
  return (status & TCP_SYN) !== 0 ? "REQ" : "CON";
}

/** TCP of which no status is known. */
function unseenState(batch: RecordBatch, row: number): string {
  return packets(batch, row, 0) > 0 && packets(batch, row, 1) > 0 ? "CON" : "INT";
}

/** Which sides spoke, for everything but TCP and ICMP (OUT-6). */
function spokenState(batch: RecordBatch, row: number, rmon: boolean): string {
  const at = row * WORDS;
  if (isEmptyBin(batch, row)) return "";
  const s = packets(batch, row, 0) > 0, d = packets(batch, row, 1) > 0;
  if (s || (rmon && d)) {
    if (s && d) return "CON";
    // For ARP the original tests the record type, whose version bits look like START.
    const start = (batch.words[at + CAUSE]! & 0x10) !== 0 || batch.words[at + KEY_TYPE] === KEY_ARP ||
      batch.words[at + KEY_TYPE] === KEY_RARP;
    return start ? "INT" : "REQ";
  }
  return d ? "RSP" : "INT";
}

const MANAGEMENT: Readonly<Record<number, string>> = {
  0x10: "STA",
  0x20: "CON",
  0x30: "STP",
  0x60: "SHT",
  0x80: "ERR",
};

/** The state word of a record (fields.md section 8). */
export function stateWord(batch: RecordBatch, row: number, rmon = false): string {
  const at = row * WORDS, w = batch.words;
  const cause = w[at + CAUSE]!;
  if ((w[at + FLAGS]! & FLAG_MAR) !== 0) return MANAGEMENT[cause & 0xf0] ?? "";
  if ((cause & 0xf0) === CAUSE_ERROR) return "ERR";
  const proto = w[at + PROTO]!, key = w[at + KEY_TYPE];
  if (key === KEY_ISIS) return isisState(batch, row);
  if ((w[at + FLAGS]! & FLAG_MATRIX) !== 0) return "UNK";
  if (key === KEY_IPV4 && proto === 1) return icmpState(batch, row);
  if (key === KEY_IPV6 && proto === 58) return icmp6State(batch, row);
  if (hasTcp(batch, row)) return tcpState(batch, row);
  // TCP whose section is missing (stripped, or an IPv6 fragment) or another's.
  if (proto === 6 && (w[at + NET] === NET_NONE || w[at + NET] === NET_FRAG_TCP)) {
    return unseenState(batch, row);
  }
  return spokenState(batch, row, rmon);
}

const FLAG_LETTERS = "FSRPAUEC";
const PROGRESS: readonly (readonly [number, string])[] = [
  [TCP_SYN, "s"],
  [TCP_SYNACK, "S"],
  [TCP_EST, "E"],
  [TCP_FIN, "f"],
  [TCP_FINACK, "F"],
  [TCP_CLOSED, "C"],
  [TCP_S_RST | TCP_D_RST, "R"],
];

function letters(flags: number): string {
  let out = "";
  for (let i = 0; i < 8; i++) if ((flags >>> i) & 1) out += FLAG_LETTERS[i];
  return out;
}

/** What the original prints for TCP whose header was never captured: ACK and FIN with RST (observed). */
const UNKNOWN_FLAGS = [16, 5] as const;

/** TCP flags seen from one side, as letters in the order F S R P A U E C (`-Z`). */
export function tcpFlags(batch: RecordBatch, row: number, side: 0 | 1): string {
  if (!isProtocol(batch, row, 6)) return "";
  const at = row * WORDS + SIDE, has = hasTcp(batch, row);
  const s = has ? batch.words[at + T_FLAGS]! & 255 : UNKNOWN_FLAGS[0];
  const d = has ? batch.words[at + SIDE_WORDS + T_FLAGS]! & 255 : UNKNOWN_FLAGS[1];
  // A side with letters but without packets: the original exchanges the two.
  const swap = (s !== 0 && packets(batch, row, 0) === 0) || (d !== 0 && packets(batch, row, 1) === 0);
  return letters(swap === (side === 0) ? d : s);
}

/** The progress letters of `-z`: s S E f F C R. */
export function progress(batch: RecordBatch, row: number): string {
  // TCP without TCP data shows nothing (observed).
  if (!hasTcp(batch, row)) return "";
  const status = batch.words[row * WORDS + TCP_STATUS]!;
  let out = "";
  for (const [bits, letter] of PROGRESS) if ((status & bits) !== 0) out += letter;
  return out;
}

function putState(style: PrintStyle): Put {
  const words = (batch: RecordBatch, row: number, sink: Sink) =>
    sink.ascii(stateWord(batch, row, style.rmon));
  const tcp = (write: (batch: RecordBatch, row: number) => string): Put => (batch, row, sink) => {
    if (isProtocol(batch, row, 6)) sink.ascii(write(batch, row));
    else words(batch, row, sink);
  };
  switch (style.state) {
    case "z":
      return tcp(progress);
    case "b":
      return tcp((b, r) => `${tcpFlags(b, r, 0)}_${tcpFlags(b, r, 1)}`);
    case "s":
      return tcp((b, r) => tcpFlags(b, r, 0));
    case "d":
      return tcp((b, r) => tcpFlags(b, r, 1));
    default:
      return words;
  }
}

const CAUSES: Readonly<Record<number, string>> = {
  0x10: "Start",
  0x20: "Status",
  0x30: "Stop",
  0x40: "Timeout",
  0x60: "Shutdown",
  0x80: "Error",
};

/** How it went: state and cause. */
export const STATE_FIELDS: readonly Field[] = [
  text("state", "State", 5, (b, r) => stateWord(b, r), {
    meaning: "state of the transaction; TCP flags with -Z, progress letters with -z",
    merge: "derived",
    sql: "varchar(32)",
    xml: "State",
    print: putState,
  }),
  text("cause", "Cause", 7, (b, r) => CAUSES[b.words[r * WORDS + CAUSE]! & 0xf0] ?? "Unknown", {
    meaning: "why the record was written",
    merge: "last",
    sql: "varchar(8)",
    xml: "Cause",
  }),
];
