import { type Duration, parseDuration, Problem } from "../base/mod.ts";
import { fieldOf, type MergeRules, type NumberGetter, type RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import { Aggregator, type AggregatorOptions, type ShowRow } from "./aggregator.ts";
import { Connections } from "./connections.ts";
import { Key } from "./key.ts";
import type { KeySpec } from "./key_numbers.ts";
import { rasortKeys } from "./rasort_keys.ts";
import { SORT_KEYS } from "./sort.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
const { FLAG_MAR, FLAGS, WORDS } = R;

/**
 * Who decides what belongs together and which way it went.
 *
 * - `"evidence"`: records are put together by connection, from SYNs, closing states, sequence numbers and time, and take the
 *   direction of the strongest evidence in their connection; what was turned keeps a trail.
 * - `"argus"`: as `racluster -M correct`: one record per key, a reversed record joins by the rules of cluster.md section 4B.
 * - `"none"`: as plain racluster: one record per key, nothing is turned.
 */
export type Correction = "evidence" | "argus" | "none";

/** How to cluster. */
export interface ClusterOptions {
  /** Key fields, see {@linkcode Key.parse}; the 5-tuple and the source id unless given. */
  readonly by?: readonly string[] | undefined;
  /** `"evidence"` unless given. */
  readonly correct?: Correction | undefined;
  /** Merge rules; `"argus"` with `correct: "argus"`, else `"exact"`. */
  readonly rules?: MergeRules | undefined;
  /** An aggregate that would span this long is put out and begun anew. */
  readonly status?: Duration | undefined;
  /** An aggregate that was silent this long is put out and begun anew. */
  readonly idle?: Duration | undefined;
  /** Label of every aggregate. */
  readonly label?: string | undefined;
  /** Fields outside the key keep their value until a different one comes, true unless given (racluster `-M preserve`). */
  readonly preserve?: boolean | undefined;
  /** Aggregates carry statistics, true unless given (false: racluster `-M norep`). */
  readonly report?: boolean | undefined;
  /** Each record counts for both ends (racluster `-M rmon`). */
  readonly rmon?: boolean | undefined;
  /** Field the statistics are of, `dur` unless given. */
  readonly metric?: string | undefined;
  /** Aggregates leave in the order of the key fields (racluster `-m`); true when `by` is given. */
  readonly sorted?: boolean | undefined;
}

/**
 * Merges records into aggregates; see {@linkcode cluster} for streams. Rows must be as read (`asRead`); management records are
 * ignored.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import * as R from "../record/mod.ts";
 * import { Clusterer } from "./cluster.ts";
 *
 * const batch = new R.RecordBatch(2);
 * for (const packets of [3, 4]) {
 *   const row = batch.addBlank();
 *   batch.words.set([R.KEY_IPV4, 0x0a000001, 0, 0, 0, 0x0a000002, 0, 0, 0, 17, 1000, 53], row * R.WORDS);
 *   batch.doubles[row * R.DOUBLES + R.S_PKTS] = packets;
 * }
 * const clusterer = new Clusterer();
 * for (let row = 0; row < batch.length; row++) clusterer.add(batch, row);
 * const out = clusterer.flush();
 * assertEquals([out.length, out.doubles[R.S_PKTS]], [1, 7]);
 * ```
 */
export class Clusterer {
  readonly #connections: Connections | undefined;
  readonly #aggregator: Aggregator | undefined;
  readonly #numbered: boolean;

  /**
   * Makes one that holds nothing yet.
   *
   * @param numbered whether batches carry the numbers of the keys that {@linkcode numberedKey} gives for these options
   * @throws {Problem} when a key field, a duration or the metric is not understood.
   */
  constructor(options: ClusterOptions = {}, numbered = false) {
    const correct = options.correct ?? "evidence";
    const plain = isPlain(options);
    if (correct === "evidence") {
      this.#connections = new Connections({
        idle: microseconds(options.idle, "idle"),
        status: microseconds(options.status, "status"),
      });
    }
    if (correct !== "evidence" || !plain) {
      this.#aggregator = new Aggregator({ ...aggregatorOptions(options, correct), numbered });
    }
    this.#numbered = numbered;
  }

  /** Takes a record in; the batch is not changed. */
  add(batch: RecordBatch, row: number): void {
    if (batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) return;
    (this.#connections ?? this.#aggregator!).add(batch, row);
  }

  /** Takes the first `count` of the listed rows in; faster than one by one. */
  addRows(batch: RecordBatch, rows: Int32Array, count: number): void {
    const words = batch.words, keys = this.#numbered ? batch.keys : undefined;
    let n = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      // Numbers are at hand; rows that another thread has written are not.
      const taken = keys === undefined ? (words[row * WORDS + FLAGS]! & FLAG_MAR) === 0 : keys[row]! >= 0;
      if (taken) rows[n++] = row;
    }
    (this.#connections ?? this.#aggregator!).addRows(batch, rows, n);
  }

  /** Puts out what was idle when a record began, under the rules of the real program only; see {@linkcode Aggregator.expire}. */
  expire(now: number): void {
    this.#aggregator?.expire(now);
  }

  /** Aggregates that were put out by `status` or `idle` since the last call, if any. */
  take(): RecordBatch | undefined {
    return this.#connections ? undefined : this.#aggregator!.take();
  }

  /** Everything that is left, in batches. */
  *drain(): Generator<RecordBatch, void, void> {
    if (!this.#connections) {
      yield* this.#aggregator!.drain();
      return;
    }
    if (!this.#aggregator) {
      yield* this.#connections.drain();
      return;
    }
    for (const batch of this.#connections.drain()) {
      for (let row = 0; row < batch.length; row++) this.#aggregator.add(batch, row);
      const out = this.#aggregator.take();
      if (out) yield out;
    }
    yield* this.#aggregator.drain();
  }

  /** As {@linkcode drain}, without copies: shows each record where it stands until told to stop by `false`. */
  each(show: ShowRow): void {
    if (!this.#connections) {
      this.#aggregator!.each(show);
      return;
    }
    if (!this.#aggregator) {
      this.#connections.each(show);
      return;
    }
    const aggregator = this.#aggregator;
    this.#connections.each((batch, row) => aggregator.add(batch, row));
    aggregator.each(show);
  }

  /** Everything that is left, as one batch. */
  flush(): RecordBatch {
    const out = new R.RecordBatch();
    for (const batch of this.drain()) for (let row = 0; row < batch.length; row++) out.append(batch, row);
    return out;
  }
}

/**
 * Clusters a stream of records (as read); aggregates come when they are due and the rest at the end. Memory is constant per live
 * aggregate.
 *
 * @throws {Problem} when a key field, a duration or the metric is not understood.
 */
export async function* cluster(
  batches: AsyncIterable<RecordBatch>,
  options: ClusterOptions = {},
): AsyncGenerator<RecordBatch, void, void> {
  const clusterer = new Clusterer(options);
  for await (const batch of batches) {
    for (let row = 0; row < batch.length; row++) clusterer.add(batch, row);
    const done = clusterer.take();
    if (done) yield done;
  }
  yield* clusterer.drain();
}

/** The aggregator that these options mean once directions are settled. */
export function aggregatorOptions(options: ClusterOptions, correct: Correction): AggregatorOptions {
  const rules = options.rules ?? (correct === "argus" ? "argus" : "exact");
  const key = Key.parse(options.by, options.rmon, rules === "exact");
  const sorted = options.sorted ?? options.by !== undefined;
  return {
    key,
    rules,
    reverse: correct === "argus" && !key.rmon,
    status: correct === "evidence" ? 0 : microseconds(options.status, "status"),
    idle: correct === "evidence" ? 0 : microseconds(options.idle, "idle"),
    label: options.label,
    preserve: options.preserve ?? true,
    report: options.report ?? true,
    metric: metricOf(options.metric),
    sort: sorted
      ? rasortKeys(
        key.fields.map((f) => f.name).filter((n) =>
          SORT_KEYS.includes(n) && (options.by ?? []).some((b) => b.split("/")[0] === n)
        ),
      )
      : undefined,
  };
}

/** The key that a reader may number for a clusterer with these options, if any: of plain aggregation only. */
export function numberedKey(options: ClusterOptions): KeySpec | undefined {
  if ((options.correct ?? "evidence") !== "none") return undefined;
  const { key, rules, metric } = aggregatorOptions(options, "none");
  if (key.none || key.rmon || key.ordered !== undefined || metric !== undefined) return undefined;
  return { by: options.by, exact: rules === "exact" };
}

/** Whether connections by evidence are already the answer. */
function isPlain(o: ClusterOptions): boolean {
  return o.by === undefined && o.label === undefined && !o.rmon &&
    o.preserve !== false &&
    o.report !== false && o.metric === undefined;
}

function microseconds(value: Duration | undefined, what: string): number {
  if (value === undefined) return 0;
  const us = parseDuration(value, what);
  return us === Infinity ? 0 : us;
}

/** The number that a metric name stands for; times and floats in seconds, as statistics are kept. */
function metricOf(name: string | undefined): NumberGetter | undefined {
  if (name === undefined || name === "dur") return undefined;
  const field = fieldOf(name);
  if (!field.number) {
    throw new Problem("bad-value", `Expected a field with a number as metric but found "${name}"`, {
      expected: "a numeric field",
      found: name,
    });
  }
  return field.number;
}
