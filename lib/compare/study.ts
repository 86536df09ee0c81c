import { grown } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import { asRead, type Evidence, RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { type Peaks, type StudyOptions, type StudyPart, Tally } from "./study_part.ts";
import { connectionOf, evidenceOf, isTcp, refOf } from "./ref.ts";
import type { ConnectionFigures, ConnectionRef, RecordRef, SettingFigures, StudyResult } from "./types.ts";

// Words of a connection: id, what is known of its initiator, who it is (for the text).
const HIGH = 0, LOW = 1, BEST = 2, SIGN = 3;
const CONN_WORDS = 4;
/** Words of a connection under one setting: records whose source is the smaller end, the larger end, and records with `?`. */
const CELLS = 3;
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

/**
 * Figures over a grid of settings, from the records of one pass: `take` the batches of every setting as they come, then `finish`.
 *
 * Which end opened a connection is judged over all settings: the record with the strongest evidence decides, among equals the one
 * that began first. Records must carry connection ids (meter option `connections`). Costs 12 bytes for each connection and setting.
 */
export class StudyBuilder {
  readonly #settings: readonly Settings[];
  readonly #limit: number;
  readonly #tallies: Tally[];
  readonly #k: number;
  #conns: Int32Array = new Int32Array(1024 * CONN_WORDS);
  #begin: Float64Array = new Float64Array(1024);
  // Setting by setting: connections that live at the same time are neighbours, and so are their counts.
  #cells: Int32Array[];
  // Of each numbering of connections, the connection here by number there, plus 1.
  readonly #numbers: Int32Array[] = [];
  readonly #row = new RecordBatch(1);
  #slots = new Int32Array(4096).fill(-1);
  #count = 0;
  #kept: Int32Array = new Int32Array(1024 * KEPT.length);

  /** A study of these settings; their places are the numbers that `take` is given. */
  constructor(settings: readonly Settings[], options: StudyOptions = {}) {
    this.#settings = settings;
    this.#limit = options.limit ?? 1000;
    this.#k = settings.length;
    this.#tallies = settings.map(() => new Tally());
    this.#cells = settings.map(() => new Int32Array(1024 * CELLS));
    this.#row.length = 1;
  }

  /** Takes records (as read) of the setting with this number. */
  take(setting: number, batch: RecordBatch): void {
    const words = batch.words;
    for (let row = 0; row < batch.length; row++) {
      const w = row * R.WORDS;
      if (words[w + R.FLAGS]! & R.FLAG_MAR) continue;
      const known = words[w + R.CONN] !== 0 || words[w + R.CONN + 1] !== 0;
      this.#note(setting, batch, row, known ? this.#find(words, w) : -1);
    }
  }

  /**
   * Takes a raw row of the setting with this number as its meter reports it, if the record passes the filter.
   *
   * @param numbering which numbering of connections `number` belongs to
   * @param number dense number of the row's connection there, -1 for none
   */
  takeRaw(
    setting: number,
    from: RecordBatch,
    row: number,
    numbering: number,
    number: number,
    accepts?: (batch: RecordBatch, row: number) => boolean,
  ): void {
    const own = this.#row, words = own.words, doubles = own.doubles, given = from.words;
    const w = row * R.WORDS, d = row * R.DOUBLES;
    if (accepts !== undefined) own.copyRow(0, from, row);
    else {
      // What reading a record goes by, and what is counted: a row is 400 bytes, and there are many.
      for (let i = 0; i <= R.TCP_STATUS; i++) words[i] = given[w + i]!;
      for (let i = R.T_WIN; i <= R.T_FLAGS; i++) {
        words[R.SIDE + i] = given[w + R.SIDE + i]!;
        words[R.DSIDE + i] = given[w + R.DSIDE + i]!;
      }
      words[R.CONN] = given[w + R.CONN]!;
      words[R.CONN + 1] = given[w + R.CONN + 1]!;
      for (let i = 0; i <= R.D_BYTES; i++) doubles[i] = from.doubles[d + i]!;
    }
    asRead(own, 0);
    if (accepts !== undefined && !accepts(own, 0)) return;
    this.#note(setting, own, 0, number < 0 ? -1 : this.#numbered(numbering, number));
  }

  /** Gives setting `to`, which has had no records, those of setting `from`. */
  copy(from: number, to: number): void {
    Object.assign(this.#tallies[to]!, this.#tallies[from]!);
    this.#cells[to] = this.#cells[from]!.slice();
  }

  /** The connection of row 0 of the own batch, by its number in a numbering. */
  #numbered(numbering: number, number: number): number {
    let map = this.#numbers[numbering] ??= new Int32Array(1024);
    if (number >= map.length) {
      const next = new Int32Array(Math.max(number + 1, map.length * 2));
      next.set(map);
      map = this.#numbers[numbering] = next;
    }
    return (map[number] ||= this.#find(this.#row.words, 0) + 1) - 1;
  }

  /** Counts a record (as read) of a connection, -1 for none. */
  #note(setting: number, batch: RecordBatch, row: number, conn: number): void {
    const tally = this.#tallies[setting]!, words = batch.words, doubles = batch.doubles;
    const w = row * R.WORDS, d = row * R.DOUBLES;
    tally.records++;
    tally.packets += doubles[d + R.S_PKTS]! + doubles[d + R.D_PKTS]!;
    tally.bytes += doubles[d + R.S_BYTES]! + doubles[d + R.D_BYTES]!;
    // As `startOf` and `endOf` have it of records that are none of management.
    const start = R.startTime(batch, row) || 0, length = (R.lastTime(batch, row) || 0) - start;
    if (length > tally.longest) tally.longest = length;
    const unknown = isTcp(words[w + R.NET]!) &&
      (words[w + R.TCP_STATUS]! & (R.TCP_SYN | R.TCP_SYNACK)) === 0;
    if (unknown) tally.unknown++;
    if (conn < 0) return;
    const larger = sourceIsLarger(words, w) ? 1 : 0;
    const cells = this.#cells[setting]!, cell = conn * CELLS;
    cells[cell + larger]!++;
    if (unknown) cells[cell + 2]!++;
    this.#judge(conn, unknown ? R.EVIDENCE_NONE : evidenceOf(batch, row), larger, start);
  }

  /** What this builder has gathered, for {@linkcode StudyBuilder.absorb} of another; it must not be used any more. */
  part(): StudyPart {
    return {
      count: this.#count,
      conns: this.#conns,
      begin: this.#begin,
      cells: this.#cells,
      kept: this.#kept,
      tallies: this.#tallies.map(({ records, packets, bytes, unknown, longest }) => ({
        records,
        packets,
        bytes,
        unknown,
        longest,
      })),
    };
  }

  /** Adds what another builder gathered for the settings with these numbers; its arrays may become this one's. */
  absorb(part: StudyPart, settings: readonly number[]): void {
    settings.forEach((s, j) => Object.assign(this.#tallies[s]!, part.tallies[j]!));
    if (this.#count === 0) {
      this.#count = part.count;
      this.#conns = part.conns;
      this.#begin = part.begin;
      this.#kept = part.kept;
      this.#cells = this.#cells.map((_, s) =>
        part.cells[settings.indexOf(s)] ?? new Int32Array(part.begin.length * CELLS)
      );
      let length = this.#slots.length;
      while (2 * this.#count >= length) length *= 2;
      this.#rehash(length);
      return;
    }
    const words = new Int32Array(R.WORDS), at = new Int32Array(part.count);
    for (let i = 0; i < part.count; i++) {
      const c = i * CONN_WORDS;
      for (let j = 0; j < KEPT.length; j++) words[KEPT[j]!] = part.kept[i * KEPT.length + j]!;
      words[R.CONN] = part.conns[c + HIGH]!;
      words[R.CONN + 1] = part.conns[c + LOW]!;
      const conn = at[i] = this.#find(words, 0);
      this.#judge(conn, part.conns[c + BEST]!, part.conns[c + SIGN]!, part.begin[i]!);
    }
    settings.forEach((s, j) => {
      const cells = this.#cells[s]!, from = part.cells[j]!;
      for (let i = 0; i < part.count; i++) {
        for (let cell = 0; cell < CELLS; cell++) cells[at[i]! * CELLS + cell] = from[i * CELLS + cell]!;
      }
    });
  }

  /** The strongest evidence decides which end opened a connection; among equals the record that began first. */
  #judge(conn: number, noted: number, larger: number, start: number): void {
    const c = conn * CONN_WORDS, best = this.#conns[c + BEST]!;
    if (noted < best || (noted === best && start < this.#begin[conn]!)) {
      this.#conns[c + BEST] = noted;
      this.#conns[c + SIGN] = larger;
      this.#begin[conn] = start;
    }
  }

  /** The figures; `peaks` in the order of the settings, where the meters were asked. */
  finish(peaks: readonly (Peaks | undefined)[] = []): StudyResult {
    const flips = new Float64Array(this.#k), present = new Float64Array(this.#k);
    const ranked: [score: number, conn: number][] = [];
    for (let conn = 0; conn < this.#count; conn++) {
      const sign = this.#conns[conn * CONN_WORDS + SIGN]!;
      let low = Infinity, high = 0, wrong = 0, apart = false;
      for (let s = 0; s < this.#k; s++) {
        const cells = this.#cells[s]!, at = conn * CELLS;
        const right = cells[at + sign]!, flipped = cells[at + 1 - sign]!;
        flips[s]! += flipped;
        if (right + flipped > 0) present[s]!++;
        low = Math.min(low, right + flipped);
        high = Math.max(high, right + flipped);
        wrong += flipped + cells[at + 2]!;
        for (let j = 0; j < CELLS; j++) apart ||= cells[at + j] !== this.#cells[0]![at + j];
      }
      // Exchanged and unknown directions first, then what is cut most differently.
      if (apart) ranked.push([wrong * 1000 + high - low, conn]);
    }
    // Which record came first says nothing: it depends on who metered what.
    const conns = this.#conns, begin = this.#begin;
    ranked.sort(([x, a], [y, b]) =>
      y - x || begin[a]! - begin[b]! ||
      (conns[a * CONN_WORDS + HIGH]! >>> 0) - (conns[b * CONN_WORDS + HIGH]! >>> 0) ||
      (conns[a * CONN_WORDS + LOW]! >>> 0) - (conns[b * CONN_WORDS + LOW]! >>> 0)
    );
    return Object.freeze({
      settings: Object.freeze(
        this.#settings.map((settings, s) => this.#figures(settings, s, flips[s]!, present[s]!, peaks[s])),
      ),
      connections: this.#count,
      disputed: Object.freeze(ranked.slice(0, this.#limit).map(([, conn]) => this.#connection(conn))),
      leftOut: Math.max(0, ranked.length - this.#limit),
    });
  }

  #figures(
    settings: Settings,
    s: number,
    flips: number,
    present: number,
    peak: Peaks | undefined,
  ): SettingFigures {
    const t = this.#tallies[s]!;
    return Object.freeze({
      name: settings.name,
      settings,
      records: t.records,
      packets: t.packets,
      bytes: t.bytes,
      connections: present,
      unknownDirections: t.unknown,
      flips,
      splits: t.records - present,
      merges: this.#count - present,
      peakFlows: peak?.flows ?? NaN,
      peakBytes: peak?.bytes ?? NaN,
      longestRecord: t.longest,
    });
  }

  #connection(conn: number): ConnectionFigures {
    const c = conn * CONN_WORDS, sign = this.#conns[c + SIGN]!;
    const at = conn * CELLS;
    const column = (of: (cells: Int32Array) => number) => Object.freeze(this.#cells.map(of));
    return Object.freeze({
      connection: this.#refOf(conn),
      initiator: sign as 0 | 1,
      evidence: R.EVIDENCES[this.#conns[c + BEST]!] as Evidence,
      records: column((cells) => cells[at]! + cells[at + 1]!),
      flips: column((cells) => cells[at + 1 - sign]!),
      unknown: column((cells) => cells[at + 2]!),
    });
  }

  #refOf(conn: number): ConnectionRef {
    const batch = new RecordBatch(1);
    batch.addBlank();
    for (let j = 0; j < KEPT.length; j++) batch.words[KEPT[j]!] = this.#kept[conn * KEPT.length + j]!;
    const ref: RecordRef = refOf(batch, 0, 0);
    return connectionOf(ref, !sourceIsLarger(batch.words, 0), ref.connection);
  }

  /** The connection whose id stands in this row, made when new. */
  #find(words: Int32Array, w: number): number {
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
    const conn = this.#count++;
    if ((conn + 1) * CONN_WORDS > this.#conns.length) this.#growConns();
    const c = conn * CONN_WORDS;
    this.#conns[c + HIGH] = high;
    this.#conns[c + LOW] = low;
    this.#conns[c + BEST] = 0xff;
    this.#begin[conn] = Infinity;
    for (let j = 0; j < KEPT.length; j++) {
      this.#kept[conn * KEPT.length + j] = words[w + KEPT[j]!]!;
    }
    slots[s] = conn;
    if (2 * this.#count >= slots.length) this.#rehash(slots.length * 2);
    return conn;
  }

  #rehash(length: number): void {
    const slots = this.#slots = new Int32Array(length).fill(-1), mask = length - 1;
    for (let i = 0; i < this.#count; i++) {
      let s = this.#conns[i * CONN_WORDS + LOW]! & mask;
      while (slots[s]! >= 0) s = (s + 1) & mask;
      slots[s] = i;
    }
  }

  #growConns(): void {
    this.#conns = grown(this.#conns, 2 * this.#conns.length);
    this.#begin = grown(this.#begin, 2 * this.#begin.length);
    this.#kept = grown(this.#kept, 2 * this.#kept.length);
    this.#cells = this.#cells.map((cells) => grown(cells, 2 * cells.length));
  }
}

/** Whether the source of a row is the larger of its two ends, addresses as unsigned numbers, then ports. */
function sourceIsLarger(words: Int32Array, w: number): boolean {
  for (let j = 0; j < 4; j++) {
    const a = words[w + R.SADDR + j]! >>> 0, b = words[w + R.DADDR + j]! >>> 0;
    if (a !== b) return a > b;
  }
  return (words[w + R.SPORT]! >>> 0) > (words[w + R.DPORT]! >>> 0);
}
