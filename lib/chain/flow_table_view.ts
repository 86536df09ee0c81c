import { displayable, htmlTable, type TableModel } from "../display/mod.ts";
import { type Column, fieldOf } from "../record/mod.ts";
import type { FlowRecord } from "./flow_record.ts";

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
