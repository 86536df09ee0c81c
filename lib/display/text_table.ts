import Table from "cli-table3";
import { printable } from "./escape.ts";
import { type Style, style } from "./style.ts";
import type { Cell, ColumnModel, TableModel } from "./types.ts";

/** How a table becomes text. */
export interface TextTableOptions {
  /** Colour the heading; default when standard output is a colour terminal. */
  readonly color?: boolean;
  /** Most rows printed, default 300; the rest is counted. */
  readonly maxRows?: number;
}

/** A cell as text; nothing for null. */
export function cellText(cell: Cell): string {
  return cell === null ? "" : printable(String(cell));
}

/** Heading of a column with its unit. */
export function heading(column: ColumnModel): string {
  const title = column.title ?? column.name;
  return column.unit ? `${title} (${column.unit})` : title;
}

/** The side a column's values stand on: as said, else right when every value is a number. */
export function alignment(table: TableModel, index: number): "left" | "right" | "center" {
  const said = table.columns[index]!.align;
  if (said) return said;
  let numbers = 0;
  for (const row of table.rows) {
    const cell = row[index] ?? null;
    if (typeof cell === "number") numbers++;
    else if (cell !== null) return "left";
  }
  return numbers > 0 ? "right" : "left";
}

/** "12 more rows", or undefined when all are shown. */
export function remainder(table: TableModel, shown: number): string | undefined {
  const rest = (table.total ?? table.rows.length) - shown;
  return rest > 0 ? `… and ${rest} more ${rest === 1 ? "row" : "rows"}` : undefined;
}

const RULED = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "─",
  "mid-mid": "  ",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/**
 * A table as aligned text: title, heading, a rule, the rows, a count of rows left out and the note.
 *
 * Escape codes appear only when colour is asked for or standard output is a colour terminal.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { textTable } from "./text_table.ts";
 *
 * const text = textTable({ columns: [{ name: "S" }, { name: "rows" }], rows: [["5s", 12], ["1h", 3]] }, { color: false });
 * assertEquals(text, "S   rows\n──  ────\n5s    12\n1h     3");
 * ```
 */
export function textTable(table: TableModel, options: TextTableOptions = {}): string {
  const paint: Style = options.color === undefined ? style() : style(options.color);
  const shown = table.rows.slice(0, options.maxRows ?? 300);
  const grid = new Table({
    chars: RULED,
    head: table.columns.map((c) => printable(heading(c))),
    // cli-table3 ignores NO_COLOR and a piped output, so it gets no colours at all; headings are painted below.
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0, compact: true },
    colAligns: table.columns.map((_, i) => alignment(table, i)),
  });
  for (const row of shown) grid.push(table.columns.map((_, i) => cellText(row[i] ?? null)));
  const lines = grid.toString().split("\n").map((line) => line.trimEnd());
  const out: string[] = [];
  if (table.title) out.push(paint.bold(printable(table.title)));
  out.push(paint.bold(lines[0] ?? ""), ...lines.slice(1));
  const rest = remainder(table, shown.length);
  if (rest) out.push(paint.dim(rest));
  if (table.note) out.push(paint.dim(printable(table.note)));
  return out.join("\n");
}
