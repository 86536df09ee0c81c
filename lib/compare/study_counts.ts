import { grown } from "../base/mod.ts";

/** Words of an entry: the next of the same connection, set << 2 | what kind of records, settings that had them, how many each. */
const NEXT = 0, TAG = 1, SETTINGS = 2, COUNT = 3;
const WORDS = 4;

/** The source is the larger of the two ends. */
export const LARGER = 1;
/** The direction is not known. */
export const UNKNOWN = 2;

/** Counts of a connection under one setting: records whose source is the smaller end, the larger end, and records with `?`. */
export const CELLS = 3;

/**
 * How many records of which kind each connection has under each setting. Settings come in sets, each a bit of its set: what many of them
 * have in common is counted once, which for most connections is all there is.
 */
export class StudyCounts {
  /** Numbers of the settings of each set, by bit. */
  readonly sets: (readonly number[])[] = [];
  // First entry of each connection; entry 0 is none.
  #heads = new Int32Array(1024);
  #entries = new Int32Array(1024 * WORDS);
  #used = 1;

  /** Adds a set; gives its number. */
  set(settings: readonly number[]): number {
    return this.sets.push(settings) - 1;
  }

  /** Counts records of a connection under the settings of a set. */
  add(conn: number, set: number, settings: number, kind: number, count = 1): void {
    if (conn >= this.#heads.length) this.#heads = grown(this.#heads, Math.max(conn + 1, 2 * conn));
    const entries = this.#entries, tag = set << 2 | kind;
    const head = this.#heads[conn]!;
    for (let e = head; e !== 0; e = entries[e * WORDS + NEXT]!) {
      if (entries[e * WORDS + SETTINGS] === settings && entries[e * WORDS + TAG] === tag) {
        entries[e * WORDS + COUNT]! += count;
        return;
      }
    }
    const e = this.#used++, at = e * WORDS;
    if (at === this.#entries.length) this.#entries = grown(this.#entries, 2 * this.#entries.length);
    this.#entries[at + NEXT] = head;
    this.#entries[at + TAG] = tag;
    this.#entries[at + SETTINGS] = settings;
    this.#entries[at + COUNT] = count;
    this.#heads[conn] = e;
  }

  /** Whether all of so many settings have the same records of a connection. */
  agreed(conn: number, settings: number): boolean {
    const entries = this.#entries;
    for (let e = this.#heads[conn]!; e !== 0; e = entries[e * WORDS + NEXT]!) {
      const size = this.sets[entries[e * WORDS + TAG]! >> 2]!.length;
      if (size !== settings || entries[e * WORDS + SETTINGS] !== (size === 32 ? -1 : (1 << size) - 1)) {
        return false;
      }
    }
    return true;
  }

  /** Adds the counts of a connection to cells, {@linkcode CELLS} a setting; `most` stops after so many settings. */
  read(conn: number, cells: Int32Array, most = Infinity): void {
    const entries = this.#entries;
    for (let e = this.#heads[conn]!; e !== 0; e = entries[e * WORDS + NEXT]!) {
      const tag = entries[e * WORDS + TAG]!, count = entries[e * WORDS + COUNT]!, set = this.sets[tag >> 2]!;
      for (let left = entries[e * WORDS + SETTINGS]!; left !== 0; left &= left - 1) {
        const setting = set[31 - Math.clz32(left & -left)]!;
        if (setting >= most) continue;
        cells[setting * CELLS + (tag & LARGER)]! += count;
        if (tag & UNKNOWN) cells[setting * CELLS + 2]! += count;
      }
    }
  }

  /** What has been counted, as plain arrays that may be longer than their contents. */
  part(): CountsPart {
    return { sets: this.sets, heads: this.#heads, entries: this.#entries };
  }

  /** Adds what another counted: its settings and connections have other numbers here. */
  absorb(part: CountsPart, settings: readonly number[], conns: Int32Array): void {
    const sets = part.sets.map((set) => this.set(set.map((s) => settings[s]!)));
    const entries = part.entries;
    for (let conn = 0; conn < conns.length; conn++) {
      for (let e = part.heads[conn]!; e > 0; e = entries[e * WORDS + NEXT]!) {
        const tag = entries[e * WORDS + TAG]!;
        this.add(
          conns[conn]!,
          sets[tag >> 2]!,
          entries[e * WORDS + SETTINGS]!,
          tag & 3,
          entries[e * WORDS + COUNT]!,
        );
      }
    }
  }
}

/** Counts on their way between threads. */
export interface CountsPart {
  /** Numbers of the settings of each set. */
  readonly sets: readonly (readonly number[])[];
  /** First entry of each connection. */
  readonly heads: Int32Array;
  /** The entries. */
  readonly entries: Int32Array;
}
