/** Text made safe for HTML and SVG, in content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"'`]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/**
 * Text without control characters: a capture must not be able to move the cursor, change colours or reorder a line.
 *
 * C0 and C1 controls and the bidirectional overrides become visible `\xNN` or `\uNNNN`; tabs and line ends become `\t`, `\n`, `\r`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { printable } from "./escape.ts";
 *
 * assertEquals(printable("a\x1b[31mb\n"), "a\\x1b[31mb\\n");
 * ```
 */
export function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]/g, (c) => {
    if (c === "\t") return "\\t";
    if (c === "\n") return "\\n";
    if (c === "\r") return "\\r";
    const code = c.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}

/** Text made safe for a cell of a Markdown table. */
export function escapeMarkdown(text: string): string {
  return printable(text).replace(
    /[\\`*_{}[\]()#+!|<>&~$]/g,
    (c) => c === "<" ? "&lt;" : c === ">" ? "&gt;" : c === "&" ? "&amp;" : "\\" + c,
  );
}
