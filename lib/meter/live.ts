import type { FrameBatch } from "../capture/mod.ts";

/** Packets stamped within so much of the wall clock come from a live source. */
const NEAR_US = 60e6;

/**
 * Lets the wall clock stand in for packets while a live input is silent, so that records come out when they are due. An old capture
 * that is merely piped in is told from live packets by its time stamps and gets no wall clock.
 */
export class LiveClock {
  readonly #wall: () => number;
  // Capture time minus wall time at the newest packet, NaN while the input is not live.
  #offset = NaN;

  /** `wall` gives microseconds since 1970. */
  constructor(wall: () => number = () => Date.now() * 1000) {
    this.#wall = wall;
  }

  /** Takes note of what has come. */
  see(frames: FrameBatch): void {
    if (frames.length === 0) return;
    const offset = frames.time[frames.length - 1]! - this.#wall();
    this.#offset = Math.abs(offset) < NEAR_US ? offset : NaN;
  }

  /** The capture time that it is now, or NaN when the input is not live. */
  now(): number {
    return this.#wall() + this.#offset;
  }
}
