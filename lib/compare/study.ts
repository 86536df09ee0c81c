import { grown } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import { asRead, type Evidence, RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { CELLS, LARGER, StudyCounts, UNKNOWN } from "./study_counts.ts";
import type { Peaks, StudyOptions, StudyPart } from "./study_part.ts";
import { SharedSums, type StudySums } from "./study_sums.ts";
import { connectionOf, evidenceOf, isTcp, refOf } from "./ref.ts";
import type { ConnectionFigures, ConnectionRef, RecordRef, SettingFigures, StudyResult } from "./types.ts";

// Words of a connection: id, what is known of its initiator, who it is (for the text).
const HIGH = 0, LOW = 1, BEST = 2, SIGN = 3;
const CONN_WORDS = 4;
const NO_SUMS: StudySums = { records: 0, packets: 0, bytes: 0, unknown: 0, longest: 0 };
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
 * that began first. Records must carry connection ids (meter option `connections`). Records that settings have in common are counted once.
 */
export class StudyBuilder {
  readonly #settings: readonly Settings[];
  readonly #limit: number;
  readonly #k: number;
  readonly #counts = new StudyCounts();
  // Sums of each set of the counts.
  readonly #sums: SharedSums[] = [];
  // Sums that others gathered, by setting.
  readonly #absorbed: StudySums[] = [];
  // The set that a setting alone is.
  readonly #alone: number[] = [];
  #conns: Int32Array = new Int32Array(1024 * CONN_WORDS);
  #begin: Float64Array = new Float64Array(1024);
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
    this.#row.length = 1;
  }

  /** A set of settings, 32 at most, that have records in common; gives its number. */
  share(settings: readonly number[]): number {
    const set = this.#counts.set(settings);
    this.#sums[set] = new SharedSums();
    return set;
  }

  /** Takes records (as read) of the setting with this number. */
  take(setting: number, batch: RecordBatch): void {
    const words = batch.words, set = this.#alone[setting] ??= this.share([setting]);
    for (let row = 0; row < batch.length; row++) {
      const w = row * R.WORDS;
      if (words[w + R.FLAGS]! & R.FLAG_MAR) continue;
      const known = words[w + R.CONN] !== 0 || words[w + R.CONN + 1] !== 0;
      this.#note(set, 1, batch, row, known ? this.#find(words, w) : -1);
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
    this.takeShared(this.#alone[setting] ??= this.share([setting]), 1, own, numbering, number, accepts);
  }

  /**
   * Takes the raw record in row 0, which is changed, for the settings of a set with a bit in `settings`; else as
   * {@linkcode StudyBuilder.takeRaw}.
   */
  takeShared(
    set: number,
    settings: number,
    batch: RecordBatch,
    numbering: number,
    number: number,
    accepts?: (batch: RecordBatch, row: number) => boolean,
  ): void {
    asRead(batch, 0);
    if (accepts !== undefined && !accepts(batch, 0)) return;
    const conn = number < 0 ? -1 : this.#numbered(numbering, number, batch.words);
    this.#note(set, settings, batch, 0, conn);
  }

  /** The connection with this number in a numbering, whose id stands in the first row of these words. */
  #numbered(numbering: number, number: number, words: Int32Array): number {
    let map = this.#numbers[numbering] ??= new Int32Array(1024);
    if (number >= map.length) {
      map = this.#numbers[numbering] = grown(map, Math.max(number + 1, map.length * 2));
    }
    return (map[number] ||= this.#find(words, 0) + 1) - 1;
  }

  /** Counts a record (as read) of a connection, -1 for none, under some settings of a set. */
  #note(set: number, settings: number, batch: RecordBatch, row: number, conn: number): void {
    const words = batch.words, doubles = batch.doubles;
    const w = row * R.WORDS, d = row * R.DOUBLES;
    const packets = doubles[d + R.S_PKTS]! + doubles[d + R.D_PKTS]!;
    const bytes = doubles[d + R.S_BYTES]! + doubles[d + R.D_BYTES]!;
    // As `startOf` and `endOf` have it of records that are none of management.
    const start = R.startTime(batch, row) || 0, length = (R.lastTime(batch, row) || 0) - start;
    const unknown = isTcp(words[w + R.NET]!) &&
      (words[w + R.TCP_STATUS]! & (R.TCP_SYN | R.TCP_SYNACK)) === 0;
    this.#sums[set]!.add(settings, packets, bytes, unknown, length);
    if (conn < 0) return;
    const larger = sourceIsLarger(words, w) ? LARGER : 0;
    this.#counts.add(conn, set, settings, unknown ? larger | UNKNOWN : larger);
    this.#judge(conn, unknown ? R.EVIDENCE_NONE : evidenceOf(batch, row), larger, start);
  }

  /** What this builder has gathered, for {@linkcode StudyBuilder.absorb} of another; it must not be used any more. */
  part(): StudyPart {
    return {
      count: this.#count,
      conns: this.#conns,
      begin: this.#begin,
      kept: this.#kept,
      counts: this.#counts.part(),
      sums: this.#settings.map((_, s) => this.#sumsOf(s)),
    };
  }

  /** Adds what another builder gathered for the settings with these numbers. */
  absorb(part: StudyPart, settings: readonly number[]): void {
    const words = new Int32Array(R.WORDS), at = new Int32Array(part.count);
    for (let i = 0; i < part.count; i++) {
      const c = i * CONN_WORDS;
      for (let j = 0; j < KEPT.length; j++) words[KEPT[j]!] = part.kept[i * KEPT.length + j]!;
      words[R.CONN] = part.conns[c + HIGH]!;
      words[R.CONN + 1] = part.conns[c + LOW]!;
      const conn = at[i] = this.#find(words, 0);
      this.#judge(conn, part.conns[c + BEST]!, part.conns[c + SIGN]!, part.begin[i]!);
    }
    this.#counts.absorb(part.counts, settings, at);
    settings.forEach((s, j) => this.#absorbed[s] = part.sums[j]!);
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
    const k = this.#k, flips = new Float64Array(k), present = new Float64Array(k);
    const cells = new Int32Array(k * CELLS), one = new Int32Array(CELLS);
    const ranked: [score: number, conn: number][] = [];
    // Connections that all settings see alike.
    let alike = 0, alikeFlips = 0;
    for (let conn = 0; conn < this.#count; conn++) {
      const sign = this.#conns[conn * CONN_WORDS + SIGN]!;
      if (this.#counts.agreed(conn, k)) {
        one.fill(0);
        this.#counts.read(conn, one, 1);
        alike++;
        alikeFlips += one[1 - sign]!;
        continue;
      }
      cells.fill(0);
      this.#counts.read(conn, cells);
      let low = Infinity, high = 0, wrong = 0, apart = false;
      for (let s = 0; s < k; s++) {
        const at = s * CELLS, flipped = cells[at + 1 - sign]!, records = cells[at]! + cells[at + 1]!;
        flips[s]! += flipped;
        if (records > 0) present[s]!++;
        low = Math.min(low, records);
        high = Math.max(high, records);
        wrong += flipped + cells[at + 2]!;
        for (let j = 0; j < CELLS; j++) apart ||= cells[at + j] !== cells[j];
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
        this.#settings.map((settings, s) =>
          this.#figures(settings, s, flips[s]! + alikeFlips, present[s]! + alike, peaks[s])
        ),
      ),
      connections: this.#count,
      disputed: Object.freeze(ranked.slice(0, this.#limit).map(([, conn]) => this.#connection(conn))),
      leftOut: Math.max(0, ranked.length - this.#limit),
    });
  }

  /** Sums of a setting, whatever sets it is in. */
  #sumsOf(setting: number): StudySums {
    const all = { ...this.#absorbed[setting] ?? NO_SUMS };
    this.#counts.sets.forEach((settings, set) => {
      const bit = settings.indexOf(setting), sums = bit < 0 ? undefined : this.#sums[set]?.of(bit);
      if (sums === undefined) return;
      all.records += sums.records;
      all.packets += sums.packets;
      all.bytes += sums.bytes;
      all.unknown += sums.unknown;
      all.longest = Math.max(all.longest, sums.longest);
    });
    return all;
  }

  #figures(
    settings: Settings,
    s: number,
    flips: number,
    present: number,
    peak: Peaks | undefined,
  ): SettingFigures {
    const t = this.#sumsOf(s);
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
    const cells = new Int32Array(this.#k * CELLS);
    this.#counts.read(conn, cells);
    const column = (of: (at: number) => number) =>
      Object.freeze(this.#settings.map((_, setting) => of(setting * CELLS)));
    return Object.freeze({
      connection: this.#refOf(conn),
      initiator: sign as 0 | 1,
      evidence: R.EVIDENCES[this.#conns[c + BEST]!] as Evidence,
      records: column((at) => cells[at]! + cells[at + 1]!),
      flips: column((at) => cells[at + 1 - sign]!),
      unknown: column((at) => cells[at + 2]!),
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
