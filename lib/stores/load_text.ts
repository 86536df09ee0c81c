import { Buffer } from "node:buffer";
import type { SqlValue } from "./engine.ts";

const TAB = 9, NEWLINE = 10, CR = 13, BACKSLASH = 0x5c, NUL = 0;
/** Bytes of a piece, and the most that one text or number takes before it is looked at more closely. */
const PIECE = 1 << 18, SHORT = 1 << 10;

/**
 * Rows as the server's LOAD DATA reads them by default: values between tabs, one row a line, `\N` for nothing; bytes that mean
 * something there are escaped, all others stand as they are.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LoadText } from "./load_text.ts";
 *
 * const pieces = [...new LoadText().pieces([[1.5, "a\tb", null, Uint8Array.of(10, 255)]])];
 * assertEquals([...pieces[0]!], [49, 46, 53, 9, 97, 92, 116, 98, 9, 92, 78, 9, 92, 110, 255, 10]);
 * ```
 */
export class LoadText {
  #bytes = Buffer.allocUnsafe(PIECE);
  #at = 0;

  /** The rows in pieces of about a quarter of a megabyte. */
  *pieces(rows: Iterable<readonly SqlValue[]>): Generator<Buffer> {
    for (const row of rows) {
      for (let i = 0; i < row.length; i++) {
        if (i > 0) this.#bytes[this.#at++] = TAB;
        this.#value(row[i]!);
      }
      this.#bytes[this.#at++] = NEWLINE;
      if (this.#at >= PIECE - (PIECE >> 3)) yield this.#piece();
    }
    if (this.#at > 0) yield this.#piece();
  }

  #piece(): Buffer {
    const piece = this.#bytes.subarray(0, this.#at);
    this.#bytes = Buffer.allocUnsafe(PIECE);
    this.#at = 0;
    return piece;
  }

  #value(value: SqlValue): void {
    if (value === null) {
      this.#reserve(4);
      this.#bytes[this.#at++] = BACKSLASH;
      this.#bytes[this.#at++] = 0x4e;
    } else if (typeof value === "number") {
      // A number that is no number has no place in a column.
      if (value !== value) return this.#value(null);
      this.#reserve(SHORT);
      if ((value | 0) === value && value >= 0 && value < 10) this.#bytes[this.#at++] = 48 + value;
      else this.#ascii(String(value));
    } else if (typeof value === "string") this.#text(value);
    else this.#escaped(value);
  }

  #ascii(text: string): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.#at = at;
  }

  #text(text: string): void {
    if (text.length < 64) {
      this.#reserve(SHORT);
      const bytes = this.#bytes, from = this.#at;
      let at = from, plain = true;
      for (let i = 0; i < text.length; i++) {
        const c = text.charCodeAt(i);
        if (c >= 0x80 || c < 0x20 || c === BACKSLASH) {
          plain = false;
          break;
        }
        bytes[at++] = c;
      }
      if (plain) {
        this.#at = at;
        return;
      }
    }
    this.#escaped(Buffer.from(text, "utf8"));
  }

  #escaped(value: Uint8Array): void {
    this.#reserve(2 * value.length + SHORT);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < value.length; i++) {
      const b = value[i]!;
      if (b > CR && b !== BACKSLASH) bytes[at++] = b;
      else if (b === TAB || b === NEWLINE || b === NUL || b === BACKSLASH || b === CR) {
        bytes[at++] = BACKSLASH;
        bytes[at++] = b === TAB ? 0x74 : b === NEWLINE ? 0x6e : b === NUL ? 0x30 : b === CR ? 0x72 : b;
      } else bytes[at++] = b;
    }
    this.#at = at;
  }

  #reserve(more: number): void {
    // One byte more: the separator behind the value needs no test of its own.
    if (this.#at + more + 2 <= this.#bytes.length) return;
    const next = Buffer.allocUnsafe(2 * (this.#at + more));
    next.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = next;
  }
}
