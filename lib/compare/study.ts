import * as R from "../record/mod.ts";
import { type Evidence, RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { connectionOf, endOf, evidenceOf, isTcp, refOf, startOf } from "./ref.ts";
import type { ConnectionFigures, ConnectionRef, RecordRef, SettingFigures, StudyResult } from "./types.ts";

/** Peaks of one meter, told when its pass is over. */
export interface Peaks {
  /** Most entries alive at once. */
  readonly flows: number;
  /** Bytes those entries took. */
  readonly bytes: number;
}

/** How a study is kept. */
export interface StudyOptions {
  /** Most disputed connections listed. Default 1000. */
  readonly limit?: number;
}

// Words of a connection: id, what is known of its initiator, who it is (for the text).
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

/** What some of a study's settings gave, as plain arrays: how a study that was divided among threads comes together. */
export interface StudyPart {
  /** Connections. */
  readonly count: number;
  /** Id and judgement of each. */
  readonly conns: Int32Array;
  /** Start of the record that decided, microseconds. */
  readonly begin: Float64Array;
  /** Counts by connection and setting. */
  readonly cells: Int32Array;
  /** What the text of a connection is made from. */
  readonly kept: Int32Array;
  /** Sums of each setting. */
  readonly tallies: readonly StudySums[];
}

/** Sums of one setting of a study. */
export interface StudySums {
  /** Records. */
  readonly records: number;
  /** Packets of the records. */
  readonly packets: number;
  /** Bytes of the records. */
  readonly bytes: number;
  /** Records whose direction is not known. */
  readonly unknown: number;
  /** Longest record, microseconds. */
  readonly longest: number;
}

/** Figures of one setting while they grow. */
class Tally {
  records = 0;
  packets = 0;
  bytes = 0;
  unknown = 0;
  longest = 0;
  index = 0;
}

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
  #conns = new Int32Array(1024 * CONN_WORDS);
  #begin = new Float64Array(1024);
  // By connection and setting: records whose source is the smaller end, the larger end, and records with `?`.
  #cells: Int32Array;
  #slots = new Int32Array(4096).fill(-1);
  #count = 0;
  #kept = new Int32Array(1024 * KEPT.length);

  /** A study of these settings; their places are the numbers that `take` is given. */
  constructor(settings: readonly Settings[], options: StudyOptions = {}) {
    this.#settings = settings;
    this.#limit = options.limit ?? 1000;
    this.#k = settings.length;
    this.#tallies = settings.map(() => new Tally());
    this.#cells = new Int32Array(1024 * this.#k * 3);
  }

  /** Takes records (as read) of the setting with this number. */
  take(setting: number, batch: RecordBatch): void {
    const tally = this.#tallies[setting]!, words = batch.words, doubles = batch.doubles;
    for (let row = 0; row < batch.length; row++) {
      const w = row * R.WORDS, d = row * R.DOUBLES;
      if (words[w + R.FLAGS]! & R.FLAG_MAR) continue;
      tally.records++;
      tally.packets += doubles[d + R.S_PKTS]! + doubles[d + R.D_PKTS]!;
      tally.bytes += doubles[d + R.S_BYTES]! + doubles[d + R.D_BYTES]!;
      const start = startOf(batch, row), length = endOf(batch, row) - start;
      if (length > tally.longest) tally.longest = length;
      const unknown = isTcp(words[w + R.NET]!) &&
        (words[w + R.TCP_STATUS]! & (R.TCP_SYN | R.TCP_SYNACK)) === 0;
      if (unknown) tally.unknown++;
      if (words[w + R.CONN] === 0 && words[w + R.CONN + 1] === 0) continue;
      const conn = this.#find(words[w + R.CONN]!, words[w + R.CONN + 1]!, words, w);
      const larger = sourceIsLarger(words, w) ? 1 : 0;
      const cell = (conn * this.#k + setting) * 3;
      this.#cells[cell + larger]!++;
      if (unknown) this.#cells[cell + 2]!++;
      this.#judge(conn, unknown ? R.EVIDENCE_NONE : evidenceOf(batch, row), larger, start);
    }
  }

  /** What this builder has gathered, for {@linkcode StudyBuilder.absorb} of another. */
  part(): StudyPart {
    const n = this.#count;
    return {
      count: n,
      conns: this.#conns.slice(0, n * CONN_WORDS),
      begin: this.#begin.slice(0, n),
      cells: this.#cells.slice(0, n * this.#k * 3),
      kept: this.#kept.slice(0, n * KEPT.length),
      tallies: this.#tallies.map(({ records, packets, bytes, unknown, longest }) => ({
        records,
        packets,
        bytes,
        unknown,
        longest,
      })),
    };
  }

  /** Adds what another builder gathered for the settings with these numbers. */
  absorb(part: StudyPart, settings: readonly number[]): void {
    settings.forEach((s, j) => Object.assign(this.#tallies[s]!, part.tallies[j]!));
    const words = new Int32Array(R.WORDS);
    for (let i = 0; i < part.count; i++) {
      const c = i * CONN_WORDS;
      for (let j = 0; j < KEPT.length; j++) words[KEPT[j]!] = part.kept[i * KEPT.length + j]!;
      const conn = this.#find(part.conns[c + HIGH]!, part.conns[c + LOW]!, words, 0);
      settings.forEach((s, j) => {
        const to = (conn * this.#k + s) * 3, from = (i * settings.length + j) * 3;
        for (let cell = 0; cell < 3; cell++) this.#cells[to + cell] = part.cells[from + cell]!;
      });
      this.#judge(conn, part.conns[c + BEST]!, part.conns[c + SIGN]!, part.begin[i]!);
    }
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
        const at = (conn * this.#k + s) * 3;
        const right = this.#cells[at + sign]!, flipped = this.#cells[at + 1 - sign]!;
        flips[s]! += flipped;
        if (right + flipped > 0) present[s]!++;
        low = Math.min(low, right + flipped);
        high = Math.max(high, right + flipped);
        wrong += flipped + this.#cells[at + 2]!;
        for (let j = 0; j < 3; j++) apart ||= this.#cells[at + j] !== this.#cells[conn * this.#k * 3 + j];
      }
      // Exchanged and unknown directions first, then what is cut most differently.
      if (apart) ranked.push([wrong * 1000 + high - low, conn]);
    }
    ranked.sort((a, b) => b[0] - a[0] || a[1] - b[1]);
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
    const column = (of: (at: number) => number) =>
      Object.freeze(this.#settings.map((_, s) => of((conn * this.#k + s) * 3)));
    const cells = this.#cells;
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

  #find(high: number, low: number, words: Int32Array, w: number): number {
    let slots = this.#slots, mask = slots.length - 1, s = low & mask;
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
    if (2 * this.#count >= slots.length) {
      slots = this.#slots = new Int32Array(slots.length * 2).fill(-1);
      mask = slots.length - 1;
      for (let i = 0; i < this.#count; i++) {
        let t = this.#conns[i * CONN_WORDS + LOW]! & mask;
        while (slots[t]! >= 0) t = (t + 1) & mask;
        slots[t] = i;
      }
    }
    return conn;
  }

  #growConns(): void {
    const conns = new Int32Array(this.#conns.length * 2), begin = new Float64Array(this.#begin.length * 2);
    const cells = new Int32Array(this.#cells.length * 2), kept = new Int32Array(this.#kept.length * 2);
    kept.set(this.#kept);
    this.#kept = kept;
    conns.set(this.#conns);
    begin.set(this.#begin);
    cells.set(this.#cells);
    this.#conns = conns;
    this.#begin = begin;
    this.#cells = cells;
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
