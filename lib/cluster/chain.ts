import { compileRecordFilter, type RecordPredicate } from "../expression/mod.ts";
import type { MergeRules, RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import type { ShowRow } from "./aggregator.ts";
import { Clusterer, type ClusterOptions, type Correction } from "./cluster.ts";
import type { ClusterConf, ClusterModel } from "./racluster_conf.ts";

/** How the models of a racluster.conf are run. */
export interface ConfOptions {
  /** Correction of models; what the file says (`"argus"` or `"none"`) unless given. */
  readonly correct?: Correction | undefined;
  /** `"exact"` unless given. */
  readonly rules?: MergeRules | undefined;
  /** Preserve mode of the first model, in place of the file's; the real program does this with `-M preserve|nopreserve`. */
  readonly preserve?: boolean | undefined;
}

interface Stage {
  readonly accepts: RecordPredicate | undefined;
  readonly grep: RegExp | undefined;
  readonly cont: boolean;
  readonly clusterer: Clusterer;
}

/**
 * Runs the models of a racluster.conf: each record goes to the first line whose filter and pattern take it, past lines that say
 * `cont`, and to a last aggregator with the default key when none keeps it (cluster.md section 1).
 */
export class ConfClusterer {
  readonly #stages: readonly Stage[];
  /** What the models put out, in the order of the records that made them: never by the size of batches. */
  #done: RecordBatch | undefined;

  /**
   * Makes one that holds nothing yet.
   *
   * @throws {Problem} when a filter is wrong.
   */
  constructor(conf: ClusterConf, options: ConfOptions = {}) {
    const rest: ClusterModel = { ...conf.rest, filter: "", by: [], status: 0, idle: 0, cont: false, line: 0 };
    this.#stages = [...conf.models, rest].map((model, i) => ({
      accepts: model.filter.trim() === "" ? undefined : compileRecordFilter(model.filter),
      grep: model.grep,
      cont: model.cont,
      clusterer: new Clusterer(optionsOf(model, i, options)),
    }));
  }

  /** Takes a record (as read) in; the batch is not changed. */
  add(batch: RecordBatch, row: number): void {
    if (batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) return;
    const now = R.startTime(batch, row);
    for (const stage of this.#stages) {
      stage.clusterer.expire(now);
      this.#collect(stage.clusterer);
    }
    for (const stage of this.#stages) {
      if (stage.accepts && !stage.accepts(batch, row)) continue;
      if (stage.grep && !stage.grep.test(batch.more?.get(row)?.label ?? "")) continue;
      stage.clusterer.add(batch, row);
      this.#collect(stage.clusterer);
      if (!stage.cont) return;
    }
  }

  #collect(clusterer: Clusterer): void {
    const done = clusterer.take();
    if (!this.#done) this.#done = done;
    else if (done) { for (let i = 0; i < done.length; i++) this.#done.append(done, i); }
  }

  /** Takes the first `count` of the listed rows in. */
  addRows(batch: RecordBatch, rows: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) this.add(batch, rows[i]!);
  }

  /** Aggregates that were put out by `status` or `idle` since the last call, if any. */
  take(): RecordBatch | undefined {
    const done = this.#done;
    this.#done = undefined;
    return done;
  }

  /** Everything that is left, model by model. */
  *drain(): Generator<RecordBatch, void, void> {
    const done = this.take();
    if (done) yield done;
    for (const { clusterer } of this.#stages) yield* clusterer.drain();
  }

  /** As {@linkcode drain}, without copies: shows each record where it stands until told to stop by `false`. */
  each(show: ShowRow): void {
    let more = true;
    const done = this.take();
    for (let row = 0; done && more && row < done.length; row++) more = show(done, row) !== false;
    for (const { clusterer } of this.#stages) {
      if (more) clusterer.each((batch, row) => more = show(batch, row) !== false);
    }
  }
}

function optionsOf(model: ClusterModel, index: number, options: ConfOptions): ClusterOptions {
  const argus = options.rules === "argus";
  return {
    by: model.by.length > 0 ? model.by : undefined,
    correct: options.correct ?? (model.correct ? "argus" : "none"),
    rules: options.rules ?? "exact",
    status: model.status,
    idle: model.idle,
    // A model that lets records through labels none of them in the real program (observed).
    label: argus && model.cont ? undefined : model.label,
    // The real program lets only its first model preserve, and reports aggregation whatever the file says (observed).
    preserve: index === 0 && options.preserve !== undefined
      ? options.preserve
      : argus
      ? index === 0
      : model.preserve,
    report: argus || model.report,
    metric: model.metric,
    sorted: false,
  };
}

/** Clusters a stream of records (as read) by the models of a racluster.conf. */
export async function* clusterByConf(
  batches: AsyncIterable<RecordBatch>,
  conf: ClusterConf,
  options: ConfOptions = {},
): AsyncGenerator<RecordBatch, void, void> {
  const clusterer = new ConfClusterer(conf, options);
  for await (const batch of batches) {
    for (let row = 0; row < batch.length; row++) clusterer.add(batch, row);
    const done = clusterer.take();
    if (done) yield done;
  }
  yield* clusterer.drain();
}
