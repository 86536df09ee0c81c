import type { FrameBatch } from "../capture/mod.ts";
import { hex64, refOf, type StudyResult } from "../compare/mod.ts";
import { PACKET_DOUBLES } from "../decode/mod.ts";
import type { CostCurveModel, DifferenceMapModel, HistogramModel, PacketStripModel } from "../display/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { CapturePlan, Plan } from "./plan.ts";
import { meterCapture } from "./run.ts";
import { select } from "./timeline_story.ts";

/** Connections whose packets one picture looks at. */
const MOST = 500;

/** Silences between the packets of the connections that pass a filter, with the setting's timers drawn in. */
export async function gapModel(
  plan: CapturePlan,
  settings: Settings,
  filter: string | undefined,
): Promise<HistogramModel> {
  const ids = new Set<string>();
  for (const { ids: more } of (await select(plan, [settings], filter)).values()) {
    for (const id of more) if (ids.size < MOST) ids.add(id);
  }
  const last = new Map<string, number>(), gaps: number[] = [];
  await meterCapture(plan, [settings], () => {}, {
    connections: true,
    tap(columns, found) {
      if (!found) return;
      for (let i = 0; i < columns.length; i++) {
        const id = found.index[i]! < 0 ? "" : hex64(found.high[i]!, found.low[i]!);
        if (!ids.has(id)) continue;
        const time = columns.times[i * PACKET_DOUBLES]!, before = last.get(id);
        if (before !== undefined) gaps.push(Math.max(0, time - before));
        last.set(id, time);
      }
    },
  });
  return {
    title: `Silences within ${ids.size === MOST ? "the first " : ""}${ids.size} ${
      ids.size === 1 ? "connection" : "connections"
    }`,
    values: gaps,
    unit: "gaps",
    axis: "silence between packets",
    rules: timerRules(settings),
  };
}

/** The timers of a setting that a duration can be compared with. */
export function timerRules(settings: Settings): { name: string; value: number }[] {
  return [
    { name: "TCP idle timeout", value: settings.timeouts.tcp },
    { name: "status interval", value: settings.status },
  ].filter((r) => Number.isFinite(r.value) && r.value > 0);
}

/** Packets over time. */
export async function packetModel(
  plan: CapturePlan,
  frames: AsyncIterable<FrameBatch>,
): Promise<PacketStripModel> {
  const times: number[] = [];
  for await (const batch of frames) for (let i = 0; i < batch.length; i++) times.push(batch.time[i]!);
  return {
    title: `Packets of ${plan.name}`,
    series: [{ name: plan.packets.join(" and ") || "all packets", times }],
  };
}

/** How many connections each pair of settings sees differently. */
export function differenceMapModel(result: StudyResult): DifferenceMapModel {
  const n = result.settings.length;
  const values = Array.from(
    { length: n },
    (_, i) =>
      Array.from(
        { length: n },
        (_, j) =>
          result.disputed.filter((c) =>
            c.records[i] !== c.records[j] || c.flips[i] !== c.flips[j] || c.unknown[i] !== c.unknown[j]
          ).length,
      ),
  );
  return {
    title: "Where the settings differ",
    settings: result.settings.map((s) => s.name),
    values,
    unit: result.leftOut > 0
      ? `connections seen differently (of the ${result.disputed.length} most disputed)`
      : "connections seen differently",
  };
}

/**
 * Unknown directions and memory of each setting: against its direction memory where it has one, else against its TCP timeout.
 * Settings that differ in anything else are series of their own.
 */
export function costCurveModel(result: StudyResult): CostCurveModel {
  return {
    title: "What it costs to know the direction",
    points: result.settings.map((s) => {
      const memory = s.settings.memory;
      const rest = s.name.replace(/ ?(tcp|memory)=\S+/g, "").trim();
      return {
        series: memory.kind === "time" ? `${rest}, direction memory` : `${rest}, TCP timeout`,
        timeout: memory.kind === "time" ? memory.us : s.settings.timeouts.tcp,
        unknown: s.unknownDirections,
        bytes: Number.isNaN(s.peakBytes) ? 0 : s.peakBytes,
      };
    }),
  };
}

/** How long the records of a plan last, with its setting's timers drawn in. */
export async function durationModel(
  plan: Plan,
  batches: AsyncIterable<RecordBatch>,
): Promise<HistogramModel> {
  const values: number[] = [];
  for await (const batch of batches) {
    for (let row = 0; row < batch.length; row++) {
      const ref = refOf(batch, row, 0);
      values.push(Math.max(0, ref.ltime - ref.stime));
    }
  }
  const meter = plan.steps[0];
  return {
    title: `Durations of ${values.length} records`,
    values,
    unit: "records",
    axis: "duration",
    rules: meter?.op === "meter" ? timerRules(meter.settings) : [],
  };
}
