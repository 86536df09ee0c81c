import process from "node:process";
import { createRequire } from "node:module";
import { type Displayable, JUPYTER, type MimeBundle, NODE_INSPECT } from "./displayable.ts";
import { kernelBroadcast } from "./host.ts";

interface Tslab {
  readonly display: { html(html: string): void; svg(svg: string): void; text(text: string): void };
}

/** tslab's display functions, when this process is its kernel. */
function tslab(): Tslab | undefined {
  const program = process.argv[1] ?? "";
  if (!/[/\\]tslab[/\\]/.test(program)) return undefined;
  try {
    return createRequire(program)("tslab") as Tslab;
  } catch {
    return undefined;
  }
}

function isDisplayable(value: unknown): value is Displayable {
  return typeof value === "object" && value !== null && JUPYTER in value && NODE_INSPECT in value;
}

function send(to: Tslab, bundle: MimeBundle): void {
  const html = bundle["text/html"], svg = bundle["image/svg+xml"];
  if (html !== undefined) to.display.html(html);
  else if (svg !== undefined) to.display.svg(svg);
  else to.display.text(bundle["text/plain"] ?? "");
}

/**
 * Shows an object where the program runs: rich in a notebook of the Deno kernel or tslab, as text everywhere else.
 *
 * Works at any place of a cell, any number of times. tslab does not ask objects how they look, so its notebooks need it.
 *
 * @example
 * ```ts
 * import { show } from "./present.ts";
 * import { table } from "./table.ts";
 *
 * await show(table({ columns: [{ name: "S" }], rows: [["5s"]] }));
 * ```
 */
export async function show(value: unknown): Promise<void> {
  if (!isDisplayable(value)) return console.log(value);
  const broadcast = kernelBroadcast();
  if (broadcast) {
    return await broadcast("display_data", { data: await value[JUPYTER](), metadata: {}, transient: {} });
  }
  const node = tslab();
  if (node) return send(node, await value[JUPYTER]());
  console.log(value[NODE_INSPECT]());
}
