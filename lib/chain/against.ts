import { formatDuration, parseDuration, Problem } from "../base/mod.ts";
import {
  type AgainstFigures,
  AgainstScore,
  endText,
  FirstStarts,
  PublishedFlows,
  rankFigures,
  type RecordRef,
  refOf,
} from "../compare/mod.ts";
import { displayable, htmlTable, markdownTable, show, type TableModel, textTable } from "../display/mod.ts";
import { compileRecordFilter } from "../expression/mod.ts";
import { readFlows, readFlowText } from "../formats/mod.ts";
import { asRead, FLAG_MAR, FLAGS, type RecordBatch, WORDS } from "../record/mod.ts";
import { argus, nfstream, PRESETS, type Settings, type SettingsInput } from "../settings/mod.ts";
import type { CapturePlan, FlowsPlan } from "./plan.ts";
import { meterCapture, type RunListeners } from "./run.ts";

/** How to look for the settings behind a table of flows. */
export interface AgainstOptions {
  /** Settings to begin with; all presets and some of Argus' own when none are given. */
  readonly settings?: readonly Settings[];
  /** Whether to look further around the best of them. Default true. */
  readonly search?: boolean;
  /** Record filter, ra's language, for both sides. */
  readonly filter?: string;
  /** Records listed that differ. Default 20 of each side. */
  readonly rows?: number;
}

/** Times that flow meters are set to. */
const TIMES = [5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600].map((s) => `${s}s`).concat("never");
/** Argus' own settings that people use. */
const ARGUS_GRID: readonly SettingsInput[] = ["5s", "60s", "1h", "never"].flatMap((status) =>
  ["60s", "2h"].map((tcp) => ({ status, tcp }))
);
/** How many presets are looked around. */
const WIDTH = 3;

/** A published table of flows, and which settings reproduce it best. */
export class Against {
  /** Every setting tried, best first. */
  readonly ranking: readonly AgainstFigures[];
  /** Name of the table, and how many records it has. */
  readonly name: string;
  readonly records: number;
  /** Precision of its starts, and what is added to its times to make them the capture's, microseconds. */
  readonly precision: number;
  readonly shift: number;
  /** Under the best setting: first records of the table that no record equals, and the other way round, and how many there are. */
  readonly onlyTable: { readonly count: number; readonly first: readonly RecordRef[] };
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
        f.name,
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
      title: `what still differs under ${this.best.name}`,
      columns: ["only in", "flow", "start", "seconds", "packets", "bytes"].map((name) => ({ name, align: "left" })),
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

/** What was found out, in a few sentences. */
function summary(self: Against): string {
  const { best } = self;
  const lines = [
    `Best: ${best.name}: ${best.matched} of the ${self.records} records of ${self.name} have an equal among ${best.records} records ` +
    `(ends, start, duration, packets); ${best.sameBytes} of them have equal bytes, ${best.flipped} are exchanged.`,
  ];
  if (self.shift !== 0) {
    lines.push(`Times of the table are ${formatDuration(Math.abs(self.shift))} ${self.shift > 0 ? "behind" : "ahead of"} the capture's.`);
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

/** Records of the table as a reader sees them. */
async function* recordsOf(flows: FlowsPlan, accepts: Accepts, listeners: RunListeners): AsyncGenerator<RecordBatch> {
  const options = { strict: flows.strict, ...(listeners.onProblem ? { onProblem: listeners.onProblem } : {}) };
  const source = flows.source as string | Uint8Array;
  try {
    for await (const batch of readFlowText(source, options)) yield kept(batch, accepts);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "unsupported") throw error;
    // No table: a file of Argus' own.
    for await (const batch of readFlows(source, options)) {
      for (let row = 0; row < batch.length; row++) asRead(batch, row);
      yield kept(batch, accepts);
    }
  }
}

type Accepts = ((batch: RecordBatch, row: number) => boolean) | undefined;

/** The flow records that a filter accepts. */
function kept(batch: RecordBatch, accepts: Accepts): RecordBatch {
  const out = batch.fresh();
  for (let row = 0; row < batch.length; row++) {
    if (batch.words[row * WORDS + FLAGS]! & FLAG_MAR) continue;
    if (accepts === undefined || accepts(batch, row)) out.append(batch, row);
  }
  return out;
}

/** The same preset with other times. */
function changed(settings: Settings, input: SettingsInput): Settings {
  const make = PRESETS[settings.preset] ?? argus;
  const now: Record<string, unknown> = {};
  const base = make();
  if (settings.status !== base.status) now.status = settings.status / 1e6;
  for (const key of IDLES) if (settings.timeouts[key] !== base.timeouts[key]) now[key] = settings.timeouts[key] / 1e6;
  if (settings.clock !== base.clock) now.clock = settings.clock;
  return make({ ...now, ...input } as SettingsInput);
}

const IDLES = ["tcp", "ip", "icmp", "other"] as const;

/** Steps of the search: what is tried around each of the best settings. */
const STEPS: readonly ((settings: Settings) => readonly Settings[])[] = [
  (s) => TIMES.map((status) => changed(s, { status })),
  (s) => TIMES.map((time) => changed(s, { tcp: time, ip: time, icmp: time, other: time })),
  (s) => TIMES.flatMap((time) => [changed(s, { tcp: time }), changed(s, { ip: time, other: time }), changed(s, { icmp: time })]),
  (s) => TIMES.map((status) => changed(s, { status })),
];

/**
 * Looks for the settings that reproduce a published table of flows best: first the presets, then other times around the best of them.
 *
 * @throws {Problem} when the capture or the table cannot be read.
 */
export async function findAgainst(
  plan: CapturePlan,
  flows: FlowsPlan,
  options: AgainstOptions = {},
  listeners: RunListeners = {},
): Promise<Against> {
  const accepts = options.filter ? compileRecordFilter(options.filter) : undefined;
  const published = new PublishedFlows();
  for await (const batch of recordsOf(flows, accepts, listeners)) published.take(batch);
  if (published.count === 0) throw new Problem("empty", "Expected flow records but found none", { source: flows.name });
  const firsts = new FirstStarts();
  await meterCapture(plan, [nfstream()], (_, batch) => firsts.take(kept(batch, accepts)), {}, listeners);
  published.seal(firsts);

  const tried = new Map<string, AgainstFigures>();
  const attempt = async (settings: readonly Settings[]) => {
    const fresh = settings.filter((s, i) => !tried.has(s.name) && settings.findIndex((o) => o.name === s.name) === i);
    if (fresh.length === 0) return;
    const scores = fresh.map((s) => new AgainstScore(published, s));
    await meterCapture(plan, fresh, (index, batch) => scores[index]!.take(kept(batch, accepts)), { reuse: true }, listeners);
    for (const score of scores) tried.set(score.figures().name, score.figures());
  };
  const best = () => rankFigures([...tried.values()]);
  await attempt(options.settings ?? [...Object.values(PRESETS).map((make) => make()), ...ARGUS_GRID.map((g) => argus(g))]);
  if (options.search ?? true) await attempt(cutLike(published.cutLength));
  if (options.search ?? true) {
    for (const step of STEPS) {
      if (best()[0]!.score === 1) break;
      await attempt(around(best()).flatMap((f) => step(f.settings)));
    }
  }
  const ranking = best();
  return new Against({
    ranking,
    name: flows.name,
    records: published.count,
    precision: published.startUnit,
    shift: published.shift,
    ...await differencesOf(plan, flows, published, ranking[0]!.settings, accepts, options.rows ?? 20, listeners),
  });
}

/** Every preset with the cuts by life that the length of a table's records speaks for. */
function cutLike(length: number): readonly Settings[] {
  const at = TIMES.findIndex((t) => parseDuration(t, "time") >= length);
  return Object.values(PRESETS).flatMap((make) =>
    TIMES.slice(Math.max(0, at - 1), at + 1).map((status) => make({ status }))
  );
}

/** The best settings of different presets. */
function around(ranking: readonly AgainstFigures[]): readonly AgainstFigures[] {
  const chosen: AgainstFigures[] = [];
  for (const f of ranking) {
    if (chosen.length === WIDTH) break;
    if (!chosen.some((c) => c.settings.preset === f.settings.preset)) chosen.push(f);
  }
  return chosen;
}

async function differencesOf(
  plan: CapturePlan,
  flows: FlowsPlan,
  published: PublishedFlows,
  settings: Settings,
  accepts: Accepts,
  rows: number,
  listeners: RunListeners,
): Promise<Pick<Against, "onlyTable" | "onlyCapture" | "cutOtherwise">> {
  const score = new AgainstScore(published, settings);
  const capture: RecordRef[] = [], table: RecordRef[] = [];
  let alone = 0, cutOtherwise = 0, index = 0, missing = 0;
  await meterCapture(plan, [settings], (_, batch) =>
    score.take(kept(batch, accepts), (b, row) => {
      if (published.hasConversation(b, row)) cutOtherwise++;
      if (alone++ < rows) capture.push(refOf(b, row, alone - 1));
    }), {}, listeners);
  for await (const batch of recordsOf(flows, accepts, {})) {
    for (let row = 0; row < batch.length; row++, index++) {
      if (score.isMatched(index)) continue;
      if (missing++ < rows) table.push(refOf(batch, row, index));
    }
  }
  return { onlyTable: { count: missing, first: table }, onlyCapture: { count: alone, first: capture }, cutOtherwise };
}
