import { INK, inkOn } from "./palette.ts";
import { coordinate, element, textElement, textWidth, tip } from "./svg.ts";

/**
 * Diagonal lines over bars whose direction cannot be relied on: seen in grey print and without colour vision. Lines of their own,
 * since a pattern's id would be shared by all pictures of a page.
 */
function hatch(x: number, y: number, width: number, height: number): string {
  let d = "";
  for (let foot = x - height + 4; foot < x + width; foot += 6) {
    const from = Math.max(foot, x), to = Math.min(foot + height, x + width);
    if (to <= from) continue;
    d += `M${coordinate(from)} ${coordinate(y + height - (from - foot))}L${coordinate(to)} ${
      coordinate(y + height - (to - foot))
    }`;
  }
  return element("path", { d, stroke: "#ffffff", "stroke-opacity": 0.55, "stroke-width": 2 });
}

/** A record's bar. */
export function drawBar(
  x: number,
  y: number,
  width: number,
  height: number,
  color: string,
  hatched: boolean,
  detail?: string,
  label?: string,
): string {
  const parts = [element("rect", { x, y, width, height, fill: color, rx: width > 6 ? 2 : 0 })];
  if (hatched && width >= 3) parts.push(hatch(x, y, width, height));
  if (label) {
    if (hatched) {
      const room = Math.min(width, textWidth(label, 11) + 6);
      parts.push(
        element("rect", {
          x: x + (width - room) / 2,
          y: y + 4,
          width: room,
          height: height - 8,
          fill: color,
        }),
      );
    }
    parts.push(
      textElement(x + width / 2, y + height / 2 + 4, label, {
        "text-anchor": "middle",
        "font-size": 11,
        class: "b",
        fill: inkOn(color),
      }),
    );
  }
  if (detail) parts.unshift(tip(detail));
  return element("g", {}, ...parts);
}

/** A cross: the entry was forgotten. */
export function lostSign(x: number, y: number): string {
  return element("path", {
    d: `M${x - 3.5} ${y - 3.5}l7 7m0 -7l-7 7`,
    stroke: INK.lost,
    "stroke-width": 2.2,
    fill: "none",
    class: "lost",
  });
}

/** A dot: the entry was kept. */
export function keptSign(x: number, y: number): string {
  return element("circle", { cx: x, cy: y, r: 3.2, fill: INK.kept, class: "kept" });
}
