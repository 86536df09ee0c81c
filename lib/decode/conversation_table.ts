/** Words of a conversation's key: protocol and address family, two ends of four words, ports. */
const KEY_WORDS = 10;
const START_SLOTS = 1024;

/**
 * Finds the number of an unordered pair of ends: open addressing over rows of words, so that counting conversations costs no object
 * per packet.
 */
export class EndpointTable {
  /** Pairs known. */
  size = 0;
  #words = new Int32Array(START_SLOTS * KEY_WORDS);
  #slots = new Int32Array(START_SLOTS).fill(-1);
  readonly #key = new Int32Array(KEY_WORDS);

  /**
   * Number of the pair of `ends[at..]` (source and destination, four words each) and ports (source << 16 | destination), made when
   * new. Bit 0 of the answer tells that the packet runs from the pair's second end to its first.
   */
  find(family: number, ends: Int32Array, at: number, ports: number): number {
    let order = 0;
    for (let j = 0; j < 4 && order === 0; j++) order = (ends[at + j]! >>> 0) - (ends[at + 4 + j]! >>> 0);
    if (order === 0) order = (ports >>> 16) - (ports & 0xffff);
    const swap = order > 0 ? 1 : 0;
    const k = this.#key;
    k[0] = family;
    const a = at + 4 * swap, b = at + 4 - 4 * swap;
    for (let j = 0; j < 4; j++) {
      k[1 + j] = ends[a + j]!;
      k[5 + j] = ends[b + j]!;
    }
    k[9] = swap ? (ports << 16) | (ports >>> 16) : ports;
    return (this.#number() << 1) | swap;
  }

  #number(): number {
    const k = this.#key;
    if (2 * this.size >= this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1, words = this.#words;
    let s = hash(k, 0) & mask;
    for (let n = this.#slots[s]!; n >= 0; n = this.#slots[s]!) {
      const w = n * KEY_WORDS;
      let j = 0;
      while (j < KEY_WORDS && words[w + j] === k[j]) j++;
      if (j === KEY_WORDS) return n;
      s = (s + 1) & mask;
    }
    words.set(k, this.size * KEY_WORDS);
    this.#slots[s] = this.size;
    return this.size++;
  }

  #grow(): void {
    const words = new Int32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    const slots = new Int32Array(this.#slots.length * 2).fill(-1), mask = slots.length - 1;
    for (let n = 0; n < this.size; n++) {
      let s = hash(words, n * KEY_WORDS) & mask;
      while (slots[s]! >= 0) s = (s + 1) & mask;
      slots[s] = n;
    }
    this.#slots = slots;
  }
}

function hash(words: Int32Array, at: number): number {
  let h = words[at]!;
  for (let j = 1; j < KEY_WORDS; j++) {
    h = Math.imul(h ^ words[at + j]!, 0x9e3779b1);
    h ^= h >>> 15;
  }
  h = Math.imul(h, 0x85ebca77);
  return h ^ (h >>> 13);
}
