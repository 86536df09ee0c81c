/** Kinds of addresses racount tells apart, in its order (observed; the reserved blocks are those of its day). */
export const ADDRESS_CLASSES: readonly string[] = [
  "IPv4 Unicast",
  "IPv4 Unicast This Network",
  "IPv4 Unicast Private",
  "IPv4 Unicast LoopBack",
  "IPv4 Unicast Reserved",
  "IPv4 Multicast Local",
  "IPv4 Multicast Internet",
  "IPv4 Multicast AdHoc",
  "IPv4 Multicast Reserved",
  "IPv4 Multicast SdpSap",
  "IPv4 Multicast Nasdaq",
  "IPv4 Multicast Src Spec",
  "IPv4 Multicast GLOP Blk",
  "IPv4 Multicast OrgLocal",
  "IPv4 Multicast SiteLocal",
  "IPv6 Unspecified",
  "IPv6 Loopback",
  "IPv6 LinkLocal",
  "IPv6 SiteLocal",
  "IPv6 Multicast Node Local",
  "IPv6 Multicast Link Local",
  "IPv6 Multicast Site Local",
  "IPv6 Multicast Org  Local",
  "IPv6 Multicast Global",
];

const UNICAST = 0, THIS = 1, PRIVATE = 2, LOOPBACK = 3, RESERVED = 4, LOCAL = 5, INTERNET = 6, ADHOC = 7;
const M_RESERVED = 8, SDP = 9, NASDAQ = 10, SOURCE = 11, GLOP = 12, ORG = 13, SITE = 14;
const V6_NONE = 15, V6_LOOPBACK = 16, V6_LINK = 17, V6_SITE = 18;
const V6_SCOPES: Readonly<Record<number, number>> = { 1: 19, 2: 20, 5: 21, 8: 22, 14: 23 };

/** Blocks of first bytes that count as reserved. */
const RESERVED_BLOCKS: readonly (readonly [number, number])[] = [
  [1, 2],
  [5, 5],
  [23, 23],
  [27, 27],
  [36, 37],
  [41, 41],
  [48, 48],
  [73, 79],
  [89, 126],
  [173, 187],
  [190, 191],
  [197, 197],
  [223, 223],
  [240, 255],
];

/** Classes of an IPv4 address: indices into {@linkcode ADDRESS_CLASSES}; none for a few blocks, two for 233/8. */
export function classesOfIpv4(address: number): readonly number[] {
  const a = address >>> 24, b = (address >>> 16) & 255, c = (address >>> 8) & 255;
  if (a === 0) return [THIS];
  if (a === 127) return [LOOPBACK];
  if (a === 10 || a === 172 && b === 16 || a === 192 && b === 168) return [PRIVATE];
  if (a === 192 && b === 0 && c === 2) return [];
  if (a === 224) {
    if (b === 0) return [c === 0 ? LOCAL : c === 1 ? INTERNET : c === 255 ? M_RESERVED : ADHOC];
    if (b === 2) return [SDP];
    if (b === 3 && c === 0) return [NASDAQ];
    return b >= 253 ? [] : [M_RESERVED];
  }
  if (a === 232) return [SOURCE];
  if (a === 233) return [M_RESERVED, GLOP];
  if (a === 239) return b === 0 ? [] : [b < 192 ? M_RESERVED : b < 252 ? ORG : SITE];
  if (a > 224 && a < 240) return [M_RESERVED];
  return [RESERVED_BLOCKS.some(([from, to]) => a >= from && a <= to) ? RESERVED : UNICAST];
}

/** Classes of an IPv6 address given as four words. */
export function classesOfIpv6(a: number, b: number, c: number, d: number): readonly number[] {
  if (a === 0 && b === 0 && c === 0 && (d >>> 0) < 2) return [d === 0 ? V6_NONE : V6_LOOPBACK];
  const top = a >>> 16;
  if ((top & 0xffc0) === 0xfe80) return [V6_LINK];
  if ((top & 0xffc0) === 0xfec0) return [V6_SITE];
  if (top >>> 8 !== 0xff) return [];
  const scope = V6_SCOPES[top & 15];
  return scope === undefined ? [] : [scope];
}
