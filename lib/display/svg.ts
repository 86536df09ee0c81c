import { escapeHtml } from "./escape.ts";

/** Attributes of an SVG element; undefined ones are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** A number for SVG: at most two decimals, so that pictures are small and the same everywhere. */
export function coordinate(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** An SVG element as text; attribute values are escaped, children are SVG already. */
export function element(name: string, attributes: Attributes, ...children: string[]): string {
  let out = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    out += ` ${key}="${typeof value === "number" ? coordinate(value) : escapeHtml(value)}"`;
  }
  return children.length === 0 ? `${out}/>` : `${out}>${children.join("")}</${name}>`;
}

/** A text element; the text is escaped. */
export function textElement(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element("text", { x, y, class: "t", ...attributes }, escapeHtml(text));
}

/** A tool tip for the element it stands in. */
export function tip(text: string): string {
  return `<title>${escapeHtml(text)}</title>`;
}

/**
 * Width of a text in pixels, estimated high (for a wide sans-serif face), so that what is laid out by it never overlaps.
 */
export function textWidth(text: string, size: number, bold = false): number {
  let em = 0;
  for (const c of text) {
    if (" .,:;|!'ijl()[]/".includes(c)) em += 0.36;
    else if (c >= "A" && c <= "Z" || "mw%<>?+=→←×●".includes(c)) em += 0.82;
    else if (c > "\u2e80") em += 1.05;
    else em += 0.61;
  }
  return em * size * (bold ? 1.13 : 1);
}

/** Breaks a text into lines no wider than `width` pixels, at blanks. */
export function wrap(text: string, width: number, size: number, bold = false): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const next = line === "" ? word : `${line} ${word}`;
    if (line !== "" && textWidth(next, size, bold) > width) {
      lines.push(line);
      line = word;
    } else line = next;
  }
  if (line !== "") lines.push(line);
  return lines;
}
