import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { grown, Problem, roomier } from "../base/mod.ts";
import type { FlowTable } from "./flow_table.ts";
import * as R from "../record/mod.ts";
import * as T from "./entry_words.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { DOUBLES, LAST_FRAME, WORDS } = R;
const { IS_HIDDEN, QUEUE_ROWS, STATE_WORDS, S_BITS, S_CHILD, S_KEY, S_NEXT, S_PARENT, S_PREV } = T;

/** A row on disk: doubles, time on its queue, words, state. */
const ROW_BYTES = (DOUBLES + 1) * 8 + WORDS * 4 + STATE_WORDS * 4;
const ROW_DOUBLES = ROW_BYTES / 8,
  ROW_INTS = ROW_BYTES / 4,
  WORDS_AT = DOUBLES * 2 + 2,
  STATE_AT = WORDS_AT + WORDS;
/** Rows read at once where reading goes on in order. */
const AHEAD = 64;
/** Rows written at once, at most. */
const MOST_BATCH = 1 << 13;

/**
 * The coldest entries of a flow table, in a temporary file: memory follows a budget, not the number of live flows.
 *
 * An entry here keeps its place among the timers: what was moved out of a queue are its oldest entries, and they stay in their order
 * in a list of their own that comes before the rest of the queue. A cold entry costs 12 bytes of memory. One that speaks within its
 * interval comes back as a row but keeps its place in that list. So every timer fires when and in the order it would have fired, and the
 * records are the same with any budget.
 *
 * Flow tables with fragments under way keep these entries as rows.
 */
export class ColdRows {
  /** Entries that are in the file only. */
  count = 0;
  readonly #table: FlowTable;
  readonly #most: number;
  /** Row number that stands for a cold entry whose due time is asked for. */
  readonly #standIn: number;
  // Nodes, the first of them heads of the queues: neighbours, row or 0.
  #previous = new Int32Array(1024);
  #next = new Int32Array(1024);
  /** Times of the first cold entries of the queues, NaN where they have to be read. */
  readonly #headTime = new Float64Array(QUEUE_ROWS).fill(NaN);
  #row = new Int32Array(1024);
  #size = QUEUE_ROWS;
  /** First of the nodes that were given back, each of which names the next; 0 for none. */
  #free = 0;
  /** Rows that came back and hold their old place, in that order, with their last frame of then; from `#taken` on. */
  #back: { readonly node: number; readonly row: number; readonly frame: number }[] = [];
  #taken = 0;
  #file = -1;
  #path = "";
  readonly #batch: number;
  readonly #out: Rows;
  readonly #outNodes: number[] = [];
  readonly #in = new Rows(AHEAD);
  #inFrom = 0;
  #inCount = 0;

  /** @param most rows that stay in memory */
  constructor(table: FlowTable, most: number) {
    if (!(most >= 1)) {
      throw new Problem("bad-value", `Expected maxLive to be a number of flows above 0 but found ${most}`);
    }
    this.#table = table;
    this.#most = Math.floor(most);
    this.#batch = Math.min(MOST_BATCH, Math.max(1, this.#most >> 3));
    this.#out = new Rows(this.#batch);
    this.#standIn = table.room();
    for (let q = 0; q < QUEUE_ROWS; q++) this.#previous[q] = this.#next[q] = q;
  }

  /** Whether there are as many rows in memory as may be. */
  get full(): boolean {
    return this.#table.live - this.count >= this.#most;
  }

  /** Moves the coldest rows to the file, all but `pin`, which somebody works on. */
  evict(pin: number): void {
    const table = this.#table, target = this.#most - this.#batch;
    let chances = this.#back.length - this.#taken;
    while (table.live - this.count > target && this.#outNodes.length < this.#batch) {
      const queue = 2 * (this.#back.length - this.#taken) > this.#most ? -1 : this.#coldest();
      if (queue >= 0) this.#outOfQueue(queue, pin);
      else if (chances-- > 0) this.#outOfBack(pin);
      else if (this.#coldest() >= 0) this.#outOfQueue(this.#coldest(), pin);
      else break;
    }
    this.#write();
  }

  /** The oldest row of a queue: the row, the head's number when there is none, or a stand-in with the time of a cold one. */
  oldest(queue: number): number {
    const node = this.#next[queue]!;
    if (node === queue) return this.#table.state[queue * STATE_WORDS + S_NEXT]!;
    const row = this.#row[node]!;
    if (row !== 0) return row;
    if (Number.isNaN(this.#headTime[queue]!)) {
      this.#headTime[queue] = this.#in.doubles[this.#read(node) * ROW_DOUBLES + DOUBLES]!;
    }
    this.#table.qtime[this.#standIn] = this.#headTime[queue]!;
    return this.#standIn;
  }

  /** The oldest row of a queue, brought back when it is cold: for whoever takes it off the queue. */
  first(queue: number): number {
    const row = this.oldest(queue);
    return row === this.#standIn ? this.#bring(this.#next[queue]!) : row;
  }

  /** Brings an entry back as a row, which keeps its place in its queue. */
  load(node: number): number {
    const row = this.#bring(node);
    this.#noteBack(node, row);
    return row;
  }

  #bring(node: number): number {
    const table = this.#table, row = table.room(), slot = this.#read(node), { doubles, ints } = this.#in;
    for (let i = 0, d = row * DOUBLES, from = slot * ROW_DOUBLES; i < DOUBLES; i++) {
      table.doubles[d + i] = doubles[from + i]!;
    }
    const at = slot * ROW_INTS;
    for (let i = 0, w = row * WORDS, from = at + WORDS_AT; i < WORDS; i++) {
      table.words[w + i] = ints[from + i]!;
    }
    const s = row * STATE_WORDS, state = table.state;
    for (let i = 0, from = at + STATE_AT; i < STATE_WORDS; i++) state[s + i] = ints[from + i]!;
    table.qtime[row] = doubles[slot * ROW_DOUBLES + DOUBLES]!;
    table.own[state[s + S_KEY]!] = row;
    this.count--;
    this.#row[node] = row;
    state[s + S_PREV] = -node;
    return row;
  }

  /** Takes a row off the place that it holds here. */
  unlink(row: number): void {
    const at = row * STATE_WORDS + S_PREV, node = -this.#table.state[at]!;
    this.#table.state[at] = 0;
    const previous = this.#previous[node]!, next = this.#next[node]!;
    if (previous < QUEUE_ROWS) this.#headTime[previous] = NaN;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    this.#row[node] = 0;
    this.#next[node] = this.#free;
    this.#free = node;
  }

  /** Removes the file. */
  close(): void {
    if (this.#file < 0) return;
    fs.closeSync(this.#file);
    this.#file = -1;
    // Gone already, where the system allows that.
    fs.rmSync(path.dirname(this.#path), { recursive: true, force: true });
  }

  /** The queue whose oldest row in memory is the oldest of all, or -1. */
  #coldest(): number {
    const { state, qtime } = this.#table;
    let best = -1, time = Infinity;
    for (let queue = 0; queue < QUEUE_ROWS; queue++) {
      const row = state[queue * STATE_WORDS + S_NEXT]!;
      if (row === queue || !(qtime[row]! < time)) continue;
      best = queue;
      time = qtime[row]!;
    }
    return best;
  }

  /** Moves the oldest row of a queue behind those that were moved before. */
  #outOfQueue(queue: number, pin: number): void {
    const table = this.#table, row = table.state[queue * STATE_WORDS + S_NEXT]!;
    table.unlink(row);
    const node = this.#node(), last = this.#previous[queue]!;
    this.#next[last] = node;
    this.#previous[node] = last;
    this.#next[node] = queue;
    this.#previous[queue] = node;
    if (row === pin || !this.#movable(row)) this.#hold(node, row);
    else this.#spill(node, row);
  }

  /** Moves a row that had come back to the file again, unless it has spoken since. */
  #outOfBack(pin: number): void {
    const { node, row, frame } = this.#back[this.#taken++]!;
    if (this.#taken > 4096 && 2 * this.#taken > this.#back.length) {
      this.#back = this.#back.slice(this.#taken);
      this.#taken = 0;
    }
    const { state, words } = this.#table;
    if (this.#row[node] !== row || state[row * STATE_WORDS + S_PREV] !== -node) return;
    if (row === pin || words[row * WORDS + LAST_FRAME] !== frame || !this.#movable(row)) {
      this.#hold(node, row);
    } else this.#spill(node, row);
  }

  /** Notes that a row holds the place of a node. */
  #hold(node: number, row: number): void {
    this.#row[node] = row;
    this.#table.state[row * STATE_WORDS + S_PREV] = -node;
    this.#noteBack(node, row);
  }

  #noteBack(node: number, row: number): void {
    this.#back.push({ node, row, frame: this.#table.words[row * WORDS + LAST_FRAME]! });
  }

  /** Entries that fragments point to, or that no key finds, stay. */
  #movable(row: number): boolean {
    const s = row * STATE_WORDS, state = this.#table.state;
    return state[s + S_KEY]! >= 0 && state[s + S_CHILD] === 0 && state[s + S_PARENT] === 0 &&
      (state[s + S_BITS]! & IS_HIDDEN) === 0;
  }

  #spill(node: number, row: number): void {
    const table = this.#table, { doubles, ints } = this.#out, slot = this.#outNodes.length;
    for (let i = 0, d = row * DOUBLES, to = slot * ROW_DOUBLES; i < DOUBLES; i++) {
      doubles[to + i] = table.doubles[d + i]!;
    }
    const at = slot * ROW_INTS;
    for (let i = 0, w = row * WORDS, to = at + WORDS_AT; i < WORDS; i++) ints[to + i] = table.words[w + i]!;
    const s = row * STATE_WORDS;
    for (let i = 0, to = at + STATE_AT; i < STATE_WORDS; i++) ints[to + i] = table.state[s + i]!;
    doubles[slot * ROW_DOUBLES + DOUBLES] = table.qtime[row]!;
    this.#outNodes.push(node);
    this.#row[node] = 0;
    table.own[table.state[s + S_KEY]!] = -node;
    table.leave(row);
    this.count++;
  }

  #node(): number {
    const free = this.#free;
    if (free !== 0) {
      this.#free = this.#next[free]!;
      return free;
    }
    if (this.#size === this.#row.length) this.#grow();
    return this.#size++;
  }

  #grow(): void {
    const n = roomier(this.#size);
    this.#previous = grown(this.#previous, n);
    this.#next = grown(this.#next, n);
    this.#row = grown(this.#row, n);
  }

  /** Writes what was collected, each row at the place of its node, neighbours together. */
  #write(): void {
    const nodes = this.#outNodes;
    if (nodes.length === 0) return;
    if (this.#file < 0) this.#open();
    for (let from = 0; from < nodes.length;) {
      let to = from + 1;
      while (to < nodes.length && nodes[to] === nodes[to - 1]! + 1) to++;
      this.#put(from * ROW_BYTES, (to - from) * ROW_BYTES, nodes[from]! * ROW_BYTES);
      from = to;
    }
    nodes.length = 0;
    this.#inCount = 0;
  }

  #put(from: number, length: number, at: number): void {
    try {
      while (length > 0) {
        const n = fs.writeSync(this.#file, this.#out.bytes, from, length, at);
        from += n;
        at += n;
        length -= n;
      }
    } catch (cause) {
      throw new Problem("store", `Expected room for cold flows but ${(cause as Error).message}`, {
        source: this.#path,
        cause,
      });
    }
  }

  /** Reads the row of a node; gives its place among the rows read. */
  #read(node: number): number {
    const slot = node - this.#inFrom;
    if (slot >= 0 && slot < this.#inCount) return slot;
    // One behind the other is how timers ask for them.
    const want = this.#inCount > 0 && slot === this.#inCount ? AHEAD : 1;
    const got = fs.readSync(this.#file, this.#in.bytes, 0, want * ROW_BYTES, node * ROW_BYTES);
    this.#inFrom = node;
    this.#inCount = Math.floor(got / ROW_BYTES);
    if (this.#inCount === 0) {
      throw new Problem("store", "Expected a cold flow in the temporary file but it ends before", {
        source: this.#path,
      });
    }
    return 0;
  }

  #open(): void {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "panoptes-flows-"));
    this.#path = path.join(folder, "cold");
    this.#file = fs.openSync(this.#path, "wx+", 0o600);
    try {
      // Without a name it goes with the process, however that ends.
      fs.unlinkSync(this.#path);
      fs.rmdirSync(folder);
    } catch {
      // Systems that keep names of open files: close() removes it.
    }
  }
}

/** Rows as they stand in the file. */
class Rows {
  readonly bytes: Uint8Array;
  readonly doubles: Float64Array;
  readonly ints: Int32Array;

  constructor(rows: number) {
    const memory = new ArrayBuffer(rows * ROW_BYTES);
    this.bytes = new Uint8Array(memory);
    this.doubles = new Float64Array(memory);
    this.ints = new Int32Array(memory);
  }
}
