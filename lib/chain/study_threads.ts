import { Problem } from "../base/mod.ts";
import { type Peaks, StudyBuilder, type StudyPart, type StudyResult } from "../compare/mod.ts";
import { compileRecordFilter } from "../expression/mod.ts";
import { flocksOf } from "../meter/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { CapturePlan } from "./plan.ts";
import { meterCapture, type RunListeners } from "./run.ts";
import type { StudyNews, StudyTask } from "./study_worker.ts";

/** Bytes that a live entry takes: its rows in the flow table, and its key. */
export const ENTRY_BYTES = 80 * 4 + 12 * 8 + 16 * 4 + 8 + 4 + 16 * 4;

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
      // A filter may ask for what settings metered together do not have: sequence numbers, causes.
      ...(accepts !== undefined ? {} : {
        share: (members, numbering) => {
          const set = builder.share(members);
          return (batch, settings, connection) =>
            builder.takeShared(set, settings, batch, numbering, connection);
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

/** Divides the settings of a study among threads, each of which reads the capture for itself. */
export async function dividedStudy(
  plan: CapturePlan,
  settings: readonly Settings[],
  filter: string | undefined,
  listeners: RunListeners,
): Promise<StudyResult> {
  const threads = Math.max(2, Math.min(navigator.hardwareConcurrency ?? 2, Math.floor(settings.length / 2)));
  const builder = new StudyBuilder(settings);
  const peaks: Peaks[] = [];
  const workers: Worker[] = [];
  try {
    await Promise.all(
      deal(settings, threads).map(async (mine, t) => {
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

/** Deals the settings out to threads, by number, so that all have about as much to do and none of a flock are parted. */
function deal(settings: readonly Settings[], threads: number): number[][] {
  // A flock meters its flows a few times over, however many settings it has.
  const cost = (flock: readonly number[]) => 1 + Math.log2(flock.length) / 2;
  const hands = Array.from({ length: threads }, () => ({ cost: 0, mine: [] as number[] }));
  for (const flock of flocksOf(settings).sort((a, b) => b.length - a.length)) {
    const hand = hands.reduce((least, h) => h.cost < least.cost ? h : least);
    hand.cost += cost(flock);
    hand.mine.push(...flock);
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
