import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import { E_A, E_B, E_PROTO, E_TYPE, ENDS_WORDS, endsOf } from "./ends.ts";
import { endOf, evidenceOf, isTcp, startOf } from "./ref.ts";

// Words of a group behind its key: hash, first and last row of either side.
const G_HASH = ENDS_WORDS, G_HEAD = ENDS_WORDS + 1, G_TAIL = ENDS_WORDS + 3;
const GROUP_WORDS = ENDS_WORDS + 5;

// Words of a shelved row.
const NEXT = 0, INDEX = 1, SWAP = 2, FLAGS = 3, WHY = 4, CAUSE = 5, SEQ = 6, NET = 7, STATUS = 8, MAP = 9;
const FIRST = 10, LAST = 11, CONN = 12, CONN_SEQ = 14, EXTRA = 15, SPORT = 16, DPORT = 17;
const ROW_WORDS = 18;
// Doubles of a shelved row: start, end, then the six counters in the order of the record layout.
const START = 0, END = 1, COUNTERS = 2;
const ROW_DOUBLES = 8;

/** Word offsets that the rest of the room reads. */
export const ROW = Object.freeze({
  SWAP,
  FLAGS,
  WHY,
  CAUSE,
  NET,
  STATUS,
  FIRST,
  LAST,
  CONN,
  EXTRA,
  SPORT,
  DPORT,
  ROW_WORDS,
});
/** Double offsets that the rest of the room reads. */
export const NUM = Object.freeze({ START, END, COUNTERS, ROW_DOUBLES });

function grow<T extends Int32Array | Float64Array>(old: T, next: T): T {
  next.set(old as never);
  return next;
}

/**
 * Keeps what a comparison needs of each record, 140 bytes a row, grouped by the pair of ends whatever the direction.
 *
 * The rows of one group and side are a chain in order of arrival. Freed rows are used again, so under time-sorted input memory follows
 * the records whose time has not passed. A spill of old groups to a store belongs behind this class.
 */
export class Shelf {
  words = new Int32Array(256 * ROW_WORDS);
  doubles = new Float64Array(256 * ROW_DOUBLES);
  groups = new Int32Array(128 * GROUP_WORDS);
  /** Latest end of any record of each group. */
  groupEnd = new Float64Array(128);
  /** Groups ever made, freed ones included. */
  groupCount = 1;
  /** Rows in use. */
  live = 0;
  #rows = 1;
  #freeRows = 0;
  #freeGroups: number[] = [];
  #slots = new Int32Array(512);
  #liveGroups = 0;
  readonly #key = new Int32Array(ENDS_WORDS);
  readonly #scratch = new RecordBatch(1);

  constructor() {
    this.#scratch.addBlank();
  }

  /** Shelves a row (as read) for side 0 or 1; gives its number. Management records are not for here. */
  add(side: 0 | 1, batch: RecordBatch, row: number, index: number): number {
    const from = batch.words, f = row * R.WORDS;
    const swap = endsOf(from, f, this.#key);
    const group = this.#group();
    const at = this.#row();
    const to = this.words, w = at * ROW_WORDS;
    to[w + NEXT] = 0;
    to[w + INDEX] = index;
    to[w + SWAP] = swap;
    to[w + FLAGS] = from[f + R.FLAGS]!;
    to[w + WHY] = (from[f + R.WHY]! & 0xff) | (evidenceOf(batch, row) << 8);
    to[w + CAUSE] = from[f + R.CAUSE]!;
    to[w + SEQ] = from[f + R.SEQ]!;
    to[w + NET] = from[f + R.NET]!;
    to[w + STATUS] = isTcp(from[f + R.NET]!) ? from[f + R.TCP_STATUS]! : 0;
    to[w + MAP] = from[f + R.ICMP_MAP]!;
    to[w + FIRST] = from[f + R.FIRST_FRAME]!;
    to[w + LAST] = from[f + R.LAST_FRAME]!;
    to[w + CONN] = from[f + R.CONN]!;
    to[w + CONN + 1] = from[f + R.CONN + 1]!;
    to[w + CONN_SEQ] = from[f + R.CONN_SEQ]!;
    to[w + EXTRA] = from[f + R.KEY_EXTRA]!;
    to[w + SPORT] = from[f + R.SPORT]!;
    to[w + DPORT] = from[f + R.DPORT]!;
    const d = at * ROW_DOUBLES, fd = row * R.DOUBLES, end = endOf(batch, row);
    this.doubles[d + START] = startOf(batch, row);
    this.doubles[d + END] = end;
    const counted = (from[f + R.FLAGS]! & R.FLAG_METRIC) !== 0;
    for (let j = 0; j < 6; j++) {
      this.doubles[d + COUNTERS + j] = counted ? batch.doubles[fd + R.S_PKTS + j]! : 0;
    }
    if (!(from[f + R.FLAGS]! & R.FLAG_APPBYTES)) {
      this.doubles[d + COUNTERS + 4] = this.doubles[d + COUNTERS + 5] = 0;
    }
    const g = group * GROUP_WORDS, groups = this.groups;
    const tail = groups[g + G_TAIL + side]!;
    if (tail === 0) groups[g + G_HEAD + side] = at;
    else to[tail * ROW_WORDS + NEXT] = at;
    groups[g + G_TAIL + side] = at;
    if (end > this.groupEnd[group]!) this.groupEnd[group] = end;
    return at;
  }

  /** Rows of a group's side in order of arrival. */
  rowsOf(group: number, side: 0 | 1): number[] {
    const rows: number[] = [];
    for (
      let r = this.groups[group * GROUP_WORDS + G_HEAD + side]!;
      r !== 0;
      r = this.words[r * ROW_WORDS + NEXT]!
    ) {
      rows.push(r);
    }
    return rows;
  }

  /** Whether the group holds records. */
  isLive(group: number): boolean {
    const g = group * GROUP_WORDS;
    return this.groups[g + G_HEAD] !== 0 || this.groups[g + G_HEAD + 1] !== 0;
  }

  /** Forgets a group and its rows. */
  drop(group: number): void {
    const g = group * GROUP_WORDS, groups = this.groups;
    for (const side of [0, 1]) {
      const head = groups[g + G_HEAD + side]!, tail = groups[g + G_TAIL + side]!;
      if (head === 0) continue;
      for (let r = head; r !== 0; r = this.words[r * ROW_WORDS + NEXT]!) this.live--;
      this.words[tail * ROW_WORDS + NEXT] = this.#freeRows;
      this.#freeRows = head;
      groups[g + G_HEAD + side] = groups[g + G_TAIL + side] = 0;
    }
    this.#unslot(group);
    this.#freeGroups.push(group);
  }

  /** Ordinal of a shelved row in its source. */
  indexOf(row: number): number {
    return this.words[row * ROW_WORDS + INDEX]!;
  }

  /** Writes a shelved row of a group back as a record row; the batch is used again by the next call. */
  restore(group: number, row: number): RecordBatch {
    const batch = this.#scratch,
      to = batch.words,
      from = this.words,
      w = row * ROW_WORDS,
      g = group * GROUP_WORDS;
    const groups = this.groups, swap = from[w + SWAP]!;
    to[R.KEY_TYPE] = groups[g + E_TYPE]!;
    to[R.PROTO] = groups[g + E_PROTO]!;
    const s = g + (swap ? E_B : E_A), t = g + (swap ? E_A : E_B);
    for (let j = 0; j < 4; j++) {
      to[R.SADDR + j] = groups[s + j]!;
      to[R.DADDR + j] = groups[t + j]!;
    }
    to[R.SPORT] = from[w + SPORT]!;
    to[R.DPORT] = from[w + DPORT]!;
    to[R.KEY_EXTRA] = from[w + EXTRA]!;
    to[R.FLAGS] = from[w + FLAGS]!;
    to[R.WHY] = from[w + WHY]!;
    to[R.CAUSE] = from[w + CAUSE]!;
    to[R.SEQ] = from[w + SEQ]!;
    to[R.NET] = from[w + NET]!;
    to[R.TCP_STATUS] = from[w + STATUS]!;
    to[R.ICMP_MAP] = from[w + MAP]!;
    to[R.FIRST_FRAME] = from[w + FIRST]!;
    to[R.LAST_FRAME] = from[w + LAST]!;
    to[R.CONN] = from[w + CONN]!;
    to[R.CONN + 1] = from[w + CONN + 1]!;
    to[R.CONN_SEQ] = from[w + CONN_SEQ]!;
    const d = row * ROW_DOUBLES;
    batch.doubles[R.S_START] = batch.doubles[R.D_START] = this.doubles[d + START]!;
    batch.doubles[R.S_END] = batch.doubles[R.D_END] = this.doubles[d + END]!;
    for (let j = 0; j < 6; j++) batch.doubles[R.S_PKTS + j] = this.doubles[d + COUNTERS + j]!;
    return batch;
  }

  #group(): number {
    const k = this.#key;
    let h = 0x243f6a88;
    for (let j = 0; j < ENDS_WORDS; j++) {
      h = Math.imul(h ^ k[j]!, 0x9e3779b1);
      h ^= h >>> 15;
    }
    h = Math.imul(h, 0x85ebca77);
    h ^= h >>> 13;
    const slots = this.#slots, mask = slots.length - 1, groups = this.groups;
    let s = h & mask;
    for (;;) {
      const group = slots[s]!;
      if (group === 0) break;
      const g = group * GROUP_WORDS;
      let j = 0;
      while (j < ENDS_WORDS && groups[g + j] === k[j]) j++;
      if (j === ENDS_WORDS) return group;
      s = (s + 1) & mask;
    }
    const group = this.#freeGroups.pop() ?? this.groupCount++;
    if ((group + 1) * GROUP_WORDS > this.groups.length) {
      this.groups = grow(this.groups, new Int32Array(this.groups.length * 2));
      this.groupEnd = grow(this.groupEnd, new Float64Array(this.groupEnd.length * 2));
    }
    const g = group * GROUP_WORDS;
    for (let j = 0; j < GROUP_WORDS; j++) this.groups[g + j] = j < ENDS_WORDS ? k[j]! : 0;
    this.groups[g + G_HASH] = h;
    this.groupEnd[group] = -Infinity;
    slots[s] = group;
    if (2 * ++this.#liveGroups >= slots.length) this.#growSlots();
    return group;
  }

  #growSlots(): void {
    const next = new Int32Array(this.#slots.length * 2), mask = next.length - 1;
    for (const group of this.#slots) {
      if (group === 0) continue;
      let s = this.groups[group * GROUP_WORDS + G_HASH]! & mask;
      while (next[s] !== 0) s = (s + 1) & mask;
      next[s] = group;
    }
    this.#slots = next;
  }

  #unslot(group: number): void {
    const slots = this.#slots, mask = slots.length - 1;
    let s = this.groups[group * GROUP_WORDS + G_HASH]! & mask;
    while (slots[s] !== group) s = (s + 1) & mask;
    // Backward shift keeps probe runs whole without tombstones.
    let hole = s;
    for (let j = (s + 1) & mask; slots[j] !== 0; j = (j + 1) & mask) {
      const home = this.groups[slots[j]! * GROUP_WORDS + G_HASH]! & mask;
      if (((j - home) & mask) >= ((j - hole) & mask)) {
        slots[hole] = slots[j]!;
        hole = j;
      }
    }
    slots[hole] = 0;
    this.#liveGroups--;
  }

  #row(): number {
    this.live++;
    const free = this.#freeRows;
    if (free !== 0) {
      this.#freeRows = this.words[free * ROW_WORDS + NEXT]!;
      return free;
    }
    const row = this.#rows++;
    if ((row + 1) * ROW_WORDS > this.words.length) {
      this.words = grow(this.words, new Int32Array(this.words.length * 2));
      this.doubles = grow(this.doubles, new Float64Array(this.doubles.length * 2));
    }
    return row;
  }
}
