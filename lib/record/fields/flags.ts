import type { RecordBatch } from "../batch.ts";
import * as R from "../layout.ts";
import { type Field, text } from "./field.ts";
import { hasTcpFigures } from "./row.ts";
import { gap } from "./tcp.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  D_ENCAPS, D_IPOPT, FLAGS, FLAG_D_IPOPT, FLAG_ENCAPS, FLAG_FRAGMENT, FLAG_FRAGS, FLAG_FRAG_OVERLAP,
  FLAG_FRAG_PARTIAL, FLAG_ICMP_MAP, FLAG_MAC, FLAG_MAR, FLAG_S_IPOPT, ICMP_MAP, KEY_IPV6, KEY_TYPE,
  MAC_TYPE, NET, NET_ESP, NET_FRAG, NET_RTP, RTP_DDROP, RTP_SDROP, SIDE, S_ENCAPS, S_IPOPT,
  TCP_D_ECN, TCP_D_OOO, TCP_D_RETRANS, TCP_D_SHUT, TCP_STATUS, TCP_S_ECN, TCP_S_OOO, TCP_S_RETRANS,
  TCP_S_SHUT, T_STATUS, WORDS,
} = R;

/** Letter of each encapsulation bit from bit 0 (fields.md section 6); a blank has none. */
const ENCAPS_LETTERS = "mevlpiGaP6HCASFsRwza  T  JE ";

/** Letters of encapsulation bits, in bit order. */
export function encapsLetters(bits: number): string {
  let out = "";
  for (let i = 0; i < 32; i++) if ((bits >>> i) & 1) out += ENCAPS_LETTERS[i] ?? "";
  return out;
}

const code = (letter: string) => letter.charCodeAt(0);
const BLANK = 32, STAR = code("*"), MANY_MACS = code("M");
/** Letters for both sides, the source, the destination. */
type Letters = readonly [number, number, number];
const letters = (text: string): Letters => [code(text[0]!), code(text[1]!), code(text[2]!)];
const LOST = letters("*sd"), DISORDERED = letters("&ir"), SHUT = letters("@SD"), CONGESTED = letters("Ext");
const GAP = code("g");
const OVERLAP = code("V"), PARTIAL = code("f"), FRAGMENTS = code("F");

function pair(bits: number, source: number, destination: number, of: Letters): number {
  if ((bits & source) !== 0) return (bits & destination) !== 0 ? of[0] : of[1];
  return (bits & destination) !== 0 ? of[2] : BLANK;
}

/** Writes the nine characters of the flags column (fields.md section 6), blanks kept. */
function writeFlags(batch: RecordBatch, row: number, out: Uint8Array, to: number): void {
  const at = row * WORDS, w = batch.words, flags = w[at + FLAGS]!;
  for (let i = 0; i < 9; i++) out[to + i] = BLANK;
  if ((flags & FLAG_MAR) !== 0) return;
  if ((flags & FLAG_ENCAPS) !== 0) {
    const bits = w[at + S_ENCAPS]! | w[at + D_ENCAPS]!;
    if (bits !== 0) {
      out[to + 1] = (bits & (bits - 1)) !== 0
        ? STAR
        : ENCAPS_LETTERS.charCodeAt(31 - Math.clz32(bits)) || BLANK;
    }
  }
  if ((flags & FLAG_MAC) !== 0 && (w[at + MAC_TYPE]! & 3) !== 0) out[to + 1] = MANY_MACS;
  if ((flags & FLAG_ICMP_MAP) !== 0) {
    const mapped = w[at + ICMP_MAP]!, type = (mapped >>> 8) & 255;
    // The bits say that there is a letter, the last message's type which (observed).
    if (mapped >>> 16 !== 0) {
      out[to + 2] = code(type === 3 ? "U" : type === 5 ? "R" : type === 11 ? "T" : "I");
    }
  }
  if (hasTcpFigures(batch, row)) tcpLetters(batch, row, out, to);
  else networkLetters(w, at, out, to);
  if ((w[at + NET]! & 0xff) === NET_FRAG) {
    out[to + 6] = (flags & FLAG_FRAG_OVERLAP) !== 0 ? OVERLAP : PARTIAL;
  } else if ((flags & FLAG_FRAG_PARTIAL) !== 0) out[to + 6] = PARTIAL;
  else if ((flags & (FLAG_FRAGS | FLAG_FRAGMENT)) !== 0) out[to + 6] = FRAGMENTS;
  if ((flags & (FLAG_S_IPOPT | FLAG_D_IPOPT)) !== 0) {
    const options = (flags & FLAG_S_IPOPT ? w[at + S_IPOPT]! : 0) |
      (flags & FLAG_D_IPOPT ? w[at + D_IPOPT]! : 0);
    if ((options & 255) !== 0) out[to + 7] = optionLetter(options & 255);
  }
  if (batch.more !== undefined) {
    const cor = batch.more.get(row)?.cor?.length ?? 0;
    if (cor > 0) out[to + 8] = 48 + Math.min(cor, 9);
  }
}

function tcpLetters(batch: RecordBatch, row: number, out: Uint8Array, to: number): void {
  const at = row * WORDS, w = batch.words;
  const status = w[at + TCP_STATUS]!;
  if (w[at + KEY_TYPE] === KEY_IPV6) {
    // Only when the source's own status word has one of the bits; which one does not matter (observed).
    if ((w[at + SIDE + T_STATUS]! & (TCP_S_RETRANS | TCP_D_RETRANS)) === 0) return;
    out[to + 3] = pair(status, TCP_S_RETRANS, TCP_D_RETRANS, LOST);
    return;
  }
  let loss = pair(status, TCP_S_RETRANS, TCP_D_RETRANS, LOST);
  if (loss === BLANK && (gap(batch, row, 0) !== 0 || gap(batch, row, 1) !== 0)) loss = GAP;
  out[to + 3] = loss === BLANK ? pair(status, TCP_S_OOO, TCP_D_OOO, DISORDERED) : loss;
  out[to + 4] = pair(status, TCP_S_SHUT, TCP_D_SHUT, SHUT);
  out[to + 5] = pair(status, TCP_S_ECN, TCP_D_ECN, CONGESTED);
}

/** ESP status bits: packets lost by source and destination; the out-of-order bits are those of TCP (observed). */
const ESP_S_DROP = 0x10, ESP_D_DROP = 0x20;

function networkLetters(w: Int32Array, at: number, out: Uint8Array, to: number): void {
  const net = w[at + NET];
  if (net === NET_RTP) {
    const lost = (w[at + RTP_SDROP]! !== 0 ? 1 : 0) | (w[at + RTP_DDROP]! !== 0 ? 2 : 0);
    out[to + 3] = pair(lost, 1, 2, LOST);
  } else if (net === NET_ESP) {
    const status = w[at + TCP_STATUS]!, loss = pair(status, ESP_S_DROP, ESP_D_DROP, LOST);
    out[to + 3] = loss === BLANK ? pair(status, TCP_S_OOO, TCP_D_OOO, DISORDERED) : loss;
  }
}

/**
 * Letter of each IP option bit from bit 0: record route, time stamp, security, loose route, satnet, strict route, router alert,
 * unknown.
 */
const OPTION_LETTERS = "RT+LDSAU";

function optionLetter(bits: number): number {
  return (bits & (bits - 1)) !== 0 ? code("O") : OPTION_LETTERS.charCodeAt(31 - Math.clz32(bits));
}

/** The nine characters of the flags column, blanks kept. */
export function flagLetters(batch: RecordBatch, row: number): string {
  const out = new Uint8Array(9);
  writeFlags(batch, row, out, 0);
  return String.fromCharCode(...out);
}

/** The flags column and the encapsulations it sums up. */
export const FLAG_FIELDS: readonly Field[] = [
  text("flgs", "Flgs", 9, (b, r) => flagLetters(b, r).trimEnd(), {
    meaning: "flags: time, encapsulation, ICMP, loss, window, congestion, fragments, options, correlation",
    merge: "or",
    sql: "varchar(32)",
    xml: "Flags",
    print: () => (batch, row, sink) => {
      sink.room(9);
      writeFlags(batch, row, sink.bytes, sink.at);
      sink.at += 9;
    },
  }),
  text("senc", "sEnc", 12, (b, r) => encapsLetters(b.words[r * WORDS + S_ENCAPS]!), {
    meaning: "encapsulations of the source's packets, a letter each",
    merge: "or",
    sql: "varchar(32)",
    xml: "SrcEncaps",
  }),
  text("denc", "dEnc", 12, (b, r) => encapsLetters(b.words[r * WORDS + D_ENCAPS]!), {
    meaning: "encapsulations of the destination's packets, a letter each",
    merge: "or",
    sql: "varchar(32)",
    xml: "DstEncaps",
  }),
];
