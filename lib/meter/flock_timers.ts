import * as P from "../decode/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { Flock } from "./flock.ts";
import * as T from "./entry_words.ts";
import { type Lane, Line } from "./flock_line.ts";
import { TimeoutQueues } from "./timeouts.ts";
import { Timers } from "./timers.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  P_RAW_PATH,
} = P;
// deno-fmt-ignore
const {
  IS_REPORTED, IS_SOLO, IS_STARTED, ON_STATUS, ON_TIMEOUT, QUEUE_ROWS, STATE_WORDS, STATUS_QUEUE,
  S_BITS, S_QUEUE,
} = T;

/** Entries written in one step at the end. */
const STEP = 4096;

/** Age at which something with this limit is due: with a limit of 0 at once, even where the clock steps back. */
function ageOf(limit: number): number {
  return limit <= 0 ? -Infinity : limit;
}

/**
 * The rules of {@linkcode Timers} for many settings at once, which differ in their limits only: each step is done for all settings for
 * which an entry is due.
 */
export class FlockTimers extends Timers {
  /** Parked entries by timeout queue, from 1. */
  readonly #parked: Line[] = [];
  readonly #flock: Flock;
  readonly #limits: readonly TimeoutQueues[];
  /** Age by setting at which its status interval is over. */
  readonly ages: Float64Array;
  /** Settings without a timeout, by queue: they forget what they have reported. */
  readonly #forgetful: Int32Array;
  // Clock `exact`: no status interval is over before.
  #nextDue = -Infinity;

  /** Settings in order of their status intervals. */
  constructor(flock: Flock, settings: readonly Settings[], quirks: boolean) {
    super(flock, settings[0]!, quirks);
    this.#flock = flock;
    this.#limits = settings.map((s) => new TimeoutQueues(s, quirks));
    this.ages = Float64Array.from(settings, (s) => ageOf(s.status));
    flock.table.status.lanes.push(...lanesOf(settings.map((s) => s.status)));
    this.#forgetful = new Int32Array(QUEUE_ROWS);
    for (let queue = 1; queue <= this.queues.count; queue++) {
      const limits = this.#limits.map((q) => q.limitOf(queue)), line = new Line(true);
      line.lanes.push(...lanesOf(limits));
      this.#parked[queue] = line;
      limits.forEach((limit, j) => this.#forgetful[queue]! |= limit <= 0 ? 1 << j : 0);
    }
  }

  /** Clock `exact`: what is due by now fires at its own time. */
  override tickExact(time: number): void {
    if (!(time < this.now)) this.now = time;
    if (this.now < this.#nextDue) return;
    const table = this.#flock.table, line = table.status, now = this.now;
    this.#nextDue = Infinity;
    for (const lane of line.lanes) {
      const limit = Math.max(0, lane.limit);
      // What comes later is due later.
      let next = now + limit;
      for (; lane.from < line.length; lane.from++) {
        const waiting = line.waiting(table, lane.from) & lane.settings;
        if (waiting === 0) continue;
        const due = line.times[lane.from]! + limit;
        if (due > now) {
          next = due;
          break;
        }
        this.#report(line.rows[lane.from]!, waiting, due);
      }
      if (next < this.#nextDue) this.#nextDue = next;
    }
  }

  /** Settings of a version whose entry its own packet finds expired or parked are put on the status queue again, unless it is gone. */
  claimVersion(row: number, kind: number): void {
    const flock = this.#flock, table = flock.table, now = this.now, bits = S_BITS + row * STATE_WORDS;
    const parked = table.who[row]! & ~table.on[row]!;
    let expired = 0;
    const age = now - table.qtime[row]!;
    for (const lane of table.status.lanes) {
      if (age < lane.limit) break;
      expired |= table.on[row]! & lane.settings;
    }
    if (expired !== 0) this.#ownExpiry(row, expired, kind);
    if (this.exact && parked !== 0) this.#dropDue(row, parked);
    const who = table.who[row]!;
    if (who === 0) return;
    const again = who & ~table.on[row]!;
    // TIM-9a: an earlier entry of the queue that is not due yet keeps the record from being written, but not the interval from beginning.
    const blocked = expired & table.on[row]!, stay = table.on[row]! & ~blocked;
    flock.write(row);
    if (blocked !== 0) this.toStatus(stay === 0 && again === 0 ? row : table.branch(row, blocked));
    if (again === 0) return;
    const own = stay === 0 ? row : table.branch(row, again);
    if (!(table.state[bits]! & IS_SOLO)) {
      table.state[own * STATE_WORDS + S_BITS]! |= IS_REPORTED | IS_STARTED;
    }
    this.toStatus(own);
  }

  override toStatus(row: number): void {
    const table = this.#flock.table, at = row * STATE_WORDS + S_BITS;
    table.push(STATUS_QUEUE, row, this.now);
    table.state[at] = (table.state[at]! & ~ON_TIMEOUT) | ON_STATUS;
  }

  /** Sweep: status queue, then every timeout queue (TIM-3). */
  override scanAll(): void {
    if (!this.exact) this.#scanStatus(-1);
    for (let queue = 1; queue <= this.queues.count; queue++) this.#scanParked(this.#parked[queue]!);
  }

  /** Drops parked entries at the old end of the settings' timeout queues whose timeout has run out. */
  #scanParked(line: Line): void {
    const flock = this.#flock,
      { interval, who, on } = flock.table,
      { rows, intervals, settings, times } = line;
    const now = this.now;
    for (const lane of line.lanes) {
      let left = lane.settings, first = true;
      for (let place = lane.from; place < line.length; place++) {
        const row = rows[place]!;
        const waiting = interval[row] !== intervals[place]
          ? 0
          : settings[place]! & who[row]! & ~on[row]! & lane.settings;
        if (waiting !== 0) {
          if (now - times[place]! < lane.limit) {
            if (!line.disordered || (left &= ~waiting) === 0) break;
            first = false;
            continue;
          }
          if ((waiting & left) !== 0) flock.drop(row, waiting & left);
          if ((waiting & ~left) !== 0) first = false;
        }
        if (first) lane.from = place + 1;
      }
    }
  }

  /** The entry's own packet finds the interval over for some settings. */
  #ownExpiry(row: number, expired: number, kind: number): void {
    const flock = this.#flock, table = flock.table;
    if (!(kind & P_RAW_PATH && flock.quirks)) return this.#scanStatus(expired);
    // TIM-9b: on raw link types the oldest entry does not run the scan, but writes its own record.
    const oldest = this.#oldestOf(row, expired);
    if (oldest !== expired) this.#scanStatus(expired & ~oldest);
    const open = expired & table.on[row]!;
    if (open !== 0 && !(table.state[row * STATE_WORDS + S_BITS]! & IS_REPORTED)) {
      this.#report(row, open, this.now);
    }
  }

  /** Settings, of some, that have this row at the old end of their status queues. */
  #oldestOf(row: number, settings: number): number {
    const table = this.#flock.table, line = table.status;
    let oldest = 0;
    for (const lane of line.lanes) {
      let left = settings & lane.settings;
      for (let place = lane.from; left !== 0 && place < line.length; place++) {
        const waiting = line.waiting(table, place) & left;
        if (line.rows[place] === row) oldest |= waiting;
        left &= ~waiting;
      }
    }
    return oldest;
  }

  /** TIM-3: reports entries at the old end of these settings' status queues whose interval is over. */
  #scanStatus(chosen: number): void {
    const { interval, on, status: line } = this.#flock.table, { rows, intervals, times } = line;
    const now = this.now;
    for (const lane of line.lanes) {
      let left = lane.settings & chosen, first = true;
      if (left === 0) continue;
      for (let place = lane.from; place < line.length; place++) {
        const row = rows[place]!;
        const waiting = interval[row] !== intervals[place] ? 0 : on[row]! & lane.settings;
        if (waiting !== 0) {
          if (now - times[place]! < lane.limit) {
            if (!line.disordered || (left &= ~waiting) === 0) break;
            first = false;
            continue;
          }
          if ((waiting & left) !== 0) this.#report(row, waiting & left, now);
          if ((waiting & ~left) !== 0) first = false;
        }
        if (first) lane.from = place + 1;
      }
    }
  }

  /** Reports an entry whose interval is over for these settings, and parks it. */
  #report(row: number, settings: number, when: number): void {
    const flock = this.#flock, table = flock.table, s = row * STATE_WORDS;
    flock.report(row, settings);
    const queue = table.state[s + S_QUEUE]!;
    table.on[row]! &= ~settings;
    const forgotten = settings & this.#forgetful[queue]!;
    if (forgotten !== 0) flock.drop(row, forgotten);
    if (settings === forgotten) return;
    this.#parked[queue]!.push(table, row, settings & ~forgotten, when);
    if (table.state[s + S_BITS]! & IS_SOLO) {
      table.state[s + S_BITS] = (table.state[s + S_BITS]! & ~ON_STATUS) | ON_TIMEOUT;
      // A stand-alone fragment may yet become a hidden one, whose age counts from here (FRG-2).
      table.qtime[row] = when;
    }
  }

  /** Clock `exact`: settings whose timeout has run out since the interval was over have dropped the entry. */
  #dropDue(row: number, parked: number): void {
    const flock = this.#flock, table = flock.table, queue = table.state[row * STATE_WORDS + S_QUEUE]!;
    const solo = table.state[row * STATE_WORDS + S_BITS]! & IS_SOLO;
    let due = 0;
    for (let left = parked; left !== 0; left &= left - 1) {
      const j = 31 - Math.clz32(left & -left);
      const since = solo ? table.qtime[row]! : table.qtime[row]! + Math.max(0, this.ages[j]!);
      if (this.now >= since + this.#limits[j]!.limitOf(queue)) due |= 1 << j;
    }
    if (due !== 0) flock.drop(row, due);
  }

  /** End of the capture for one setting, in the order of its queues (TIM-11), some entries at each step. */
  *endingOf(bit: number): Generator<void, void, void> {
    const flock = this.#flock, table = flock.table, line = table.status, mask = 1 << bit;
    const { status } = flock.settings;
    // As Timers.ending has it; equal for all settings of a flock.
    const limit = flock.quirks && !this.exact && status !== Infinity ? status % 1e6 : 0;
    let steps = 0;
    let place = line.lanes.find((lane) => lane.settings & mask)!.from;
    for (let due = true; place < line.length; place++) {
      if ((line.waiting(table, place) & mask) === 0) continue;
      due &&= limit === 0 || !(this.now - line.times[place]! < limit);
      if (due) this.#report(line.rows[place]!, mask, this.now);
      else flock.shut(line.rows[place]!, mask);
      if (++steps % STEP === 0) yield;
    }
    for (let queue = 1; queue <= this.queues.count; queue++) {
      const parked = this.#parked[queue]!;
      for (let at = 0; at < parked.length; at++) {
        if (parked.waiting(table, at) & mask) flock.drop(parked.rows[at]!, mask);
      }
    }
  }

  /** End of the capture (TIM-11): where records are shared the order in which the real program writes means nothing. */
  override *ending(): Generator<void, void, void> {
    this.step = Infinity;
    yield* this.#flock.closing();
  }
}

/** Settings with equal limits together, shortest first. */
function lanesOf(limits: readonly number[]): Lane[] {
  const lanes = new Map<number, number>();
  limits.forEach((limit, j) => lanes.set(ageOf(limit), (lanes.get(ageOf(limit)) ?? 0) | 1 << j));
  return [...lanes].sort(([a], [b]) => a - b).map(([limit, settings]) => ({ limit, settings, from: 0 }));
}
