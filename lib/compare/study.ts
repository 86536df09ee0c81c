import * as R from "../record/mod.ts";
import { asRead, type Evidence, RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { sourceIsLarger, StudyConnections } from "./study_connections.ts";
import { CELLS, LARGER, StudyCounts, UNKNOWN } from "./study_counts.ts";
import { StudyDisputes } from "./study_disputes.ts";
import type { Peaks, StudyOptions, StudyPart } from "./study_part.ts";
import { SharedSums, type StudySums } from "./study_sums.ts";
import { evidenceOf, isTcp } from "./ref.ts";
import type { ConnectionFigures, SettingFigures, StudyResult } from "./types.ts";

const NO_SUMS: StudySums = { records: 0, packets: 0, bytes: 0, unknown: 0, longest: 0 };

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
  readonly #conns = new StudyConnections();
  readonly #counts = new StudyCounts();
  // Sums of each set of the counts.
  readonly #sums: SharedSums[] = [];
  // Sums that others gathered, by setting.
  readonly #absorbed: StudySums[] = [];
  // The set that a setting alone is.
  readonly #alone: number[] = [];
  readonly #row = new RecordBatch(1);

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
      this.#note(set, 1, batch, row, known ? this.#conns.find(words, w) : -1);
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
    const conn = number < 0 ? -1 : this.#conns.numbered(numbering, number, batch.words);
    this.#note(set, settings, batch, 0, conn);
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
    this.#conns.judge(conn, unknown ? R.EVIDENCE_NONE : evidenceOf(batch, row), larger, start);
  }

  /** What this builder has gathered, for {@linkcode StudyBuilder.absorb} of another; it must not be used any more. */
  part(): StudyPart {
    return {
      connections: this.#conns.part(),
      counts: this.#counts.part(),
      sums: this.#settings.map((_, s) => this.#sumsOf(s)),
    };
  }

  /** Adds what another builder gathered for the settings with these numbers. */
  absorb(part: StudyPart, settings: readonly number[]): void {
    this.#counts.absorb(part.counts, settings, this.#conns.absorb(part.connections));
    settings.forEach((s, j) => this.#absorbed[s] = part.sums[j]!);
  }

  /** The figures; `peaks` in the order of the settings, where the meters were asked. */
  finish(peaks: readonly (Peaks | undefined)[] = []): StudyResult {
    const k = this.#k, flips = new Float64Array(k), present = new Float64Array(k);
    const cells = new Int32Array(k * CELLS), one = new Int32Array(CELLS);
    const conns = this.#conns, disputes = new StudyDisputes();
    // Connections that all settings see alike.
    let alike = 0, alikeFlips = 0;
    for (let conn = 0; conn < conns.count; conn++) {
      const sign = conns.initiator(conn);
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
      if (apart) disputes.add(conn, wrong * 1000 + high - low);
    }
    const worst = disputes.worst(this.#limit, (a, b) => conns.compare(a, b));
    return Object.freeze({
      settings: Object.freeze(
        this.#settings.map((settings, s) =>
          this.#figures(settings, s, flips[s]! + alikeFlips, present[s]! + alike, peaks[s])
        ),
      ),
      connections: conns.count,
      disputed: Object.freeze(worst.map((conn) => this.#connection(conn))),
      leftOut: disputes.count - worst.length,
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
      merges: this.#conns.count - present,
      peakFlows: peak?.flows ?? NaN,
      peakBytes: peak?.bytes ?? NaN,
      longestRecord: t.longest,
    });
  }

  #connection(conn: number): ConnectionFigures {
    const sign = this.#conns.initiator(conn), cells = new Int32Array(this.#k * CELLS);
    this.#counts.read(conn, cells);
    const column = (of: (at: number) => number) =>
      Object.freeze(this.#settings.map((_, setting) => of(setting * CELLS)));
    return Object.freeze({
      connection: this.#conns.refOf(conn),
      initiator: sign,
      evidence: R.EVIDENCES[this.#conns.evidence(conn)] as Evidence,
      records: column((at) => cells[at]! + cells[at + 1]!),
      flips: column((at) => cells[at + 1 - sign]!),
      unknown: column((at) => cells[at + 2]!),
    });
  }
}
