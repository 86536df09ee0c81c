/** Frames of one stretch of a capture: views into `bytes`, never copies. Valid until the next batch is asked for. */
export interface FrameBatch {
  /** The bytes that `offset` points into. */
  readonly bytes: Uint8Array;
  /** Frames in the batch; 0 only for the heartbeat of a silent live input. */
  readonly length: number;
  /** Where each frame's captured bytes begin in `bytes`. */
  readonly offset: Int32Array;
  /** Captured length of each frame. */
  readonly captured: Int32Array;
  /** Length of each frame on the wire. */
  readonly wire: Int32Array;
  /** Time in whole microseconds since 1970 (may be negative). */
  readonly time: Float64Array;
  /** Nanoseconds below the microsecond, 0..999. */
  readonly nano: Int32Array;
  /** Number of the first frame in the capture, from 1; the others follow without holes (but see `number`). */
  readonly firstFrame: number;
  /** Link type (LINKTYPE value as in the file) of every frame of the batch; a change of link type begins a new batch. */
  readonly linkType: number;
  /** Byte offset of the batch's first frame record in the (decompressed) source. */
  readonly position: number;
  /** File, URL or name of the stream these frames come from. */
  readonly source?: string;
  /** The source's clock ticks finer than a microsecond. */
  readonly nanoseconds?: boolean;
  /**
   * libpcap, and so Argus 3.0.8.2, stopped reading this source before this batch: a pcapng interface with another link type or
   * snap length than the first one was declared, a frame was longer than that, or the byte order changed.
   */
  readonly foreign?: boolean;
  /** Frame numbers in the capture, row by row: only where frames were put into another order (`sortFrames`). */
  readonly number?: Float64Array;
}

/** A comment or fact that a pcapng capture carries beside its frames. */
export interface CaptureComment {
  /** File, URL or name of the stream. */
  readonly source: string;
  /** What the comment is about. */
  readonly about: "section" | "interface" | "frame";
  /** Number of the frame, from 1 (only about a frame). */
  readonly frame?: number;
  /** The text as written. */
  readonly text: string;
}

/** What a capture says about one interface; a classic pcap file has exactly one. */
export interface CaptureInterface {
  /** File, URL or name of the stream. */
  readonly source: string;
  /** Section of the file, from 1. */
  readonly section: number;
  /** Number of the interface in its section, from 0. */
  readonly index: number;
  /** LINKTYPE value. */
  readonly linkType: number;
  /** Snap length in bytes; 0 when not limited. */
  readonly snaplen: number;
  /** Ticks of a second in the time stamps. */
  readonly ticksPerSecond: number;
  /** Name of the device, when the capture has it. */
  readonly name?: string;
  /** Description of the device, when the capture has it. */
  readonly description?: string;
}
