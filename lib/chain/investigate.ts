import { openFrames } from "../capture/mod.ts";
import { type RecordRef, refOf, type Remedy } from "../compare/mod.ts";
import { PACKET_DOUBLES } from "../decode/mod.ts";
import {
  ConnectionTimes,
  Diary,
  type FrameFacts,
  FrameNotes,
  type Metering,
  noteFrames,
  type PacketTimes,
  remedy,
  type RemedyContext,
} from "../explain/mod.ts";
import { type BankOptions, Ledger, type MeterFigures } from "../meter/mod.ts";
import * as R from "../record/mod.ts";
import { isPeer, type Settings } from "../settings/mod.ts";
import { ConnectionSet } from "./connection_set.ts";
import type { CapturePlan } from "./plan.ts";
import { meterCapture } from "./run.ts";

/** What is known of some connections under several settings. */
export interface Inquiry {
  /** One diary for each setting. */
  readonly diaries: readonly Diary[];
  /** Packet times of each connection, by id. */
  readonly times: ReadonlyMap<string, PacketTimes>;
}

/** How to meter again. */
export interface RemeterOptions {
  /** Shown each decoded batch before it is metered. */
  readonly tap?: BankOptions["tap"];
  /**
   * The last frame that any packet of the connections' keys is in: behind it nothing happens to them but what their timers do, and when
   * these are over, the metering may be, too.
   */
  readonly lastFrame?: number | undefined;
  /** Whether what the timers do behind the last frame is of interest; without, what is open then is written as at the end of a capture. */
  readonly timers?: boolean;
}

/** Meters the capture again and keeps records and ledger of some connections only, one {@linkcode Metering} for each setting. */
export async function remeter(
  plan: CapturePlan,
  settings: readonly Settings[],
  connections: ReadonlySet<string>,
  { tap, lastFrame = Infinity, timers = true }: RemeterOptions = {},
): Promise<Metering[]> {
  const wanted = new ConnectionSet(connections);
  const records: RecordRef[][] = settings.map(() => []);
  const ordinals = settings.map(() => 0);
  const live = settings.map(() => new LiveEntries());
  // Peers may keep other books.
  const isOver = lastFrame < Infinity && !settings.some(isPeer)
    ? (next: number, meters: readonly MeterFigures[]) =>
      next > lastFrame && (!timers || meters.every(({ ledger }, i) => live[i]!.after(ledger) === 0))
    : undefined;
  const run = await meterCapture(
    plan,
    settings,
    (index, batch) => {
      for (let row = 0; row < batch.length; row++) {
        const w = row * R.WORDS + R.CONN;
        const ordinal = ordinals[index]!++;
        if (wanted.find(batch.words[w]!, batch.words[w + 1]!) >= 0) {
          records[index]!.push(refOf(batch, row, ordinal));
        }
      }
    },
    {
      connections: true,
      reuse: true,
      ledger: (_c, _i, high, low) => wanted.find(high, low) >= 0,
      ...(tap ? { tap } : {}),
      ...(isOver ? { isOver } : {}),
    },
  );
  return settings.map((s, i) => ({
    settings: s,
    records: records[i]!,
    events: run.meters[i]!.ledger ?? new Ledger(),
  }));
}

/** The entries that a ledger tells of and that still exist. */
class LiveEntries {
  readonly #entries = new Set<number>();
  #read = 0;

  /** How many there are after all events so far. */
  after(ledger: Ledger | undefined): number {
    for (const length = ledger?.length ?? 0; this.#read < length; this.#read++) {
      const { kind, entry } = ledger!.at(this.#read);
      if (kind === "created") this.#entries.add(entry);
      else if (kind === "deleted" || kind === "evicted") this.#entries.delete(entry);
    }
    return this.#entries.size;
  }
}

/** Meters the capture once more to find out what became of some connections: the diaries and the times of their packets. */
export async function inquire(
  plan: CapturePlan,
  settings: readonly Settings[],
  connections: ReadonlySet<string>,
  lastFrame?: number,
): Promise<Inquiry> {
  const wanted = new ConnectionSet(connections), times = new ConnectionTimes(wanted.ids.length);
  const syns = new FrameNotes();
  // The first group of settings that shares a key stands for all: packet times do not depend on settings.
  let first: unknown;
  const metered = await remeter(plan, settings, connections, {
    lastFrame,
    tap(columns, found) {
      first ??= found;
      if (found === undefined || found !== first) return;
      for (let i = 0; i < columns.length; i++) {
        times.tick(columns.times[i * PACKET_DOUBLES]!);
        const has = found.index[i]! >= 0;
        const own = wanted.find(has ? found.high[i]! : 0, has ? found.low[i]! : 0);
        if (own < 0) continue;
        times.own(own, columns.times[i * PACKET_DOUBLES]!);
        syns.take(columns, i, true);
      }
    },
  });
  const spoken = new Set(metered.flatMap((m) => [...new Diary(m).framesSpokenOf()]));
  const notes = spoken.size === 0 || typeof plan.source !== "string"
    ? syns
    : await noteFrames(openFrames(plan.source), spoken);
  const frames: FrameFacts = { text: notes.text, sender: notes.sender, syns: syns.syns };
  return {
    diaries: metered.map((m) => new Diary({ ...m, frames })),
    times: new Map([...connections].map((id) => [id, times.of(wanted.ids.indexOf(id))])),
  };
}

/** One who waits to know what a connection becomes under some settings. */
interface Asked {
  readonly settings: readonly Settings[];
  readonly connection: string;
  readonly resolve: (meterings: readonly Metering[]) => void;
  readonly reject: (reason: unknown) => void;
}

/** Settings metered in one pass: each takes memory for all flows of the capture. */
const AT_ONCE = 16;

/** Meters a capture again for several who ask at the same time what direction records have: the same passes serve all. */
export class SharedRemeter {
  readonly #plan: CapturePlan;
  readonly #lastFrames: ReadonlyMap<string, number>;
  #waiting: Asked[] = [];

  /** For questions about this capture; `lastFrames` as in {@linkcode RemeterOptions}, by connection. */
  constructor(plan: CapturePlan, lastFrames: ReadonlyMap<string, number> = new Map()) {
    this.#plan = plan;
    this.#lastFrames = lastFrames;
  }

  /** Meterings of a connection, and perhaps of others, under some settings. */
  ask(settings: readonly Settings[], connection: string): Promise<readonly Metering[]> {
    return new Promise((resolve, reject) => {
      // Whoever else goes on after the last pass asks before the next turn.
      if (this.#waiting.length === 0) setTimeout(() => this.#answer(), 0);
      this.#waiting.push({ settings, connection, resolve, reject });
    });
  }

  async #answer(): Promise<void> {
    const asked = this.#waiting;
    this.#waiting = [];
    try {
      const wanted = new Map<string, { settings: Settings; lastFrame: number }>();
      for (const { settings, connection } of asked) {
        const own = this.#lastFrames.get(connection) ?? Infinity;
        for (const s of settings) {
          const key = keyOf(s), lastFrame = Math.max(own, wanted.get(key)?.lastFrame ?? 0);
          wanted.set(key, { settings: s, lastFrame });
        }
      }
      // Passes that can end early do not wait for those that cannot.
      const inOrder = [...wanted.values()].sort((a, b) =>
        a.lastFrame === b.lastFrame ? 0 : a.lastFrame - b.lastFrame
      );
      const connections = new Set(asked.map((a) => a.connection));
      const byKey = new Map<string, Metering>();
      for (let n = 0; n < inOrder.length; n += AT_ONCE) {
        const some = inOrder.slice(n, n + AT_ONCE), { lastFrame } = some.at(-1)!;
        const settings = some.map((x) => x.settings);
        const meterings = await remeter(this.#plan, settings, connections, { lastFrame, timers: false });
        settings.forEach((s, i) => byKey.set(keyOf(s), meterings[i]!));
      }
      for (const { settings, resolve } of asked) resolve(settings.map((s) => byKey.get(keyOf(s))!));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}

/** Remedies for one connection of a metering; those who share `remeter` and search at the same time share the passes over the capture. */
export function remedyWith(
  remeter: SharedRemeter,
  diary: Diary,
  connection: string,
  times: RemedyContext["times"],
): Promise<readonly Remedy[]> {
  return remedy({
    diary,
    connection,
    remeter: (settings) => remeter.ask(settings, connection),
    ...(times ? { times } : {}),
  });
}

/** What two equal settings have in common; JSON knows no infinite numbers. */
function keyOf(settings: Settings): string {
  return JSON.stringify(settings, (_, value) => typeof value === "number" ? String(value) : value);
}
