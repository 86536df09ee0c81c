import type * as PlotModule from "@observablehq/plot";
import { type Drawing, svgDocument } from "./picture.ts";
import { INK } from "./palette.ts";
import { element, textElement, textWidth, wrap } from "./svg.ts";

/** Observable Plot, loaded when the first chart is drawn. */
export type Plot = typeof PlotModule;

type PageDocument = NonNullable<PlotModule.PlotOptions["document"]>;

interface Loaded {
  readonly Plot: Plot;
  readonly document: PageDocument;
}

let loading: Promise<Loaded> | undefined;

// Loading takes longer than a small meter run, so it waits for the first chart.
function load(): Promise<Loaded> {
  return loading ??= (async () => {
    const [Plot, linkedom] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
    const page = linkedom.parseHTML("<!doctype html><html><body></body></html>") as unknown as {
      document: PageDocument;
    };
    return { Plot, document: page.document };
  })();
}

/** One drawing of Plot's; several stand below each other. */
export interface PlotPanel {
  /** What the vertical axis shows, above the panel. */
  readonly heading?: string;
  readonly height: number;
  /** Plot's options, given the library. */
  readonly options: (plot: Plot) => PlotModule.PlotOptions;
}

/** A chart: head, legend, panels. */
export interface Chart {
  readonly title: string;
  /** The chart told in words. */
  readonly description: string;
  readonly width: number;
  /** Lines between title and chart, for example what the dashed rules are. */
  readonly subtitle?: string;
  /** Name and colour of each series; the signs are those of {@linkcode SIGNS} in turn. */
  readonly legend?: readonly { readonly name: string; readonly color: string }[];
  readonly panels: readonly PlotPanel[];
}

/** Signs of the series, in turn, so that they differ without colour. */
export const SIGNS = ["circle", "square", "triangle", "diamond2"] as const;

const SIGN_PATHS = [
  "M4 0a4 4 0 1 1-8 0a4 4 0 1 1 8 0z",
  "M-3.5-3.5h7v7h-7z",
  "M0-4.5l4 7.5h-8z",
  "M0-4.5l4.5 4.5l-4.5 4.5l-4.5-4.5z",
];

function drawLegend(chart: Chart, top: number): { body: string; y: number } {
  const parts: string[] = [];
  let x = 8, y = top;
  if (chart.legend) y += 16;
  chart.legend?.forEach((item, k) => {
    const room = 22 + textWidth(item.name, 12) + 12;
    if (x > 8 && x + room > chart.width) {
      x = 8;
      y += 18;
    }
    const d = SIGN_PATHS[k % SIGN_PATHS.length];
    parts.push(element("path", { d, transform: `translate(${x + 8} ${y - 4})`, fill: item.color }));
    parts.push(textElement(x + 20, y, item.name, { fill: INK.ink }));
    x += room;
  });
  return { body: parts.join(""), y };
}

// Plot writes its colours as currentColor, which has no value in a stand-alone renderer, and a style of its own with a fixed name.
function settle(svg: string): string {
  return svg
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replace(/ (?:class="plot-[^"]*"|xmlns(?::xlink)?="[^"]*")/g, "")
    .replaceAll("currentColor", INK.ink)
    .replace(/(fill|stroke)="#1b1f24"/g, (_, what) => `${what}="${INK.ink}" data-${what}="ink"`)
    .replace(/-?\d+\.\d{3,}/g, (n) => String(Math.round(Number(n) * 100) / 100));
}

/** Draws a chart with Observable Plot under the pictures' head: title, subtitle, text alternatives, dark colours. */
export async function drawChart(chart: Chart): Promise<Drawing> {
  const { Plot, document } = await load();
  const narrow = chart.width < 640;
  const parts: string[] = [];
  let y = 8;
  const size = narrow ? 13 : 16;
  for (const line of wrap(chart.title, chart.width - 16, size, true)) {
    y += size + 4;
    parts.push(textElement(8, y, line, { "font-size": size, "font-weight": 600, fill: INK.ink }));
  }
  for (const line of chart.subtitle ? wrap(chart.subtitle, chart.width - 16, 12) : []) {
    y += 16;
    parts.push(textElement(8, y, line, { fill: INK.dim, class: "d" }));
  }
  const legend = drawLegend(chart, y);
  parts.push(legend.body);
  y = legend.y + 8;
  for (const panel of chart.panels) {
    if (panel.heading) {
      y += 18;
      parts.push(textElement(8, y, panel.heading, { fill: INK.ink, "font-weight": 600 }));
      y += 2;
    }
    const drawn = Plot.plot({
      document,
      width: chart.width,
      height: panel.height,
      style: { background: "none", fontSize: "12px" },
      ...panel.options(Plot),
    }) as unknown as { outerHTML: string };
    parts.push(`<g transform="translate(0 ${y})">${settle(drawn.outerHTML)}</g>`);
    y += panel.height;
  }
  return {
    title: chart.title,
    description: chart.description,
    svg: svgDocument(
      { width: chart.width, height: y + 4, title: chart.title, description: chart.description },
      parts.join("\n"),
    ),
  };
}
