import { Problem, type ProblemCode, type ProblemDetail } from "../base/mod.ts";

/** What any thread that meters or decodes shards tells. */
export type ThreadNews =
  | { readonly kind: "ready" }
  | {
    readonly kind: "problem";
    readonly code: ProblemCode;
    readonly reason: string;
    readonly detail: ProblemDetail;
  }
  | {
    readonly kind: "failed";
    readonly code?: ProblemCode;
    readonly reason: string;
    readonly detail: ProblemDetail;
  };

/** A worker's own global, which the library types of a page do not describe. */
export interface Port<Task, News> {
  postMessage(news: News): void;
  onmessage: ((event: { data: Task }) => void) | null;
}

/** The thread's own port. */
export function portOf<Task, News>(): Port<Task, News> {
  return globalThis as unknown as Port<Task, News>;
}

/** Tells why a thread gave up. */
export function failureOf(error: unknown): ThreadNews {
  return error instanceof Problem
    ? { kind: "failed", code: error.code, reason: error.reason, detail: error.detail() }
    : { kind: "failed", reason: String(error), detail: {} };
}

/**
 * Starts a thread and sets it to work; `hear` is given all but what every thread tells.
 *
 * @throws {Problem} what the thread failed of.
 */
export function attend<Task, News extends { readonly kind: string }>(
  thread: Worker,
  task: Task,
  hear: (news: News) => void,
  onProblem: ((problem: Problem) => void) | undefined,
): Promise<never> {
  return new Promise((_, reject) => {
    thread.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`metering thread: ${event.message}`));
    };
    thread.onmessage = ({ data }: { data: News | ThreadNews }) => {
      const news = data as ThreadNews;
      if (news.kind === "ready") thread.postMessage(task);
      else if (news.kind === "problem") onProblem?.(new Problem(news.code, news.reason, news.detail));
      else if (news.kind === "failed") {
        reject(news.code ? new Problem(news.code, news.reason, news.detail) : new Error(news.reason));
      } else hear(data as News);
    };
  });
}
