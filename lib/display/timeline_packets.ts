import { INK } from "./palette.ts";
import { coordinate, element, textElement, textWidth } from "./svg.ts";
import type { TimeAxis } from "./time_axis.ts";
import type { Sizes } from "./timeline_layout.ts";
import type { TimelineModel } from "./types.ts";

/**
 * Packets as ticks: the initiator's point up, the responder's down. Where several fall on one pixel the tick grows with their
 * logarithm.
 */
export function packetTicks(
  model: TimelineModel,
  axis: TimeAxis,
  x0: number,
  x1: number,
  middle: number,
  reach: number,
): string {
  const times = model.packets ?? [];
  const columns = Math.max(1, Math.ceil(x1 - x0));
  const up = new Float64Array(columns), down = new Float64Array(columns);
  let most = 1;
  for (let i = 0; i < times.length; i++) {
    const t = times[i]!;
    if (t < axis.start || t > axis.end) continue;
    const column = Math.min(columns - 1, Math.max(0, Math.floor(axis.x(t) - x0)));
    const side = model.fromInitiator && !model.fromInitiator[i] ? down : up;
    most = Math.max(most, ++side[column]!);
  }
  const length = (n: number) => n === 0 ? 0 : 5 + (reach - 5) * (most > 1 ? Math.log(n) / Math.log(most) : 1);
  const path = (counts: Float64Array, sign: number) => {
    let d = "";
    counts.forEach((n, i) => {
      if (n > 0) d += `M${coordinate(x0 + i + 0.5)} ${coordinate(middle)}v${coordinate(sign * length(n))}`;
    });
    return d;
  };
  const draw = (d: string, stroke: string) =>
    d === "" ? "" : element("path", { d, stroke, "stroke-width": 1 });
  return draw(path(up, -1), INK.initiator) + draw(path(down, 1), INK.responder);
}

/** The strip of packets above the lanes. */
export function drawPackets(
  model: TimelineModel,
  axis: TimeAxis,
  sizes: Sizes,
  top: number,
): { body: string; height: number } {
  if (!model.packets || model.packets.length === 0) return { body: "", height: 6 };
  const parts: string[] = [];
  const text = (x: number, y: number, s: string, extra: Record<string, string | number> = {}) =>
    textElement(x, y, s, { "font-size": sizes.narrow ? 11 : 10, fill: INK.dim, class: "d", ...extra });
  let y = top;
  const [from, to] = model.sides ?? ["initiator", "responder"];
  const said = model.fromInitiator !== undefined;
  if (sizes.narrow) {
    const both = said ? `packets: up ${from}, down ${to}` : "packets";
    const short = said ? "packets: up initiator, down responder" : "packets";
    parts.push(text(sizes.left, y + 11, textWidth(both, 11) < sizes.width - 16 ? both : short));
    y += 16;
  } else {
    const end = { "text-anchor": "end" };
    const name = (s: string, other: string) => textWidth(`↑ ${s}`, 10) < sizes.left - 12 ? s : other;
    parts.push(text(sizes.left - 10, y + 11, said ? `↑ ${name(from, "initiator")}` : "packets", end));
    if (said) parts.push(text(sizes.left - 10, y + 27, `↓ ${name(to, "responder")}`, end));
  }
  const reach = 15, middle = y + reach + 1;
  parts.push(
    element("line", {
      x1: sizes.left,
      x2: sizes.right,
      y1: middle,
      y2: middle,
      stroke: INK.line,
      class: "line",
    }),
    packetTicks(model, axis, sizes.left, sizes.right, middle, reach),
  );
  return { body: parts.join(""), height: y - top + 2 * reach + 14 };
}
