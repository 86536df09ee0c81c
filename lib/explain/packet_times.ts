import { PACKET_DOUBLES, type PacketColumns } from "../decode/mod.ts";

/** Growing list of numbers. */
class Numbers {
  #data = new Float64Array(64);
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

/** Collects {@linkcode PacketTimes} of some connections, by number, in a pass over a capture. */
export class ConnectionTimes {
  readonly #own: readonly Numbers[];
  readonly #ticks = new Numbers();
  #next = -Infinity;

  /** Of so many connections. */
  constructor(count: number) {
    this.#own = Array.from({ length: count }, () => new Numbers());
  }

  /** A packet, whosever it is. */
  tick(time: number): void {
    if (!(time >= this.#next)) return;
    this.#ticks.push(time);
    this.#next = time - this.#next > SWEEP_US ? time + SWEEP_US : this.#next + SWEEP_US;
  }

  /** A packet of a connection, told of as `tick` before. */
  own(connection: number, time: number): void {
    this.#own[connection]!.push(time);
  }

  /** What was collected of a connection. */
  of(connection: number): PacketTimes {
    return { own: this.#own[connection]?.take() ?? new Float64Array(), ticks: this.#ticks.take() };
  }
}

/** Collects {@linkcode PacketTimes} of one connection in a pass over a capture. */
export class PacketTimesTap {
  readonly #times = new ConnectionTimes(1);

  /** Takes packet `i`; `own` tells whether it belongs to the connection. */
  take(columns: PacketColumns, i: number, own: boolean): void {
    const time = columns.times[i * PACKET_DOUBLES]!;
    this.#times.tick(time);
    if (own) this.#times.own(0, time);
  }

  /** What was collected. */
  times(): PacketTimes {
    return this.#times.of(0);
  }
}
