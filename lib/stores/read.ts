import { Problem } from "../base/mod.ts";
import { type ClusterOptions, sortRecords } from "../cluster/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { SqlEngine } from "./engine.ts";
import { canGroup, type Grouping, groupSql, isPlainIp, runGroup } from "./group.ts";
import { openEngine } from "./open.ts";
import { planQuery, runQuery, type StoreQuery, type StoreStep } from "./query.ts";
import { CACHE_FIELDS, KEY, PART, PARTS, RECORD, STATE } from "./schema.ts";
import { parseStoreUrl, type StoreUrl } from "./url.ts";

/** Records of a store, with the steps that its engine did not do. */
export interface StoreReading {
  /** What the engine runs. */
  readonly query: StoreQuery;
  /** The records, as read; the connection is closed behind the last. */
  readonly batches: AsyncGenerator<RecordBatch>;
}

/**
 * Reads a table of flows, made by `cacheFlows` or by the real rasqlinsert: filters, time ranges, sorting and limits run in the engine
 * as far as it does them exactly as the chain would, the rest of the steps is given back.
 *
 * A cluster step is a GROUP BY when `fields`, those that are wanted in the end, are sums and extremes.
 *
 * @throws {Problem} `not-found` when there is no such table, `store` when it holds no flows, `syntax` for a wrong step.
 */
export async function readStore(
  text: string,
  steps: readonly StoreStep[] = [],
  fields?: readonly string[],
): Promise<StoreReading> {
  const url = parseStoreUrl(text);
  const engine = await openEngine(url);
  try {
    const columns = await engine.columns(url.table);
    if (!columns) {
      throw new Problem("not-found", `Expected a table ${url.table} but there is none`, { source: url.name });
    }
    const cached = columns.includes(STATE) && columns.includes(KEY);
    if (!cached && !columns.includes(RECORD)) {
      throw new Problem("store", "Expected a table of flows (with a column record)", {
        source: `${url.name}, table ${url.table}`,
        found: columns.join(", "),
      });
    }
    const query = planQuery(url, columns, steps);
    const grouped = await groupingOf(engine, url, query, new Set(columns), fields);
    if (grouped) {
      const [, ...rest] = query.rest;
      const groups = async function* () {
        try {
          yield await runGroup(engine, url, grouped);
        } finally {
          await engine.close();
        }
      };
      // Groups stand in the order of their key, as clusters do.
      return {
        query: { ...query, sql: groupSql(url, grouped), rest },
        batches: sortRecords(groups(), grouped.by),
      };
    }
    const batches = async function* () {
      try {
        yield* runQuery(engine, query, cached);
      } finally {
        await engine.close();
      }
    };
    return { query, batches: batches() };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** The grouping that the first step left is, when the engine can do it. */
async function groupingOf(
  engine: SqlEngine,
  url: StoreUrl,
  query: StoreQuery,
  columns: ReadonlySet<string>,
  fields: readonly string[] | undefined,
): Promise<Grouping | undefined> {
  const step = query.rest[0];
  if (query.limited || step?.op !== "cluster" || !("options" in step)) return undefined;
  const options = step.options as ClusterOptions;
  if (!canGroup(options, fields, columns)) return undefined;
  const grouping = { by: options.by!, where: query.where, params: query.params };
  return await isPlainIp(engine, url, grouping) ? grouping : undefined;
}

/** The query that {@linkcode readStore} would run on a table with the usual columns, without opening it: for `.plan()`. */
export function describeQuery(text: string, steps: readonly StoreStep[]): StoreQuery {
  return planQuery(parseStoreUrl(text), [KEY, PART, PARTS, ...CACHE_FIELDS, STATE], steps);
}
