import { Problem } from "../base/mod.ts";
import { runSharded } from "../meter/mod.ts";
import { asRead, type RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { CapturePlan } from "./plan.ts";
import { pulled } from "./pull.ts";

function filesOf(plan: CapturePlan): string | readonly string[] {
  const source = plan.source;
  const files = typeof source === "string" ||
    Array.isArray(source) && source.every((s) => typeof s === "string");
  if (!files || source === "-" || plan.live || plan.sort !== undefined || plan.packets.length > 0) {
    throw new Problem(
      "bad-value",
      "Expected capture files as they are with workers: no pipe, packet filter, sort or live input",
      {
        source: plan.name,
      },
    );
  }
  return source as string | readonly string[];
}

/**
 * Meters a capture on several threads: the records, in the order, that one thread would give.
 *
 * @throws {Problem} `bad-value` for what cannot be sharded; otherwise as `runSharded`.
 */
export function shardedStream(
  plan: CapturePlan,
  settings: Settings,
  onProblem: ((problem: Problem) => void) | undefined,
): AsyncGenerator<RecordBatch> {
  return pulled(async ({ put, taken, signal }) => {
    const sink = (batch: RecordBatch) => {
      for (let row = 0; row < batch.length; row++) asRead(batch, row);
      put(batch);
      return batch.fresh();
    };
    await runSharded(filesOf(plan), [settings], [sink], plan.workers ?? 1, {
      strict: plan.strict,
      connections: true,
      // Whoever asks for no more records leaves no thread behind.
      signal,
      ...(onProblem ? { onProblem } : {}),
      afterPiece: taken,
    });
  });
}
