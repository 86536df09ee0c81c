/** Bytes of a slab: pieces are cut from slabs because thousands of small buffers of their own are slow to make and to collect. */
const SLAB = 1 << 20;

/** Writes little-endian pieces one after the other; {@linkcode piece} gives each of them. */
export class ByteWriter {
  /** Position within the slab. */
  at = 0;
  bytes: Uint8Array = new Uint8Array(SLAB);
  #view = new DataView(this.bytes.buffer);
  #from = 0;

  /** Makes room for `more` bytes behind the present ones. */
  reserve(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    const written = this.bytes.subarray(this.#from, this.at);
    const next = new Uint8Array(Math.max(SLAB, 2 * (written.length + more)));
    next.set(written);
    this.bytes = next;
    this.#view = new DataView(next.buffer);
    this.at = written.length;
    this.#from = 0;
  }

  /** The bytes written since the last piece; they stay as they are. */
  piece(): Uint8Array {
    const piece = this.bytes.subarray(this.#from, this.at);
    this.#from = this.at;
    return piece;
  }

  /** The slab as a view, valid until {@linkcode reserve}. */
  get view(): DataView {
    return this.#view;
  }

  u8(value: number): void {
    this.bytes[this.at++] = value;
  }

  u16(value: number): void {
    this.#view.setUint16(this.at, value, true);
    this.at += 2;
  }

  i32(value: number): void {
    this.#view.setInt32(this.at, value, true);
    this.at += 4;
  }

  /** A whole number of up to 53 bits or any other double. */
  f64(value: number): void {
    this.#view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }
}

/** Reads what a {@linkcode ByteWriter} wrote. */
export class ByteReader {
  at = 0;
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.at++);
  }

  u16(): number {
    this.at += 2;
    return this.#view.getUint16(this.at - 2, true);
  }

  i32(): number {
    this.at += 4;
    return this.#view.getInt32(this.at - 4, true);
  }

  f64(): number {
    this.at += 8;
    return this.#view.getFloat64(this.at - 8, true);
  }

  raw(length: number): Uint8Array {
    this.at += length;
    return this.bytes.slice(this.at - length, this.at);
  }
}
