/**
 * The filter language: one grammar and one tree, compiled to a record predicate or to SQL; and time ranges.
 *
 * @module
 */
export * from "./ast.ts";
export { type ParseOptions, parseRecordFilter } from "./parse.ts";
export { type LowerOptions } from "./match.ts";
export { compileRecordFilter, type FilterOptions, type RecordPredicate } from "./predicate.ts";
export { printExpression } from "./print.ts";
export { asksOfPacketsOnly } from "./provenance.ts";
export { parseTimeRange, readTimeRange, type TimeMode, type TimeRange } from "./time_range.ts";
export { type SqlDialect, type SqlFilter, type SqlOptions, type SqlParameter, toSql } from "./sql.ts";
export { type Completions, completions } from "./complete.ts";
export { compilePacketFilter, type PacketPredicate, selectFrames } from "./packet_filter.ts";
