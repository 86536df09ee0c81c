/**
 * One thread of a divided study: meters its share of the settings and gives the figures as plain arrays.
 *
 * @module
 */
import { Problem, type ProblemDetail } from "../base/mod.ts";
import { type Peaks, StudyBuilder, type StudyPart } from "../compare/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { CapturePlan } from "./plan.ts";
import { gatherStudy } from "./study_threads.ts";

/** What a thread is told. */
export interface StudyTask {
  readonly plan: CapturePlan;
  readonly settings: readonly Settings[];
  readonly filter: string | undefined;
}

/** What it tells. */
export type StudyNews =
  | { readonly kind: "ready" }
  | {
    readonly kind: "problem";
    readonly code: Problem["code"];
    readonly reason: string;
    readonly detail: ProblemDetail;
  }
  | { readonly kind: "progress"; readonly read: number; readonly total: number | undefined }
  | {
    readonly kind: "failed";
    readonly code?: Problem["code"];
    readonly reason: string;
    readonly detail?: ProblemDetail;
  }
  | { readonly kind: "done"; readonly part: StudyPart; readonly peaks: readonly Peaks[] };

const scope = globalThis as unknown as {
  onmessage: ((event: { data: StudyTask }) => void) | null;
  postMessage(news: StudyNews, transfer?: Transferable[]): void;
};

async function run(task: StudyTask): Promise<void> {
  try {
    const builder = new StudyBuilder(task.settings);
    // The plan is read on this thread alone: decoding once for all threads was slower, a decoding thread beside each would take a core.
    const peaks = await gatherStudy({ ...task.plan, alone: true }, task.settings, builder, task.filter, {
      onProblem: (p) =>
        scope.postMessage({ kind: "problem", code: p.code, reason: p.reason, detail: p.detail() }),
      onProgress: (read, total) => scope.postMessage({ kind: "progress", read, total }),
    });
    const part = builder.part();
    const { connections: { conns, begin, kept }, counts: { heads, entries } } = part;
    scope.postMessage(
      { kind: "done", part, peaks },
      [conns, begin, kept, heads, entries].map((array) => array.buffer as ArrayBuffer),
    );
  } catch (error) {
    if (error instanceof Problem) {
      scope.postMessage({ kind: "failed", code: error.code, reason: error.reason, detail: error.detail() });
    } else scope.postMessage({ kind: "failed", reason: String((error as Error).stack ?? error) });
  }
}

scope.onmessage = (event) => void run(event.data);
scope.postMessage({ kind: "ready" });
