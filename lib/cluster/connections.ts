import { formatIpv4, formatIpv6 } from "../base/mod.ts";
import { direction, flip, mergeRow, RecordBatch, settleRow } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import { reversible, type ShowRow } from "./aggregator.ts";
import * as E from "./evidence.ts";
import { RowStore } from "./store.ts";
import { KeyTable } from "./table.ts";

/** Words of a {@linkcode connectionKey}: kind, protocol, source id, two ends of address and port. */
export const CONNECTION_KEY_WORDS = 14;
const KEY_WORDS = CONNECTION_KEY_WORDS;
/** Whole numbers kept per stretch beside its row. */
const PREVIOUS = 0, NEXT = 1, BITS = 2, RANK = 3, BASE = 4, NEXT_SEQ = 6, SLACK = 8, ISN = 10, META = 12;
/** Corrections kept word by word; the rest is only counted. */
const TRAIL_LIMIT = 32;
const OUT = 4096;
/** Records looked up ahead of the merging. */
const GROUP = 64;

/** One correction: what stood there, whose end the record called its source, and when. */
export interface Turned {
  readonly source: number;
  readonly at: number;
  readonly records: number;
  readonly text: string;
  /** The rule, when it is not the one that gave the connection its direction. */
  readonly rule?: string;
}

/** All that is known of one stretch: enough to go on with it later as if it had never been away. */
export interface KeptStretch {
  readonly batch: RecordBatch;
  readonly row: number;
  /** Facts about both ends, {@linkcode STRETCH_FACTS} numbers. */
  readonly facts: Int32Array;
  /** Start and end, microseconds. */
  readonly start: number;
  readonly end: number;
  /** What was corrected in it. */
  readonly turned: readonly Turned[];
}

/** Numbers in {@linkcode KeptStretch.facts}. */
export const STRETCH_FACTS = META - BITS;

/** Settings of the evidence clusterer, microseconds. */
export interface ConnectionOptions {
  /** A silence this long begins a new connection, 0 for never. */
  readonly idle: number;
  /** A connection that would span this long is given in several records, 0 for never. */
  readonly status: number;
}

/**
 * Puts the records of each connection together by evidence and gives each connection its true direction (issue 4, item 3).
 *
 * Records of one 5-tuple, taken without regard to direction, form a chain of stretches in time order. A record that surely continues
 * a stretch (sequence numbers, initial sequence numbers) is merged at once, so memory follows the number of connections; what is
 * unclear waits for the end, when everything is known. The result therefore does not depend on the order of the records.
 */
export class Connections {
  readonly #idle: number;
  readonly #status: number;
  #store = new RowStore();
  #table = new KeyTable(KEY_WORDS);
  #meta: Int32Array = new Int32Array(512 * META);
  #times: Float64Array = new Float64Array(512 * 2);
  readonly #turned = new Map<number, Turned[]>();
  readonly #key = new Int32Array(KEY_WORDS);
  readonly #ahead = new Int32Array(KEY_WORDS * GROUP);
  readonly #hashes = new Int32Array(GROUP);
  /** Keeps the look-ahead from being optimized away. */
  #warm = 0;
  readonly #scratch = new RecordBatch(1);
  readonly #record = E.newStretch();
  readonly #a = E.newStretch();
  readonly #b = E.newStretch();

  constructor(options: ConnectionOptions) {
    this.#idle = options.idle;
    this.#status = options.status;
    this.#scratch.length = 1;
  }

  /** Stretches alive. */
  get length(): number {
    return this.#warm === Infinity ? 0 : this.#store.length;
  }

  /** Takes a record (as read) in; the batch is not changed. */
  add(batch: RecordBatch, row: number): void {
    this.#take(batch, row, this.#key, 0, connectionKey(batch.words, row * R.WORDS, this.#key));
  }

  /** Takes many records in, keys a group ahead of the merging (see `Aggregator.addRows`). */
  addRows(batch: RecordBatch, rows: Int32Array, count: number): void {
    const keys = this.#ahead,
      hashes = this.#hashes,
      table = this.#table,
      store = this.#store,
      words = batch.words;
    for (let from = 0; from < count; from += GROUP) {
      const n = Math.min(GROUP, count - from);
      for (let i = 0; i < n; i++) {
        hashes[i] = connectionKey(words, rows[from + i]! * R.WORDS, keys, i * KEY_WORDS);
      }
      let warm = 0;
      for (let i = 0; i < n; i++) {
        const entry = table.peek(hashes[i]!);
        if (entry >= 0) warm += store.peek(entry) + this.#meta[entry * META]! + this.#times[2 * entry]!;
      }
      this.#warm = warm;
      for (let i = 0; i < n; i++) this.#take(batch, rows[from + i]!, keys, i * KEY_WORDS, hashes[i]!);
    }
  }

  #take(batch: RecordBatch, row: number, key: Int32Array, at: number, hash: number): void {
    const tail = this.#table.find(key, hash, at);
    const r = this.#record;
    E.describe(batch, row, r);
    if (tail < 0) {
      const n = this.#insert(batch, row, -1, -1);
      this.#table.insert(n, key, hash, at);
      return;
    }
    let before = tail;
    while (before >= 0 && this.#times[2 * before]! > r.start) before = this.#meta[before * META + PREVIOUS]!;
    const after = before < 0 ? this.#first(tail) : this.#meta[before * META + NEXT]!;
    const tcp = batch.words[row * R.WORDS + R.PROTO] === 6;
    if (before >= 0 && this.#continues(before, r, tcp)) {
      this.#absorb(before, batch, row);
      if (after >= 0) this.#bridge(before, after, tcp);
      return;
    }
    if (after >= 0) {
      this.#load(after, this.#b);
      if (this.#joins(r, this.#b, tcp)) {
        this.#absorb(after, batch, row);
        return;
      }
    }
    const n = this.#insert(batch, row, before, after);
    if (after < 0) this.#table.replace(tail, n);
  }

  /** All connections in order of their start, in batches; afterwards there are none. */
  *drain(): Generator<RecordBatch, void, void> {
    const store = this.#store, order = this.#settled();
    for (let from = 0; from < order.length; from += OUT) {
      const to = Math.min(order.length, from + OUT);
      const out = new RecordBatch(to - from);
      for (let i = from; i < to; i++) {
        const n = order[i]!;
        const row = out.append(store.chunk(n), store.row(n));
        this.#finish(n, out, row);
      }
      yield out;
    }
    this.#forget();
  }

  /** As {@linkcode drain}, without copies: shows each connection where it stands until told to stop by `false`. */
  each(show: ShowRow): void {
    const store = this.#store;
    const order = this.#settled();
    for (let i = 0; i < order.length; i++) {
      if (i % GROUP === 0) this.#warm = store.peekAll(order, i, GROUP);
      const n = order[i]!, chunk = store.chunk(n), row = store.row(n);
      this.#finish(n, chunk, row);
      if (show(chunk, row) === false) break;
    }
    this.#forget();
  }

  /** Decides everything that was unclear and gives the stretches that are left in order of their start. */
  #settled(): Int32Array {
    const store = this.#store, meta = this.#meta, starts = this.#times;
    for (const n of store.order()) if (meta[n * META + PREVIOUS]! < 0) this.#settleChain(n);
    return store.order().sort((a, b) => starts[2 * a]! - starts[2 * b]! || a - b);
  }

  #forget(): void {
    this.#store = new RowStore();
    this.#table = new KeyTable(KEY_WORDS);
    this.#turned.clear();
  }

  /** The stretches of every chain in order of time, chain by chain; views, valid until the next change. */
  *kept(): Generator<readonly KeptStretch[], void, void> {
    for (const first of this.#store.order()) {
      if (this.#meta[first * META + PREVIOUS]! >= 0) continue;
      const chain: KeptStretch[] = [];
      for (let n = first; n >= 0; n = this.#meta[n * META + NEXT]!) {
        chain.push({
          batch: this.#store.chunk(n),
          row: this.#store.row(n),
          facts: this.#meta.subarray(n * META + BITS, (n + 1) * META),
          start: this.#times[2 * n]!,
          end: this.#times[2 * n + 1]!,
          turned: this.#turned.get(n) ?? [],
        });
      }
      yield chain;
    }
  }

  /** Puts a kept stretch back, behind those of its chain that are back already. */
  restore(kept: KeptStretch): void {
    const hash = connectionKey(kept.batch.words, kept.row * R.WORDS, this.#key);
    const before = this.#table.find(this.#key, hash);
    const n = this.#place(kept.batch, kept.row, before, -1);
    this.#meta.set(kept.facts, n * META + BITS);
    this.#times[2 * n] = kept.start;
    this.#times[2 * n + 1] = kept.end;
    if (kept.turned.length > 0) this.#turned.set(n, [...kept.turned]);
    if (before < 0) this.#table.insert(n, this.#key, hash);
    else this.#table.replace(before, n);
  }

  #first(n: number): number {
    for (let p = n;;) {
      n = p;
      p = this.#meta[n * META + PREVIOUS]!;
      if (p < 0) return n;
    }
  }

  #place(batch: RecordBatch, row: number, before: number, after: number): number {
    const n = this.#store.add(batch, row);
    if ((n + 1) * META > this.#meta.length) {
      const meta = new Int32Array(this.#meta.length * 2), times = new Float64Array(this.#times.length * 2);
      meta.set(this.#meta);
      times.set(this.#times);
      this.#meta = meta;
      this.#times = times;
    }
    const meta = this.#meta, at = n * META;
    meta[at + PREVIOUS] = before;
    meta[at + NEXT] = after;
    if (before >= 0) meta[before * META + NEXT] = n;
    if (after >= 0) meta[after * META + PREVIOUS] = n;
    return n;
  }

  #insert(batch: RecordBatch, row: number, before: number, after: number): number {
    const n = this.#place(batch, row, before, after);
    const meta = this.#meta, at = n * META;
    this.#save(n, this.#record);
    const chunk = this.#store.chunk(n), r = this.#store.row(n);
    chunk.words[r * R.WORDS + R.FLAGS]! &= ~(R.FLAG_REVERSE | R.FLAG_TURNED);
    const rank = E.directionRank(chunk.words, r * R.WORDS);
    meta[at + RANK] = Math.abs(rank);
    if (rank < 0) this.#turn(n, chunk, r);
    return n;
  }

  #load(n: number, s: E.Stretch): void {
    const meta = this.#meta, at = n * META;
    s.start = this.#times[2 * n]!;
    s.end = this.#times[2 * n + 1]!;
    s.bits = meta[at + BITS]!;
    for (let end = 0; end < 2; end++) {
      s.base[end] = meta[at + BASE + end]!;
      s.next[end] = meta[at + NEXT_SEQ + end]!;
      s.slack[end] = meta[at + SLACK + end]!;
      s.isn[end] = meta[at + ISN + end]!;
    }
  }

  #save(n: number, s: E.Stretch): void {
    const meta = this.#meta, at = n * META;
    this.#times[2 * n] = s.start;
    this.#times[2 * n + 1] = s.end;
    meta[at + BITS] = s.bits;
    for (let end = 0; end < 2; end++) {
      meta[at + BASE + end] = s.base[end]!;
      meta[at + NEXT_SEQ + end] = s.next[end]!;
      meta[at + SLACK + end] = s.slack[end]!;
      meta[at + ISN + end] = s.isn[end]!;
    }
  }

  #continues(n: number, r: E.Stretch, tcp: boolean): boolean {
    this.#load(n, this.#a);
    return this.#joins(this.#a, r, tcp);
  }

  /** Whether two stretches surely belong together, whatever else may come. */
  #joins(a: E.Stretch, b: E.Stretch, tcp: boolean): boolean {
    if (this.#idle > 0 && b.start - a.end >= this.#idle || this.#tooLong(a, b)) return false;
    return !tcp || E.relation(a, b) === E.SAME;
  }

  /** Merges a record into stretch `n`, turning whichever of the two has the weaker evidence. */
  #absorb(n: number, batch: RecordBatch, row: number): void {
    const scratch = this.#scratch;
    scratch.copyRow(0, batch, row);
    scratch.words[R.FLAGS]! &= ~R.FLAG_REVERSE;
    const rank = E.directionRank(scratch.words, 0);
    const source = E.sourceIsHigher(scratch.words, 0) ? 1 : 0;
    const text = this.#align(n, scratch, 0, Math.abs(rank), rank < 0, this.#record.start);
    if (text !== undefined) this.#note(n, { source, at: this.#record.start, records: 1, text });
    this.#mergeInto(n, scratch, 0, this.#record);
  }

  /** Joins two neighbours when what came between them shows that they are one. */
  #bridge(n: number, after: number, tcp: boolean): void {
    this.#load(n, this.#a);
    this.#load(after, this.#b);
    if (this.#joins(this.#a, this.#b, tcp)) this.#unite(n, after);
  }

  /** Merges stretch `after` into its predecessor `n`. */
  #unite(n: number, after: number): void {
    const store = this.#store, meta = this.#meta;
    const chunk = store.chunk(after), row = store.row(after);
    const source = E.sourceIsHigher(chunk.words, row * R.WORDS) ? 1 : 0;
    const records = this.#recordsOf(chunk, row);
    const text = this.#align(n, chunk, row, meta[after * META + RANK]!, false, this.#times[2 * after]!);
    if (text !== undefined) this.#note(n, { source, at: this.#times[2 * after]!, records, text });
    for (const t of this.#turned.get(after) ?? []) this.#note(n, t);
    this.#turned.delete(after);
    this.#load(after, this.#b);
    this.#mergeInto(n, chunk, row, this.#b);
    const next = meta[after * META + NEXT]!;
    meta[n * META + NEXT] = next;
    if (next >= 0) meta[next * META + PREVIOUS] = n;
    else this.#table.replace(after, n);
    store.remove(after);
  }

  /**
   * Brings a row into the direction of stretch `n`, or the stretch into the row's when its evidence is stronger (of equal evidence
   * the earlier counts). Gives what the row was if it was turned against what it said.
   */
  #align(
    n: number,
    batch: RecordBatch,
    row: number,
    rank: number,
    saysOpposite: boolean,
    start: number,
  ): string | undefined {
    const meta = this.#meta, at = n * META + RANK;
    const chunk = this.#store.chunk(n), own = this.#store.row(n);
    if (!reversible(chunk.words, own * R.WORDS)) return undefined;
    const higher = E.sourceIsHigher(batch.words, row * R.WORDS);
    const was = E.sourceIsHigher(chunk.words, own * R.WORDS);
    const mine = meta[at]!;
    const stronger = rank < mine || rank === mine && start < this.#times[2 * n]!;
    if (stronger) {
      meta[at] = rank;
      const want = higher !== saysOpposite;
      if (was !== want) this.#turn(n, chunk, own);
      if (!saysOpposite) return undefined;
      const text = describeTurn(batch, row, 1);
      turnRow(batch, row);
      return text;
    }
    if (higher === was) return undefined;
    const text = describeTurn(batch, row, this.#recordsOf(batch, row));
    turnRow(batch, row);
    return text;
  }

  /** Turns the row of a stretch and notes what it was. */
  #turn(n: number, chunk: RecordBatch, row: number): void {
    const source = E.sourceIsHigher(chunk.words, row * R.WORDS) ? 1 : 0;
    // Records that were turned before pointed the other way.
    const others = this.#turned.get(n)?.filter((t) => t.source !== source) ?? [];
    const records = this.#recordsOf(chunk, row) - others.reduce((sum, t) => sum + t.records, 0);
    const text = describeTurn(chunk, row, records);
    this.#note(n, { source, at: this.#times[2 * n]!, records, text });
    turnRow(chunk, row);
  }

  #recordsOf(batch: RecordBatch, row: number): number {
    return (batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_AGR) === 0 || !batch.agr
      ? 1
      : batch.agr[row * R.AGR_DOUBLES + R.AGR_COUNT]!;
  }

  #note(n: number, turned: Turned): void {
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

  #mergeInto(n: number, batch: RecordBatch, row: number, stretch: E.Stretch): void {
    const chunk = this.#store.chunk(n), own = this.#store.row(n);
    const a = this.#a;
    this.#load(n, a);
    const later = stretch.start >= a.start;
    const w = own * R.WORDS, v = row * R.WORDS;
    const first = later ? chunk.words : batch.words, f = later ? w : v;
    const s = first[f + R.SIDE + R.T_SEQBASE]!, d = first[f + R.DSIDE + R.T_SEQBASE]!;
    const tcp = isTcp(first[f + R.NET]!) && isTcp(batch.words[v + R.NET]!) && isTcp(chunk.words[w + R.NET]!);
    const user = later ? chunk.user?.slice(2 * own, 2 * own + 2) : batch.user?.slice(2 * row, 2 * row + 2);
    mergeRow(chunk, own, batch, row, "exact");
    if (tcp) {
      // The order in time is known here: the base is the earlier stretch's, even where numbers wrap.
      if (s !== 0) chunk.words[w + R.SIDE + R.T_SEQBASE] = s;
      if (d !== 0) chunk.words[w + R.DSIDE + R.T_SEQBASE] = d;
    }
    if (user) {
      for (let side = 0; side < 2; side++) if (user[side]) (chunk.user ??= [])[2 * own + side] = user[side];
    }
    if (later) {
      E.extend(a, stretch);
      this.#save(n, a);
    } else {
      const copy = structuredClone(stretch);
      E.extend(copy, a);
      this.#save(n, copy);
    }
  }

  /** Decides what was unclear, from the first stretch of a chain on. */
  #settleChain(first: number): void {
    const meta = this.#meta;
    const tcp = this.#store.chunk(first).words[this.#store.row(first) * R.WORDS + R.PROTO] === 6;
    let connection = [first];
    for (let n = first;;) {
      const next = meta[n * META + NEXT]!;
      if (next < 0) break;
      this.#load(n, this.#a);
      this.#load(next, this.#b);
      if (!this.#settles(tcp)) {
        this.#agree(connection);
        this.#endBefore(n, next);
        connection = [next];
        n = next;
      } else if (this.#tooLong(this.#a, this.#b)) {
        connection.push(next);
        n = next;
      } else this.#unite(n, next);
    }
    this.#agree(connection);
  }

  #tooLong(a: E.Stretch, b: E.Stretch): boolean {
    return this.#status > 0 && Math.max(a.end, b.end) - Math.min(a.start, b.start) >= this.#status;
  }

  /** Gives the records of one connection that status kept apart the direction of the strongest among them. */
  #agree(connection: readonly number[]): void {
    if (connection.length < 2) return;
    const rankOf = (n: number) => this.#meta[n * META + RANK]!;
    const best = connection.reduce((a, b) => rankOf(b) < rankOf(a) ? b : a);
    const source = (n: number) => E.sourceIsHigher(this.#store.chunk(n).words, this.#store.row(n) * R.WORDS);
    const want = source(best);
    for (const n of connection) {
      const chunk = this.#store.chunk(n), row = this.#store.row(n);
      if (source(n) !== want && reversible(chunk.words, row * R.WORDS)) this.#turn(n, chunk, row);
      this.#meta[n * META + RANK] = rankOf(best);
    }
  }

  /**
   * A port used anew: the meter had stretched the old record to the time of the new SYN (TCP-10). It ends with its own last packet.
   */
  #endBefore(n: number, next: number): void {
    const chunk = this.#store.chunk(n), d = this.#store.row(n) * R.DOUBLES, doubles = chunk.doubles;
    if (
      (this.#meta[next * META + BITS]! & 3 * E.CLIENT_SYN) === 0 ||
      this.#times[2 * n + 1] !== this.#times[2 * next]
    ) return;
    const s = doubles[d + R.S_LAST]!, t = doubles[d + R.D_LAST]!;
    const last = s >= t || t !== t ? s : t;
    if (!(last < this.#times[2 * n + 1]! && last >= this.#times[2 * n]!)) return;
    const source = E.sourceIsHigher(chunk.words, this.#store.row(n) * R.WORDS) ? 1 : 0;
    this.#note(n, {
      source: 1 - source,
      at: this.#times[2 * n + 1]!,
      records: 0,
      rule: "port-reuse",
      text: `end was ${
        new Date(this.#times[2 * n + 1]! / 1000).toISOString()
      }, the SYN of the next connection`,
    });
    for (const end of [R.S_END, R.D_END]) if (doubles[d + end]! > last) doubles[d + end] = last;
    this.#times[2 * n + 1] = last;
  }

  #settles(tcp: boolean): boolean {
    const a = this.#a, b = this.#b;
    if (this.#idle > 0 && b.start - a.end >= this.#idle) return false;
    if (!tcp) return true;
    const known = E.relation(a, b);
    return (known === E.UNCLEAR ? E.decide(a, b) : known) === E.SAME;
  }

  #finish(n: number, out: RecordBatch, row: number): void {
    const w = row * R.WORDS;
    settleRow(out, row);
    const source = E.sourceIsHigher(out.words, w) ? 1 : 0;
    const turned = this.#turned.get(n)?.filter((t) => t.source !== source);
    const tcp = out.words[w + R.PROTO] === 6 && isTcp(out.words[w + R.NET]!);
    const rank = this.#meta[n * META + RANK]!;
    if (tcp) {
      out.words[w + R.WHY] = out.words[w + R.WHY]! & ~0xff00 | E.RULE_EVIDENCE[rank]! << 8;
      if (out.words[w + R.NET] === R.NET_TCP_INIT && turned?.length) out.words[w + R.NET] = R.NET_TCP_PERF;
    }
    if (!turned || turned.length === 0) return;
    if (turned.some((t) => t.rule === undefined)) out.words[w + R.FLAGS]! |= R.FLAG_CORRECTED;
    const texts = turned.filter((t) => t.text !== "").sort((a, b) => a.at - b.at)
      .map((t) => `${t.rule ?? E.RULES[rank]}: ${t.text}`);
    const rest = turned.filter((t) => t.text === "").reduce((sum, t) => sum + t.records, 0);
    if (rest > 0) texts.push(`${E.RULES[rank]}: ${rest} more records were turned`);
    out.moreOf(row).trail = texts;
  }
}

/**
 * Reads the direction-free key of a row's conversation into {@linkcode CONNECTION_KEY_WORDS} words of `key` from `at` on, and gives
 * its hash.
 */
export function connectionKey(x: Int32Array, w: number, key: Int32Array, at = 0): number {
  const turn = reversible(x, w) && E.sourceIsHigher(x, w);
  const s = w + (turn ? R.DADDR : R.SADDR), d = w + (turn ? R.SADDR : R.DADDR);
  key[at] = x[w + R.KEY_TYPE]! | (x[w + R.FLAGS]! & (R.FLAG_MATRIX | R.FLAG_FRAGMENT)) << 8;
  key[at + 1] = x[w + R.PROTO]!;
  key[at + 2] = x[w + R.SRCID]!;
  key[at + 3] = x[w + (turn ? R.DPORT : R.SPORT)]!;
  key[at + 4] = x[w + (turn ? R.SPORT : R.DPORT)]!;
  const arp = x[w + R.KEY_TYPE] === R.KEY_ARP;
  for (let i = 0; i < 4; i++) {
    key[at + 5 + i] = arp && i > 0 ? 0 : x[s + i]!;
    key[at + 9 + i] = arp && i > 0 ? 0 : x[d + i]!;
  }
  key[at + 13] = 0;
  return hashConnectionKey(key, at);
}

/** The hash of the connection key that begins at `at`. */
export function hashConnectionKey(key: Int32Array, at = 0): number {
  let hash = 0;
  for (let i = at; i < at + KEY_WORDS; i++) {
    hash = Math.imul(hash ^ key[i]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  return hash ^ hash >>> 13;
}

function isTcp(net: number): boolean {
  return net >= R.NET_TCP_INIT && net <= R.NET_TCP_PERF;
}

/** Turns a row; a short TCP form that no longer describes its source becomes the full form. */
function turnRow(batch: RecordBatch, row: number): void {
  flip(batch, row);
  const w = row * R.WORDS;
  batch.words[w + R.FLAGS]! &= ~R.FLAG_REVERSE;
  if (batch.words[w + R.NET] === R.NET_TCP_INIT) batch.words[w + R.NET] = R.NET_TCP_PERF;
}

/** One line for the trail: the record as it was. */
function describeTurn(batch: RecordBatch, row: number, records: number): string {
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
