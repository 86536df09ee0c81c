import {
  classesTable,
  differencesTable,
  type DiffResult,
  firstDifferences,
  type RecordRef,
  refOf,
  type Remedy,
  SettingsDiff,
  sidesTable,
  type Suspects,
  totalsText,
  type Why,
} from "../compare/mod.ts";
import { textTable } from "../display/mod.ts";
import { compileRecordFilter } from "../expression/mod.ts";
import { why } from "../explain/mod.ts";
import { Printer, type PrintOptions, RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { inquire, remedyWith, SharedRemeter } from "./investigate.ts";
import { filtered } from "./diff.ts";
import type { CapturePlan } from "./plan.ts";
import { meterCapture, type RunListeners } from "./run.ts";
import { saidOnce } from "./said_once.ts";
import { tableModel } from "./study.ts";

/** What to compare. */
export interface ComparisonOptions {
  /** Settings; the first one is what the others are compared with. */
  readonly settings: readonly Settings[];
  /** Record filter, ra's language. */
  readonly filter?: string;
  /** Records printed for each setting. Default 60. */
  readonly rows?: number;
  /** Records explained. Default 200. */
  readonly explained?: number;
  /** Whether to look for remedies (meters the capture again, several times). Default true. */
  readonly remedies?: boolean;
}

/** Records of one setting. */
export interface SettingTable {
  /** The setting. */
  readonly settings: Settings;
  /** First records that pass the filter, at most as many as asked for. */
  readonly batch: RecordBatch;
  /** The same as plain data. */
  readonly refs: readonly RecordRef[];
  /** Records that pass the filter. */
  readonly records: number;
  /** Flow-forming packets and bytes of the capture, and what formed no flow (law 1). */
  readonly seen: Readonly<{ packets: number; bytes: number; flowPackets: number; flowBytes: number }>;
}

/** Why one record has no, or the wrong, direction. */
export interface Explained {
  /** The setting. */
  readonly settings: Settings;
  /** Row in the setting's table, from 1. */
  readonly row: number;
  /** The reason. */
  readonly why: Why;
}

/** A remedy and the setting and connection it is for. */
export interface FoundRemedy {
  /** The setting to change. */
  readonly settings: Settings;
  /** Connection id, 16 hexadecimal digits. */
  readonly connection: string;
  /** Changes that help, each verified. */
  readonly remedies: readonly Remedy[];
}

/** One capture under several settings: records, differences, reasons. */
export interface Comparison {
  /** What to call the capture. */
  readonly name: string;
  /** The record filter. */
  readonly filter: string | undefined;
  /** Records of each setting. */
  readonly tables: readonly SettingTable[];
  /** Each further setting against the first. */
  readonly diffs: readonly DiffResult[];
  /** Reasons of records without, or with exchanged, direction. */
  readonly explained: readonly Explained[];
  /** Records that would have had something to explain beyond those explained. */
  readonly unexplained: number;
  /** What would have avoided them. */
  readonly remedies: readonly FoundRemedy[];
  /** Damage of the capture. */
  readonly problems: readonly string[];
}

/** Meters a capture under all settings in one pass, compares them with the first, and explains every `?` and flipped record. */
export async function compareSettings(
  plan: CapturePlan,
  options: ComparisonOptions,
  listeners: RunListeners = {},
): Promise<Comparison> {
  const { settings, filter } = options;
  const most = options.rows ?? 60;
  const tests = filter ? [compileRecordFilter(filter)] : [];
  const kept = settings.map(() => ({ batch: new RecordBatch(64), refs: [] as RecordRef[], records: 0 }));
  const compared = new SettingsDiff(settings.map((s) => ({ name: s.name, settings: s })), {
    sameFrames: true,
  });
  const run = await meterCapture(
    plan,
    settings,
    (index, all) => {
      const batch = filtered(all, tests);
      compared.take(index, batch);
      const k = kept[index]!;
      for (let row = 0; row < batch.length && k.records + row < most; row++) {
        k.batch.append(batch, row);
        k.refs.push(refOf(batch, row, k.records + row));
      }
      k.records += batch.length;
    },
    // Large batches keep the order in which the settings' records come.
    { connections: true, reuse: true, batchSize: 4096 },
    listeners,
  );
  const diffs = compared.finish();
  const { explained, unexplained, remedies } = await explain(
    plan,
    options,
    compared.suspects(options.explained ?? 200),
  );
  return Object.freeze({
    name: plan.name,
    filter,
    tables: settings.map((s, i) => ({ settings: s, ...kept[i]!, seen: run.meters[i]!.seen })),
    diffs,
    explained,
    unexplained,
    remedies,
    problems: run.problems.map((p) => p.message),
  });
}

async function explain(
  plan: CapturePlan,
  options: ComparisonOptions,
  suspects: readonly Suspects[],
): Promise<Pick<Comparison, "explained" | "unexplained" | "remedies">> {
  const chosen = suspects.flatMap(({ first, lastFrames }, index) =>
    first.map((ref, n) => ({ index, ref, lastFrame: lastFrames[n]! }))
  );
  const unexplained = suspects.reduce((n, { count }) => n + count, -chosen.length);
  if (chosen.length === 0) return { explained: [], unexplained, remedies: [] };
  // A filter may have kept later records of these ends back; what has no connection may be anybody's.
  const lastFrames = new Map(chosen.map(({ ref, lastFrame }) => [
    ref.connection,
    options.filter || ref.connection === "" ? Infinity : lastFrame,
  ]));
  const ids = new Set(chosen.map((c) => c.ref.connection));
  // Packet times are those of the first setting's kind, whoever has something to explain.
  const asked = options.settings.map((_, index) => index).filter((index) =>
    index === 0 || chosen.some((c) => c.index === index)
  );
  const { diaries, times } = await inquire(
    plan,
    asked.map((index) => options.settings[index]!),
    ids,
    Math.max(...lastFrames.values()),
  );
  const diaryOf = (index: number) => diaries[asked.indexOf(index)]!;
  const explained = chosen.map(({ index, ref }) => ({
    settings: options.settings[index]!,
    row: ref.index + 1,
    why: why(ref, diaryOf(index)),
  }));
  if (!(options.remedies ?? true)) return { explained, unexplained, remedies: [] };
  const cases = new Map(chosen.map((c) => [`${c.index} ${c.ref.connection}`, c]));
  const again = new SharedRemeter(plan, lastFrames);
  const remedies = [...cases.values()].slice(0, 12).map(async ({ index, ref }) => ({
    settings: options.settings[index]!,
    connection: ref.connection,
    remedies: await remedyWith(again, diaryOf(index), ref.connection, times.get(ref.connection)),
  }));
  return { explained, unexplained, remedies: await Promise.all(remedies) };
}

/** The comparison as text. */
export function comparisonText(c: Comparison, print: PrintOptions): string {
  const parts: string[] = [`${c.name}${c.filter ? `, records of: ${c.filter}` : ""}`];
  for (const t of c.tables) {
    const printer = new Printer(print);
    for (let row = 0; row < t.batch.length; row++) printer.print(t.batch, row);
    const left = t.records - t.batch.length;
    parts.push(
      `\n== ${t.settings.name}, clock ${t.settings.clock}: ${t.records} records`,
      (t.records === 0 ? "(no records)" : printer.sink.text().trimEnd()) +
        (left > 0 ? `\n... ${left} more` : ""),
    );
  }
  for (const d of c.diffs) {
    parts.push("", textTable(tableModel(sidesTable(d))), textTable(tableModel(classesTable(d))));
    const shown = firstDifferences(d, 20);
    if (shown.length > 0) parts.push(textTable(tableModel(differencesTable(shown))));
    parts.push(...totalsText(d));
  }
  const seen = c.tables[0]?.seen;
  if (seen) {
    parts.push(
      "",
      `The capture: ${seen.packets} packets, ${seen.flowPackets} in flows (${seen.flowBytes} bytes), ` +
        `${seen.packets - seen.flowPackets} that form no flow.`,
    );
  }
  if (c.explained.length > 0) parts.push("\n== Why");
  const whys = c.explained.map((e) => ({ setting: e.settings.name, row: e.row, sentence: e.why.sentence }));
  parts.push(...saidOnce(whys, (s) => `${s.setting}, row ${s.row}`));
  if (c.unexplained > 0) {
    parts.push(`... and ${c.unexplained} more records without, or with exchanged, direction`);
  }
  if (c.remedies.length > 0) parts.push("\n== What would have avoided it");
  const advice = c.remedies.flatMap((r) => {
    const row = c.explained.find((e) =>
      e.settings === r.settings && e.why.record?.connection === r.connection
    )?.row;
    return r.remedies.map(({ sentence }) => ({ setting: r.settings.name, row, sentence }));
  });
  parts.push(...saidOnce(advice, (s) => s.setting));
  for (const p of c.problems) parts.push(`\nProblem: ${p}`);
  return parts.join("\n");
}
