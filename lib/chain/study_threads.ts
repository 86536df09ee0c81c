import { Problem } from "../base/mod.ts";
import { type Peaks, StudyBuilder, type StudyPart, type StudyResult } from "../compare/mod.ts";
import { compileRecordFilter } from "../expression/mod.ts";
import { herdOf, isLarge } from "../meter/mod.ts";
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
      // A decoding thread serves one meter for each setting.
      ...(plan.live || !plan.alone && isLarge(plan.source)
        ? {}
        : { share: (from, to) => builder.copy(from, to) }),
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

/** Intervals that few captures are longer than, microseconds: settings that differ only in such, and in timeouts, share a meter. */
const LONG = 3600e6;

/** Deals the settings out to threads, by number, so that all have about as much to do. */
function deal(settings: readonly Settings[], threads: number): number[][] {
  const units = new Map<string, { cost: number; mine: number[] }>();
  settings.forEach((s, i) => {
    const herd = s.status >= LONG ? herdOf(s) : undefined, key = herd ?? String(i), unit = units.get(key);
    // Short intervals make more records; those that share a meter have at least the end of the capture for themselves.
    if (!unit) units.set(key, { cost: 1 + 0.4 / (1 + Math.log10(Math.max(1, s.status / 1e6))), mine: [i] });
    else {
      unit.cost += 0.02;
      unit.mine.push(i);
    }
  });
  const hands = Array.from({ length: threads }, () => ({ cost: 0, mine: [] as number[] }));
  for (const unit of [...units.values()].sort((a, b) => b.cost - a.cost)) {
    const hand = hands.reduce((least, h) => h.cost < least.cost ? h : least);
    hand.cost += unit.cost;
    hand.mine.push(...unit.mine);
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
