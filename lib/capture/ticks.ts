const MICRO = 0, NANO = 1, OTHER = 2;

/**
 * The clock of one pcapng interface: turns its 64-bit tick counts into microseconds and nanoseconds, exactly.
 *
 * `if_tsresol` gives ticks as a negative power of 10, or of 2 when its upper bit is set; `if_tsoffset` whole seconds to add.
 */
export class Ticks {
  /** Ticks of a second. */
  readonly perSecond: number;
  /** Finer than a microsecond. */
  readonly fine: boolean;
  readonly #kind: number;
  readonly #scale: bigint;
  readonly #shift: number;

  constructor(resolution: number, readonly offset: number) {
    const power = resolution & 0x7f;
    this.#scale = resolution & 0x80 ? 2n ** BigInt(power) : 10n ** BigInt(power);
    this.perSecond = Number(this.#scale);
    this.fine = this.perSecond > 1e6;
    this.#kind = resolution === 6 ? MICRO : resolution === 9 ? NANO : OTHER;
    this.#shift = offset * 1e6;
  }

  /** Writes the time of row `n`. */
  put(high: number, low: number, time: Float64Array, nano: Int32Array, n: number): void {
    if (this.#kind === MICRO) {
      time[n] = high * 4294967296 + low + this.#shift;
      nano[n] = 0;
    } else if (this.#kind === NANO) {
      // 64-bit division by 1000 in two exact steps.
      const q = Math.floor(high / 1000);
      const rest = (high - q * 1000) * 4294967296 + low;
      const us = Math.floor(rest / 1000);
      time[n] = q * 4294967296 + us + this.#shift;
      nano[n] = rest - us * 1000;
    } else {
      // Any other clock is rare enough for big integers.
      const ns = (((BigInt(high) << 32n) | BigInt(low)) * 1_000_000_000n) / this.#scale;
      time[n] = Number(ns / 1000n) + this.#shift;
      nano[n] = Number(ns % 1000n);
    }
  }
}
