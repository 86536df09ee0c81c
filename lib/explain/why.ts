import {
  connectionOf,
  type ConnectionRef,
  type Difference,
  endText,
  isUnknown,
  type Reason,
  type RecordRef,
  type Why,
} from "../compare/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { cutText } from "./cut_text.ts";
import type { Chapter, Diary } from "./diary.ts";
import { directionReasons } from "./direction.ts";
import { beginReason, endReasonOf } from "./interval.ts";
import { reason } from "./reason.ts";
import { count, secondsText, timeText } from "./text.ts";
import { valueReasons } from "./values.ts";

/** Records of one difference that get a reason of their own; the others are counted. */
const MANY = 200;

function connectionOfRecord(record: RecordRef): ConnectionRef {
  const source = endText(record.saddr, record.sport), destination = endText(record.daddr, record.dport);
  return connectionOf(record, source <= destination, record.connection);
}

function whyOf(
  main: Reason,
  also: readonly Reason[],
  connection: ConnectionRef,
  record: RecordRef | undefined,
  settings: Settings | undefined,
): Why {
  const cut = main.cut ?? also.find((r) => r.cut)?.cut;
  const idle = cut?.fate === "lost";
  return Object.freeze({
    ...main,
    connection,
    record,
    settings,
    gap: cut?.silence ?? NaN,
    boundary: cut?.boundary ?? NaN,
    timer: cut === undefined ? "none" : idle ? "idle" : "status",
    dueTimes: Object.freeze(cut === undefined ? [] : idle ? [cut.boundary, cut.dropDue] : [cut.boundary]),
    also: Object.freeze(also),
  });
}

/**
 * Why a record is as it is: its direction first; how it began, how it ended and what changed its values in `also`.
 *
 * @param diary the metering that made it; without one (a file of another program) only what the record shows is said
 */
export function why(record: RecordRef, diary?: Diary): Why {
  const chapter = diary?.chapterOf(record);
  const [main, ...more] = directionReasons(record, diary);
  const also = [...more];
  if (chapter && diary) also.push(beginReason(chapter, diary, main!.cut));
  also.push(endReasonOf(record, chapter, diary));
  also.push(...valueReasons(record, chapter, diary));
  return whyOf(main!, also, connectionOfRecord(record), record, diary?.settings);
}

/** The diaries of both sides of a difference, as far as there are any. */
export interface BothDiaries {
  /** The same for the left side. */
  readonly left?: Diary | undefined;
  /** The same for the right side. */
  readonly right?: Diary | undefined;
}

/** Why two sides differ: the reason of the class first, then those of every record that stands out. */
export function whyDifference(difference: Difference, diaries: BothDiaries = {}): Why {
  const { class: main, left, right, connection } = difference;
  // The side to explain is the one not to be believed; without a verdict, the one with more to explain.
  const blamed = difference.believe === "left"
    ? "right"
    : difference.believe === "right"
    ? "left"
    : difference.unknown.left.length > difference.unknown.right.length
    ? "left"
    : "right";
  const records = blamed === "left" ? left : right, diary = diaries[blamed];
  const parts: Reason[] = [];
  if (main === "only-left" || main === "only-right") {
    const other = main === "only-left" ? "right" : "left", mine = main === "only-left" ? left : right;
    return whyOf(
      reason(
        "not-metered",
        `${count(mine.length, "record")} of ${connection.text} ${
          mine.length === 1 ? "has" : "have"
        } no counterpart on the ${other} side: ` +
          "its packets were filtered out there, dropped by a rule, or are in no capture it read.",
        [],
        mine.map((r) => r.firstFrame),
      ),
      [],
      connection,
      mine[0],
      diaries[main === "only-left" ? "left" : "right"]?.settings,
    );
  }
  if (difference.classes.includes("flipped") || difference.classes.includes("direction-unknown")) {
    const places = [...new Set([...difference.flipped[blamed], ...difference.unknown[blamed]])].sort((a, b) =>
      a - b
    );
    const bothKnow = left.every((r) => r.evidence === "syn") && right.every((r) => r.evidence === "syn");
    if (bothKnow) parts.push(reverseBit(difference));
    for (const i of places.slice(0, MANY)) parts.push(...directionReasons(records[i]!, diary).slice(0, 1));
  }
  if (
    difference.classes.includes("split") || difference.classes.includes("merged") ||
    left.length > 1 && right.length > 1
  ) {
    parts.push(...cutReasons(difference, diaries));
  }
  for (const side of ["left", "right"] as const) {
    if (difference.changed.length === 0) break;
    for (const record of difference[side].slice(0, MANY)) {
      const d = diaries[side];
      parts.push(...valueReasons(record, d?.chapterOf(record), d));
    }
  }
  const reuse = mergedReuse(difference);
  if (reuse) parts.push(reuse);
  if (parts.length === 0) {
    const text = difference.changed.map((c) =>
      `${c.field} ${c.left} against ${c.right}${
        Number.isNaN(c.amount) ? "" : ` (${c.amount > 0 ? "+" : ""}${c.amount})`
      }`
    ).join(", ");
    parts.push(
      main === "same" ? reason("same", "Both sides say the same.", []) : reason(
        "direction-unexplained",
        `The sides differ in ${text || main}; nothing that is known of them says why.`,
        [],
      ),
    );
  }
  const stands = difference.flipped[blamed][0] ?? difference.unknown[blamed][0] ?? 0;
  return whyOf(parts[0]!, parts.slice(1), connection, records[stands], diary?.settings);
}

function reverseBit(difference: Difference): Reason {
  const a = difference.left[difference.flipped.left[0] ?? 0]!,
    b = difference.right[difference.flipped.right[0] ?? 0]!;
  return reason(
    "reverse-bit",
    `Both sides saw the SYN, yet one prints ${a.saddr} and the other ${b.saddr} as the source: when a connection from the other end begins ` +
      "again in an entry that still exists, the real program clears the bit for exchanged ends but never sets it, so the printed " +
      "order can stay the old one.",
    ["DIR-3", "TCP-11"],
    [a.firstFrame, b.firstFrame],
  );
}

/** One reason for each boundary that only one side has. */
function cutReasons(difference: Difference, diaries: BothDiaries): Reason[] {
  const out: Reason[] = [];
  for (const side of ["left", "right"] as const) {
    const records = difference[side], other = difference[side === "left" ? "right" : "left"];
    const diary = diaries[side];
    const inner = records.slice(0, -1).filter((r) =>
      !other.some((o) => o.lastFrame === r.lastFrame && o.lastFrame !== 0)
    );
    if (inner.length === 0) continue;
    const code = side === "right" ? "split" : "merged";
    const cuts = inner.map((r) => diary?.chapterOf(r)).filter((c): c is Chapter => c !== undefined)
      .map((c) => endReasonOf(c.record!, c, diary));
    const said = `${count(records.length, "record")} on the ${side} against ${other.length} on the ${
      side === "left" ? "right" : "left"
    }`;
    if (cuts.length === 0 || !diary) {
      out.push(reason(
        code,
        `${said}: the ${side} side cut at ${inner.slice(0, 3).map((r) => timeText(r.ltime)).join(", ")}${
          inner.length > 3 ? ` and ${inner.length - 3} more times` : ""
        }.`,
        ["TIM-3"],
        inner.map((r) => r.lastFrame),
      ));
      continue;
    }
    const kept = cuts.filter((c) => c.cut?.fate === "kept").length,
      lost = cuts.filter((c) => c.cut?.fate === "lost").length;
    out.push(reason(
      code,
      `${said}: it was cut ${
        count(cuts.length, "time")
      } more, ${kept} times with the entry kept and ${lost} times with the entry lost.`,
      ["TIM-3", "TIM-4"],
      cuts.flatMap((c) => c.frames),
    ));
    out.push(
      ...cuts.slice(0, MANY).map((c) =>
        c.cut ? reason(c.code, cutText(c.cut, diary), c.rules, c.frames, c.cut) : c
      ),
    );
  }
  return out;
}

/** A port reuse that one side merged into the old record (TCP-10: FIN_WAIT_2, or a SYN with ECN bits). */
function mergedReuse(difference: Difference): Reason | undefined {
  const ids = (records: readonly RecordRef[]) =>
    new Set(records.map((r) => r.connection).filter((id) => id !== ""));
  const l = ids(difference.left), r = ids(difference.right);
  if (l.size === 0 || r.size === 0 || l.size === r.size) return undefined;
  const few = l.size < r.size ? "left" : "right";
  return reason(
    "reuse-merged",
    `The records hold ${
      Math.max(l.size, r.size)
    } connections on the same ports; the ${few} side did not see a new one begin: a SYN ` +
      "after a clean close, to an entry that was still alive, continues the old record.",
    ["TCP-10"],
    difference[few].map((x) => x.firstFrame),
  );
}

/** Why a connection is one record, or several: every cut, begin and end in order. */
export function whyConnection(connection: string, diary: Diary): Why | undefined {
  const chapters = diary.of(connection);
  const records = chapters.map((c) => c.record).filter((r): r is RecordRef => r !== undefined);
  const first = records[0];
  if (!first) return undefined;
  const cuts = diary.cuts(connection);
  const lost = cuts.filter((c) => c.fate === "lost");
  const unknown = records.filter(isUnknown).length;
  const parts: Reason[] = [];
  for (const c of chapters) {
    if (!c.record) continue;
    parts.push(beginReason(c, diary), endReasonOf(c.record, c, diary));
  }
  const longest = cuts.reduce((m, c) => Math.max(m, c.silence), 0);
  const main = reason(
    records.length > 1 ? "split" : "same",
    `${count(records.length, "record")}: cut ${count(cuts.length, "time")}, the entry kept ${
      cuts.length - lost.length
    } and lost ${count(lost.length, "time")}; ${
      unknown === 0
        ? "every record knows the direction"
        : `${count(unknown, "record")} without known direction`
    }.` +
      (cuts.length ? ` The longest silence over a cut was ${secondsText(longest)}.` : ""),
    ["TIM-3", "TIM-4"],
    cuts.map((c) => c.nextFrame),
    lost[0],
  );
  return whyOf(main, parts, connectionOfRecord(first), undefined, diary.settings);
}
