import { Problem } from "../../base/mod.ts";
import { type Field } from "../fields/field.ts";
import { DEFAULT_FIELDS, fieldOf, findField } from "../fields/registry.ts";

/** A field in its place in the output. */
export interface Column {
  /** The field. */
  readonly field: Field;
  /** Characters it takes in fixed width output; times grow by the precision. */
  readonly width: number;
}

/** The columns that ra prints when it is not told otherwise. */
export function defaultColumns(): Column[] {
  return DEFAULT_FIELDS.map((name) => columnOf(fieldOf(name)));
}

/** A field in its usual width. */
export function columnOf(field: Field): Column {
  return { field, width: field.width };
}

/**
 * Reads the words of `-s`: `name[:width]`, several separated by blanks or commas. When the first is a plain name the list begins
 * anew, else it starts from `base`; then `name` and `+name` append, `+Nname` inserts before position N, `-name` removes. A format
 * after a second colon is ignored, as in the original.
 *
 * Names that no field has are left out unless `strict` (fields.md section 1).
 *
 * @throws {Problem} `bad-value` for a width below 1, `unknown-name` when strict.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseColumns } from "./columns.ts";
 *
 * const names = parseColumns(["saddr:20", "+0dur"]).map((c) => `${c.field.name}:${c.width}`);
 * assertEquals(names, ["dur:10", "saddr:20"]);
 * ```
 */
export function parseColumns(
  words: readonly string[],
  options: { readonly strict?: boolean; readonly base?: readonly Column[] } = {},
): Column[] {
  const items = words.flatMap((w) => w.split(/[\s,]+/)).filter((w) => w !== "");
  let columns: Column[] = /^[+-]/.test(items[0] ?? "+") ? [...(options.base ?? defaultColumns())] : [];
  for (const item of items) {
    const m = /^([+-]?)(\d*)([A-Za-z_][A-Za-z0-9_]*)(?::([^:]*))?/.exec(item);
    const field = m ? findField(m[3]!) : undefined;
    if (!m || !field) {
      if (!options.strict) continue;
      throw new Problem("unknown-name", `Expected the name of a field but found "${item}"`, { found: item });
    }
    const width = /^\d+$/.test(m[4] ?? "") ? Number(m[4]) : field.width;
    if (width < 1) {
      throw new Problem("bad-value", `Expected a width of at least 1 but found "${item}"`, {
        expected: "a width of at least 1",
        found: m[4]!,
      });
    }
    if (m[1] === "-") columns = columns.filter((c) => c.field !== field);
    else columns.splice(m[1] === "+" && m[2] !== "" ? Number(m[2]) : columns.length, 0, { field, width });
  }
  return columns;
}
