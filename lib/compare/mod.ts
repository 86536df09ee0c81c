/**
 * Comparing: align the records of two flow sources by connection and time, classify every difference, prove that nothing was lost;
 * figures over a grid of settings.
 *
 * @module
 */
export * from "./against.ts";
export * from "./diff.ts";
export { COMPARED_FIELDS } from "./classify.ts";
export { connectionOf, endText, hex64, isUnknown, refOf } from "./ref.ts";
export { StudyBuilder } from "./study.ts";
export type { ConnectionsPart } from "./study_connections.ts";
export type { CountsPart } from "./study_counts.ts";
export type { Peaks, StudyOptions, StudyPart } from "./study_part.ts";
export type { StudySums } from "./study_sums.ts";
export { eachDifference, firstDifferences } from "./result.ts";
export { SettingsDiff } from "./settings_diff.ts";
export type { Suspects } from "./suspects.ts";
export * from "./reasons.ts";
export * from "./report.ts";
export * from "./types.ts";
