/**
 * What every room stands on: problems, durations, time, addresses, arrays that grow.
 *
 * @module
 */
export * from "./address.ts";
export * from "./duration.ts";
export * from "./problem.ts";
export { cores } from "./cores.ts";
export { grown, release, roomier } from "./grow.ts";
export { bytesOf, isLarge, type Thread, ThreadAhead } from "./thread_ahead.ts";
