import * as L from "./layout.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  D_ENCAPS, D_IP, D_IPOPT, D_MPLS, D_PSIZE, FLAGS, FLAG_D_IP, FLAG_D_IPOPT, FLAG_D_MPLS, FLAG_D_VLAN,
  FLAG_ENCAPS, FLAG_ICMP_MAP, FLAG_MAC, FLAG_PSIZE, FLAG_S_IP, FLAG_S_IPOPT, FLAG_S_MPLS,
  FLAG_S_VLAN, ICMP_MAP, MAC, MAC_TYPE, S_ENCAPS, S_IP, S_IPOPT, S_MPLS, S_PSIZE, VLAN,
} = L;

/** IP attributes, encapsulation, tags, hardware addresses, packet sizes, mapped ICMP errors: exact rules. */
export function mergeAttributes(x: Int32Array, w: number, y: Int32Array, v: number): void {
  const f = x[w + FLAGS]!, g = y[v + FLAGS]!;
  if (g & FLAG_S_IP) {
    x[w + S_IP] = f & FLAG_S_IP ? sameIp(x[w + S_IP]!, y[v + S_IP]!) : y[v + S_IP]!;
  }
  if (g & FLAG_D_IP) {
    x[w + D_IP] = f & FLAG_D_IP ? sameIp(x[w + D_IP]!, y[v + D_IP]!) : y[v + D_IP]!;
  }
  x[w + S_IPOPT]! |= y[v + S_IPOPT]!;
  x[w + D_IPOPT]! |= y[v + D_IPOPT]!;
  x[w + S_ENCAPS]! |= y[v + S_ENCAPS]!;
  x[w + D_ENCAPS]! |= y[v + D_ENCAPS]!;
  if (g & (FLAG_S_VLAN | FLAG_D_VLAN)) {
    const mine = x[w + VLAN]!, theirs = y[v + VLAN]!;
    let s = mine >>> 16, t = mine & 0xffff;
    if (g & FLAG_S_VLAN) s = f & FLAG_S_VLAN && s !== theirs >>> 16 ? 0 : theirs >>> 16;
    if (g & FLAG_D_VLAN) t = f & FLAG_D_VLAN && t !== (theirs & 0xffff) ? 0 : theirs & 0xffff;
    x[w + VLAN] = s << 16 | t;
  }
  if (g & FLAG_S_MPLS) {
    x[w + S_MPLS] = f & FLAG_S_MPLS && x[w + S_MPLS] !== y[v + S_MPLS] ? 0 : y[v + S_MPLS]!;
  }
  if (g & FLAG_D_MPLS) {
    x[w + D_MPLS] = f & FLAG_D_MPLS && x[w + D_MPLS] !== y[v + D_MPLS] ? 0 : y[v + D_MPLS]!;
  }
  if (g & FLAG_MAC) {
    if (f & FLAG_MAC) {
      mergeMac(x, w, y, v);
      const type = x[w + MAC_TYPE]! ^ y[v + MAC_TYPE]!;
      x[w + MAC_TYPE] = (type >>> 16 === 0 ? x[w + MAC_TYPE]! : x[w + MAC_TYPE]! & 0xffff) |
        y[v + MAC_TYPE]! & 0xffff;
    } else for (let i = MAC; i <= MAC_TYPE; i++) x[w + i] = y[v + i]!;
  }
  mergeSizes(x, w, y, v);
  if (g & FLAG_ICMP_MAP) {
    let order = f & FLAG_ICMP_MAP ? 0 : 1;
    const bits = (x[w + ICMP_MAP]! | y[v + ICMP_MAP]!) & 0xffff0000;
    for (let i = 0; i < 7 && order === 0; i++) {
      const mask = i === 0 ? 0xffff : -1;
      order = (y[v + ICMP_MAP + i]! & mask) - (x[w + ICMP_MAP + i]! & mask);
    }
    if (order > 0) { for (let i = 0; i < 7; i++) x[w + ICMP_MAP + i] = y[v + ICMP_MAP + i]!; }
    x[w + ICMP_MAP] = bits | x[w + ICMP_MAP]! & 0xffff;
  }
  x[w + FLAGS]! |= g & (
    FLAG_S_IP | FLAG_D_IP | FLAG_S_IPOPT | FLAG_D_IPOPT | FLAG_ENCAPS | FLAG_S_VLAN |
    FLAG_D_VLAN |
    FLAG_S_MPLS | FLAG_D_MPLS | FLAG_MAC | FLAG_PSIZE | FLAG_ICMP_MAP
  );
}

/** Packet sizes of each side: the smallest and the largest; a side without any takes the other's. */
function mergeSizes(x: Int32Array, w: number, y: Int32Array, v: number): void {
  for (let i = S_PSIZE; i <= D_PSIZE; i++) {
    const mine = x[w + i]!, theirs = y[v + i]!;
    if (mine === 0 || theirs === 0) x[w + i] = mine | theirs;
    else x[w + i] = Math.min(mine >>> 16, theirs >>> 16) << 16 | Math.max(mine & 0xffff, theirs & 0xffff);
  }
}

/** Smallest ttl that is not 0; tos and ip_id only while equal. */
function sameIp(mine: number, theirs: number): number {
  const s = mine >>> 24, t = theirs >>> 24;
  const ttl = s === 0 ? t : t === 0 || s < t ? s : t;
  const differ = mine ^ theirs;
  return ttl << 24 | ((differ & 0xff0000) === 0 ? mine & 0xff0000 : 0) |
    ((differ & 0xffff) === 0 ? mine & 0xffff : 0);
}

/** Each hardware address becomes zero when it differs. */
function mergeMac(x: Int32Array, w: number, y: Int32Array, v: number): void {
  const m = w + MAC, n = v + MAC;
  const middle = x[m + 1]! ^ y[n + 1]!;
  if (x[m] !== y[n] || middle >>> 16 !== 0) {
    x[m] = 0;
    x[m + 1]! &= 0xffff;
  }
  if (x[m + 2] !== y[n + 2] || (middle & 0xffff) !== 0) {
    x[m + 2] = 0;
    x[m + 1]! &= 0xffff0000;
  }
}

/**
 * The same as the real racluster does it (observed): a section the first record lacks stays absent, except that of a mapped ICMP
 * error and a side of the IP attributes; VLAN, MPLS, hardware addresses, ip_id are the first record's; IP options are XORed.
 */
export function mergeAttributesAsArgus(x: Int32Array, w: number, y: Int32Array, v: number): void {
  const f = x[w + FLAGS]!, g = y[v + FLAGS]!;
  if (f & (FLAG_S_IP | FLAG_D_IP)) {
    if (f & g & FLAG_S_IP) x[w + S_IP] = minIp(x[w + S_IP]!, y[v + S_IP]!);
    else if (g & FLAG_S_IP) x[w + S_IP] = y[v + S_IP]!;
    if (f & g & FLAG_D_IP) x[w + D_IP] = minIp(x[w + D_IP]!, y[v + D_IP]!);
    else if (g & FLAG_D_IP) x[w + D_IP] = y[v + D_IP]!;
    x[w + S_IPOPT]! ^= y[v + S_IPOPT]!;
    x[w + D_IPOPT]! ^= y[v + D_IPOPT]!;
    x[w + FLAGS]! |= g & (FLAG_S_IP | FLAG_D_IP | FLAG_S_IPOPT | FLAG_D_IPOPT);
  }
  if (f & g & FLAG_ENCAPS) {
    x[w + S_ENCAPS]! |= y[v + S_ENCAPS]!;
    x[w + D_ENCAPS]! |= y[v + D_ENCAPS]!;
  }
  if (f & g & FLAG_PSIZE) mergeSizes(x, w, y, v);
  if (g & FLAG_ICMP_MAP && (f & FLAG_ICMP_MAP) === 0) {
    for (let i = 0; i < 7; i++) x[w + ICMP_MAP + i] = y[v + ICMP_MAP + i]!;
    x[w + FLAGS]! |= FLAG_ICMP_MAP;
  }
}

function minIp(mine: number, theirs: number): number {
  const ttl = Math.min(mine >>> 24, theirs >>> 24);
  return ttl << 24 | ((mine ^ theirs) & 0xff0000 ? 0 : mine & 0xff0000) | mine & 0xffff;
}
