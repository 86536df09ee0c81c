import { writeFile } from "node:fs/promises";
import { Problem } from "../base/mod.ts";
import { type Displayable, INSPECT, JUPYTER, type MimeBundle, NODE_INSPECT } from "./displayable.ts";
import { escapeHtml } from "./escape.ts";
import { panel } from "./html_table.ts";
import { INK } from "./palette.ts";
import { element } from "./svg.ts";

// Colours stand in the elements for print and for renderers without CSS; dark pages override ink and paper through classes.
const DARK =
  `.panoptes-picture .t{fill:#e8eaed}.panoptes-picture .d{fill:#a5adb5}.panoptes-picture .paper{fill:#15181c}` +
  `.panoptes-picture .halo{stroke:#15181c}.panoptes-picture .line{stroke:#434a52}.panoptes-picture .inkline{stroke:#e8eaed}` +
  `.panoptes-picture .inkfill{fill:#e8eaed}.panoptes-picture .lost{stroke:#ff9a5c}.panoptes-picture .lostfill{fill:#ff9a5c}` +
  `.panoptes-picture .kept{fill:#3ecf9f}` +
  `.panoptes-picture [data-fill=ink]{fill:#e8eaed}.panoptes-picture [data-stroke=ink]{stroke:#e8eaed}`;

/** The font of all pictures. */
export const FONT = "system-ui,-apple-system,'Segoe UI','DejaVu Sans',Verdana,sans-serif";

/** What stands around the drawing itself. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Title for screen readers and tool tips. */
  readonly title: string;
  /** The picture told in words. */
  readonly description: string;
}

/** A complete SVG document around a drawing: paper, font, text alternatives, dark colours. */
export function svgDocument(frame: Frame, body: string): string {
  const { width, height } = frame;
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "panoptes-picture",
      role: "img",
      "aria-label": `${frame.title}. ${frame.description}`,
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      "font-family": FONT,
      "font-size": 12,
      style: "max-width:100%;height:auto",
    },
    `<title>${escapeHtml(frame.title)}</title><desc>${escapeHtml(frame.description)}</desc>`,
    `<style>@media (prefers-color-scheme:dark){${DARK}}</style>`,
    element("rect", { class: "paper", width, height, fill: INK.paper }),
    body,
  );
}

/** One drawing of a picture. */
export interface Drawing {
  /** The SVG document. */
  readonly svg: string;
  /** What it shows. */
  readonly title: string;
  /** The picture told in words. */
  readonly description: string;
}

/**
 * HTML that shows the wide or the narrow drawing, whichever the page has room for. Only one of the two is ever displayed, so screen
 * readers and print get one picture.
 */
export function fitting(wide: string, narrow: string): string {
  return `<style>.pn-fit{container-type:inline-size}.pn-narrow{display:none}` +
    `@container (max-width:700px){.pn-wide{display:none}.pn-narrow{display:block}}</style>` +
    `<figure class="pn-fit"><div class="pn-wide">${wide}</div><div class="pn-narrow">${narrow}</div></figure>`;
}

/**
 * A picture that shows itself in a notebook, tells itself in words in a terminal, and writes itself to a file.
 *
 * Drawn only when shown or written, so that making one costs nothing.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { Picture } from "./picture.ts";
 *
 * const dot = new Picture("a dot", () => ({ svg: "<svg/>", title: "a dot", description: "One dot." }));
 * assertStringIncludes(Deno.inspect(dot), "a dot");
 * ```
 */
export class Picture implements Displayable {
  readonly #title: string;
  readonly #draw: (width: number) => Drawing | Promise<Drawing>;
  readonly #width: number | undefined;

  /** `draw` is given the width in pixels. A picture without a width of its own adapts to the page. */
  constructor(title: string, draw: (width: number) => Drawing | Promise<Drawing>, width?: number) {
    this.#title = title;
    this.#draw = draw;
    this.#width = width;
  }

  /** A picture of data that are worked out when it is first shown or written. */
  static later<Model>(
    title: string,
    compute: () => Promise<Model>,
    picture: (model: Model) => Picture,
  ): Picture {
    let model: Promise<Model> | undefined;
    return new Picture(title, async (width) => picture(await (model ??= compute())).draw(width));
  }

  /** Draws the picture at one width. */
  async draw(width: number = this.#width ?? 1000): Promise<Drawing> {
    return await this.#draw(width);
  }

  /** The SVG document. */
  async svg(width: number = this.#width ?? 1000): Promise<string> {
    return (await this.#draw(width)).svg;
  }

  /** HTML that shows the wide or the narrow drawing, whichever the page has room for. */
  async html(): Promise<string> {
    if (this.#width !== undefined) return panel(`<figure>${await this.svg()}</figure>`);
    return panel(fitting(await this.svg(1000), await this.svg(400)));
  }

  /**
   * Writes the picture to an SVG file.
   *
   * @throws {Problem} `unsupported` when the name does not end in `.svg`.
   */
  async write(path: string): Promise<void> {
    if (!path.endsWith(".svg")) {
      throw new Problem("unsupported", `Expected a file name that ends in .svg but found "${path}"`);
    }
    await writeFile(path, await this.svg() + "\n");
  }

  /** Title and how to see it. */
  toString(): string {
    return `Picture: ${this.#title} (shown in a notebook; .write("picture.svg") keeps it)`;
  }

  /** The MIME bundle for a notebook. */
  async [JUPYTER](): Promise<MimeBundle> {
    const drawing = await this.#draw(this.#width ?? 1000);
    return { "text/plain": `${drawing.title}\n${drawing.description}`, "text/html": await this.html() };
  }

  /** Text for Deno's console. */
  [INSPECT](): string {
    return this.toString();
  }

  /** Text for Node's console. */
  [NODE_INSPECT](): string {
    return this.toString();
  }
}
