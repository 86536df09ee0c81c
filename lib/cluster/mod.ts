/**
 * Clustering: re-aggregation (racluster, racluster.conf), correction by evidence, time bins, sorting, counting.
 *
 * @module
 */
export { clusterByConf, ConfClusterer, type ConfOptions } from "./chain.ts";
export { cluster, Clusterer, type ClusterOptions, type Correction, numberedKey } from "./cluster.ts";
export { DEFAULT_KEY, Key, KEY_NAMES, type KeyField } from "./key.ts";
export { KeyNumbers, type KeySpec } from "./key_numbers.ts";
export { rasortKeys } from "./rasort_keys.ts";
export { SORT_KEYS, type SortKey, sortKeys, type SortOptions, sortRecords, topRecords } from "./sort.ts";
export { type ClusterConf, type ClusterModel, parseRaclusterConf } from "./racluster_conf.ts";
export {
  type AddressTotals,
  Counter,
  type CountOptions,
  countRecords,
  type ProtocolTotals,
  type Totals,
} from "./count.ts";
export { bin, Binner, type BinOptions, gridOf } from "./bins.ts";
export { Aggregator, type AggregatorOptions, type ShowRow } from "./aggregator.ts";
export { CONNECTION_KEY_WORDS, connectionKey, hashConnectionKey } from "./connection_key.ts";
export { type ConnectionOptions, Connections } from "./connections.ts";
export { type KeptStretch, STRETCH_FACTS } from "./stretches.ts";
export { type Turned } from "./trail.ts";
export { KeyTable } from "./table.ts";
export { anonymize, Anonymizer } from "./anonymize.ts";
export { labelRecords, type LabelRule } from "./label.ts";
