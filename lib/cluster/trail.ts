import { formatIpv4, formatIpv6 } from "../base/mod.ts";
import { direction, flip, type RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";

/** Corrections kept word by word for one connection; the rest is only counted. */
const TRAIL_LIMIT = 32;

/** One correction: what stood there, whose end the record called its source, and when. */
export interface Turned {
  /** Which end the record called its source: 1 for the higher endpoint. */
  readonly source: number;
  /** When, microseconds. */
  readonly at: number;
  /** How many records it stands for. */
  readonly records: number;
  /** What stood there; empty when only counted. */
  readonly text: string;
  /** The rule, when it is not the one that gave the connection its direction. */
  readonly rule?: string;
}

/** What was corrected, by stretch. */
export class Trails {
  readonly #turned = new Map<number, Turned[]>();

  /** The corrections of a stretch. */
  of(n: number): readonly Turned[] {
    return this.#turned.get(n) ?? [];
  }

  /** Adds a correction. */
  note(n: number, turned: Turned): void {
    let list = this.#turned.get(n);
    if (!list) this.#turned.set(n, list = []);
    if (list.length < TRAIL_LIMIT) {
      list.push(turned);
      return;
    }
    // Beyond the limit only the number is kept, by the end that was called source.
    const last = list.findIndex((t) => t.text === "" && t.source === turned.source);
    const merged = { source: turned.source, at: Infinity, text: "" };
    if (last < 0) list.push({ ...merged, records: turned.records });
    else list[last] = { ...merged, records: list[last]!.records + turned.records };
  }

  /** Gives all corrections of one stretch to another. */
  move(from: number, to: number): void {
    for (const t of this.of(from)) this.note(to, t);
    this.#turned.delete(from);
  }

  /** Forgets everything. */
  clear(): void {
    this.#turned.clear();
  }
}

/** Lines for a record's trail, in order of time: what was turned against its present source by the named rule, and what else changed. */
export function trailLines(turned: readonly Turned[], rule: string): string[] {
  const lines = turned.filter((t) => t.text !== "").sort((a, b) => a.at - b.at)
    .map((t) => `${t.rule ?? rule}: ${t.text}`);
  const rest = turned.filter((t) => t.text === "").reduce((sum, t) => sum + t.records, 0);
  if (rest > 0) lines.push(`${rule}: ${rest} more records were turned`);
  return lines;
}

/** Turns a row; a short TCP form that no longer describes its source becomes the full form. */
export function turnRow(batch: RecordBatch, row: number): void {
  flip(batch, row);
  const w = row * R.WORDS;
  batch.words[w + R.FLAGS]! &= ~R.FLAG_REVERSE;
  if (batch.words[w + R.NET] === R.NET_TCP_INIT) batch.words[w + R.NET] = R.NET_TCP_PERF;
}

/** One line for the trail: the record as it was. */
export function describeTurn(batch: RecordBatch, row: number, records: number): string {
  const w = row * R.WORDS, d = row * R.DOUBLES;
  const packets = batch.doubles[d + R.S_PKTS]! + batch.doubles[d + R.D_PKTS]!;
  const start = new Date(R.startTime(batch, row) / 1000).toISOString();
  const from = endpoint(batch.words, w, R.SADDR, R.SPORT), to = endpoint(batch.words, w, R.DADDR, R.DPORT);
  const what = records === 1 ? "" : `, ${records} records`;
  return `was ${from} ${direction(batch, row).trim()} ${to} from ${start}, ${packets} packets${what}`;
}

function endpoint(x: Int32Array, w: number, address: number, port: number): string {
  const a = w + address;
  return x[w + R.KEY_TYPE] === R.KEY_IPV6
    ? `[${formatIpv6(x[a]!, x[a + 1]!, x[a + 2]!, x[a + 3]!)}]:${x[w + port]!}`
    : `${formatIpv4(x[a]!)}:${x[w + port]!}`;
}
