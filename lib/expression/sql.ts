import type { Expression } from "./ast.ts";
import { type FilterOptions } from "./predicate.ts";
import { lower } from "./lower.ts";
import { parseRecordFilter } from "./parse.ts";
import { NotInSql, type SqlDialect, SqlWriter } from "./sql_writer.ts";

export { type SqlDialect } from "./sql_writer.ts";

/** A value bound to a `?` of an SQL condition. */
export type SqlParameter = number | string;

/** What of a filter a database can test by itself. */
export interface SqlFilter {
  /** The condition for `WHERE`; `1 = 1` when nothing can be tested there. */
  readonly text: string;
  /** Values of its `?`, in order. */
  readonly params: readonly SqlParameter[];
  /**
   * What must still be tested on the rows that come back (joined by `and` with the condition); nothing when the condition
   * selects exactly the rows of the predicate.
   */
  readonly rest: Expression | undefined;
  /** Why something was left to the rest, one sentence for each part. */
  readonly reasons: readonly string[];
}

/** What the table looks like. */
export interface SqlOptions extends FilterOptions {
  /** Columns the table has; default all fields of the registry. */
  readonly columns?: { has(name: string): boolean };
}

/**
 * Turns a record filter into SQL over a table whose columns are fields of the registry, with the values the registry gives
 * (numbers as numbers, ports as decimal text or numbers, nothing as NULL or, where the registry says "not null", as empty text).
 *
 * The parts that are joined by `and` are looked at one by one: those that need what no column holds (TCP state bits, the record's
 * cause, ...) come back in `rest`. The condition never is NULL: an absent section counts as -1 as everywhere in the language.
 *
 * @throws {Problem} `syntax` as {@linkcode compileRecordFilter}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { toSql } from "./sql.ts";
 * import { printExpression } from "./print.ts";
 *
 * const { text, params, rest } = toSql("src host 10.0.0.1 and dst pkts gt 5 and syn", "sqlite");
 * assertEquals(text, `"saddr" = ? AND ("dpkts" > ? AND "dpkts" IS NOT NULL)`);
 * assertEquals(params, ["10.0.0.1", 5]);
 * assertEquals(rest && printExpression(rest), "syn");
 * ```
 */
export function toSql(filter: string | Expression, dialect: SqlDialect, options: SqlOptions = {}): SqlFilter {
  const e = typeof filter === "string"
    ? parseRecordFilter(filter, options.dialect ? { dialect: options.dialect } : {})
    : filter;
  const lowering = { ...options, ...(typeof filter === "string" && { text: filter }) };
  const conditions: string[] = [], params: SqlParameter[] = [], reasons: string[] = [];
  let rest: Expression | undefined;
  for (const part of conjuncts(e)) {
    // Names are resolved before anything is judged, so that a bad name is a problem and not a "rest".
    const plan = lower(part, lowering),
      writer = new SqlWriter(dialect, options.precision ?? 6, options.columns);
    try {
      const text = writer.write(plan);
      if (text !== "1 = 1") conditions.push(text);
      params.push(...writer.params);
    } catch (error) {
      if (!(error instanceof NotInSql)) throw error;
      reasons.push(error.message);
      rest = rest
        ? { kind: "and", left: rest, right: part, at: { start: rest.at.start, end: part.at.end } }
        : part;
    }
  }
  return { text: conditions.join(" AND ") || "1 = 1", params, rest, reasons };
}

function conjuncts(e: Expression): readonly Expression[] {
  return e.kind === "and" ? [...conjuncts(e.left), ...conjuncts(e.right)] : [e];
}
