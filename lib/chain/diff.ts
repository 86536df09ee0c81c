import {
  classesTable,
  DiffBuilder,
  type Difference,
  differencesTable,
  type DiffOptions,
  diffRecords,
  type DiffResult,
  eachDifference,
  firstDifferences,
  type Reason,
  type Remedy,
  type SideInfo,
  sidesTable,
  totalsText,
  type Why,
} from "../compare/mod.ts";
import {
  type Displayable,
  displayable,
  drawFitting,
  escapeHtml,
  htmlTable,
  panel,
  Picture,
  show,
  textTable,
  timeline,
} from "../display/mod.ts";
import { type Diary, type RemedyContext, why, whyClock, whyDifference } from "../explain/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { Flows } from "./flows.ts";
import { inquire, type Inquiry, remedyWith, SharedRemeter } from "./investigate.ts";
import { filterOf, meteringOf, storyModel, timelineModel } from "./timeline_story.ts";
import type { CapturePlan, Plan } from "./plan.ts";
import { meterCapture, recordTest, type RunListeners } from "./run.ts";
import { tableModel } from "./study.ts";
import { shownRemedies, type ShownWhy, shownWhy } from "./why_view.ts";

/** Connections whose story is looked up without being asked. */
const INVESTIGATED = 500;

/** One difference that can say why. */
export class DifferenceView {
  /** The difference as plain data. */
  readonly difference: Difference;
  readonly #diff: Diff;

  /** Made by {@linkcode Diff}. */
  constructor(difference: Difference, diff: Diff) {
    this.difference = difference;
    this.#diff = diff;
  }

  /** Why the sides differ here: structured, with a sentence. */
  why(): ShownWhy {
    return shownWhy(this.#diff.why(this.difference));
  }

  /** Why each record that stands out is as it is. */
  whys(): readonly ShownWhy[] {
    return this.#diff.whys(this.difference).map(shownWhy);
  }

  /** Changes of settings, verified by metering again, that would give the true connection. */
  async remedy(): Promise<readonly Remedy[] & Displayable> {
    return shownRemedies(await this.#diff.remedy(this.difference));
  }
}

displayable(DifferenceView.prototype, (self) => ({ text: () => self.why().sentence }));

/** What a diff needs to know of a side to explain it. */
interface SideStory {
  readonly plan: Plan;
  readonly diary: Diary | undefined;
}

/** How the records of two flow sources differ, and why. */
export class Diff {
  /** The differences as plain data. */
  readonly result: DiffResult;
  readonly #sides: readonly [SideStory, SideStory];
  readonly #times: Inquiry["times"];

  /** Made by {@linkcode diff}. */
  constructor(result: DiffResult, sides: readonly [SideStory, SideStory], times: Inquiry["times"]) {
    this.result = result;
    this.#sides = sides;
    this.#times = times;
  }

  #of(name: Difference["class"]): DifferenceView[] {
    return this.result.differences.filter((d) => d.classes.includes(name)).map((d) =>
      new DifferenceView(d, this)
    );
  }

  /** All differences that are not `same`. */
  get differences(): DifferenceView[] {
    return this.result.differences.filter((d) => d.class !== "same").map((d) => new DifferenceView(d, this));
  }
  /** Differences in which source and destination are exchanged. */
  get flipped(): DifferenceView[] {
    return this.#of("flipped");
  }
  /** Differences in which a side does not know the direction. */
  get unknown(): DifferenceView[] {
    return this.#of("direction-unknown");
  }
  /** One record on the left, several on the right. */
  get split(): DifferenceView[] {
    return this.#of("split");
  }
  /** Several records on the left, one on the right. */
  get merged(): DifferenceView[] {
    return this.#of("merged");
  }

  /** Why a difference is there. */
  why(difference: Difference): Why {
    return whyDifference(difference, { left: this.#sides[0].diary, right: this.#sides[1].diary });
  }

  /** Why each record that stands out in a difference is as it is. */
  whys(difference: Difference): readonly Why[] {
    const all: Why[] = [];
    for (const [side, k] of [["left", 0], ["right", 1]] as const) {
      const places = new Set([...difference.flipped[side], ...difference.unknown[side]]);
      for (const i of [...places].sort((a, b) => a - b)) {
        all.push(why(difference[side][i]!, this.#sides[k].diary));
      }
    }
    return all;
  }

  /** Verified changes of settings that give the connection of a difference its true direction. */
  remedy(difference: Difference): Promise<readonly Remedy[]> {
    const k = difference.unknown.left.length + difference.flipped.left.length >
        difference.unknown.right.length + difference.flipped.right.length
      ? 0
      : 1;
    const { plan, diary } =
      this.#sides[difference.believe === "left" ? 1 : difference.believe === "right" ? 0 : k];
    const id = difference.connection.id;
    if (plan.from.kind !== "capture" || diary === undefined || id === "") return Promise.resolve([]);
    return remedyFor(plan.from, diary, id, this.#times.get(id));
  }

  /** What the two clocks made of a connection, when the sides differ in their clock or in the packets they were given. */
  whyClock(difference: Difference): readonly Reason[] {
    const [left, right] = this.#sides;
    return left.diary && right.diary ? whyClock(left.diary, right.diary, difference.connection.id) : [];
  }

  /** The report as text. */
  toString(): string {
    const shown = firstDifferences(this.result, 40);
    return [
      textTable(tableModel(sidesTable(this.result))),
      textTable(tableModel(classesTable(this.result))),
      ...(shown.length > 0 ? [textTable(tableModel(differencesTable(shown)))] : []),
      ...totalsText(this.result),
    ].join("\n");
  }

  /** The timeline of the connection that differs most tellingly, as far as it is known without another pass over the packets. */
  #story(): string {
    const chosen = (this.flipped[0] ?? this.unknown[0] ?? this.differences[0])?.difference.connection.id;
    const diaries = this.#sides.map((s) => s.diary).filter((d) => d !== undefined);
    if (chosen === undefined || diaries.length === 0) return "";
    const times = this.#times.get(chosen)?.own ?? [];
    return drawFitting(storyModel(diaries, new Set([chosen]), { times }));
  }

  /** The report as HTML. */
  toHtml(): string {
    const shown = this.result.differences.filter((d) => d.class !== "same");
    return [
      htmlTable(tableModel(sidesTable(this.result))),
      htmlTable(tableModel(classesTable(this.result))),
      htmlTable(tableModel(differencesTable(shown))),
      this.#story(),
      panel(totalsText(this.result).map((line) => `<p>${escapeHtml(line)}</p>`).join("")),
    ].join("\n");
  }

  /**
   * The timeline of a conversation on both sides; by default the one of the first difference in direction, else of the first.
   *
   * @throws {Problem} `unsupported` when a side was not metered here.
   */
  plot(difference?: Difference | DifferenceView): Picture {
    const chosen = difference instanceof DifferenceView
      ? difference.difference
      : difference ?? (this.flipped[0] ?? this.unknown[0] ?? this.differences[0])?.difference;
    const [left, right] = this.#sides.map((s) => meteringOf(s.plan));
    const title = `Timeline of ${chosen?.connection.text ?? "the first conversation"}`;
    return Picture.later(
      title,
      () =>
        timelineModel(
          left!.capture,
          [left!.settings, right!.settings],
          chosen ? filterOf(chosen.connection) : left!.filter,
        ),
      timeline,
    );
  }

  /** Shows the report: as text in a terminal, as HTML in a notebook. */
  async show(): Promise<void> {
    await show(this);
  }
}

displayable(Diff.prototype, (self) => ({ text: () => self.toString(), html: () => self.toHtml() }));

/** Remedies for one connection of a metering, verified by metering the capture again. */
export function remedyFor(
  capture: CapturePlan,
  diary: Diary,
  connection: string,
  times: RemedyContext["times"],
): Promise<readonly Remedy[]> {
  return remedyWith(new SharedRemeter(capture), diary, connection, times);
}

function infoOf(flows: Flows): SideInfo {
  const plan = flows.steps, meter = plan.steps[0];
  return meter?.op === "meter"
    ? { name: meter.settings.name, settings: meter.settings }
    : { name: plan.from.name };
}

/** Whether two plans meter the same packets and then only filter, so that one pass serves both. */
function onePass(a: Plan, b: Plan): boolean {
  const simple = (p: Plan) =>
    p.from.kind === "capture" && p.steps[0]?.op === "meter" &&
    p.steps.slice(1).every((s) => s.op === "filter");
  return simple(a) && simple(b) && samePackets(a, b);
}

function samePackets(a: Plan, b: Plan): boolean {
  return a.from.kind === "capture" && b.from.kind === "capture" && a.from.source === b.from.source &&
    a.from.sort === b.from.sort && a.from.packets.join("\n") === b.from.packets.join("\n");
}

/**
 * Compares two flow sources by connection and time, not by row, and looks up why they differ.
 *
 * Two settings of one capture are metered in one pass; a second pass keeps the meters' ledger for the connections that differ.
 *
 * @throws {Problem} when a source cannot be read.
 */
export async function diff(
  left: Flows,
  right: Flows,
  options: DiffOptions & RunListeners = {},
): Promise<Diff> {
  const info = [infoOf(left), infoOf(right)] as const;
  const sameFrames = samePackets(left.steps, right.steps);
  const settings: DiffOptions = { sameFrames, ...options };
  const result = onePass(left.steps, right.steps)
    ? await diffInOnePass(left.steps, right.steps, info, settings, options)
    : await diffRecords(left.batches(options), right.batches(options), info, settings);
  const wanted = new Set<string>();
  for (const d of eachDifference(result)) {
    if (wanted.size >= INVESTIGATED) break;
    if (d.class !== "same" && d.connection.id !== "") wanted.add(d.connection.id);
  }
  let times: Inquiry["times"] = new Map();
  const story = async (plan: Plan): Promise<SideStory> => {
    const meter = plan.steps[0];
    if (wanted.size === 0 || plan.from.kind !== "capture" || meter?.op !== "meter" || plan.from.live) {
      return { plan, diary: undefined };
    }
    const inquiry = await inquire(plan.from, [meter.settings], wanted);
    times = inquiry.times;
    return { plan, diary: inquiry.diaries[0] };
  };
  return new Diff(result, [await story(left.steps), await story(right.steps)], times);
}

async function diffInOnePass(
  left: Plan,
  right: Plan,
  info: readonly [SideInfo, SideInfo],
  options: DiffOptions,
  listeners: RunListeners,
): Promise<DiffResult> {
  const builder = new DiffBuilder(info[0], info[1], options);
  const tests = [left, right].map((plan) =>
    plan.steps.slice(1).flatMap((s) => s.op === "filter" ? [recordTest(s.test)] : [])
  );
  const metered = [left, right].map((plan) => plan.steps[0]!).flatMap((s) =>
    s.op === "meter" ? [s.settings] : []
  );
  await meterCapture(
    left.from as CapturePlan,
    metered,
    (side, batch) => builder.take(side as 0 | 1, filtered(batch, tests[side]!)),
    { connections: true, reuse: true, batchSize: 4096 },
    listeners,
  );
  builder.end(0);
  builder.end(1);
  return builder.finish();
}

/** The rows of a batch that pass all tests. */
export function filtered(
  batch: RecordBatch,
  tests: readonly ((batch: RecordBatch, row: number) => boolean)[],
): RecordBatch {
  if (tests.length === 0) return batch;
  const kept = batch.fresh();
  for (let row = 0; row < batch.length; row++) if (tests.every((t) => t(batch, row))) kept.append(batch, row);
  return kept;
}
