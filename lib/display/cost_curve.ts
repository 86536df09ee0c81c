import { drawChart, SIGNS } from "./plot.ts";
import { INK } from "./palette.ts";
import { Picture } from "./picture.ts";
import { spoken } from "./time_axis.ts";
import type { CostCurveModel, CostPoint, PictureOptions } from "./types.ts";

const SERIES_COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const colorOf = (k: number) => SERIES_COLORS[k % SERIES_COLORS.length]!;

/** Bytes as `12.3 MB`. */
export function megabytes(bytes: number): string {
  for (const [unit, size] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]] as const) {
    if (bytes >= size) return `${Number((bytes / size).toPrecision(3))} ${unit}`;
  }
  return `${bytes} B`;
}

function describe(points: readonly CostPoint[]): string {
  const said = points.map((p) =>
    `${p.series} ${spoken(p.timeout)}: ${p.unknown} unknown directions, ${megabytes(p.bytes)}`
  );
  return said.join("; ") + ".";
}

/**
 * The cost curve: unknown directions above, peak memory of live flows below, both against the timeout.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { costCurve } from "./cost_curve.ts";
 *
 * const curve = costCurve({
 *   title: "what a longer timeout costs",
 *   points: [{ series: "timeout", timeout: 60e6, unknown: 9, bytes: 1e6 }, { series: "timeout", timeout: 7200e6, unknown: 0, bytes: 4e6 }],
 * });
 * assertStringIncludes(await curve.svg(), "unknown directions");
 * ```
 */
export function costCurve(model: CostCurveModel, options: PictureOptions = {}): Picture {
  const finite = model.points.map((p) => p.timeout).filter((t) => Number.isFinite(t) && t > 0);
  const low = Math.min(...finite, 1e9), high = Math.max(...finite, low * 10);
  const never = high * 6;
  const hasNever = model.points.some((p) => p.timeout === Infinity);
  const at = (p: CostPoint) => p.timeout === Infinity ? never : Math.max(p.timeout, low);
  const names = [...new Set(model.points.map((p) => p.series))];
  const steps = [1e-3, 1, 5, 15, 60, 300, 900, 3600, 7200, 21600, 86400, 604800].map((s) => s * 1e6)
    .filter((t) => t >= low * 0.99 && t <= high * 1.01);
  const panels = [
    { name: "unknown directions", value: (p: CostPoint) => p.unknown, format: (n: number) => String(n) },
    { name: "peak memory of live flows", value: (p: CostPoint) => p.bytes, format: megabytes },
  ];
  return new Picture(model.title, (width) => {
    const narrow = width < 640;
    const kept = narrow ? steps.filter((_, i) => i % 2 === 0) : steps;
    const ticks = hasNever ? [...kept.filter((t) => never / t > (narrow ? 8 : 4)), never] : kept;
    return drawChart({
      title: model.title,
      description: describe(model.points),
      width,
      legend: names.map((name, k) => ({ name, color: colorOf(k) })),
      panels: panels.map((panel) => ({
        heading: panel.name,
        height: 180,
        options: (Plot) => ({
          marginLeft: 66,
          marginRight: 24,
          marginBottom: 40,
          x: {
            domain: [Math.log10(low), Math.log10(hasNever ? never : high)],
            ticks: ticks.map(Math.log10),
            tickFormat: (t: number) => t === Math.log10(never) ? "never" : spoken(Math.round(10 ** t)),
            label: "timeout or memory",
            labelAnchor: "center",
            labelArrow: "none",
          },
          y: {
            domain: [0, Math.max(1, ...model.points.map(panel.value))],
            nice: true,
            ticks: 4,
            grid: true,
            label: null,
            tickFormat: panel.format,
          },
          marks: [
            Plot.ruleY([0], { stroke: INK.ink }),
            ...names.flatMap((name, k) => {
              const points = model.points.filter((p) => p.series === name).sort((a, b) => at(a) - at(b));
              return [
                Plot.line(points, {
                  x: (p) => Math.log10(at(p)),
                  y: panel.value,
                  stroke: colorOf(k),
                  strokeWidth: 2,
                }),
                Plot.dot(points, {
                  x: (p) => Math.log10(at(p)),
                  y: panel.value,
                  fill: colorOf(k),
                  r: 4.5,
                  symbol: SIGNS[k % SIGNS.length]!,
                  title: (p: CostPoint) =>
                    `${p.series} ${spoken(p.timeout)}: ${panel.format(panel.value(p))}`,
                }),
              ];
            }),
          ],
        }),
      })),
    });
  }, options.width);
}
