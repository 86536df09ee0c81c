import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { Meter } from "./meter.ts";
import * as V from "./tcp_values.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { IN_PROTO, UNDECIDED } = V;

/** Doubles of one side: last packet time, then (n, smallest, largest, sum, sum of squares) active, then idle. */
const SIDE = 11;
const ROW = 2 * SIDE;
const ACTIVE = 1, IDLE = 6;

/**
 * What only some settings ask for: jitter (-J, REC-7), packet sizes (-Z, REC-6), MACs (-m, REC-8) and user data (-U, REC-1). Kept
 * beside the table so that a meter without them pays nothing.
 */
export class Extras {
  readonly #jitter: boolean;
  readonly #sizes: boolean;
  readonly #mac: boolean;
  readonly #user: number;
  readonly #maxInterval: number;
  readonly #quirks: boolean;
  // What was decided for the packet before (see UNDECIDED).
  #decided = IN_PROTO;
  #times: Float64Array = new Float64Array(0);
  // User data by 2 * row + side; `used` bytes of each buffer belong to the interval.
  #data: (Uint8Array | undefined)[] = [];
  #used: number[] = [];

  constructor(settings: Settings) {
    this.#jitter = settings.jitter;
    this.#sizes = settings.packetSize;
    this.#mac = settings.mac;
    this.#user = settings.userData;
    this.#maxInterval = 2 * settings.status;
    this.#quirks = settings.quirks === "argus-3.0.8.2";
  }

  /** Whether a setting asks for any of it. */
  static neededBy(s: Settings): boolean {
    return s.jitter || s.packetSize || s.mac || s.userData > 0;
  }

  /** A new entry. */
  open(row: number): void {
    if (this.#jitter) {
      if ((row + 1) * ROW > this.#times.length) {
        const next = new Float64Array(Math.max(4096, (row + 1) * ROW * 2));
        next.set(this.#times);
        this.#times = next;
      }
      this.#times.fill(0, row * ROW, (row + 1) * ROW);
      this.#times[row * ROW] = this.#times[row * ROW + SIDE] = NaN;
    }
    if (this.#user > 0) this.#used[2 * row] = this.#used[2 * row + 1] = 0;
  }

  /** A dropped entry. */
  close(row: number): void {
    if (this.#user > 0) this.#data[2 * row] = this.#data[2 * row + 1] = undefined;
  }

  /** A new interval (REC-9): counts go, the last packet times stay. */
  zero(row: number): void {
    if (this.#jitter) {
      const t = this.#times, r = row * ROW;
      t.fill(0, r + 1, r + SIDE);
      t.fill(0, r + SIDE + 1, r + ROW);
    }
    if (this.#user > 0) this.#used[2 * row] = this.#used[2 * row + 1] = 0;
  }

  /** Before the packet is counted: MACs of the first packet. */
  before(meter: Meter, row: number, c: PacketColumns, i: number, side: number): void {
    if (this.#mac && c.kind[i]! & P.P_MAC) this.#macs(meter.table.words, row * R.WORDS, c, i, side);
  }

  #macs(words: Int32Array, w: number, c: PacketColumns, i: number, side: number): void {
    const m = i * P.MAC_WORDS;
    let a = c.mac[m]!, b = c.mac[m + 1]!, e = c.mac[m + 2]!;
    if (side === 1) {
      // The section holds destination then source as seen from S.
      const d0 = a, d1 = b >>> 16, s0 = (b << 16) | (e >>> 16), s1 = e & 0xffff;
      a = s0;
      b = (s1 << 16) | (d0 >>> 16);
      e = (d0 << 16) | d1;
    }
    if (words[w + R.FLAGS]! & R.FLAG_MAC) {
      if (words[w + R.MAC] !== a || words[w + R.MAC + 1] !== b || words[w + R.MAC + 2] !== e) {
        words[w + R.MAC_TYPE]! |= 1 << side;
      }
      return;
    }
    words[w + R.FLAGS]! |= R.FLAG_MAC;
    words[w + R.MAC] = a;
    words[w + R.MAC + 1] = b;
    words[w + R.MAC + 2] = e;
    words[w + R.MAC_TYPE] = c.etherType[i]! << 16;
  }

  /** After the packet was counted. */
  after(meter: Meter, row: number, c: PacketColumns, i: number, side: number, inProto: number): void {
    const words = meter.table.words, w = row * R.WORDS;
    if (this.#sizes) {
      const at = w + R.S_PSIZE + side, size = Math.min(c.size[i]!, 0xffff), old = words[at]!;
      const min = old === 0 ? size : Math.min(old >>> 16, size);
      words[at] = (min << 16) | Math.max(old & 0xffff, size);
      words[w + R.FLAGS]! |= R.FLAG_PSIZE;
    }
    if (this.#jitter) {
      const t = this.#times, r = row * ROW + side * SIDE, now = c.time[i]!, last = t[r]!;
      const interval = now - last;
      const decided = this.#quirks && inProto & UNDECIDED && c.kind[i]! & P.P_RAW_PATH
        ? this.#decided
        : inProto;
      this.#decided = decided;
      // TIM-12: a last time in second 0 is not set.
      if (interval > 0 && interval < this.#maxInterval && (last >= 1e6 || last < 0 || !this.#quirks)) {
        const b = r + (decided & IN_PROTO ? ACTIVE : IDLE);
        const n = t[b]!;
        t[b] = n + 1;
        if (n === 0 || interval < t[b + 1]!) t[b + 1] = interval;
        if (interval > t[b + 2]!) t[b + 2] = interval;
        // The real program adds up in single precision.
        t[b + 3] = this.#quirks ? Math.fround(t[b + 3]! + Math.fround(interval)) : t[b + 3]! + interval;
        t[b + 4]! += interval * interval;
      }
      // A packet from before does not take the time back.
      if (!(interval < 0)) t[r] = now;
    }
    if (this.#user > 0) this.#keepData(row, c, i, side);
  }

  #keepData(row: number, c: PacketColumns, i: number, side: number): void {
    const from = c.payload[i]!, k = 2 * row + side;
    if (from < 0) return;
    const used = this.#used[k]!;
    const n = Math.min(this.#user - used, c.payloadEnd[i]! - from);
    if (n <= 0) return;
    const buffer = this.#data[k] ??= new Uint8Array(this.#user);
    buffer.set(c.bytes.subarray(from, from + n), used);
    this.#used[k] = used + n;
  }

  /** Puts the interval's extras into the record. */
  write(row: number, out: RecordBatch, at: number): void {
    if (this.#jitter) this.#writeJitter(row, out, at);
    if (this.#user > 0) {
      const user = out.user ??= [];
      for (let side = 0; side < 2; side++) {
        const n = this.#used[2 * row + side]!;
        user[2 * at + side] = n > 0 ? this.#data[2 * row + side]!.slice(0, n) : undefined;
      }
    }
  }

  /**
   * Population standard deviation. The real program divides the sum of squares as a 64-bit whole number: the variance can fall below
   * zero, and a sum that does not fit (silences of an hour) leaves no number.
   */
  #deviation(squares: number, n: number, mean: number): number {
    if (this.#quirks) return squares < 2 ** 63 ? Math.sqrt(Math.floor(squares / n) - mean * mean) : NaN;
    return Math.sqrt(Math.max(0, squares / n - mean * mean));
  }

  #writeJitter(row: number, out: RecordBatch, at: number): void {
    const bank = out.jitterBank(), t = this.#times;
    let any = false;
    for (let block = 0; block < 4; block++) {
      const from = row * ROW + (block >> 1) * SIDE + (block & 1 ? IDLE : ACTIVE);
      const to = at * R.JITTER_DOUBLES + block * 5;
      const n = t[from]!;
      bank[to] = n;
      // Held in single precision, as the file holds it.
      const mean = n > 0 ? Math.fround(t[from + 3]! / n) : 0;
      bank[to + R.J_MIN] = t[from + 1]!;
      bank[to + R.J_MEAN] = mean;
      bank[to + R.J_STDEV] = n > 0 ? this.#deviation(t[from + 4]!, n, mean) : 0;
      bank[to + R.J_MAX] = t[from + 2]!;
      if (n > 0) any = true;
    }
    if (any) out.words[at * R.WORDS + R.FLAGS]! |= R.FLAG_JITTER;
  }
}
