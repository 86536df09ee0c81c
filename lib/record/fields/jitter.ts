import { J_MAX, J_MEAN, J_MIN, J_N, J_STDEV, JITTER_DOUBLES, type RecordBatch } from "../batch.ts";
import * as R from "../layout.ts";
import { putFixed } from "../print/number.ts";
import { blank, type Field, float, type NumberGetter } from "./field.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  FLAGS, FLAG_JITTER, WORDS,
} = R;

/** Position of a side's active block; its idle block stands 5 further. */
const START = [0, 10] as const;

/** Where the blocks of a side begin in the bank, -1 when the record has no jitter section. */
function blocks(batch: RecordBatch, row: number, side: 0 | 1): number {
  return (batch.words[row * WORDS + FLAGS]! & FLAG_JITTER) === 0 || batch.jitter === undefined
    ? -1
    : row * JITTER_DOUBLES + START[side];
}

/** The original sums in 32-bit floats. */
const summed = (j: Float64Array, at: number) => Math.fround(j[at + J_MEAN]! * j[at + J_N]!);

/** Mean of both blocks weighted by their counts, microseconds. */
function meanOf(j: Float64Array, at: number): number {
  const n = j[at + J_N]! + j[at + 5 + J_N]!;
  return Math.fround(Math.fround(summed(j, at) + summed(j, at + 5)) / n);
}

/** Mean of both blocks weighted by their counts, ms. */
function mean(side: 0 | 1): NumberGetter {
  return (batch, row) => {
    const at = blocks(batch, row, side);
    if (at < 0) return NaN;
    const j = batch.jitter!;
    // That of the source goes through a 32-bit sum even when it has one block only.
    const alone = side === 1 && j[at + 5 + J_N] === 0 && j[at + J_N] !== 0;
    const v = (alone ? j[at + J_MEAN]! : meanOf(j, at)) / 1000;
    // Without gaps the original prints 0 for the source, nothing for the destination.
    return v === v || side === 1 ? v : 0;
  };
}

/** One value of one block, ms; `skipEmpty` leaves it out when the block counted nothing. */
function ofBlock(side: 0 | 1, idle: 0 | 1, what: number, skipEmpty: boolean): NumberGetter {
  return (batch, row) => {
    const start = blocks(batch, row, side);
    if (start < 0) return NaN;
    const at = start + 5 * idle, n = batch.jitter![at + J_N]!;
    if (n === 0) return skipEmpty ? NaN : 0;
    return batch.jitter![at + what]! / 1000;
  };
}

/**
 * Largest (`J_MAX`) or smallest (`J_MIN`) gap of a side as the original has it: of the source the larger of both blocks' values,
 * for the smallest gap too; of the destination that of the active block alone.
 */
function extreme(side: 0 | 1, what: number): NumberGetter {
  return (batch, row) => {
    const at = blocks(batch, row, side);
    if (at < 0) return NaN;
    const j = batch.jitter!;
    const active = j[at + J_N]! > 0 ? j[at + what]! : 0, idle = j[at + 5 + J_N]! > 0 ? j[at + 5 + what]! : 0;
    return (side === 0 ? Math.max(active, idle) : active) / 1000;
  };
}

/**
 * Standard deviation of a side, ms: that of its only block, or of both by the original's formula
 * sqrt(sum/1000/n - (mean/1000)^2), which mixes units.
 */
function deviation(side: 0 | 1): NumberGetter {
  return (batch, row) => {
    const at = blocks(batch, row, side);
    if (at < 0) return NaN;
    const j = batch.jitter!, n1 = j[at + J_N]!, n2 = j[at + 5 + J_N]!;
    if (n1 + n2 === 0) return NaN;
    if (n2 === 0) return j[at + J_STDEV]! / 1000;
    if (n1 === 0) return j[at + 5 + J_STDEV]! / 1000;
    const squares = (k: number) => j[k + J_N]! * j[k + J_STDEV]! ** 2 + summed(j, k) ** 2 / j[k + J_N]!;
    const m = Math.fround(meanOf(j, at) / 1000);
    return Math.sqrt((squares(at) + squares(at + 5)) / 1000 / (n1 + n2) - m * m);
  };
}

const ms = (name: string, title: string, get: NumberGetter, meaning: string, xml = "") =>
  float(name, title, 12, get, { meaning, unit: "ms", merge: "statistics", sql: "double", xml });

/** A standard deviation. The meter's own rounding can make one that is not a number, which prints as `-nan`. */
function spread(name: string, title: string, side: 0 | 1, get: NumberGetter, meaning: string): Field {
  const idle = name.endsWith("idl"), active = name.endsWith("act");
  return float(name, title, 12, get, {
    meaning,
    unit: "ms",
    merge: "statistics",
    sql: "double",
    print: (style) => (batch, row, sink) => {
      const v = get(batch, row);
      if (v === v) return putFixed(sink, v, style.digits);
      const at = blocks(batch, row, side);
      if (at < 0) return;
      const counts = (active ? 0 : batch.jitter![at + 5 + J_N]!) + (idle ? 0 : batch.jitter![at + J_N]!);
      if (counts > 0) sink.ascii("-nan");
    },
  });
}

const SIDES = [["s", "S", "Src", "source"], ["d", "D", "Dst", "destination"]] as const;

/** Gaps between packets and their spread (-J), the source's then the destination's, in the order of the program's table. */
export const JITTER_FIELDS: readonly Field[] = [
  ...SIDES.map(([s, S, X, who], i) =>
    ms(`${s}intpkt`, `${S}IntPkt`, mean(i as 0 | 1), `mean gap between packets of the ${who}`, `${X}IntPkt`)
  ),
  ...SIDES.map(([s, S, X, who], i) =>
    ms(
      `${s}intpktact`,
      `${S}IntPktAct`,
      ofBlock(i as 0 | 1, 0, J_MEAN, false),
      `mean gap of the ${who} while active`,
      `${X}ActiveIntPkt`,
    )
  ),
  ...SIDES.map(([s, S, X, who], i) =>
    ms(
      `${s}intpktidl`,
      `${S}IntPktIdl`,
      ofBlock(i as 0 | 1, 1, J_MEAN, false),
      `mean gap of the ${who} while idle`,
      `${X}IdleIntPkt`,
    )
  ),
  ...SIDES.flatMap(([s, S, X, who], i) => [
    ms(
      `${s}intpktmax`,
      `${S}IntPktMax`,
      extreme(i as 0 | 1, J_MAX),
      `largest gap of the ${who}`,
      `${X}IntPktMax`,
    ),
    ms(
      `${s}intpktmin`,
      `${S}IntPktMin`,
      extreme(i as 0 | 1, J_MIN),
      `smallest gap of the ${who}`,
      `${X}IntPktMin`,
    ),
  ]),
  ...SIDES.flatMap(([s, S, X, who], i) => [
    ms(
      `${s}intpktactmax`,
      `${S}IPActMax`,
      ofBlock(i as 0 | 1, 0, J_MAX, false),
      `largest gap of the ${who} while active`,
      `${X}ActIntPktMax`,
    ),
    ms(
      `${s}intpktactmin`,
      `${S}IPActMin`,
      ofBlock(i as 0 | 1, 0, J_MIN, false),
      `smallest gap of the ${who} while active`,
      `${X}ActIntPktMin`,
    ),
  ]),
  ...SIDES.flatMap(([s, S, , who], i) => [
    ms(
      `${s}intpktidlmax`,
      `${S}IPIdlMax`,
      ofBlock(i as 0 | 1, 1, J_MAX, false),
      `largest gap of the ${who} while idle`,
    ),
    ms(
      `${s}intpktidlmin`,
      `${S}IPIdlMin`,
      ofBlock(i as 0 | 1, 1, J_MIN, false),
      `smallest gap of the ${who} while idle`,
    ),
  ]),
  ...SIDES.map(([s, , X, who], i) =>
    spread(
      `${s}jit`,
      `${X}Jitter`,
      i as 0 | 1,
      deviation(i as 0 | 1),
      `standard deviation of the gaps of the ${who}`,
    )
  ),
  ...SIDES.map(([s, , X, who], i) =>
    spread(
      `${s}jitact`,
      `${X}JitAct`,
      i as 0 | 1,
      ofBlock(i as 0 | 1, 0, J_STDEV, true),
      `standard deviation of the gaps of the ${who} while active`,
    )
  ),
  ...SIDES.map(([s, , X, who], i) =>
    spread(
      `${s}jitidl`,
      `${X}JitIdl`,
      i as 0 | 1,
      ofBlock(i as 0 | 1, 1, J_STDEV, true),
      `standard deviation of the gaps of the ${who} while idle`,
    )
  ),
];

const histogram = (name: string, title: string, width: number, meaning: string) =>
  blank(name, title, width, { meaning, merge: "none", sql: "varchar(8)", xml: "SrcIntDist" });

/** Histograms of gaps; the meter writes none, so these are blank as in the original. */
export const GAP_HISTOGRAM_FIELDS: readonly Field[] = [
  histogram("sintdist", "SIntDist", 8, "distribution of the gaps of the source"),
  histogram("dintdist", "DIntDist", 8, "distribution of the gaps of the destination"),
  histogram("sintdistact", "SIntActDist", 11, "distribution of the gaps of the source while active"),
  histogram("dintdistact", "DIntActDist", 11, "distribution of the gaps of the destination while active"),
  histogram("sintdistidl", "SIntIdlDist", 11, "distribution of the gaps of the source while idle"),
  histogram("dintdistidl", "DIntIdlDist", 11, "distribution of the gaps of the destination while idle"),
];
