import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";

/** Bytes kept of a frame that a meter may have to look into: headers only. */
export const SHARED_FRAME_BYTES = 512;

function isLookedInto(low: number): boolean {
  return low === P.P_ARP || low === P.P_RARP || low === P.P_ISIS || low === P.P_WLAN;
}

/**
 * Moves the frames that a meter may look into to other memory, which must have room for {@linkcode SHARED_FRAME_BYTES} and `userData`
 * bytes a packet: headers, and so many bytes of user data. The columns point into it afterwards.
 */
export function keepHeaders(c: PacketColumns, to: Uint8Array, userData: number): void {
  const from = c.bytes, most = SHARED_FRAME_BYTES + userData;
  let at = 0;
  for (let i = 0; i < c.length; i++) {
    const kind = c.kind[i]!, low = kind & P.P_KIND_MASK;
    const looked = (kind & (P.P_INNER | P.P_RTP_VERSION)) !== 0 || isLookedInto(low);
    if (!looked && (userData === 0 || c.payload[i]! < 0)) continue;
    const offset = c.offset[i]!, n = Math.min(c.captured[i]!, most), by = at - offset;
    for (let j = 0; j < n; j++) to[at + j] = from[offset + j]!;
    c.offset[i] = at;
    c.captured[i] = n;
    if (c.l3[i]! >= 0) c.l3[i]! += by;
    if (c.l4[i]! >= 0) c.l4[i]! += by;
    if (c.payload[i]! >= 0) c.payload[i] = Math.min(c.payload[i]! + by, at + n);
    c.payloadEnd[i] = Math.min(c.payloadEnd[i]! + by, at + n);
    if (kind & P.P_INNER) c.inner[i]! += by;
    at += n;
  }
  c.bytes = to;
}
