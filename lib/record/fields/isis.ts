import type { RecordBatch } from "../batch.ts";
import * as R from "../layout.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  DADDR, KEY_EXTRA, PROTO, SADDR, WORDS,
} = R;

const LSP = [18, 20], HELLO = [15, 16];
const NAMES: Readonly<Record<number, string>> = {
  15: "L1-IIH",
  16: "L2-IIH",
  18: "L1-LSP",
  20: "L2-LSP",
  24: "L1-CSNP",
  25: "L2-CSNP",
  26: "L1-PSNP",
  27: "L2-PSNP",
};

/** Name of the PDU type of an IS-IS record, its state. */
export function isisState(batch: RecordBatch, row: number): string {
  return NAMES[batch.words[row * WORDS + PROTO]!] ?? "UNK";
}

/** `n` bytes that begin at word `at`, as hexadecimal digits. */
function digits(words: Int32Array, at: number, n: number): string {
  let out = "";
  for (let i = 0; i < n; i++) {
    out += ((words[at + (i >> 2)]! >>> (24 - 8 * (i & 3))) & 255).toString(16).padStart(2, "0");
  }
  return out;
}

/** System id in the notation of ISO: `0000.0000.0002`, with `.09` for a circuit and `-00` for a fragment. */
function systemId(words: Int32Array, at: number, n: number): string {
  const hex = digits(words, at, n);
  let out = `${hex.slice(0, 4)}.${hex.slice(4, 8)}.${hex.slice(8, 12)}`;
  if (n > 6) out += `.${hex.slice(12, 14)}`;
  if (n > 7) out += `-${hex.slice(14, 16)}`;
  return out;
}

/** Who speaks: system of a hello, LSP id, source of a sequence number PDU. */
export function isisSource(batch: RecordBatch, row: number): string {
  const w = batch.words, at = row * WORDS, pdu = w[at + PROTO]!;
  return systemId(w, at + SADDR + 2, HELLO.includes(pdu) ? 6 : LSP.includes(pdu) ? 8 : 7);
}

/** What is spoken about: LAN of a hello, sequence number of an LSP; sequence number PDUs have none. */
export function isisDestination(batch: RecordBatch, row: number): string {
  const w = batch.words, at = row * WORDS, pdu = w[at + PROTO]!;
  if (LSP.includes(pdu)) return `0x${digits(w, at + DADDR + 2, 4)}`;
  if (!HELLO.includes(pdu)) return "";
  // The LAN id stands right behind the six bytes of the system.
  const id = new Int32Array(2);
  const a = w[at + SADDR + 3]!, b = w[at + DADDR + 2]!, c = w[at + DADDR + 3]!;
  id[0] = (a << 16) | (b >>> 16);
  id[1] = (b << 16) | (c >>> 16);
  return systemId(id, 0, 7);
}

/** The checksum. */
export function isisPort(batch: RecordBatch, row: number): string {
  return `0x${(batch.words[row * WORDS + KEY_EXTRA]! >>> 16).toString(16)}`;
}
