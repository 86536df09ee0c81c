import { DSR_METRIC, DSR_NETWORK, DSR_TIME } from "./argus_layout.ts";
import { NET_TCP_INIT } from "../record/mod.ts";

/** Bytes of a record that are kept when its buffer goes; no undefined byte stands further behind. */
const IMAGE_BYTES = 512;
/** Records of the current buffer that are looked back on. */
const RECORDS = 64;
const TRANSPORT_BYTES = 12;

/**
 * Gives the bytes that the real argus does not write the values they have there (quirk `stale-window`). It puts every record together in
 * one static buffer, so what it leaves out still holds what an earlier, long enough record had at the same place: the window of a
 * short TCP section, which `ra` prints, and the padding behind packed counters.
 */
export class Leftovers {
  readonly #starts = new Int32Array(RECORDS);
  readonly #image = new Uint8Array(IMAGE_BYTES);
  #count = 0;

  /** Fills the undefined bytes of the record from `at` on, and remembers it. */
  fill(bytes: Uint8Array, at: number): void {
    let p = at + 4 + TRANSPORT_BYTES;
    p += 4 * bytes[p + 3]!;
    if (bytes[p] === DSR_TIME) p += 4 * bytes[p + 3]!;
    if (bytes[p] === DSR_METRIC) {
      const next = p + 4 * bytes[p + 3]!;
      for (let q = p + 4 + countBytes(bytes[p + 1]!, bytes[p + 2]!); q < next; q++) {
        bytes[q] = this.#left(bytes, q - at);
      }
      p = next;
    }
    if (bytes[p] === DSR_NETWORK && bytes[p + 1] === NET_TCP_INIT) {
      // Turned to network byte order like any other number.
      bytes[p + 16] = this.#left(bytes, p + 17 - at);
      bytes[p + 17] = this.#left(bytes, p + 16 - at);
    }
    this.remember(at);
  }

  /** Remembers a record that has no undefined bytes. */
  remember(at: number): void {
    this.#starts[this.#count++ % RECORDS] = at;
  }

  /** The buffer is about to be used again from its beginning. */
  keep(bytes: Uint8Array): void {
    let done = 0;
    const oldest = Math.max(0, this.#count - RECORDS);
    for (let i = this.#count - 1; i >= oldest && done < IMAGE_BYTES; i--) {
      const at = this.#starts[i % RECORDS]!, length = Math.min(IMAGE_BYTES, lengthAt(bytes, at));
      while (done < length) this.#image[done] = bytes[at + done++]!;
    }
    this.#count = 0;
  }

  #left(bytes: Uint8Array, offset: number): number {
    const oldest = Math.max(0, this.#count - RECORDS);
    for (let i = this.#count - 1; i >= oldest; i--) {
      const at = this.#starts[i % RECORDS]!;
      if (offset < lengthAt(bytes, at)) return bytes[at + offset]!;
    }
    return this.#image[offset] ?? 0;
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return 4 * ((bytes[at + 2]! << 8) | bytes[at + 3]!);
}

/** Bytes of the counters in a metric section (argus-format section 6). */
function countBytes(sub: number, qual: number): number {
  const sides = qual <= 4 ? 2 : 1, width = 1 << ((qual - 1) & 3);
  return sides * (sub & 4 ? 3 : 2) * width;
}
