import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { isPeer } from "../settings/mod.ts";

// Local constants: the compiler folds them, imported ones it loads at each use.
const { END_WORDS, P_ARP, P_DROPPED, P_ELSEWHERE, P_FRAGMENT, P_INNER, P_KIND_MASK, P_NONE } = P;

/** Words of two addresses. */
const WORDS = 8;

/**
 * Pairs of addresses whose packets matter; those of all others can be hidden from meters, which they then only tell the time.
 *
 * A flow's records hang on its own packets and on when sweeps run, and every packet still lets them run. What forms fragments or quotes
 * another flow is decided by addresses, too, so a pair is metered as if all packets were there.
 */
export class AddressPairs {
  // Words of a pair, then 1.
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** These pairs, of eight words each: two addresses of four words in any order. */
  constructor(pairs: readonly Int32Array[]) {
    let size = 16;
    while (size < 4 * pairs.length) size *= 2;
    this.#slots = new Int32Array(size * (WORDS + 1));
    this.#mask = size - 1;
    for (const pair of pairs) {
      let s = mixed(pair, 0) & this.#mask;
      while (this.#slots[s * (WORDS + 1) + WORDS] !== 0 && !this.#is(s, pair, 0)) s = (s + 1) & this.#mask;
      this.#slots.set(pair, s * (WORDS + 1));
      this.#slots[s * (WORDS + 1) + WORDS] = 1;
    }
  }

  /** Whether the two addresses from word `at` on are one of the pairs. */
  has(words: Int32Array, at: number): boolean {
    for (let s = mixed(words, at) & this.#mask;; s = (s + 1) & this.#mask) {
      if (this.#slots[s * (WORDS + 1) + WORDS] === 0) return false;
      if (this.#is(s, words, at)) return true;
    }
  }

  #is(slot: number, words: Int32Array, at: number): boolean {
    const slots = this.#slots, s = slot * (WORDS + 1);
    let same = true, turned = true;
    for (let j = 0; j < WORDS; j++) {
      if (slots[s + j] !== words[at + j]) same = false;
      if (slots[s + j] !== words[at + (j ^ 4)]) turned = false;
    }
    return same || turned;
  }

  /** Hides the packets of other pairs from the meters: they move the clock and form no flow. */
  hideOthers(columns: PacketColumns): void {
    const { kind, ends } = columns;
    for (let i = 0; i < columns.length; i++) {
      const bits = kind[i]!, low = bits & P_KIND_MASK;
      // What is keyed by more than addresses stays, as in a shard; so does what may quote a flow of a pair.
      if (low === P_DROPPED || low === P_NONE || low >= P_ARP && low !== P_FRAGMENT || bits & P_INNER) {
        continue;
      }
      if (!this.has(ends, i * END_WORDS)) kind[i] = P_DROPPED | P_ELSEWHERE;
    }
  }
}

function mixed(words: Int32Array, at: number): number {
  let h = 0;
  for (let j = 0; j < 4; j++) h = Math.imul(h, 31) + (words[at + j]! ^ words[at + 4 + j]!) | 0;
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  return h ^ h >>> 13;
}

/** Whether a setting's records of one pair of addresses do not hang on the flows of others, in a capture in order of time. */
export function isIndependent(s: Settings): boolean {
  return !isPeer(s) && (s.clock === "argus" || s.clock === "exact") && s.memory.kind !== "entries" &&
    s.flowKey.includes("CLASSIC_5_TUPLE");
}
