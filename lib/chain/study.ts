import {
  disputedTable,
  type ReportTable,
  type SettingFigures,
  StudyBuilder,
  type StudyResult,
  studyTable,
} from "../compare/mod.ts";
import {
  costCurve,
  differenceMap,
  displayable,
  htmlTable,
  markdownTable,
  type Picture,
  show,
  type TableModel,
  textTable,
} from "../display/mod.ts";
import { presetOf, type Settings, type SettingsInput } from "../settings/mod.ts";
import { costCurveModel, differenceMapModel } from "./pictures.ts";
import type { CapturePlan } from "./plan.ts";
import type { RunListeners } from "./run.ts";
import { dividedStudy, gatherStudy, metersOf } from "./study_threads.ts";
import { isLarge } from "../base/mod.ts";

/** Values for each option: every combination is one setting. */
export type StudyGrid =
  | readonly Settings[]
  | (
    & { readonly preset?: readonly string[] }
    & { readonly [K in keyof SettingsInput]?: readonly NonNullable<SettingsInput[K]>[] }
  );

/**
 * The settings of a grid, the last option changing fastest; `preset` names what the others are changes of.
 *
 * @throws {Problem} `unknown-name` for a preset there is not, `bad-value` for a time that is none.
 */
export function settingsOf(grid: StudyGrid): readonly Settings[] {
  if (Array.isArray(grid)) return grid as readonly Settings[];
  let inputs: (SettingsInput & { preset?: string })[] = [{}];
  for (const [key, values] of Object.entries(grid)) {
    inputs = inputs.flatMap((input) =>
      (values as readonly unknown[]).map((value) => ({ ...input, [key]: value }))
    );
  }
  return inputs.map(({ preset = "argus", ...input }) => presetOf(preset)(input));
}

/** A table of the compare room as the display room wants it. */
export function tableModel(table: ReportTable): TableModel {
  return {
    title: table.title,
    columns: table.columns.map((name, i) => ({
      name,
      align: typeof table.rows[0]?.[i] === "number" ? "right" : "left",
    })),
    rows: table.rows,
  };
}

/** Figures of many settings over one capture. */
export class Study {
  /** The figures as plain data. */
  readonly result: StudyResult;

  /** Made by `capture.study`. */
  constructor(result: StudyResult) {
    this.result = result;
  }

  /** One row of figures for each setting. */
  get settings(): readonly SettingFigures[] {
    return this.result.settings;
  }

  /** Figures for each setting, as a table. */
  table(): TableModel {
    return tableModel(studyTable(this.result));
  }

  /** Connections on which the settings disagree, as a table. */
  disputed(): TableModel {
    return tableModel(disputedTable(this.result));
  }

  /** A picture: settings against settings, or unknown directions and memory against the timeout. */
  plot(kind: "differences" | "cost" = "differences"): Picture {
    return kind === "cost"
      ? costCurve(costCurveModel(this.result))
      : differenceMap(differenceMapModel(this.result));
  }

  /** Shows the table of settings: as text in a terminal, as HTML in a notebook. */
  async show(): Promise<void> {
    await show(this);
  }
}

displayable(Study.prototype, (self) => ({
  text: () => textTable(self.table()),
  html: () => htmlTable(self.table()),
  markdown: () => markdownTable(self.table()),
}));

/** A study under way: awaiting it gives the figures, `show` waits for them and shows them. */
export class StudyRun implements PromiseLike<Study> {
  readonly #study: Promise<Study>;

  /** Use `capture.study`. */
  constructor(study: Promise<Study>) {
    this.#study = study;
  }

  /** As of a promise, so that a study can be awaited. */
  then<A = Study, B = never>(
    done?: ((study: Study) => A | PromiseLike<A>) | null,
    failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#study.then(done, failed);
  }

  /** Shows the table of settings once it is there. */
  async show(): Promise<void> {
    await (await this.#study).show();
  }
}

/** Settings of a study from which on dividing them among threads pays, for a large capture, unless one meter serves all. */
const DIVIDED = 4;

/**
 * Meters a capture under every setting of a grid, in one pass (large captures under settings that have little in common: one pass on
 * each of two threads).
 */
export async function runStudy(
  plan: CapturePlan,
  grid: StudyGrid,
  options: { filter?: string } = {},
  listeners: RunListeners = {},
): Promise<Study> {
  const settings = settingsOf(grid);
  if (
    settings.length >= DIVIDED && metersOf(settings, options.filter).length > 1 && plan.sort === undefined &&
    isLarge(plan.source) &&
    typeof Worker !== "undefined"
  ) {
    return new Study(
      await dividedStudy({ ...plan, source: plan.source }, settings, options.filter, listeners),
    );
  }
  const builder = new StudyBuilder(settings);
  const peaks = await gatherStudy(plan, settings, builder, options.filter, listeners);
  return new Study(builder.finish(peaks));
}
