import * as R from "./encaps.ts";
import * as P from "./columns.ts";
import type { PacketColumns } from "./columns.ts";
import { DONE, ETHERTYPE, type Walk } from "./walk.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PACKET_WORDS, PW_APP, PW_ENDS, PW_ETHERTYPE, PW_MAC, PW_PORTS, PW_PROTO, PW_SIZE } = P;

/**
 * IEEE 802.11 header at `walk.at`. Argus makes every frame a flow between two stations; beyond it, data frames that are not
 * encrypted go on with their LLC/SNAP payload.
 */
export function wlan(w: Walk): number {
  const { c, row, at } = w;
  w.encaps |= R.ENCAPS_WLAN;
  c.l3[row] = at;
  if (!w.has(10)) return w.nothing();
  const control = w.bytes[at]!, flags = w.bytes[at + 1]!;
  const type = (control >> 2) & 3, subtype = control >> 4;
  const toDs = flags & 1, fromDs = flags & 2;
  w.kind = P.P_WLAN;
  c.words[w.packet + PW_PROTO] = 0;
  c.words[w.packet + PW_PORTS] = (type << 8) | subtype;
  c.words[w.packet + PW_APP] = c.words[w.packet + PW_SIZE]!;
  const receiver = at + 4, transmitter = at + 10;
  if (w.argus) {
    stations(w);
    return DONE;
  }
  if (type !== 2) {
    w.macEnds(transmitter, receiver);
    return DONE;
  }
  const third = at + 16;
  const source = fromDs ? (toDs ? at + 24 : third) : transmitter;
  const destination = toDs ? third : receiver;
  w.macEnds(source, destination);
  // Null data and encrypted payloads cannot be opened.
  if (subtype & 4 || flags & 0x40) return DONE;
  const header = 24 + (toDs && fromDs ? 6 : 0) + (subtype & 8 ? (flags & 0x80 ? 6 : 2) : 0);
  w.at = at + header;
  if (!w.has(8) || w.i32(w.at) >>> 8 !== 0xaaaa03) {
    w.at = at;
    return DONE;
  }
  w.encaps |= R.ENCAPS_LLC;
  w.next = w.type = w.u16(w.at + 6);
  const ends = w.packet + PW_ENDS, m = w.packet + PW_MAC;
  c.words[m] = c.words[ends + 4]!;
  c.words[m + 1] = c.words[ends + 5]! | (c.words[ends]! >>> 16);
  c.words[m + 2] = (c.words[ends]! << 16) | (c.words[ends + 1]! >>> 16);
  w.bits |= P.P_MAC;
  c.words[w.packet + PW_ETHERTYPE] = w.type;
  w.at += 8;
  return w.next <= 1500 ? DONE : ETHERTYPE;
}

/** Argus: the header's first three addresses as they stand; where the frame has no more bytes, those of the frame before. */
function stations(w: Walk): void {
  const { c, at } = w, stale = c.memory.stations, m = w.packet + PW_MAC;
  for (let j = 0; j < 12 && at + 10 + j < w.end; j++) stale[j] = w.bytes[at + 10 + j]!;
  w.macEnds(at + 4, at + 4);
  const ends = c.words, e = w.packet + PW_ENDS;
  const word = (j: number) =>
    (stale[j]! << 24) | (stale[j + 1]! << 16) | (stale[j + 2]! << 8) | stale[j + 3]!;
  ends[e] = word(0);
  ends[e + 1] = (stale[4]! << 24) | (stale[5]! << 16);
  c.words[m] = word(6);
  c.words[m + 1] = (stale[10]! << 24) | (stale[11]! << 16);
  c.words[m + 2] = 0;
}

/** Fixed fields before the elements of management frames that name a network, by subtype; -1 for the others. */
function elementsAt(subtype: number): number {
  switch (subtype) {
    case 0: // association request
      return 4;
    case 2: // reassociation request
      return 10;
    case 4: // probe request
      return 0;
    case 5: // probe response, beacon
    case 8:
      return 12;
    default:
      return -1;
  }
}

/** Copies the SSID that the management frame of row `i` names into `out` (32 bytes, zero filled) and tells its length. */
export function wlanSsid(c: PacketColumns, i: number, out: Uint8Array): number {
  out.fill(0);
  const fixed = c.words[i * PACKET_WORDS + PW_PORTS]! >> 8 === 0
    ? elementsAt(c.words[i * PACKET_WORDS + PW_PORTS]! & 0xff)
    : -1;
  if (fixed < 0) return 0;
  const end = c.offset[i]! + c.captured[i]!;
  let at = c.l3[i]! + 24 + fixed;
  while (at + 2 <= end) {
    const length = c.bytes[at + 1]!;
    if (c.bytes[at] === 0) {
      const n = Math.min(length, out.length, end - at - 2);
      out.set(c.bytes.subarray(at + 2, at + 2 + n));
      return n;
    }
    at += 2 + length;
  }
  return 0;
}

/** Bytes of the radiotap, PPI, Prism or AVS header before the 802.11 one, or -1 when it does not fit. */
export function wlanPseudoHeader(w: Walk, kind: "radiotap" | "ppi" | "prism" | "avs"): number {
  const at = w.at;
  if (!w.has(8)) return -1;
  let length: number;
  switch (kind) {
    case "radiotap":
    case "ppi":
      length = w.bytes[at + 2]! | (w.bytes[at + 3]! << 8);
      break;
    case "avs":
      length = w.i32(at + 4);
      break;
    case "prism":
      // Prism captures may carry AVS headers, known by their magic.
      length = (w.i32(at) & 0xfffff000) === (0x80211000 | 0) ? w.i32(at + 4) : 144;
  }
  return length >= 4 && length <= w.end - at ? length : -1;
}
