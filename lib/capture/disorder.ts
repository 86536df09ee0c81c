import { formatDuration } from "../base/mod.ts";
import type { FrameBatch } from "./frames.ts";

/** How many frame numbers a disorder report names. */
const NAMED = 10;

/**
 * Counts frames whose time stamp is before that of the frame in front of them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Disorder } from "./disorder.ts";
 * import { encodePcap } from "./encode.ts";
 * import { openFrames } from "./open.ts";
 *
 * const bytes = new Uint8Array(60);
 * const capture = encodePcap([{ time: 5e6, bytes }, { time: 3e6, bytes }, { time: 4e6, bytes }]);
 * const disorder = new Disorder();
 * for await (const batch of openFrames(capture)) disorder.add(batch);
 * assertEquals(disorder.count, 1);
 * assertEquals(disorder.frames, [2]);
 * assertEquals(disorder.maxStepBack, 2e6);
 * assertEquals(String(disorder), "1 frame earlier than the one before it (frame 2), by up to 2s");
 * ```
 */
export class Disorder {
  /** Frames that are earlier than the one before them. */
  count = 0;
  /** Numbers of the first ten of them. */
  readonly frames: number[] = [];
  /** Largest step back, in microseconds. */
  maxStepBack = 0;
  #time = -Infinity;
  #nano = 0;

  /** Looks at the next batch. */
  add(batch: FrameBatch): void {
    const { time, nano, length } = batch;
    let last = this.#time, lastNano = this.#nano;
    for (let i = 0; i < length; i++) {
      const t = time[i]!, n = nano[i]!;
      if (t < last || (t === last && n < lastNano)) {
        this.count++;
        if (this.frames.length < NAMED) this.frames.push(batch.number?.[i] ?? batch.firstFrame + i);
        const back = last - t + (lastNano - n) / 1000;
        if (back > this.maxStepBack) this.maxStepBack = back;
      }
      last = t;
      lastNano = n;
    }
    this.#time = last;
    this.#nano = lastNano;
  }

  /** The report as a sentence, empty when all is in order. */
  toString(): string {
    if (this.count === 0) return "";
    const more = this.count > this.frames.length ? ", ..." : "";
    const which = `frame${this.count === 1 ? "" : "s"} ${this.frames.join(", ")}${more}`;
    return `${this.count} frame${this.count === 1 ? "" : "s"} earlier than the one before ` +
      `${this.count === 1 ? "it" : "them"} (${which}), by up to ${formatDuration(this.maxStepBack)}`;
  }
}
