import { type Displayable, displayable } from "./displayable.ts";
import { htmlTable } from "./html_table.ts";
import { textTable } from "./text_table.ts";
import type { TableModel } from "./types.ts";

/**
 * A table that shows itself: HTML in a notebook, aligned text in a terminal and the REPL.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { table } from "./table.ts";
 *
 * const t = table({ columns: [{ name: "S" }], rows: [["5s"]] });
 * assertEquals(Deno.inspect(t), "S\n──\n5s");
 * ```
 */
export function table(model: TableModel): TableModel & Displayable {
  return displayable({ ...model }, (self) => ({ text: () => textTable(self), html: () => htmlTable(self) }));
}
