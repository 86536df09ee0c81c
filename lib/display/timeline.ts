import { panel } from "./html_table.ts";
import { type Drawing, fitting, Picture, svgDocument } from "./picture.ts";
import { EVIDENCE_COLOR, EVIDENCE_WORDS, INK } from "./palette.ts";
import { coordinate, element, textElement, textWidth, wrap } from "./svg.ts";
import { drawAxis, moment, spoken, type TimeAxis } from "./time_axis.ts";
import { drawCloseUp } from "./timeline_close_up.ts";
import { drawPackets } from "./timeline_packets.ts";
import { drawBar, keptSign, lostSign } from "./timeline_signs.ts";
import {
  type Bar,
  chooseCloseUp,
  doubtful,
  layBars,
  layOutcomes,
  overviewAxis,
  type Sizes,
  sizesFor,
} from "./timeline_layout.ts";
import type { PictureOptions, TimelineLane, TimelineModel } from "./types.ts";

const BAR = 24;

function barTip(bar: Bar): string {
  const r = bar.first;
  const many = bar.records > 1 ? `${bar.records} records, ` : "";
  const text =
    `${r.direction.trim()}  ${many}${bar.packets} packets, ${spoken(r.end - r.start)} from ${
      moment(r.start)
    }, ` +
    `direction: ${EVIDENCE_WORDS[r.evidence]}`;
  return r.detail ? `${text}. ${r.detail}` : text;
}

function drawHead(model: TimelineModel, sizes: Sizes): { body: string; height: number } {
  const parts: string[] = [];
  let y = 8;
  const room = sizes.width - 16;
  const title = sizes.narrow ? 13 : 16;
  for (const line of wrap(model.title, room, title, true)) {
    y += title + 4;
    parts.push(textElement(8, y, line, { "font-size": title, "font-weight": 600, fill: INK.ink }));
  }
  if (model.subtitle) {
    for (const line of wrap(model.subtitle, room, sizes.font)) {
      y += sizes.font + 4;
      parts.push(textElement(8, y, line, { "font-size": sizes.font, fill: INK.dim, class: "d" }));
    }
  }
  return { body: parts.join(""), height: y + 8 };
}

function drawLegend(model: TimelineModel, sizes: Sizes, top: number): { body: string; height: number } {
  const records = model.lanes.flatMap((l) => l.records);
  const marks = model.lanes.flatMap((l) => l.marks ?? []);
  const items: { sign: (x: number, y: number) => string; text: string }[] = [];
  for (const evidence of Object.keys(EVIDENCE_COLOR) as (keyof typeof EVIDENCE_COLOR)[]) {
    const seen = records.filter((r) => r.evidence === evidence);
    if (seen.length === 0) continue;
    const hatched = seen.every(doubtful);
    items.push({
      sign: (x, y) => drawBar(x, y - 9, 16, 11, EVIDENCE_COLOR[evidence], hatched),
      text: `direction by ${EVIDENCE_WORDS[evidence]}`.replace(
        "by no evidence",
        "unknown or swapped: no evidence",
      ),
    });
  }
  if (marks.some((m) => m.kind === "boundary" || m.kind === "cut" || m.kind === "parked")) {
    items.push({
      sign: (x, y) =>
        element("line", {
          x1: x + 8,
          x2: x + 8,
          y1: y - 11,
          y2: y + 3,
          stroke: INK.ink,
          class: "inkline",
          "stroke-dasharray": "3 2",
        }),
      text: "status boundary",
    });
  }
  if (marks.some((m) => m.kind === "forgotten")) {
    items.push({ sign: (x, y) => lostSign(x + 8, y - 4), text: "entry forgotten after it" });
  }
  if (marks.some((m) => m.kind === "cut" || m.kind === "revived")) {
    items.push({ sign: (x, y) => keptSign(x + 8, y - 4), text: "entry kept" });
  }
  const parts: string[] = [];
  let x = 8, y = top + 12;
  for (const item of items) {
    const width = 22 + textWidth(item.text, 11) + 14;
    if (x > 8 && x + width > sizes.width) {
      x = 8;
      y += 18;
    }
    parts.push(item.sign(x, y), textElement(x + 22, y, item.text, { "font-size": 11, fill: INK.ink }));
    x += width;
  }
  return { body: parts.join(""), height: items.length ? y - top + 14 : 0 };
}

function counted(lane: TimelineLane): string {
  return `${lane.records.length} ${lane.records.length === 1 ? "record" : "records"}`;
}

function drawLane(
  lane: TimelineLane,
  axis: TimeAxis,
  sizes: Sizes,
  top: number,
): { body: string; height: number } {
  const parts: string[] = [];
  const name = `${lane.name}`;
  let y = top;
  if (sizes.narrow) {
    parts.push(
      textElement(sizes.left, y + 11, `${name}  (${counted(lane)})`, {
        "font-size": sizes.font,
        "font-weight": 600,
        fill: INK.ink,
      }),
    );
    y += 16;
  } else {
    parts.push(
      textElement(sizes.left - 10, y + 10, name, {
        "font-weight": 600,
        "text-anchor": "end",
        fill: INK.ink,
      }),
      textElement(sizes.left - 10, y + 23, counted(lane), {
        "font-size": 10,
        "text-anchor": "end",
        fill: INK.dim,
        class: "d",
      }),
    );
  }
  for (const bar of layBars(lane, axis)) {
    const color = EVIDENCE_COLOR[bar.first.evidence];
    const width = Math.max(1.5, bar.x1 - bar.x0 - 0.75);
    const label = bar.records > 1 ? "" : bar.first.label ?? `${bar.first.direction.trim()} ${bar.packets}`;
    const fits = [label, bar.records > 1 ? "" : bar.first.direction.trim()]
      .find((t) => t !== "" && textWidth(t, 11) + 8 <= width);
    parts.push(drawBar(bar.x0, y, width, BAR, color, doubtful(bar.first), barTip(bar), fits));
  }
  const marks = lane.marks ?? [];
  let drawn = -Infinity;
  for (const mark of [...marks].sort((a, b) => a.time - b.time)) {
    if (mark.kind !== "boundary") continue;
    const x = axis.x(mark.time);
    if (x - drawn < 3) continue;
    drawn = x;
    parts.push(
      element("line", {
        x1: x,
        x2: x,
        y1: y - 3,
        y2: y + BAR + 5,
        stroke: INK.ink,
        class: "inkline",
        "stroke-dasharray": "3 2",
      }),
    );
  }
  for (const o of layOutcomes(marks, axis, 9)) {
    parts.push((o.lost ? lostSign : keptSign)(o.x, y + BAR + 9));
  }
  return { body: parts.join(""), height: y - top + BAR + 22 };
}

function drawFolds(axis: TimeAxis, top: number, bottom: number): string {
  return axis.folds.map((fold) => {
    const x0 = axis.x(fold.start), x1 = axis.x(fold.end), middle = (x0 + x1) / 2;
    const zigzag: string[] = [];
    for (let y = top, side = -3; y <= bottom; y += 6, side = -side) {
      zigzag.push(`${coordinate(middle + side)} ${coordinate(Math.min(y, bottom))}`);
    }
    const line = (dx: number, color: string, width: number, cls: string) =>
      element("polyline", {
        points: zigzag.join(" "),
        transform: `translate(${dx} 0)`,
        fill: "none",
        stroke: color,
        "stroke-width": width,
        class: cls,
      });
    return line(0, INK.paper, 7, "halo") + line(-4, INK.dim, 1, "line") + line(4, INK.dim, 1, "line");
  }).join("");
}

function describe(model: TimelineModel): string {
  const lanes = model.lanes.map((lane) => {
    const doubt = lane.records.filter(doubtful).length;
    const lost = (lane.marks ?? []).filter((m) => m.kind === "forgotten").length;
    return `${lane.name}: ${counted(lane)}, ${doubt} with unknown or swapped direction, ` +
      `entry forgotten ${lost} ${lost === 1 ? "time" : "times"}.`;
  });
  return [model.subtitle, ...lanes].filter((x) => x).join(" ");
}

/** Draws the timeline at one width. */
export function drawTimeline(model: TimelineModel, width = 1000): Drawing {
  const sizes = sizesFor(width, model.lanes.map((l) => textWidth(l.name, 12, true)));
  const axis = overviewAxis(model, sizes);
  const parts: string[] = [];
  const place = (piece: { body: string; height: number }) => {
    parts.push(piece.body);
    y += piece.height;
  };
  let y = 0;
  place(drawHead(model, sizes));
  place(drawLegend(model, sizes, y));
  const top = y;
  place(drawPackets(model, axis, sizes, y));
  const tops: number[] = [];
  for (const lane of model.lanes) {
    tops.push(y);
    place(drawLane(lane, axis, sizes, y));
  }
  parts.push(drawAxis(axis, y, axis.start, 11), drawFolds(axis, top, y));
  y += 24;
  for (const fold of axis.folds) {
    const text = `${spoken(fold.end - fold.start)} folded`;
    const half = textWidth(text, 10) / 2;
    const x = Math.min(Math.max((axis.x(fold.start) + axis.x(fold.end)) / 2, 8 + half), sizes.right - half);
    parts.push(
      textElement(x, y + 8, text, { "font-size": 10, "text-anchor": "middle", fill: INK.dim, class: "d" }),
    );
  }
  if (axis.folds.length > 0) y += 14;
  const closeUp = chooseCloseUp(model);
  if (closeUp) {
    place(drawCloseUp(model, closeUp, axis, sizes, y, tops[closeUp.lane]! + (sizes.narrow ? 16 : 0), BAR));
  }
  const description = describe(model);
  return {
    title: model.title,
    description,
    svg: svgDocument(
      { width, height: Math.ceil(y + 8), title: model.title, description },
      parts.join("\n"),
    ),
  };
}

/**
 * The timeline of a connection: one lane for each setting, a bar for each record coloured by the evidence of its direction, packets
 * above, status boundaries and what came of each, and a close-up of the first entry that was forgotten.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { timeline } from "./timeline.ts";
 *
 * const picture = timeline({
 *   title: "one record",
 *   lanes: [{ name: "S=5s", records: [{ start: 0, end: 4e6, evidence: "syn", direction: "->", packets: 9 }] }],
 * });
 * assertStringIncludes(await picture.svg(), "S=5s");
 * ```
 */
export function timeline(model: TimelineModel, options: PictureOptions = {}): Picture {
  return new Picture(model.title, (width) => drawTimeline(model, width), options.width);
}

/** The timeline as HTML at once, for panels that hold more than a picture; wide or narrow as the page has room. */
export function drawFitting(model: TimelineModel): string {
  return panel(fitting(drawTimeline(model, 1000).svg, drawTimeline(model, 400).svg));
}
