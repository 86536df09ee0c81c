/**
 * `deno task docs`: writes docs/fields.md, the reference page of all fields, from the field registry.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { DEFAULT_FIELDS, type Field, FIELDS } from "../lib/record/mod.ts";

/** Where the page lives. */
export const PAGE = new URL("../docs/fields.md", import.meta.url).pathname;

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

function ipfix({ ipfix }: Field): string {
  return ipfix ? `${ipfix.pen ? `${ipfix.pen}/` : ""}${ipfix.id} ${ipfix.name}` : "";
}

function row(f: Field): string {
  const width = `${f.width}${f.wide ? " + p" : ""}`;
  const cells = [
    `\`${f.name}\``,
    f.title,
    width,
    f.meaning,
    f.unit,
    f.type,
    f.merge,
    f.sql,
    f.arrow,
    ipfix(f),
    f.xml,
  ];
  return `| ${cells.map(cell).join(" | ")} |`;
}

/** The whole page as text. */
export function fieldsPage(): string {
  const head = [
    "| name | title | width | meaning | unit | type | merge | SQL | Arrow | IPFIX | XML |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
  ];
  const ours = FIELDS.filter((f) => f.extension), theirs = FIELDS.filter((f) => !f.extension);
  return [
    "# Fields",
    "",
    "Written by `deno task docs` from the field registry (`lib/record/fields`); do not edit.",
    "",
    `Printed when nothing else is asked for: ${DEFAULT_FIELDS.map((n) => `\`${n}\``).join(" ")}.`,
    "",
    '"+ p": the column grows by the digits of the precision. Times are microseconds since 1970 as values; floats are 32-bit where',
    "ra's are. IPFIX elements of the reverse direction have the enterprise number 29305 of RFC 5103 before their id.",
    "",
    `## The ${theirs.length} fields of ra`,
    "",
    ...head,
    ...theirs.map(row),
    "",
    `## Extensions (${ours.length})`,
    "",
    ...head,
    ...ours.map(row),
    "",
  ].join("\n");
}

if (import.meta.main) {
  const text = fieldsPage();
  let old = "";
  try {
    old = readFileSync(PAGE, "utf8");
  } catch {
    // First run.
  }
  if (old !== text) writeFileSync(PAGE, text);
  console.log(`docs/fields.md: ${FIELDS.length} fields${old === text ? ", unchanged" : ""}`);
}
