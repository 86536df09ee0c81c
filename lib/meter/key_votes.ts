import { grown } from "../base/mod.ts";
import type { KeyTable } from "./keys.ts";

/** Finds the keys that nobody holds any more where several threads meter: each tells, some batches later, which keys it let go. */
export class KeyVotes {
  readonly #keys: KeyTable;
  readonly #all: number;
  /** Of each key who let it go, a bit each. */
  #votes = new Int32Array(1024);
  /** The batch that had met the key last when they did. */
  #met = new Int32Array(1024);

  /** `voters` is how many tell, 31 at most. */
  constructor(keys: KeyTable, voters: number) {
    this.#keys = keys;
    this.#all = (1 << voters) - 1;
  }

  /** Takes the keys that one held no more at the end of a batch, and forgets those that nobody holds. */
  take(ids: Int32Array, batch: number, voter: number): void {
    const keys = this.#keys, bit = 1 << voter;
    if (this.#all === bit) return keys.forget(ids, batch);
    if (keys.size > this.#votes.length) {
      const length = Math.max(keys.size, 2 * this.#votes.length);
      this.#votes = grown(this.#votes, length);
      this.#met = grown(this.#met, length);
    }
    const votes = this.#votes, metThen = this.#met;
    const agreed: number[] = [];
    for (const id of ids) {
      const met = keys.lastMet(id);
      if (met > batch) continue;
      // A packet of the key makes all of them hold it anew, and tell again.
      if (metThen[id] !== met) {
        metThen[id] = met;
        votes[id] = 0;
      }
      votes[id]! |= bit;
      if (votes[id] === this.#all) agreed.push(id);
    }
    keys.forget(agreed, batch);
  }
}
