/**
 * Metering: packet columns become record rows, under many settings in one pass.
 *
 * @module
 */
export * from "./bank.ts";
export * from "./connections.ts";
export { type SharedTake } from "./flock.ts";
export { flocksOf } from "./flocks.ts";
export type { FlowMeter, MeterFigures } from "./flow_meter.ts";
export * from "./keys.ts";
export * from "./ledger.ts";
export { LiveClock } from "./live.ts";
export * from "./meter.ts";
export * from "./peer.ts";
export * from "./unrecorded.ts";
export { canPipeline, type PipelineOptions, runPipelined } from "./pipeline.ts";
export * from "./shards.ts";
export { runSharded, type ShardedOptions } from "./sharded.ts";
