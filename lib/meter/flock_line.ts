import { grown } from "../base/mod.ts";
import type { Versions } from "./flock_versions.ts";

/** Settings with one limit, and how far their queue is worked off. */
export interface Lane {
  /** Age at which its entries are due, microseconds; below all ages for a limit of 0. */
  limit: number;
  /** The settings. */
  readonly settings: number;
  /** Place in the line before which nothing waits for them. */
  from: number;
}

/** Places at first. */
const ROOM = 64;

/**
 * One kind of queue for many settings: who was put on it, in order. A setting's own queue is what still holds for it; what does not is
 * skipped, and swept out when the line is full.
 */
export class Line {
  /** Row of each place. */
  rows: Int32Array = new Int32Array(ROOM);
  /** Interval that the row was in. */
  intervals: Int32Array = new Int32Array(ROOM);
  /** Settings that were put there. */
  settings: Int32Array = new Int32Array(ROOM);
  /** When, microseconds. */
  times: Float64Array = new Float64Array(ROOM);
  /** Places in use. */
  length = 0;
  /** Whether a time was ever before the one that it stands behind: what is due may then stand behind what is not. */
  disordered = false;
  readonly lanes: Lane[] = [];
  readonly #parked: boolean;

  /** Of parked entries, or of those on the status queue. */
  constructor(parked = false) {
    this.#parked = parked;
  }

  /** Settings for which the entry at a place waits there. */
  waiting(table: Versions, place: number): number {
    const row = this.rows[place]!;
    if (table.interval[row] !== this.intervals[place]) return 0;
    const on = table.on[row]!;
    return this.#parked ? this.settings[place]! & table.who[row]! & ~on : on;
  }

  /** Puts a row at the newest end for these settings. */
  push(table: Versions, row: number, settings: number, time: number): void {
    if (this.length === this.rows.length) this.#makeRoom(table);
    const place = this.length++;
    if (place > 0 && time < this.times[place - 1]!) this.disordered = true;
    this.rows[place] = row;
    this.intervals[place] = table.interval[row]!;
    this.settings[place] = settings;
    this.times[place] = time;
  }

  /** Puts a row where another stands, which must be there. */
  insert(table: Versions, beside: number, row: number): void {
    if (this.length === this.rows.length) this.#makeRoom(table);
    let place = this.length - 1;
    while (this.rows[place] !== beside || this.intervals[place] !== table.interval[beside]) place--;
    this.rows.copyWithin(place + 1, place, this.length);
    this.intervals.copyWithin(place + 1, place, this.length);
    this.settings.copyWithin(place + 1, place, this.length);
    this.times.copyWithin(place + 1, place, this.length);
    this.length++;
    this.rows[place] = row;
    this.intervals[place] = table.interval[row]!;
    for (const lane of this.lanes) if (lane.from > place) lane.from = place;
  }

  #makeRoom(table: Versions): void {
    const froms = this.lanes.map((lane) => lane.from);
    let kept = 0;
    for (let place = 0; place < this.length; place++) {
      for (let l = 0; l < froms.length; l++) if (froms[l] === place) this.lanes[l]!.from = kept;
      if (this.waiting(table, place) === 0) continue;
      this.rows[kept] = this.rows[place]!;
      this.intervals[kept] = this.intervals[place]!;
      this.settings[kept] = this.settings[place]!;
      this.times[kept++] = this.times[place]!;
    }
    for (let l = 0; l < froms.length; l++) if (froms[l] === this.length) this.lanes[l]!.from = kept;
    this.length = kept;
    if (2 * kept < this.rows.length) return;
    const room = 2 * this.rows.length;
    this.rows = grown(this.rows, room);
    this.intervals = grown(this.intervals, room);
    this.settings = grown(this.settings, room);
    this.times = grown(this.times, room);
  }
}
