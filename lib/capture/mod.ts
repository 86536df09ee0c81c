/**
 * Captures: bytes become frames, and frames bytes.
 *
 * @module
 */
export { Disorder } from "./disorder.ts";
export { encodePcap, type PcapOptions, type PlainFrame } from "./encode.ts";
export type * from "./frames.ts";
export { openFrames, type OpenOptions } from "./open.ts";
export { BATCH_FRAMES } from "./rows.ts";
export { type Compression, compressionOf, DecompressedSource } from "./decompress.ts";
export { type ByteSource, PrefixedSource, type SourceDamage } from "./byte_source.ts";
export { type CaptureSource, openSource } from "./source.ts";
export { sortFrames } from "./sort.ts";
export { type ByteSink, createCapture, type FrameWriter, PcapngWriter, PcapWriter } from "./writers.ts";
