import { classText, type Cut, type Difference, type ReportTable } from "../compare/mod.ts";
import type { Diary } from "./diary.ts";
import { indicatorText } from "./direction.ts";
import { settingText, sourceText, timeText } from "./text.ts";
import { type BothDiaries, why, whyDifference } from "./why.ts";

/** The cuts of some connections as a table: one row each, times in seconds since 1970 as in the write-up of the case. */
export function cutsTable(diaries: readonly Diary[], connection?: string): ReportTable {
  const at = (us: number) => Number.isNaN(us) ? "" : (us / 1e6).toFixed(3);
  const long = (us: number) => Number.isNaN(us) ? "" : (us / 1e6).toFixed(1);
  const row = (diary: Diary, c: Cut) => [
    settingText(diary.settings.status),
    `${c.before}-${c.after}`,
    at(c.lastPacket),
    at(c.boundary),
    at(c.nextPacket),
    long(c.silence),
    long(c.wait),
    c.fate,
    c.by === "own" ? "own packet" : `frame ${c.noticedFrame}`,
    c.fate === "lost" ? `frame ${c.dropFrame} at ${at(c.dropped)}` : "",
    c.spokeFirst,
  ];
  return {
    title: "status cuts (seconds)",
    columns: [
      "-S",
      "records",
      "last packet",
      "start + S",
      "next packet",
      "silence",
      "wait after start + S",
      "entry",
      "noticed by",
      "dropped by",
      "spoke first",
    ],
    rows: diaries.flatMap((d) => d.cuts(connection).map((c) => row(d, c))),
  };
}

/** A difference in words: what it is, one line for each record that stands out, and the rest. */
export interface DifferenceText {
  /** Connection and classes. */
  readonly title: string;
  /** One sentence for each flipped record and each with an unknown direction. */
  readonly records: readonly string[];
  /** The other reasons: cuts, values, reuse. */
  readonly others: readonly string[];
}

/** Puts a difference and its reasons into words. */
export function differenceText(difference: Difference, diaries: BothDiaries = {}, most = 50): DifferenceText {
  const main = whyDifference(difference, diaries);
  const records: string[] = [];
  for (const side of ["left", "right"] as const) {
    if (difference.believe === side) continue;
    const places = [...new Set([...difference.flipped[side], ...difference.unknown[side]])].sort((a, b) =>
      a - b
    );
    const all = difference[side];
    for (const i of places.slice(0, most)) {
      const r = all[i]!;
      records.push(
        `${side}, record ${i + 1} of ${all.length} (${timeText(r.stime)}, ${sourceText(r)}, ${
          indicatorText(r).split(":")[0]
        }): ` +
          why(r, diaries[side]).sentence,
      );
    }
    if (places.length > most) records.push(`${side}: ${places.length - most} more records of this kind.`);
  }
  const told = (code: string) => records.length > 0 && code.startsWith("direction-");
  return {
    title: `${difference.connection.text}: ${classText(difference)}`,
    records,
    others: [main, ...main.also].filter((r) => !told(r.code)).slice(0, most).map((r) => r.sentence),
  };
}
