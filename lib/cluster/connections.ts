import { mergeRow, RecordBatch } from "../record/mod.ts";
import * as R from "../record/mod.ts";
import { reversible, type ShowRow } from "./aggregator.ts";
import { CONNECTION_KEY_WORDS as KEY_WORDS, connectionKey } from "./connection_key.ts";
import * as E from "./evidence.ts";
import { finishRow, isTcp } from "./finish.ts";
import { type KeptStretch, loadKept, rankOfKept, Stretches } from "./stretches.ts";
import { KeyTable } from "./table.ts";
import { describeTurn, Trails, turnRow } from "./trail.ts";

const OUT = 4096;
/** Records looked up ahead of the merging. */
const GROUP = 64;

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
  #all = new Stretches();
  #table = new KeyTable(KEY_WORDS);
  readonly #trails = new Trails();
  readonly #key = new Int32Array(KEY_WORDS);
  readonly #ahead = new Int32Array(KEY_WORDS * GROUP);
  readonly #hashes = new Int32Array(GROUP);
  readonly #entries = new Int32Array(GROUP);
  /** Keeps the look-ahead from being optimized away. */
  #warm = 0;
  readonly #scratch = new RecordBatch(1);
  readonly #record = E.newStretch();
  readonly #a = E.newStretch();
  readonly #b = E.newStretch();

  /** Makes an empty clusterer. */
  constructor(options: ConnectionOptions) {
    this.#idle = options.idle;
    this.#status = options.status;
    this.#scratch.length = 1;
  }

  /** Stretches alive. */
  get length(): number {
    return this.#warm === Infinity ? 0 : this.#all.length;
  }

  /** Takes a record (as read) in; the batch is not changed. */
  add(batch: RecordBatch, row: number): void {
    this.#take(batch, row, this.#key, 0, connectionKey(batch.words, row * R.WORDS, this.#key));
  }

  /** Takes many records in, keys a group ahead of the merging (see `Aggregator.addRows`). */
  addRows(batch: RecordBatch, rows: Int32Array, count: number): void {
    const keys = this.#ahead,
      hashes = this.#hashes,
      entries = this.#entries,
      table = this.#table,
      all = this.#all,
      words = batch.words;
    for (let from = 0; from < count; from += GROUP) {
      const n = Math.min(GROUP, count - from);
      for (let i = 0; i < n; i++) {
        hashes[i] = connectionKey(words, rows[from + i]! * R.WORDS, keys, i * KEY_WORDS);
      }
      let warm = table.peek(hashes, n, entries);
      for (let i = 0; i < n; i++) if (entries[i]! >= 0) warm += all.peek(entries[i]!);
      this.#warm = warm;
      for (let i = 0; i < n; i++) this.#take(batch, rows[from + i]!, keys, i * KEY_WORDS, hashes[i]!);
    }
  }

  #take(
    batch: RecordBatch,
    row: number,
    key: Int32Array,
    at: number,
    hash: number,
    kept?: KeptStretch,
  ): void {
    const tail = this.#table.find(key, hash, at);
    const r = this.#record;
    if (kept) loadKept(kept, r);
    else E.describe(batch, row, r);
    if (tail < 0) {
      const n = this.#insert(batch, row, -1, -1, kept);
      this.#table.insert(n, key, hash, at);
      return;
    }
    let before = tail;
    while (before >= 0 && this.#all.start(before) > r.start) before = this.#all.previous(before);
    const after = before < 0 ? this.#all.first(tail) : this.#all.next(before);
    const tcp = batch.words[row * R.WORDS + R.PROTO] === 6;
    if (before >= 0 && this.#continues(before, r, tcp)) {
      this.#absorb(before, batch, row, kept);
      if (after >= 0) this.#bridge(before, after, tcp);
      return;
    }
    if (after >= 0) {
      this.#all.load(after, this.#b);
      if (this.#joins(r, this.#b, tcp)) {
        this.#absorb(after, batch, row, kept);
        return;
      }
    }
    const n = this.#insert(batch, row, before, after, kept);
    if (after < 0) this.#table.replace(tail, n);
  }

  /** All connections in order of their start, in batches; afterwards there are none. */
  *drain(): Generator<RecordBatch, void, void> {
    const all = this.#all, order = this.#settled();
    for (let from = 0; from < order.length; from += OUT) {
      const to = Math.min(order.length, from + OUT);
      const out = new RecordBatch(to - from);
      for (let i = from; i < to; i++) {
        const n = order[i]!;
        const row = out.append(all.chunk(n), all.row(n));
        this.#finish(n, out, row);
      }
      yield out;
    }
    this.#forget();
  }

  /** As {@linkcode drain}, without copies: shows each connection where it stands until told to stop by `false`. */
  each(show: ShowRow): void {
    const all = this.#all, order = this.#settled();
    for (let i = 0; i < order.length; i++) {
      if (i % GROUP === 0) this.#warm = all.peekAll(order, i, GROUP);
      const n = order[i]!, chunk = all.chunk(n), row = all.row(n);
      this.#finish(n, chunk, row);
      if (show(chunk, row) === false) break;
    }
    this.#forget();
  }

  /** Decides everything that was unclear and gives the stretches that are left in order of their start. */
  #settled(): Int32Array {
    for (const n of this.#all.chains()) this.#settleChain(n);
    return this.#all.byStart();
  }

  #forget(): void {
    this.#all = new Stretches();
    this.#table = new KeyTable(KEY_WORDS);
    this.#trails.clear();
  }

  /** Numbers of the first stretches of all chains, for {@linkcode chainOf}; valid until the next change. */
  chains(): number[] {
    return [...this.#all.chains()];
  }

  /** The stretches of a chain in order of time; views, valid until the next change. */
  chainOf(first: number): KeptStretch[] {
    const chain: KeptStretch[] = [];
    for (let n = first; n >= 0; n = this.#all.next(n)) {
      chain.push({ ...this.#all.keep(n), turned: this.#trails.of(n) });
    }
    return chain;
  }

  /** Copies a stretch that is a connection by itself into `out`, as {@linkcode drain} would give it. */
  copy(kept: KeptStretch, out: RecordBatch): number {
    const row = out.append(kept.batch, kept.row);
    finishRow(out, row, rankOfKept(kept), kept.turned);
    return row;
  }

  /** Takes in a stretch that another clusterer kept, in any order, as if its records came here. */
  merge(kept: KeptStretch): void {
    const { batch, row } = kept;
    this.#take(batch, row, this.#key, 0, connectionKey(batch.words, row * R.WORDS, this.#key), kept);
  }

  /** Puts a kept stretch back, behind those of its chain that are back already. */
  restore(kept: KeptStretch): void {
    const hash = connectionKey(kept.batch.words, kept.row * R.WORDS, this.#key);
    const before = this.#table.find(this.#key, hash);
    const n = this.#all.add(kept.batch, kept.row, before, -1);
    this.#all.restore(n, kept);
    for (const t of kept.turned) this.#trails.note(n, t);
    if (before < 0) this.#table.insert(n, this.#key, hash);
    else this.#table.replace(before, n);
  }

  #insert(batch: RecordBatch, row: number, before: number, after: number, kept?: KeptStretch): number {
    const n = this.#all.add(batch, row, before, after);
    if (kept) {
      this.#all.restore(n, kept);
      for (const t of kept.turned) this.#trails.note(n, t);
      return n;
    }
    this.#all.save(n, this.#record);
    const chunk = this.#all.chunk(n), r = this.#all.row(n);
    chunk.words[r * R.WORDS + R.FLAGS]! &= ~(R.FLAG_REVERSE | R.FLAG_TURNED);
    const rank = E.directionRank(chunk.words, r * R.WORDS);
    this.#all.setRank(n, Math.abs(rank));
    if (rank < 0) this.#turn(n, chunk, r);
    return n;
  }

  #continues(n: number, r: E.Stretch, tcp: boolean): boolean {
    this.#all.load(n, this.#a);
    return this.#joins(this.#a, r, tcp);
  }

  /** Whether two stretches surely belong together, whatever else may come. */
  #joins(a: E.Stretch, b: E.Stretch, tcp: boolean): boolean {
    if (this.#idle > 0 && b.start - a.end >= this.#idle || this.#tooLong(a, b)) return false;
    return !tcp || E.relation(a, b) === E.SAME;
  }

  /** Merges a record into stretch `n`, turning whichever of the two has the weaker evidence. */
  #absorb(n: number, batch: RecordBatch, row: number, kept?: KeptStretch): void {
    const scratch = this.#scratch;
    scratch.copyRow(0, batch, row);
    if (kept) return this.#absorbKept(n, kept);
    scratch.words[R.FLAGS]! &= ~R.FLAG_REVERSE;
    const rank = E.directionRank(scratch.words, 0);
    const source = E.sourceIsHigher(scratch.words, 0) ? 1 : 0;
    const text = this.#align(n, scratch, 0, Math.abs(rank), rank < 0, this.#record.start);
    if (text !== undefined) this.#trails.note(n, { source, at: this.#record.start, records: 1, text });
    this.#mergeInto(n, scratch, 0, this.#record);
  }

  /** Merges a stretch kept elsewhere, whose row is in the scratch batch, into stretch `n`. */
  #absorbKept(n: number, kept: KeptStretch): void {
    const scratch = this.#scratch;
    const source = E.sourceIsHigher(scratch.words, 0) ? 1 : 0;
    const records = recordsOf(scratch, 0);
    const text = this.#align(n, scratch, 0, rankOfKept(kept), false, kept.start);
    if (text !== undefined) this.#trails.note(n, { source, at: kept.start, records, text });
    for (const t of kept.turned) this.#trails.note(n, t);
    this.#mergeInto(n, scratch, 0, this.#record);
  }

  /** Joins two neighbours when what came between them shows that they are one. */
  #bridge(n: number, after: number, tcp: boolean): void {
    this.#all.load(n, this.#a);
    this.#all.load(after, this.#b);
    if (this.#joins(this.#a, this.#b, tcp)) this.#unite(n, after);
  }

  /** Merges stretch `after` into its predecessor `n`. */
  #unite(n: number, after: number): void {
    const all = this.#all, chunk = all.chunk(after), row = all.row(after), at = all.start(after);
    const source = E.sourceIsHigher(chunk.words, row * R.WORDS) ? 1 : 0;
    const records = recordsOf(chunk, row);
    const text = this.#align(n, chunk, row, all.rank(after), false, at);
    if (text !== undefined) this.#trails.note(n, { source, at, records, text });
    this.#trails.move(after, n);
    all.load(after, this.#b);
    this.#mergeInto(n, chunk, row, this.#b);
    if (all.next(after) < 0) this.#table.replace(after, n);
    all.remove(after);
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
    const chunk = this.#all.chunk(n), own = this.#all.row(n);
    if (!reversible(chunk.words, own * R.WORDS)) return undefined;
    const higher = E.sourceIsHigher(batch.words, row * R.WORDS);
    const was = E.sourceIsHigher(chunk.words, own * R.WORDS);
    const mine = this.#all.rank(n);
    const stronger = rank < mine || rank === mine && start < this.#all.start(n);
    if (stronger) {
      this.#all.setRank(n, rank);
      const want = higher !== saysOpposite;
      if (was !== want) this.#turn(n, chunk, own);
      if (!saysOpposite) return undefined;
      const text = describeTurn(batch, row, 1);
      turnRow(batch, row);
      return text;
    }
    if (higher === was) return undefined;
    const text = describeTurn(batch, row, recordsOf(batch, row));
    turnRow(batch, row);
    return text;
  }

  /** Turns the row of a stretch and notes what it was. */
  #turn(n: number, chunk: RecordBatch, row: number): void {
    const source = E.sourceIsHigher(chunk.words, row * R.WORDS) ? 1 : 0;
    // Records that were turned before pointed the other way.
    const others = this.#trails.of(n).filter((t) => t.source !== source);
    const records = recordsOf(chunk, row) - others.reduce((sum, t) => sum + t.records, 0);
    const text = describeTurn(chunk, row, records);
    this.#trails.note(n, { source, at: this.#all.start(n), records, text });
    turnRow(chunk, row);
  }

  #mergeInto(n: number, batch: RecordBatch, row: number, stretch: E.Stretch): void {
    const chunk = this.#all.chunk(n), own = this.#all.row(n);
    const a = this.#a;
    this.#all.load(n, a);
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
      this.#all.save(n, a);
    } else {
      const copy = structuredClone(stretch);
      E.extend(copy, a);
      this.#all.save(n, copy);
    }
  }

  /** Decides what was unclear, from the first stretch of a chain on. */
  #settleChain(first: number): void {
    const tcp = this.#all.chunk(first).words[this.#all.row(first) * R.WORDS + R.PROTO] === 6;
    let connection = [first];
    for (let n = first;;) {
      const next = this.#all.next(n);
      if (next < 0) break;
      this.#all.load(n, this.#a);
      this.#all.load(next, this.#b);
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
    const rankOf = (n: number) => this.#all.rank(n);
    const best = connection.reduce((a, b) => rankOf(b) < rankOf(a) ? b : a);
    const source = (n: number) => E.sourceIsHigher(this.#all.chunk(n).words, this.#all.row(n) * R.WORDS);
    const want = source(best);
    for (const n of connection) {
      const chunk = this.#all.chunk(n), row = this.#all.row(n);
      if (source(n) !== want && reversible(chunk.words, row * R.WORDS)) this.#turn(n, chunk, row);
      this.#all.setRank(n, rankOf(best));
    }
  }

  /**
   * A port used anew: the meter had stretched the old record to the time of the new SYN (TCP-10). It ends with its own last packet.
   */
  #endBefore(n: number, next: number): void {
    const chunk = this.#all.chunk(n), d = this.#all.row(n) * R.DOUBLES, doubles = chunk.doubles;
    const start = this.#all.start(n), end = this.#all.end(n);
    if ((this.#all.bits(next) & 3 * E.CLIENT_SYN) === 0 || end !== this.#all.start(next)) return;
    const s = doubles[d + R.S_LAST]!, t = doubles[d + R.D_LAST]!;
    const last = s >= t || t !== t ? s : t;
    if (!(last < end && last >= start)) return;
    const source = E.sourceIsHigher(chunk.words, this.#all.row(n) * R.WORDS) ? 0 : 1;
    const text = `end was ${new Date(end / 1000).toISOString()}, the SYN of the next connection`;
    this.#trails.note(n, { source, at: end, records: 0, rule: "port-reuse", text });
    for (const i of [R.S_END, R.D_END]) if (doubles[d + i]! > last) doubles[d + i] = last;
    this.#all.setEnd(n, last);
  }

  #settles(tcp: boolean): boolean {
    const a = this.#a, b = this.#b;
    if (this.#idle > 0 && b.start - a.end >= this.#idle) return false;
    if (!tcp) return true;
    const known = E.relation(a, b);
    return (known === E.UNCLEAR ? E.decide(a, b) : known) === E.SAME;
  }

  #finish(n: number, out: RecordBatch, row: number): void {
    finishRow(out, row, this.#all.rank(n), this.#trails.of(n));
  }
}

/** How many records a row was merged from. */
function recordsOf(batch: RecordBatch, row: number): number {
  const merged = batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_AGR;
  return merged && batch.agr ? batch.agr[row * R.AGR_DOUBLES + R.AGR_COUNT]! : 1;
}
