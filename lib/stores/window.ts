import {
  CONNECTION_KEY_WORDS as KEY_WORDS,
  connectionKey,
  Connections,
  hashConnectionKey,
  KeyTable,
} from "../cluster/mod.ts";
import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import { ByteWriter } from "./byte_writer.ts";
import { restoreChain, writeChain } from "./chain_codec.ts";
import type { SqlValue } from "./engine.ts";
import { keyBytes, readKeyBytes } from "./key_bytes.ts";
import type { KnownKeys } from "./known_keys.ts";
import { addLabel, RowMaker } from "./row_maker.ts";
import type { KeptKey } from "./store.ts";

/** Rows of a piece: pieces never move, so growing copies nothing. */
const PIECE = 4096;

/** More than any window has connections. */
const NUMBERS = 2 ** 22;

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
  /** Rows of keys that the table does not have; each is valid until the next is asked for. */
  readonly fresh: Iterable<readonly SqlValue[]>;
  /** All other rows, to be asked for behind these. */
  readonly rows: Iterable<readonly SqlValue[]>;
  /** Parts that a key had and has no longer; known when all rows were given. */
  readonly gone: readonly { readonly key: Uint8Array; readonly part: number }[];
}

/**
 * Records of one shard that wait for their transaction, put together as far as they surely belong together: memory follows the
 * connections, not the records. Nothing here changes when they are merged into what the table holds, so that a transaction which
 * failed can be tried again from what the table holds then.
 *
 * With a status limit the pieces of a connection depend on the order of its records, so these wait as they came.
 */
export class Window {
  readonly #rules: WindowRules;
  readonly #shard: number;
  readonly #connections: Connections;
  readonly #pieces: RecordBatch[] = [];

  constructor(shard: number, rules: WindowRules) {
    this.#shard = shard;
    this.#rules = rules;
    this.#connections = new Connections(rules);
  }

  /** Rows that wait: stretches of connections, or records. */
  get size(): number {
    return this.#rules.status > 0
      ? this.#pieces.reduce((sum, piece) => sum + piece.length, 0)
      : this.#connections.length;
  }

  /** Takes the listed records (as read). */
  add(batch: RecordBatch, rows: Int32Array, count: number): void {
    if (this.#rules.status === 0) return this.#connections.addRows(batch, rows, count);
    for (let i = 0; i < count; i++) {
      let piece = this.#pieces.at(-1);
      if (!piece || piece.length === PIECE) this.#pieces.push(piece = new RecordBatch(PIECE));
      piece.append(batch, rows[i]!);
    }
  }

  /**
   * The keys of what waits, for {@linkcode WindowKeys.merge} with what the table holds under them.
   *
   * @param sorted in about the order of the keys, for engines that have an index of them
   */
  keys(sorted = false): WindowKeys {
    return new WindowKeys(this.#shard, this.#rules, this.#connections, this.#pieces, sorted);
  }
}

/**
 * Where a key stands in about the order of the keys' bytes, in 31 bits: protocol and ports, which come first in it. Rows that come in
 * this order find the places of their neighbours in memory, and numbers sort many times as fast as keys.
 */
function placeOf(key: Int32Array, at: number): number {
  return ((key[at + 1]! & 255) << 16 | swapped(key[at + 3]!)) * 128 + (swapped(key[at + 4]!) >>> 9);
}

/** A port with its bytes in the order of the key. */
function swapped(port: number): number {
  return (port & 255) << 8 | port >>> 8 & 255;
}

/** The keys of a window, and what becomes of them. */
export class WindowKeys {
  readonly #shard: number;
  readonly #rules: WindowRules;
  readonly #connections: Connections;
  readonly #pieces: readonly RecordBatch[];
  /** The first stretch of each key's chain, where records do not wait as they came. */
  readonly #chains: readonly number[];
  /** Keys as the table has them, and a hash of each. */
  readonly #keys: Uint8Array[] = [];
  readonly #hashes: number[] = [];
  /** Numbers of the keys that may have more than one row. */
  readonly #table = new KeyTable(KEY_WORDS);
  readonly #key = new Int32Array(KEY_WORDS);
  readonly #keyBytes = new ByteWriter();

  /** Use {@linkcode Window.keys}. */
  constructor(
    shard: number,
    rules: WindowRules,
    connections: Connections,
    pieces: readonly RecordBatch[],
    sorted: boolean,
  ) {
    this.#shard = shard;
    this.#rules = rules;
    this.#connections = connections;
    this.#pieces = pieces;
    const chains = connections.chains(), count = chains.length;
    const places = new Float64Array(sorted ? count : 0), words = new Int32Array(KEY_WORDS * count);
    const hashes = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      const { batch, row } = connections.chainOf(chains[i]!)[0]!;
      hashes[i] = connectionKey(batch.words, row * R.WORDS, words, i * KEY_WORDS);
      if (sorted) places[i] = placeOf(words, i * KEY_WORDS) * NUMBERS + i;
    }
    const order = sorted ? Int32Array.from(places.sort(), (place) => place % NUMBERS) : undefined;
    this.#chains = order ? Array.from(order, (i) => chains[i]!) : chains;
    for (let n = 0; n < count; n++) {
      const i = order ? order[n]! : n;
      this.#addKey(words, i * KEY_WORDS, hashes[i]!);
    }
    for (const piece of pieces) {
      for (let row = 0; row < piece.length; row++) {
        const hash = connectionKey(piece.words, row * R.WORDS, this.#key);
        if (this.#table.find(this.#key, hash) >= 0) continue;
        this.#table.insert(this.#keys.length, this.#key, hash);
        this.#addKey(this.#key, 0, hash);
      }
    }
  }

  /** Keys that the table may have; all, unless it is known which it has. */
  ask(known: KnownKeys | undefined): Uint8Array[] {
    const asked: Uint8Array[] = [];
    for (let i = 0; i < this.#keys.length; i++) {
      if (known && !known.has(this.#hashes[i]!)) continue;
      const key = this.#keys[i]!;
      this.#indexOfBytes(key, i);
      asked.push(key);
    }
    return asked;
  }

  /** Notes that the table has the keys. */
  addTo(known: KnownKeys): void {
    for (const hash of this.#hashes) known.add(hash);
  }

  /** Merges the window into what the table holds under its keys. */
  merge(kept: readonly KeptKey[], columns: RowMaker): Merged {
    const gone: { key: Uint8Array; part: number }[] = [];
    const both = new Connections(this.#rules), before = new Int32Array(this.#keys.length);
    for (const { key, state, parts } of kept) {
      restoreChain(state, both);
      before[this.#indexOfBytes(key)] = parts;
    }
    return { fresh: this.#fresh(before, both, columns), rows: this.#rows(before, both, columns, gone), gone };
  }

  /** Rows of new keys with one stretch; everything else goes to what is kept. */
  *#fresh(before: Int32Array, both: Connections, columns: RowMaker): Generator<readonly SqlValue[]> {
    const rules = this.#rules, connections = this.#connections, writer = new ByteWriter();
    const out = new RecordBatch(1);
    for (let i = 0; i < this.#chains.length; i++) {
      const chain = connections.chainOf(this.#chains[i]!);
      if (before[i]! > 0 || chain.length > 1) {
        this.#indexOfBytes(this.#keys[i]!, i);
        for (const stretch of chain) both.merge(stretch);
        continue;
      }
      // Most chains are one stretch of a new key: nothing has to be decided about them.
      writeChain(writer, chain, rules);
      out.clear();
      connections.copy(chain[0]!, out);
      if (rules.label !== undefined) addLabel(out, 0, rules.label);
      yield columns.make(this.#shard, this.#keys[i]!, 1, 1, out, 0, writer.piece());
    }
    for (const piece of this.#pieces) for (let row = 0; row < piece.length; row++) both.add(piece, row);
  }

  *#rows(
    before: Int32Array,
    both: Connections,
    columns: RowMaker,
    gone: { key: Uint8Array; part: number }[],
  ): Generator<readonly SqlValue[]> {
    const rules = this.#rules, writer = new ByteWriter(), parts = new Int32Array(this.#keys.length);
    const states: (Uint8Array | undefined)[] = new Array(this.#keys.length);
    for (const first of both.chains()) {
      const chain = both.chainOf(first);
      writeChain(writer, chain, rules);
      states[this.#indexOf(chain[0]!.batch, chain[0]!.row)] = writer.piece();
    }
    const batches = [...both.drain()];
    const index = batches.map((batch) =>
      Int32Array.from({ length: batch.length }, (_, row) => this.#indexOf(batch, row))
    );
    for (const all of index) for (const i of all) parts[i]!++;
    const part = new Int32Array(this.#keys.length);
    for (const [b, batch] of batches.entries()) {
      for (let row = 0; row < batch.length; row++) {
        const i = index[b]![row]!, own = ++part[i]!;
        if (rules.label !== undefined) addLabel(batch, row, rules.label);
        const state = own === 1 ? states[i]! : null;
        yield columns.make(this.#shard, this.#keys[i]!, own, own === 1 ? parts[i]! : null, batch, row, state);
      }
    }
    for (let i = 0; i < parts.length; i++) {
      for (let part = parts[i]! + 1; part <= before[i]!; part++) gone.push({ key: this.#keys[i]!, part });
    }
  }

  #addKey(key: Int32Array, at: number, hash: number): void {
    this.#keys.push(keyBytes(this.#keyBytes, key, this.#rules.model, at));
    this.#hashes.push((hash + this.#rules.model) | 0);
  }

  #indexOf(batch: RecordBatch, row: number): number {
    return this.#table.find(this.#key, connectionKey(batch.words, row * R.WORDS, this.#key));
  }

  /** The number of a key, which is `number` when it is not in the table yet. */
  #indexOfBytes(bytes: Uint8Array, number = -1): number {
    readKeyBytes(bytes, this.#key);
    const hash = hashConnectionKey(this.#key), found = this.#table.find(this.#key, hash);
    if (found < 0 && number >= 0) this.#table.insert(number, this.#key, hash);
    return found < 0 ? number : found;
  }
}
