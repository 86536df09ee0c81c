import { parseDuration, Problem } from "../base/mod.ts";
import {
  type AgainstFigures,
  AgainstScore,
  FirstStarts,
  PublishedFlows,
  rankFigures,
  type RecordRef,
  refOf,
} from "../compare/mod.ts";
import { compileRecordFilter } from "../expression/mod.ts";
import { readFlows, readFlowText } from "../formats/mod.ts";
import { asRead, FLAG_MAR, FLAGS, type RecordBatch, WORDS } from "../record/mod.ts";
import { argus, nfstream, PRESETS, type Settings, type SettingsInput } from "../settings/mod.ts";
import { Against } from "./against_view.ts";
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

/** Records of the table as a reader sees them. */
async function* recordsOf(
  flows: FlowsPlan,
  accepts: Accepts,
  listeners: RunListeners,
): AsyncGenerator<RecordBatch> {
  const options = {
    strict: flows.strict,
    ...(listeners.onProblem ? { onProblem: listeners.onProblem } : {}),
  };
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
  for (const key of IDLES) {
    if (settings.timeouts[key] !== base.timeouts[key]) now[key] = settings.timeouts[key] / 1e6;
  }
  if (settings.clock !== base.clock) now.clock = settings.clock;
  return make({ ...now, ...input } as SettingsInput);
}

const IDLES = ["tcp", "ip", "icmp", "other"] as const;

/** Steps of the search: what is tried around each of the best settings. */
const STEPS: readonly ((settings: Settings) => readonly Settings[])[] = [
  (s) => TIMES.map((status) => changed(s, { status })),
  (s) => TIMES.map((time) => changed(s, { tcp: time, ip: time, icmp: time, other: time })),
  (s) =>
    TIMES.flatMap((
      time,
    ) => [changed(s, { tcp: time }), changed(s, { ip: time, other: time }), changed(s, { icmp: time })]),
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
  if (published.count === 0) {
    throw new Problem("empty", "Expected flow records but found none", { source: flows.name });
  }
  const firsts = new FirstStarts();
  await meterCapture(plan, [nfstream()], (_, batch) => firsts.take(kept(batch, accepts)), {}, listeners);
  published.seal(firsts);

  const tried = new Map<string, AgainstFigures>();
  const attempt = async (settings: readonly Settings[]) => {
    const fresh = settings.filter((s, i) =>
      !tried.has(s.name) && settings.findIndex((o) => o.name === s.name) === i
    );
    if (fresh.length === 0) return;
    const scores = fresh.map((s) => new AgainstScore(published, s));
    await meterCapture(plan, fresh, (index, batch) => scores[index]!.take(kept(batch, accepts)), {
      reuse: true,
    }, listeners);
    for (const score of scores) tried.set(score.figures().name, score.figures());
  };
  const best = () => rankFigures([...tried.values()]);
  await attempt(
    options.settings ?? [...Object.values(PRESETS).map((make) => make()), ...ARGUS_GRID.map((g) => argus(g))],
  );
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
    ...await differencesOf(
      plan,
      flows,
      published,
      ranking[0]!.settings,
      accepts,
      options.rows ?? 20,
      listeners,
    ),
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
  await meterCapture(
    plan,
    [settings],
    (_, batch) =>
      score.take(kept(batch, accepts), (b, row) => {
        if (published.hasConversation(b, row)) cutOtherwise++;
        if (alone++ < rows) capture.push(refOf(b, row, alone - 1));
      }),
    {},
    listeners,
  );
  for await (const batch of recordsOf(flows, accepts, {})) {
    for (let row = 0; row < batch.length; row++, index++) {
      if (score.isMatched(index)) continue;
      if (missing++ < rows) table.push(refOf(batch, row, index));
    }
  }
  return {
    onlyTable: { count: missing, first: table },
    onlyCapture: { count: alone, first: capture },
    cutOtherwise,
  };
}
