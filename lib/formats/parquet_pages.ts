import type { ColumnValues } from "./columnar.ts";

/** Parquet encodings. */
export const PLAIN = 0, RLE = 3, RLE_DICTIONARY = 8;

const ENCODER = new TextEncoder();

/** The body of a data page: definition levels, then the values that are there. */
export function dataPage(column: ColumnValues): Uint8Array {
  const levels = definitionLevels(column);
  const values = column.type === "utf8" ? dictionaryIndexes(column) : plainNumbers(column);
  const page = new Uint8Array(4 + levels.length + values.length);
  new DataView(page.buffer).setUint32(0, levels.length, true);
  page.set(levels, 4);
  page.set(values, 4 + levels.length);
  return page;
}

/** The body of the dictionary page of a text column: each text with its length before it. */
export function dictionaryPage(column: ColumnValues): Uint8Array {
  let most = 0;
  for (const word of column.words) most += 4 + 3 * word.length;
  const page = new Uint8Array(most), view = new DataView(page.buffer);
  let at = 0;
  for (const word of column.words) {
    const length = putText(page, at + 4, word);
    view.setUint32(at, length, true);
    at += 4 + length;
  }
  return page.subarray(0, at);
}

/**
 * Writes a text as UTF-8 and gives its length; nearly all texts are short ASCII, for which the encoder is
 * slow.
 */
export function putText(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 127) return ENCODER.encodeInto(text, bytes.subarray(at)).written;
    bytes[at + i] = c;
  }
  return text.length;
}

/** One bit per value, in the hybrid of runs and packed bits: a single run where nothing is null. */
function definitionLevels(column: ColumnValues): Uint8Array {
  const { length, nulls, valid } = column;
  if (nulls === 0 || nulls === length) return Uint8Array.from([...varint(length * 2), nulls === 0 ? 1 : 0]);
  return packed(length, 1, (i) => valid[i]!);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  while (value >= 128) {
    bytes.push((value % 128) | 128);
    value = Math.floor(value / 128);
  }
  bytes.push(value);
  return bytes;
}

/** Values of `width` bits, lowest bit first, in whole groups of eight. */
function packed(length: number, width: number, get: (i: number) => number): Uint8Array {
  const groups = (length + 7) >>> 3;
  const head = varint(groups * 2 + 1);
  const bytes = new Uint8Array(head.length + groups * width);
  bytes.set(head);
  let at = head.length, have = 0, bits = 0;
  for (let i = 0; i < length; i++) {
    // At most 7 bits are left over, and a dictionary position has at most 24.
    bits |= get(i) << have;
    have += width;
    while (have >= 8) {
      bytes[at++] = bits & 255;
      bits >>>= 8;
      have -= 8;
    }
  }
  if (have > 0) bytes[at] = bits & 255;
  return bytes;
}

function dictionaryIndexes(column: ColumnValues): Uint8Array {
  const { length, nulls, data, valid } = column;
  const width = Math.max(1, 32 - Math.clz32(Math.max(1, column.words.length - 1)));
  let values: { readonly [i: number]: number } = data, count = length;
  if (nulls > 0) {
    const present = new Int32Array(length - nulls);
    count = 0;
    for (let i = 0; i < length; i++) if (valid[i] === 1) present[count++] = data[i]!;
    values = present;
  }
  const body = packed(count, width, (i) => values[i]!);
  const all = new Uint8Array(1 + body.length);
  all[0] = width;
  all.set(body, 1);
  return all;
}

/** Numbers that are there, little endian; small unsigned ones widened to the 32 bits Parquet has for them. */
function plainNumbers(column: ColumnValues): Uint8Array {
  const { length, nulls, valid } = column;
  const per = column.type === "timestamp[us]" || column.type === "int64" || column.type === "uint64" ? 2 : 1;
  let data = column.data;
  if (data instanceof Uint8Array || data instanceof Uint16Array) {
    data = Uint32Array.from(data.subarray(0, length));
  }
  if (nulls === 0) return new Uint8Array(data.buffer, data.byteOffset, length * per * data.BYTES_PER_ELEMENT);
  const present = data.slice(0, (length - nulls) * per);
  for (let i = 0, n = 0; i < length; i++) {
    if (valid[i] !== 1) continue;
    for (let k = 0; k < per; k++) present[n++] = data[i * per + k]!;
  }
  return new Uint8Array(present.buffer, present.byteOffset, present.byteLength);
}
