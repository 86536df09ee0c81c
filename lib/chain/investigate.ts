import { hex64, type RecordRef, refOf } from "../compare/mod.ts";
import { openFrames } from "../capture/mod.ts";
import {
  Diary,
  type FrameFacts,
  FrameNotes,
  type Metering,
  noteFrames,
  type PacketTimes,
  PacketTimesTap,
} from "../explain/mod.ts";
import { type BankOptions, Ledger } from "../meter/mod.ts";
import * as R from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { CapturePlan } from "./plan.ts";
import { meterCapture } from "./run.ts";

/** What is known of some connections under several settings. */
export interface Inquiry {
  /** One diary for each setting. */
  readonly diaries: readonly Diary[];
  /** Packet times of each connection, by id. */
  readonly times: ReadonlyMap<string, PacketTimes>;
}

/** Meters the capture again and keeps records and ledger of some connections only, one {@linkcode Metering} for each setting. */
export async function remeter(
  plan: CapturePlan,
  settings: readonly Settings[],
  connections: ReadonlySet<string>,
  options: BankOptions = {},
): Promise<Metering[]> {
  const records: RecordRef[][] = settings.map(() => []);
  const ordinals = settings.map(() => 0);
  const run = await meterCapture(
    plan,
    settings,
    (index, batch) => {
      for (let row = 0; row < batch.length; row++) {
        const w = row * R.WORDS + R.CONN;
        const ordinal = ordinals[index]!++;
        if (connections.has(hex64(batch.words[w]!, batch.words[w + 1]!))) {
          records[index]!.push(refOf(batch, row, ordinal));
        }
      }
    },
    { ...options, connections: true, ledger: (_c, _i, high, low) => connections.has(hex64(high, low)) },
  );
  return settings.map((s, i) => ({
    settings: s,
    records: records[i]!,
    events: run.meters[i]!.ledger ?? new Ledger(),
  }));
}

/** Meters the capture once more to find out what became of some connections: the diaries and the times of their packets. */
export async function inquire(
  plan: CapturePlan,
  settings: readonly Settings[],
  connections: ReadonlySet<string>,
): Promise<Inquiry> {
  const taps = new Map([...connections].map((id) => [id, new PacketTimesTap()]));
  const syns = new FrameNotes();
  // The first group of settings that shares a key stands for all: packet times do not depend on settings.
  let first: unknown;
  const metered = await remeter(plan, settings, connections, {
    tap(columns, found) {
      first ??= found;
      if (found === undefined || found !== first) return;
      for (let i = 0; i < columns.length; i++) {
        const id = found.index[i]! < 0 ? "" : hex64(found.high[i]!, found.low[i]!);
        for (const [wanted, tap] of taps) tap.take(columns, i, id === wanted);
        if (taps.has(id)) syns.take(columns, i, true);
      }
    },
  });
  const spoken = new Set(metered.flatMap((m) => [...new Diary(m).framesSpokenOf()]));
  const notes = spoken.size === 0 || typeof plan.source !== "string"
    ? syns
    : await noteFrames(openFrames(plan.source), spoken, () => false);
  const frames: FrameFacts = { text: notes.text, sender: notes.sender, syns: syns.syns };
  return {
    diaries: metered.map((m) => new Diary({ ...m, frames })),
    times: new Map([...taps].map(([id, tap]) => [id, tap.times()])),
  };
}
