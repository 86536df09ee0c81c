import { grown } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import { connectionOf, refOf } from "./ref.ts";
import type { ConnectionRef, RecordRef } from "./types.ts";

// Words of a connection: id, what is known of its initiator.
const HIGH = 0, LOW = 1, BEST = 2, SIGN = 3;
const CONN_WORDS = 4;
/** Words of a connection's first record from which its text is made. */
const KEPT: readonly number[] = [
  R.KEY_TYPE,
  ...[0, 1, 2, 3].flatMap((j) => [R.SADDR + j, R.DADDR + j]),
  R.PROTO,
  R.SPORT,
  R.DPORT,
  R.NET,
  R.CONN,
  R.CONN + 1,
];

/** Connections on their way between threads, as plain arrays that may be longer than their contents. */
export interface ConnectionsPart {
  /** Connections. */
  readonly count: number;
  /** Id and judgement of each. */
  readonly conns: Int32Array;
  /** Start of the record that decided, microseconds. */
  readonly begin: Float64Array;
  /** What the text of a connection is made from. */
  readonly kept: Int32Array;
}

/** The connections of a study, found by their ids, and which end opened each, judged over all settings. */
export class StudyConnections {
  /** Connections so far; they are numbered from 0. */
  count = 0;
  #conns: Int32Array = new Int32Array(1024 * CONN_WORDS);
  #begin: Float64Array = new Float64Array(1024);
  #kept: Int32Array = new Int32Array(1024 * KEPT.length);
  #slots = new Int32Array(4096).fill(-1);
  // Of each numbering of connections, the connection here by number there, plus 1.
  readonly #numbers: Int32Array[] = [];

  /** The connection with this number in a numbering, whose id stands in the first row of these words. */
  numbered(numbering: number, number: number, words: Int32Array): number {
    let map = this.#numbers[numbering] ??= new Int32Array(1024);
    if (number >= map.length) {
      map = this.#numbers[numbering] = grown(map, Math.max(number + 1, map.length * 2));
    }
    return (map[number] ||= this.find(words, 0) + 1) - 1;
  }

  /** The connection whose id stands in the row at `w`, made when new. */
  find(words: Int32Array, w: number): number {
    const high = words[w + R.CONN]!, low = words[w + R.CONN + 1]!;
    const slots = this.#slots, mask = slots.length - 1;
    let s = low & mask;
    for (;; s = (s + 1) & mask) {
      const conn = slots[s]!;
      if (conn < 0) break;
      if (this.#conns[conn * CONN_WORDS + HIGH] === high && this.#conns[conn * CONN_WORDS + LOW] === low) {
        return conn;
      }
    }
    const conn = this.count++;
    if ((conn + 1) * CONN_WORDS > this.#conns.length) this.#grow();
    const c = conn * CONN_WORDS;
    this.#conns[c + HIGH] = high;
    this.#conns[c + LOW] = low;
    this.#conns[c + BEST] = 0xff;
    this.#begin[conn] = Infinity;
    for (let j = 0; j < KEPT.length; j++) {
      this.#kept[conn * KEPT.length + j] = words[w + KEPT[j]!]!;
    }
    slots[s] = conn;
    if (2 * this.count >= slots.length) this.#rehash(slots.length * 2);
    return conn;
  }

  /**
   * The strongest evidence decides which end opened a connection; among equals the record that began first.
   *
   * @param larger 1 when the record's source is the larger of the two ends
   */
  judge(conn: number, noted: number, larger: number, start: number): void {
    const c = conn * CONN_WORDS, best = this.#conns[c + BEST]!;
    if (noted < best || (noted === best && start < this.#begin[conn]!)) {
      this.#conns[c + BEST] = noted;
      this.#conns[c + SIGN] = larger;
      this.#begin[conn] = start;
    }
  }

  /** The end that opened a connection, 1 for the larger of the two. */
  initiator(conn: number): 0 | 1 {
    return this.#conns[conn * CONN_WORDS + SIGN]! as 0 | 1;
  }

  /** Evidence for it (`EVIDENCE_*`). */
  evidence(conn: number): number {
    return this.#conns[conn * CONN_WORDS + BEST]!;
  }

  /** Order by start of the record that decided, then by id: which record came first depends on who metered what. */
  compare(a: number, b: number): number {
    const conns = this.#conns, x = a * CONN_WORDS, y = b * CONN_WORDS;
    return this.#begin[a]! - this.#begin[b]! ||
      (conns[x + HIGH]! >>> 0) - (conns[y + HIGH]! >>> 0) ||
      (conns[x + LOW]! >>> 0) - (conns[y + LOW]! >>> 0);
  }

  /** Who a connection is. */
  refOf(conn: number): ConnectionRef {
    const batch = new RecordBatch(1);
    batch.addBlank();
    for (let j = 0; j < KEPT.length; j++) batch.words[KEPT[j]!] = this.#kept[conn * KEPT.length + j]!;
    const ref: RecordRef = refOf(batch, 0, 0);
    return connectionOf(ref, !sourceIsLarger(batch.words, 0), ref.connection);
  }

  /** What has been gathered; it must not be used here any more. */
  part(): ConnectionsPart {
    return { count: this.count, conns: this.#conns, begin: this.#begin, kept: this.#kept };
  }

  /** Adds what another gathered; gives the number that each of its connections has here. */
  absorb(part: ConnectionsPart): Int32Array {
    const words = new Int32Array(R.WORDS), at = new Int32Array(part.count);
    for (let i = 0; i < part.count; i++) {
      for (let j = 0; j < KEPT.length; j++) words[KEPT[j]!] = part.kept[i * KEPT.length + j]!;
      const c = i * CONN_WORDS, conn = at[i] = this.find(words, 0);
      this.judge(conn, part.conns[c + BEST]!, part.conns[c + SIGN]!, part.begin[i]!);
    }
    return at;
  }

  #rehash(length: number): void {
    const slots = this.#slots = new Int32Array(length).fill(-1), mask = length - 1;
    for (let i = 0; i < this.count; i++) {
      let s = this.#conns[i * CONN_WORDS + LOW]! & mask;
      while (slots[s]! >= 0) s = (s + 1) & mask;
      slots[s] = i;
    }
  }

  #grow(): void {
    this.#conns = grown(this.#conns, 2 * this.#conns.length);
    this.#begin = grown(this.#begin, 2 * this.#begin.length);
    this.#kept = grown(this.#kept, 2 * this.#kept.length);
  }
}

/** Whether the source of a row is the larger of its two ends, addresses as unsigned numbers, then ports. */
export function sourceIsLarger(words: Int32Array, w: number): boolean {
  for (let j = 0; j < 4; j++) {
    const a = words[w + R.SADDR + j]! >>> 0, b = words[w + R.DADDR + j]! >>> 0;
    if (a !== b) return a > b;
  }
  return (words[w + R.SPORT]! >>> 0) > (words[w + R.DPORT]! >>> 0);
}
