import type { FrameBatch } from "./frames.ts";

/** Most frames of a batch unless told otherwise. */
export const BATCH_FRAMES = 16_384;

/** The typed arrays a scanner fills: one row per frame, used again for every batch. */
export class FrameRows {
  readonly offset: Int32Array;
  readonly captured: Int32Array;
  readonly wire: Int32Array;
  readonly time: Float64Array;
  readonly nano: Int32Array;
  /** Rows filled. */
  length = 0;
  firstFrame = 1;
  linkType = -1;
  position = 0;
  nanoseconds = false;
  foreign = false;

  constructor(readonly capacity: number) {
    this.offset = new Int32Array(capacity);
    this.captured = new Int32Array(capacity);
    this.wire = new Int32Array(capacity);
    this.time = new Float64Array(capacity);
    this.nano = new Int32Array(capacity);
  }

  /** The rows as a batch over these bytes. */
  batch(bytes: Uint8Array, source: string): FrameBatch {
    const {
      length,
      offset,
      captured,
      wire,
      time,
      nano,
      firstFrame,
      linkType,
      position,
      nanoseconds,
      foreign,
    } = this;
    return {
      bytes,
      length,
      offset,
      captured,
      wire,
      time,
      nano,
      firstFrame,
      linkType,
      position,
      source,
      nanoseconds,
      foreign,
    };
  }

  /** Empties the rows; the next frame follows the last one. */
  next(): void {
    this.firstFrame += this.length;
    this.length = 0;
  }
}
