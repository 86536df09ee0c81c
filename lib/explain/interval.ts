import type { Cut, Reason, RecordRef } from "../compare/mod.ts";
import { cutText, frameName } from "./cut_text.ts";
import { type Chapter, cutAfter, type Diary } from "./diary.ts";
import { reason } from "./reason.ts";
import { timeText } from "./text.ts";

/**
 * Why a record begins where it begins.
 *
 * @param told the story of the cut before was told already: it is not repeated
 */
export function beginReason(chapter: Chapter, diary: Diary, told?: Cut): Reason {
  const at = `frame ${chapter.opened.frame} at ${timeText(chapter.opened.time)}`;
  const before = chapter.previous;
  const cut = before ? cutAfter(before) : undefined;
  const story = cut && told?.boundary !== cut.boundary ? " " + cutText(cut, diary) : "";
  switch (chapter.began) {
    case "restarted":
      return reason(
        "restarted",
        `${at[0]!.toUpperCase()}${
          at.slice(1)
        } was a SYN on the ports of a connection that had been closed or reset: it began a new connection in the same entry.`,
        ["TCP-10"],
        [chapter.opened.frame],
      );
    case "own-packet":
      return reason(
        "kept-own-packet",
        `The record goes on where the one before was cut by this flow's own packet, ${at}.${story}`,
        ["TIM-4"],
        [chapter.opened.frame],
        cut,
      );
    case "revived":
      return reason(
        "kept-revived",
        `The entry had been parked and was fetched back by ${at}.${story}`,
        ["TIM-4"],
        [chapter.opened.frame],
        cut,
      );
    default:
      if (cut) {
        return reason(
          "entry-lost",
          `A new entry was made by ${at}, because the old one was gone.${story}`,
          ["TIM-3", "TIM-5", "DIR-1"],
          [cut.lastFrame, cut.noticedFrame, cut.dropFrame, cut.nextFrame],
          cut,
        );
      }
      return reason(
        "new-entry",
        `The meter had no entry for these ends when ${at} came, so it made one.`,
        ["DIR-1"],
        [chapter.opened.frame],
      );
  }
}

/** Why a record ends where it ends. */
export function endReasonOf(
  record: RecordRef,
  chapter: Chapter | undefined,
  diary: Diary | undefined,
): Reason {
  if (chapter?.record && chapter.record.connectionSeq > record.connectionSeq) {
    return reason(
      "start-record",
      "Start records are asked for: one more record was written after the first packet of the entry.",
      ["TIM-10"],
      [record.firstFrame],
    );
  }
  if (chapter && diary) {
    const { closed } = chapter, cut = cutAfter(chapter);
    const when = `at ${timeText(closed.time)}`;
    switch (closed.kind) {
      case "cut":
        return reason(
          "status-own-packet",
          `The status interval was over at ${
            timeText(closed.due)
          }; the flow's own packet, frame ${closed.frame}, noticed it ${when}, ` +
            "so the record was written and the entry kept.",
          ["TIM-3", "TIM-4"],
          [closed.frame],
          cut,
        );
      case "parked":
        return reason(
          "status-swept",
          `The status interval was over at ${timeText(closed.due)}; ${
            diary.settings.clock === "argus"
              ? `a sweep set off by ${frameName(diary, closed.frame)}`
              : "the clock"
          } noticed it ${when}, so the record was written and the entry parked on its idle queue.`,
          ["TIM-3"],
          [closed.frame],
          cut,
        );
      case "deleted":
        // Meters that are not Argus write a record as they drop its entry.
        if (record.endReason === "idle") {
          return reason(
            "idle",
            `No packet of the flow came after ${timeText(closed.queued)}: its idle timer was due at ${
              timeText(closed.due)
            }, so the record was written and the entry dropped.`,
            [],
            [closed.frame],
          );
        }
        if (record.endReason === "status") {
          return reason(
            "active-timeout",
            `The record had lasted to its limit at ${
              timeText(closed.due)
            }, noticed ${when}: it was written, and the next packet opens another.`,
            [],
            [closed.frame],
          );
        }
        break;
      case "restarted":
        return reason(
          "port-reuse",
          `Frame ${closed.frame} ${when} was a SYN on the same ports after this connection had been closed or reset: the record was ` +
            "written and the entry began a new connection.",
          ["TCP-10"],
          [closed.frame],
        );
    }
  }
  switch (record.endReason) {
    case "status":
      return reason("status-swept", "The status interval was over.", ["TIM-3"]);
    case "idle":
      return reason("idle", "No packet came for the idle timeout.", ["TIM-5"]);
    case "closed":
      return reason("closed", "The connection was closed.", []);
    case "reset":
      return reason("reset", "The connection was reset.", []);
    case "port-reuse":
      return reason("port-reuse", "A SYN began a new connection on the same ports.", ["TCP-10"]);
    case "end-of-capture":
      return reason("end-of-capture", "The capture ended; what was open was written.", ["TIM-11"]);
    case "evicted":
      return reason("evicted", "The entry was dropped to keep the table within its bounds.", []);
    default:
      return reason(
        "end-unknown",
        "The record does not say why it was written (it comes from another program).",
        [],
      );
  }
}
