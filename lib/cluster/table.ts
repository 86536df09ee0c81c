/** Entries of an empty table, and those whose keys stand in one chunk. */
const FIRST = 64, CHUNK_BITS = 14, CHUNK = 1 << CHUNK_BITS;

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
  /** Keys of `CHUNK` entries each, so that growing copies none (the first grows by doubling). */
  readonly #keys: Int32Array[];
  #hashes: Int32Array = new Int32Array(FIRST);

  /**
   * Makes an empty table.
   *
   * @param size words in a key
   */
  constructor(size: number) {
    this.#size = size;
    this.#keys = [new Int32Array(FIRST * size)];
  }

  /** Number of keys held. */
  get length(): number {
    return this.#used;
  }

  /**
   * Writes for each of the first `count` hashes the entry that probably has it, -1 where none has, and reads from its key: all of that
   * is in the cache when {@linkcode find} comes for it.
   */
  peek(hashes: Int32Array, count: number, entries: Int32Array): number {
    const slots = this.#slots, mask = slots.length - 2, size = this.#size;
    let warm = 0;
    for (let i = 0; i < count; i++) warm += slots[(hashes[i]! << 1) & mask]!;
    for (let i = 0; i < count; i++) {
      const hash = hashes[i]!;
      let s = (hash << 1) & mask;
      while (slots[s] !== 0 && slots[s + 1] !== hash) s = (s + 2) & mask;
      entries[i] = slots[s]! - 1;
    }
    for (let i = 0; i < count; i++) {
      const entry = entries[i]!;
      if (entry < 0) continue;
      const keys = this.#keys[entry >> CHUNK_BITS]!, at = (entry & CHUNK - 1) * size;
      warm += keys[at]! + keys[at + size - 1]!;
    }
    return warm;
  }

  /** The entry stored under the key that begins at `from`, or -1. */
  find(key: Int32Array, hash: number, from = 0): number {
    const slots = this.#slots, mask = slots.length - 2, size = this.#size;
    for (let i = (hash << 1) & mask;; i = (i + 2) & mask) {
      const entry = slots[i]! - 1;
      if (entry < 0) return -1;
      if (slots[i + 1] !== hash) continue;
      const keys = this.#keys[entry >> CHUNK_BITS]!, at = (entry & CHUNK - 1) * size;
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
    const keys = this.#keys[entry >> CHUNK_BITS]!, at = (entry & CHUNK - 1) * this.#size;
    for (let j = 0; j < this.#size; j++) keys[at + j] = key[from + j]!;
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
    const to = this.#keys[by >> CHUNK_BITS]!, at = (by & CHUNK - 1) * this.#size;
    const old = this.#keys[entry >> CHUNK_BITS]!, was = (entry & CHUNK - 1) * this.#size;
    for (let j = 0; j < this.#size; j++) to[at + j] = old[was + j]!;
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
    // Slots are placed anew all over memory: the fewer times the better.
    // Written from front to back first: a page that is read before it is written costs two faults, and the second interrupts every
    // thread.
    this.#slots = new Int32Array(old.length * 4).fill(0);
    for (let i = 0; i < old.length; i += 2) if (old[i] !== 0) this.#place(old[i]! - 1, old[i + 1]!);
  }

  #growEntries(entry: number): void {
    let n = this.#hashes.length;
    while (n <= entry) n *= 2;
    const hashes = new Int32Array(n);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const first = new Int32Array(Math.min(n, CHUNK) * this.#size);
    if (first.length > this.#keys[0]!.length) {
      first.set(this.#keys[0]!);
      this.#keys[0] = first;
    }
    // Memory that nobody has written yet is free, so chunks may be made before they are needed.
    while (this.#keys.length * CHUNK < n) this.#keys.push(new Int32Array(CHUNK * this.#size));
  }
}
