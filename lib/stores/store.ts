import type { Field } from "../record/mod.ts";
import { quote, type SqlConnection, type SqlValue, type TableShape } from "./engine.ts";
import * as S from "./schema.ts";
import type { StoreUrl } from "./url.ts";

/** Which capture records came from, so that each is taken in exactly once. */
export interface CaptureMark {
  /** Digest of its bytes. */
  readonly digest: string;
  /** What to call it. */
  readonly name?: string | undefined;
  /** Which slice of it this meter sees (`3/16`), empty for all of it. */
  readonly slice?: string | undefined;
  /** Digest of the settings it was metered with. */
  readonly settings?: string | undefined;
}

/** How far a capture was taken in. */
export interface Position {
  /** Records of the capture that are in the table. */
  readonly records: number;
  /** Whether that is all of them. */
  readonly complete: boolean;
  /** Digest of the settings it was metered with. */
  readonly settings: string;
}

/** What the table keeps about one key. */
export interface KeptKey {
  readonly key: Uint8Array;
  /** Its chain, as `writeChain` wrote it. */
  readonly state: Uint8Array;
  /** Rows it has. */
  readonly parts: number;
}

/**
 * A table of flows under transactions: the contract that every engine keeps (`tests/stores/contract.ts`).
 *
 * Between {@linkcode begin} and {@linkcode commit} nobody else writes to the same shard, and rows and position become visible
 * together or not at all.
 */
export interface FlowStore {
  readonly url: StoreUrl;
  readonly engine: SqlConnection;
  readonly shape: TableShape;
  /** Begins a transaction on a shard and waits until no other writer is in it; gives how many were made on it before. */
  begin(shard: number): Promise<number>;
  /** Whether a shard holds no rows. */
  isEmpty(shard: number): Promise<boolean>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** What is kept under the keys; keys that are not in the table are left out. */
  lookup(shard: number, keys: readonly Uint8Array[]): Promise<KeptKey[]>;
  /** Inserts rows whose keys are surely not in the table; a row is done with when the next is asked for. */
  insert(rows: Iterable<readonly SqlValue[]>): Promise<void>;
  /** Inserts rows or puts them in the place of those with the same key and part; a row is done with when the next is asked for. */
  upsert(rows: Iterable<readonly SqlValue[]>): Promise<void>;
  /** Deletes the rows of keys that have fewer parts now. */
  removeParts(parts: readonly { readonly key: Uint8Array; readonly part: number }[]): Promise<void>;
  /** How far a capture was taken in on a shard, `undefined` when it is new. */
  position(shard: number, capture: CaptureMark): Promise<Position | undefined>;
  /** Notes how far a capture was taken in, in the same transaction as the rows. */
  setPosition(shard: number, capture: CaptureMark, records: number, complete: boolean): Promise<void>;
  /** Forgets how far a capture was taken in. */
  forget(shard: number, capture: CaptureMark): Promise<void>;
  close(): Promise<void>;
}

/** The contract over any engine. */
export class SqlStore implements FlowStore {
  readonly url: StoreUrl;
  readonly engine: SqlConnection;
  /** The table. */
  readonly shape: TableShape;

  /** Use `openStore`. */
  constructor(url: StoreUrl, engine: SqlConnection, fields: readonly Field[]) {
    this.url = url;
    this.engine = engine;
    this.shape = S.cacheShape(url.table, fields);
  }

  /** Makes both tables unless they are there. */
  async prepare(): Promise<void> {
    await this.engine.create(this.shape);
    await this.preparePositions();
  }

  /** Makes the table of positions and the rows that writers lock, unless they are there. */
  async preparePositions(): Promise<void> {
    await this.engine.create(S.POSITIONS);
    const { engine } = this;
    const there = new Set(
      (await engine.all(`SELECT shard FROM ${S.POSITIONS.name} WHERE flowtable = ? AND digest = ''`, [
        this.url.table,
      ])).map((r) => Number(r[0])),
    );
    for (let shard = 0; shard < this.url.shards; shard++) {
      if (there.has(shard)) continue;
      const row = `(shard, flowtable, digest, slice, records, complete) VALUES (?, ?, '', '', 0, 0)`;
      await engine.run(
        engine.dialect === "mysql"
          ? `INSERT IGNORE INTO ${S.POSITIONS.name} ${row}`
          : `INSERT INTO ${S.POSITIONS.name} ${row}${
            engine.dialect === "sqlite" ? " ON CONFLICT DO NOTHING" : ""
          }`,
        [shard, this.url.table],
      );
    }
  }

  async begin(shard: number): Promise<number> {
    const { engine } = this, own = "shard = ? AND flowtable = ? AND digest = '' AND slice = ''";
    await engine.begin();
    // The embedded engines have one writer; a server locks the row of the shard: one lock for each transaction, so no deadlocks.
    const [row] = await engine.all(
      `SELECT records FROM ${S.POSITIONS.name} WHERE ${own}${
        engine.dialect === "mysql" ? " FOR UPDATE" : ""
      }`,
      [shard, this.url.table],
    );
    await engine.run(`UPDATE ${S.POSITIONS.name} SET records = records + 1 WHERE ${own}`, [
      shard,
      this.url.table,
    ]);
    return Number(row?.[0] ?? NaN);
  }

  async isEmpty(shard: number): Promise<boolean> {
    const { engine } = this, sharded = this.url.shards > 1;
    const table = quote(engine.dialect, this.shape.name);
    const rows = await engine.all(
      `SELECT 1 FROM ${table}${sharded ? ` WHERE ${S.SHARD} = ?` : ""} LIMIT 1`,
      sharded ? [shard] : [],
    );
    return rows.length === 0;
  }

  commit(): Promise<void> {
    return this.engine.commit();
  }

  rollback(): Promise<void> {
    return this.engine.rollback();
  }

  async lookup(shard: number, keys: readonly Uint8Array[]): Promise<KeptKey[]> {
    // The shard is part of the condition so that a sharded table asks one server only.
    const sharded = this.url.shards > 1;
    const rows = await this.engine.lookup(
      this.shape,
      [S.KEY],
      keys.map((key) => [key]),
      [S.KEY, S.STATE, S.PARTS],
      { [S.PART]: 1, ...(sharded ? { [S.SHARD]: shard } : {}) },
    );
    return rows.map(([key, state, parts]) => ({
      key: key as Uint8Array,
      state: state as Uint8Array,
      parts: Number(parts),
    }));
  }

  insert(rows: Iterable<readonly SqlValue[]>): Promise<void> {
    return this.engine.put(this.shape, rows, true);
  }

  upsert(rows: Iterable<readonly SqlValue[]>): Promise<void> {
    return this.engine.put(this.shape, rows);
  }

  removeParts(parts: readonly { readonly key: Uint8Array; readonly part: number }[]): Promise<void> {
    return this.engine.remove(this.shape, [S.KEY, S.PART], parts.map((p) => [p.key, p.part]));
  }

  async position(shard: number, capture: CaptureMark): Promise<Position | undefined> {
    const [row] = await this.engine.lookup(
      S.POSITIONS,
      S.POSITIONS.key,
      [[shard, this.url.table, capture.digest, capture.slice ?? ""]],
      ["records", "complete", "settings"],
    );
    return row && { records: Number(row[0]), complete: Number(row[1]) === 1, settings: String(row[2] ?? "") };
  }

  setPosition(shard: number, capture: CaptureMark, records: number, complete: boolean): Promise<void> {
    return this.engine.put(S.POSITIONS, [[
      shard,
      this.url.table,
      capture.digest,
      capture.slice ?? "",
      (capture.name ?? "").slice(0, 255),
      capture.settings ?? "",
      records,
      complete ? 1 : 0,
    ]]);
  }

  forget(shard: number, capture: CaptureMark): Promise<void> {
    return this.engine.remove(S.POSITIONS, S.POSITIONS.key, [[
      shard,
      this.url.table,
      capture.digest,
      capture.slice ?? "",
    ]]);
  }

  close(): Promise<void> {
    return this.engine.close();
  }
}
