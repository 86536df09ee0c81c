import { escapeHtml } from "./escape.ts";
import { alignment, cellText, heading, remainder } from "./text_table.ts";
import type { Cell, TableModel } from "./types.ts";

/** Most rows an HTML table holds; the rest is counted. */
export const HTML_ROWS = 300;

// Jupyter's theme variables win where they exist; elsewhere the system's light or dark preference decides. Background and text are
// always set together, so that no host can leave light text on a light page.
const CSS = `
.panoptes{--pn-bg:var(--jp-layout-color0,#ffffff);--pn-fg:var(--jp-content-font-color1,#1b1f24);` +
  `--pn-dim:var(--jp-content-font-color2,#57606a);--pn-line:var(--jp-border-color2,#c5ccd3);` +
  `--pn-alt:var(--jp-layout-color1,#f5f7f9);background:var(--pn-bg);color:var(--pn-fg);` +
  `font:13px/1.45 system-ui,sans-serif;max-width:100%;overflow-x:auto;padding:4px}
@media (prefers-color-scheme:dark){.panoptes{--pn-bg:var(--jp-layout-color0,#15181c);` +
  `--pn-fg:var(--jp-content-font-color1,#e8eaed);--pn-dim:var(--jp-content-font-color2,#a5adb5);` +
  `--pn-line:var(--jp-border-color2,#434a52);--pn-alt:var(--jp-layout-color1,#1f2429)}}
.panoptes table{border-collapse:collapse;margin:0;font-size:inherit;color:inherit;background:inherit;border:0}
.panoptes caption{caption-side:top;text-align:left;font-weight:600;color:var(--pn-fg);padding:2px 0 6px}
.panoptes th,.panoptes td{padding:2px 10px;border:0;white-space:nowrap;color:inherit;` +
  `font-variant-numeric:tabular-nums;vertical-align:top;max-width:none}
.panoptes thead tr{border-bottom:2px solid var(--pn-line)}
.panoptes tbody tr{border-bottom:1px solid var(--pn-line);background:var(--pn-bg)}
.panoptes tbody tr:nth-child(even){background:var(--pn-alt)}
.panoptes td.l,.panoptes th.l{text-align:left}.panoptes td.r,.panoptes th.r{text-align:right}` +
  `.panoptes td.c,.panoptes th.c{text-align:center}
.panoptes th button{all:unset;cursor:pointer;font-weight:600}
.panoptes th button:focus-visible{outline:2px solid currentColor;outline-offset:2px}
.panoptes th[aria-sort=ascending] button::after{content:" \\25B2"}` +
  `.panoptes th[aria-sort=descending] button::after{content:" \\25BC"}
.panoptes p{margin:6px 0 0;color:var(--pn-dim)}
.panoptes figure{margin:0}.panoptes pre{color:inherit;background:none;margin:0;font-size:12px;white-space:pre-wrap}
@media print{.panoptes{overflow:visible}.panoptes th button::after{content:""!important}}`;

/** The style every HTML output of this room stands on. */
export const STYLE = `<style>${CSS}\n</style>`;

// One handler for each table, in an attribute: it needs no id, no network and no script element, and where a notebook is not trusted
// the host drops it and leaves a plain table. Numbers sort as numbers (data-v), everything else as text.
const SORT =
  `const b=event.target.closest('button');if(!b)return;const h=b.parentNode,i=h.cellIndex,t=h.closest('table'),` +
  `d=h.getAttribute('aria-sort')==='ascending'?-1:1,v=r=>{const c=r.cells[i];return c.dataset.v===undefined?c.textContent:+c.dataset.v};` +
  `[...t.tBodies[0].rows].sort((a,b)=>{const x=v(a),y=v(b);return d*(typeof x==='number'&&typeof y==='number'?x-y:` +
  `String(x).localeCompare(String(y),undefined,{numeric:true}))}).forEach(r=>t.tBodies[0].append(r));` +
  `for(const o of h.parentNode.cells)o.removeAttribute('aria-sort');h.setAttribute('aria-sort',d>0?'ascending':'descending')`;

/** Wraps HTML so that it follows the notebook's light or dark theme. */
export function panel(html: string): string {
  return `<div class="panoptes">${STYLE}${html}</div>`;
}

function htmlCell(cell: Cell, side: string): string {
  const value = typeof cell === "number" && Number.isFinite(cell) ? ` data-v="${cell}"` : "";
  return `<td class="${side}"${value}>${escapeHtml(cellText(cell))}</td>`;
}

/** The `<table>` element alone, for panels that hold several. */
export function tableElement(table: TableModel, options: { maxRows?: number } = {}): string {
  const shown = table.rows.slice(0, options.maxRows ?? HTML_ROWS);
  const sides = table.columns.map((_, i) => alignment(table, i)[0]!);
  const caption = table.title ? `<caption>${escapeHtml(table.title)}</caption>` : "";
  const heads = table.columns.map((c, i) =>
    `<th scope="col" class="${sides[i]}"><button type="button" title="Sort">${
      escapeHtml(heading(c))
    }</button></th>`
  );
  const body = shown.map((row) =>
    `<tr>${table.columns.map((_, i) => htmlCell(row[i] ?? null, sides[i]!)).join("")}</tr>`
  );
  const rest = remainder(table, shown.length);
  const foot = [rest, table.note].filter((x) => x !== undefined).map((x) => `<p>${escapeHtml(x)}</p>`);
  return `<table>${caption}<thead onclick="${escapeHtml(SORT)}"><tr>${heads.join("")}</tr></thead>` +
    `<tbody>\n${body.join("\n")}\n</tbody></table>${foot.join("")}`;
}

/**
 * A table as HTML: caption, column scopes, light and dark, sortable by a click or a key on a heading, no network, at most
 * {@linkcode HTML_ROWS} rows and a count of the rest; everything in it is escaped.
 *
 * @example
 * ```ts
 * import { assert, assertStringIncludes } from "@std/assert";
 * import { htmlTable } from "./html_table.ts";
 *
 * const html = htmlTable({ title: "labels", columns: [{ name: "label" }], rows: [["<script>alert(1)</script>"]] });
 * assertStringIncludes(html, "&#60;script&#62;");
 * assert(!html.includes("<script"));
 * ```
 */
export function htmlTable(table: TableModel, options: { maxRows?: number } = {}): string {
  return panel(tableElement(table, options));
}
