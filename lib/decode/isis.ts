import * as P from "./columns.ts";
import type { PacketColumns } from "./columns.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PACKET_WORDS, PW_EXTRA } = P;

/** Network layer protocol id of IS-IS (ISO 9577); also the ethertype of an llc flow with a PDU that Argus does not know. */
export const NLPID_ISIS = 0x83;

/** Words that {@linkcode readIsis} fills. */
export const ISIS_WORDS = 6;
/** PDU type. */
export const ISIS_PDU = 0;
/**
 * Five words of identity: hello: system id (6 bytes) and LAN id (7); LSP: LSP id (8 bytes), then the sequence number as a little
 * endian word; CSNP and PSNP: source id (7 bytes). The checksum stands in the upper half of the last word.
 */
export const ISIS_IDENTITY = 1;

/** Header length that a PDU of a known type must state; 0 for the types that are not told apart. */
function headerLength(pdu: number): number {
  switch (pdu) {
    case 15: // LAN hello, level 1 and 2
    case 16:
    case 18: // link state, level 1 and 2
    case 20:
      return 27;
    case 24: // complete sequence numbers
    case 25:
      return 33;
    case 26: // partial sequence numbers
    case 27:
      return 17;
    default:
      return 0;
  }
}

/** Whether an IS-IS PDU of a type that has a flow of its own begins at `at`. */
export function isIsis(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at >= 7 && bytes[at + 1] === headerLength(bytes[at + 4]!) && bytes[at + 1] !== 0;
}

/**
 * Checksum that tells the IS-IS PDU at `at` from others. Hellos and sequence number PDUs carry none: Argus makes one, so that PDUs
 * with other content are other flows (found by experiment: Fletcher's sums over 16-bit words from byte 7 to the end of the frame,
 * joined by OR).
 */
export function isisChecksum(bytes: Uint8Array, at: number, end: number): number {
  const pdu = bytes[at + 4]!;
  if (pdu !== 18 && pdu !== 20) return fletcher(bytes, at + 7, end);
  return at + 26 <= end ? (bytes[at + 24]! << 8) | bytes[at + 25]! : 0;
}

/**
 * Reads what tells one IS-IS flow from another (rows of kind `P_ISIS`) into `out`, laid out like the body of a flow in an Argus file
 * behind its MACs. The checksum comes from column `extra`.
 */
export function readIsis(c: PacketColumns, i: number, out: Int32Array): void {
  const { bytes } = c, at = c.l3[i]!, end = c.offset[i]! + c.captured[i]!;
  const u8 = (p: number) => at + p < end ? bytes[at + p]! : 0;
  const word = (p: number) => (u8(p) << 24) | (u8(p + 1) << 16) | (u8(p + 2) << 8) | u8(p + 3);
  const pdu = u8(4);
  out.fill(0, 0, ISIS_WORDS);
  out[ISIS_PDU] = pdu;
  if (pdu === 18 || pdu === 20) {
    out[1] = word(12);
    out[2] = word(16);
    out[3] = u8(20) | (u8(21) << 8) | (u8(22) << 16) | (u8(23) << 24);
  } else {
    if (pdu === 15 || pdu === 16) {
      out[1] = word(9);
      out[2] = (word(13) & 0xffff0000) | (word(20) >>> 16);
      out[3] = word(22);
      out[4] = u8(26) << 24;
    } else {
      out[1] = word(10);
      out[2] = word(14) & 0xffffff00;
    }
  }
  out[5] = c.words[i * PACKET_WORDS + PW_EXTRA]! << 16;
}

function fletcher(bytes: Uint8Array, at: number, end: number): number {
  let a = 0, b = 0;
  for (let p = at; p + 2 <= end; p += 2) {
    a = (a + ((bytes[p]! << 8) | bytes[p + 1]!)) % 0xffff;
    b = (b + a) % 0xffff;
  }
  return a | b;
}
