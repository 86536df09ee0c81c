import * as P from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { keyOfRow } from "./interval.ts";
import * as E from "./ledger.ts";
import type { Meter } from "./meter.ts";
import { TimeoutQueues } from "./timeouts.ts";
import * as T from "./entry_words.ts";
import * as K from "./key_words.ts";
import * as V from "./tcp_values.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { P_KIND_MASK, P_RAW_PATH, P_TCP } = P;
const { CAUSE_SHUTDOWN, CAUSE_START, CAUSE_STATUS, END_CAPTURE, END_STATUS, TCP_STATE, WORDS } = R;
// deno-fmt-ignore
const {
  IS_FALLOW, IS_REPORTED, IS_STARTED, ON_STATUS, ON_TIMEOUT, STATE_WORDS, STATUS_QUEUE, S_BITS,
  S_CHILD, S_KIND, S_QUEUE,
} = T;
const { KEY_WORDS } = K;
const { E_CUT, E_DELETED, E_ENDED, E_PARKED, E_REVIVED } = E;
const { CLOSED, CLOSING, LISTEN } = V;

/** Sweeps happen at most so often in capture time (TIM-4). */
const SWEEP_US = 200_000;

/** Entries written in one step at the end. */
const STEP = 4096;

/** Steps of a packet's processing: status boundaries before it, the packet itself, the sweep behind it. */
const STEP_BEFORE = 0, STEP_PACKET = 1, STEP_SWEEP = 2;

/**
 * The clock of a meter and everything that time does to its entries: status boundaries report them and park them on their timeout queue,
 * idle timers drop them, own packets fetch them back (spec/meter.md section 4; DESIGN "Clocks, precisely").
 */
export class Timers {
  /** Capture time, microseconds; the real program's clock may step back (TIM-9). */
  now = NaN;
  /** When the next sweep may run; NaN before the first packet. */
  sweepAt = NaN;
  /** Status interval in force, microseconds. */
  limit: number;
  readonly queues: TimeoutQueues;
  readonly exact: boolean;
  /** `STEP_*` under way; infinite at the end of the capture. */
  step = STEP_PACKET;
  readonly #meter: Meter;
  readonly #key = new Int32Array(KEY_WORDS);
  // Entry whose own packet is being processed: its cut is told from a sweep's in the ledger.
  #actor = 0;
  #ending = false;

  constructor(meter: Meter, settings: Settings, quirks: boolean) {
    this.#meter = meter;
    this.limit = settings.status;
    this.queues = new TimeoutQueues(settings, quirks);
    this.exact = settings.clock === "exact";
  }

  /** Sweeps, and sets when the next one may run (TIM-4 step 4). */
  sweep(): void {
    if (!(this.now - this.sweepAt <= SWEEP_US)) this.sweepAt = this.now;
    this.sweepAt += SWEEP_US;
    this.step = STEP_SWEEP;
    this.scanAll();
    this.step = STEP_PACKET;
  }

  /** Moves the exact clock on: a late packet must not bring back timers that have fired. */
  tickExact(time: number): void {
    if (!(time < this.now)) this.now = time;
    this.step = STEP_BEFORE;
    this.#fireDue(this.now);
    this.step = STEP_PACKET;
  }

  /** Clock `exact`: before this time no status boundary and no sweep is due, also of entries to come. */
  get due(): number {
    const table = this.#meter.table, row = table.oldest(STATUS_QUEUE);
    const boundary = (row === STATUS_QUEUE ? this.now : table.qtime[row]!) + this.limit;
    const due = boundary < this.sweepAt ? boundary : this.sweepAt;
    // With an interval of 0 a late packet, too, finds something due.
    return due > this.now ? due : -Infinity;
  }

  /** TIM-4 step 2 for a packet that found its entry: gives the row, or 0 when the entry is gone after all. */
  claim(row: number, kind: number, id: number): number {
    const meter = this.#meter, table = meter.table, now = this.now;
    if (row < 0) {
      if (table.cold!.full) table.cold!.evict(0);
      row = table.cold!.load(-row);
      const within = this.limit !== 0 && now - table.qtime[row]! < this.limit;
      if (table.state[row * STATE_WORDS + S_BITS]! & ON_STATUS && within) return row;
    }
    const s = row * STATE_WORDS;
    if (table.state[s + S_BITS]! & ON_STATUS) {
      const blocked = this.#ownExpiry(row, kind);
      // Stand-alone fragments have no numbered key.
      if (id >= 0) row = table.own[id]!;
      else if (!meter.fragments.has(row)) row = 0;
      if (row === 0) return 0;
      if (!blocked && !(table.state[s + S_BITS]! & ON_STATUS)) meter.note(E_REVIVED, row, now, NaN);
      this.toStatus(row);
      return row;
    }
    while (this.exact) {
      const due = table.qtime[row]! + this.queues.limitOf(this.#queueOf(row));
      if (now < due) break;
      if (this.#drop(row, due)) return 0;
    }
    meter.note(E_REVIVED, row, now, NaN);
    this.toStatus(row);
    return row;
  }

  /** Puts an entry at the newest end of the status queue. */
  toStatus(row: number): void {
    const table = this.#meter.table;
    table.unlink(row);
    table.push(STATUS_QUEUE, row, this.now);
    const at = row * STATE_WORDS + S_BITS;
    table.state[at] = (table.state[at]! & ~(ON_TIMEOUT | IS_FALLOW)) | ON_STATUS;
  }

  /** The entry's own packet finds the interval over. Tells whether the record could not be written (TIM-9a). */
  #ownExpiry(row: number, kind: number): boolean {
    this.#actor = row;
    const table = this.#meter.table, at = row * STATE_WORDS + S_BITS;
    // TIM-9b: on raw link types the oldest entry does not run the scan, but writes its own record.
    if (kind & P_RAW_PATH && this.#meter.quirks) {
      if (table.oldest(STATUS_QUEUE) !== row) this.scanStatus();
      const bits = table.state[at]!;
      if (bits & ON_STATUS && !(bits & IS_REPORTED)) this.#report(row, this.now, E_CUT);
    } else this.scanStatus();
    this.#actor = 0;
    return (table.state[at]! & IS_REPORTED) === 0;
  }

  /** TIM-3: reports entries at the old end of the status queue whose interval is over; true when there may be more than `most`. */
  scanStatus(most = Infinity): boolean {
    const table = this.#meter.table, limit = this.limit;
    for (let n = 0; n < most; n++) {
      const oldest = table.oldest(STATUS_QUEUE);
      if (oldest === STATUS_QUEUE || (limit !== 0 && this.now - table.qtime[oldest]! < limit)) return false;
      const row = table.first(STATUS_QUEUE);
      this.#report(row, this.now, row === this.#actor ? E_CUT : E_PARKED);
    }
    return true;
  }

  /** Sweep: status queue, then every timeout queue (TIM-3). */
  scanAll(): void {
    if (!this.exact) this.scanStatus();
    const table = this.#meter.table, queues = this.queues;
    for (let queue = 1; queue <= queues.count; queue++) {
      const limit = queues.limitOf(queue);
      for (;;) {
        const oldest = table.oldest(queue);
        if (oldest === queue || this.now - table.qtime[oldest]! < limit) break;
        const row = table.first(queue);
        this.#drop(row, table.qtime[row]! + limit);
      }
    }
  }

  /** Clock `exact`: status boundaries due by now fire at their own time, whoever's packet this is. */
  #fireDue(now: number): void {
    const table = this.#meter.table, limit = this.limit;
    for (;;) {
      const row = table.oldest(STATUS_QUEUE);
      if (row === STATUS_QUEUE) return;
      const due = table.qtime[row]! + limit;
      if (due > now) return;
      this.#report(table.first(STATUS_QUEUE), due, E_PARKED);
    }
  }

  /** Reports an entry whose interval is over and parks it on its timeout queue. */
  #report(row: number, when: number, kind: number): void {
    const meter = this.#meter, table = meter.table, s = row * STATE_WORDS;
    if (table.state[s + S_CHILD] !== 0) meter.fragments.parentFires(row);
    const bits = table.state[s + S_BITS]!;
    let record = -1;
    if (!(bits & IS_REPORTED)) {
      const reason = this.#ending ? END_CAPTURE : END_STATUS;
      record = meter.emit(row, bits & IS_STARTED ? CAUSE_STATUS : CAUSE_START, reason);
    }
    meter.note(this.#ending ? E_ENDED : kind, row, when, table.qtime[row]! + this.limit, record);
    table.unlink(row);
    // Before it may be gone: whoever asked for the scan looks where the row is now.
    table.state[s + S_BITS] = (table.state[s + S_BITS]! & ~ON_STATUS) | ON_TIMEOUT;
    const queue = table.state[s + S_QUEUE]!;
    if (this.queues.limitOf(queue) <= 0) {
      meter.forget(row);
      return;
    }
    table.push(queue, row, when);
    // Many reports at once bring many cold entries back.
    if (table.cold !== undefined && table.cold.full) table.cold.evict(this.#actor);
  }

  /** Timeout queue that a parked entry stands on. */
  #queueOf(row: number): number {
    const s = row * STATE_WORDS, state = this.#meter.table.state;
    return state[s + S_BITS]! & IS_FALLOW ? this.queues.fallow : state[s + S_QUEUE]!;
  }

  /** Argus 5: a TCP entry that has aged out lies fallow, unless it was closed or reset (spec/presets.md section 8). */
  #layFallow(row: number, when: number): boolean {
    const table = this.#meter.table, s = row * STATE_WORDS, bits = table.state[s + S_BITS]!;
    if (bits & IS_FALLOW || (table.state[s + S_KIND]! & P_KIND_MASK) !== P_TCP) return false;
    const state = table.words[row * WORDS + TCP_STATE]!;
    if (state === LISTEN || state === CLOSED || state === CLOSING) return false;
    table.unlink(row);
    table.push(this.queues.fallow, row, when);
    table.state[s + S_BITS] = bits | IS_FALLOW;
    if (table.cold !== undefined && table.cold.full) table.cold.evict(this.#actor);
    return true;
  }

  /** The idle timer fires: the entry is forgotten without a word (TIM-3), but may leave a ghost. False when it is kept after all. */
  #drop(row: number, due: number): boolean {
    const meter = this.#meter, when = this.exact ? due : this.now;
    if (this.queues.fallow !== 0 && this.#layFallow(row, when)) return false;
    meter.note(E_DELETED, row, when, due);
    if (meter.ghosts !== undefined) this.#leaveGhost(row, when);
    meter.table.unlink(row);
    meter.forget(row);
    return true;
  }

  #leaveGhost(row: number, when: number): void {
    const meter = this.#meter;
    if ((meter.table.state[row * STATE_WORDS + S_KIND]! & P_KIND_MASK) !== P_TCP) return;
    keyOfRow(meter.table, row, this.#key);
    meter.ghosts!.remember(meter.table, row, this.#key, when);
  }

  /** End of the capture: what is open is written in queue order (TIM-11), some entries at each step. */
  *ending(): Generator<void, void, void> {
    const meter = this.#meter, table = meter.table, status = meter.settings.status;
    this.#ending = true;
    this.step = Infinity;
    // The real program sets the seconds of the interval to 0 and leaves the microseconds.
    this.limit = meter.quirks && !this.exact && status !== Infinity ? status % 1e6 : 0;
    while (this.scanStatus(STEP)) yield;
    for (let row = table.first(STATUS_QUEUE); row !== STATUS_QUEUE; row = table.first(STATUS_QUEUE)) {
      if (!(table.state[row * STATE_WORDS + S_BITS]! & IS_REPORTED)) {
        const record = meter.emit(row, CAUSE_SHUTDOWN, END_CAPTURE);
        meter.note(E_ENDED, row, this.now, NaN, record);
      }
      table.unlink(row);
      meter.forget(row);
      if (meter.emitted % STEP === 0) yield;
    }
    for (let queue = 1; queue <= this.queues.count; queue++) {
      for (let row = table.first(queue); row !== queue; row = table.first(queue)) {
        table.unlink(row);
        meter.forget(row);
      }
    }
  }
}
