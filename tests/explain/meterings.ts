import { refOf } from "../../lib/compare/mod.ts";
import { openFrames } from "../../lib/capture/mod.ts";
import type { CaptureSource } from "../../lib/capture/mod.ts";
import { PACKET_WORDS, type PacketColumns, PW_PORTS } from "../../lib/decode/mod.ts";
import { FrameNotes, type Metering, type PacketTimesTap } from "../../lib/explain/mod.ts";
import { MeterBank } from "../../lib/meter/mod.ts";
import { asRead, RecordBatch } from "../../lib/record/mod.ts";
import * as R from "../../lib/record/mod.ts";
import type { Settings } from "../../lib/settings/mod.ts";

/** Which packets to tell about. */
export type OfInterest = (columns: PacketColumns, i: number) => boolean;

/** Packets with this port on either side. */
export const port = (n: number): OfInterest => (c, i) =>
  (c.words[i * PACKET_WORDS + PW_PORTS]! >>> 16) === n ||
  (c.words[i * PACKET_WORDS + PW_PORTS]! & 0xffff) === n;

/** Every packet. */
export const every: OfInterest = () => true;

/** A metering and the batches of its records. */
export interface Metered extends Metering {
  readonly batch: RecordBatch;
}

/** Batches for a comparison. */
export function batchesOf(m: Metered): RecordBatch[] {
  return [m.batch];
}

/** Meters a capture under several settings in one pass; records are those of connections that the ledger tells about. */
export async function meterings(
  source: CaptureSource,
  settings: readonly Settings[],
  ofInterest: OfInterest = every,
  tap?: PacketTimesTap,
): Promise<Metered[]> {
  const all = settings.map(() => new RecordBatch(1024));
  const sinks = settings.map((_, i) => (batch: RecordBatch) => {
    for (let row = 0; row < batch.length; row++) {
      asRead(batch, row);
      all[i]!.append(batch, row);
    }
    return new RecordBatch(4096);
  });
  const notes = new FrameNotes();
  const bank = new MeterBank(settings, sinks, {
    connections: true,
    ledger: ofInterest,
    tap: (c) => {
      for (let i = 0; i < c.length; i++) {
        const own = ofInterest(c, i);
        tap?.take(c, i, own);
        notes.take(c, i, own);
      }
    },
  });
  for await (const frames of openFrames(source)) bank.take(frames);
  bank.end();
  return settings.map((s, i) => {
    const events = [...bank.meters[i]!.ledger!];
    const told = new Set(events.map((e) => e.connection.join()));
    const batch = new RecordBatch(1), records = [];
    for (let row = 0; row < all[i]!.length; row++) {
      const w = all[i]!.words, at = row * R.WORDS + R.CONN;
      if (!told.has(`${w[at]},${w[at + 1]}`)) continue;
      batch.append(all[i]!, row);
      records.push(refOf(all[i]!, row, row));
    }
    return { settings: s, records, events, batch, frames: notes };
  });
}

/** A file of this repository. */
export function fixture(name: string): string {
  return new URL(`../../fixtures/${name}`, import.meta.url).pathname;
}
