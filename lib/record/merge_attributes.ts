import * as L from "./layout.ts";

/** IP attributes, encapsulation, tags, hardware addresses, packet sizes, mapped ICMP errors: exact rules. */
export function mergeAttributes(x: Int32Array, w: number, y: Int32Array, v: number): void {
  const f = x[w + L.FLAGS]!, g = y[v + L.FLAGS]!;
  if (g & L.FLAG_S_IP) {
    x[w + L.S_IP] = f & L.FLAG_S_IP ? sameIp(x[w + L.S_IP]!, y[v + L.S_IP]!) : y[v + L.S_IP]!;
  }
  if (g & L.FLAG_D_IP) {
    x[w + L.D_IP] = f & L.FLAG_D_IP ? sameIp(x[w + L.D_IP]!, y[v + L.D_IP]!) : y[v + L.D_IP]!;
  }
  x[w + L.S_IPOPT]! |= y[v + L.S_IPOPT]!;
  x[w + L.D_IPOPT]! |= y[v + L.D_IPOPT]!;
  x[w + L.S_ENCAPS]! |= y[v + L.S_ENCAPS]!;
  x[w + L.D_ENCAPS]! |= y[v + L.D_ENCAPS]!;
  if (g & (L.FLAG_S_VLAN | L.FLAG_D_VLAN)) {
    const mine = x[w + L.VLAN]!, theirs = y[v + L.VLAN]!;
    let s = mine >>> 16, t = mine & 0xffff;
    if (g & L.FLAG_S_VLAN) s = f & L.FLAG_S_VLAN && s !== theirs >>> 16 ? 0 : theirs >>> 16;
    if (g & L.FLAG_D_VLAN) t = f & L.FLAG_D_VLAN && t !== (theirs & 0xffff) ? 0 : theirs & 0xffff;
    x[w + L.VLAN] = s << 16 | t;
  }
  if (g & L.FLAG_S_MPLS) {
    x[w + L.S_MPLS] = f & L.FLAG_S_MPLS && x[w + L.S_MPLS] !== y[v + L.S_MPLS] ? 0 : y[v + L.S_MPLS]!;
  }
  if (g & L.FLAG_D_MPLS) {
    x[w + L.D_MPLS] = f & L.FLAG_D_MPLS && x[w + L.D_MPLS] !== y[v + L.D_MPLS] ? 0 : y[v + L.D_MPLS]!;
  }
  if (g & L.FLAG_MAC) {
    if (f & L.FLAG_MAC) {
      mergeMac(x, w, y, v);
      const type = x[w + L.MAC_TYPE]! ^ y[v + L.MAC_TYPE]!;
      x[w + L.MAC_TYPE] = (type >>> 16 === 0 ? x[w + L.MAC_TYPE]! : x[w + L.MAC_TYPE]! & 0xffff) |
        y[v + L.MAC_TYPE]! & 0xffff;
    } else for (let i = L.MAC; i <= L.MAC_TYPE; i++) x[w + i] = y[v + i]!;
  }
  mergeSizes(x, w, y, v);
  if (g & L.FLAG_ICMP_MAP) {
    let order = f & L.FLAG_ICMP_MAP ? 0 : 1;
    const bits = (x[w + L.ICMP_MAP]! | y[v + L.ICMP_MAP]!) & 0xffff0000;
    for (let i = 0; i < 7 && order === 0; i++) {
      const mask = i === 0 ? 0xffff : -1;
      order = (y[v + L.ICMP_MAP + i]! & mask) - (x[w + L.ICMP_MAP + i]! & mask);
    }
    if (order > 0) { for (let i = 0; i < 7; i++) x[w + L.ICMP_MAP + i] = y[v + L.ICMP_MAP + i]!; }
    x[w + L.ICMP_MAP] = bits | x[w + L.ICMP_MAP]! & 0xffff;
  }
  x[w + L.FLAGS]! |= g & (
    L.FLAG_S_IP | L.FLAG_D_IP | L.FLAG_S_IPOPT | L.FLAG_D_IPOPT | L.FLAG_ENCAPS | L.FLAG_S_VLAN |
    L.FLAG_D_VLAN |
    L.FLAG_S_MPLS | L.FLAG_D_MPLS | L.FLAG_MAC | L.FLAG_PSIZE | L.FLAG_ICMP_MAP
  );
}

/** Packet sizes of each side: the smallest and the largest; a side without any takes the other's. */
function mergeSizes(x: Int32Array, w: number, y: Int32Array, v: number): void {
  for (let i = L.S_PSIZE; i <= L.D_PSIZE; i++) {
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
  const m = w + L.MAC, n = v + L.MAC;
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
  const f = x[w + L.FLAGS]!, g = y[v + L.FLAGS]!;
  if (f & (L.FLAG_S_IP | L.FLAG_D_IP)) {
    if (f & g & L.FLAG_S_IP) x[w + L.S_IP] = minIp(x[w + L.S_IP]!, y[v + L.S_IP]!);
    else if (g & L.FLAG_S_IP) x[w + L.S_IP] = y[v + L.S_IP]!;
    if (f & g & L.FLAG_D_IP) x[w + L.D_IP] = minIp(x[w + L.D_IP]!, y[v + L.D_IP]!);
    else if (g & L.FLAG_D_IP) x[w + L.D_IP] = y[v + L.D_IP]!;
    x[w + L.S_IPOPT]! ^= y[v + L.S_IPOPT]!;
    x[w + L.D_IPOPT]! ^= y[v + L.D_IPOPT]!;
    x[w + L.FLAGS]! |= g & (L.FLAG_S_IP | L.FLAG_D_IP | L.FLAG_S_IPOPT | L.FLAG_D_IPOPT);
  }
  if (f & g & L.FLAG_ENCAPS) {
    x[w + L.S_ENCAPS]! |= y[v + L.S_ENCAPS]!;
    x[w + L.D_ENCAPS]! |= y[v + L.D_ENCAPS]!;
  }
  if (f & g & L.FLAG_PSIZE) mergeSizes(x, w, y, v);
  if (g & L.FLAG_ICMP_MAP && (f & L.FLAG_ICMP_MAP) === 0) {
    for (let i = 0; i < 7; i++) x[w + L.ICMP_MAP + i] = y[v + L.ICMP_MAP + i]!;
    x[w + L.FLAGS]! |= L.FLAG_ICMP_MAP;
  }
}

function minIp(mine: number, theirs: number): number {
  const ttl = Math.min(mine >>> 24, theirs >>> 24);
  return ttl << 24 | ((mine ^ theirs) & 0xff0000 ? 0 : mine & 0xff0000) | mine & 0xffff;
}
