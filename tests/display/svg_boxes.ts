import { assertEquals } from "@std/assert";
import { textWidth } from "../../lib/display/svg.ts";

/** Where a text stands, in pixels of the picture. */
export interface Box {
  text: string;
  x0: number;
  x1: number;
  y0: number;
  y1: number;
}

/** Fails unless elements are closed in order, attributes quoted, and nothing but elements and references begins with `<` or `&`. */
export function assertWellFormed(svg: string): void {
  const open: string[] = [];
  const rest = svg.replace(
    /<(\/?)([a-zA-Z][\w:-]*)((?: [\w:-]+="[^"<]*")*) ?(\/?)>/g,
    (_, end, name, _attributes, empty) => {
      if (end) assertEquals(open.pop(), name);
      else if (!empty) open.push(name);
      return "";
    },
  );
  assertEquals(open, []);
  assertEquals(rest.match(/<|&(?!#?\w+;)/), null);
}

/** Boxes of all texts that the timeline draws (no transforms), a little smaller than the estimate they were laid out by. */
export function boxes(svg: string): Box[] {
  return [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map((m) => {
    const attribute = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(m[1]!)?.[1];
    const text = m[2]!.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code));
    const size = Number(attribute("font-size") ?? 12);
    const width = textWidth(text, size) * 0.96, x = Number(attribute(" ?x")), y = Number(attribute("y"));
    const anchor = attribute("text-anchor") ?? "start";
    const x0 = anchor === "end" ? x - width : anchor === "middle" ? x - width / 2 : x;
    return { text, x0, x1: x0 + width, y0: y - size * 0.75, y1: y + size * 0.15 };
  });
}

/** Pairs of texts that lie on each other. */
export function overlaps(list: Box[]): string[] {
  const found: string[] = [];
  list.forEach((a, i) => {
    for (const b of list.slice(i + 1)) {
      if (a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1) found.push(`"${a.text}" and "${b.text}"`);
    }
  });
  return found;
}
