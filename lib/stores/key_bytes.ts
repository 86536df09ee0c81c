import type { ByteWriter } from "./byte_writer.ts";

/** Words that are zero in all keys but those with long addresses. */
const LONG_WORDS = [6, 7, 8, 10, 11, 12];
const SHORT_WORDS = [0, 1, 2, 3, 4, 5, 9];
const ALL_WORDS = Array.from({ length: 13 }, (_, i) => i);

/** The key that begins at `at` as the table has it: number of the model, then the words of the connection key without those that are always zero. */
export function keyBytes(out: ByteWriter, key: Int32Array, model: number, at = 0): Uint8Array {
  const words = LONG_WORDS.some((i) => key[at + i] !== 0) ? ALL_WORDS : SHORT_WORDS;
  out.reserve(1 + 4 * words.length);
  out.u8(model);
  for (const i of words) out.i32(key[at + i]!);
  return out.piece();
}

/** Reads the connection key out of the table's key. */
export function readKeyBytes(bytes: Uint8Array, key: Int32Array): void {
  const words = bytes.length === 1 + 4 * SHORT_WORDS.length ? SHORT_WORDS : ALL_WORDS;
  key.fill(0);
  let at = 1;
  for (const i of words) {
    key[i] = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
    at += 4;
  }
}
