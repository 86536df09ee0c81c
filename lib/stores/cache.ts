import type { Duration } from "../base/mod.ts";
import type { ClusterConf } from "../cluster/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import { CacheRun } from "./cache_run.ts";
import type { CaptureMark } from "./store.ts";

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
  /**
   * Records of one transaction. Unless given, as many as come within `every`, and no more than make 262144 connections, each of
   * which waits in less than a kilobyte; as many again may be on their way into the table meanwhile.
   */
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
