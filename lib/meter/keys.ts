import { grown, release, roomier } from "../base/mod.ts";
import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { keyOfPacket, type KeyRules, quotedKey } from "./key_rules.ts";
import * as K from "./key_words.ts";
import type { PacketShare } from "./packet_share.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  PACKET_WORDS, PW_ENDS, PW_EXTRA, PW_KIND, PW_PORTS, PW_PROTO, P_DROPPED, P_FRAGMENT, P_INNER, P_IP6,
  P_KIND_MASK, P_NONE, P_TCP, P_UDP,
} = P;
const { KEY_WORDS } = K;

const MIN_SLOTS = 1024;
/** Slots of a table that is large. */
const LARGE = 1 << 22;

/** Multiply-xor over the words of a key with one finalizer: as fast as any and spreads ports well (measured). */
function hashWords(words: Int32Array, at: number): number {
  let h = words[at]!;
  for (let i = 1; i < KEY_WORDS; i++) {
    h = Math.imul(h ^ words[at + i]!, 0x9e3779b1);
    h ^= h >>> 15;
  }
  h = Math.imul(h, 0x85ebca77);
  return h ^ (h >>> 13);
}

/** Hash of an IPv6 TCP or UDP key whose ends stand at `a` and `b`. */
function hash6(k0: number, words: Int32Array, a: number, b: number, p: number): number {
  let h = Math.imul(k0 ^ words[a + 3]!, 0x9e3779b1);
  h = Math.imul((h ^ (h >>> 15)) ^ words[b + 3]!, 0x85ebca77);
  h = Math.imul((h ^ (h >>> 13)) ^ words[a + 2]!, 0xc2b2ae3d);
  h = Math.imul((h ^ (h >>> 16)) ^ words[b + 2]!, 0x9e3779b1);
  h = Math.imul((h ^ (h >>> 15)) ^ words[a + 1]!, 0x85ebca77);
  h = Math.imul((h ^ (h >>> 13)) ^ words[b + 1]!, 0xc2b2ae3d);
  h = Math.imul((h ^ (h >>> 16)) ^ words[a]! ^ (words[b]! << 1), 0x9e3779b1);
  h = Math.imul((h ^ (h >>> 15)) ^ p, 0x85ebca77);
  return h ^ (h >>> 13);
}

/** The keys of one batch of packets: what a meter needs to find its entries. */
export interface KeyedBatch {
  /** Key number of each packet, -1 where the packet forms no flow or is an IPv4 fragment behind the first. */
  readonly ids: Int32Array;
  /** 1 where the packet runs against the order of its key, else 0. */
  readonly swaps: Int32Array;
  /** Key number of the flow that an ICMP error quotes (packets with P_INNER), -1 when no such key is known. */
  readonly quoted: Int32Array;
  /** Key numbers in use are below this. */
  readonly size: number;
}

/**
 * Interns flow keys: every packet of a batch gets the number of its key once, however many settings meter it (KEY-1). Settings with
 * the same key rules share one table.
 *
 * A key lives as long as a {@linkcode KeyHolders} says that somebody holds it, so memory follows live flows.
 */
export class KeyTable implements KeyedBatch {
  ids: Int32Array = new Int32Array(0);
  swaps: Int32Array = new Int32Array(0);
  quoted: Int32Array = new Int32Array(0);
  /** Keys that came up first in the current batch. */
  readonly fresh: number[] = [];
  /** Words of every key, `KEY_WORDS` each. */
  words: Int32Array;
  /** Key numbers that may be in use are below this. */
  size = 0;
  readonly #rules: KeyRules;
  #slots: Int32Array;
  #mask: number;
  #hashes: Int32Array;
  // Number of the batch a key was last met in: a key that came back meanwhile must not be forgotten.
  #met: Int32Array;
  #batch = 0;
  #free: number[] = [];
  #used = 0;
  /** Keys for which there are slots enough. */
  #room = MIN_SLOTS / 2;
  readonly #scratch = new Int32Array(KEY_WORDS);

  constructor(rules: KeyRules) {
    this.#rules = rules;
    this.#slots = new Int32Array(MIN_SLOTS).fill(-1);
    this.#mask = MIN_SLOTS - 1;
    this.words = new Int32Array(MIN_SLOTS * KEY_WORDS);
    this.#hashes = new Int32Array(MIN_SLOTS);
    this.#met = new Int32Array(MIN_SLOTS);
  }

  /** Keys now known. */
  get live(): number {
    return this.#used;
  }

  /** Gives the batch columns other memory, for example shared memory. */
  useMemory(ids: Int32Array, swaps: Int32Array, quoted: Int32Array): void {
    this.ids = ids;
    this.swaps = swaps;
    this.quoted = quoted;
  }

  /** Numbers the key of every packet of the batch, or of those in a share of it; gives the number of the batch. */
  intern(c: PacketColumns, share?: PacketShare): number {
    const most = c.length, packets = share?.packets, n = share === undefined ? most : share.length;
    if (this.ids.length < most) {
      this.useMemory(new Int32Array(most), new Int32Array(most), new Int32Array(most));
    }
    this.#batch++;
    this.fresh.length = 0;
    const ids = this.ids, swaps = this.swaps;
    const words = c.words;
    const plain = this.#rules.plain, matrix = this.#rules.matrix;
    for (let j = 0; j < n; j++) {
      const i = packets === undefined ? j : packets[j]!;
      if (i < 0) {
        this.#quote(c, ~i);
        continue;
      }
      const x = i * PACKET_WORDS, kind = words[x + PW_KIND]!;
      const low = kind & P_KIND_MASK;
      // TCP and UDP over IPv4 under the default key are nearly all traffic: their key is made from locals, without the scratch row.
      if (plain && (low === P_TCP || (low === P_UDP && words[x + PW_EXTRA] === 0)) && (kind & P_IP6) === 0) {
        let a = words[x + PW_ENDS]!, b = words[x + PW_ENDS + 4]!, p = words[x + PW_PORTS]!;
        let swap = 0;
        if (a !== b ? (a >>> 0) > (b >>> 0) : (p >>> 16) > (p & 0xffff)) {
          const t = a;
          a = b;
          b = t;
          p = (p << 16) | (p >>> 16);
          swap = 1;
        }
        swaps[i] = swap;
        ids[i] = this.#find4(low | (words[x + PW_PROTO]! << 16) | 0x100, a, b, p);
        continue;
      }
      if (plain && (low === P_TCP || low === P_UDP) && (kind & P_IP6) !== 0) {
        ids[i] = this.#find6(
          low | (words[x + PW_PROTO]! << 16) | 0x200,
          words,
          x + PW_ENDS,
          words[x + PW_PORTS]!,
          i,
        );
        continue;
      }
      if (
        low === P_NONE || low === P_DROPPED ||
        (low === P_FRAGMENT && (kind & P_IP6) === 0 && !matrix)
      ) {
        ids[i] = -1;
        continue;
      }
      swaps[i] = keyOfPacket(this.#rules, c, i, this.#scratch);
      ids[i] = this.internWords(this.#scratch);
      if (kind & P_INNER) this.#quote(c, i);
    }
    return this.#batch;
  }

  #quote(c: PacketColumns, i: number): void {
    this.quoted[i] = quotedKey(this.#rules, c, i, this.#scratch) ? this.find(this.#scratch) : -1;
  }

  #find4(k0: number, a: number, b: number, p: number): number {
    let h = Math.imul(k0 ^ a, 0x9e3779b1);
    h ^= h >>> 15;
    h = Math.imul(h ^ b, 0x85ebca77);
    h ^= h >>> 13;
    h = Math.imul(h ^ p, 0xc2b2ae3d);
    h ^= h >>> 16;
    const slots = this.#slots, words = this.words, mask = this.#mask;
    let s = h & mask;
    for (;;) {
      const id = slots[s]!;
      if (id < 0) break;
      const w = id * KEY_WORDS;
      if (
        words[w] === k0 && words[w + 1] === a && words[w + 5] === b && words[w + 9] === p &&
        words[w + 10] === 0
      ) {
        this.#met[id] = this.#batch;
        return id;
      }
      s = (s + 1) & mask;
    }
    const id = this.#insert(h);
    const w = id * KEY_WORDS, to = this.words;
    for (let j = 0; j < KEY_WORDS; j++) to[w + j] = 0;
    to[w] = k0;
    to[w + 1] = a;
    to[w + 5] = b;
    to[w + 9] = p;
    return id;
  }

  /** TCP and UDP over IPv6: higher first differing word first (KEY-2). */
  #find6(k0: number, ends: Int32Array, at: number, p: number, i: number): number {
    let swap = 0;
    for (let j = at; j < at + 4; j++) {
      const x = ends[j]! >>> 0, y = ends[j + 4]! >>> 0;
      if (x !== y) {
        if (x < y) swap = 1;
        break;
      }
    }
    this.swaps[i] = swap;
    const a = swap ? at + 4 : at, b = swap ? at : at + 4;
    if (swap) p = (p << 16) | (p >>> 16);
    const h = hash6(k0, ends, a, b, p);
    const slots = this.#slots, words = this.words, mask = this.#mask;
    let s = h & mask;
    for (;;) {
      const id = slots[s]!;
      if (id < 0) break;
      const w = id * KEY_WORDS;
      // The last words differ most often.
      if (
        words[w + 9] === p && words[w] === k0 && words[w + 4] === ends[a + 3] &&
        words[w + 8] === ends[b + 3] &&
        words[w + 3] === ends[a + 2] && words[w + 7] === ends[b + 2] && words[w + 2] === ends[a + 1] &&
        words[w + 6] === ends[b + 1] && words[w + 1] === ends[a] && words[w + 5] === ends[b]
      ) {
        this.#met[id] = this.#batch;
        return id;
      }
      s = (s + 1) & mask;
    }
    const id = this.#insert(h);
    const w = id * KEY_WORDS, to = this.words;
    to.fill(0, w, w + KEY_WORDS);
    to[w] = k0;
    for (let j = 0; j < 4; j++) {
      to[w + 1 + j] = ends[a + j]!;
      to[w + 5 + j] = ends[b + j]!;
    }
    to[w + 9] = p;
    return id;
  }

  #hash(k: Int32Array): number {
    // Must agree with the short cuts of #find4 and #find6, which see only these words.
    if ((k[0]! & 0xff) <= P_UDP && (k[0]! & 0x200) !== 0 && this.#rules.plain) {
      return hash6(k[0]!, k, 1, 5, k[9]!);
    }
    if ((k[0]! & 0xff) <= P_UDP && (k[0]! & 0x100) !== 0 && this.#rules.plain && k[10] === 0) {
      let h = Math.imul(k[0]! ^ k[1]!, 0x9e3779b1);
      h ^= h >>> 15;
      h = Math.imul(h ^ k[5]!, 0x85ebca77);
      h ^= h >>> 13;
      h = Math.imul(h ^ k[9]!, 0xc2b2ae3d);
      return h ^ (h >>> 16);
    }
    return hashWords(k, 0);
  }

  /** Number of the key with these words, made when new. */
  internWords(k: Int32Array): number {
    const h = this.#hash(k);
    const found = this.#lookup(k, h);
    if (found >= 0) {
      this.#met[found] = this.#batch;
      return found;
    }
    const id = this.#insert(h);
    this.words.set(k, id * KEY_WORDS);
    return id;
  }

  /** Number of the key with these words, or -1. */
  find(k: Int32Array): number {
    return this.#lookup(k, this.#hash(k));
  }

  #lookup(k: Int32Array, h: number): number {
    const slots = this.#slots, words = this.words, mask = this.#mask;
    let s = h & mask;
    for (;;) {
      const id = slots[s]!;
      if (id < 0) return -1;
      let w = id * KEY_WORDS, j = 0;
      while (j < KEY_WORDS && words[w] === k[j]) w++, j++;
      if (j === KEY_WORDS) return id;
      s = (s + 1) & mask;
    }
  }

  #insert(h: number): number {
    if (this.#used >= this.#room) this.#growSlots();
    let id = this.#free.pop();
    if (id === undefined) {
      id = this.size++;
      if (id === this.#hashes.length) this.#growKeys();
    }
    this.#hashes[id] = h;
    this.#met[id] = this.#batch;
    this.fresh.push(id);
    let s = h & this.#mask;
    while (this.#slots[s]! >= 0) s = (s + 1) & this.#mask;
    this.#slots[s] = id;
    this.#used++;
    return id;
  }

  #growKeys(): void {
    const keys = roomier(this.#hashes.length);
    this.words = grown(this.words, keys * KEY_WORDS);
    this.#hashes = grown(this.#hashes, keys);
    this.#met = grown(this.#met, keys);
  }

  #growSlots(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2).fill(-1);
    this.#mask = this.#slots.length - 1;
    // Half full keeps probes short; where the table is far larger than any cache, memory counts for more.
    this.#room = this.#slots.length < LARGE ? this.#slots.length / 2 : this.#slots.length * 3 / 4;
    for (const id of old) {
      if (id < 0) continue;
      let s = this.#hashes[id]! & this.#mask;
      while (this.#slots[s]! >= 0) s = (s + 1) & this.#mask;
      this.#slots[s] = id;
    }
    release(old);
  }

  /** Number of the batch that met a key last. */
  lastMet(id: number): number {
    return this.#met[id]!;
  }

  /** Forgets keys that nobody held at the end of a batch, unless a later batch has met them. */
  forget(ids: Iterable<number>, batch: number): void {
    for (const id of ids) if (this.#met[id]! <= batch) this.#remove(id);
  }

  #remove(id: number): void {
    const slots = this.#slots, mask = this.#mask, hashes = this.#hashes;
    let s = hashes[id]! & mask;
    while (slots[s] !== id) {
      if (slots[s]! < 0) return; // listed twice and gone already
      s = (s + 1) & mask;
    }
    // Backward shift keeps probe runs whole without tombstones.
    let hole = s;
    for (let j = (s + 1) & mask; slots[j]! >= 0; j = (j + 1) & mask) {
      const home = hashes[slots[j]!]! & mask;
      if (((j - home) & mask) >= ((j - hole) & mask)) {
        slots[hole] = slots[j]!;
        hole = j;
      }
    }
    slots[hole] = -1;
    this.#free.push(id);
    this.#used--;
  }
}

/** Which parts make the key under a setting. */
export function keyRulesOf(s: Settings): KeyRules {
  const parts = new Set(s.flowKey);
  const tuple = parts.size === 0 || parts.has("CLASSIC_5_TUPLE");
  return {
    plain: s.flowType === "bidirectional" && parts.size <= 1 && tuple,
    bidirectional: s.flowType === "bidirectional",
    // LAYER_3_MATRIX alone keys by address pair only (KEY-10).
    matrix: parts.has("LAYER_3_MATRIX") && !tuple,
    vlan: parts.has("VLAN"),
    mpls: parts.has("MPLS"),
    layer2: parts.has("LAYER_2"),
    // Under clock `exact` other traffic changes nothing (law 5).
    held: s.quirks === "none" || s.clock === "exact" ? undefined : [0, 0],
  };
}
