import { cores, Problem } from "../base/mod.ts";
import { type Peaks, StudyBuilder, type StudyPart, type StudyResult } from "../compare/mod.ts";
import { asksOfPacketsOnly, compileRecordFilter } from "../expression/mod.ts";
import { flocksOf } from "../meter/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { CapturePlan } from "./plan.ts";
import { meterCapture, type RunListeners } from "./run.ts";
import type { StudyNews, StudyTask } from "./study_worker.ts";

/** Bytes that a live entry takes: its rows in the flow table, and its key. */
export const ENTRY_BYTES = 80 * 4 + 12 * 8 + 16 * 4 + 8 + 4 + 16 * 4;

/** The settings, by number, that one meter serves each: settings metered together do not know why a record was written. */
export function metersOf(settings: readonly Settings[], filter: string | undefined): number[][] {
  return filter && !asksOfPacketsOnly(filter) ? settings.map((_, i) => [i]) : flocksOf(settings);
}

/** Meters a capture into a study builder; gives the peaks of its meters. */
export async function gatherStudy(
  plan: CapturePlan,
  settings: readonly Settings[],
  builder: StudyBuilder,
  filter: string | undefined,
  listeners: RunListeners = {},
): Promise<Peaks[]> {
  const accepts = filter ? compileRecordFilter(filter) : undefined;
  const run = await meterCapture(
    plan,
    settings,
    (index, batch) => {
      if (accepts === undefined) return builder.take(index, batch);
      const kept = batch.fresh();
      for (let row = 0; row < batch.length; row++) if (accepts(batch, row)) kept.append(batch, row);
      builder.take(index, kept);
    },
    {
      connections: true,
      reuse: true,
      taker: (index, numbering) => (batch, row, connection) =>
        builder.takeRaw(index, batch, row, numbering, connection, accepts),
      ...(filter && !asksOfPacketsOnly(filter) ? {} : {
        share: (members, numbering) => {
          const set = builder.share(members);
          return (batch, settings, connection) =>
            builder.takeShared(set, settings, batch, numbering, connection, accepts);
        },
      }),
    },
    listeners,
  );
  return run.meters.map((m) => ({
    flows: m.table.peak,
    bytes: m.table.peak * ENTRY_BYTES + (m.ghosts?.peakBytes ?? 0),
  }));
}

/** Divides the meters of a study among threads, each of which reads the capture for itself. */
export async function dividedStudy(
  plan: CapturePlan,
  settings: readonly Settings[],
  filter: string | undefined,
  listeners: RunListeners,
): Promise<StudyResult> {
  const meters = metersOf(settings, filter);
  const threads = Math.max(2, Math.min(cores(), Math.floor(meters.length / 2)));
  const builder = new StudyBuilder(settings);
  const peaks: Peaks[] = [];
  const workers: Worker[] = [];
  try {
    await Promise.all(
      deal(meters, threads).map(async (mine, t) => {
        const worker = new Worker(new URL("./study_worker.ts", import.meta.url), { type: "module" });
        workers.push(worker);
        const chosen = mine.map((i) => settings[i]!);
        const done = await study(worker, { plan, settings: chosen, filter }, t === 0 ? listeners : {});
        builder.absorb(done.part, mine);
        mine.forEach((i, j) => peaks[i] = done.peaks[j]!);
      }),
    );
  } finally {
    for (const worker of workers) worker.terminate();
  }
  return builder.finish(peaks);
}

/** Deals meters out to threads, so that all have about as much to do; gives the settings of each. */
function deal(meters: readonly number[][], threads: number): number[][] {
  // Settings that are metered together part here and there, however many they are.
  const cost = (settings: readonly number[]) => 1 + Math.log2(settings.length) / 2;
  const hands = Array.from({ length: threads }, () => ({ cost: 0, mine: [] as number[] }));
  for (const meter of meters.toSorted((a, b) => b.length - a.length)) {
    const hand = hands.reduce((least, h) => h.cost < least.cost ? h : least);
    hand.cost += cost(meter);
    hand.mine.push(...meter);
  }
  return hands.map((h) => h.mine.sort((a, b) => a - b)).filter((mine) => mine.length > 0);
}

/** Lets a thread study its share. */
function study(
  worker: Worker,
  task: StudyTask,
  listeners: RunListeners,
): Promise<{ part: StudyPart; peaks: readonly Peaks[] }> {
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`study thread: ${event.message}`));
    };
    worker.onmessage = ({ data: news }: { data: StudyNews }) => {
      if (news.kind === "ready") worker.postMessage(task);
      else if (news.kind === "problem") {
        listeners.onProblem?.(new Problem(news.code, news.reason, news.detail));
      } else if (news.kind === "progress") listeners.onProgress?.(news.read, news.total);
      else if (news.kind === "failed") {
        reject(news.code ? new Problem(news.code, news.reason, news.detail) : new Error(news.reason));
      } else resolve(news);
    };
  });
}
