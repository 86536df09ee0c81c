import * as R from "../record/mod.ts";
import * as E from "./ends_words.ts";

// Local constants: the compiler folds them, imported ones it loads at each use.
const { DADDR, DPORT, KEY_ARP, KEY_IPV4, KEY_IPV6, KEY_RARP, KEY_TYPE, PROTO, SADDR, SPORT } = R;
const { E_A, E_B, E_PA, E_PB, E_PROTO, E_TYPE, ENDS_WORDS } = E;

function icmpRequestOf(type: number): number {
  return type === 0 ? 8 : type === 14 ? 13 : type === 16 ? 15 : type === 18 ? 17 : type;
}

function icmp6RequestOf(type: number): number {
  return type === 129
    ? 128
    : type === 131 || type === 132
    ? 130
    : type === 134
    ? 133
    : type === 136
    ? 135
    : type;
}

/**
 * Writes the direction-free key of a record row into `k` from word `to` on and gives 1 when the row's source is the second end, else 0. The smaller
 * address, then the smaller port, comes first; types of ICMP answers count as those of their questions.
 */
export function endsOf(w: Int32Array, at: number, k: Int32Array, to: number): number {
  for (let j = 0; j < ENDS_WORDS; j++) k[to + j] = 0;
  const type = w[at + KEY_TYPE]!, proto = w[at + PROTO]!;
  const size = type === KEY_IPV6 ? 4 : type === KEY_IPV4 || type === KEY_ARP ? 1 : 2;
  let swap = 0, decided = false;
  for (let j = 0; j < size && !decided; j++) {
    const a = w[at + SADDR + j]! >>> 0, b = w[at + DADDR + j]! >>> 0;
    if (a !== b) {
      swap = a > b ? 1 : 0;
      decided = true;
    }
  }
  let p = w[at + SPORT]!, q = w[at + DPORT]!;
  const ip4 = type === KEY_IPV4, ip6 = type === KEY_IPV6;
  if (ip4 && proto === 1) {
    // One ping's request and reply carry different types; the id is the same.
    p = icmpRequestOf(p & 0xff) | (p & 0xff00);
  } else if (ip6 && proto === 58) p = icmp6RequestOf(p & 0xff);
  else if (type === KEY_ARP) p = q = 0;
  else if (!(ip4 && (proto === 2 || proto === 50)) && !(ip6 && proto === 50)) {
    if (!decided && (p >>> 0) > (q >>> 0)) swap = 1;
    if (swap) {
      const t = p;
      p = q;
      q = t;
    }
  }
  k[to + E_TYPE] = type;
  // Argus files do not say the ethertype again for keys that have only one.
  k[to + E_PROTO] = type === KEY_ARP || type === KEY_RARP ? 0 : proto;
  const s = at + (swap ? DADDR : SADDR), t = at + (swap ? SADDR : DADDR);
  for (let j = 0; j < size; j++) {
    k[to + E_A + j] = w[s + j]!;
    k[to + E_B + j] = w[t + j]!;
  }
  k[to + E_PA] = p;
  k[to + E_PB] = q;
  return swap;
}
