import { escapeMarkdown } from "./escape.ts";
import { alignment, heading, remainder } from "./text_table.ts";
import type { TableModel } from "./types.ts";

/**
 * A table as GitHub-flavoured Markdown; everything in it is escaped.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { markdownTable } from "./markdown_table.ts";
 *
 * assertEquals(
 *   markdownTable({ columns: [{ name: "S" }, { name: "rows" }], rows: [["<b>", 12]] }),
 *   "| S | rows |\n| :-- | --: |\n| &lt;b&gt; | 12 |",
 * );
 * ```
 */
export function markdownTable(table: TableModel, options: { maxRows?: number } = {}): string {
  const shown = table.rows.slice(0, options.maxRows ?? 300);
  const rules = { left: ":--", right: "--:", center: ":-:" };
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  const out: string[] = [];
  if (table.title) out.push(`**${escapeMarkdown(table.title)}**`, "");
  out.push(line(table.columns.map((c) => escapeMarkdown(heading(c)))));
  out.push(line(table.columns.map((_, i) => rules[alignment(table, i)])));
  for (const row of shown) {
    out.push(line(table.columns.map((_, i) => escapeMarkdown(String(row[i] ?? "")))));
  }
  const rest = remainder(table, shown.length);
  if (rest) out.push("", rest);
  if (table.note) out.push("", escapeMarkdown(table.note));
  return out.join("\n");
}
