import { setImmediate } from "node:timers";
import { parseDuration, Problem } from "../base/mod.ts";
import { CONNECTION_KEY_WORDS, connectionKey } from "../cluster/mod.ts";
import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { CacheOptions, CacheProgress } from "./cache.ts";
import { type CacheModel, modelsOf } from "./cache_models.ts";
import { KnownKeys } from "./known_keys.ts";
import { openStore } from "./open.ts";
import { persist } from "./retry.ts";
import { RowMaker } from "./row_maker.ts";
import { fieldColumnsOf, fieldsOf } from "./schema.ts";
import type { CaptureMark, FlowStore } from "./store.ts";
import { isTransient } from "./transient.ts";
import { parseStoreUrl } from "./url.ts";
import { Window } from "./window.ts";

/** Rows that wait before a transaction is made, whatever their records. */
const MOST_HELD = 262_144;
/** Records taken at once. */
const SLICE = 4096;

/** Rows of a slice. */
class RowList {
  readonly rows = new Int32Array(SLICE);
  count = 0;

  add(row: number): void {
    this.rows[this.count++] = row;
  }
}

/**
 * One run of `cacheFlows`: what waits for its transaction, and where each shard stands. While a transaction is under way records are
 * taken for the next.
 */
export class CacheRun {
  readonly #url;
  readonly #text: string;
  readonly #options: CacheOptions;
  readonly #models: readonly CacheModel[];
  readonly #capture: CaptureMark;
  readonly #most: number;
  readonly #every: number;
  readonly #patience: number;
  readonly #key = new Int32Array(CONNECTION_KEY_WORDS);
  /** Rows of a batch by shard and model. */
  readonly #lists: readonly (readonly RowList[])[];
  #store: FlowStore | undefined;
  #columns: RowMaker | undefined;
  /** Windows by shard and model. */
  #windows: Window[][] = [];
  /** Records of each shard's position in the table. */
  #done: number[] = [];
  /** What each shard holds as long as nobody else writes to it: as many transactions were made as this run left. */
  #known: ({ readonly keys: KnownKeys; readonly made: number } | undefined)[] = [];
  /** The transactions under way, and whether there are any. */
  #writing: Promise<void> | undefined;
  #busy = false;
  #read = 0;
  /** Of these, the ones that are in the table. */
  #taken = 0;
  #waiting = 0;
  #since = 0;
  #rows = 0;
  #skipped = 0;
  #commits = 0;
  #retries = 0;

  constructor(text: string, options: CacheOptions) {
    this.#text = text;
    this.#url = parseStoreUrl(text);
    this.#options = options;
    this.#models = modelsOf(options);
    // A run without a capture has a name of its own, so that a commit whose answer was lost is not made twice.
    this.#capture = options.capture ?? { digest: `run-${crypto.randomUUID()}` };
    this.#most = options.window ?? Infinity;
    if (!(this.#most >= 1)) {
      throw new Problem("bad-value", `Expected a window of at least one record but found ${this.#most}`);
    }
    this.#every = parseDuration(options.every ?? "5s", "time between commits") / 1000;
    this.#lists = Array.from({ length: this.#url.shards }, () => this.#models.map(() => new RowList()));
    this.#patience = parseDuration(options.patience ?? "60s", "patience") / 1000;
  }

  get progress(): CacheProgress {
    return {
      records: this.#taken,
      skipped: this.#skipped,
      rows: this.#rows,
      commits: this.#commits,
      retries: this.#retries,
    };
  }

  /** Reads how far the capture was taken in; true when all of it is in the table. */
  async start(): Promise<boolean> {
    const shards = this.#url.shards;
    let complete = 0;
    for (let shard = 0; shard < shards; shard++) {
      const position = await this.#persist((store) => store.position(shard, this.#capture));
      if (position && position.settings !== (this.#capture.settings ?? "")) {
        throw new Problem(
          "bad-value",
          "Expected the settings with which this capture was taken in before: with others its packets would be counted twice",
          { source: `${this.#url.name}, capture ${this.#capture.name ?? this.#capture.digest}` },
        );
      }
      this.#done.push(position?.records ?? 0);
      if (position?.complete) complete++;
    }
    this.#clear();
    if (complete < shards) return false;
    this.#skipped = this.#read = this.#taken = Math.max(...this.#done);
    return true;
  }

  /** Takes the records of a batch; a transaction is begun when enough wait or have waited long enough. */
  async take(batch: RecordBatch): Promise<void> {
    for (let from = 0; from < batch.length;) {
      const to = Math.min(batch.length, from + this.#most - this.#waiting, from + SLICE);
      this.#add(batch, from, to);
      from = to;
      if (this.#waiting >= this.#most || this.#held() >= MOST_HELD) await this.#commit(false);
      // Rows are made for the store between slices: it must not run out of them.
      if (this.#busy) await new Promise<void>((resolve) => void setImmediate(resolve));
    }
    const late = this.#waiting > 0 && performance.now() - this.#since >= this.#every;
    if (late && !this.#busy) await this.#commit(false);
  }

  async finish(): Promise<CacheProgress> {
    await this.#commit(true);
    await this.#writing;
    if (this.#options.capture === undefined) {
      await this.#persist(async (store) => {
        for (let shard = 0; shard < this.#url.shards; shard++) await store.forget(shard, this.#capture);
      });
    }
    return this.progress;
  }

  async close(): Promise<void> {
    await this.#writing?.catch(() => {});
    await this.#store?.close();
    this.#store = undefined;
  }

  #add(batch: RecordBatch, from: number, to: number): void {
    const { words } = batch, shards = this.#url.shards;
    for (let row = from; row < to; row++) {
      const w = row * R.WORDS, ordinal = ++this.#read;
      const shard = shards === 1 ? 0 : (connectionKey(words, w, this.#key) >>> 0) % shards;
      if (ordinal <= this.#done[shard]!) {
        this.#skipped++;
        continue;
      }
      if (this.#waiting++ === 0) this.#since = performance.now();
      if (words[w + R.FLAGS]! & R.FLAG_MAR) continue;
      for (let m = 0; m < this.#models.length; m++) {
        const model = this.#models[m]!;
        if (model.accepts && !model.accepts(batch, row)) continue;
        if (model.grep && !model.grep.test(batch.more?.get(row)?.label ?? "")) continue;
        this.#lists[shard]![m]!.add(row);
        if (!model.cont) break;
      }
    }
    for (let shard = 0; shard < shards; shard++) {
      for (let m = 0; m < this.#models.length; m++) {
        const list = this.#lists[shard]![m]!;
        if (list.count > 0) this.#windows[shard]![m]!.add(batch, list.rows, list.count);
        list.count = 0;
      }
    }
  }

  /** Rows that wait in all windows. */
  #held(): number {
    let held = 0;
    for (const windows of this.#windows) for (const window of windows) held += window.size;
    return held;
  }

  #clear(): void {
    this.#waiting = 0;
    this.#windows = Array.from(
      { length: this.#url.shards },
      (_, shard) => this.#models.map((model) => new Window(shard, model.rules)),
    );
  }

  /** Begins transactions with what waits, behind those under way. */
  async #commit(complete: boolean): Promise<void> {
    await this.#writing;
    this.#busy = true;
    this.#writing = this.#write(this.#windows, this.#read, complete).finally(() => this.#busy = false);
    // Whoever waits for it next is told why it failed.
    this.#writing.catch(() => {});
    this.#clear();
  }

  /** Writes the windows of all shards; `end` is the number of records up to their end. */
  async #write(windows: readonly (readonly Window[])[], end: number, complete: boolean): Promise<void> {
    const shards = this.#url.shards;
    // Meters that begin at different shards do not wait for each other.
    const first = Math.floor(Math.random() * shards);
    for (let i = 0; i < shards; i++) {
      const shard = (first + i) % shards, own = windows[shard]!;
      if (!complete && own.every((w) => w.size === 0)) continue;
      await this.#persist((store) => this.#writeShard(store, shard, own, end, complete));
    }
    this.#taken = end;
    this.#options.onCommit?.(this.progress);
  }

  async #writeShard(
    store: FlowStore,
    shard: number,
    windows: readonly Window[],
    read: number,
    complete: boolean,
  ): Promise<void> {
    const end = Math.max(read, this.#done[shard]!);
    const made = await store.begin(shard);
    const there = (await store.position(shard, this.#capture))?.records ?? 0;
    if (there !== this.#done[shard]) {
      await store.rollback();
      if (there === end) {
        this.#done[shard] = end;
        return;
      }
      throw new Problem(
        "store",
        `Expected to be the only one who takes in this capture but its position moved from ${
          this.#done[shard]
        } to ${there}`,
        { source: `${this.#url.name}, capture ${this.#capture.name ?? this.#capture.digest}` },
      );
    }
    let rows = 0, known = this.#known[shard]?.made === made ? this.#known[shard]!.keys : undefined;
    this.#known[shard] = undefined;
    if (made === 0 && await store.isEmpty(shard)) known = new KnownKeys();
    for (const window of windows) {
      if (window.size === 0) continue;
      const waiting = window.keys(store.url.dialect !== "duckdb");
      // What nobody has put into the table is not looked for.
      const merged = waiting.merge(await store.lookup(shard, waiting.ask(known)), this.#columns!);
      if (known) waiting.addTo(known);
      const count = () => rows++;
      await store.insert(counted(merged.fresh, count));
      await store.upsert(counted(merged.rows, count));
      if (merged.gone.length > 0) await store.removeParts(merged.gone);
    }
    await store.setPosition(shard, this.#capture, end, complete);
    await store.commit();
    if (known) this.#known[shard] = { keys: known, made: made + 1 };
    this.#done[shard] = end;
    this.#rows += rows;
    this.#commits++;
  }

  /** Runs a step against the store; after an error that may pass it is opened anew and the step is made again. */
  #persist<T>(step: (store: FlowStore) => Promise<T>): Promise<T> {
    return persist(
      this.#url.name,
      {
        limit: this.#patience,
        onRetry: (error, pause) => {
          this.#retries++;
          this.#options.onRetry?.(error, pause);
        },
      },
      (error) => isTransient(this.#url.dialect, error),
      async () => {
        const store = this.#store ??= await this.#open();
        try {
          return await step(store);
        } catch (error) {
          // A connection that failed is not used again: what it still holds is given back by closing it.
          this.#store = undefined;
          await store.rollback().catch(() => {});
          await store.close().catch(() => {});
          throw error;
        }
      },
    );
  }

  async #open(): Promise<FlowStore> {
    const store = await openStore(this.#text, { fields: this.#options.fields });
    this.#columns = new RowMaker(fieldsOf(fieldColumnsOf(store.shape.columns.map((c) => c.name))));
    return store;
  }
}

function* counted<T>(rows: Iterable<T>, count: () => void): Generator<T> {
  for (const row of rows) {
    count();
    yield row;
  }
}
