import * as R from "../record/mod.ts";
import type { Memory } from "../settings/mod.ts";
import { type FlowTable } from "./flow_table.ts";
import * as T from "./entry_words.ts";
import * as K from "./key_words.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { STATE_WORDS, S_ORIENT } = T;
const { KEY_WORDS } = K;

/** Words of a ghost: key hash (2), what is known (orientation and status bits), initial sequence numbers (2), packets (1). */
const WORDS = 6;
const HIGH = 0, LOW = 1, KNOWN = 2, S_SEQ = 3, D_SEQ = 4, PACKETS = 5;
/** Status bits worth keeping: what says who opened the connection, and that it was established. */
const KEPT = R.TCP_SYN | R.TCP_SYNACK | R.TCP_EST;
const ORIENT = 1 << 30;
const FREE = -1;

function mix(h: number, v: number): number {
  h = Math.imul(h ^ v, 0x9e3779b1);
  h ^= h >>> 15;
  return Math.imul(h, 0x85ebca77);
}

/**
 * Direction memory: when an idle TCP entry is dropped, a ghost of 32 bytes (six words and a time) remembers who opened the connection,
 * so that its next record keeps direction and evidence `remembered`. Ghosts lie in a ring in order of time and are found by the hash of
 * the key; the oldest give way by age or by number, as the setting says.
 */
export class Ghosts {
  readonly #maxAge: number;
  readonly #maxCount: number;
  #words: Int32Array;
  #times: Float64Array;
  #capacity: number;
  #head = 0;
  #count = 0;
  #peak = 0;
  #slots: Int32Array;
  #scratch = new Int32Array(2);

  constructor(memory: Memory) {
    this.#maxAge = memory.kind === "time" ? memory.us : Infinity;
    this.#maxCount = memory.kind === "entries" ? memory.max : Infinity;
    this.#capacity = 256;
    this.#words = new Int32Array(this.#capacity * WORDS);
    this.#times = new Float64Array(this.#capacity);
    this.#slots = new Int32Array(this.#capacity * 2).fill(FREE);
  }

  /** Ghosts now kept. */
  get count(): number {
    return this.#count;
  }

  /** Bytes they take. */
  get bytes(): number {
    return this.#capacity * (WORDS * 4 + 8 + 8);
  }

  /** Bytes of the most ghosts kept at once. */
  get peakBytes(): number {
    return this.#peak * (WORDS * 4 + 8 + 8);
  }

  #hash(key: Int32Array): void {
    let high = 0x243f6a88, low = 0x13198a2e;
    for (let i = 0; i < KEY_WORDS; i++) {
      high = mix(high, key[i]!);
      low = mix(low, key[i]! ^ 0x5bd1e995);
    }
    this.#scratch[0] = high;
    this.#scratch[1] = low;
  }

  /** Slot of the ghost with the hash in scratch, or the free slot where it would stand. */
  #slotOf(): number {
    const mask = this.#slots.length - 1, high = this.#scratch[0]!, low = this.#scratch[1]!;
    let s = low & mask;
    for (;;) {
      const g = this.#slots[s]!;
      if (g === FREE || (this.#words[g * WORDS + HIGH] === high && this.#words[g * WORDS + LOW] === low)) {
        return s;
      }
      s = (s + 1) & mask;
    }
  }

  /** Keeps what a dropped entry knows, if it knows its direction. */
  remember(table: FlowTable, row: number, key: Int32Array, now: number): void {
    const w = row * R.WORDS, words = table.words;
    const status = words[w + R.TCP_STATUS]! & KEPT;
    if ((status & (R.TCP_SYN | R.TCP_SYNACK)) === 0) return;
    this.#expire(now);
    this.#hash(key);
    const old = this.#slots[this.#slotOf()]!;
    if (old !== FREE) this.#words[old * WORDS + KNOWN] = 0; // the newer one takes its slot; its place in the ring ages out
    if (this.#count >= this.#maxCount) this.#dropOldest();
    if (this.#count === this.#capacity) this.#grow();
    this.#hash(key);
    const g = (this.#head + this.#count++) & (this.#capacity - 1), at = g * WORDS;
    if (this.#count > this.#peak) this.#peak = this.#count;
    this.#words[at + HIGH] = this.#scratch[0]!;
    this.#words[at + LOW] = this.#scratch[1]!;
    this.#words[at + KNOWN] = status | (table.state[row * STATE_WORDS + S_ORIENT] ? ORIENT : 0);
    this.#words[at + S_SEQ] = words[w + R.SIDE + R.T_SEQBASE]!;
    this.#words[at + D_SEQ] = words[w + R.DSIDE + R.T_SEQBASE]!;
    this.#words[at + PACKETS] = table.doubles[row * R.DOUBLES + R.S_PKTS]! +
      table.doubles[row * R.DOUBLES + R.D_PKTS]!;
    this.#times[g] = now;
    this.#slots[this.#slotOf()] = g;
  }

  /** What is remembered of a connection: status bits, with the orientation in bit 30; 0 when nothing is. The ghost is used up. */
  recall(key: Int32Array, now: number): number {
    this.#expire(now);
    this.#hash(key);
    const g = this.#slots[this.#slotOf()]!;
    if (g === FREE) return 0;
    const known = this.#words[g * WORDS + KNOWN]!;
    this.#words[g * WORDS + KNOWN] = 0;
    return known;
  }

  #expire(now: number): void {
    while (this.#count > 0 && now - this.#times[this.#head]! > this.#maxAge) this.#dropOldest();
  }

  #dropOldest(): void {
    const g = this.#head, mask = this.#slots.length - 1, words = this.#words;
    this.#head = (this.#head + 1) & (this.#capacity - 1);
    this.#count--;
    let s = words[g * WORDS + LOW]! & mask;
    while (this.#slots[s] !== g) {
      if (this.#slots[s] === FREE) return; // a newer ghost of the same connection took its slot
      s = (s + 1) & mask;
    }
    let hole = s;
    for (let j = (s + 1) & mask; this.#slots[j] !== FREE; j = (j + 1) & mask) {
      const home = words[this.#slots[j]! * WORDS + LOW]! & mask;
      if (((j - home) & mask) >= ((j - hole) & mask)) {
        this.#slots[hole] = this.#slots[j]!;
        hole = j;
      }
    }
    this.#slots[hole] = FREE;
  }

  #grow(): void {
    const old = this.#words, times = this.#times, capacity = this.#capacity, head = this.#head;
    this.#capacity *= 2;
    this.#words = new Int32Array(this.#capacity * WORDS);
    this.#times = new Float64Array(this.#capacity);
    this.#slots = new Int32Array(this.#capacity * 2).fill(FREE);
    this.#head = 0;
    for (let i = 0; i < this.#count; i++) {
      const from = (head + i) & (capacity - 1);
      this.#words.set(old.subarray(from * WORDS, (from + 1) * WORDS), i * WORDS);
      this.#times[i] = times[from]!;
      this.#scratch[0] = this.#words[i * WORDS + HIGH]!;
      this.#scratch[1] = this.#words[i * WORDS + LOW]!;
      this.#slots[this.#slotOf()] = i;
    }
  }
}

/** Orientation bit of what {@linkcode Ghosts.recall} gives. */
export const GHOST_ORIENT = ORIENT;
