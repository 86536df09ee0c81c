import { type DiffResult, eachDifference, toJson } from "../compare/mod.ts";
import type { Comparison } from "./comparison.ts";
import { jsonText } from "./json_text.ts";

/** The comparison as plain JSON data. */
export function comparisonJson(c: Comparison): unknown {
  return jsonOf(c, (d) => toJson(d));
}

/** The text of {@linkcode comparisonJson}, indented by two, in pieces: no more differences are in memory at once than a piece holds. */
export function comparisonJsonText(c: Comparison): Iterable<string> {
  return jsonText(jsonOf(c, (d) => {
    const { left, right, counts, leftOut, totals } = d;
    const rest = toJson({ left, right, differences: [], counts, leftOut, totals }) as Record<string, unknown>;
    return { ...rest, differences: { [Symbol.iterator]: () => plainEach(d) } };
  }));
}

function* plainEach(result: DiffResult): Generator<unknown> {
  for (const difference of eachDifference(result)) yield toJson(difference);
}

function jsonOf(c: Comparison, diffJson: (diff: DiffResult) => unknown): unknown {
  return {
    capture: c.name,
    filter: c.filter ?? null,
    settings: c.tables.map((t) => ({
      settings: toJson(t.settings),
      records: t.records,
      seen: t.seen,
      rows: toJson(t.refs as never),
    })),
    diffs: c.diffs.map(diffJson),
    explained: c.explained.map((e) => ({ setting: e.settings.name, row: e.row, why: toJson(e.why) })),
    unexplained: c.unexplained,
    remedies: c.remedies.map((r) => ({
      setting: r.settings.name,
      connection: r.connection,
      remedies: toJson(r.remedies as never),
    })),
    problems: c.problems,
  };
}
