/** Wire types of Thrift's compact protocol. */
const I32 = 5, I64 = 6, BINARY = 8, LIST = 9, STRUCT = 12;

const ENCODER = new TextEncoder();

/**
 * Writes Thrift's compact protocol, as far as Parquet needs it (thrift-compact-protocol.md of the Apache
 * Thrift project).
 *
 * @example A struct with field 1 = 5 and field 3 = "ab"
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ThriftWriter } from "./thrift.ts";
 *
 * const w = new ThriftWriter();
 * w.struct(() => {
 *   w.i32(1, 5);
 *   w.text(3, "ab");
 * });
 * assertEquals(w.bytes(), new Uint8Array([0x15, 10, 0x28, 2, 97, 98, 0]));
 * ```
 */
export class ThriftWriter {
  readonly #out: number[] = [];
  #last = 0;

  /** A struct: its fields in ascending order, written by `body`. */
  struct(body: () => void): void {
    const outer = this.#last;
    this.#last = 0;
    body();
    this.#out.push(0);
    this.#last = outer;
  }

  i32(id: number, value: number): void {
    this.#field(id, I32);
    this.#zigzag(value);
  }

  /** A whole number below 2^53. */
  i64(id: number, value: number): void {
    this.#field(id, I64);
    this.#zigzag(value);
  }

  text(id: number, value: string): void {
    this.#field(id, BINARY);
    this.#text(value);
  }

  /** A struct as field. */
  nested(id: number, body: () => void): void {
    this.#field(id, STRUCT);
    this.struct(body);
  }

  structs<T>(id: number, items: readonly T[], body: (item: T) => void): void {
    this.#list(id, items.length, STRUCT);
    for (const item of items) this.struct(() => body(item));
  }

  i32s(id: number, items: readonly number[]): void {
    this.#list(id, items.length, I32);
    for (const item of items) this.#zigzag(item);
  }

  texts(id: number, items: readonly string[]): void {
    this.#list(id, items.length, BINARY);
    for (const item of items) this.#text(item);
  }

  /** What was written. */
  bytes(): Uint8Array {
    return Uint8Array.from(this.#out);
  }

  #field(id: number, type: number): void {
    const delta = id - this.#last;
    if (delta > 0 && delta < 16) this.#out.push((delta << 4) | type);
    else {
      this.#out.push(type);
      this.#zigzag(id);
    }
    this.#last = id;
  }

  #list(id: number, length: number, type: number): void {
    this.#field(id, LIST);
    if (length < 15) this.#out.push((length << 4) | type);
    else {
      this.#out.push(0xf0 | type);
      this.#varint(length);
    }
  }

  #text(value: string): void {
    const bytes = ENCODER.encode(value);
    this.#varint(bytes.length);
    for (const byte of bytes) this.#out.push(byte);
  }

  #zigzag(value: number): void {
    this.#varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  #varint(value: number): void {
    while (value >= 128) {
      this.#out.push((value % 128) | 128);
      value = Math.floor(value / 128);
    }
    this.#out.push(value);
  }
}
