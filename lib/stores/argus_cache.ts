import { parseDuration, Problem } from "../base/mod.ts";
import { Aggregator, type AggregatorOptions, type ClusterConf, DEFAULT_KEY, Key } from "../cluster/mod.ts";
import { compileRecordFilter, type RecordPredicate } from "../expression/mod.ts";
import { decodeRecord } from "../formats/mod.ts";
import * as R from "../record/mod.ts";
import { type Field, fieldOf, flip, RecordBatch } from "../record/mod.ts";
import { ByteWriter } from "./byte_writer.ts";
import type { SqlConnection, SqlValue, TableShape } from "./engine.ts";
import { farOf } from "./far.ts";
import { RECORD } from "./schema.ts";

/** How records are merged into a table as `rasqlinsert -M cache` does it (cluster.md section 8). */
export interface ArgusCacheOptions {
  /** Key fields; the 5-tuple and the source id unless given, `none` for no key at all. */
  readonly by?: readonly string[] | undefined;
  /** Columns of the table, in order. */
  readonly fields: readonly string[];
  /** A racluster.conf with models and timeouts. */
  readonly conf?: ClusterConf | undefined;
  /** Records meet rows of the table with the same key or, unless this is `forward`, with the reversed one. */
  readonly ask?: "forward" | "both" | undefined;
  /** Rows of the table are not read: records only meet each other (plain `rasqlinsert`). */
  readonly blind?: boolean | undefined;
}

interface Stage {
  readonly accepts: RecordPredicate | undefined;
  readonly grep: RegExp | undefined;
  readonly cont: boolean;
  readonly options: AggregatorOptions;
}

/** The value between two columns of a printed line: no value holds it. */
const BETWEEN = "\u0001";

/** The table of `rasqlinsert` and the merging of records into it, one window at a time. */
export class ArgusTable {
  readonly shape: TableShape;
  readonly #key: Key;
  readonly #keyFields: readonly Field[];
  readonly #stages: readonly Stage[];
  readonly #options: ArgusCacheOptions;
  readonly #values: R.Printer;
  readonly #keys: R.Printer;
  readonly #scratch = new RecordBatch(1);
  readonly #bytes = new ByteWriter();

  /** @throws {Problem} `bad-value` when a key field is no column, `unknown-name` for a field. */
  constructor(table: string, options: ArgusCacheOptions) {
    this.#options = options;
    this.#key = Key.parse(options.by);
    const fields = options.fields.map(fieldOf);
    // The real program lists the key in the order of its own key, whatever -m said.
    const names = this.#key.none ? [] : orderedKey(this.#key.fields.map((f) => f.name));
    const missing = names.find((n) => !options.fields.includes(n));
    if (missing !== undefined) {
      throw new Problem("bad-value", `key field '${missing}' not in schema (-s option)`, {
        expected: `${missing} among the columns`,
        found: options.fields.join(" "),
      });
    }
    this.#keyFields = names.map(fieldOf);
    this.shape = {
      name: table,
      columns: [
        ...fields.map((f) => ({ name: f.name, kind: kindOf(f), mysql: f.sql })),
        { name: RECORD, kind: "blob" as const, mysql: "BLOB" },
      ],
      key: names,
    };
    this.#stages = stagesOf(options, this.#key);
    this.#values = printer(fields);
    this.#keys = printer(this.#keyFields);
    this.#scratch.length = 1;
  }

  /** Merges records (as read) with what the table holds and writes the rows; the caller makes it one transaction. */
  async merge(engine: SqlConnection, batches: readonly RecordBatch[]): Promise<number> {
    const kept = this.#options.blind || this.#key.none
      ? []
      : await engine.lookup(this.shape, this.shape.key, this.#wanted(batches), [RECORD]);
    const before = new RecordBatch(Math.max(1, kept.length));
    for (const [record] of kept) this.#decode(record as Uint8Array, before);
    const rows = new Map<string, SqlValue[]>();
    const rest: SqlValue[][] = [];
    const put = (batch: RecordBatch) => {
      for (let row = 0; row < batch.length; row++) {
        const values = this.#row(batch, row);
        if (this.#key.none) rest.push(values);
        else rows.set(this.#keyText(batch, row), values);
      }
    };
    this.#stages.forEach((stage, i) => {
      const aggregator = new Aggregator(stage.options);
      // Rows of the table belong to the first model that takes them.
      for (let row = 0; row < before.length; row++) {
        if (this.#stageOf(before, row) === i) aggregator.restore(before, row);
      }
      for (const batch of batches) {
        for (let row = 0; row < batch.length; row++) {
          if (batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) continue;
          if (!this.#reaches(i, batch, row)) continue;
          aggregator.add(batch, row);
          const done = aggregator.take();
          if (done) put(done);
        }
      }
      for (const batch of aggregator.drain()) put(batch);
    });
    // An aggregate that was turned stands under another key now.
    const gone: string[] = [];
    for (let row = 0; row < before.length; row++) {
      const key = this.#keyText(before, row);
      if (!rows.has(key)) gone.push(key);
    }
    if (gone.length > 0) await engine.remove(this.shape, this.shape.key, gone.map((k) => k.split(BETWEEN)));
    const all = this.#key.none ? rest : [...rows.values()];
    await engine.put(this.shape, all);
    return all.length;
  }

  /** Keys to ask the table for: each once. */
  #wanted(batches: readonly RecordBatch[]): string[][] {
    const keys = new Set<string>();
    for (const batch of batches) {
      for (let row = 0; row < batch.length; row++) {
        if (batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_MAR) continue;
        keys.add(this.#keyText(batch, row));
        if (this.#options.ask === "forward") continue;
        this.#scratch.copyRow(0, batch, row);
        flip(this.#scratch, 0);
        keys.add(this.#keyText(this.#scratch, 0));
      }
    }
    return [...keys].map((key) => key.split(BETWEEN));
  }

  #keyText(batch: RecordBatch, row: number): string {
    return textOf(this.#keys, batch, row);
  }

  #row(batch: RecordBatch, row: number): SqlValue[] {
    const texts = textOf(this.#values, batch, row).split(BETWEEN);
    const values: SqlValue[] = texts.map((text, i) =>
      this.shape.columns[i]!.kind === "text" ? text : text === "" ? null : Number(text)
    );
    values.push(farOf(this.#bytes, batch, row));
    return values;
  }

  #decode(bytes: Uint8Array, into: RecordBatch): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const row = into.length;
    decodeRecord(view, bytes, 0, bytes.length, into);
    if (into.length > row) R.asRead(into, row);
  }

  #accepts(stage: Stage, batch: RecordBatch, row: number): boolean {
    if (stage.accepts && !stage.accepts(batch, row)) return false;
    return !stage.grep || stage.grep.test(batch.more?.get(row)?.label ?? "");
  }

  #stageOf(batch: RecordBatch, row: number): number {
    return this.#stages.findIndex((stage) => this.#accepts(stage, batch, row));
  }

  /** Whether a record comes as far as stage `i` and is taken there. */
  #reaches(i: number, batch: RecordBatch, row: number): boolean {
    for (let s = 0; s < i; s++) {
      const stage = this.#stages[s]!;
      if (!stage.cont && this.#accepts(stage, batch, row)) return false;
    }
    return this.#accepts(this.#stages[i]!, batch, row);
  }
}

function orderedKey(names: readonly string[]): string[] {
  const known = DEFAULT_KEY.filter((n) => names.includes(n));
  return [...known, ...names.filter((n) => !known.includes(n))];
}

function kindOf(field: Field): "number" | "integer" | "text" {
  // The registry's SQL type decides: some whole numbers are kept as text.
  if (/^(varchar|char|varbinary)/.test(field.sql)) return "text";
  return field.type === "integer" ? "integer" : "number";
}

function printer(fields: readonly Field[]): R.Printer {
  return new R.Printer({
    columns: fields.map(R.columnOf),
    delimiter: BETWEEN,
    titles: -1,
    numbers: 1,
    unix: true,
    digits: 6,
  });
}

function textOf(to: R.Printer, batch: RecordBatch, row: number): string {
  to.sink.clear();
  to.print(batch, row);
  const text = to.sink.text();
  to.sink.clear();
  return text.replace(/\n$/, "").split(BETWEEN).map((t) => t.trim()).join(BETWEEN);
}

function stagesOf(options: ArgusCacheOptions, key: Key): Stage[] {
  const common = { rules: "argus" as const, reverse: !key.rmon, preserve: true, report: true };
  const rest: Stage = {
    accepts: undefined,
    grep: undefined,
    cont: false,
    options: { ...common, key, status: 0, idle: 0 },
  };
  const models = options.conf?.models ?? [];
  return [
    ...models.map((m) => ({
      accepts: m.filter.trim() === "" ? undefined : compileRecordFilter(m.filter),
      grep: m.grep,
      cont: m.cont,
      options: {
        ...common,
        key: m.by.length > 0 ? Key.parse(m.by) : key,
        status: timer(m.status),
        idle: timer(m.idle),
        label: m.label,
      },
    })),
    rest,
  ];
}

function timer(value: string | number): number {
  const us = parseDuration(value, "timeout");
  return us === Infinity ? 0 : us;
}
