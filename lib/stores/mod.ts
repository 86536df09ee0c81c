/**
 * Stores: long-lived flow caches in SQL databases, and queries that run in them.
 *
 * @module
 */
export { cacheFlows, type CacheOptions, type CacheProgress } from "./cache.ts";
export type { SqlConnection, SqlEngine, SqlValue, TableColumn, TableShape } from "./engine.ts";
export { openEngine, openStore, type OpenStoreOptions } from "./open.ts";
export { CACHE_FIELDS } from "./schema.ts";
export type { CaptureMark, FlowStore, KeptKey, Position } from "./store.ts";
export { isStoreUrl, parseStoreUrl, type StoreUrl } from "./url.ts";
export { planQuery, type StoreQuery, type StoreStep } from "./query.ts";
export { describeQuery, readStore, type StoreReading } from "./read.ts";
export { createShardedCache } from "./sharded.ts";
