import type { PacketColumns } from "../decode/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { Flock } from "./flock.ts";
import type { MeterFigures } from "./flow_meter.ts";
import { type FragmentHost, Fragments } from "./fragments.ts";
import * as T from "./entry_words.ts";
import { Unrecorded } from "./unrecorded.ts";
import type { Versions } from "./flock_versions.ts";

/** One setting of a flock: its figures, and what is its alone, IPv4 fragments and the flows that they belong to. */
export class FlockMember implements FragmentHost {
  /** What metering under the setting comes to. */
  readonly figures: MeterFigures;
  readonly unrecorded: Unrecorded = new Unrecorded();
  readonly fragments: Fragments;
  readonly table: Versions;
  readonly settings: Settings;
  readonly quirks: boolean;
  created = 0;
  readonly timers: FragmentHost["timers"];
  readonly #flock: Flock;
  readonly #bit: number;

  constructor(flock: Flock, settings: Settings, bit: number) {
    const table = flock.table;
    this.#flock = flock;
    this.#bit = bit;
    this.table = table;
    this.settings = settings;
    this.quirks = flock.quirks;
    this.timers = {
      get now() {
        return flock.timers.now;
      },
      limit: settings.status,
      claim: (row, kind) => {
        flock.timers.claimVersion(row, kind);
        return table.who[row] === 0 ? 0 : row;
      },
    };
    this.fragments = new Fragments(this);
    this.figures = {
      settings,
      ledger: undefined,
      seen: flock.seen,
      unrecorded: this.unrecorded,
      table: {
        get peak() {
          return table.peaks[bit]!;
        },
      },
      ghosts: undefined,
    };
  }

  newEntry(c: PacketColumns, i: number, key: Int32Array, swap: number, now: number): number {
    this.table.makers = 1 << this.#bit;
    const row = this.#flock.newEntry(c, i, key, swap, now);
    this.table.state[row * T.STATE_WORDS + T.S_BITS]! |= T.IS_SOLO;
    return row;
  }

  account(row: number, c: PacketColumns, i: number, kind: number, swap: number, fresh: boolean): void {
    this.#flock.account(row, c, i, kind, swap, fresh);
  }

  emit(row: number, cause: number, reason: number): number {
    return this.#flock.emit(row, cause, reason);
  }

  close(row: number): void {
    this.#flock.forget(row);
  }

  isSet(time: number): boolean {
    return this.#flock.isSet(time);
  }
}
