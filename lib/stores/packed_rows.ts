import type { SqlValue } from "./engine.ts";

/** What a value is. */
const NOTHING = 0, NUMBER = 1, TEXT = 2, BYTES = 3;

/** Rows on their way between threads: a few large things to hand over instead of many small ones. */
export interface PackedRows {
  /** Values of one row. */
  readonly width: number;
  /** What each value is, row by row. */
  readonly kinds: Uint8Array<ArrayBuffer>;
  /** Each value that is a number, or how long the text or the bytes are. */
  readonly numbers: Float64Array<ArrayBuffer>;
  /** All texts, one behind the other. */
  readonly text: string;
  /** All bytes, one behind the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Packs rows of the same width.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RowPacker, unpackRows } from "./packed_rows.ts";
 *
 * const packer = new RowPacker(3), row = [1.5, "tcp", null];
 * packer.add(row);
 * assertEquals([...unpackRows(packer.take())], [row]);
 * ```
 */
export class RowPacker {
  readonly #width: number;
  #kinds = new Uint8Array(1024);
  #numbers = new Float64Array(1024);
  #bytes = new Uint8Array(4096);
  readonly #texts: string[] = [];
  #values = 0;
  #filled = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** Rows since the last {@linkcode take}. */
  get length(): number {
    return this.#values / this.#width;
  }

  /** Adds a row, which may be used again afterwards. */
  add(row: readonly SqlValue[]): void {
    const width = this.#width;
    if (this.#values + width > this.#kinds.length) this.#grow();
    const kinds = this.#kinds, numbers = this.#numbers;
    let at = this.#values;
    for (let i = 0; i < width; i++, at++) {
      const value = row[i]!;
      if (typeof value === "number") {
        kinds[at] = NUMBER;
        numbers[at] = value;
      } else if (typeof value === "string") {
        kinds[at] = TEXT;
        numbers[at] = value.length;
        this.#texts.push(value);
      } else if (value === null) kinds[at] = NOTHING;
      else {
        kinds[at] = BYTES;
        numbers[at] = value.length;
        this.#put(value);
      }
    }
    this.#values = at;
  }

  /** The rows added so far; the packer is empty then. */
  take(): PackedRows {
    const packed = {
      width: this.#width,
      kinds: this.#kinds.slice(0, this.#values),
      numbers: this.#numbers.slice(0, this.#values),
      text: this.#texts.join(""),
      bytes: this.#bytes.slice(0, this.#filled),
    };
    this.#texts.length = this.#values = this.#filled = 0;
    return packed;
  }

  #put(value: Uint8Array): void {
    const end = this.#filled + value.length;
    if (end > this.#bytes.length) {
      const next = new Uint8Array(2 * end);
      next.set(this.#bytes);
      this.#bytes = next;
    }
    this.#bytes.set(value, this.#filled);
    this.#filled = end;
  }

  #grow(): void {
    const size = 2 * Math.max(this.#width, this.#kinds.length);
    const kinds = new Uint8Array(size), numbers = new Float64Array(size);
    kinds.set(this.#kinds);
    numbers.set(this.#numbers);
    this.#kinds = kinds;
    this.#numbers = numbers;
  }
}

/** The rows that were packed; their bytes are views. */
export function* unpackRows(packed: PackedRows): Generator<SqlValue[]> {
  const { width, kinds, numbers, text, bytes } = packed;
  let read = 0, taken = 0;
  for (let at = 0; at < kinds.length;) {
    const row = new Array<SqlValue>(width);
    for (let i = 0; i < width; i++, at++) {
      const kind = kinds[at]!, n = numbers[at]!;
      if (kind === NUMBER) row[i] = n;
      else if (kind === TEXT) row[i] = text.substring(read, read += n);
      else if (kind === BYTES) row[i] = bytes.subarray(taken, taken += n);
      else row[i] = null;
    }
    yield row;
  }
}

/** Packs rows at once. */
export function packRows(rows: Iterable<readonly SqlValue[]>, width: number): PackedRows {
  const packer = new RowPacker(width);
  for (const row of rows) packer.add(row);
  return packer.take();
}

/** What may be handed over instead of copied. */
export function buffersOf(packed: PackedRows): ArrayBuffer[] {
  return [packed.kinds.buffer, packed.numbers.buffer, packed.bytes.buffer];
}
