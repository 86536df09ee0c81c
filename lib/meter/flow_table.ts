import { grown, roomier } from "../base/mod.ts";
import type { ColdRows } from "./cold_rows.ts";
import * as R from "../record/mod.ts";
import * as T from "./entry_words.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  QUEUE_ROWS, STATE_WORDS, S_NEXT, S_PREV,
} = T;
const { DOUBLES, FLAGS, FLAGS_RARE, RARE, WORDS } = R;

/**
 * The entries of one meter: rows laid out as records are, plus queue links and state. Rows below `QUEUE_ROWS` are queue heads.
 *
 * Growing replaces the arrays, so whoever holds one must take it again after {@linkcode alloc}.
 */
export class FlowTable {
  /** Record part, `WORDS` a row. */
  words: Int32Array;
  /** Record part, `DOUBLES` a row. */
  doubles: Float64Array;
  /** State part, `STATE_WORDS` a row. */
  state: Int32Array;
  /** When the row was put on its queue, microseconds (TIM-3). */
  qtime: Float64Array;
  /** Entries beyond a budget of rows, when there is one. */
  cold: ColdRows | undefined;
  /** Row of each key number, 0 when the meter has none; below 0 the entry is cold (`ColdRows.load`). */
  own: Int32Array = new Int32Array(1024);
  /** Most rows ever in use at once. */
  peak = 0;
  /** Rows in use now. */
  live = 0;
  #size = QUEUE_ROWS;
  #free: number[] = [];
  #capacity: number;

  constructor(capacity = 1024) {
    this.#capacity = capacity;
    this.words = new Int32Array(capacity * WORDS);
    this.doubles = new Float64Array(capacity * DOUBLES);
    this.state = new Int32Array(capacity * STATE_WORDS);
    this.qtime = new Float64Array(capacity);
    for (let q = 0; q < QUEUE_ROWS; q++) {
      this.state[q * STATE_WORDS + S_PREV] = q;
      this.state[q * STATE_WORDS + S_NEXT] = q;
    }
  }

  /** A row whose words, state and counters are zero. */
  alloc(): number {
    let row = this.#free.pop();
    if (++this.live > this.peak) this.peak = this.live;
    if (row === undefined) {
      // Memory that nobody used yet is zero.
      row = this.#size++;
      if (row === this.#capacity) this.#grow();
      return row;
    }
    // The rare words were left zero by free(). Loops: `fill` costs more than these few words do.
    const words = this.words, state = this.state, doubles = this.doubles;
    for (let j = row * WORDS, n = j + RARE; j < n; j++) words[j] = 0;
    for (let j = row * STATE_WORDS, n = j + STATE_WORDS; j < n; j++) state[j] = 0;
    for (let j = row * DOUBLES, n = j + DOUBLES; j < n; j++) doubles[j] = 0;
    return row;
  }

  /** A row for an entry that is counted already; what a former user left in it has to be overwritten. */
  room(): number {
    const row = this.#free.pop();
    if (row !== undefined) return row;
    if (this.#size === this.#capacity) this.#grow();
    return this.#size++;
  }

  /** Gives a row back; it must be on no queue. */
  free(row: number): void {
    this.live--;
    this.leave(row);
  }

  /** Gives back the row of an entry that lives on elsewhere. */
  leave(row: number): void {
    const w = row * WORDS;
    if (this.words[w + FLAGS]! & FLAGS_RARE) this.words.fill(0, w + RARE, w + WORDS);
    this.#free.push(row);
  }

  /** Makes `own` reach key number `size - 1`. */
  reach(size: number): void {
    if (size <= this.own.length) return;
    this.own = grown(this.own, Math.max(size, roomier(this.own.length)));
  }

  /** Becomes a copy of another table. */
  copy(other: FlowTable): void {
    const rows = other.#size, c = this.#capacity = other.#capacity;
    this.words = new Int32Array(c * WORDS);
    this.words.set(other.words.subarray(0, rows * WORDS));
    this.doubles = new Float64Array(c * DOUBLES);
    this.doubles.set(other.doubles.subarray(0, rows * DOUBLES));
    this.state = new Int32Array(c * STATE_WORDS);
    this.state.set(other.state.subarray(0, rows * STATE_WORDS));
    this.qtime = new Float64Array(c);
    this.qtime.set(other.qtime.subarray(0, rows));
    this.own = other.own.slice();
    this.peak = other.peak;
    this.live = other.live;
    this.#size = rows;
    this.#free = other.#free.slice();
  }

  /** Takes a row off the queue it is on. */
  unlink(row: number): void {
    const st = this.state, s = row * STATE_WORDS;
    const prev = st[s]!, next = st[s + 1]!;
    // It came back from the file and holds its old place there.
    if (prev < 0) return this.cold!.unlink(row);
    st[prev * STATE_WORDS + S_NEXT] = next;
    st[next * STATE_WORDS + S_PREV] = prev;
  }

  /** Puts a row at the newest end of a queue and stamps it. */
  push(queue: number, row: number, time: number): void {
    const st = this.state, q = queue * STATE_WORDS, s = row * STATE_WORDS;
    const last = st[q]!;
    st[last * STATE_WORDS + S_NEXT] = row;
    st[s] = last;
    st[s + 1] = queue;
    st[q] = row;
    this.qtime[row] = time;
  }

  /** Oldest row of a queue, or the queue's own head row when it is empty; of a cold entry only its time can be asked for. */
  oldest(queue: number): number {
    return this.cold === undefined ? this.state[queue * STATE_WORDS + S_NEXT]! : this.cold.oldest(queue);
  }

  /** As {@linkcode oldest}; a cold entry is brought back. */
  first(queue: number): number {
    return this.cold === undefined ? this.state[queue * STATE_WORDS + S_NEXT]! : this.cold.first(queue);
  }

  #grow(): void {
    // Rows beyond those in use cost nothing until they are touched, copies do.
    this.#capacity *= 4;
    const c = this.#capacity;
    const grow = <T extends Int32Array | Float64Array>(old: T, next: T): T => (next.set(old as never), next);
    this.words = grow(this.words, new Int32Array(c * WORDS));
    this.doubles = grow(this.doubles, new Float64Array(c * DOUBLES));
    this.state = grow(this.state, new Int32Array(c * STATE_WORDS));
    this.qtime = grow(this.qtime, new Float64Array(c));
  }
}
