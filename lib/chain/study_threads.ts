import { Problem } from "../base/mod.ts";
import { type Peaks, StudyBuilder, type StudyPart, type StudyResult } from "../compare/mod.ts";
import { compileRecordFilter } from "../expression/mod.ts";
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
    { connections: true, reuse: true },
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
  await Promise.all(Array.from({ length: threads }, async (_, t) => {
    // Every n-th setting: neighbours in a grid cost alike.
    const mine = settings.map((_, i) => i).filter((i) => i % threads === t);
    const done = await runWorker(
      { plan, settings: mine.map((i) => settings[i]!), filter },
      t === 0 ? listeners : {},
    );
    builder.absorb(done.part, mine);
    mine.forEach((i, j) => peaks[i] = done.peaks[j]!);
  }));
  return builder.finish(peaks);
}

function runWorker(
  task: StudyTask,
  listeners: RunListeners,
): Promise<{ part: StudyPart; peaks: readonly Peaks[] }> {
  const worker = new Worker(new URL("./study_worker.ts", import.meta.url), { type: "module" });
  return new Promise<{ part: StudyPart; peaks: readonly Peaks[] }>((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data: news }: { data: StudyNews }) => {
      if (news.kind === "ready") worker.postMessage(task);
      else if (news.kind === "problem") {
        listeners.onProblem?.(new Problem(news.code, news.reason, news.detail));
      } else if (news.kind === "progress") listeners.onProgress?.(news.read, news.total);
      else if (news.kind === "failed") {
        reject(news.code ? new Problem(news.code, news.reason, news.detail) : new Error(news.reason));
      } else resolve(news);
    };
  }).finally(() => worker.terminate());
}
