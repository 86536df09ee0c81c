import type { Settings } from "../settings/mod.ts";
import {
  type Difference,
  DIFFERENCE_CLASSES,
  type DiffResult,
  type RecordRef,
  type SettingFigures,
  type StudyResult,
} from "./types.ts";
import type { Remedy, Why } from "./reasons.ts";

/** A table for whoever draws tables: titles and rows of text, numbers as numbers. */
export interface ReportTable {
  /** What the table is about. */
  readonly title: string;
  /** Column titles. */
  readonly columns: readonly string[];
  /** Cells, row by row. */
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Sides of a comparison, one row each. */
export function sidesTable(result: DiffResult): ReportTable {
  return {
    title: `${result.left.name} against ${result.right.name}`,
    columns: ["side", "setting", "records", "packets", "bytes", "unknown directions"],
    rows: (["left", "right"] as const).map((side) => {
      const s = result[side];
      return [side, s.name, s.records, s.packets, s.bytes, s.unknownDirections];
    }),
  };
}

/** How many differences have each class, classes without any left out. */
export function classesTable(result: DiffResult): ReportTable {
  return {
    title: "differences",
    columns: ["class", "count"],
    rows: DIFFERENCE_CLASSES.filter((c) => result.counts[c] > 0).map((c) => [c, result.counts[c]]),
  };
}

/** One row for each difference. */
export function differencesTable(differences: readonly Difference[]): ReportTable {
  return {
    title: "where they differ",
    columns: ["connection", "what", "records", "changed"],
    rows: differences.map((
      d,
    ) => [d.connection.text, classText(d), `${d.left.length} -> ${d.right.length}`, changedText(d)]),
  };
}

/** The classes of a difference with their numbers, for example `flipped 10, split 12`. */
export function classText(d: Difference): string {
  return d.classes.map((c) => {
    switch (c) {
      case "split":
        return `split into ${d.right.length}${d.left.length > 1 ? ` (from ${d.left.length})` : ""}`;
      case "merged":
        return `merged from ${d.left.length}${d.right.length > 1 ? ` (into ${d.right.length})` : ""}`;
      case "flipped":
        return `flipped ${Math.max(d.flipped.left.length, d.flipped.right.length)}`;
      case "direction-unknown":
        return `direction unknown ${d.unknown.left.length + d.unknown.right.length}`;
      default:
        return c;
    }
  }).join(", ");
}

function changedText(d: Difference): string {
  return d.changed.map((c) => {
    if (Number.isNaN(c.amount)) return `${c.field} ${c.left} -> ${c.right}`;
    const isTime = c.field === "stime" || c.field === "ltime";
    const amount = isTime ? `${(c.amount / 1e6).toFixed(6)} s` : String(c.amount);
    return `${c.field} ${c.amount > 0 ? "+" : ""}${amount}`;
  }).join(", ");
}

/** The totals that prove nothing was lost, as sentences. */
export function totalsText(result: DiffResult): readonly string[] {
  const { totals, left, right } = result;
  const lines = [
    totals.complete
      ? `Every record stands in exactly one difference: ${totals.left.records} of ${left.records} records on the left, ` +
        `${totals.right.records} of ${right.records} on the right.`
      : `Records are missing from the differences: ${totals.left.records} of ${left.records} on the left, ` +
        `${totals.right.records} of ${right.records} on the right.`,
    totals.equal
      ? `Both sides hold the same traffic: ${left.packets} packets, ${left.bytes} bytes.`
      : `The sides hold different traffic: ${left.packets} packets, ${left.bytes} bytes against ${right.packets} packets, ` +
        `${right.bytes} bytes (${signed(totals.packetsApart)} packets, ${signed(totals.bytesApart)} bytes).`,
  ];
  for (const side of [left, right]) {
    if (Number.isNaN(side.seenPackets)) continue;
    lines.push(
      side.seenPackets === side.packets && side.seenBytes === side.bytes
        ? `${side.name}: all ${side.seenPackets} packets of the capture that form flows are in its records.`
        : `${side.name}: ${side.packets} of the ${side.seenPackets} packets of the capture that form flows are in these records ` +
          `(${side.bytes} of ${side.seenBytes} bytes).`,
    );
  }
  if (result.leftOut > 0) lines.push(`${result.leftOut} more differences were counted but not listed.`);
  return lines;
}

function signed(n: number): string {
  return n > 0 ? `+${n}` : String(n);
}

/** Figures of a study, one row for each setting. */
export function studyTable(study: StudyResult): ReportTable {
  const row = (f: SettingFigures) => [
    f.name,
    f.records,
    f.connections,
    f.unknownDirections,
    f.flips,
    f.splits,
    f.merges,
    f.peakFlows,
    f.peakBytes,
    Number((f.longestRecord / 1e6).toFixed(6)),
  ];
  return {
    title: `${study.settings.length} settings, ${study.connections} connections`,
    columns: [
      "setting",
      "records",
      "connections",
      "unknown directions",
      "flips",
      "splits",
      "merges",
      "peak flows",
      "peak bytes",
      "longest record (s)",
    ],
    rows: study.settings.map(row),
  };
}

/** Connections on which the settings of a study disagree: for each setting records, flipped and unknown ones. */
export function disputedTable(study: StudyResult): ReportTable {
  return {
    title: "connections on which the settings disagree (records, flipped, unknown)",
    columns: ["connection", "initiator", "evidence", ...study.settings.map((s) => s.name)],
    rows: study.disputed.map((c) => [
      c.connection.text,
      c.connection.ends[c.initiator].filter((x) => x !== "").join(":"),
      c.evidence,
      ...c.records.map((n, i) =>
        `${n}${c.flips[i] ? ` ${c.flips[i]} flipped` : ""}${c.unknown[i] ? ` ${c.unknown[i]} ?` : ""}`
      ),
    ]),
  };
}

/** Turns results into plain JSON data: numbers that JSON cannot hold become `null` (not known) or `"never"`. */
export function toJson(
  value: DiffResult | StudyResult | Difference | Why | Remedy | RecordRef | Settings | readonly unknown[],
): unknown {
  return plain(value);
}

function plain(value: unknown): unknown {
  if (typeof value === "number") {
    return Number.isNaN(value) ? null : value === Infinity ? "never" : value === -Infinity ? null : value;
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value).filter(([, v]) => v !== undefined).map(([k, v]) => [k, plain(v)]),
    );
  }
  return value;
}
