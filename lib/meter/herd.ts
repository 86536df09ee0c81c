import type { PacketColumns } from "../decode/mod.ts";
import { isPeer, type Settings } from "../settings/mod.ts";
import { Extras } from "./extras.ts";
import type { Meter } from "./meter.ts";
import { TimeoutQueues } from "./timeouts.ts";

/**
 * What settings of one herd have in common, as text: everything but times, and timeout queues of the same shape. Undefined for a
 * setting whose meter keeps more than a flow table, which is not copied.
 */
export function herdOf(settings: Settings): string | undefined {
  if (isPeer(settings) || Extras.neededBy(settings) || settings.memory.kind !== "off") return undefined;
  const { name: _name, status, timeouts: _timeouts, fallow: _fallow, ...rest } = settings;
  const quirks = settings.quirks === "argus-3.0.8.2";
  // TIM-11: what the last scan takes for the interval.
  const atEnd = quirks && settings.clock !== "exact" && status !== Infinity ? status % 1e6 : 0;
  return JSON.stringify([rest, atEnd, new TimeoutQueues(settings, quirks).shape]);
}

/**
 * How much capture time two settings of a herd need before one of them can do what the other does not: nothing is reported before
 * the shorter status interval is over, and no entry dropped before the shorter of two timeouts has run from a report on.
 */
function parting(a: Meter, b: Meter): number {
  if (a.timers.limit !== b.timers.limit) return Math.min(a.timers.limit, b.timers.limit);
  const p = a.timers.queues, q = b.timers.queues;
  let least = Infinity;
  for (let queue = 1; queue <= p.count; queue++) {
    const x = p.limitOf(queue), y = q.limitOf(queue);
    if (x !== y) least = Math.min(least, x, y);
  }
  return a.timers.limit + least;
}

/** Tells that from here on a setting has figures of its own: until now they are those of another. */
export type Parting = (from: number, to: number) => void;

/**
 * Settings that share one meter for as long as they cannot differ: until the capture is as long as the first interval or timeout in
 * which they do.
 */
export class Herd {
  /** Number of the setting whose meter works for all. */
  readonly leader: number;
  readonly meter: Meter;
  readonly #others: { readonly index: number; readonly idle: Meter }[] = [];
  #parts = Infinity;

  constructor(leader: number, meter: Meter) {
    this.leader = leader;
    this.meter = meter;
  }

  /** Lets a setting with this unused meter join. */
  join(index: number, idle: Meter): void {
    this.#others.push({ index, idle });
    this.#parts = Math.min(this.#parts, parting(this.meter, idle));
  }

  /** Whether more than one setting is in it. */
  get shared(): boolean {
    return this.#others.length > 0;
  }

  /** The settings that may differ once the capture is this long, in herds of their own whose meters know all that was seen. */
  part(span: number, told: Parting): Herd[] {
    if (span < this.#parts) return [];
    const herds: Herd[] = [];
    this.#parts = Infinity;
    for (const other of this.#others.splice(0)) {
      const home = [this as Herd, ...herds].find((h) => span < parting(h.meter, other.idle));
      if (home) {
        home.join(other.index, other.idle);
        continue;
      }
      this.meter.flush();
      other.idle.follow(this.meter);
      told(this.leader, other.index);
      herds.push(new Herd(other.index, other.idle));
    }
    return herds;
  }

  /** At the end of the capture all that are left have the leader's figures. */
  end(told: Parting): void {
    for (const { index } of this.#others) told(this.leader, index);
  }

  /** Numbers of the settings that this herd's meter works for, besides the leader's. */
  get others(): readonly number[] {
    return this.#others.map((o) => o.index);
  }
}

/** The herds of a bank and how long the capture is so far. */
export class Herds {
  readonly #herds: Herd[] = [];
  readonly #byKind = new Map<string, Herd>();
  readonly #told: Parting;
  #first = Infinity;
  #last = -Infinity;

  constructor(told: Parting) {
    this.#told = told;
  }

  /** Whether a setting's meter has to run: not when another's works for it. */
  add(index: number, meter: Meter, group: string): boolean {
    const kind = herdOf(meter.settings);
    if (kind === undefined || meter.ledger || meter.stamps) return true;
    const key = group + kind, herd = this.#byKind.get(key);
    if (herd && parting(herd.meter, meter) > 0) {
      herd.join(index, meter);
      return false;
    }
    const own = new Herd(index, meter);
    this.#herds.push(own);
    if (!herd) this.#byKind.set(key, own);
    return true;
  }

  /** Before a batch is metered: the meters that must run from now on, too. */
  before(columns: PacketColumns): Meter[] {
    if (!this.#herds.some((h) => h.shared)) return [];
    for (let i = 0; i < columns.length; i++) {
      const time = columns.time[i]!;
      if (time < this.#first) this.#first = time;
      if (time > this.#last) this.#last = time;
    }
    const span = this.#last - this.#first;
    const parted = this.#herds.flatMap((h) => h.part(span, this.#told));
    this.#herds.push(...parted);
    return parted.map((h) => h.meter);
  }

  /** At the end of the capture: which meter worked for which settings. */
  end(): void {
    for (const herd of this.#herds) herd.end(this.#told);
  }

  /** The meter that works for each setting that has none running of its own. */
  leaders(): Map<number, Meter> {
    return new Map(this.#herds.flatMap((h) => h.others.map((index): [number, Meter] => [index, h.meter])));
  }
}
