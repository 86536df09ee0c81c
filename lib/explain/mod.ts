/**
 * Explaining: from the meter's ledger and the evidence in records to structured reasons, and from reasons to sentences.
 *
 * @module
 */
export { whyClock } from "./clock.ts";
export { cutText, MAX_TIMEOUT, timeoutFor, timerOf } from "./cut_text.ts";
export { type Chapter, cutAfter, Diary, type Metering } from "./diary.ts";
export { directionReasons, indicatorText } from "./direction.ts";
export { type FrameFacts, FrameNotes, noteFrames, type SynFrame } from "./frame_notes.ts";
export { ConnectionTimes, type PacketTimes, PacketTimesTap } from "./packet_times.ts";
export { remedy, type RemedyContext } from "./remedy.ts";
export { losesEntry, smallestPassing, smallestStatus } from "./search.ts";
export { secondsText, settingText, timeText } from "./text.ts";
export { cutsTable, type DifferenceText, differenceText } from "./report.ts";
export { statusTextReason } from "./values.ts";
export { type BothDiaries, why, whyConnection, whyDifference } from "./why.ts";
