import { formatDuration } from "../base/mod.ts";
import type { CaptureSource } from "../capture/mod.ts";
import type { ClusterOptions, LabelRule } from "../cluster/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { describeQuery, isStoreUrl } from "../stores/mod.ts";
import type { FlowRecord } from "./flow_record.ts";

/** A filter on records: ra's filter language, or a function. */
export type RecordTest = string | ((record: FlowRecord) => boolean);

/** Where packets come from, and which of them are metered. */
export interface CapturePlan {
  /** Tells the two kinds of source apart. */
  readonly kind: "capture";
  /** File, glob, URL, `-`, bytes, stream, or several. */
  readonly source: CaptureSource;
  /** What to call it. */
  readonly name: string;
  /** pcap-filter expressions, all of which a packet must pass. */
  readonly packets: readonly string[];
  /** Bounded re-ordering by time, microseconds; undefined keeps the order of the capture. */
  readonly sort: number | undefined;
  /** Throws the problem of a damaged capture instead of reporting it. */
  readonly strict: boolean;
  /** Reads a growing or live input with wall-clock timers. */
  readonly live: boolean;
  /** Threads that share the metering of a record stream by flow; undefined is one meter. */
  readonly workers?: number | undefined;
  /** Reads on this thread, without a decoding thread beside it. */
  readonly alone?: boolean;
}

/** Flow records read from a file, stream or store. */
export interface FlowsPlan {
  /** Tells the two kinds of source apart. */
  readonly kind: "flows";
  /** File, `-`, URL, store or bytes. */
  readonly source: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** What to call it. */
  readonly name: string;
  /** Throws the problem of a damaged source instead of reporting it. */
  readonly strict: boolean;
}

/** One step on the way from the source to the records asked for. */
export type Step =
  | { readonly op: "meter"; readonly settings: Settings; readonly maxLive?: number | undefined }
  | { readonly op: "filter"; readonly test: RecordTest }
  | { readonly op: "time"; readonly range: string }
  | { readonly op: "cluster"; readonly options: ClusterOptions }
  | { readonly op: "bin"; readonly every: string; readonly hard: boolean }
  | { readonly op: "sort"; readonly keys: readonly string[]; readonly reverse: boolean }
  | { readonly op: "top"; readonly count: number; readonly field: string }
  | { readonly op: "limit"; readonly count: number }
  | { readonly op: "label"; readonly rules: readonly LabelRule[] }
  | { readonly op: "anonymize"; readonly key: string | Uint8Array };

/** What a chain of verbs will do: plain frozen data, run only when records are asked for. */
export interface Plan {
  /** Where packets or records come from. */
  readonly from: CapturePlan | FlowsPlan;
  /** Verbs in order. */
  readonly steps: readonly Step[];
  /** Fields to show and write; undefined means ra's default ones. */
  readonly fields: readonly string[] | undefined;
}

/** A plan with one more step. */
export function withStep(plan: Plan, step: Step): Plan {
  return Object.freeze({ ...plan, steps: Object.freeze([...plan.steps, Object.freeze(step)]) });
}

function describeStep(step: Step): string {
  switch (step.op) {
    case "meter":
      return `meter     ${step.settings.name} (clock ${step.settings.clock}, quirks ${step.settings.quirks})` +
        (step.maxLive === undefined ? "" : `, ${step.maxLive} live flows in memory`);
    case "filter":
      return `filter    ${typeof step.test === "string" ? step.test : "(function)"}`;
    case "time":
      return `time      ${step.range}`;
    case "cluster": {
      const by = step.options.by?.join(" ");
      return `cluster   ${by ? `by ${by}, ` : ""}correct ${step.options.correct ?? "evidence"}`;
    }
    case "bin":
      return `bin       ${step.every}${step.hard ? " hard" : ""}`;
    case "sort":
      return `sort      ${step.keys.join(" ")}${step.reverse ? " reversed" : ""}`;
    case "top":
      return `top       ${step.count} by ${step.field}`;
    case "limit":
      return `limit     ${step.count}`;
    case "label":
      return `label     ${
        step.rules.map((r) => r.label + (r.filter ? ` where ${r.filter}` : "")).join("; ")
      }`;
    case "anonymize":
      return "anonymize (with a key)";
  }
}

/** The plan as text, one line for each step. */
export function describePlan(plan: Plan): string {
  const lines: string[] = [];
  if (plan.from.kind === "capture") {
    lines.push(`read pcap ${plan.from.name}`);
    for (const filter of plan.from.packets) lines.push(`packets   ${filter}`);
    if (plan.from.workers !== undefined) lines.push(`workers   ${plan.from.workers}`);
    if (plan.from.sort !== undefined) lines.push(`reorder   within ${formatDuration(plan.from.sort)}`);
  } else if (typeof plan.from.source === "string" && isStoreUrl(plan.from.source)) {
    // What the engine does of the steps is SQL; the chain does the rest.
    const { sql, params, rest, reasons } = describeQuery(plan.from.source, plan.steps);
    lines.push(`read store ${plan.from.name}`, `sql       ${sql}`);
    if (params.length > 0) lines.push(`with      ${params.join(", ")}`);
    for (const reason of reasons) lines.push(`because   ${reason}:`);
    for (const step of rest) lines.push(describeStep(step as Step));
    if (plan.fields) lines.push(`select    ${plan.fields.join(" ")}`);
    return lines.join("\n");
  } else lines.push(`read flows ${plan.from.name}`);
  for (const step of plan.steps) lines.push(describeStep(step));
  if (plan.fields) lines.push(`select    ${plan.fields.join(" ")}`);
  return lines.join("\n");
}
