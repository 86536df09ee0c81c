import { grown } from "../base/mod.ts";
import { IS_FLIPPED, type Judge } from "./classify.ts";
import { connectionOf, refOf } from "./ref.ts";
import type { Shelf } from "./shelf.ts";
import * as S from "./shelf_words.ts";
import type { ConnectionRef, Difference } from "./types.ts";

/**
 * Differences as rows of a shelf, some words each: they become objects when somebody asks for them, which for most of a large
 * comparison nobody does.
 */
export class KeptDifferences {
  readonly #shelf: Shelf;
  readonly #judge: Judge;
  // Of each difference: left and right rows by number, then the rows.
  #rows = new Int32Array(256);
  #end = 0;
  #at = new Int32Array(64);
  #classes = new Int32Array(64);
  // Place in the order in which differences are kept as long as there is room.
  #ranks = new Int32Array(64);
  #starts = new Float64Array(64);
  #highest = -1;
  #count = 0;
  #leftOut = 0;
  readonly #limit: number;
  // In order of time, once closed.
  #order: Int32Array = new Int32Array(0);

  /** None yet; `limit` is how many there may be at most. */
  constructor(shelf: Shelf, judge: Judge, limit: number) {
    this.#shelf = shelf;
    this.#judge = judge;
    this.#limit = limit;
  }

  /** How many wait to be put in order. */
  get count(): number {
    return this.#count;
  }

  /** How many there are, once closed. */
  get length(): number {
    return this.#order.length;
  }

  /** Keeps a component: rows `leftFrom` to `leftEnd` of `left` (exclusive) and the same of `right`. */
  push(
    classes: number,
    rank: number,
    left: Int32Array,
    leftFrom: number,
    leftEnd: number,
    right: Int32Array,
    rightFrom: number,
    rightEnd: number,
  ): void {
    const n = this.#count, lefts = leftEnd - leftFrom, rights = rightEnd - rightFrom;
    if (n >= this.#limit && rank >= this.#highest) {
      this.#leftOut++;
      return;
    }
    if (rank > this.#highest) this.#highest = rank;
    if (n === this.#at.length) {
      this.#at = grown(this.#at, 2 * n);
      this.#classes = grown(this.#classes, 2 * n);
      this.#ranks = grown(this.#ranks, 2 * n);
      this.#starts = grown(this.#starts, 2 * n);
    }
    let e = this.#end;
    const room = e + 2 + lefts + rights;
    if (room > this.#rows.length) this.#rows = grown(this.#rows, 2 * room);
    const rows = this.#rows, doubles = this.#shelf.doubles;
    const l = lefts === 0 ? Infinity : doubles[left[leftFrom]! * S.ROW_DOUBLES + S.START]!;
    const r = rights === 0 ? Infinity : doubles[right[rightFrom]! * S.ROW_DOUBLES + S.START]!;
    this.#at[n] = e;
    this.#classes[n] = classes;
    this.#ranks[n] = rank;
    this.#starts[n] = l < r ? l : r;
    rows[e++] = lefts;
    rows[e++] = rights;
    for (let i = leftFrom; i < leftEnd; i++) rows[e++] = left[i]!;
    for (let j = rightFrom; j < rightEnd; j++) rows[e++] = right[j]!;
    this.#end = e;
    this.#count++;
  }

  /** Leaves out all but those of the lowest ranks and puts these in order of time; gives how many are left out. */
  close(): number {
    const kept = this.#lowest();
    const starts = this.#starts, texts = new Map<number, string>();
    const text = (n: number): string => {
      let known = texts.get(n);
      if (known === undefined) texts.set(n, known = this.#connection(n).text);
      return known;
    };
    const place = (n: number): number => {
      const at = this.#at[n]!, rows = this.#rows, lefts = rows[at]!, rights = rows[at + 1]!;
      const l = lefts === 0 ? Infinity : this.#shelf.indexOf(rows[at + 2]!);
      const r = rights === 0 ? Infinity : this.#shelf.indexOf(rows[at + 2 + lefts]!);
      return Math.min(l, r);
    };
    kept.sort((a, b) => {
      const by = starts[a]! - starts[b]!;
      if (by !== 0) return by;
      const s = text(a), t = text(b);
      return s < t ? -1 : s > t ? 1 : place(a) - place(b);
    });
    this.#order = kept;
    return this.#leftOut + this.#count - kept.length;
  }

  #lowest(): Int32Array {
    const count = this.#count, limit = this.#limit;
    if (count <= limit) return new Int32Array(count).map((_, n) => n);
    const ranks = this.#ranks.slice(0, count).sort();
    const last = limit > 0 ? ranks[limit - 1]! : -1;
    let ties = limit - ranks.indexOf(last);
    const kept = new Int32Array(Math.max(0, limit));
    for (let n = 0, k = 0; n < count && k < kept.length; n++) {
      const rank = this.#ranks[n]!;
      if (rank < last || rank === last && ties-- > 0) kept[k++] = n;
    }
    return kept;
  }

  /** Whether a difference (by its place in time) is of the class `flipped`. */
  isFlipped(place: number): boolean {
    return (this.#classes[this.#order[place]!]! & IS_FLIPPED) !== 0;
  }

  /** Rows of the side not to be believed that flipped: its side, 0 or 1, and their numbers on the shelf. */
  flippedRows(place: number): { side: 0 | 1; rows: number[] } {
    const at = this.#judged(this.#order[place]!), verdict = this.#judge.verdict();
    const side = verdict.believe === "right" ? 0 : 1;
    const from = at + 2 + (side === 0 ? 0 : this.#rows[at]!);
    const places = side === 0 ? verdict.flipped.left : verdict.flipped.right;
    return { side, rows: places.map((p) => this.#rows[from + p]!) };
  }

  /** The difference at a place in time, made anew. */
  difference(place: number): Difference {
    const n = this.#order[place]!, at = this.#judged(n), verdict = this.#judge.verdict();
    const shelf = this.#shelf, rows = this.#rows, lefts = rows[at]!, rights = rows[at + 1]!;
    const refs = (from: number, length: number) =>
      Object.freeze(Array.from({ length }, (_, i) => {
        const row = rows[from + i]!;
        return refOf(shelf.restore(row), 0, shelf.indexOf(row));
      }));
    return Object.freeze({
      class: verdict.classes[0]!,
      classes: verdict.classes,
      connection: this.#connection(n),
      left: refs(at + 2, lefts),
      right: refs(at + 2 + lefts, rights),
      changed: verdict.changed,
      flipped: verdict.flipped,
      unknown: verdict.unknown,
      believe: verdict.believe,
    });
  }

  #judged(n: number): number {
    const at = this.#at[n]!, rows = this.#rows, from = at + 2, middle = from + rows[at]!;
    this.#judge.judge(rows, from, middle, rows, middle, middle + rows[at + 1]!);
    return at;
  }

  #connection(n: number): ConnectionRef {
    const at = this.#at[n]!, rows = this.#rows, shelf = this.#shelf, lefts = rows[at]!;
    const firsts = [lefts > 0 ? rows[at + 2]! : 0, rows[at + 1]! > 0 ? rows[at + 2 + lefts]! : 0];
    const [row = 0] = firsts.filter((r) => r !== 0);
    const refs = firsts.filter((r) => r !== 0).map((r) => refOf(shelf.restore(r), 0, 0));
    const [id = ""] = refs.map((r) => r.connection).filter((text) => text !== "").sort();
    return connectionOf(refs[0]!, shelf.words[row * S.ROW_WORDS + S.SWAP] === 0, id);
  }
}
