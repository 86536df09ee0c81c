import { drawChart } from "./plot.ts";
import { inkOn } from "./palette.ts";
import { Picture } from "./picture.ts";
import { textWidth } from "./svg.ts";
import type { DifferenceMapModel, PictureOptions } from "./types.ts";

// One hue from clearly above white to dark (ColorBrewer Blues without its palest steps): readable in grey as well.
const RAMP = ["#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c", "#08306b"];

function shade(value: number, most: number): string {
  if (value === 0) return "#f0f0f0";
  return RAMP[Math.min(RAMP.length - 1, Math.floor(Math.log1p(value) / Math.log1p(most) * RAMP.length))]!;
}

function describe(model: DifferenceMapModel): string {
  let most = 0, pair = "";
  model.values.forEach((row, i) =>
    row.forEach((value, j) => {
      if (value > most) [most, pair] = [value, `${model.settings[i]} against ${model.settings[j]}`];
    })
  );
  return most === 0
    ? `No two of ${model.settings.length} settings differ.`
    : `${model.settings.length} settings by ${model.settings.length}; most ${model.unit}: ${most}, ${pair}.`;
}

/**
 * The difference map: settings against settings, each cell the number of differences, darker for more.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { differenceMap } from "./difference_map.ts";
 *
 * const map = differenceMap({ title: "map", settings: ["S=5s", "S=1h"], values: [[0, 7], [7, 0]], unit: "differences" });
 * assertStringIncludes(await map.svg(), "S=1h");
 * ```
 */
export function differenceMap(model: DifferenceMapModel, options: PictureOptions = {}): Picture {
  const n = model.settings.length;
  // Settings may share a name, so cells stand by number and the axes print the names.
  const cells = model.values.flatMap((row, i) => row.map((value, j) => ({ i, j, value })));
  const most = Math.max(1, ...cells.map((c) => c.value));
  return new Picture(model.title, (width) => {
    const label = Math.min(Math.max(...model.settings.map((s) => textWidth(s, 12))) + 16, width / 2.6);
    const side = Math.max(14, Math.min(Math.max(64, Math.min(label, 140)), (width - label - 20) / n));
    const slanted = side < label;
    const head = slanted ? Math.min(label, 180) : 26;
    const tall = Math.min(side * 0.8, 48);
    const name = (k: number) => model.settings[k] ?? "";
    const roomy = side >= Math.max(...cells.map((c) => textWidth(String(c.value), 11))) + 2;
    return drawChart({
      title: model.title,
      subtitle: `${model.unit}, row against column`,
      description: describe(model),
      width,
      panels: [{
        height: Math.ceil(head + n * tall + 12),
        options: (Plot) => ({
          marginLeft: label,
          marginTop: head,
          marginBottom: 12,
          marginRight: Math.max(8, width - label - n * side),
          padding: 0.04,
          x: {
            axis: "top",
            label: null,
            tickFormat: name,
            tickSize: 0,
            ...(slanted ? { tickRotate: -90 } : {}),
            domain: model.settings.map((_, k) => k),
          },
          y: { label: null, tickFormat: name, tickSize: 0, domain: model.settings.map((_, k) => k) },
          marks: [
            Plot.cell(cells, {
              x: "j",
              y: "i",
              fill: (c) => shade(c.value, most),
              title: (c) => `${name(c.i)} against ${name(c.j)}: ${c.value} ${model.unit}`,
            }),
            ...(roomy
              ? [Plot.text(cells, {
                x: "j",
                y: "i",
                text: (c) => String(c.value),
                fill: (c) => inkOn(shade(c.value, most)),
                fontSize: 11,
              })]
              : []),
          ],
        }),
      }],
    });
  }, options.width);
}
