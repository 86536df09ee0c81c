import { PacketColumns } from "../decode/mod.ts";
import { SHARED_FRAME_BYTES } from "./keep_headers.ts";

/** Packets of one shared batch. */
export const SHARED_PACKETS = 16_384;

/** Header words of a shared batch; the last is the first of as many as there are readers. */
export const H_LENGTH = 0, H_FIRST = 1, H_SIZE = 2, H_FRESH = 3, H_BATCH = 4, H_IDLE = 5;

/** Memory of one batch that the decoding thread fills and the metering threads take, in order of allocation. */
export type SharedMemory = readonly SharedArrayBuffer[];

/** A decoded batch in shared memory: packet columns, key numbers, and who may be forgotten. */
export class SharedBatch {
  readonly memory: SharedMemory;
  readonly header: Int32Array;
  readonly columns: PacketColumns;
  readonly ids: Int32Array;
  readonly swaps: Int32Array;
  readonly quoted: Int32Array;
  /** Keys that came up first in this batch (decoder to meters). */
  readonly fresh: Int32Array;
  /** Of each reader, keys that none of its meters held after the batch this memory had before (meters to decoder). */
  readonly idle: readonly Int32Array[];
  readonly connHigh: Int32Array;
  readonly connLow: Int32Array;
  readonly connIndex: Int32Array;
  /** Headers of the frames that a meter may look into. */
  readonly bytes: Uint8Array;

  /** Makes new shared memory for so many readers, or views what another thread made. */
  constructor(readers: number, given?: SharedMemory) {
    const made: SharedArrayBuffer[] = [];
    const take = (bytes: number) => {
      const buffer = given ? given[made.length]! : new SharedArrayBuffer(bytes);
      made.push(buffer);
      return buffer;
    };
    const words = (n: number) => new Int32Array(take(4 * n));
    this.header = words(H_IDLE + readers);
    this.columns = new PacketColumns(SHARED_PACKETS, take);
    this.ids = words(SHARED_PACKETS);
    this.swaps = words(SHARED_PACKETS);
    this.quoted = words(SHARED_PACKETS);
    this.fresh = words(2 * SHARED_PACKETS);
    this.idle = Array.from({ length: readers }, () => words(SHARED_PACKETS));
    this.connHigh = words(SHARED_PACKETS);
    this.connLow = words(SHARED_PACKETS);
    this.connIndex = words(SHARED_PACKETS);
    this.bytes = new Uint8Array(take(SHARED_PACKETS * SHARED_FRAME_BYTES));
    this.memory = made;
  }
}
