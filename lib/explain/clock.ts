import type { Cut, Reason } from "../compare/mod.ts";
import { frameName } from "./cut_text.ts";
import type { Diary } from "./diary.ts";
import { reason } from "./reason.ts";
import { secondsText, settingText, timeText } from "./text.ts";

/**
 * Why the same packets of a connection were kept in one metering and lost in another although both have the same timers: who let the
 * clock go on. It explains the full capture against the filtered one, and clock `argus` against `exact` (TIM-6, law 3).
 *
 * One reason for each cut that both meterings have and that ended differently, in order of time.
 */
export function whyClock(left: Diary, right: Diary, connection: string): Reason[] {
  const out: Reason[] = [];
  const others = right.cuts(connection);
  for (const a of left.cuts(connection)) {
    const b = others.find((c) => c.nextPacket === a.nextPacket && c.boundary === a.boundary);
    if (!b || a.fate === b.fate) continue;
    const [lost, lostIn, kept, keptIn] = a.fate === "lost" ? [a, left, b, right] : [b, right, a, left];
    out.push(reason(
      "other-clock",
      `The status boundary at ${timeText(lost.boundary)} fell into a silence of ${
        secondsText(lost.silence)
      }. ${lostText(lost, lostIn)}. ${keptText(kept, keptIn)}.`,
      ["TIM-1", "TIM-4", "TIM-6", "TIM-7"],
      [lost.noticedFrame, lost.dropFrame, kept.noticedFrame],
      lost,
    ));
  }
  return out;
}

function lostText(cut: Cut, diary: Diary): string {
  const timer = `the idle timer of ${settingText(cut.timeout)}`;
  if (diary.settings.clock === "exact") {
    return `Under the exact clock every timer fires at its own time: the entry was parked at the boundary and ${timer} dropped it at ${
      timeText(cut.dropped)
    }`;
  }
  return `In one metering packets of other flows let time go on: ${
    frameName(diary, cut.noticedFrame)
  } parked the entry at ${timeText(cut.noticed)} and, ${timer} over, ${
    frameName(diary, cut.dropFrame)
  } dropped it at ${timeText(cut.dropped)}`;
}

function keptText(cut: Cut, diary: Diary): string {
  const where = diary.settings.clock === "argus" ? "In the other" : `Under the ${diary.settings.clock} clock`;
  if (cut.by === "own") {
    return `${where} no packet at all passed between the boundary and the flow's own next packet (frame ${cut.nextFrame}, ${
      secondsText(cut.wait)
    } later): that packet itself was the first to notice, and an entry that its own packet finds is never dropped`;
  }
  return `${where} the entry was parked at ${
    timeText(cut.noticed)
  } but no packet passed after its timer was due, before the flow's own ` +
    `next packet (frame ${cut.nextFrame}) fetched it back`;
}
