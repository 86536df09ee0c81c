import { grown, release, roomier } from "../base/mod.ts";
import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import type { KeyTable } from "./keys.ts";
import * as K from "./key_words.ts";
import type { PacketShare } from "./packet_share.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PACKET_WORDS, PW_FLAGS, PW_KIND, PW_SEQ } = P;

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { KEY_WORDS, K_A, K_B, K_EXTRA, K_KIND, K_PORTS } = K;

/** The connection of each packet of a batch. */
export interface ConnectionColumns {
  /** Connection id, high and low word. */
  readonly high: Int32Array;
  readonly low: Int32Array;
  /** Dense number of the connection, from 0; -1 for packets of no flow. */
  readonly index: Int32Array;
}

const SYN = 2, ACK = 16;
const WORDS = 6;
// Offsets in a connection's words: hash (2), first ISN of either end (2), what is known (bits) and generation, dense index.
// The second end's number and bit follow the first's.
const H = 0, L = 1, ISN_A = 2, STATE = 4, INDEX = 5;
const HAS_A = 1, HAS_OTHER = 4, GENERATION_SHIFT = 8;

function mix(h: number, v: number): number {
  h = Math.imul(h ^ v, 0x9e3779b1);
  h ^= h >>> 15;
  h = Math.imul(h, 0x85ebca77);
  return h ^ (h >>> 13);
}

/**
 * Numbers connections independently of any setting, so that records of different settings can be told to belong together.
 *
 * The id is a 64-bit hash of the direction-free key and of how many connections used it before. A SYN without ACK begins a new
 * connection when its initial sequence number is not the one already known for its end (RFC 9293 section 3.4). What is remembered is
 * 24 bytes for each distinct key, for the whole capture: that is the price of telling a connection from its successor after any silence.
 */
export class Connections implements ConnectionColumns {
  high: Int32Array = new Int32Array(0);
  low: Int32Array = new Int32Array(0);
  index: Int32Array = new Int32Array(0);
  /** Connections so far. */
  count = 0;
  #slots = new Int32Array(2048).fill(-1);
  #rows = new Int32Array(1024 * WORDS);
  #used = 0;
  // Row of each key, -1 while it is not looked up.
  #rowOf = new Int32Array(1024);

  /** Gives the columns other memory, for example shared memory. */
  useMemory(high: Int32Array, low: Int32Array, index: Int32Array): void {
    this.high = high;
    this.low = low;
    this.index = index;
  }

  /** Fills the columns for a batch, or a share of it, whose keys are interned. */
  run(c: PacketColumns, keys: KeyTable, share?: PacketShare): void {
    const most = c.length, packets = share?.packets, n = share === undefined ? most : share.length;
    if (this.high.length < most) {
      this.high = new Int32Array(most);
      this.low = new Int32Array(most);
      this.index = new Int32Array(most);
    }
    if (this.#rowOf.length < keys.size) {
      const next = new Int32Array(Math.max(keys.size, this.#rowOf.length * 2));
      next.set(this.#rowOf);
      this.#rowOf = next;
    }
    const rowOf = this.#rowOf;
    for (const id of keys.fresh) rowOf[id] = -1;
    for (let j = 0; j < n; j++) {
      const i = packets === undefined ? j : packets[j]!;
      // Only quotes a flow.
      if (i < 0) continue;
      const id = keys.ids[i]!;
      // IPv4 fragments behind the first have no key: their connection is not known.
      if (id < 0) {
        this.high[i] = this.low[i] = 0;
        this.index[i] = -1;
        continue;
      }
      let row = rowOf[id]!;
      if (row < 0) row = rowOf[id] = this.#find(keys.words, id * KEY_WORDS);
      const r = row * WORDS, rows = this.#rows;
      if (
        (c.words[i * PACKET_WORDS + PW_KIND]! & P.P_KIND_MASK) === P.P_TCP &&
        c.words[i * PACKET_WORDS + PW_KIND]! & P.P_TCP_HEADER
      ) {
        const side = keys.swaps[i]!, has = HAS_A << side;
        if ((c.words[i * PACKET_WORDS + PW_FLAGS]! & (SYN | ACK)) === SYN) {
          const isn = c.words[i * PACKET_WORDS + PW_SEQ]!;
          const known = rows[r + STATE]! & 255;
          const other = known & ~has;
          const repeated = (known & has) !== 0 && rows[r + ISN_A + side] === isn;
          // The other end's lone SYN is a simultaneous open, not an earlier connection.
          const first = known === 0 || ((known & has) === 0 && (other & HAS_OTHER) === 0);
          if (!repeated && !first) {
            rows[r + STATE] = ((rows[r + STATE]! >>> GENERATION_SHIFT) + 1) << GENERATION_SHIFT;
            rows[r + INDEX] = this.count++;
          }
          rows[r + ISN_A + side] = isn;
          rows[r + STATE]! |= has;
        } else rows[r + STATE]! |= HAS_OTHER;
      }
      const generation = rows[r + STATE]! >>> GENERATION_SHIFT;
      this.high[i] = generation === 0 ? rows[r + H]! : mix(rows[r + H]!, generation);
      this.low[i] = generation === 0 ? rows[r + L]! : mix(rows[r + L]!, ~generation);
      this.index[i] = rows[r + INDEX]!;
    }
  }

  #find(words: Int32Array, k: number): number {
    let h = 0x243f6a88, l = 0x13198a2e;
    for (
      const j of [K_KIND, K_A, K_A + 1, K_A + 2, K_A + 3, K_B, K_B + 1, K_B + 2, K_B + 3, K_PORTS, K_EXTRA]
    ) {
      const v = words[k + j]!;
      h = mix(h, v);
      l = mix(l, v ^ 0x5bd1e995);
    }
    if (4 * this.#used >= 3 * this.#slots.length) this.#growSlots();
    const slots = this.#slots, mask = slots.length - 1;
    let s = l & mask;
    for (;;) {
      const row = slots[s]!;
      if (row < 0) break;
      if (this.#rows[row * WORDS + H] === h && this.#rows[row * WORDS + L] === l) return row;
      s = (s + 1) & mask;
    }
    const row = this.#used++;
    if ((row + 1) * WORDS > this.#rows.length) {
      this.#rows = grown(this.#rows, roomier(this.#rows.length / WORDS) * WORDS);
    }
    slots[s] = row;
    const r = row * WORDS;
    this.#rows[r + H] = h;
    this.#rows[r + L] = l;
    this.#rows[r + INDEX] = this.count++;
    return row;
  }

  #growSlots(): void {
    const next = new Int32Array(this.#slots.length * 2).fill(-1), mask = next.length - 1;
    for (let row = 0; row < this.#used; row++) {
      let s = this.#rows[row * WORDS + L]! & mask;
      while (next[s]! >= 0) s = (s + 1) & mask;
      next[s] = row;
    }
    release(this.#slots);
    this.#slots = next;
  }
}
