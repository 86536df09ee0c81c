import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";

const { PACKET_DOUBLES } = P;

/** Growing list of numbers. */
class Numbers {
  #data = new Float64Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#data.length) {
      const next = new Float64Array(2 * this.length);
      next.set(this.#data);
      this.#data = next;
    }
    this.#data[this.length++] = value;
  }

  take(): Float64Array {
    return this.#data.subarray(0, this.length);
  }
}

/** Times of a connection's packets and of those at which a sweep could run: what a search for other settings needs. */
export interface PacketTimes {
  /** The connection's own packets, microseconds, in order of capture. */
  readonly own: Float64Array;
  /** Packets at least a sweep apart (TIM-4: 0.2 s), microseconds. */
  readonly ticks: Float64Array;
}

/** Sweeps happen at most so often (TIM-4). */
const SWEEP_US = 200_000;

/** Collects {@linkcode PacketTimes} in a pass over a capture. */
export class PacketTimesTap {
  readonly #own = new Numbers();
  readonly #ticks = new Numbers();
  #next = -Infinity;

  /** Takes packet `i`; `own` tells whether it belongs to the connection. */
  take(columns: PacketColumns, i: number, own: boolean): void {
    const time = columns.times[i * PACKET_DOUBLES]!;
    if (own) this.#own.push(time);
    if (time >= this.#next) {
      this.#ticks.push(time);
      this.#next = time - this.#next > SWEEP_US ? time + SWEEP_US : this.#next + SWEEP_US;
    }
  }

  /** What was collected. */
  times(): PacketTimes {
    return { own: this.#own.take(), ticks: this.#ticks.take() };
  }
}
