/**
 * Open-addressing hash table from keys of `size` 32-bit words to small integers (entry numbers chosen by the caller).
 *
 * Keys lie one behind the other by entry number and hashes are kept, so growing never reads a record again.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { KeyTable } from "./table.ts";
 *
 * const table = new KeyTable(2);
 * table.insert(0, new Int32Array([1, 2]), 99);
 * assertEquals(table.find(new Int32Array([1, 2]), 99), 0);
 * assertEquals(table.find(new Int32Array([1, 3]), 99), -1);
 * ```
 */
export class KeyTable {
  readonly #size: number;
  /** Entry + 1 (0 when empty) and hash of each slot: a probe that misses touches one cache line. */
  #slots: Int32Array = new Int32Array(256);
  #used = 0;
  #keys: Int32Array;
  #hashes: Int32Array = new Int32Array(64);

  /**
   * Makes an empty table.
   *
   * @param size words in a key
   */
  constructor(size: number) {
    this.#size = size;
    this.#keys = new Int32Array(64 * size);
  }

  /** Number of keys held. */
  get length(): number {
    return this.#used;
  }

  /** The entry in the home slot of a hash, -1 when it is empty: brings both into the cache ahead of {@linkcode find}. */
  peek(hash: number): number {
    const entry = this.#slots[(hash << 1) & this.#slots.length - 2]! - 1;
    return entry < 0 || this.#keys[entry * this.#size] === undefined ? -1 : entry;
  }

  /** The entry stored under the key that begins at `from`, or -1. */
  find(key: Int32Array, hash: number, from = 0): number {
    const slots = this.#slots, mask = slots.length - 2, size = this.#size, keys = this.#keys;
    for (let i = (hash << 1) & mask;; i = (i + 2) & mask) {
      const entry = slots[i]! - 1;
      if (entry < 0) return -1;
      if (slots[i + 1] !== hash) continue;
      const at = entry * size;
      let j = 0;
      while (j < size && keys[at + j] === key[from + j]) j++;
      if (j === size) return entry;
    }
  }

  /** Stores the key that begins at `from` and is not in the table under an entry number that is not in use. */
  insert(entry: number, key: Int32Array, hash: number, from = 0): void {
    if (entry >= this.#hashes.length) this.#growEntries(entry);
    // Load at most one half keeps probes short (performance notes).
    if (4 * (this.#used + 1) > this.#slots.length) this.#growSlots();
    const at = entry * this.#size;
    for (let j = 0; j < this.#size; j++) this.#keys[at + j] = key[from + j]!;
    this.#hashes[entry] = hash;
    this.#place(entry, hash);
    this.#used++;
  }

  /** Forgets the key of an entry; nothing happens when it is not in the table. */
  remove(entry: number): void {
    const slots = this.#slots, mask = slots.length - 2;
    let i = this.#slotOf(entry);
    if (i < 0) return;
    this.#used--;
    // Entries behind the gap move up so that no probe ends too early.
    for (let j = (i + 2) & mask; slots[j] !== 0; j = (j + 2) & mask) {
      const home = (slots[j + 1]! << 1) & mask;
      if (((j - home) & mask) >= ((j - i) & mask)) {
        slots[i] = slots[j]!;
        slots[i + 1] = slots[j + 1]!;
        i = j;
      }
    }
    slots[i] = 0;
  }

  /** Moves the key of one entry to another entry number. */
  replace(entry: number, by: number): void {
    const i = this.#slotOf(entry);
    if (i < 0) return;
    if (by >= this.#hashes.length) this.#growEntries(by);
    this.#slots[i] = by + 1;
    this.#hashes[by] = this.#hashes[entry]!;
    this.#keys.copyWithin(by * this.#size, entry * this.#size, (entry + 1) * this.#size);
  }

  /** Where an entry stands, -1 when it is not in the table. */
  #slotOf(entry: number): number {
    const slots = this.#slots, mask = slots.length - 2;
    let i = (this.#hashes[entry]! << 1) & mask;
    while (slots[i] !== entry + 1) {
      if (slots[i] === 0) return -1;
      i = (i + 2) & mask;
    }
    return i;
  }

  #place(entry: number, hash: number): void {
    const slots = this.#slots, mask = slots.length - 2;
    let i = (hash << 1) & mask;
    while (slots[i] !== 0) i = (i + 2) & mask;
    slots[i] = entry + 1;
    slots[i + 1] = hash;
  }

  #growSlots(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (let i = 0; i < old.length; i += 2) if (old[i] !== 0) this.#place(old[i]! - 1, old[i + 1]!);
  }

  #growEntries(entry: number): void {
    let n = this.#hashes.length;
    while (n <= entry) n *= 2;
    const hashes = new Int32Array(n), keys = new Int32Array(n * this.#size);
    hashes.set(this.#hashes);
    keys.set(this.#keys);
    this.#hashes = hashes;
    this.#keys = keys;
  }
}
