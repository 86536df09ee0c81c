/** Sums of one setting of a study. */
export interface StudySums {
  /** Records. */
  records: number;
  /** Packets of the records. */
  packets: number;
  /** Bytes of the records. */
  bytes: number;
  /** Records whose direction is not known. */
  unknown: number;
  /** Longest record, microseconds. */
  longest: number;
}

const RECORDS = 0, PACKETS = 1, BYTES = 2, UNKNOWN = 3, LONGEST = 4;
const WIDTH = 5;

/** Sums over records of a set of settings, kept for each group of settings that had records in common. */
export class SharedSums {
  /** Settings of each group, as bits; 0 where there is none yet. */
  #groups = new Int32Array(16);
  #sums = new Float64Array(16 * WIDTH);
  #used = 0;
  #last = 0;

  /** Adds a record of the settings with these bits, of which there is one at least. */
  add(settings: number, packets: number, bytes: number, unknown: boolean, length: number): void {
    const at = this.#at(settings), sums = this.#sums;
    sums[at + RECORDS]!++;
    sums[at + PACKETS]! += packets;
    sums[at + BYTES]! += bytes;
    if (unknown) sums[at + UNKNOWN]!++;
    if (length > sums[at + LONGEST]!) sums[at + LONGEST] = length;
  }

  /** The sums of the setting with this bit. */
  of(bit: number): StudySums {
    const of = { records: 0, packets: 0, bytes: 0, unknown: 0, longest: 0 };
    this.#groups.forEach((settings, g) => {
      if (!(settings & 1 << bit)) return;
      const at = g * WIDTH, sums = this.#sums;
      of.records += sums[at + RECORDS]!;
      of.packets += sums[at + PACKETS]!;
      of.bytes += sums[at + BYTES]!;
      of.unknown += sums[at + UNKNOWN]!;
      of.longest = Math.max(of.longest, sums[at + LONGEST]!);
    });
    return of;
  }

  /** Where the sums of a group stand. */
  #at(settings: number): number {
    const groups = this.#groups;
    if (groups[this.#last] === settings) return this.#last * WIDTH;
    const mask = groups.length - 1;
    let g = (Math.imul(settings, 0x9e3779b1) >>> 15) & mask;
    while (groups[g] !== 0 && groups[g] !== settings) g = (g + 1) & mask;
    if (groups[g] === 0) {
      if (2 * ++this.#used > groups.length) {
        this.#grow();
        return this.#at(settings);
      }
      groups[g] = settings;
    }
    this.#last = g;
    return g * WIDTH;
  }

  #grow(): void {
    const groups = this.#groups, sums = this.#sums;
    this.#groups = new Int32Array(2 * groups.length);
    this.#sums = new Float64Array(2 * groups.length * WIDTH);
    this.#used = 0;
    groups.forEach((settings, g) => {
      if (settings === 0) return;
      const at = this.#at(settings);
      for (let j = 0; j < WIDTH; j++) this.#sums[at + j] = sums[g * WIDTH + j]!;
    });
  }
}
