import * as R from "../record/mod.ts";
import { reversible } from "./aggregator.ts";
import { sourceIsHigher } from "./evidence.ts";

/** Words of a {@linkcode connectionKey}: kind, protocol, source id, two ends of address and port. */
export const CONNECTION_KEY_WORDS = 14;

/**
 * Reads the direction-free key of a row's conversation into {@linkcode CONNECTION_KEY_WORDS} words of `key` from `at` on, and gives
 * its hash.
 */
export function connectionKey(x: Int32Array, w: number, key: Int32Array, at = 0): number {
  const turn = reversible(x, w) && sourceIsHigher(x, w);
  const s = w + (turn ? R.DADDR : R.SADDR), d = w + (turn ? R.SADDR : R.DADDR);
  key[at] = x[w + R.KEY_TYPE]! | (x[w + R.FLAGS]! & (R.FLAG_MATRIX | R.FLAG_FRAGMENT)) << 8;
  key[at + 1] = x[w + R.PROTO]!;
  key[at + 2] = x[w + R.SRCID]!;
  key[at + 3] = x[w + (turn ? R.DPORT : R.SPORT)]!;
  key[at + 4] = x[w + (turn ? R.SPORT : R.DPORT)]!;
  const arp = x[w + R.KEY_TYPE] === R.KEY_ARP;
  for (let i = 0; i < 4; i++) {
    key[at + 5 + i] = arp && i > 0 ? 0 : x[s + i]!;
    key[at + 9 + i] = arp && i > 0 ? 0 : x[d + i]!;
  }
  key[at + 13] = 0;
  return hashConnectionKey(key, at);
}

/** The hash of the connection key that begins at `at`. */
export function hashConnectionKey(key: Int32Array, at = 0): number {
  let hash = 0;
  for (let i = at; i < at + CONNECTION_KEY_WORDS; i++) {
    hash = Math.imul(hash ^ key[i]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  return hash ^ hash >>> 13;
}
