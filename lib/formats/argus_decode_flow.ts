import type { RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import * as A from "./argus_layout.ts";

// Local constants: the compiler folds them, imported ones it loads each time (a quarter of the time per
// record). deno-fmt-ignore
const {
  DADDR, DPORT, FLAG_CORRECTED, FLAG_FRAGMENT, FLAG_MASKS, FLAG_MATRIX, FLAG_REVERSE, KEY_ARP, KEY_ETHER,
  KEY_EXTRA, KEY_IPV4, KEY_IPV6, KEY_ISIS, KEY_RARP, KEY_TYPE, KEY_WLAN, PROTO, SADDR, SPORT, WLAN_SSID, WORDS,
} = R;
const { FLOW_ARP, FLOW_MATRIX, FLOW_REVERSE, QUAL_CORRECTED, QUAL_FRAGMENT, QUAL_MASKS } = A;

/**
 * Decodes the flow section (argus-format section 4) of `n` words at `p` into the key words of a row.
 *
 * @returns the `FLAG_*` bits it tells.
 */
export function decodeFlow(
  view: DataView,
  bytes: Uint8Array,
  p: number,
  n: number,
  sub: number,
  qual: number,
  batch: RecordBatch,
  row: number,
): number {
  const words = batch.words, w = row * WORDS;
  const type = qual & 0x1f, form = sub & 0x3f;
  let flags = (sub & FLOW_REVERSE ? FLAG_REVERSE : 0) |
    (qual & QUAL_CORRECTED ? FLAG_CORRECTED : 0) |
    (qual & QUAL_FRAGMENT ? FLAG_FRAGMENT : 0) |
    (form === FLOW_MATRIX ? FLAG_MATRIX : 0);
  words[w + KEY_TYPE] = type;
  if (type === KEY_IPV4 && form !== FLOW_ARP) {
    if (n < 3) return flags;
    const matrix = form === FLOW_MATRIX;
    words[w + SADDR] = view.getInt32(p + 4, matrix);
    words[w + DADDR] = view.getInt32(p + 8, matrix);
    if (n < 5 || matrix) return flags;
    const proto = view.getUint8(p + 12);
    const tail = view.getUint16(p + 18);
    words[w + PROTO] = proto;
    if (qual & QUAL_MASKS) {
      flags |= FLAG_MASKS;
      words[w + KEY_EXTRA] = tail;
    } else words[w + KEY_EXTRA] = proto === 2 && !(qual & QUAL_FRAGMENT) ? tail : A.swap16(tail);
    if (qual & QUAL_FRAGMENT) return flags;
    if (proto === 1) {
      words[w + SPORT] = view.getUint16(p + 14, true);
      words[w + DPORT] = view.getUint16(p + 16, true);
      words[w + KEY_EXTRA]! |= view.getUint8(p + 13) << 16;
    } else if (proto === 50) {
      words[w + DPORT] = view.getInt32(p + 16);
      words[w + KEY_EXTRA] = 0;
      flags &= ~FLAG_MASKS;
    } else {
      words[w + SPORT] = view.getUint16(p + 14);
      words[w + DPORT] = view.getUint16(p + 16);
    }
    return flags;
  }
  if (type === KEY_IPV6 && form !== FLOW_ARP) {
    if (n < 9) return flags;
    for (let i = 0; i < 8; i++) words[w + SADDR + i] = view.getInt32(p + 4 + 4 * i);
    if (n < 11 || form === FLOW_MATRIX) return flags;
    const label = view.getUint32(p + 36);
    const proto = label >>> 24;
    words[w + PROTO] = proto;
    if (qual & QUAL_FRAGMENT) {
      words[w + KEY_EXTRA] = A.swap32(view.getInt32(p + 40));
      return flags;
    }
    if (proto === 58) {
      words[w + SPORT] = view.getUint8(p + 40);
      words[w + DPORT] = view.getUint8(p + 41);
      words[w + KEY_EXTRA] = view.getUint16(p + 42, true);
    } else if (proto === 50) {
      words[w + DPORT] = view.getInt32(p + 40);
    } else {
      words[w + SPORT] = view.getUint16(p + 40);
      words[w + DPORT] = view.getUint16(p + 42);
      words[w + KEY_EXTRA] = label & 0xfffff;
    }
    if (qual & QUAL_MASKS && n >= 12) {
      flags |= FLAG_MASKS;
      words[w + KEY_EXTRA] = ((view.getUint16(p + 44) & 0xff) << 8) | (view.getUint16(p + 46) & 0xff);
    }
    return flags;
  }
  if (type === KEY_ETHER) {
    if (n < 5) return flags;
    // Destination first, whatever the reverse bit says.
    putMac(view, p + 4, words, w + DADDR);
    putMac(view, p + 10, words, w + SADDR);
    words[w + PROTO] = view.getUint16(p + 16);
    words[w + DPORT] = view.getUint8(p + 18);
    words[w + SPORT] = view.getUint8(p + 19);
    return flags;
  }
  if (type === KEY_ARP || type === KEY_RARP) {
    if (n < 4) return flags;
    const arp = type === KEY_ARP;
    words[w + PROTO] = arp ? 0x0806 : 0x8035;
    words[w + DADDR + 2] = view.getInt32(p + 4);
    words[w + DADDR + 3] = view.getUint16(p + 8);
    words[w + KEY_EXTRA] = view.getUint16(p + 10);
    if (arp) {
      words[w + SADDR] = view.getInt32(p + 12);
      if (n >= 5) words[w + DADDR] = view.getInt32(p + 16);
      // The original reads on in the section behind an empty key.
      else if (p + 20 <= bytes.length) words[w + DADDR] = view.getInt32(p + 16, true);
      // As written by the meter only four bytes of the hardware address fit (section 4).
      if (n >= 6) words[w + SADDR + 1] = view.getInt32(p + 20);
      if (n >= 7) words[w + SADDR + 2] = view.getInt32(p + 24) & 0xffff0000;
    } else {
      words[w + SADDR + 2] = view.getInt32(p + 12);
      if (n >= 7) {
        putMac(view, p + 16, words, w + SADDR);
        putMac(view, p + 22, words, w + DADDR);
      }
    }
    return flags;
  }
  if (type === KEY_WLAN && n >= 14) {
    putMac(view, p + 4, words, w + DADDR);
    putMac(view, p + 10, words, w + SADDR);
    putMac(view, p + 16, words, w + SADDR + 2);
    WLAN_SSID.forEach((word, i) => words[w + word] = view.getInt32(p + 22 + 4 * i));
    return flags;
  }
  if (type === KEY_ISIS && n >= 11) {
    words[w + PROTO] = view.getInt32(p + 4);
    putMac(view, p + 8, words, w + SADDR);
    putMac(view, p + 14, words, w + DADDR);
    words[w + SADDR + 2] = view.getInt32(p + 24);
    words[w + SADDR + 3] = view.getInt32(p + 28);
    words[w + DADDR + 2] = view.getInt32(p + 32);
    words[w + DADDR + 3] = view.getInt32(p + 36);
    words[w + KEY_EXTRA] = view.getInt32(p + 40);
    return flags;
  }
  batch.moreOf(row).key = bytes.slice(p + 4, p + 4 * n);
  return flags;
}

/** Six bytes as two words, the last two in the upper half. */
function putMac(view: DataView, p: number, words: Int32Array, to: number): void {
  words[to] = view.getInt32(p);
  words[to + 1] = view.getUint16(p + 4) << 16;
}
