/** One of `count` equal parts of a capture's flows, from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Mixes an address of four words; of IPv4 addresses only the first is not zero. */
function mix(words: Int32Array, at: number): number {
  let h = Math.imul(words[at]! ^ 0x5bd1e995, 0x9e3779b1);
  if ((words[at + 1]! | words[at + 2]! | words[at + 3]!) !== 0) {
    h = Math.imul((h ^ h >>> 15) ^ words[at + 1]!, 0x85ebca77);
    h = Math.imul((h ^ h >>> 13) ^ words[at + 2]!, 0xc2b2ae3d);
    h = Math.imul((h ^ h >>> 16) ^ words[at + 3]!, 0x9e3779b1);
  }
  return h ^ h >>> 15;
}

/** Shard of the flows between two addresses of four words each, the same whichever comes first. */
export function shardOfPair(words: Int32Array, a: number, b: number, count: number): number {
  let h = mix(words, a) + mix(words, b) | 0;
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  return ((h ^ h >>> 13) >>> 0) % count;
}
