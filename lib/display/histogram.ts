import { drawChart } from "./plot.ts";
import { INK } from "./palette.ts";
import { Picture } from "./picture.ts";
import { textWidth } from "./svg.ts";
import { spoken } from "./time_axis.ts";
import type { HistogramModel, PictureOptions } from "./types.ts";

const DECADE = 6;

/** A bin of a logarithmic histogram: from `low` to `high` microseconds. */
export interface Bin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/**
 * Counts durations in six bins for each power of ten; zero and less than a microsecond go in the first bin.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { logBins } from "./histogram.ts";
 *
 * assertEquals(logBins([1e6, 1.1e6, 1e9]).map((b) => b.count).filter((n) => n > 0), [2, 1]);
 * ```
 */
export function logBins(values: ArrayLike<number>): Bin[] {
  const counts = new Map<number, number>();
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    // The small addend keeps exact powers of ten out of the bin below.
    const bin = Math.floor(Math.log10(Math.max(1, values[i]!)) * DECADE + 1e-9);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
    low = Math.min(low, bin);
    high = Math.max(high, bin);
  }
  const bins: Bin[] = [];
  for (let b = low; b <= high; b++) {
    bins.push({ low: 10 ** (b / DECADE), high: 10 ** ((b + 1) / DECADE), count: counts.get(b) ?? 0 });
  }
  return bins;
}

function describe(model: HistogramModel, bins: readonly Bin[]): string {
  if (bins.length === 0) return `No ${model.unit}.`;
  const mode = bins.reduce((a, b) => b.count > a.count ? b : a);
  const rules = (model.rules ?? []).map((rule) => {
    let above = 0;
    for (let i = 0; i < model.values.length; i++) if (model.values[i]! > rule.value) above++;
    return `${above} longer than ${rule.name} (${spoken(rule.value)})`;
  });
  return `${model.values.length} ${model.unit}, most between ${spoken(mode.low)} and ${spoken(mode.high)}` +
    (rules.length > 0 ? `; ${rules.join(", ")}.` : ".");
}

const TICKS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 10e6, 60e6, 600e6, 3600e6, 21600e6, 86400e6, 864000e6];

/**
 * A histogram of flow durations or gaps on a logarithmic axis, with the timeouts drawn in as rules.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { histogram } from "./histogram.ts";
 *
 * const picture = histogram({
 *   title: "silences",
 *   values: [15e6, 15e6, 1430e6],
 *   unit: "gaps",
 *   axis: "silence between packets",
 *   rules: [{ name: "idle timeout", value: 60e6 }],
 * });
 * assertStringIncludes(await picture.svg(), "idle timeout");
 * ```
 */
export function histogram(model: HistogramModel, options: PictureOptions = {}): Picture {
  return new Picture(model.title, (width) => {
    const bins = logBins(model.values);
    const rules = (model.rules ?? []).filter((r) => Number.isFinite(r.value) && r.value > 0)
      .toSorted((a, b) => a.value - b.value);
    const edges = [
      ...bins.flatMap((b) => [b.low, b.high]),
      ...rules.flatMap((r) => [r.value / 1.5, r.value * 1.5]),
    ];
    const low = Math.min(...edges, 1e9), high = Math.max(...edges, low * 10);
    const left = 60, right = 20;
    const pixel = (t: number) => left + Math.log(t / low) / Math.log(high / low) * (width - left - right);
    let free = -Infinity;
    const ticks = TICKS.filter((t) => {
      if (t < low || t > high) return false;
      const half = textWidth(spoken(t), 12) / 2;
      if (pixel(t) - half < free) return false;
      free = pixel(t) + half + 12;
      return true;
    });
    const names = rules.map((r) => `${r.name} ${spoken(r.value)}`);
    // Names stand beside their rules where all of them have room; else letters do, and the names below the title.
    const beside = names.every((text, k) => pixel(rules[k]!.value) + textWidth(text, 12) + 6 < width);
    const letters = rules.map((_, k) => String.fromCharCode(65 + k % 26));
    const top = 10 + rules.length * 16;
    return drawChart({
      title: model.title,
      ...(beside ? {} : { subtitle: names.map((text, k) => `${letters[k]}: ${text}`).join("; ") }),
      description: describe(model, bins),
      width,
      panels: [{
        heading: `${model.unit} (square-root scale)`,
        height: 220 + top,
        // Plot leaves out most labels of a logarithmic axis, so the logarithm is taken here.
        options: (Plot) => ({
          marginLeft: left,
          marginRight: right,
          marginTop: top,
          marginBottom: 40,
          x: {
            domain: [Math.log10(low), Math.log10(high)],
            ticks: ticks.map(Math.log10),
            tickFormat: (t: number) => spoken(Math.round(10 ** t)),
            label: model.axis,
            labelAnchor: "center",
            labelArrow: "none",
          },
          y: {
            type: "sqrt",
            grid: true,
            ticks: 5,
            nice: true,
            label: null,
            domain: [0, Math.max(1, ...bins.map((b) => b.count))],
            tickFormat: (n: number) => Number.isInteger(n) ? String(n) : "",
          },
          marks: [
            Plot.rect(bins, {
              x1: (b) => Math.log10(b.low),
              x2: (b) => Math.log10(b.high),
              y1: 0,
              y2: "count",
              fill: "#0072b2",
              insetLeft: 0.5,
              insetRight: 0.5,
              title: (b) => `${b.count} ${model.unit} from ${spoken(b.low)} to ${spoken(b.high)}`,
            }),
            Plot.ruleY([0], { stroke: INK.ink }),
            ...rules.flatMap((rule, k) => [
              Plot.ruleX([Math.log10(rule.value)], {
                stroke: "#b03a00",
                strokeWidth: 1.5,
                strokeDasharray: "5 3",
                insetTop: -(top - 14 - k * 16),
              }),
              Plot.text([Math.log10(rule.value)], {
                x: (x) => x,
                text: () => beside ? names[k]! : letters[k]!,
                frameAnchor: "top",
                lineAnchor: "middle",
                dy: -(top - 12 - k * 16),
                dx: 5,
                textAnchor: "start",
                fontWeight: beside ? "normal" : "bold",
                fill: INK.ink,
              }),
            ]),
          ],
        }),
      }],
    });
  }, options.width);
}
