import { parseDuration, Problem } from "../base/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import { ArgusTable } from "./argus_cache.ts";
import type { CacheOptions, CacheProgress } from "./cache.ts";
import { openEngine } from "./open.ts";
import { persist } from "./retry.ts";
import { SqlStore } from "./store.ts";
import { isTransient } from "./transient.ts";
import { parseStoreUrl } from "./url.ts";

/** ra's columns and the key. */
const ARGUS_FIELDS = "stime flgs proto saddr sport dir daddr dport pkts bytes state srcid".split(" ");
const DEFAULT_WINDOW = 262_144;

/**
 * Merges records (as read) into a table with the semantics of `rasqlinsert -M cache`; see `cacheFlows` with `correct: "argus"`.
 *
 * @throws {Problem} as `cacheFlows`.
 */
export async function cacheAsArgus(
  batches: AsyncIterable<RecordBatch>,
  text: string,
  options: CacheOptions,
): Promise<CacheProgress> {
  const url = parseStoreUrl(text);
  const table = new ArgusTable(url.table, {
    by: options.by,
    conf: options.conf,
    fields: options.fields ?? ARGUS_FIELDS,
    ask: options.ask,
    blind: options.blind,
  });
  const most = options.window ?? DEFAULT_WINDOW;
  const { capture } = options;
  let store: SqlStore | undefined;
  let read = 0, waiting: RecordBatch[] = [], held = 0, rows = 0, commits = 0, retries = 0, skipped = 0;
  const open = async () => {
    const engine = await openEngine(url);
    const opened = new SqlStore(url, engine, []);
    await engine.create(table.shape);
    if (capture) await opened.preparePositions();
    return opened;
  };
  const within = <T>(step: (store: SqlStore) => Promise<T>): Promise<T> =>
    persist(url.name, {
      limit: parseDuration(options.patience ?? "60s", "patience") / 1000,
      onRetry: (error, pause) => {
        retries++;
        options.onRetry?.(error, pause);
      },
    }, (error) =>
      isTransient(url.dialect, error), async () => {
      const current = store ??= await open();
      try {
        return await step(current);
      } catch (error) {
        store = undefined;
        await current.rollback().catch(() => {});
        await current.close().catch(() => {});
        throw error;
      }
    });
  const progress = (): CacheProgress => ({ records: read - held, skipped, rows, commits, retries });
  try {
    const start = await within(async (s) => capture ? await s.position(0, capture) : undefined);
    let done = start?.records ?? 0;
    if (start && start.settings !== (capture?.settings ?? "")) {
      throw new Problem("bad-value", "Expected the settings with which this capture was taken in before", {
        source: `${url.name}, capture ${capture?.name ?? capture?.digest}`,
      });
    }
    if (start?.complete) {
      read = skipped = done;
      return progress();
    }
    const commit = async (complete: boolean) => {
      const end = Math.max(read, done);
      await within(async (s) => {
        if (capture) await s.begin(0);
        else await s.engine.begin();
        if (capture && ((await s.position(0, capture))?.records ?? 0) !== done) {
          await s.rollback();
          return;
        }
        const written = held > 0 ? await table.merge(s.engine, waiting) : 0;
        if (capture) await s.setPosition(0, capture, end, complete);
        await s.commit();
        rows += written;
        commits++;
      });
      done = end;
      waiting = [];
      held = 0;
      options.onCommit?.(progress());
    };
    for await (const batch of batches) {
      const copy = new RecordBatch(batch.length);
      for (let row = 0; row < batch.length; row++) {
        if (++read <= done) skipped++;
        else {
          copy.append(batch, row);
          held++;
        }
      }
      if (copy.length > 0) waiting.push(copy);
      if (held >= most) await commit(false);
    }
    await commit(true);
    return progress();
  } finally {
    await store?.close();
  }
}
