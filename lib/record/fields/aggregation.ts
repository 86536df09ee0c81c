import {
  AGR_COUNT,
  AGR_DOUBLES,
  AGR_MAX,
  AGR_MEAN,
  AGR_MIN,
  AGR_N,
  AGR_STDEV,
  type RecordBatch,
} from "../batch.ts";
import * as R from "../layout.ts";
import { type Field, float, integer, type NumberGetter } from "./field.ts";
import { duration } from "./time.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  FLAGS, FLAG_AGR, FLAG_MAR, WORDS,
} = R;

const isFlow = (batch: RecordBatch, row: number) => (batch.words[row * WORDS + FLAGS]! & FLAG_MAR) === 0;

/** A statistic of the aggregation section; a record read without one is an aggregate of itself. */
function statistic(offset: number, alone: NumberGetter): NumberGetter {
  return (batch, row) => {
    if (!isFlow(batch, row)) return NaN;
    if ((batch.words[row * WORDS + FLAGS]! & FLAG_AGR) === 0 || batch.agr === undefined) {
      return alone(batch, row);
    }
    return Math.fround(batch.agr[row * AGR_DOUBLES + offset]!);
  };
}

/** Without aggregation section (its count is 0) the original prints the duration here. */
const deviation: NumberGetter = (batch, row) => {
  const alone = (batch.words[row * WORDS + FLAGS]! & FLAG_AGR) !== 0 &&
    batch.agr?.[row * AGR_DOUBLES + AGR_COUNT] === 0;
  return alone ? duration(batch, row) : statistic(AGR_STDEV, () => 0)(batch, row);
};
const mean = statistic(AGR_MEAN, duration), n = statistic(AGR_N, () => 1);
const sum: NumberGetter = (batch, row) => Math.fround(mean(batch, row) * n(batch, row));
const notes = (meaning: string, xml: string, sql = "double") =>
  ({ meaning, unit: "s", merge: "statistics", sql, xml }) as const;

/** Statistics of the records that were merged (racluster). */
export const AGGREGATION_FIELDS: readonly Field[] = [
  integer("trans", "Trans", 6, statistic(AGR_COUNT, () => 1), {
    meaning: "records merged into this one",
    merge: "sum",
    sql: "int unsigned",
    xml: "Trans",
    ipfix: { name: "deltaFlowCount", id: 3 },
  }),
  float("mean", "Mean", 10, mean, notes("mean duration of the merged records", "Mean")),
  float(
    "stddev",
    "StdDev",
    10,
    deviation,
    notes("standard deviation of their durations", "StdDev", "double unsigned"),
  ),
  float("min", "Min", 10, statistic(AGR_MIN, duration), notes("shortest duration", "Min")),
  float("max", "Max", 10, statistic(AGR_MAX, duration), notes("longest duration", "Max")),
  float("sum", "Sum", 10, sum, notes("sum of the durations", "Sum")),
  float("runtime", "RunTime", 10, sum, notes("sum of the durations", "Run")),
];
