const HEX = new Uint8Array([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]);
const ENCODER = new TextEncoder();

/**
 * A growing byte buffer that printed records are written into.
 *
 * `bytes` and `at` are open because the record printers write straight into them; whoever does so calls {@linkcode room} first.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Sink } from "./sink.ts";
 *
 * const sink = new Sink();
 * sink.integer(42);
 * sink.ascii(" packets");
 * assertEquals(sink.text(), "42 packets");
 * ```
 */
export class Sink {
  /** The buffer; valid up to `at`. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Where the next byte goes. */
  at = 0;

  /** Makes an empty sink with room for so many bytes. */
  constructor(capacity = 1 << 16) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes sure that `n` more bytes fit. */
  room(n: number): void {
    if (this.at + n <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + n));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }

  /** One byte. */
  byte(value: number): void {
    this.room(1);
    this.bytes[this.at++] = value;
  }

  /** `n` times the same byte. */
  fill(value: number, n: number): void {
    if (n <= 0) return;
    this.room(n);
    this.bytes.fill(value, this.at, this.at + n);
    this.at += n;
  }

  /** Text whose characters are all below 128. */
  ascii(text: string): void {
    const n = text.length;
    this.room(n);
    const bytes = this.bytes, at = this.at;
    for (let i = 0; i < n; i++) bytes[at + i] = text.charCodeAt(i);
    this.at = at + n;
  }

  /** Any text, as UTF-8. */
  utf8(text: string): void {
    this.room(text.length * 3);
    this.at += ENCODER.encodeInto(text, this.bytes.subarray(this.at)).written;
  }

  /** A copy of bytes. */
  raw(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** A whole number in decimal; |value| below 2^53 is exact. */
  integer(value: number): void {
    this.room(24);
    if (value < 0) {
      this.bytes[this.at++] = 45;
      value = -value;
    }
    if (value < 2147483648) {
      this.#small(value | 0);
    } else if (value < 9007199254740992) {
      const high = Math.floor(value / 1e9);
      if (high < 2147483648) this.#small(high);
      this.digits(value - high * 1e9, 9);
    } else this.ascii(BigInt(value).toString());
  }

  #small(value: number): void {
    const bytes = this.bytes;
    if (value < 10) {
      bytes[this.at++] = 48 + value;
      return;
    }
    let n = value < 100 ? 2 : value < 1000 ? 3 : value < 10000 ? 4 : value < 100000 ? 5 : 6;
    if (n === 6) { for (let w = (value / 1000000) | 0; w > 0; w = (w / 10) | 0) n++; }
    let i = this.at + n;
    this.at = i;
    do {
      const q = (value / 10) | 0;
      bytes[--i] = 48 + value - q * 10;
      value = q;
    } while (value > 0);
  }

  /** The lowest `n` decimal digits of a whole number below 2^31, zeros kept. */
  digits(value: number, n: number): void {
    this.room(n);
    const bytes = this.bytes;
    let v = value | 0;
    for (let i = this.at + n - 1; i >= this.at; i--) {
      const q = (v / 10) | 0;
      bytes[i] = 48 + v - q * 10;
      v = q;
    }
    this.at += n;
  }

  /** The lowest `n` hexadecimal digits of a 32-bit word, zeros kept. */
  hex(value: number, n: number): void {
    this.room(n);
    for (let shift = (n - 1) * 4; shift >= 0; shift -= 4) {
      this.bytes[this.at++] = HEX[(value >>> shift) & 15]!;
    }
  }

  /** A word as dotted IPv4 address. */
  ipv4(word: number): void {
    this.room(16);
    const bytes = this.bytes;
    let at = this.at;
    for (let shift = 24; shift >= 0; shift -= 8) {
      const v = (word >>> shift) & 255;
      if (v > 99) {
        const h = (v / 100) | 0, r = v - h * 100, t = (r / 10) | 0;
        bytes[at++] = 48 + h;
        bytes[at++] = 48 + t;
        bytes[at++] = 48 + r - t * 10;
      } else if (v > 9) {
        const t = (v / 10) | 0;
        bytes[at++] = 48 + t;
        bytes[at++] = 48 + v - t * 10;
      } else bytes[at++] = 48 + v;
      if (shift > 0) bytes[at++] = 46;
    }
    this.at = at;
  }

  /** What was written, decoded. */
  text(): string {
    return new TextDecoder().decode(this.bytes.subarray(0, this.at));
  }

  /** Forgets what was written; the memory stays. */
  clear(): void {
    this.at = 0;
  }
}
