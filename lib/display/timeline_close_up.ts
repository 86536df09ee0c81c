import { EVIDENCE_COLOR, INK } from "./palette.ts";
import { element, textElement, textWidth, wrap } from "./svg.ts";
import { drawAxis, spoken, type TimeAxis, timeAxis } from "./time_axis.ts";
import { packetTicks } from "./timeline_packets.ts";
import { doubtful, type Sizes } from "./timeline_layout.ts";
import { drawBar, keptSign, lostSign } from "./timeline_signs.ts";
import type { MarkKind, TimelineCloseUp, TimelineMark, TimelineModel } from "./types.ts";

const WORDS: Readonly<Record<MarkKind, string>> = {
  "boundary": "status boundary",
  "cut": "own packet notices: record written, entry kept",
  "parked": "another flow's packet notices: record written, idle timer starts",
  "revived": "own packet in time: entry kept",
  "forgotten": "idle timer over: entry forgotten",
  "spoke-first": "speaks first: becomes the source",
  "restarted": "SYN: a new connection on the same ports",
  "last-packet": "last packet before the silence",
};

interface Note {
  readonly x: number;
  readonly lines: readonly string[];
  /** Text begins at the leader and runs to the right; otherwise it ends there. */
  readonly rightward: boolean;
  readonly kind: MarkKind;
}

const LINE = 15;
const STRONG: readonly MarkKind[] = ["forgotten", "spoke-first"];

function notesFor(marks: readonly TimelineMark[], axis: TimeAxis, sizes: Sizes): Note[] {
  return marks.map((mark) => {
    const x = axis.x(mark.time), text = mark.label ?? WORDS[mark.kind];
    const right = sizes.width - 8 - x, left = x - 8;
    const bold = STRONG.includes(mark.kind);
    const rightward = textWidth(text, sizes.font, bold) + 12 <= right || right >= left;
    return {
      x,
      lines: wrap(text, (rightward ? right : left) - 12, sizes.font, bold),
      rightward,
      kind: mark.kind,
    };
  });
}

/**
 * Notes are stacked so that no leader crosses a text: those that run to the right stand above the track, the later the nearer to
 * it; those that run to the left stand below, the earlier the nearer.
 */
function drawNotes(notes: readonly Note[], sizes: Sizes, trackTop: number, trackBottom: number): string {
  const parts: string[] = [];
  const put = (note: Note, y: number, end: number) => {
    parts.push(
      element("line", {
        x1: note.x,
        x2: note.x,
        y1: y - 10,
        y2: end,
        stroke: INK.dim,
        class: "line",
        "stroke-dasharray": note.kind === "boundary" ? "3 2" : undefined,
      }),
    );
    note.lines.forEach((line, i) =>
      parts.push(
        textElement(note.x + (note.rightward ? 5 : -5), y + i * LINE, line, {
          "font-size": sizes.font,
          "text-anchor": note.rightward ? "start" : "end",
          "font-weight": STRONG.includes(note.kind) ? 600 : undefined,
          fill: INK.ink,
        }),
      )
    );
  };
  let y = trackTop - 6;
  for (const note of notes.filter((n) => n.rightward).toReversed()) {
    y -= note.lines.length * LINE;
    put(note, y + LINE - 3, trackTop);
  }
  y = trackBottom + 6;
  for (const note of notes.filter((n) => !n.rightward)) {
    parts.push(
      element("line", { x1: note.x, x2: note.x, y1: trackBottom, y2: y + 2, stroke: INK.dim, class: "line" }),
    );
    put(note, y + LINE - 3, y);
    y += note.lines.length * LINE;
  }
  return parts.join("");
}

/** Draws a stretch of one lane large, joined to its place in the overview. */
export function drawCloseUp(
  model: TimelineModel,
  closeUp: TimelineCloseUp,
  overview: TimeAxis,
  sizes: Sizes,
  top: number,
  laneTop: number,
  barHeight: number,
): { body: string; height: number } {
  const lane = model.lanes[closeUp.lane]!;
  const x0 = 8 + 4, x1 = sizes.width - 12;
  const axis = timeAxis(closeUp.start, closeUp.end, x0, x1);
  const within = (t: number) => t >= closeUp.start && t <= closeUp.end;
  const marks = (lane.marks ?? []).filter((m) => within(m.time)).sort((a, b) => a.time - b.time);
  const notes = notesFor(marks, axis, sizes);
  const rows = (list: readonly Note[]) => list.reduce((n, note) => n + note.lines.length * LINE, 0);

  const parts: string[] = [];
  const origin = marks[0]?.time ?? closeUp.start;
  const since = marks[0]?.kind === "last-packet" ? ", time since the last packet" : "";
  const title = closeUp.title ?? `Close-up of ${lane.name}, ${spoken(closeUp.end - closeUp.start)}${since}`;
  let y = top + 10;
  const boxTop = y;
  for (const line of wrap(title, sizes.width - 32, sizes.font + 1, true)) {
    y += 17;
    parts.push(
      textElement(x0 + 4, y, line, { "font-size": sizes.font + 1, "font-weight": 600, fill: INK.ink }),
    );
  }
  const trackTop = y + 14 + rows(notes.filter((n) => n.rightward));
  const barTop = trackTop + 4, barBottom = barTop + 20, middle = barBottom + 22, timerTop = barTop + 2;

  for (const r of lane.records) {
    if (r.end < closeUp.start || r.start > closeUp.end) continue;
    const a = axis.x(Math.max(r.start, closeUp.start)), b = axis.x(Math.min(r.end, closeUp.end));
    parts.push(drawBar(a, barTop, Math.max(3, b - a), 20, EVIDENCE_COLOR[r.evidence], doubtful(r)));
  }
  for (const timer of lane.timers ?? []) {
    if (timer.end < closeUp.start || timer.start > closeUp.end) continue;
    const a = axis.x(timer.start), b = axis.x(timer.end);
    const text = timer.label ?? `${spoken(timer.end - timer.start)} idle`;
    parts.push(
      element("rect", {
        x: a,
        y: timerTop,
        width: Math.max(2, b - a),
        height: 16,
        fill: INK.timer,
        "fill-opacity": 0.35,
        stroke: INK.timer,
      }),
    );
    const fits = textWidth(text, 11) + 4 < b - a;
    parts.push(
      textElement(fits ? (a + b) / 2 : b + 5, timerTop + 12, text, {
        "font-size": 11,
        "text-anchor": fits ? "middle" : "start",
        fill: INK.ink,
      }),
    );
  }
  parts.push(
    element("line", { x1: x0, x2: x1, y1: middle, y2: middle, stroke: INK.line, class: "line" }),
    packetTicks(model, axis, x0, x1, middle, 14),
  );
  for (const mark of marks) {
    const x = axis.x(mark.time);
    if (mark.kind === "boundary") {
      parts.push(
        element("line", {
          x1: x,
          x2: x,
          y1: trackTop,
          y2: middle + 14,
          stroke: INK.ink,
          class: "inkline",
          "stroke-dasharray": "3 2",
        }),
      );
    } else if (mark.kind === "forgotten") parts.push(lostSign(x, middle));
    else if (mark.kind === "cut" || mark.kind === "revived") parts.push(keptSign(x, middle));
    else if (mark.kind === "spoke-first") {
      parts.push(
        element("path", {
          d: `M${x} ${middle - 14}l-4 -7h8z`,
          fill: INK.lost,
          class: "lostfill",
        }),
      );
    }
  }
  const trackBottom = middle + 16;
  parts.push(drawNotes(notes, sizes, trackTop, trackBottom));
  y = trackBottom + 8 + rows(notes.filter((n) => !n.rightward));
  parts.push(drawAxis(axis, y + 4, origin, 11));
  y += 34;

  const frame = element("rect", {
    x: 4,
    y: boxTop,
    width: sizes.width - 8,
    height: y - boxTop,
    fill: "none",
    stroke: INK.dim,
    class: "line",
    rx: 4,
  });
  const a = overview.x(closeUp.start) - 2, b = Math.max(overview.x(closeUp.end), a + 4) + 2;
  const place = element("rect", {
    x: a,
    y: laneTop - 4,
    width: b - a,
    height: barHeight + 8,
    fill: "none",
    stroke: INK.ink,
    "stroke-width": 1.5,
    class: "inkline",
  });
  const lead = element("path", {
    d: `M${(a + b) / 2} ${laneTop + barHeight + 4}L${(a + b) / 2} ${boxTop}`,
    stroke: INK.dim,
    class: "line",
    "stroke-dasharray": "1 3",
    fill: "none",
  });
  return { body: frame + lead + place + parts.join(""), height: y - top };
}
