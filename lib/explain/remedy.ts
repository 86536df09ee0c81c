import { type Cut, isUnknown, type RecordRef, type Remedy } from "../compare/mod.ts";
import { type Settings, withSettings } from "../settings/mod.ts";
import { MAX_TIMEOUT, timeoutFor, timerName, timerOf } from "./cut_text.ts";
import type { Diary, Metering } from "./diary.ts";
import type { PacketTimes } from "./packet_times.ts";
import { smallestPassing, smallestStatus } from "./search.ts";
import { count, secondsText, settingText } from "./text.ts";

/** What a search for a remedy stands on. */
export interface RemedyContext {
  /** The metering whose records are wrong. */
  readonly diary: Diary;
  /** Connection to put right; all of the diary's when absent. */
  readonly connection?: string;
  /** Meters the same capture again under other settings, in one pass, and gives the same connections. */
  readonly remeter: (settings: readonly Settings[]) => Promise<readonly Metering[]>;
  /** Packet times of the connection and of the capture; without them the smallest -S is not searched. */
  readonly times?: PacketTimes;
}

const AT_ONCE = 8;
const STATUS_TRIES = 12;

type ByConnection = ReadonlyMap<string, readonly RecordRef[]>;

function grouped(records: readonly RecordRef[]): ByConnection {
  const groups = new Map<string, RecordRef[]>();
  for (const r of records) {
    const group = groups.get(r.connection);
    if (group) group.push(r);
    else groups.set(r.connection, [r]);
  }
  return groups;
}

/** Whether all records of a connection know their direction and agree about it. */
function consistent(records: readonly RecordRef[] | undefined): boolean {
  const first = records?.[0];
  return first !== undefined &&
    records!.every((r) => !isUnknown(r) && r.saddr === first.saddr && r.sport === first.sport);
}

const none = (sentence: string, verified: boolean): Remedy =>
  Object.freeze({
    setting: "none",
    from: NaN,
    to: NaN,
    smallest: NaN,
    always: NaN,
    verified,
    settings: undefined,
    sentence,
  });

/**
 * Changes of one setting that would give every record of a connection its true direction: an idle timeout, the status interval,
 * direction memory. Each is verified by metering the capture again; what does not work is not offered. When nothing helps, one
 * remedy `none` says why.
 */
export async function remedy(context: RemedyContext): Promise<readonly Remedy[]> {
  const { diary } = context;
  const records = grouped(diary.records);
  const ids = (context.connection === undefined ? diary.connections : [context.connection])
    .filter((id) => !consistent(records.get(id)));
  if (ids.length === 0) return [none("Every record knows its direction already; nothing to change.", true)];
  const cuts = ids.flatMap((id) => diary.cuts(id)).filter((c) => c.fate === "lost");
  if (cuts.length === 0) {
    return [none(
      "No change of settings helps: the entry was never forgotten, so the capture itself does not show who opened the connection " +
        "(its first packet is not a SYN).",
      false,
    )];
  }
  const works = async (settings: readonly Settings[]): Promise<boolean[]> =>
    (await context.remeter(settings)).map((m) => {
      const again = grouped(m.records);
      return ids.every((id) => consistent(again.get(id)));
    });
  const wrong = ids.map((id) => records.get(id) ?? []);
  const proto = wrong[0]?.[0]?.proto ?? "";
  // All at once, so that whoever meters can do it in one pass.
  const tried = await Promise.all([
    timeoutRemedy(cuts, proto, diary.settings, works),
    statusRemedy(cuts, proto, context, wrong, works),
    memoryRemedy(cuts, diary.settings, works),
  ]);
  const found = tried.filter((r) => r !== undefined);
  if (found.length > 0) return found;
  return [none(
    "No single change of timeout, -S or direction memory gave all records a known direction; the connection may lack its handshake.",
    false,
  )];
}

type Works = (settings: readonly Settings[]) => Promise<boolean[]>;

async function timeoutRemedy(
  cuts: readonly Cut[],
  proto: string,
  settings: Settings,
  works: Works,
): Promise<Remedy | undefined> {
  const timer = timerOf(proto), from = settings.timeouts[timer];
  const silence = Math.max(...cuts.map((c) => c.silence).filter((s) => !Number.isNaN(s)), 0);
  const limit = settings.quirks === "argus-3.0.8.2" ? MAX_TIMEOUT / 1e6 : Infinity;
  const enough = Math.max(...cuts.map(timeoutFor)) / 1e6;
  const above = Math.floor(silence / 1e6) + 1;
  const change = (seconds: number) => withSettings(settings, { [timer]: seconds });
  const tries = [...new Set([above, enough, enough + 1])].filter((s) => s <= limit && s * 1e6 > from).sort((
    a,
    b,
  ) => a - b);
  if (tries.length === 0) return undefined;
  const results = await works(tries.map(change));
  const good = tries[results.indexOf(true)];
  if (good === undefined) return undefined;
  const smallest = await smallestPassing(
    Math.floor(from / 1e6),
    good,
    AT_ONCE,
    (numbers) => works(numbers.map(change)),
  );
  const to = results[tries.indexOf(above)] ? above : smallest;
  const name = timer === "tcp" ? "ARGUS_TCP_TIMEOUT" : `ARGUS_${timer.toUpperCase()}_TIMEOUT`;
  return Object.freeze({
    setting: timer,
    from,
    to: to * 1e6,
    smallest: smallest * 1e6,
    always: to === above ? above * 1e6 : NaN,
    verified: true,
    settings: change(to),
    sentence: `${name}=${to} instead of ${settingText(from)}` +
      (to === above ? `, just above the longest harmful silence (${secondsText(silence)}),` : "") +
      ` keeps the entry over ${count(cuts.length, "harmful cut")}` +
      (smallest < to
        ? `; the smallest ${timerName(timer)} that still works with these cuts is ${smallest} s.`
        : "; no smaller whole number of seconds does."),
  });
}

async function statusRemedy(
  cuts: readonly Cut[],
  proto: string,
  context: RemedyContext,
  wrong: readonly (readonly RecordRef[])[],
  works: Works,
): Promise<Remedy | undefined> {
  const settings = context.diary.settings, exact = settings.clock === "exact";
  const longest = wrong.reduce((most, own) => Math.max(most, lifeOf(own)), 0);
  const always = Math.floor(longest / 1e6 + 1) * 1e6;
  const change = (us: number) => withSettings(settings, { status: us / 1e6 });
  const candidates: number[] = [];
  if (context.times && wrong.length === 1 && context.times.own.length > 0) {
    const timeout = cuts.find((c) => !Number.isNaN(c.timeout))?.timeout ?? settings.timeouts[timerOf(proto)];
    for (let from = 1e6; candidates.length < STATUS_TRIES;) {
      const next = smallestStatus(context.times, timeout, exact, from);
      candidates.push(next);
      if (next >= always) break;
      from = next + 1e6;
    }
  } else candidates.push(always);
  const results = await works([...candidates, always].map(change));
  let good = candidates[results.indexOf(true)];
  if (good === undefined && results.at(-1)) good = always;
  if (good === undefined) return undefined;
  const searched = context.times !== undefined && wrong.length === 1;
  return Object.freeze({
    setting: "status",
    from: settings.status,
    to: good,
    smallest: searched ? good : NaN,
    always: results.at(-1) ? always : NaN,
    verified: true,
    settings: change(good),
    sentence: `-S ${good / 1e6} instead of ${settingText(settings.status)}` +
      (searched
        ? " is the smallest status interval whose cuts do no harm here"
        : " never cuts the connection") +
      (good < always
        ? `, but only because of where its cuts happen to fall; from -S ${
          always / 1e6
        } on the connection is not cut at all.`
        : ": the connection is not cut at all."),
  });
}

function lifeOf(records: readonly RecordRef[]): number {
  let first = Infinity, last = -Infinity;
  for (const r of records) {
    first = Math.min(first, r.stime);
    last = Math.max(last, r.ltime);
  }
  return last - first;
}

async function memoryRemedy(
  cuts: readonly Cut[],
  settings: Settings,
  works: Works,
): Promise<Remedy | undefined> {
  if (settings.memory.kind !== "off") return undefined;
  const needed = Math.max(...cuts.map((c) => c.nextPacket - c.dropped).filter((t) => !Number.isNaN(t)), 0);
  const seconds = Math.floor(needed / 1e6) + 1;
  const changed = withSettings(settings, { memory: seconds });
  if (!(await works([changed]))[0]) return undefined;
  return Object.freeze({
    setting: "memory",
    from: 0,
    to: seconds * 1e6,
    smallest: NaN,
    always: Infinity,
    verified: true,
    settings: changed,
    sentence:
      `Direction memory of ${seconds} s keeps who opened the connection although the entry is dropped (the longest time between ` +
      `drop and next packet is ${secondsText(needed)}).`,
  });
}
