import {
  CONNECTION_KEY_WORDS,
  connectionKey,
  Connections,
  hashConnectionKey,
  KeyTable,
} from "../cluster/mod.ts";
import type { Field } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import { joinLabels, RecordBatch } from "../record/mod.ts";
import { ByteWriter } from "./byte_writer.ts";
import { restoreChain, writeChain } from "./chain_codec.ts";
import type { SqlValue } from "./engine.ts";
import { farOf } from "./far.ts";
import { type ColumnGetter, getterOf } from "./schema.ts";
import type { KeptKey } from "./store.ts";

/** Rows of a piece: pieces never move, so growing copies nothing. */
const PIECE = 4096;

/** The clusterer's settings for one line of a racluster.conf; microseconds, 0 for never. */
export interface WindowRules {
  /** Number of the line: connections of different lines are kept apart. */
  readonly model: number;
  readonly idle: number;
  readonly status: number;
  readonly label?: string | undefined;
}

/** What a window makes of its table. */
export interface Merged {
  readonly rows: SqlValue[][];
  /** Parts that a key had and has no longer. */
  readonly gone: { readonly key: Uint8Array; readonly part: number }[];
}

/**
 * Records of one shard that wait for their transaction. They are kept as they came until the transaction has succeeded, so that it
 * can be tried again from what the table holds then.
 */
export class Window {
  /** Keys of the records, as the table has them. */
  readonly keys: Uint8Array[] = [];
  readonly #rules: WindowRules;
  readonly #shard: number;
  readonly #pieces: RecordBatch[] = [];
  readonly #table = new KeyTable(CONNECTION_KEY_WORDS);
  readonly #key = new Int32Array(CONNECTION_KEY_WORDS);
  readonly #keyBytes = new ByteWriter();

  constructor(shard: number, rules: WindowRules) {
    this.#shard = shard;
    this.#rules = rules;
  }

  /** Takes a record (as read) whose connection key and hash are known. */
  add(batch: RecordBatch, row: number, key: Int32Array, hash: number): void {
    let piece = this.#pieces.at(-1);
    if (!piece || piece.length === PIECE) this.#pieces.push(piece = new RecordBatch(PIECE));
    piece.append(batch, row);
    if (this.#table.find(key, hash) >= 0) return;
    this.#table.insert(this.keys.length, key, hash);
    this.keys.push(keyBytes(this.#keyBytes, key, this.#rules.model));
  }

  /** Merges the records into what the table holds under their keys. */
  merge(kept: readonly KeptKey[], columns: RowMaker): Merged {
    const connections = new Connections(this.#rules);
    const parts = new Int32Array(this.keys.length), before = new Int32Array(this.keys.length);
    const states: (Uint8Array | undefined)[] = new Array(this.keys.length);
    for (const { key, state, parts: had } of kept) {
      restoreChain(state, connections);
      before[this.#indexOfBytes(key)] = had;
    }
    for (const piece of this.#pieces) {
      for (let row = 0; row < piece.length; row++) connections.add(piece, row);
    }
    const writer = new ByteWriter();
    for (const chain of connections.kept()) {
      writeChain(writer, chain, this.#rules);
      states[this.#indexOf(chain[0]!.batch, chain[0]!.row)] = writer.piece();
    }
    const rows: SqlValue[][] = [], first: (SqlValue[] | undefined)[] = new Array(this.keys.length);
    for (const batch of connections.drain()) {
      for (let row = 0; row < batch.length; row++) {
        const index = this.#indexOf(batch, row), part = ++parts[index]!;
        if (this.#rules.label !== undefined) addLabel(batch, row, this.#rules.label);
        const made = columns.make(
          this.#shard,
          this.keys[index]!,
          part,
          batch,
          row,
          part === 1 ? states[index]! : null,
        );
        if (part === 1) first[index] = made;
        rows.push(made);
      }
    }
    const gone: Merged["gone"] = [];
    for (let i = 0; i < this.keys.length; i++) {
      if (first[i]) first[i]![columns.partsColumn] = parts[i]!;
      for (let part = parts[i]! + 1; part <= before[i]!; part++) gone.push({ key: this.keys[i]!, part });
    }
    return { rows, gone };
  }

  #indexOf(batch: RecordBatch, row: number): number {
    return this.#table.find(this.#key, connectionKey(batch.words, row * R.WORDS, this.#key));
  }

  #indexOfBytes(bytes: Uint8Array): number {
    readKeyBytes(bytes, this.#key);
    return this.#table.find(this.#key, hashConnectionKey(this.#key));
  }
}

/** Words that are zero in all keys but those with long addresses. */
const LONG_WORDS = [6, 7, 8, 10, 11, 12];
const SHORT_WORDS = [0, 1, 2, 3, 4, 5, 9];
const ALL_WORDS = Array.from({ length: 13 }, (_, i) => i);

/** The key as the table has it: number of the model, then the words of the connection key without those that are always zero. */
export function keyBytes(out: ByteWriter, key: Int32Array, model: number): Uint8Array {
  const words = LONG_WORDS.some((i) => key[i] !== 0) ? ALL_WORDS : SHORT_WORDS;
  out.reserve(1 + 4 * words.length);
  out.u8(model);
  for (const i of words) out.i32(key[i]!);
  return out.piece();
}

/** Reads the connection key out of the table's key. */
function readKeyBytes(bytes: Uint8Array, key: Int32Array): void {
  const words = bytes.length === 1 + 4 * SHORT_WORDS.length ? SHORT_WORDS : ALL_WORDS;
  key.fill(0);
  let at = 1;
  for (const i of words) {
    key[i] = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
    at += 4;
  }
}

export function addLabel(batch: RecordBatch, row: number, label: string): void {
  const more = batch.moreOf(row);
  more.label = more.label === undefined ? label : joinLabels(more.label, label, false);
}

/** Makes table rows in the order of `cacheShape`. */
export class RowMaker {
  /** Index of the column `parts`. */
  readonly partsColumn = 3;
  readonly #getters: readonly ColumnGetter[];
  readonly #far = new ByteWriter();

  constructor(fields: readonly Field[]) {
    this.#getters = fields.map(getterOf);
  }

  make(
    shard: number,
    key: Uint8Array,
    part: number,
    batch: RecordBatch,
    row: number,
    state: Uint8Array | null,
  ): SqlValue[] {
    const values: SqlValue[] = [shard, key, part, null];
    for (const get of this.#getters) values.push(get(batch, row));
    values.push(farOf(this.#far, batch, row), state);
    return values;
  }
}
