/** What kind of thing went wrong; stable, for programs to switch on. */
export type ProblemCode =
  | "not-found"
  | "no-permission"
  | "not-a-capture"
  | "empty"
  | "truncated"
  | "damaged"
  | "unsupported"
  | "syntax"
  | "bad-value"
  | "unknown-name"
  | "not-argus"
  | "store"
  | "network";

/** Where and how something went wrong, beyond the sentence. */
export interface ProblemDetail {
  /** File, URL or name of the stream. */
  readonly source?: string;
  /** Frame number in the capture, from 1. */
  readonly frame?: number;
  /** Record number in a flow file, from 1. */
  readonly record?: number;
  /** Byte offset in the source. */
  readonly offset?: number;
  /** Character position in an expression or line, from 0. */
  readonly position?: number;
  /** Line number in a text source, from 1. */
  readonly line?: number;
  /** What would have been right. */
  readonly expected?: string;
  /** What was there. */
  readonly found?: string;
  /** The error below this one. */
  readonly cause?: unknown;
}

/**
 * A typed, user-facing error: one sentence that names the file, frame and offset (or position) and what was expected.
 *
 * Nothing already computed is lost when one is reported; only `strict` readers throw it.
 *
 * @example A problem says where it happened
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Problem } from "./problem.ts";
 *
 * const p = new Problem("truncated", "Expected 60 bytes of frame data but found 12", {
 *   source: "a.pcap",
 *   frame: 7,
 *   offset: 412,
 * });
 * assertEquals(p.message, "a.pcap: frame 7 at byte 412: Expected 60 bytes of frame data but found 12");
 * ```
 */
export class Problem extends Error implements ProblemDetail {
  /** Always `Problem`. */
  override readonly name: string = "Problem";
  /** The kind of problem. */
  readonly code: ProblemCode;
  /** The sentence without its place. */
  readonly reason: string;
  /** File, URL or name of the stream. */
  readonly source?: string;
  /** Frame number in the capture, from 1. */
  readonly frame?: number;
  /** Record number in a flow file, from 1. */
  readonly record?: number;
  /** Byte offset in the source. */
  readonly offset?: number;
  /** Character position in an expression or line, from 0. */
  readonly position?: number;
  /** Line number in a text source, from 1. */
  readonly line?: number;
  /** What would have been right. */
  readonly expected?: string;
  /** What was there. */
  readonly found?: string;

  /** Builds the message from the reason and the place. */
  constructor(code: ProblemCode, reason: string, detail: ProblemDetail = {}) {
    const place: string[] = [];
    if (detail.source !== undefined) place.push(detail.source);
    const at: string[] = [];
    if (detail.frame !== undefined) at.push(`frame ${detail.frame}`);
    if (detail.record !== undefined) at.push(`record ${detail.record}`);
    if (detail.line !== undefined) at.push(`line ${detail.line}`);
    if (detail.offset !== undefined) at.push(`${at.length ? "at " : ""}byte ${detail.offset}`);
    if (detail.position !== undefined) at.push(`${at.length ? "at " : ""}position ${detail.position}`);
    if (at.length) place.push(at.join(" "));
    super([...place, reason].join(": "), detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.reason = reason;
    const { cause: _, ...rest } = detail;
    Object.assign(this, rest);
  }

  /** The place and the rest as plain data, to make an equal problem on another thread. */
  detail(): ProblemDetail {
    const detail: Record<string, unknown> = {};
    for (
      const key of ["source", "frame", "record", "offset", "position", "line", "expected", "found"] as const
    ) {
      if (this[key] !== undefined) detail[key] = this[key];
    }
    return detail;
  }
}
