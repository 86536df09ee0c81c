import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as O from "./other_protocols.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PACKET_WORDS, PW_KIND, P_ARP, P_INNER, P_ISIS, P_KIND_MASK, P_RARP, P_RTP_VERSION, P_WLAN } = P;
const { RTP_HEADER } = O;

/** Bytes kept of a frame that a meter may have to look into: headers only. */
export const SHARED_FRAME_BYTES = 512;
function isLookedInto(low: number): boolean {
  return low === P_ARP || low === P_RARP || low === P_ISIS || low === P_WLAN;
}

/**
 * Moves the frames that a meter may look into to other memory, which must have room for {@linkcode SHARED_FRAME_BYTES} and `userData`
 * bytes a packet: headers, and so many bytes of user data. The columns point into it afterwards.
 */
export function keepHeaders(c: PacketColumns, to: Uint8Array, userData: number): void {
  const from = c.bytes, words = c.words;
  let at = 0;
  for (let i = 0, packets = c.length; i < packets; i++) {
    const kind = words[i * PACKET_WORDS + PW_KIND]!, low = kind & P_KIND_MASK;
    const isWhole = (kind & P_INNER) !== 0 || isLookedInto(low);
    if (!isWhole && userData === 0) {
      if ((kind & P_RTP_VERSION) === 0) continue;
      // Of what may be RTP only its fixed header is looked at; RTCP's part that is kept is shorter.
      const payload = c.payload[i]!, n = Math.min(c.offset[i]! + c.captured[i]! - payload, RTP_HEADER);
      for (let j = 0; j < n; j++) to[at + j] = from[payload + j]!;
      c.payload[i] = at;
      c.payloadEnd[i] = Math.min(c.payloadEnd[i]! - payload, n) + at;
      at += n;
      continue;
    }
    const offset = c.offset[i]!, by = at - offset;
    const n = Math.min(c.captured[i]!, SHARED_FRAME_BYTES + userData);
    for (let j = 0; j < n; j++) to[at + j] = from[offset + j]!;
    c.offset[i] = at;
    c.captured[i] = n;
    if (c.l3[i]! >= 0) c.l3[i]! += by;
    if (c.l4[i]! >= 0) c.l4[i]! += by;
    if (c.payload[i]! >= 0) c.payload[i] = Math.min(c.payload[i]! + by, at + n);
    c.payloadEnd[i] = Math.min(c.payloadEnd[i]! + by, at + n);
    if (kind & P_INNER) c.inner[i]! += by;
    at += n;
  }
  c.bytes = to;
}
