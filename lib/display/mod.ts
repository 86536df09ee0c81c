/**
 * Tables, pictures and progress for terminals, notebooks and the REPL; the only room that knows which of them it is in.
 *
 * Everything here is a function over plain data ({@linkcode TableModel}, {@linkcode TimelineModel}, ...); nothing reads a capture.
 *
 * @module
 */
export * from "./types.ts";
export * from "./displayable.ts";
export { escapeHtml, escapeMarkdown, printable } from "./escape.ts";
export { type Style, style, wantsColor } from "./style.ts";
export { textTable, type TextTableOptions } from "./text_table.ts";
export { markdownTable } from "./markdown_table.ts";
export { HTML_ROWS, htmlTable, panel, tableElement } from "./html_table.ts";
export { show } from "./present.ts";
export { table } from "./table.ts";
export { type Drawing, Picture } from "./picture.ts";
export { drawFitting, drawTimeline, timeline } from "./timeline.ts";
export { differenceMap } from "./difference_map.ts";
export { costCurve, megabytes } from "./cost_curve.ts";
export { type Bin, histogram, logBins } from "./histogram.ts";
export { countOverTime, packetStrip } from "./packet_strip.ts";
export { moment, spoken } from "./time_axis.ts";
export { type Broadcast, findHost, type Host, kernelBroadcast } from "./host.ts";
export { type Progress, progress, type ProgressOptions } from "./progress.ts";
