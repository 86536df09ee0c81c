import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { endOf, startOf } from "./ref.ts";

/** Precisions that tables of flows have, microseconds, coarsest first. */
const UNITS = [60e6, 1e6, 1e3, 1] as const;
/** Times of tables are off by time zones, which are multiples of this. */
const ZONE_US = 900e6;

/** How well one setting reproduces a published table of flows. */
export interface AgainstFigures {
  /** Name of the setting. */
  readonly name: string;
  /** The setting. */
  readonly settings: Settings;
  /** Records under this setting. */
  readonly records: number;
  /** Records equal to one of the table in ends, start, duration and packets. */
  readonly matched: number;
  /** Of them: source and destination exchanged. */
  readonly flipped: number;
  /** Of them: equal in bytes of both directions. */
  readonly sameBytes: number;
  /** Matched records as a part of all records of either side, 0 to 1. */
  readonly score: number;
}

function mix(h: number, v: number): number {
  h = Math.imul(h ^ v, 0x9e3779b1);
  h ^= h >>> 15;
  h = Math.imul(h, 0x85ebca77);
  return h ^ (h >>> 13);
}

/** Whether the protocol's records tell ports in every table: the others tell them in many ways. */
function hasPorts(proto: number): boolean {
  return proto === 6 || proto === 17 || proto === 132;
}

/** Number of an end of a record: address, and port where there is one. */
function endHash(words: Int32Array, address: number, count: number, port: number, seed: number): number {
  let h = mix(seed, port);
  for (let j = 0; j < count; j++) h = mix(h, words[address + j]!);
  return h;
}

/** Direction-free number of the two ends and protocol of a record; its sign tells which end is the source. */
function conversationOf(batch: RecordBatch, row: number): number {
  const words = batch.words, w = row * R.WORDS, type = words[w + R.KEY_TYPE]!;
  const proto = type <= R.KEY_IPV6 ? words[w + R.PROTO]! : type << 16, ports = hasPorts(proto);
  const sport = ports ? words[w + R.SPORT]! & 0xffff : 0, dport = ports ? words[w + R.DPORT]! & 0xffff : 0;
  // Behind the addresses of ARP stand MACs, which tables do not tell.
  const count = type === R.KEY_IPV6 ? 4 : type === R.KEY_IPV4 || type === R.KEY_ARP ? 1 : 2;
  const s = endHash(words, w + R.SADDR, count, sport, proto),
    d = endHash(words, w + R.DADDR, count, dport, proto);
  const s2 = endHash(words, w + R.SADDR, count, sport, ~proto),
    d2 = endHash(words, w + R.DADDR, count, dport, ~proto);
  // Sums do not depend on the order.
  const number = ((s + d) >>> 0) * 0x200000 + ((s2 + d2) >>> 11) + 1;
  return (s >>> 0) <= (d >>> 0) ? number : -number;
}

/** Earliest start of each conversation, from batches of records. */
export class FirstStarts {
  /** Microseconds by conversation. */
  readonly times: Map<number, number> = new Map();

  /** Takes records. */
  take(batch: RecordBatch): void {
    for (let row = 0; row < batch.length; row++) {
      const id = Math.abs(conversationOf(batch, row)), start = startOf(batch, row);
      if (!(this.times.get(id)! <= start)) this.times.set(id, start);
    }
  }
}

/**
 * A published table of flows, kept small: 56 bytes for each record. `take` its records, then {@linkcode PublishedFlows.seal}.
 */
export class PublishedFlows {
  /** Records taken. */
  count = 0;
  /** Precision of starts, microseconds. */
  startUnit = 1;
  /** Precision of durations, microseconds. */
  durationUnit = 1;
  /** What is added to the times of the table to make them those of the capture. */
  shift = 0;
  readonly #firsts: FirstStarts = new FirstStarts();
  // By record: conversation (signed), start, duration, packets and bytes of either direction.
  #rows = new Float64Array(1024 * ROW);
  readonly #byConversation: Map<number, number[]> = new Map();

  /** Takes records of the table. */
  take(batch: RecordBatch): void {
    this.#firsts.take(batch);
    for (let row = 0; row < batch.length; row++) {
      if ((this.count + 1) * ROW > this.#rows.length) {
        const next = new Float64Array(this.#rows.length * 2);
        next.set(this.#rows);
        this.#rows = next;
      }
      const id = describe(batch, row, this.#rows, this.count * ROW);
      const list = this.#byConversation.get(Math.abs(id));
      if (list) list.push(this.count);
      else this.#byConversation.set(Math.abs(id), [this.count]);
      this.count++;
    }
  }

  /** Finds out the precision of the table and, from when the capture's conversations begin, its time zone. */
  seal(capture: FirstStarts): void {
    this.startUnit = this.#unitOf(START);
    this.durationUnit = this.#unitOf(DURATION);
    const votes = new Map<number, number>();
    for (const [id, start] of this.#firsts.times) {
      const ours = capture.times.get(id);
      if (ours === undefined) continue;
      const shift = Math.round((ours - start) / ZONE_US) * ZONE_US;
      votes.set(shift, (votes.get(shift) ?? 0) + 1);
    }
    this.shift = [...votes].sort((a, b) => b[1] - a[1] || Math.abs(a[0]) - Math.abs(b[0]))[0]?.[0] ?? 0;
    for (const list of this.#byConversation.values()) {
      list.sort((a, b) => this.#rows[a * ROW + START]! - this.#rows[b * ROW + START]!);
    }
  }

  /**
   * The length at which records seem to be cut, microseconds: the longest that several records come near to. Single longer ones are
   * taken for accidents, such as times that were never set.
   */
  get cutLength(): number {
    const durations = Array.from({ length: this.count }, (_, i) => this.#rows[i * ROW + DURATION]!).sort((
      a,
      b,
    ) => b - a);
    const at = durations.findIndex((d, i) => i + NEAR < durations.length && durations[i + NEAR]! >= 0.9 * d);
    return durations[at < 0 ? 0 : at] ?? 0;
  }

  #unitOf(column: number): number {
    return UNITS.find((unit) => {
      for (let i = 0; i < this.count; i++) if (this.#rows[i * ROW + column]! % unit !== 0) return false;
      return true;
    }) ?? 1;
  }

  /** The record of the table that equals a described one and was not used before, or -1. */
  find(row: Float64Array, used: Uint8Array, flipped: boolean): number {
    const list = this.#byConversation.get(Math.abs(row[ID]!));
    if (list === undefined) return -1;
    const rows = this.#rows, start = row[START]! - this.shift, unit = this.startUnit;
    let low = 0, high = list.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (rows[list[mid]! * ROW + START]! <= start - unit) low = mid + 1;
      else high = mid;
    }
    const s = flipped ? D_PACKETS : S_PACKETS, d = flipped ? S_PACKETS : D_PACKETS;
    for (; low < list.length; low++) {
      const index = list[low]!, at = index * ROW;
      if (rows[at + START]! >= start + unit) return -1;
      if (
        used[index] === 0 && rows[at + s] === row[S_PACKETS] && rows[at + d] === row[D_PACKETS] &&
        (rows[at + ID] === row[ID]) !== flipped &&
        Math.abs(rows[at + DURATION]! - row[DURATION]!) <= this.durationUnit
      ) return index;
    }
    return -1;
  }

  /** Whether a described record has the bytes of a record of the table. */
  sameBytes(index: number, row: Float64Array, flipped: boolean): boolean {
    const at = index * ROW, s = flipped ? D_BYTES : S_BYTES, d = flipped ? S_BYTES : D_BYTES;
    return this.#rows[at + s] === row[S_BYTES] && this.#rows[at + d] === row[D_BYTES];
  }

  /** Records of the table that are of a conversation. */
  hasConversation(batch: RecordBatch, row: number): boolean {
    return this.#byConversation.has(Math.abs(conversationOf(batch, row)));
  }
}

/** Records that must come near to a length. */
const NEAR = 4;
const ID = 0, START = 1, DURATION = 2, S_PACKETS = 3, D_PACKETS = 4, S_BYTES = 5, D_BYTES = 6;
const ROW = 7;

function describe(batch: RecordBatch, row: number, to: Float64Array, at: number): number {
  const d = row * R.DOUBLES, start = startOf(batch, row);
  const id = to[at + ID] = conversationOf(batch, row);
  to[at + START] = start;
  to[at + DURATION] = endOf(batch, row) - start;
  to[at + S_PACKETS] = batch.doubles[d + R.S_PKTS]!;
  to[at + D_PACKETS] = batch.doubles[d + R.D_PKTS]!;
  to[at + S_BYTES] = batch.doubles[d + R.S_BYTES]!;
  to[at + D_BYTES] = batch.doubles[d + R.D_BYTES]!;
  return id;
}

/** Scores the records of one setting against a published table. */
export class AgainstScore {
  readonly #flows: PublishedFlows;
  readonly #settings: Settings;
  readonly #used: Uint8Array;
  readonly #row = new Float64Array(ROW);
  #records = 0;
  #matched = 0;
  #flipped = 0;
  #sameBytes = 0;

  /** The table must be sealed. */
  constructor(flows: PublishedFlows, settings: Settings) {
    this.#flows = flows;
    this.#settings = settings;
    this.#used = new Uint8Array(flows.count);
  }

  /** Takes records (as read) of the setting; `alone` is told those that equal none of the table. */
  take(batch: RecordBatch, alone?: (batch: RecordBatch, row: number) => void): void {
    const flows = this.#flows, row = this.#row;
    for (let r = 0; r < batch.length; r++) {
      if (batch.words[r * R.WORDS + R.FLAGS]! & R.FLAG_MAR) continue;
      this.#records++;
      describe(batch, r, row, 0);
      let index = flows.find(row, this.#used, false), flipped = false;
      if (index < 0) {
        index = flows.find(row, this.#used, true);
        flipped = index >= 0;
      }
      if (index < 0) {
        alone?.(batch, r);
        continue;
      }
      this.#used[index] = 1;
      this.#matched++;
      if (flipped) this.#flipped++;
      if (flows.sameBytes(index, row, flipped)) this.#sameBytes++;
    }
  }

  /** Whether a record of the table has found its equal. */
  isMatched(index: number): boolean {
    return this.#used[index] === 1;
  }

  /** The figures so far. */
  figures(): AgainstFigures {
    const all = this.#flows.count + this.#records - this.#matched;
    return Object.freeze({
      name: this.#settings.name,
      settings: this.#settings,
      records: this.#records,
      matched: this.#matched,
      flipped: this.#flipped,
      sameBytes: this.#sameBytes,
      score: all === 0 ? 1 : this.#matched / all,
    });
  }
}

/** Puts figures into order: best score first, then more equal bytes, then fewer exchanged ends, then the plainer setting. */
export function rankFigures(all: readonly AgainstFigures[]): AgainstFigures[] {
  return [...all].sort((a, b) =>
    b.score - a.score || b.sameBytes - a.sameBytes || a.flipped - b.flipped || a.name.length - b.name.length
  );
}
