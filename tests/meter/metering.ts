import { openFrames } from "../../lib/capture/mod.ts";
import { type BankOptions, type Meter, MeterBank, type PeerMeter } from "../../lib/meter/mod.ts";
import { asRead, RecordBatch } from "../../lib/record/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { isPeer, type Settings } from "../../lib/settings/mod.ts";

/** One setting's records of a capture, as read, in order of emission. */
export interface Metered {
  readonly batch: RecordBatch;
  readonly meter: Meter | PeerMeter;
}

/** Meters a capture under several settings in one pass. */
export async function meterAll(
  capture: Uint8Array | string,
  settings: readonly Settings[],
  options: BankOptions = {},
  batchFrames = 64,
): Promise<Metered[]> {
  const all = settings.map(() => new RecordBatch(16));
  const bank = new MeterBank(
    settings,
    all.map((to) => (batch: RecordBatch) => {
      for (let row = 0; row < batch.length; row++) to.append(batch, row);
      batch.clear();
      return batch;
    }),
    { connections: true, ...options },
  );
  for await (const frames of openFrames(capture, { batch: batchFrames })) bank.take(frames);
  bank.end();
  return all.map((batch, i) => {
    if (!isPeer(settings[i]!)) { for (let row = 0; row < batch.length; row++) asRead(batch, row); }
    return { batch, meter: bank.meters[i] as Metered["meter"] };
  });
}

/** A record as text, every word and double of it, without those named. */
export function rowText(batch: RecordBatch, row: number, without: readonly number[] = []): string {
  const words = [...batch.words.subarray(row * R.WORDS, (row + 1) * R.WORDS)];
  for (const w of without) words[w] = 0;
  return `${words.join()}|${[...batch.doubles.subarray(row * R.DOUBLES, (row + 1) * R.DOUBLES)].join()}`;
}

/** All records as text. */
export function rowTexts(batch: RecordBatch, without: readonly number[] = []): string[] {
  return Array.from({ length: batch.length }, (_, row) => rowText(batch, row, without));
}
