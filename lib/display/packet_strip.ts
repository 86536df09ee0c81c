import { drawChart } from "./plot.ts";
import { INK } from "./palette.ts";
import { Picture } from "./picture.ts";
import { moment, spoken } from "./time_axis.ts";
import type { PacketStripModel, PictureOptions } from "./types.ts";

const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

/** Packets in equal spans of time. */
export function countOverTime(
  times: ArrayLike<number>,
  start: number,
  end: number,
  columns: number,
): Float64Array {
  const counts = new Float64Array(columns);
  const width = (end - start) / columns || 1;
  for (let i = 0; i < times.length; i++) {
    const t = times[i]!;
    if (t >= start && t <= end) counts[Math.min(columns - 1, Math.floor((t - start) / width))]!++;
  }
  return counts;
}

/**
 * Packets over time, a small panel for each series.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { packetStrip } from "./packet_strip.ts";
 *
 * const strip = packetStrip({ title: "packets", series: [{ name: "all", times: [0, 1e6, 5e6] }] });
 * assertStringIncludes(await strip.svg(), "all");
 * ```
 */
export function packetStrip(model: PacketStripModel, options: PictureOptions = {}): Picture {
  return new Picture(model.title, (width) => {
    let start = Infinity, end = -Infinity;
    for (const { times } of model.series) {
      for (let i = 0; i < times.length; i++) {
        start = Math.min(start, times[i]!);
        end = Math.max(end, times[i]!);
      }
    }
    if (start > end) [start, end] = [0, 1];
    if (start === end) end = start + 1;
    const left = 60, right = 20;
    const columns = Math.max(20, Math.floor((width - left - right) / 3));
    const span = (end - start) / columns;
    const panels = model.series.map((series, k) => ({
      series,
      color: COLORS[k % COLORS.length]!,
      bars: Array.from(countOverTime(series.times, start, end, columns), (count, i) => ({
        from: i * span,
        to: (i + 1) * span,
        count,
      })).filter((b) => b.count > 0),
    }));
    const steps = [
      1,
      2,
      5,
      10,
      15,
      30,
      60,
      120,
      300,
      600,
      900,
      1800,
      3600,
      7200,
      21600,
      43200,
      86400,
      172800,
      432000,
    ]
      .map((s) => s * 1e6);
    const step = steps.find((s) => (end - start) / s <= width / 100) ?? (end - start) / 4;
    const ticks = end - start < 5e6
      ? Array.from({ length: 5 }, (_, i) => (end - start) * i / 4)
      : Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, i) => i * step);
    return drawChart({
      title: model.title,
      subtitle: `packets in each ${spoken(span)}, time since ${moment(start)}`,
      description: model.series.map((s) => `${s.name}: ${s.times.length} packets`).join("; ") +
        ` in ${spoken(end - start)}.`,
      width,
      panels: panels.map((panel, k) => ({
        heading: panel.series.name,
        height: k === panels.length - 1 ? 110 : 90,
        options: (Plot) => ({
          marginLeft: left,
          marginRight: right,
          marginTop: 14,
          marginBottom: k === panels.length - 1 ? 30 : 10,
          x: {
            domain: [0, end - start],
            label: null,
            ...(k === panels.length - 1 ? { ticks, tickFormat: spoken } : { axis: null }),
          },
          y: {
            domain: [0, Math.max(1, ...panel.bars.map((b) => b.count))],
            nice: true,
            ticks: 3,
            grid: true,
            label: null,
            tickFormat: (n: number) => Number.isInteger(n) ? String(n) : "",
          },
          marks: [
            Plot.rect(panel.bars, {
              x1: "from",
              x2: "to",
              y1: 0,
              y2: "count",
              fill: panel.color,
              title: (b) => `${b.count} packets from ${spoken(b.from)} to ${spoken(b.to)}`,
            }),
            Plot.ruleY([0], { stroke: INK.ink }),
          ],
        }),
      })),
    });
  }, options.width);
}
