/** Bits of the filter: 8 MB, which tells 50 million keys apart well. */
const BITS = 1 << 26;

/**
 * Keys that this run has put into a table which was empty before: those that are not here are surely not in the table, so it need not
 * be asked for them. A Bloom filter of three probes; a key that was never put in seems to be here now and then.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { KnownKeys } from "./known_keys.ts";
 *
 * const known = new KnownKeys();
 * known.add(42);
 * assertEquals([known.has(42), known.has(43)], [true, false]);
 * ```
 */
export class KnownKeys {
  readonly #bits = new Int32Array(BITS >>> 5);

  /** Whether a key with this hash may be in the table. */
  has(hash: number): boolean {
    const bits = this.#bits, step = Math.imul(hash, 0x9e3779b1) | 1;
    for (let probe = 0, h = hash; probe < 3; probe++, h = (h + step) | 0) {
      const bit = h & (BITS - 1);
      if ((bits[bit >>> 5]! & 1 << (bit & 31)) === 0) return false;
    }
    return true;
  }

  /** Notes that a key with this hash is in the table. */
  add(hash: number): void {
    const bits = this.#bits, step = Math.imul(hash, 0x9e3779b1) | 1;
    for (let probe = 0, h = hash; probe < 3; probe++, h = (h + step) | 0) {
      const bit = h & (BITS - 1);
      bits[bit >>> 5]! |= 1 << (bit & 31);
    }
  }
}
