/**
 * The chain: read a capture, meter, filter, cluster, diff.
 *
 * @module
 */
export { type AgainstOptions, findAgainst } from "./against.ts";
export { Against, againstJson, againstText } from "./against_view.ts";
export { Capture, type MeterLimits, readPcap, type ReadPcapOptions } from "./capture.ts";
export {
  compareSettings,
  type Comparison,
  type ComparisonOptions,
  comparisonText,
  type Explained,
  type FoundRemedy,
  type SettingTable,
} from "./comparison.ts";
export { comparisonJson, comparisonJsonText } from "./comparison_json.ts";
export { Diff, diff, DifferenceView, remedyFor } from "./diff.ts";
export { FlowRecord } from "./flow_record.ts";
export { FlowTableView } from "./flow_table_view.ts";
export { Flows, readFlows, type ReadFlowsOptions } from "./flows.ts";
export { inquire, type Inquiry, remeter } from "./investigate.ts";
export {
  type CapturePlan,
  describePlan,
  type FlowsPlan,
  type Plan,
  type RecordTest,
  type Step,
} from "./plan.ts";
export { meterCapture, type MeterCaptureOptions, type MeterRun, type RunListeners } from "./run.ts";
export { runStudy, settingsOf, Study, type StudyGrid, StudyRun, tableModel } from "./study.ts";
export { shownRemedies, type ShownWhy } from "./why_view.ts";
