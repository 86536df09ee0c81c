import { element, textElement, textWidth } from "./svg.ts";
import { INK } from "./palette.ts";

const SECOND = 1e6, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

/** Steps between ticks, microseconds. */
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].flatMap((n) => [n]),
  ...[1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((n) => n * DAY),
].sort((a, b) => a - b);

/**
 * A length of time as people say it, in at most two units: `1 d 6 h`, `23 min 47 s`, `60 s`, `0.35 ms`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { spoken } from "./time_axis.ts";
 *
 * assertEquals(spoken(1_427_300_000), "23 min 47 s");
 * assertEquals(spoken(60_000_000), "60 s");
 * assertEquals(spoken(350), "0.35 ms");
 * ```
 */
export function spoken(us: number): string {
  if (us === Infinity) return "never";
  const two = (big: number, bigName: string, small: number, smallName: string) => {
    const units = Math.round(us / small);
    const whole = Math.floor(units / (big / small));
    const rest = units - whole * (big / small);
    return rest === 0 ? `${whole} ${bigName}` : `${whole} ${bigName} ${rest} ${smallName}`;
  };
  if (us >= DAY) return two(DAY, "d", HOUR, "h");
  if (us >= HOUR) return two(HOUR, "h", MINUTE, "min");
  if (us > 2 * MINUTE) return two(MINUTE, "min", SECOND, "s");
  if (us >= SECOND) return `${Number((us / SECOND).toFixed(us < 10 * SECOND ? 2 : 1))} s`;
  if (us >= 10_000) return `${Number((us / 1e3).toFixed(1))} ms`;
  return us === 0 ? "0 s" : `${Number((us / 1e3).toPrecision(3))} ms`;
}

/** A moment as `2015-06-04 09:12:33.250 UTC`. */
export function moment(us: number): string {
  const text = new Date(us / 1e3).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 23)} UTC`;
}

/** A long silence folded to a few pixels. */
export interface Fold {
  readonly start: number;
  readonly end: number;
}

interface Segment {
  readonly t0: number;
  readonly t1: number;
  readonly x0: number;
  readonly x1: number;
}

/** Time to pixels, with long silences folded. */
export interface TimeAxis {
  readonly start: number;
  readonly end: number;
  readonly folds: readonly Fold[];
  readonly segments: readonly Segment[];
  /** Pixel of a time, microseconds since 1970; times outside are held at the edge. */
  x(time: number): number;
}

/** Makes an axis from `start` to `end` over the pixels `x0` to `x1`. */
export function timeAxis(
  start: number,
  end: number,
  x0: number,
  x1: number,
  folds: readonly Fold[] = [],
): TimeAxis {
  const foldWidth = Math.min(40, (x1 - x0) / 10);
  const open = folds.reduce((sum, f) => sum - (f.end - f.start), end - start) || 1;
  const scale = (x1 - x0 - folds.length * foldWidth) / open;
  const segments: Segment[] = [];
  let t = start, x = x0;
  const push = (t1: number, width: number) => {
    segments.push({ t0: t, t1, x0: x, x1: x + width });
    t = t1;
    x += width;
  };
  for (const fold of folds) {
    push(fold.start, (fold.start - t) * scale);
    push(fold.end, foldWidth);
  }
  push(end, (end - t) * scale);
  return {
    start,
    end,
    folds,
    segments,
    x(time) {
      for (const s of segments) {
        if (time <= s.t1) {
          return s.t1 === s.t0 ? s.x0 : s.x0 + (Math.max(time, s.t0) - s.t0) / (s.t1 - s.t0) * (s.x1 - s.x0);
        }
      }
      return x1;
    },
  };
}

/** Tick marks and labels of time elapsed since `origin`, at the height `y`. */
export function drawAxis(axis: TimeAxis, y: number, origin: number, size: number): string {
  const first = axis.segments[0]!, last = axis.segments.at(-1)!;
  const parts = [element("line", {
    x1: first.x0,
    x2: last.x1,
    y1: y,
    y2: y,
    stroke: INK.dim,
    class: "line",
  })];
  const linear = axis.segments.filter((s) => !axis.folds.some((f) => f.start === s.t0 && f.end === s.t1));
  const perPixel = linear.reduce((sum, s) => sum + (s.t1 - s.t0), 0) /
    (linear.reduce((sum, s) => sum + (s.x1 - s.x0), 0) || 1);
  const step = STEPS.find((s) => s / perPixel >= 90) ?? STEPS.at(-1)!;
  let free = -Infinity;
  for (const s of linear) {
    for (let n = Math.ceil((s.t0 - origin) / step); origin + n * step <= s.t1; n++) {
      const x = axis.x(origin + n * step), label = spoken(n * step), half = textWidth(label, size) / 2;
      parts.push(element("line", { x1: x, x2: x, y1: y, y2: y + 5, stroke: INK.dim, class: "line" }));
      const middle = Math.min(Math.max(x, first.x0 - 6 + half), last.x1 + 8 - half);
      if (n < 0 || middle - half < free) continue;
      free = middle + half + 8;
      parts.push(
        textElement(middle, y + 6 + size, label, {
          "text-anchor": "middle",
          "font-size": size,
          fill: INK.dim,
          class: "d",
        }),
      );
    }
  }
  return parts.join("");
}
