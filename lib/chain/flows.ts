import { Problem } from "../base/mod.ts";
import type { ClusterOptions } from "../cluster/mod.ts";
import {
  displayable,
  histogram,
  htmlTable,
  Picture,
  show,
  type TableModel,
  timeline,
} from "../display/mod.ts";
import { compileRecordFilter, parseTimeRange } from "../expression/mod.ts";
import {
  type Column,
  DEFAULT_FIELDS,
  fieldOf,
  parseColumns,
  Printer,
  type RecordBatch,
} from "../record/mod.ts";
import type { CacheOptions, CacheProgress } from "../stores/mod.ts";
import { cachePlan } from "./cache.ts";
import { FlowRecord } from "./flow_record.ts";
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

  /** Fields to show and write, as ra's `-s` takes them. */
  select(...fields: string[]): Flows {
    for (const f of fields) fieldOf(f.split(":")[0]!);
    return new Flows(Object.freeze({ ...this.#plan, fields: Object.freeze(fields) }));
  }

  /** Batches of records, for columnar work. */
  batches(listeners?: RunListeners): AsyncGenerator<RecordBatch> {
    return runPlan(this.#plan, listeners);
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
    for await (const batch of this.batches()) {
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
    for await (const batch of this.batches()) {
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
    return await writeFlows(target, this.batches(), {
      ...(this.#plan.fields ? { fields: this.#plan.fields } : {}),
      ...(meter?.op === "meter" ? { settings: meter.settings } : {}),
    });
  }
}

displayable(Flows.prototype, (self) => ({
  text: () =>
    `Flows\n${self.plan()}\n(not run yet: await .show(), .rows(), .count(), .write("flows.csv"), or for await)`,
}));

/** A table of records that was computed: text in a terminal, HTML in a notebook. */
export class FlowTableView {
  /** The plan it came from. */
  readonly plan: string;
  /** The records shown. */
  readonly records: readonly FlowRecord[];
  /** Records there are. */
  readonly total: number;
  readonly #text: string;
  readonly #columns: readonly Column[];

  /** Made by {@linkcode Flows.table}. */
  constructor(
    plan: string,
    columns: readonly Column[],
    text: string,
    records: readonly FlowRecord[],
    total: number,
  ) {
    this.plan = plan;
    this.#columns = columns;
    this.#text = text;
    this.records = records;
    this.total = total;
  }

  /** As ra prints it, with a count of what is left out. */
  toString(): string {
    const rest = this.total - this.records.length;
    const text = this.total === 0 ? "(no records)" : this.#text.trimEnd();
    return rest > 0 ? `${text}\n... ${rest} more` : text;
  }

  /** As plain data for the display room. */
  model(): TableModel {
    const total = this.total;
    return {
      columns: this.#columns.map((c) => ({
        name: c.field.name,
        title: c.field.title,
        align: c.field.type === "text" ? "left" : "right",
      })),
      rows: this.records.map((r) => this.#columns.map((c) => cellOf(r, c.field.name))),
      total,
    };
  }
}

/** A value as a table shows it: times as UTC text. */
function cellOf(record: FlowRecord, name: string): string | number | null {
  const value = record.get(name);
  if (typeof value === "number" && fieldOf(name).type === "time") {
    return new Date(Math.floor(value) * 1000).toISOString().slice(0, 19).replace("T", " ") +
      (value % 1).toFixed(6).slice(1);
  }
  return value;
}

displayable(FlowTableView.prototype, (self) => ({
  text: () => self.toString(),
  html: () => htmlTable(self.model()),
}));

/** How to read flow records. */
export interface ReadFlowsOptions {
  /** Throws the problem of a damaged file instead of using what comes before the damage. */
  readonly strict?: boolean;
}

/**
 * Opens flow records: Argus files and pipes (`"-"`), a running argus (`argus://host:561`), ra CSV, Zeek conn.log, nfdump, NFStream
 * and CICFlowMeter CSV, EVE JSON; told apart by content. Nothing is read before results are asked for.
 */
export function readFlows(source: FlowsPlan["source"], options: ReadFlowsOptions = {}): Flows {
  if (typeof source === "string" && source.trim() === "") {
    throw new Problem(
      "bad-value",
      "Expected a file, URL or - to read flow records from but found an empty name",
    );
  }
  return new Flows({
    from: Object.freeze({
      kind: "flows",
      source,
      name: typeof source === "string" ? source : "bytes",
      strict: options.strict ?? false,
    }),
    steps: Object.freeze([]),
    fields: undefined,
  });
}
