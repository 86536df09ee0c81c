import { formatDuration } from "../base/mod.ts";
import { type AgainstFigures, endText, type RecordRef } from "../compare/mod.ts";
import { displayable, htmlTable, markdownTable, show, type TableModel, textTable } from "../display/mod.ts";
import type { Settings } from "../settings/mod.ts";

/** A published table of flows, and which settings reproduce it best. */
export class Against {
  /** Every setting tried, best first. */
  readonly ranking: readonly AgainstFigures[];
  /** Name of the table. */
  readonly name: string;
  /** How many records it has. */
  readonly records: number;
  /** Precision of its starts, microseconds. */
  readonly precision: number;
  /** What is added to its times to make them the capture's, microseconds. */
  readonly shift: number;
  /** Under the best setting: records of the table that no record equals, the first of them, and how many there are. */
  readonly onlyTable: { readonly count: number; readonly first: readonly RecordRef[] };
  /** The other way round: records that the table does not have. */
  readonly onlyCapture: { readonly count: number; readonly first: readonly RecordRef[] };
  /** Of the latter: records of conversations that the table has, cut otherwise. */
  readonly cutOtherwise: number;

  /** Made by `capture.against`. */
  constructor(about: Omit<Against, "best" | "table" | "show" | "differences">) {
    this.ranking = about.ranking;
    this.name = about.name;
    this.records = about.records;
    this.precision = about.precision;
    this.shift = about.shift;
    this.onlyTable = about.onlyTable;
    this.onlyCapture = about.onlyCapture;
    this.cutOtherwise = about.cutOtherwise;
  }

  /** The settings that reproduce the table best. */
  get best(): AgainstFigures {
    return this.ranking[0]!;
  }

  /** The best settings, as a table. */
  table(rows = 12): TableModel {
    return {
      title: `settings that reproduce ${this.name} (${this.records} records)`,
      columns: ["setting", "records", "equal", "flipped", "equal bytes", "score"].map((name, i) => ({
        name,
        align: i === 0 ? "left" : "right",
      })),
      rows: this.ranking.slice(0, rows).map((f) => [
        labelOf(f.settings),
        f.records,
        f.matched,
        f.flipped,
        f.sameBytes,
        `${(100 * f.score).toFixed(2)} %`,
      ]),
    };
  }

  /** What still differs under the best setting, as a table. */
  differences(): TableModel {
    const line = (side: string, r: RecordRef) => [
      side,
      `${r.proto} ${endText(r.saddr, r.sport)} ${endText(r.daddr, r.dport)}`,
      new Date(r.stime / 1e3).toISOString(),
      ((r.ltime - r.stime) / 1e6).toFixed(6),
      `${r.spkts}/${r.dpkts}`,
      `${r.sbytes}/${r.dbytes}`,
    ];
    return {
      title: `what still differs under ${labelOf(this.best.settings)}`,
      columns: ["only in", "flow", "start", "seconds", "packets", "bytes"].map((name) => ({
        name,
        align: "left",
      })),
      rows: [
        ...this.onlyTable.first.map((r) => line("table", r)),
        ...this.onlyCapture.first.map((r) => line("capture", r)),
      ],
    };
  }

  /** Shows ranking and differences: as text in a terminal, as HTML in a notebook. */
  async show(): Promise<void> {
    await show(this);
  }
}

/** What to call a setting among those of other meters. */
function labelOf(settings: Settings): string {
  return settings.preset === "argus" ? `argus ${settings.name}` : settings.name;
}

/** What was found out, in a few sentences. */
function summary(self: Against): string {
  const { best } = self;
  const lines = [
    `Best: ${
      labelOf(best.settings)
    }: ${best.matched} of the ${self.records} records of ${self.name} have an equal among ${best.records} records ` +
    `(ends, start, duration, packets); ${best.sameBytes} of them have equal bytes, ${best.flipped} are exchanged.`,
  ];
  if (self.shift !== 0) {
    lines.push(
      `Times of the table are ${formatDuration(Math.abs(self.shift))} ${
        self.shift > 0 ? "behind" : "ahead of"
      } the capture's.`,
    );
  }
  if (self.precision > 1) lines.push(`Its starts are precise to ${formatDuration(self.precision)} only.`);
  const { onlyTable, onlyCapture, cutOtherwise } = self;
  lines.push(
    onlyTable.count + onlyCapture.count === 0
      ? "Nothing differs."
      : `${onlyTable.count} records are in the table only, ${onlyCapture.count} under the setting only, ` +
        `${cutOtherwise} of these in conversations that the table cuts otherwise.`,
  );
  return lines.join("\n");
}

/** Summary, ranking and differences as text. */
export function againstText(self: Against): string {
  return [summary(self), ...tablesOf(self).map((t) => textTable(t))].join("\n\n");
}

/** The same as plain data: settings by name, times in microseconds. */
export function againstJson(self: Against): unknown {
  const { name, records, precision, shift, ranking, cutOtherwise, onlyTable, onlyCapture } = self;
  return {
    table: { name, records, precision, shift },
    ranking: ranking.map(({ settings, ...figures }) => ({ preset: settings.preset, ...figures })),
    differences: { cutOtherwise, onlyTable, onlyCapture },
  };
}

function tablesOf(self: Against): readonly TableModel[] {
  return [self.table(), ...(self.onlyTable.count + self.onlyCapture.count > 0 ? [self.differences()] : [])];
}

displayable(Against.prototype, (self) => {
  const tables = tablesOf(self);
  return {
    text: () => againstText(self),
    html: () => `<p>${summary(self).replaceAll("\n", "<br>")}</p>${tables.map((t) => htmlTable(t)).join("")}`,
    markdown: () => [summary(self), ...tables.map((t) => markdownTable(t))].join("\n\n"),
  };
});
