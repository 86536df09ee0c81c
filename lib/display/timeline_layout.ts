import { type Fold, type TimeAxis, timeAxis } from "./time_axis.ts";
import type { TimelineCloseUp, TimelineLane, TimelineMark, TimelineModel, TimelineRecord } from "./types.ts";

/** Sizes that depend on the width of the page. */
export interface Sizes {
  readonly width: number;
  readonly narrow: boolean;
  readonly font: number;
  readonly left: number;
  readonly right: number;
}

/** Sizes for a width: narrow pages put the lane's name above its bars. */
export function sizesFor(width: number, names: readonly number[]): Sizes {
  const narrow = width < 640;
  const left = narrow ? 8 : Math.min(Math.max(60, ...names) + 22, width / 4);
  return { width, narrow, font: narrow ? 11 : 12, left, right: width - (narrow ? 10 : 18) };
}

/** First and last moment of everything in the lanes and packets. */
export function extent(model: TimelineModel): [number, number] {
  let start = Infinity, end = -Infinity;
  const see = (t: number) => {
    if (t < start) start = t;
    if (t > end) end = t;
  };
  for (const lane of model.lanes) {
    for (const r of lane.records) {
      see(r.start);
      see(r.end);
    }
  }
  const packets = model.packets ?? [];
  for (let i = 0; i < packets.length; i++) see(packets[i]!);
  if (start > end) return [0, 1];
  return [start, end > start ? end : start + 1];
}

/** Moments at which the connection showed life: packets, or the ends of the records. */
function activity(model: TimelineModel): number[] {
  const times = model.packets && model.packets.length > 0
    ? Array.from(model.packets)
    : model.lanes.flatMap((lane) => lane.records.flatMap((r) => [r.start, r.end]));
  return times.sort((a, b) => a - b);
}

/**
 * Silences so long that they would squeeze everything else: more than a fifth of the whole. A silence that ends with somebody
 * speaking first is what the picture is about and stays as it is.
 */
export function findFolds(model: TimelineModel, start: number, end: number): Fold[] {
  const times = [start, ...activity(model), end];
  const told = model.lanes.flatMap((l) => l.marks ?? []).filter((m) => m.kind === "spoke-first");
  const folds: Fold[] = [];
  for (let i = 1; i < times.length; i++) {
    const from = times[i - 1]!, to = times[i]!;
    if (to - from < (end - start) / 5) continue;
    if (told.some((m) => m.time > from && m.time <= to)) continue;
    // A margin stays open on both sides, so that bars do not end at the fold.
    const margin = (end - start) / 100;
    folds.push({ start: from + margin, end: to - margin });
  }
  return folds;
}

/** The axis of the overview. */
export function overviewAxis(model: TimelineModel, sizes: Sizes): TimeAxis {
  const [start, end] = extent(model);
  return timeAxis(start, end, sizes.left, sizes.right, findFolds(model, start, end));
}

/** A run of records that share their pixels and their looks. */
export interface Bar {
  readonly x0: number;
  readonly x1: number;
  readonly first: TimelineRecord;
  readonly records: number;
  readonly packets: number;
}

/** Whether the reader of this record would take the wrong side for the initiator, or cannot know. */
export function doubtful(record: TimelineRecord): boolean {
  return record.swapped === true || record.direction.includes("?");
}

/** Bars of a lane: records that fall on the same pixels are one bar, so that ten thousand cuts still make a small picture. */
export function layBars(lane: TimelineLane, axis: TimeAxis): Bar[] {
  const bars: Bar[] = [];
  const records = [...lane.records].sort((a, b) => a.start - b.start);
  for (const first of records) {
    const x0 = axis.x(first.start), x1 = Math.max(axis.x(first.end), x0 + 1.5);
    const last = bars.at(-1);
    if (
      last && x0 - last.x1 < 0.5 && x1 - last.x0 < 3 && last.first.evidence === first.evidence &&
      doubtful(last.first) === doubtful(first)
    ) {
      bars[bars.length - 1] = {
        ...last,
        x1: Math.max(last.x1, x1),
        records: last.records + 1,
        packets: last.packets + first.packets,
      };
    } else bars.push({ x0, x1, first, records: 1, packets: first.packets });
  }
  return bars;
}

/** How a cut went: the entry survived it or was forgotten after it. */
export interface Outcome {
  readonly x: number;
  readonly lost: boolean;
  /** Cuts this sign stands for. */
  readonly count: number;
}

/** One sign for each cut in the overview; where signs would overlap, a loss hides what survived. */
export function layOutcomes(marks: readonly TimelineMark[], axis: TimeAxis, apart: number): Outcome[] {
  const out: Outcome[] = [];
  for (const mark of [...marks].sort((a, b) => a.time - b.time)) {
    const lost = mark.kind === "forgotten";
    if (!lost && mark.kind !== "cut" && mark.kind !== "revived") continue;
    const x = axis.x(mark.time), last = out.at(-1);
    if (last && x - last.x < apart) {
      out[out.length - 1] = {
        x: lost && !last.lost ? x : last.x,
        lost: last.lost || lost,
        count: last.count + 1,
      };
    } else out.push({ x, lost, count: 1 });
  }
  return out;
}

/** The stretch drawn large: as asked for, else around the first packet that spoke after a forgotten entry. */
export function chooseCloseUp(model: TimelineModel): TimelineCloseUp | undefined {
  if (model.closeUp !== undefined) return model.closeUp ?? undefined;
  // The lane with the fewest losses tells the same with the least around it.
  let best: { closeUp: TimelineCloseUp; losses: number } | undefined;
  model.lanes.forEach((lane, index) => {
    const marks = [...(lane.marks ?? [])].sort((a, b) => a.time - b.time);
    const spoke = marks.filter((m) => m.kind === "spoke-first");
    const first = spoke[0];
    if (!first || (best && best.losses <= spoke.length)) return;
    const before = marks.filter((m) => m.time < first.time);
    const last = before.findLast((m) => m.kind === "last-packet")?.time ??
      lane.records.filter((r) => r.end < first.time).reduce((t, r) => Math.max(t, r.end), -Infinity);
    const from = Number.isFinite(last) ? last : before.at(-1)?.time ?? first.time - 1;
    const margin = (first.time - from) * 0.07;
    best = {
      closeUp: { lane: index, start: from - margin, end: first.time + margin },
      losses: spoke.length,
    };
  });
  return best?.closeUp;
}
