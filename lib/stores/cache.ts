import { type Duration, parseDuration, Problem } from "../base/mod.ts";
import { type ClusterConf, CONNECTION_KEY_WORDS, connectionKey } from "../cluster/mod.ts";
import { compileRecordFilter, type RecordPredicate } from "../expression/mod.ts";
import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import { openStore } from "./open.ts";
import { persist } from "./retry.ts";
import { fieldColumnsOf, fieldsOf } from "./schema.ts";
import type { CaptureMark, FlowStore } from "./store.ts";
import { isTransient } from "./transient.ts";
import { parseStoreUrl } from "./url.ts";
import { RowMaker, Window, type WindowRules } from "./window.ts";

/** How records are put into a long-lived cache. */
export interface CacheOptions {
  /**
   * `"evidence"` (unless given): a row is a connection, and takes the direction of its strongest evidence. `"argus"`: as
   * `rasqlinsert -M cache`, one row for each key, the table as the real programs read and write it.
   */
  readonly correct?: "evidence" | "argus" | undefined;
  /** With `"argus"`: key fields; the 5-tuple and the source id unless given. */
  readonly by?: readonly string[] | undefined;
  /** With `"argus"`: `"forward"` asks the table for the key of a record only, as the real program does, not for the reversed one. */
  readonly ask?: "forward" | "both" | undefined;
  /** With `"argus"`: rows of the table are not read (plain `rasqlinsert`). */
  readonly blind?: boolean | undefined;
  /** A racluster.conf: which records are kept, with which timeouts and labels. */
  readonly conf?: ClusterConf | undefined;
  /** A silence this long begins a new connection. */
  readonly idle?: Duration | undefined;
  /** A connection that spans this long is kept in several rows. */
  readonly status?: Duration | undefined;
  /** Columns of a table that has to be made. */
  readonly fields?: readonly string[] | undefined;
  /** Which capture the records come from; without it a run that is killed and begun anew adds its records twice. */
  readonly capture?: CaptureMark | undefined;
  /** Records of one transaction, 262144 unless given (each waits in about 500 bytes). */
  readonly window?: number | undefined;
  /** A transaction is made after this time even when it has fewer records, 5 s unless given. */
  readonly every?: Duration | undefined;
  /** How long to try again when the store does not answer, 60 s unless given. */
  readonly patience?: Duration | undefined;
  /** Told after each transaction. */
  readonly onCommit?: ((progress: CacheProgress) => void) | undefined;
  /** Told before each new attempt. */
  readonly onRetry?: ((error: Error, pause: number) => void) | undefined;
}

/** Where a run stands. */
export interface CacheProgress {
  /** Records of the stream that are in the table now. */
  readonly records: number;
  /** Records that were in the table before this run. */
  readonly skipped: number;
  /** Rows written, those that replaced others included. */
  readonly rows: number;
  /** Transactions that were committed. */
  readonly commits: number;
  /** Transactions begun again after a deadlock or a busy database. */
  readonly retries: number;
}

const DEFAULT_WINDOW = 262_144;

interface Model {
  readonly accepts: RecordPredicate | undefined;
  readonly grep: RegExp | undefined;
  readonly cont: boolean;
  readonly rules: WindowRules;
}

/**
 * Merges a stream of records (as read) into a table of connections that outlives the run: the long-lived cache of
 * `rasqlinsert -M cache`, corrected by evidence.
 *
 * A row stands for one connection. What the table holds is merged with what comes, in transactions that also note how far the
 * capture was taken in: a run that is killed goes on where it stopped, and a capture that was taken in adds nothing. The result does
 * not depend on how records were divided into transactions, runs or meters.
 *
 * @throws {Problem} `bad-value` for a wrong option, `store` when the engine refuses, `network` when it does not answer in time.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as R from "../record/mod.ts";
 * import { cacheFlows } from "./cache.ts";
 *
 * async function* records() {
 *   const batch = new R.RecordBatch(1), row = batch.addBlank();
 *   batch.words.set([R.KEY_IPV4, 0x0a000001, 0, 0, 0, 0x0a000002, 0, 0, 0, 17, 1000, 53], row * R.WORDS);
 *   yield batch;
 * }
 * const { records: taken, rows } = await cacheFlows(records(), "sqlite::memory:");
 * assertEquals([taken, rows], [1, 1]);
 * ```
 */
export async function cacheFlows(
  batches: AsyncIterable<RecordBatch>,
  url: string,
  options: CacheOptions = {},
): Promise<CacheProgress> {
  if (options.correct === "argus") {
    return await (await import("./argus_run.ts")).cacheAsArgus(batches, url, options);
  }
  const run = new CacheRun(url, options);
  try {
    if (await run.start()) return run.progress;
    for await (const batch of batches) await run.take(batch);
    return await run.finish();
  } finally {
    await run.close();
  }
}

class CacheRun {
  readonly #url;
  readonly #text: string;
  readonly #options: CacheOptions;
  readonly #models: readonly Model[];
  readonly #capture: CaptureMark;
  readonly #most: number;
  readonly #every: number;
  readonly #patience: number;
  readonly #key = new Int32Array(CONNECTION_KEY_WORDS);
  #store: FlowStore | undefined;
  #columns: RowMaker | undefined;
  /** Windows by shard and model. */
  #windows: Window[][] = [];
  /** Records of each shard's position in the table. */
  #done: number[] = [];
  #read = 0;
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
    this.#most = options.window ?? DEFAULT_WINDOW;
    if (!(this.#most >= 1)) {
      throw new Problem("bad-value", `Expected a window of at least one record but found ${this.#most}`);
    }
    this.#every = parseDuration(options.every ?? "5s", "time between commits") / 1000;
    this.#patience = parseDuration(options.patience ?? "60s", "patience") / 1000;
  }

  get progress(): CacheProgress {
    return {
      records: this.#read - this.#waiting,
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
    this.#skipped = this.#read = Math.max(...this.#done);
    return true;
  }

  /** Takes the records of a batch; a transaction is made when the window is full or has waited long enough. */
  async take(batch: RecordBatch): Promise<void> {
    for (let row = 0; row < batch.length; row++) {
      this.#add(batch, row);
      if (this.#waiting >= this.#most) await this.#commit(false);
    }
    if (this.#waiting > 0 && performance.now() - this.#since >= this.#every) await this.#commit(false);
  }

  async finish(): Promise<CacheProgress> {
    await this.#commit(true);
    if (this.#options.capture === undefined) {
      await this.#persist(async (store) => {
        for (let shard = 0; shard < this.#url.shards; shard++) await store.forget(shard, this.#capture);
      });
    }
    return this.progress;
  }

  async close(): Promise<void> {
    await this.#store?.close();
    this.#store = undefined;
  }

  #add(batch: RecordBatch, row: number): void {
    const words = batch.words, w = row * R.WORDS;
    const ordinal = ++this.#read;
    const hash = connectionKey(words, w, this.#key);
    const shard = (hash >>> 0) % this.#url.shards;
    if (ordinal <= this.#done[shard]!) {
      this.#skipped++;
      return;
    }
    if (this.#waiting++ === 0) this.#since = performance.now();
    if (words[w + R.FLAGS]! & R.FLAG_MAR) return;
    for (let m = 0; m < this.#models.length; m++) {
      const model = this.#models[m]!;
      if (model.accepts && !model.accepts(batch, row)) continue;
      if (model.grep && !model.grep.test(batch.more?.get(row)?.label ?? "")) continue;
      this.#windows[shard]![m]!.add(batch, row, this.#key, hash);
      if (!model.cont) return;
    }
  }

  #clear(): void {
    this.#waiting = 0;
    this.#windows = Array.from(
      { length: this.#url.shards },
      (_, shard) => this.#models.map((model) => new Window(shard, model.rules)),
    );
  }

  async #commit(complete: boolean): Promise<void> {
    const shards = this.#url.shards;
    // Meters that begin at different shards do not wait for each other.
    const first = Math.floor(Math.random() * shards);
    for (let i = 0; i < shards; i++) {
      const shard = (first + i) % shards;
      if (!complete && this.#windows[shard]!.every((w) => w.keys.length === 0)) continue;
      await this.#persist((store) => this.#commitShard(store, shard, complete));
    }
    this.#clear();
    this.#options.onCommit?.(this.progress);
  }

  async #commitShard(store: FlowStore, shard: number, complete: boolean): Promise<void> {
    const end = Math.max(this.#read, this.#done[shard]!);
    await store.begin(shard);
    const there = (await store.position(shard, this.#capture))?.records ?? 0;
    if (there !== this.#done[shard]) {
      await store.rollback();
      if (there === end) return;
      throw new Problem(
        "store",
        `Expected to be the only one who takes in this capture but its position moved from ${
          this.#done[shard]
        } to ${there}`,
        { source: `${this.#url.name}, capture ${this.#capture.name ?? this.#capture.digest}` },
      );
    }
    let rows = 0;
    for (const window of this.#windows[shard]!) {
      if (window.keys.length === 0) continue;
      const merged = window.merge(await store.lookup(shard, window.keys), this.#columns!);
      await store.upsert(merged.rows);
      if (merged.gone.length > 0) await store.removeParts(merged.gone);
      rows += merged.rows.length;
    }
    await store.setPosition(shard, this.#capture, end, complete);
    await store.commit();
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

function modelsOf(options: CacheOptions): Model[] {
  const { conf } = options;
  const idle = options.idle ?? 0, status = options.status ?? 0;
  const rest = { accepts: undefined, grep: undefined, cont: false };
  if (!conf) return [{ ...rest, rules: { model: 0, idle: timer(idle), status: timer(status) } }];
  const models = conf.models.map((m, i): Model => {
    if (m.by.length > 0) {
      throw new Problem(
        "unsupported",
        'Expected no model= in a cache by evidence: rows are connections (correct: "argus" has models)',
        {
          line: m.line,
          found: m.by.join(" "),
        },
      );
    }
    return {
      accepts: m.filter.trim() === "" ? undefined : compileRecordFilter(m.filter),
      grep: m.grep,
      cont: m.cont,
      rules: { model: i + 1, idle: timer(m.idle || idle), status: timer(m.status || status), label: m.label },
    };
  });
  return [...models, { ...rest, rules: { model: 0, idle: timer(idle), status: timer(status) } }];
}

function timer(value: Duration): number {
  const us = parseDuration(value, "timeout");
  return us === Infinity ? 0 : us;
}
