import * as R from "./encaps.ts";
import * as P from "./columns.ts";
import { DONE, ETHERTYPE, type Walk } from "./walk.ts";

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
  c.proto[row] = 0;
  c.ports[row] = (type << 8) | subtype;
  c.app[row] = c.size[row]!;
  const receiver = at + 4, transmitter = at + 10;
  if (type !== 2) {
    w.macEnds(transmitter, receiver);
    return DONE;
  }
  const third = at + 16;
  const source = fromDs ? (toDs ? at + 24 : third) : transmitter;
  const destination = toDs ? third : receiver;
  w.macEnds(source, destination);
  if (w.argus) return DONE;
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
  const ends = row * P.END_WORDS, m = row * P.MAC_WORDS;
  c.mac[m] = c.ends[ends + 4]!;
  c.mac[m + 1] = c.ends[ends + 5]! | (c.ends[ends]! >>> 16);
  c.mac[m + 2] = (c.ends[ends]! << 16) | (c.ends[ends + 1]! >>> 16);
  w.bits |= P.P_MAC;
  c.etherType[row] = w.type;
  w.at += 8;
  return w.next <= 1500 ? DONE : ETHERTYPE;
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
