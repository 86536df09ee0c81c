import { PacketColumns } from "../decode/mod.ts";
import { SHARED_FRAME_BYTES } from "./keep_headers.ts";
import type { PacketShare } from "./packet_share.ts";
import type { SharedMemory } from "./shared_batch.ts";

/** Batches under way between the decoding thread and the meters': so many that a meter with a hard stretch holds nobody up. */
export const SLOTS = 8;
/** Packets of a batch at most; a megabyte of a capture seldom has more. */
const PACKETS = 4096;
/** Bytes of frames that a batch keeps at most. */
const BYTES = PACKETS * SHARED_FRAME_BYTES;

/** Packets that a batch has room for when so many bytes of user data are asked for. */
export function packetsOfBatch(userData: number): number {
  return Math.max(16, Math.floor(BYTES / (SHARED_FRAME_BYTES + userData)));
}

/** Words of the header: packets, number of the first frame; then the packets of each shard. */
const H_LENGTH = 0, H_FIRST = 1, H_SHARES = 2;

/** A decoded batch in shared memory, and which of its packets are whose. */
export class ShardBatch {
  readonly memory: SharedMemory;
  readonly columns: PacketColumns;
  readonly shares: readonly PacketShare[];
  /** Headers of the frames that a meter may look into, and user data. */
  readonly bytes: Uint8Array;
  readonly #header: Int32Array;

  /** Makes new shared memory, or views what another thread made. */
  constructor(shards: number, userData: number, given?: SharedMemory) {
    const made: SharedArrayBuffer[] = [], packets = packetsOfBatch(userData);
    const take = (bytes: number) => {
      const buffer = given ? given[made.length]! : new SharedArrayBuffer(bytes);
      made.push(buffer);
      return buffer;
    };
    this.#header = new Int32Array(take(4 * (H_SHARES + shards)));
    this.columns = new PacketColumns(packets, take);
    const clock = new Float64Array(take(8 * packets));
    this.shares = Array.from({ length: shards }, () => ({
      length: 0,
      packets: new Int32Array(take(4 * packets)),
      clock,
    }));
    this.bytes = new Uint8Array(take(packets * (SHARED_FRAME_BYTES + userData)));
    this.memory = made;
  }

  /** Leaves the lengths to the threads that take the batch. */
  send(): void {
    const h = this.#header;
    h[H_LENGTH] = this.columns.length;
    h[H_FIRST] = this.columns.firstFrame;
    this.shares.forEach((share, shard) => h[H_SHARES + shard] = share.length);
  }

  /** Takes the lengths that the decoding thread left; gives the packets and a shard's share of them. */
  receive(shard: number): { columns: PacketColumns; share: PacketShare } {
    const h = this.#header, { columns } = this, share = this.shares[shard]!;
    columns.length = h[H_LENGTH]!;
    columns.firstFrame = h[H_FIRST]! >>> 0;
    columns.bytes = this.bytes;
    share.length = h[H_SHARES + shard]!;
    return { columns, share };
  }
}
