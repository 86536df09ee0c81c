import { grown } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import * as T from "./entry_words.ts";
import { FlowTable } from "./flow_table.ts";
import { Line } from "./flock_line.ts";

// deno-fmt-ignore
const {
  DOUBLES, FLAGS, FLAGS_RARE, RARE, WORDS,
} = R;
// deno-fmt-ignore
const {
  STATE_WORDS,
} = T;

/**
 * The entries of many settings at once: a row is one version of an entry, which holds for all settings that have seen the same of it,
 * and a key may have several. Settings are bits of a word.
 *
 * Growing replaces the arrays, as those of a {@linkcode FlowTable}.
 */
export class Versions extends FlowTable {
  /** Settings that the version of each row holds for. */
  who: Int32Array = new Int32Array(1024);
  /** Those of them for which the entry stands on the status queue; for the others it is parked. */
  on: Int32Array = new Int32Array(1024);
  /** Settings for which the interval is over and its record not written yet: nothing has changed since, so one record does for all. */
  pending: Int32Array = new Int32Array(1024);
  /** Next version of the same key, 0 for none; the first is `own`'s. */
  next: Int32Array = new Int32Array(1024);
  /** Number of the interval that the row is in: what stands in a line for an earlier one is void. Below 0 for none. */
  interval: Int32Array = new Int32Array(1024);
  /** Whom the next new entry is for. */
  makers = 0;
  /** Entries of each setting now, and the most there were at once. */
  readonly entries: Int32Array;
  readonly peaks: Int32Array;
  /** Entries on their status queues. */
  readonly status: Line = new Line();
  /** Of each row the sequence number that each setting has given it, 0 for none, where they are asked for. */
  given: Int32Array | undefined;
  #intervals = 0;

  /** For so many settings, 32 at most, with or without sequence numbers. */
  constructor(settings: number, numbered: boolean) {
    super();
    if (numbered) this.given = new Int32Array(1024 * settings);
    this.entries = new Int32Array(settings);
    this.peaks = new Int32Array(settings);
  }

  override alloc(): number {
    const row = super.alloc(), mask = this.makers;
    this.#reach(row);
    this.who[row] = this.on[row] = mask;
    if (this.given !== undefined) {
      const given = this.given, settings = this.entries.length;
      for (let j = row * settings, n = j + settings; j < n; j++) given[j] = 0;
    }
    for (let left = mask; left !== 0; left &= left - 1) {
      const j = 31 - Math.clz32(left & -left), n = ++this.entries[j]!;
      if (n > this.peaks[j]!) this.peaks[j] = n;
    }
    return row;
  }

  /** A row of its own for some of the settings of a version, which it is taken away from. */
  branch(row: number, mask: number): number {
    const to = this.room();
    this.#reach(to);
    const { words, doubles, state } = this;
    const rare = words[row * WORDS + FLAGS]! & FLAGS_RARE ? WORDS : RARE;
    for (let i = row * WORDS, o = to * WORDS, n = i + rare; i < n; i++, o++) words[o] = words[i]!;
    for (let i = row * DOUBLES, o = to * DOUBLES, n = i + DOUBLES; i < n; i++, o++) {
      doubles[o] = doubles[i]!;
    }
    for (let i = row * STATE_WORDS, o = to * STATE_WORDS, n = i + STATE_WORDS; i < n; i++, o++) {
      state[o] = state[i]!;
    }
    if (this.given !== undefined) {
      const given = this.given, settings = this.entries.length;
      for (let j = 0; j < settings; j++) given[to * settings + j] = given[row * settings + j]!;
    }
    this.qtime[to] = this.qtime[row]!;
    this.who[to] = mask;
    this.on[to] = this.on[row]! & mask;
    this.who[row]! &= ~mask;
    this.on[row]! &= ~mask;
    this.next[to] = this.next[row]!;
    this.next[row] = to;
    return to;
  }

  /** Settings leave an entry; the row is to be freed when the last has. */
  leaving(row: number, mask: number): void {
    this.who[row]! &= ~mask;
    this.on[row]! &= ~mask;
    for (let left = mask; left !== 0; left &= left - 1) this.entries[31 - Math.clz32(left & -left)]!--;
  }

  override free(row: number): void {
    this.leaving(row, this.who[row]!);
    this.pending[row] = this.next[row] = 0;
    this.interval[row] = -1;
    this.leave(row);
  }

  /** Takes an entry off the queues that it is on. */
  override unlink(row: number): void {
    this.interval[row] = -1;
  }

  /** Begins an interval of a row: it stands at the newest end of the status queue of all its settings. */
  override push(_queue: number, row: number, time: number): void {
    this.#intervals = (this.#intervals + 1) & 0x7fffffff;
    this.interval[row] = this.#intervals;
    this.qtime[row] = time;
    this.on[row] = this.who[row]!;
    this.status.push(this, row, -1, time);
  }

  /** Gives a branch of a row the row's own place on the status queue. */
  pushBeside(row: number, branch: number): void {
    this.#intervals = (this.#intervals + 1) & 0x7fffffff;
    this.interval[branch] = this.#intervals;
    this.status.insert(this, row, branch);
  }

  #reach(row: number): void {
    if (row < this.who.length) return;
    const n = this.words.length / WORDS;
    this.who = grown(this.who, n);
    this.on = grown(this.on, n);
    this.pending = grown(this.pending, n);
    this.next = grown(this.next, n);
    this.interval = grown(this.interval, n);
    if (this.given !== undefined) this.given = grown(this.given, n * this.entries.length);
  }
}
