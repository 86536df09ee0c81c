import { Problem } from "../base/mod.ts";
import { Anonymizer, type ClusterOptions, type LabelRule } from "../cluster/mod.ts";
import { displayable, histogram, Picture, show, timeline } from "../display/mod.ts";
import { compileRecordFilter, parseTimeRange } from "../expression/mod.ts";
import { DEFAULT_FIELDS, fieldOf, parseColumns, Printer, type RecordBatch } from "../record/mod.ts";
import { type CacheOptions, type CacheProgress, isStoreUrl, parseStoreUrl } from "../stores/mod.ts";
import { cachePlan } from "./cache.ts";
import { FlowRecord } from "./flow_record.ts";
import { FlowTableView } from "./flow_table_view.ts";
import { durationModel, gapModel } from "./pictures.ts";
import { describePlan, type FlowsPlan, type Plan, type RecordTest, type Step, withStep } from "./plan.ts";
import { type RunListeners, runPlan } from "./run.ts";
import { meteringOf, timelineModel } from "./timeline_story.ts";

/** Rows that a table shows unless told otherwise. */
const SHOWN = 60;

/**
 * Flow records, not computed yet: every verb gives a new plan; `await`, `for await`, `show`, `count`, `rows` and `write` run it.
 */
export class Flows implements AsyncIterable<FlowRecord> {
  readonly #plan: Plan;

  /** Use `capture.meter(...)` or {@linkcode readFlows}. */
  constructor(plan: Plan) {
    this.#plan = Object.freeze(plan);
  }

  /** The frozen plan. */
  get steps(): Plan {
    return this.#plan;
  }

  /** What will be done, as text, one line for each step. */
  plan(): string {
    return describePlan(this.#plan);
  }

  #with(step: Step): Flows {
    return new Flows(withStep(this.#plan, step));
  }

  /**
   * Keeps records that pass ra's filter language, or a function.
   *
   * @throws {Problem} `syntax` with the position and what was expected.
   */
  filter(test: RecordTest): Flows {
    if (typeof test === "string") compileRecordFilter(test);
    return this.#with({ op: "filter", test });
  }

  /** Keeps records within a time range as ra's `-t` takes it, for example `"2015/06/04.02+1h"`. */
  time(range: string): Flows {
    parseTimeRange(range);
    return this.#with({ op: "time", range });
  }

  /** Puts records of the same key together (racluster); by default corrected by evidence, one record for each true connection. */
  cluster(options: ClusterOptions = {}): Flows {
    return this.#with({ op: "cluster", options });
  }

  /** Cuts records at the borders of time bins (rabins). */
  bin(every: string, options: { hard?: boolean } = {}): Flows {
    return this.#with({ op: "bin", every, hard: options.hard ?? false });
  }

  /** Sorts by fields as rasort does. */
  sort(...keys: string[]): Flows {
    return this.#with({ op: "sort", keys, reverse: false });
  }

  /** The records with the largest values of a field. */
  top(count: number, field = "bytes"): Flows {
    fieldOf(field);
    return this.#with({ op: "top", count, field });
  }

  /** The first records. */
  limit(count: number): Flows {
    return this.#with({ op: "limit", count });
  }

  /**
   * Adds a label to all records, to those that a filter takes, or by several rules; labels join as racluster joins them.
   *
   * @throws {Problem} `syntax` with the position and what was expected in a filter.
   */
  label(rules: string | readonly LabelRule[], filter?: string): Flows {
    const list = typeof rules === "string" ? [{ label: rules, filter }] : rules;
    for (const rule of list) if (rule.filter?.trim()) compileRecordFilter(rule.filter);
    return this.#with({ op: "label", rules: Object.freeze(list.map((rule) => Object.freeze({ ...rule }))) });
  }

  /**
   * Replaces addresses so that those which share their first bits still do (Crypto-PAn); the same key gives the same addresses.
   *
   * @param key 32 bytes, or a text of which the key is made
   * @throws {Problem} `bad-value` when there is no key or it has the wrong length.
   */
  anonymize(key: string | Uint8Array): Flows {
    new Anonymizer(key);
    return this.#with({ op: "anonymize", key });
  }

  /** Fields to show and write, as ra's `-s` takes them. */
  select(...fields: string[]): Flows {
    for (const f of fields) fieldOf(f.split(":")[0]!);
    return new Flows(Object.freeze({ ...this.#plan, fields: Object.freeze(fields) }));
  }

  /** Batches of records, for columnar work. */
  batches(listeners?: RunListeners): AsyncGenerator<RecordBatch> {
    return runPlan(this.#plan, listeners);
  }

  /** Batches of which only these fields are read: a store may compute them without giving whole records. */
  #only(fields: readonly string[]): AsyncGenerator<RecordBatch> {
    return runPlan(this.#plan, {}, fields.map((f) => f.split(":")[0]!));
  }

  /** The records one by one; each object stays valid. */
  async *[Symbol.asyncIterator](): AsyncGenerator<FlowRecord> {
    for await (const batch of this.batches()) {
      for (let row = 0; row < batch.length; row++) yield new FlowRecord(batch, row);
    }
  }

  /** All records. */
  async rows(limit = Infinity): Promise<FlowRecord[]> {
    const rows: FlowRecord[] = [];
    for await (const record of this) {
      if (rows.length >= limit) break;
      rows.push(record);
    }
    return rows;
  }

  /** Records, packets and bytes, as racount sums them. */
  async count(): Promise<{ records: number; packets: number; bytes: number }> {
    let records = 0, packets = 0, bytes = 0;
    for await (const batch of this.#only(["pkts", "bytes"])) {
      const cursor = new FlowRecord(batch, 0);
      for (; cursor.row < batch.length; cursor.row++) {
        records++;
        packets += cursor.pkts;
        bytes += cursor.bytes;
      }
    }
    return { records, packets, bytes };
  }

  /** Runs the plan and gives the table that `show` prints, at most `limit` rows of it. */
  async table(limit = SHOWN): Promise<FlowTableView> {
    const columns = parseColumns([...(this.#plan.fields ?? DEFAULT_FIELDS)]);
    const printer = new Printer({ columns, numbers: 1 });
    const rows: FlowRecord[] = [];
    let total = 0;
    const { fields } = this.#plan;
    for await (const batch of fields ? this.#only(fields) : this.batches()) {
      for (let row = 0; row < batch.length; row++) {
        if (total++ >= limit) continue;
        printer.print(batch, row);
        rows.push(new FlowRecord(batch, row).copy());
      }
    }
    return new FlowTableView(this.plan(), columns, printer.sink.text(), rows, total);
  }

  /**
   * Merges the records into a table of connections that outlives the run (`rasqlinsert -M cache`): `sqlite:flows.db?table=longlived`,
   * `duckdb:...`, `mysql://user@host/db/table`. A run that is killed goes on where it stopped; the same records add nothing twice.
   *
   * @throws {Problem} `bad-value` for a wrong URL or option, `store` or `network` when the engine refuses or does not answer.
   */
  cache(url: string, options: CacheOptions = {}): Promise<CacheProgress> {
    return cachePlan(this.#plan, this.batches(), url, options);
  }

  /** Shows the records as ra's table: as text in a terminal, as HTML in a notebook, wherever it stands in a cell. */
  async show(limit = SHOWN): Promise<void> {
    await show(await this.table(limit));
  }

  /**
   * A picture of the records: how long they last, the silences within their connections, or the timeline of one conversation.
   *
   * @throws {Problem} `unsupported`, when drawn, for `gaps` and `timeline` of records that were not metered here.
   */
  plot(kind: "durations" | "gaps" | "timeline" = "durations"): Picture {
    const title = `${kind} of ${this.#plan.from.name}`;
    if (kind === "durations") {
      return Picture.later(title, () => durationModel(this.#plan, this.batches()), histogram);
    }
    const { capture, settings, filter } = meteringOf(this.#plan);
    return kind === "gaps"
      ? Picture.later(title, () => gapModel(capture, settings, filter), histogram)
      : Picture.later(title, () => timelineModel(capture, [settings], filter), timeline);
  }

  /**
   * Writes the records; the suffix or scheme says how: `.csv`, `.jsonl`, `.argus`, `.parquet`, `.arrow`, `.ipfix`, `ipfix://host`.
   *
   * @returns number of records written
   */
  async write(target: string): Promise<number> {
    const { writeFlows } = await import("../formats/mod.ts");
    const meter = this.#plan.steps.find((s) => s.op === "meter");
    const { fields } = this.#plan, whole = !fields || /\.argus(\.|$)|^ipfix:/i.test(target);
    return await writeFlows(target, whole ? this.batches() : this.#only(fields), {
      ...(this.#plan.fields ? { fields: this.#plan.fields } : {}),
      ...(meter?.op === "meter" ? { settings: meter.settings } : {}),
    });
  }
}

displayable(Flows.prototype, (self) => ({
  text: () =>
    `Flows\n${self.plan()}\n(not run yet: await .show(), .rows(), .count(), .write("flows.csv"), or for await)`,
}));

/** How to read flow records. */
export interface ReadFlowsOptions {
  /** Throws the problem of a damaged file instead of using what comes before the damage. */
  readonly strict?: boolean;
}

/**
 * Opens flow records: Argus files and pipes (`"-"`), a running argus (`argus://host:561`), ra CSV, Zeek conn.log, nfdump, NFStream
 * and CICFlowMeter CSV, EVE JSON; told apart by content; or a table in a store (`sqlite:flows.db?table=longlived`, `duckdb:...`,
 * `mysql://user@host/db/table`), where as many of the verbs as possible run as SQL. Nothing is read before results are asked for.
 */
export function readFlows(source: FlowsPlan["source"], options: ReadFlowsOptions = {}): Flows {
  if (typeof source === "string" && source.trim() === "") {
    throw new Problem(
      "bad-value",
      "Expected a file, URL or - to read flow records from but found an empty name",
    );
  }
  const store = typeof source === "string" && isStoreUrl(source);
  return new Flows({
    from: Object.freeze({
      kind: "flows",
      source,
      name: store ? parseStoreUrl(source).name : typeof source === "string" ? source : "bytes",
      strict: options.strict ?? false,
    }),
    steps: Object.freeze([]),
    fields: undefined,
  });
}
