import type { ByteSource } from "./byte_source.ts";

/**
 * The stretch of a source that is in memory: one buffer that is read into and used again, with one long-lived DataView.
 *
 * Whatever was taken from it (`start` moved past it) is lost at the next `fill`.
 */
export class ByteWindow {
  bytes: Uint8Array;
  view: DataView;
  /** First byte not yet taken. */
  start = 0;
  /** End of the bytes that are there. */
  end = 0;
  /** Position in the source of `bytes[0]`. */
  base = 0;
  /** The bytes are the caller's: never written to, never more of them. */
  #adopted = false;

  constructor(readonly size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Bytes there and not taken. */
  get available(): number {
    return this.end - this.start;
  }

  /** Position in the source of the first byte not yet taken. */
  get position(): number {
    return this.base + this.start;
  }

  /** Forgets everything, for another source. */
  reset(): void {
    if (this.#adopted || this.bytes.length !== this.size) this.#use(new Uint8Array(this.size));
    this.#adopted = false;
    this.start = this.end = this.base = 0;
  }

  /** Looks at these bytes in place; there is nothing more to fill. */
  adopt(bytes: Uint8Array): void {
    this.#use(bytes);
    this.#adopted = true;
    this.start = this.base = 0;
    this.end = bytes.length;
  }

  /** A copy of what is there, which is thereby taken. */
  take(): Uint8Array {
    const rest = this.bytes.slice(this.start, this.end);
    this.start = this.end;
    return rest;
  }

  /** Moves the tail to the front, makes room for `need` bytes in all and reads once; gives the bytes read, 0 at the end. */
  fill(source: ByteSource, need: number): number | Promise<number> {
    if (this.#adopted) return 0;
    if (this.start > 0) {
      this.bytes.copyWithin(0, this.start, this.end);
      this.base += this.start;
      this.end -= this.start;
      this.start = 0;
    }
    if (need > this.bytes.length || this.end === this.bytes.length) {
      const grown = new Uint8Array(Math.max(need, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, this.end));
      this.#use(grown);
    }
    const n = source.read(this.bytes, this.end);
    if (typeof n === "number") {
      this.end += n;
      return n;
    }
    return n.then((got) => {
      this.end += got;
      return got;
    });
  }

  #use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
