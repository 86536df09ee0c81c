/**
 * Panoptes: a scriptable flow-query kernel. It meters packet captures into bidirectional flow records as Argus does, under many
 * settings at once, and says why records differ.
 *
 * @example Meter a capture twice and ask why the records differ
 * ```ts
 * import { argus, diff, readPcap } from "./mod.ts";
 * import { assert } from "@std/assert";
 *
 * const talk = "host 10.0.2.104 and port 49227";
 * const capture = readPcap("fixtures/thread-full.pcap.gz");
 * const d = await diff(
 *   capture.meter(argus({ status: "999999s" })).filter(talk),
 *   capture.meter(argus({ status: "19999s" })).filter(talk),
 * );
 * assert(d.flipped[0]!.why().sentence.includes("silent for"));
 * ```
 *
 * @module
 */
export * from "./lib/base/mod.ts";
export {
  type ByteSink,
  type CaptureComment,
  type CaptureInterface,
  type CaptureSource,
  Disorder,
  encodePcap,
  type FrameBatch,
  type FrameWriter,
  openFrames,
  type OpenOptions,
  type PcapngWriter,
  type PcapOptions,
  type PcapWriter,
  type PlainFrame,
} from "./lib/capture/mod.ts";
export type { Conversation } from "./lib/decode/mod.ts";
export type { EventKind, LedgerEvent } from "./lib/meter/mod.ts";
export type { ClusterConf, ClusterModel, ClusterOptions, Correction, LabelRule } from "./lib/cluster/mod.ts";
export type {
  Chapter,
  Diary,
  FrameFacts,
  Metering,
  PacketTimes,
  RemedyContext,
  SynFrame,
} from "./lib/explain/mod.ts";
export {
  type ArrowType,
  type Column,
  END_REASONS,
  type EndReason,
  type Evidence,
  EVIDENCES,
  type Field,
  fieldOf,
  FIELDS,
  type FieldType,
  findField,
  type IpfixElement,
  type MergeRule,
  type MergeRules,
  type More,
  type NumberGetter,
  parseColumns,
  Printer,
  type PrintOptions,
  type PrintStyle,
  type Put,
  type PutTime,
  RecordBatch,
  Sink,
  type TextGetter,
  type Zone,
} from "./lib/record/mod.ts";
export * from "./lib/settings/mod.ts";
export * from "./lib/compare/mod.ts";
export {
  Against,
  againstJson,
  type AgainstOptions,
  againstText,
  Capture,
  type CapturePlan,
  compareSettings,
  type Comparison,
  comparisonJson,
  comparisonJsonText,
  type ComparisonOptions,
  comparisonText,
  describePlan,
  Diff,
  diff,
  DifferenceView,
  type Explained,
  FlowRecord,
  Flows,
  type FlowsPlan,
  FlowTableView,
  type FoundRemedy,
  type MeterLimits,
  type Plan,
  readFlows,
  type ReadFlowsOptions,
  readPcap,
  type ReadPcapOptions,
  type RecordTest,
  remedyFor,
  type RunListeners,
  type SettingTable,
  type ShownWhy,
  type Step,
  Study,
  type StudyGrid,
  StudyRun,
} from "./lib/chain/mod.ts";
export {
  type Broadcast,
  type Cell,
  type ColumnModel,
  costCurve,
  type CostCurveModel,
  type CostPoint,
  differenceMap,
  type DifferenceMapModel,
  type Displayable,
  type Drawing,
  histogram,
  type HistogramModel,
  type Host,
  INSPECT,
  JUPYTER,
  type MarkKind,
  type MimeBundle,
  NODE_INSPECT,
  packetStrip,
  type PacketStripModel,
  Picture,
  type PictureOptions,
  type Progress,
  progress,
  type ProgressOptions,
  show,
  table,
  type TableModel,
  timeline,
  type TimelineCloseUp,
  type TimelineLane,
  type TimelineMark,
  type TimelineModel,
  type TimelineRecord,
  type TimelineTimer,
} from "./lib/display/mod.ts";
export type { CacheOptions, CacheProgress, CaptureMark } from "./lib/stores/mod.ts";
