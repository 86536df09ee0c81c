import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import { Key } from "./key.ts";
import { KeyTable } from "./table.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
const { FLAG_MAR, FLAGS, WORDS } = R;

/** What {@linkcode Key.parse} takes, as data that travels between threads. */
export interface KeySpec {
  readonly by: readonly string[] | undefined;
  readonly exact: boolean;
}

/** Records looked up together: the processor waits for many places in memory at a time. */
const GROUP = 64;

/**
 * Numbers the aggregation keys of records: equal keys get equal numbers, from 0 in order of appearance. So a reading thread can look
 * keys up while another merges.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as R from "../record/mod.ts";
 * import { KeyNumbers } from "./key_numbers.ts";
 *
 * const batch = new R.RecordBatch(3);
 * for (const port of [53, 443, 53]) {
 *   const row = batch.addBlank();
 *   batch.words.set([R.KEY_IPV4, 1, 0, 0, 0, 2, 0, 0, 0, 17, 1000, port], row * R.WORDS);
 * }
 * const numbers = new Int32Array(3);
 * new KeyNumbers({ by: undefined, exact: false }).number(batch, numbers);
 * assertEquals([...numbers], [0, 1, 0]);
 * ```
 */
export class KeyNumbers {
  readonly #key: Key;
  readonly #table: KeyTable;
  readonly #keys: Int32Array;
  readonly #rows = new Int32Array(GROUP);
  readonly #hashes = new Int32Array(GROUP);
  readonly #entries = new Int32Array(GROUP);
  /** Keeps the look-ahead from being optimized away. */
  #warm = 0;

  /**
   * Makes one that knows no key yet.
   *
   * @throws {Problem} when a key field is not understood.
   */
  constructor({ by, exact }: KeySpec) {
    this.#key = Key.parse(by, false, exact);
    this.#table = new KeyTable(this.#key.size);
    this.#keys = new Int32Array(this.#key.size * GROUP);
  }

  /** Number of different keys seen. */
  get length(): number {
    return this.#warm === Infinity ? 0 : this.#table.length;
  }

  /** Writes the number of each row's key (as read) into `out`; management records get -1. */
  number(batch: RecordBatch, out: Int32Array): void {
    const words = batch.words, rows = this.#rows, key = this.#key, size = key.size;
    const keys = this.#keys, hashes = this.#hashes, table = this.#table;
    for (let row = 0; row < batch.length;) {
      let n = 0;
      for (; n < GROUP && row < batch.length; row++) {
        out[row] = -1;
        if (words[row * WORDS + FLAGS]! & FLAG_MAR) continue;
        hashes[n] = key.read(batch, row, keys, n * size);
        rows[n++] = row;
      }
      this.#warm = table.peek(hashes, n, this.#entries);
      for (let i = 0; i < n; i++) {
        let number = table.find(keys, hashes[i]!, i * size);
        if (number < 0) table.insert(number = table.length, keys, hashes[i]!, i * size);
        out[rows[i]!] = number;
      }
    }
  }
}
