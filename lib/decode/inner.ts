/** Words that {@linkcode decodeInner} fills. */
export const INNER_WORDS = 12;
/** Source and destination (4 words each, IPv4 the first), IP protocol, ports, protocol extra, 1 for IPv6. */
export const INNER_SOURCE = 0;
export const INNER_DESTINATION = 4;
export const INNER_PROTO = 8;
/** Source port << 16 | destination port; ICMP: type << 8 | code. 0 when not captured or not the first fragment. */
export const INNER_PORTS = 9;
/** DNS id; ICMP id << 16 | sequence. */
export const INNER_EXTRA = 10;
export const INNER_IP6 = 11;

/**
 * Reads the datagram that an ICMP error quotes, in packet order, into `out` (`INNER_WORDS` words); false when its IP header was not
 * captured between `at` and `end` (REC-11).
 */
export function decodeInner(bytes: Uint8Array, at: number, end: number, out: Int32Array): boolean {
  const u16 = (p: number) => p + 2 <= end ? (bytes[p]! << 8) | bytes[p + 1]! : 0;
  const i32 = (p: number) => (u16(p) << 16) | u16(p + 2);
  out.fill(0, 0, INNER_WORDS);
  if (at < 0 || at >= end) return false;
  const version = bytes[at]! >> 4;
  let l4: number;
  if (version === 4) {
    if (end - at < 20) return false;
    out[INNER_SOURCE] = i32(at + 12);
    out[INNER_DESTINATION] = i32(at + 16);
    out[INNER_PROTO] = bytes[at + 9]!;
    if ((u16(at + 6) & 0x1fff) !== 0) return true;
    l4 = at + (bytes[at]! & 15) * 4;
  } else {
    if (version !== 6 || end - at < 40) return false;
    for (let j = 0; j < 8; j++) out[INNER_SOURCE + j] = i32(at + 8 + 4 * j);
    out[INNER_PROTO] = bytes[at + 6]!;
    out[INNER_IP6] = 1;
    l4 = at + 40;
  }
  const proto = out[INNER_PROTO]!;
  if (proto === 6 || proto === 17) {
    if (l4 + 4 <= end) out[INNER_PORTS] = i32(l4);
    const ports = out[INNER_PORTS]!;
    if (proto === 17 && version === 4 && (ports >>> 16 === 53 || (ports & 0xffff) === 53)) {
      out[INNER_EXTRA] = u16(l4 + 8);
    }
  } else if ((proto === 1 && version === 4) || (proto === 58 && version === 6)) {
    out[INNER_PORTS] = u16(l4);
    out[INNER_EXTRA] = i32(l4 + 4);
  }
  return true;
}
