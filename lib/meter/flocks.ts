import { isPeer, type Settings } from "../settings/mod.ts";
import { Extras } from "./extras.ts";
import { TimeoutQueues } from "./timeouts.ts";

/** Most settings of a flock: each is a bit of a word. */
const FLOCK_MOST = 32;

/**
 * What settings of one flock have in common, as text: everything but times, and timeout queues of the same shape. Undefined for a
 * setting whose meter keeps more than a flow table, or writes records while their interval goes on.
 */
function flockOf(settings: Settings): string | undefined {
  if (
    isPeer(settings) || Extras.neededBy(settings) || settings.memory.kind !== "off" || settings.fallow > 0 ||
    settings.startRecords
  ) return undefined;
  const { name: _name, status, timeouts: _timeouts, ...rest } = settings;
  const quirks = settings.quirks === "argus-3.0.8.2";
  // TIM-11: what the last scan takes for the interval.
  const atEnd = quirks && settings.clock !== "exact" && status !== Infinity ? status % 1e6 : 0;
  return JSON.stringify([rest, atEnd, new TimeoutQueues(settings, quirks).shape]);
}

/** Numbers of the settings that are metered together: all of a flock, so many as fit, or one alone. */
export function flocksOf(settings: readonly Settings[]): number[][] {
  const flocks: number[][] = [], open = new Map<string, number[]>();
  settings.forEach((s, index) => {
    const kind = flockOf(s);
    let flock = kind === undefined ? undefined : open.get(kind);
    if (flock === undefined || flock.length === FLOCK_MOST) {
      flocks.push(flock = []);
      if (kind !== undefined) open.set(kind, flock);
    }
    flock.push(index);
  });
  return flocks;
}
