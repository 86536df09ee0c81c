import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { RecordBatch } from "../record/mod.ts";
import type { CacheOptions, CacheProgress, CaptureMark } from "../stores/mod.ts";
import type { Plan } from "./plan.ts";

/** Digest of a file's bytes, or undefined when the name is not that of one file that can be read. */
async function digestOf(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    for await (const bytes of createReadStream(path)) hash.update(bytes as Uint8Array);
  } catch {
    return undefined;
  }
  return hash.digest("hex");
}

/**
 * What marks the records of a plan, so that the same ones are taken in once only: the digest of the file, and of everything done to
 * it. Sources that cannot be read twice and filters that are functions have no mark.
 */
export async function markOf(plan: Plan): Promise<CaptureMark | undefined> {
  const { source, name } = plan.from;
  const packets = plan.from.kind === "capture" ? plan.from.packets : [];
  if (plan.steps.some((s) => s.op === "filter" && typeof s.test !== "string")) return undefined;
  const digest = source instanceof Uint8Array
    ? createHash("sha256").update(source).digest("hex")
    : typeof source === "string"
    ? await digestOf(source)
    : undefined;
  if (digest === undefined) return undefined;
  // JSON has no word for the infinite timeouts that settings may hold.
  const done = JSON.stringify(
    [packets, plan.steps],
    // How much memory it takes changes no record.
    (name, value) => name === "maxLive" ? undefined : typeof value === "number" ? String(value) : value,
  );
  return { digest, name, settings: createHash("sha256").update(done).digest("hex") };
}

/** Puts the records of a plan into a long-lived cache, each record once even when it is done again. */
export async function cachePlan(
  plan: Plan,
  batches: AsyncIterable<RecordBatch>,
  url: string,
  options: CacheOptions,
): Promise<CacheProgress> {
  const { cacheFlows } = await import("../stores/mod.ts");
  const capture = options.capture ?? await markOf(plan);
  return await cacheFlows(batches, url, capture ? { ...options, capture } : options);
}
