const MAGIC = 0xfd2fb528, SKIPPABLE = 0x184d2a50;

/** Whether these are the first four bytes of zstd data (a frame, or a frame to be skipped). */
export function isZstd(view: DataView, at: number): boolean {
  const magic = view.getUint32(at, true);
  return magic === MAGIC || ((magic & 0xfffffff0) >>> 0) === SKIPPABLE;
}

/**
 * Finds where zstd frames end (RFC 8878 section 3) without decompressing them: decompressors take one frame at a time, and say
 * nothing when the last one is cut.
 */
export class ZstdFrames {
  /** Header bytes collected so far. */
  readonly #head: number[] = [];
  /** Bytes to pass over before the next header. */
  #skip = 0;
  #state: "magic" | "skip-size" | "descriptor" | "block" | "bad" = "magic";
  #checksum = false;

  /** Nothing of a frame is open: the data may end here. */
  get whole(): boolean {
    return this.#state === "magic" && this.#head.length === 0 && this.#skip === 0;
  }

  /** What comes next is no zstd frame. */
  get bad(): boolean {
    return this.#state === "bad";
  }

  /** Goes through bytes until a frame ends; gives the position behind it, or `to` when it does not end here. */
  advance(bytes: Uint8Array, from: number, to: number): number {
    for (let p = from; p < to;) {
      if (this.#skip > 0) {
        const n = Math.min(this.#skip, to - p);
        this.#skip -= n;
        p += n;
      } else {
        this.#head.push(bytes[p++]!);
        this.#step();
      }
      if (this.#state === "bad") return to;
      if (this.whole) return p;
    }
    return to;
  }

  #number(length: number): number {
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + this.#head[i]!;
    return value;
  }

  #enter(state: "magic" | "skip-size" | "descriptor" | "block"): void {
    this.#state = state;
    this.#head.length = 0;
  }

  #step(): void {
    const length = this.#head.length;
    if (this.#state === "magic" && length === 4) {
      const magic = this.#number(4);
      if (magic === MAGIC) this.#enter("descriptor");
      else if (((magic & 0xfffffff0) >>> 0) === SKIPPABLE) this.#enter("skip-size");
      else this.#state = "bad";
    } else if (this.#state === "skip-size" && length === 4) {
      this.#skip = this.#number(4);
      this.#enter("magic");
    } else if (this.#state === "descriptor") {
      const flags = this.#head[0]!, single = (flags & 0x20) !== 0, size = flags >> 6;
      this.#checksum = (flags & 4) !== 0;
      this.#skip = (single ? 0 : 1) + [0, 1, 2, 4][flags & 3]! + (size === 0 ? (single ? 1 : 0) : 1 << size);
      this.#enter("block");
    } else if (this.#state === "block" && length === 3) {
      const block = this.#number(3), run = ((block >> 1) & 3) === 1;
      this.#skip = run ? 1 : block >> 3;
      const last = (block & 1) !== 0;
      if (last && this.#checksum) this.#skip += 4;
      this.#enter(last ? "magic" : "block");
    }
  }
}
