/** Bytes that grow as they are written, little endian. */
export class ByteWriter {
  /** Bytes written. */
  at = 0;
  bytes: Uint8Array = new Uint8Array(1 << 16);
  #view = new DataView(this.bytes.buffer);

  /** Makes room for `more` bytes behind the present ones. */
  reserve(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + more));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
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

  /** A copy of what stands from `from` on. */
  slice(from = 0): Uint8Array {
    return this.bytes.slice(from, this.at);
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
