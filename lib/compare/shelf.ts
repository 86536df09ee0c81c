import { grown, release, roomier } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import { endsOf } from "./ends.ts";
import { E_A, E_B, E_PROTO, E_TYPE, ENDS_WORDS } from "./ends_words.ts";
import { endOf, evidenceOf, isTcp, startOf } from "./ref.ts";
import { RowList } from "./row_list.ts";
import * as S from "./shelf_words.ts";

// Local constants: the compiler folds them, imported ones it loads at each use.
// deno-fmt-ignore
const {
  CAUSE, CONN, CONN_SEQ, COUNTERS, DPORT, END, EXTRA, FIRST, FLAGS, GROUP, INDEX, LAST, MAP, NET, PREVIOUS,
  ROW_DOUBLES, ROW_WORDS, SEQ, SIDE, SPORT, START, STATUS, SWAP, WHY,
} = S;
const { DOUBLES, FLAG_APPBYTES, FLAG_MAR, FLAG_METRIC, S_PKTS, WORDS } = R;

// Words of a group behind its key: its newest row.
const ENDS = ENDS_WORDS, G_NEWEST = ENDS, GROUP_WORDS = ENDS + 1;

/** Rows, or groups, looked up at once: many waits for memory together take no longer than one. */
export const AHEAD = 64;
const MANY = AHEAD;

function hashOf(words: Int32Array, at: number): number {
  let h = 0x243f6a88;
  for (let j = 0; j < ENDS; j++) {
    h = Math.imul(h ^ words[at + j]!, 0x9e3779b1);
    h ^= h >>> 15;
  }
  h = Math.imul(h, 0x85ebca77);
  return h ^ (h >>> 13);
}

/**
 * Keeps what a comparison needs of each record, 144 bytes a row, grouped by the pair of ends whatever the direction. Any number of sides
 * share one shelf, so that what several are compared with is kept once.
 *
 * The rows of a group are a chain from the newest back. Freed rows are used again, so under time-sorted input memory follows
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
  // Number of the group and hash of its key: most strangers are told by their hash.
  #slots = new Int32Array(2 * 512);
  #liveGroups = 0;
  readonly #keys = new Int32Array(MANY * ENDS);
  readonly #hashes = new Int32Array(MANY);
  readonly #swaps = new Int32Array(MANY);
  readonly #nearby = new Int32Array(MANY);
  #warm = 0;
  readonly #scratch = new RecordBatch(1);
  readonly #chain = new RowList();

  constructor() {
    this.#scratch.addBlank();
  }

  /**
   * Shelves the records of a batch (as read) for a side, but for management records; `added` is given their numbers.
   *
   * @param index ordinal of the first row in its source
   */
  add(side: number, batch: RecordBatch, index: number, added: RowList): void {
    const words = batch.words, keys = this.#keys, hashes = this.#hashes, swaps = this.#swaps;
    added.length = 0;
    for (let from = 0; from < batch.length; from += MANY) {
      const n = Math.min(MANY, batch.length - from);
      for (let i = 0; i < n; i++) {
        swaps[i] = endsOf(words, (from + i) * WORDS, keys, i * ENDS);
        hashes[i] = hashOf(keys, i * ENDS);
      }
      this.#fetch(n);
      for (let i = 0; i < n; i++) {
        const row = from + i;
        if (words[row * WORDS + R.FLAGS]! & FLAG_MAR) continue;
        added.push(this.#add(side, batch, row, index + row, this.#group(hashes[i]!, i * ENDS), swaps[i]!));
      }
    }
  }

  /** Reads where the groups of the next rows lie. */
  #fetch(n: number): void {
    const slots = this.#slots, mask = slots.length - 2, hashes = this.#hashes, nearby = this.#nearby;
    const groups = this.groups;
    let warm = this.#warm;
    for (let i = 0; i < n; i++) nearby[i] = slots[(hashes[i]! << 1) & mask]!;
    for (let i = 0; i < n; i++) {
      const g = nearby[i]! * GROUP_WORDS;
      warm ^= groups[g]! ^ groups[g + G_NEWEST]!;
    }
    this.#warm = warm;
  }

  #add(side: number, batch: RecordBatch, row: number, index: number, group: number, swap: number): number {
    const from = batch.words, f = row * WORDS;
    const at = this.#row();
    const to = this.words, w = at * ROW_WORDS, groups = this.groups, g = group * GROUP_WORDS;
    to[w + PREVIOUS] = groups[g + G_NEWEST]!;
    groups[g + G_NEWEST] = at;
    to[w + GROUP] = group;
    to[w + SIDE] = side;
    to[w + INDEX] = index;
    to[w + SWAP] = swap;
    const flags = from[f + R.FLAGS]!, net = from[f + R.NET]!;
    to[w + FLAGS] = flags;
    to[w + WHY] = (from[f + R.WHY]! & 0xff) | (evidenceOf(batch, row) << 8);
    to[w + CAUSE] = from[f + R.CAUSE]!;
    to[w + SEQ] = from[f + R.SEQ]!;
    to[w + NET] = net;
    to[w + STATUS] = isTcp(net) ? from[f + R.TCP_STATUS]! : 0;
    to[w + MAP] = from[f + R.ICMP_MAP]!;
    to[w + FIRST] = from[f + R.FIRST_FRAME]!;
    to[w + LAST] = from[f + R.LAST_FRAME]!;
    to[w + CONN] = from[f + R.CONN]!;
    to[w + CONN + 1] = from[f + R.CONN + 1]!;
    to[w + CONN_SEQ] = from[f + R.CONN_SEQ]!;
    to[w + EXTRA] = from[f + R.KEY_EXTRA]!;
    to[w + SPORT] = from[f + R.SPORT]!;
    to[w + DPORT] = from[f + R.DPORT]!;
    const doubles = this.doubles, given = batch.doubles;
    const d = at * ROW_DOUBLES, fd = row * DOUBLES + S_PKTS, end = endOf(batch, row);
    doubles[d + START] = startOf(batch, row);
    doubles[d + END] = end;
    const counted = (flags & FLAG_METRIC) !== 0 ? (flags & FLAG_APPBYTES) !== 0 ? 6 : 4 : 0;
    for (let j = 0; j < 6; j++) doubles[d + COUNTERS + j] = j < counted ? given[fd + j]! : 0;
    if (end > this.groupEnd[group]!) this.groupEnd[group] = end;
    return at;
  }

  /** Gives each side's rows of a group, in order of arrival. */
  gather(group: number, sides: readonly RowList[]): void {
    const chain = this.#chain, words = this.words;
    for (let side = 0; side < sides.length; side++) sides[side]!.length = 0;
    chain.length = 0;
    for (
      let r = this.groups[group * GROUP_WORDS + G_NEWEST]!;
      r !== 0;
      r = words[r * ROW_WORDS + PREVIOUS]!
    ) chain.push(r);
    for (let n = chain.length - 1; n >= 0; n--) {
      const r = chain.rows[n]!;
      sides[words[r * ROW_WORDS + SIDE]!]!.push(r);
    }
  }

  /** Reads where the rows of the next {@linkcode AHEAD} groups lie, before they are gathered. */
  fetchRows(group: number): void {
    const nearby = this.#nearby, words = this.words, doubles = this.doubles;
    const n = Math.min(MANY, this.groupCount - group);
    for (let i = 0; i < n; i++) nearby[i] = this.groups[(group + i) * GROUP_WORDS + G_NEWEST]!;
    let warm = this.#warm;
    for (let isMore = true; isMore;) {
      isMore = false;
      for (let i = 0; i < n; i++) {
        const row = nearby[i]!;
        if (row === 0) continue;
        isMore = true;
        if (doubles[row * ROW_DOUBLES + START]! < 0) warm++;
        nearby[i] = words[row * ROW_WORDS + PREVIOUS]!;
      }
    }
    this.#warm = warm;
  }

  /** Whether the group holds records. */
  isLive(group: number): boolean {
    return this.groups[group * GROUP_WORDS + G_NEWEST] !== 0;
  }

  /** Forgets a group and its rows. */
  drop(group: number): void {
    const g = group * GROUP_WORDS, groups = this.groups, words = this.words;
    const newest = groups[g + G_NEWEST]!;
    let oldest = newest;
    for (let r = newest; r !== 0; r = words[r * ROW_WORDS + PREVIOUS]!) {
      this.live--;
      oldest = r;
    }
    words[oldest * ROW_WORDS + PREVIOUS] = this.#freeRows;
    this.#freeRows = newest;
    groups[g + G_NEWEST] = 0;
    this.#unslot(group);
    this.#freeGroups.push(group);
  }

  /** Takes a group off the shelf whose rows somebody still points at: records of these ends to come are another group. */
  retire(group: number): void {
    this.groups[group * GROUP_WORDS + G_NEWEST] = 0;
    this.#unslot(group);
  }

  /** Ordinal of a shelved row in its source. */
  indexOf(row: number): number {
    return this.words[row * ROW_WORDS + INDEX]!;
  }

  /** The last frame that any row of a group counts; infinite when one does not tell. */
  lastFrameOf(group: number): number {
    const words = this.words;
    let last = 0;
    for (
      let r = this.groups[group * GROUP_WORDS + G_NEWEST]!;
      r !== 0;
      r = words[r * ROW_WORDS + PREVIOUS]!
    ) {
      const frame = words[r * ROW_WORDS + LAST]! >>> 0;
      last = Math.max(last, frame === 0 ? Infinity : frame);
    }
    return last;
  }

  /** Writes a shelved row back as a record row; the batch is used again by the next call. */
  restore(row: number): RecordBatch {
    const batch = this.#scratch, to = batch.words, from = this.words, w = row * ROW_WORDS;
    const groups = this.groups, g = from[w + GROUP]! * GROUP_WORDS, swap = from[w + SWAP]!;
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

  /** The group of a key in `#keys`, made if need be. */
  #group(h: number, key: number): number {
    const k = this.#keys;
    const slots = this.#slots, mask = slots.length - 2, groups = this.groups;
    let s = (h << 1) & mask;
    for (;;) {
      const group = slots[s]!;
      if (group === 0) break;
      if (slots[s + 1] === h) {
        const g = group * GROUP_WORDS;
        let j = 0;
        while (j < ENDS && groups[g + j] === k[key + j]) j++;
        if (j === ENDS) return group;
      }
      s = (s + 2) & mask;
    }
    const group = this.#freeGroups.pop() ?? this.groupCount++;
    if ((group + 1) * GROUP_WORDS > this.groups.length) {
      const room = roomier(this.groupEnd.length);
      this.groups = grown(this.groups, room * GROUP_WORDS);
      this.groupEnd = grown(this.groupEnd, room);
    }
    const g = group * GROUP_WORDS, made = this.groups;
    for (let j = 0; j < ENDS; j++) made[g + j] = k[key + j]!;
    made[g + G_NEWEST] = 0;
    this.groupEnd[group] = -Infinity;
    slots[s] = group;
    slots[s + 1] = h;
    if (4 * ++this.#liveGroups >= slots.length) this.#growSlots();
    return group;
  }

  #growSlots(): void {
    const old = this.#slots, next = new Int32Array(old.length * 2), mask = next.length - 2;
    for (let o = 0; o < old.length; o += 2) {
      if (old[o] === 0) continue;
      let s = (old[o + 1]! << 1) & mask;
      while (next[s] !== 0) s = (s + 2) & mask;
      next[s] = old[o]!;
      next[s + 1] = old[o + 1]!;
    }
    this.#slots = next;
    release(old);
  }

  #unslot(group: number): void {
    const slots = this.#slots, mask = slots.length - 2;
    let s = (hashOf(this.groups, group * GROUP_WORDS) << 1) & mask;
    while (slots[s] !== group) s = (s + 2) & mask;
    // Backward shift keeps probe runs whole without tombstones.
    let hole = s;
    for (let j = (s + 2) & mask; slots[j] !== 0; j = (j + 2) & mask) {
      const home = (slots[j + 1]! << 1) & mask;
      if (((j - home) & mask) >= ((j - hole) & mask)) {
        slots[hole] = slots[j]!;
        slots[hole + 1] = slots[j + 1]!;
        hole = j;
      }
    }
    slots[hole] = slots[hole + 1] = 0;
    this.#liveGroups--;
  }

  #row(): number {
    this.live++;
    const free = this.#freeRows;
    if (free !== 0) {
      this.#freeRows = this.words[free * ROW_WORDS + PREVIOUS]!;
      return free;
    }
    const row = this.#rows++;
    if ((row + 1) * ROW_WORDS > this.words.length) {
      const room = roomier(this.words.length / ROW_WORDS);
      this.words = grown(this.words, room * ROW_WORDS);
      this.doubles = grown(this.doubles, room * ROW_DOUBLES);
    }
    return row;
  }
}
