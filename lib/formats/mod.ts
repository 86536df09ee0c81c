/**
 * Formats: flow records from and to files and streams.
 *
 * @module
 */
export { canReadAhead, type ReadAheadOptions, readArgusAhead } from "./argus_ahead.ts";
export { decodeRecord } from "./argus_decode.ts";
export { encodeRecord, recordBytes } from "./argus_encode.ts";
export { type MarInfo, type MarName } from "./argus_layout.ts";
export { readArgus, type ReadFlowsOptions } from "./argus_reader.ts";
export { type ArgusStreamOptions, isSensorUrl } from "./argus_stream.ts";
export { ArgusWriter, type ArgusWriterOptions } from "./argus_writer.ts";
export { type FlowSource } from "./bytes.ts";
export { isCollectorUrl } from "./ipfix_exporter.ts";
export { type ParquetCompression } from "./parquet_writer.ts";
export { readFlows } from "./read_flows.ts";
export { readFlowText } from "./text_reader.ts";
export {
  EXPORT_FIELDS,
  type FlowWriter,
  openFlowWriter,
  writeFlows,
  type WriteFlowsOptions,
} from "./write_flows.ts";
export { type PartitionOptions, writePartitioned } from "./partitioned.ts";
