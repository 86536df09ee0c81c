import { Problem } from "../../lib/base/mod.ts";
import * as R from "../../lib/record/mod.ts";
import type { RaOptions } from "./ra_options.ts";

/** Decides whether a record is taken. */
export type Predicate = (batch: R.RecordBatch, row: number) => boolean;

const everything: Predicate = () => true;

/** Compiles a filter expression; the compiler is only loaded when there is one, for a fast start. */
export async function filterOf(text: string, options: RaOptions): Promise<Predicate> {
  if (text.trim() === "") return everything;
  const { compileRecordFilter } = await import("../../lib/expression/mod.ts");
  return compileRecordFilter(text, { precision: options.print.digits ?? 6 });
}

/** The time range of `-t`; management records have times, too (observed, against filter.md section 7). */
export async function timesOf(options: RaOptions): Promise<Predicate> {
  if (options.times === undefined) return everything;
  const { parseTimeRange } = await import("../../lib/expression/mod.ts");
  return parseTimeRange(options.times, undefined, options.print.zone);
}

/** `-e` expressions over captured user data: `s:` or `d:` before one side, either side without. */
export function patternsOf(options: RaOptions): Predicate {
  if (options.patterns.length === 0) return everything;
  const patterns = options.patterns.map((text) => {
    const m = /^([sd]):/.exec(text);
    let pattern: RegExp;
    try {
      pattern = new RegExp(m ? text.slice(2) : text, "s");
    } catch {
      throw new Problem("syntax", `Expected a regular expression but found "${text}"`, { found: text });
    }
    const sides: readonly (0 | 1)[] = m?.[1] === "s" ? [0] : m?.[1] === "d" ? [1] : [0, 1];
    return { pattern, sides };
  });
  return (batch, row) =>
    patterns.some(({ pattern, sides }) =>
      sides.some((side) => {
        const data = batch.user?.[2 * row + side];
        return data !== undefined && pattern.test(String.fromCharCode(...data));
      })
    );
}
