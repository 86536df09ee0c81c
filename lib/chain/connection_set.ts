/** Connections by their ids, each with a number from 0: a table of numbers, for loops over all packets of a capture. */
export class ConnectionSet {
  /** The ids, 16 hexadecimal digits each. */
  readonly ids: readonly string[];
  // High and low word of the id, number + 1.
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** These connections; what has no connection has the empty id and the words 0. */
  constructor(ids: Iterable<string>) {
    this.ids = [...new Set(ids)];
    let size = 16;
    while (size < 4 * this.ids.length) size *= 2;
    this.#slots = new Int32Array(4 * size);
    this.#mask = 4 * size - 1;
    this.ids.forEach((id, n) => {
      const high = parseInt(id.slice(0, 8), 16) | 0, low = parseInt(id.slice(8), 16) | 0;
      let s = (low << 2) & this.#mask;
      while (this.#slots[s + 2] !== 0) s = (s + 4) & this.#mask;
      this.#slots[s] = high;
      this.#slots[s + 1] = low;
      this.#slots[s + 2] = n + 1;
    });
  }

  /** Number of the connection with this id, -1 when it is not among them. */
  find(high: number, low: number): number {
    const slots = this.#slots, mask = this.#mask;
    for (let s = (low << 2) & mask;; s = (s + 4) & mask) {
      const number = slots[s + 2]!;
      if (number === 0 || slots[s] === high && slots[s + 1] === low) return number - 1;
    }
  }
}
