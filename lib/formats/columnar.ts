import { type ArrowType, type Field, RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import { AddressTable, NumberTable } from "./number_table.ts";

/** Values of one field for many records, ready to be written as a column. */
export interface ColumnValues {
  readonly field: Field;
  readonly type: ArrowType;
  /** Values in use. */
  length: number;
  /** How many of them are null. */
  nulls: number;
  /** 1 where there is a value. */
  readonly valid: Uint8Array;
  /** Numbers: bytes of 1, 2, 4 or 8 each, little endian; text: positions in `words`. */
  readonly data: Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;
  /** Distinct texts, in order of first use. */
  readonly words: string[];
}

type Fill = (batch: RecordBatch, from: number, to: number) => void;

/**
 * Collects records field by field into columns of at most `capacity` rows.
 *
 * 64-bit integers stand as two 32-bit halves in an `Int32Array` (no bigint per value); text is kept once per
 * distinct value.
 */
export class ColumnBuilder {
  readonly columns: readonly ColumnValues[];
  readonly #fills: readonly Fill[];
  #clears: (() => void)[] = [];
  length = 0;

  constructor(fields: readonly Field[], readonly capacity: number) {
    const columns: ColumnValues[] = [], fills: Fill[] = [];
    for (const field of fields) {
      const type = field.arrow === "binary" ? "utf8" : field.arrow;
      const column: ColumnValues = {
        field,
        type: field.number ? type : "utf8",
        length: 0,
        nulls: 0,
        valid: new Uint8Array(capacity),
        data: storage(field.number ? type : "utf8", capacity),
        words: [],
      };
      columns.push(column);
      fills.push(field.number ? numbers(column, field.number) : this.#texts(column, field));
    }
    this.columns = columns;
    this.#fills = fills;
  }

  /** Adds the rows from `from` to before `to`; there must be room. */
  add(batch: RecordBatch, from: number, to: number): void {
    for (const fill of this.#fills) fill(batch, from, to);
    this.length += to - from;
  }

  /** Empties the columns. */
  clear(): void {
    this.length = 0;
    for (const column of this.columns) {
      column.length = column.nulls = 0;
      column.words.length = 0;
    }
    for (const clear of this.#clears) clear();
  }

  #texts(column: ColumnValues, field: Field): Fill {
    const seen = new Map<string, number>();
    const short = new NumberTable(), long = new AddressTable();
    this.#clears.push(() => {
      seen.clear();
      short.clear();
      long.clear();
    });
    const get = field.text!, data = column.data, { valid, words } = column;
    const offset = SHORT_CUTS[field.name] ?? -1;
    const port = offset === R.SPORT || offset === R.DPORT;
    const address = offset === R.SADDR || offset === R.DADDR;
    return (batch, from, to) => {
      let n = column.length;
      for (let row = from; row < to; row++, n++) {
        const w = row * R.WORDS;
        if (address && batch.words[w + R.KEY_TYPE] === R.KEY_IPV6) {
          let at = long.get(batch.words, w + offset);
          if (at < 0) {
            long.set(batch.words, w + offset, at = words.length);
            words.push(get(batch, row));
          }
          valid[n] = 1;
          data[n] = at;
          continue;
        }
        if (offset >= 0 && (port ? hasPorts(batch.words, w) : batch.words[w + R.KEY_TYPE] === R.KEY_IPV4)) {
          const word = batch.words[w + offset]!;
          // Names of ports differ between TCP and UDP.
          const key = port ? (word << 8) | batch.words[w + R.PROTO]! : word;
          let at = short.get(key);
          if (at < 0) {
            short.set(key, at = words.length);
            words.push(get(batch, row));
          }
          valid[n] = 1;
          data[n] = at;
          continue;
        }
        const text = get(batch, row);
        if (text === "") {
          valid[n] = 0;
          data[n] = 0;
          column.nulls++;
          continue;
        }
        let at = seen.get(text);
        if (at === undefined) {
          seen.set(text, at = words.length);
          words.push(text);
        }
        valid[n] = 1;
        data[n] = at;
      }
      column.length = n;
    };
  }
}

/**
 * Text columns whose text a number tells: found by that number, not by their text. (A dictionary may hold a
 * text twice.)
 */
const SHORT_CUTS: Readonly<Record<string, number>> = {
  saddr: R.SADDR,
  daddr: R.DADDR,
  sport: R.SPORT,
  dport: R.DPORT,
};

function hasPorts(words: Int32Array, w: number): boolean {
  const type = words[w + R.KEY_TYPE], proto = words[w + R.PROTO];
  return (proto === 6 || proto === 17) && (type === R.KEY_IPV4 || type === R.KEY_IPV6) &&
    (words[w + R.FLAGS]! & R.FLAG_FRAGMENT) === 0;
}

function storage(type: ArrowType, capacity: number): ColumnValues["data"] {
  switch (type) {
    case "float64":
      return new Float64Array(capacity);
    case "timestamp[us]":
    case "int64":
    case "uint64":
      return new Int32Array(2 * capacity);
    case "uint32":
      return new Uint32Array(capacity);
    case "uint16":
      return new Uint16Array(capacity);
    case "uint8":
      return new Uint8Array(capacity);
    default:
      return new Int32Array(capacity);
  }
}

function numbers(column: ColumnValues, get: R.NumberGetter): Fill {
  const { valid, data } = column;
  const wide = column.type === "timestamp[us]" || column.type === "int64" || column.type === "uint64";
  return (batch, from, to) => {
    let n = column.length;
    for (let row = from; row < to; row++, n++) {
      const value = get(batch, row);
      if (value !== value) {
        valid[n] = 0;
        column.nulls++;
        if (wide) data[2 * n] = data[2 * n + 1] = 0;
        else data[n] = 0;
        continue;
      }
      valid[n] = 1;
      if (wide) {
        const high = Math.floor(value / 0x100000000);
        data[2 * n] = (value - high * 0x100000000) | 0;
        data[2 * n + 1] = high;
      } else data[n] = value;
    }
    column.length = n;
  };
}
