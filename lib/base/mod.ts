/**
 * What every room stands on: problems, durations, time, addresses.
 *
 * @module
 */
export * from "./address.ts";
export * from "./duration.ts";
export * from "./problem.ts";
