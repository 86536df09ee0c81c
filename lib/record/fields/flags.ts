import type { RecordBatch } from "../batch.ts";
import * as R from "../layout.ts";
import { type Field, text } from "./field.ts";
import { hasTcp } from "./row.ts";
import { gap } from "./tcp.ts";

/** Letter of each encapsulation bit from bit 0 (fields.md section 6); a blank has none. */
const ENCAPS_LETTERS = "mevlpiGaP6HCASFsRwza  T  JE ";

/** Letters of encapsulation bits, in bit order. */
export function encapsLetters(bits: number): string {
  let out = "";
  for (let i = 0; i < 32; i++) if ((bits >>> i) & 1) out += ENCAPS_LETTERS[i] ?? "";
  return out;
}

const pair = (s: boolean, d: boolean, both: string, src: string, dst: string) =>
  s ? d ? both : src : d ? dst : " ";

/** The nine characters of the flags column (fields.md section 6), blanks kept. */
export function flagLetters(batch: RecordBatch, row: number): string {
  const at = row * R.WORDS, w = batch.words, flags = w[at + R.FLAGS]!;
  const c = [" ", " ", " ", " ", " ", " ", " ", " ", " "];
  if ((flags & R.FLAG_MAR) !== 0) return c.join("");
  if ((flags & R.FLAG_ENCAPS) !== 0) {
    const bits = w[at + R.S_ENCAPS]! | w[at + R.D_ENCAPS]!;
    if (bits !== 0) c[1] = (bits & (bits - 1)) !== 0 ? "*" : encapsLetters(bits);
  }
  if ((flags & R.FLAG_MAC) !== 0 && (w[at + R.MAC_TYPE]! & 3) !== 0) c[1] = "M";
  if ((flags & R.FLAG_ICMP_MAP) !== 0) {
    const mapped = w[at + R.ICMP_MAP]! >>> 16;
    c[2] = mapped & 1 ? "U" : mapped & 2 ? "R" : mapped & 4 ? "T" : "I";
  }
  if (hasTcp(batch, row)) tcpLetters(batch, row, c);
  else networkLetters(batch, row, c);
  if ((flags & R.FLAG_FRAG_OVERLAP) !== 0) c[6] = "V";
  else if ((flags & R.FLAG_FRAG_PARTIAL) !== 0 || w[at + R.NET] === R.NET_FRAG) c[6] = "f";
  else if ((flags & R.FLAG_FRAGS) !== 0) c[6] = "F";
  const options = (flags & R.FLAG_S_IPOPT ? w[at + R.S_IPOPT]! : 0) |
    (flags & R.FLAG_D_IPOPT ? w[at + R.D_IPOPT]! : 0);
  if ((options & 255) !== 0) c[7] = optionLetter(options & 255);
  const cor = batch.more?.get(row)?.cor?.length ?? 0;
  if (cor > 0) c[8] = String(cor);
  return c.join("");
}

function tcpLetters(batch: RecordBatch, row: number, c: string[]): void {
  const at = row * R.WORDS, w = batch.words;
  const status = w[at + R.TCP_STATUS]!;
  if (w[at + R.KEY_TYPE] === R.KEY_IPV6) {
    // Only what the source's own status word has too (a side marks both bits of a pair).
    const s = status & w[at + R.SIDE + R.T_STATUS]!;
    c[3] = pair((s & R.TCP_S_RETRANS) !== 0, (s & R.TCP_D_RETRANS) !== 0, "*", "s", "d");
    return;
  }
  const has = (bit: number) => (status & bit) !== 0;
  c[3] = pair(has(R.TCP_S_RETRANS), has(R.TCP_D_RETRANS), "*", "s", "d");
  if (c[3] === " " && (gap(batch, row, 0) !== 0 || gap(batch, row, 1) !== 0)) c[3] = "g";
  if (c[3] === " ") c[3] = pair(has(R.TCP_S_OOO), has(R.TCP_D_OOO), "&", "i", "r");
  c[4] = pair(has(R.TCP_S_SHUT), has(R.TCP_D_SHUT), "@", "S", "D");
  c[5] = pair(has(R.TCP_S_ECN), has(R.TCP_D_ECN), "E", "x", "t");
}

/** ESP status bits: packets lost by source and destination; the out-of-order bits are those of TCP (observed). */
const ESP_S_DROP = 0x10, ESP_D_DROP = 0x20;

function networkLetters(batch: RecordBatch, row: number, c: string[]): void {
  const at = row * R.WORDS, w = batch.words, net = w[at + R.NET];
  if (net === R.NET_RTP) {
    c[3] = pair(w[at + R.RTP_SDROP]! !== 0, w[at + R.RTP_DDROP]! !== 0, "*", "s", "d");
  } else if (net === R.NET_ESP) {
    const status = w[at + R.TCP_STATUS]!;
    c[3] = pair((status & ESP_S_DROP) !== 0, (status & ESP_D_DROP) !== 0, "*", "s", "d");
    if (c[3] === " ") c[3] = pair((status & R.TCP_S_OOO) !== 0, (status & R.TCP_D_OOO) !== 0, "&", "i", "r");
  }
}

/**
 * Letter of each IP option bit from bit 0: record route, time stamp, security, loose route, satnet, strict route, router alert,
 * unknown.
 */
const OPTION_LETTERS = "RT+LDSAU";

function optionLetter(bits: number): string {
  return (bits & (bits - 1)) !== 0 ? "O" : OPTION_LETTERS[31 - Math.clz32(bits)]!;
}

/** The flags column and the encapsulations it sums up. */
export const FLAG_FIELDS: readonly Field[] = [
  text("flgs", "Flgs", 9, (b, r) => flagLetters(b, r).trimEnd(), {
    meaning: "flags: time, encapsulation, ICMP, loss, window, congestion, fragments, options, correlation",
    merge: "or",
    sql: "varchar(32)",
    xml: "Flags",
    print: () => (batch, row, sink) => sink.ascii(flagLetters(batch, row)),
  }),
  text("senc", "sEnc", 12, (b, r) => encapsLetters(b.words[r * R.WORDS + R.S_ENCAPS]!), {
    meaning: "encapsulations of the source's packets, a letter each",
    merge: "or",
    sql: "varchar(32)",
    xml: "SrcEncaps",
  }),
  text("denc", "dEnc", 12, (b, r) => encapsLetters(b.words[r * R.WORDS + R.D_ENCAPS]!), {
    meaning: "encapsulations of the destination's packets, a letter each",
    merge: "or",
    sql: "varchar(32)",
    xml: "DstEncaps",
  }),
];
