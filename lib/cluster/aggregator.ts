import {
  AGR_COUNT,
  AGR_DOUBLES,
  AGR_MAX,
  AGR_MEAN,
  AGR_MIN,
  AGR_N,
  AGR_STDEV,
  duration,
  enterRow,
  flip,
  joinLabels,
  mergeRow,
  type MergeRules,
  type NumberGetter,
  RecordBatch,
  settleRow,
} from "../record/mod.ts";
import { grown, roomier } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import { IdleQueue } from "./idle_queue.ts";
import type { Key } from "./key.ts";
import { sortedOrder, type SortKey } from "./sort.ts";
import { RowStore } from "./store.ts";
import { KeyTable } from "./table.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  DADDR, DOUBLES, DPORT, D_APP, D_ENCAPS, FLAGS, FLAG_AGR, FLAG_REVERSE, FLAG_TURNED, KEY_IPV4, KEY_IPV6,
  KEY_TYPE, MAC, NET, NET_NONE, PROTO, SADDR, SPORT, S_APP, S_ENCAPS, TCP_EST, TCP_OPTIONS, TCP_STATUS,
  TCP_SYN, TCP_SYNACK, WORDS,
} = R;

/** What one aggregator does; times in microseconds, 0 for never. */
export interface AggregatorOptions {
  /** What makes records one aggregate. */
  readonly key: Key;
  /** How records are merged. */
  readonly rules: MergeRules;
  /** A record whose key stands reversed in the table joins that aggregate (racluster `-M correct`, cluster.md section 4B). */
  readonly reverse: boolean;
  /** An aggregate that would span this long is put out and begun anew. */
  readonly status: number;
  /** An aggregate that was silent this long is put out and begun anew. */
  readonly idle: number;
  /** Label of every aggregate. */
  readonly label?: string | undefined;
  /** Fields outside the key keep their value until a different one comes (racluster `-M preserve`). */
  readonly preserve: boolean;
  /** Aggregates carry their statistics; without them `trans` is 0 (racluster `-M norep`). */
  readonly report: boolean;
  /** What the statistics are of, in place of the duration. */
  readonly metric?: NumberGetter | undefined;
  /** Order of the aggregates in the end; without it the least recently changed comes first. */
  readonly sort?: readonly SortKey[] | undefined;
  /** Aggregates come in the order of their first records instead; without `status` and `idle` only. */
  readonly firstCome?: boolean;
  /** Batches of {@linkcode Aggregator.addRows} carry the numbers of their keys (`RecordBatch.keys`), all from one `KeyNumbers`. */
  readonly numbered?: boolean;
}

const OUT = 4096;
/** Records looked up ahead of the merging. */
const GROUP = 64;

/** Is shown a record where it stands, valid during the call only; `false` means that no more are wanted. */
export type ShowRow = (batch: RecordBatch, row: number) => boolean | void;

/** Merges records with the same key, in constant memory per live aggregate (cluster.md sections 1 to 5). */
export class Aggregator {
  readonly #options: AggregatorOptions;
  readonly #key: Key;
  readonly #store = new RowStore();
  #table: KeyTable;
  readonly #own: Int32Array;
  readonly #other: Int32Array;
  readonly #ahead: Int32Array;
  /** Row + 1 by key number, 0 where there is none yet. */
  #rows: Int32Array = new Int32Array(GROUP);
  readonly #hashes = new Int32Array(GROUP);
  readonly #entries = new Int32Array(GROUP);
  /** Keeps the look-ahead from being optimized away. */
  #warm = 0;
  readonly #scratch = new RecordBatch(1);
  #done = new RecordBatch(1);
  /** The order of last use, where the clock puts aggregates out. */
  #idle: IdleQueue | undefined;

  /** Makes an empty aggregator. */
  constructor(options: AggregatorOptions) {
    this.#options = options;
    this.#key = options.key;
    this.#table = new KeyTable(options.key.size);
    this.#own = new Int32Array(options.key.size);
    this.#other = new Int32Array(options.key.size);
    this.#ahead = new Int32Array(options.key.size * GROUP);
    this.#scratch.length = 1;
    if (options.idle > 0 && options.rules === "argus" && !options.key.none) this.#idle = new IdleQueue();
  }

  /** Aggregates alive. */
  get length(): number {
    return this.#warm === Infinity ? 0 : this.#store.length;
  }

  /** Takes a record in; the batch is not changed. */
  add(batch: RecordBatch, row: number): void {
    const key = this.#key;
    if (key.none) {
      const n = this.#store.add(batch, row);
      this.#enter(this.#store.chunk(n), this.#store.row(n));
      if (!key.rmon) return;
      this.#flippedEnd(batch, row);
      const m = this.#store.add(this.#scratch, 0);
      this.#enter(this.#store.chunk(m), this.#store.row(m));
      return;
    }
    if (this.#options.metric) {
      this.#scratch.copyRow(0, batch, row);
      enterRow(this.#scratch, 0, this.#options.metric(this.#scratch, 0) || 0);
      batch = this.#scratch;
      row = 0;
    }
    if (key.ordered !== undefined && wrongOrder(batch.words, row * WORDS, key.ordered)) {
      this.#flipped(batch, row);
      batch = this.#scratch;
      row = 0;
      this.#scratch.words[FLAGS]! &= ~FLAG_REVERSE;
    }
    this.#one(batch, row);
    if (key.rmon) {
      this.#flippedEnd(batch, row);
      this.#one(this.#scratch, 0);
    }
  }

  /** The record as its other end sees it, in row 0 of the scratch batch. */
  #flippedEnd(batch: RecordBatch, row: number): void {
    const reverse = batch.words[row * WORDS + FLAGS]! & FLAG_REVERSE;
    this.#flipped(batch, row);
    const words = this.#scratch.words;
    words[FLAGS] = words[FLAGS]! & ~FLAG_REVERSE | reverse;
  }

  /**
   * Takes many records in. Keys are read and looked up a group ahead of the merging: aggregates lie all over memory, and this way the
   * processor waits for many of them at a time instead of one after the other.
   */
  addRows(batch: RecordBatch, rows: Int32Array, count: number): void {
    const key = this.#key, table = this.#table, size = key.size, keys = this.#ahead, hashes = this.#hashes;
    const store = this.#store;
    if (this.#options.numbered) {
      this.#addNumbered(batch, rows, count);
      return;
    }
    if (key.none || key.rmon || key.ordered !== undefined || this.#options.metric) {
      for (let i = 0; i < count; i++) this.add(batch, rows[i]!);
      return;
    }
    for (let from = 0; from < count; from += GROUP) {
      const n = Math.min(GROUP, count - from);
      for (let i = 0; i < n; i++) hashes[i] = key.read(batch, rows[from + i]!, keys, i * size);
      this.#warm = table.peek(hashes, n, this.#entries) + store.peekAll(this.#entries, 0, n);
      for (let i = 0; i < n; i++) this.#take(batch, rows[from + i]!, keys, i * size, hashes[i]!);
    }
  }

  /** As {@linkcode addRows} when somebody else has looked the keys up. */
  #addNumbered(batch: RecordBatch, rows: Int32Array, count: number): void {
    const store = this.#store, keys = batch.keys!, entries = this.#entries;
    for (let from = 0; from < count; from += GROUP) {
      const n = Math.min(GROUP, count - from);
      for (let i = 0; i < n; i++) {
        const key = keys[rows[from + i]!]!;
        if (key >= this.#rows.length) {
          this.#rows = grown(this.#rows, Math.max(key + 1, roomier(this.#rows.length)));
        }
        entries[i] = this.#rows[key]! - 1;
      }
      this.#warm = store.peekAll(entries, 0, n);
      for (let i = 0; i < n; i++) {
        const row = rows[from + i]!, key = keys[row]!, known = this.#rows[key]! - 1;
        if (known >= 0) this.#join(known, batch, row);
        else {
          const fresh = store.add(batch, row);
          this.#rows[key] = fresh + 1;
          this.#enter(store.chunk(fresh), store.row(fresh));
        }
      }
    }
  }

  /** Puts an aggregate back as it was put out before; nothing is merged with it yet. */
  restore(batch: RecordBatch, row: number): void {
    const hash = this.#key.read(batch, row, this.#own);
    const n = this.#store.add(batch, row);
    this.#table.insert(n, this.#own, hash);
    this.#idle?.touch(n);
  }

  /**
   * Puts out what has been silent for the idle time when a record begins, least recently used first and not past the first that has
   * not: the clock of the real program is the start of the record at hand, whatever becomes of that record (observed).
   */
  expire(now: number): void {
    const queue = this.#idle;
    if (!queue) return;
    for (let n = queue.head(); n >= 0; n = queue.head()) {
      const chunk = this.#store.chunk(n), row = this.#store.row(n);
      if (!(now - R.lastTime(chunk, row) >= this.#options.idle)) return;
      queue.shift();
      this.#close(this.#done, this.#done.append(chunk, row));
      this.#table.remove(n);
      this.#store.remove(n);
    }
  }

  /** Records put out by status or idle since the last call, or nothing. */
  take(): RecordBatch | undefined {
    if (this.#done.length === 0) return undefined;
    const done = this.#done;
    this.#done = new RecordBatch(1);
    return done;
  }

  /** Number of records that {@linkcode take} would give. */
  get ready(): number {
    return this.#done.length;
  }

  /** All aggregates, in batches; afterwards there are none. */
  *drain(): Generator<RecordBatch, void, void> {
    const done = this.take();
    if (done) yield done;
    const store = this.#store, order = this.#order();
    for (let from = 0; from < order.length; from += OUT) {
      const to = Math.min(order.length, from + OUT);
      const out = new RecordBatch(to - from);
      for (let i = from; i < to; i++) {
        this.#close(out, out.append(store.chunk(order[i]!), store.row(order[i]!)));
      }
      yield out;
    }
    this.#forget();
  }

  /** As {@linkcode drain}, without copies: shows each record where it stands until told to stop by `false`. */
  each(show: ShowRow): void {
    const done = this.take();
    for (let row = 0; done && row < done.length; row++) if (show(done, row) === false) return;
    const store = this.#store;
    const order = this.#order();
    for (let i = 0; i < order.length; i++) {
      if (i % GROUP === 0) this.#warm = store.peekAll(order, i, GROUP);
      const chunk = store.chunk(order[i]!), row = store.row(order[i]!);
      this.#close(chunk, row);
      if (show(chunk, row) === false) break;
    }
    this.#forget();
  }

  /** Row numbers in the order they leave. */
  #order(): Int32Array {
    const store = this.#store, order = store.order();
    // Rows are numbered as they come.
    if (this.#options.firstCome) return order.sort();
    const sort = this.#options.sort;
    if (!sort || sort.length === 0) return order;
    const locate = (i: number) => ({ batch: store.chunk(order[i]!), row: store.row(order[i]!) });
    return sortedOrder(order.length, locate, sort).map((i) => order[i]!);
  }

  #forget(): void {
    this.#store.clear();
    this.#table = new KeyTable(this.#key.size);
    this.#rows.fill(0);
    if (this.#idle) this.#idle = new IdleQueue();
  }

  #one(batch: RecordBatch, row: number): void {
    this.#take(batch, row, this.#own, 0, this.#key.read(batch, row, this.#own));
  }

  /** Takes in a record whose key stands at `at` of `own`. */
  #take(batch: RecordBatch, row: number, own: Int32Array, at: number, hash: number): void {
    const table = this.#table;
    if (this.#options.rules === "argus" && this.#key.lacks(batch, row)) {
      const m = table.find(this.#other, this.#key.readWhole(batch, row, this.#other));
      if (m >= 0) return this.#join(m, batch, row);
    }
    const n = table.find(own, hash, at);
    if (n >= 0) {
      this.#join(n, batch, row);
      return;
    }
    if (this.#options.reverse && reversible(batch.words, row * WORDS)) {
      const m = table.find(this.#other, this.#key.readReversed(batch, row, this.#other));
      if (m >= 0 && this.#joinReversed(m, batch, row, own, at, hash)) return;
    }
    const fresh = this.#store.add(batch, row);
    table.insert(fresh, own, hash, at);
    this.#idle?.touch(fresh);
    this.#enter(this.#store.chunk(fresh), this.#store.row(fresh));
  }

  /** Prepares a row that begins an aggregate; its statistics begin with the first merge. */
  #enter(batch: RecordBatch, row: number): void {
    this.#key.mask(batch, row);
    if (!this.#options.preserve && !this.#key.none) this.#key.strip(batch, row);
    const label = this.#options.label;
    if (label) {
      const more = batch.moreOf(row);
      more.label = more.label === undefined ? label : joinLabels(more.label, label, false);
    }
  }

  #join(n: number, batch: RecordBatch, row: number): void {
    const store = this.#store, chunk = store.chunk(n), at = store.row(n);
    store.touch(n);
    this.#idle?.touch(n);
    if (this.#due(chunk, at, batch, row)) {
      this.#close(this.#done, this.#done.append(chunk, at));
      chunk.copyRow(at, batch, row);
      this.#enter(chunk, at);
      return;
    }
    if (!this.#key.masked) {
      mergeRow(chunk, at, batch, row, this.#options.rules);
      return;
    }
    // Addresses that the key cuts are equal up to there, whatever the rules of merging say.
    const w = at * WORDS, before = chunk.words.slice(w + SADDR, w + SADDR + 8);
    mergeRow(chunk, at, batch, row, this.#options.rules);
    this.#key.keep(chunk.words, w, before);
  }

  /** Whether status or idle ends the aggregate before this record (cluster.md section 5). */
  #due(a: RecordBatch, ar: number, b: RecordBatch, br: number): boolean {
    const { status, idle } = this.#options;
    if (status === 0 && idle === 0) return false;
    const start = R.startTime(a, ar), end = R.lastTime(a, ar), s = R.startTime(b, br), e = R.lastTime(b, br);
    if (status > 0 && Math.max(end, e) - Math.min(start, s) >= status) return true;
    return idle > 0 && Math.max(s - end, start - e) >= idle;
  }

  /** Rules of section 4B; false when the record has to stand alone. */
  #joinReversed(
    m: number,
    batch: RecordBatch,
    row: number,
    own: Int32Array,
    from: number,
    hash: number,
  ): boolean {
    const chunk = this.#store.chunk(m), at = this.#store.row(m);
    const w = row * WORDS, t = at * WORDS;
    if (batch.words[w + PROTO] === 6) {
      if (batch.words[w + NET] === NET_NONE || chunk.words[t + NET] === NET_NONE) {
        // Without TCP data the real program finds the reversed aggregate but forgets to turn the record.
        this.#join(m, batch, row);
        return true;
      }
      const mine = chunk.words[t + TCP_STATUS]!, theirs = batch.words[w + TCP_STATUS]!;
      if (mine & theirs & TCP_SYN) return false;
      if (theirs & TCP_SYN || (theirs & TCP_SYNACK && theirs & TCP_EST)) {
        this.#flipInPlace(chunk, at);
        if (this.#options.rules === "argus" && (chunk.words[at * WORDS + FLAGS]! & FLAG_AGR) !== 0) {
          // The real program loses the application bytes when it turns what was merged (observed).
          chunk.doubles[at * DOUBLES + S_APP] = chunk.doubles[at * DOUBLES + D_APP] = 0;
        }
        this.#table.remove(m);
        this.#table.insert(m, own, hash, from);
        this.#join(m, batch, row);
        return true;
      }
    }
    this.#flipped(batch, row);
    this.#join(m, this.#scratch, 0);
    return true;
  }

  /** The record reversed, in row 0 of the scratch batch. */
  #flipped(batch: RecordBatch, row: number): void {
    if (batch !== this.#scratch) this.#scratch.copyRow(0, batch, row);
    this.#flipInPlace(this.#scratch, 0);
  }

  #flipInPlace(batch: RecordBatch, row: number): void {
    const words = batch.words, w = row * WORDS;
    const status = words[w + TCP_STATUS]!, options = words[w + TCP_OPTIONS]!;
    const s = words[w + S_ENCAPS]!, d = words[w + D_ENCAPS]!;
    flip(batch, row);
    if (this.#options.rules !== "argus") return;
    // Loads were computed on reading and stay where they are.
    words[w + FLAGS]! ^= FLAG_TURNED;
    // The real program leaves the status and option words of a reversed record as they were, its encapsulations, and the ports of IPv6.
    words[w + S_ENCAPS] = s;
    words[w + D_ENCAPS] = d;
    words[w + TCP_STATUS] = status;
    words[w + TCP_OPTIONS] = options;
    if (words[w + KEY_TYPE] === KEY_IPV6 && reversible(words, w)) {
      const port = words[w + SPORT]!;
      words[w + SPORT] = words[w + DPORT]!;
      words[w + DPORT] = port;
    }
  }

  /** Finishes a row that goes out. */
  #close(batch: RecordBatch, row: number): void {
    settleRow(batch, row, this.#options.rules);
    if (this.#options.report) return;
    batch.words[row * WORDS + FLAGS]! |= FLAG_AGR;
    const bank = batch.agrBank(), i = row * AGR_DOUBLES;
    bank[i + AGR_COUNT] = bank[i + AGR_N] = bank[i + AGR_MEAN] = 0;
    bank[i + AGR_MIN] = bank[i + AGR_MAX] = NaN;
    bank[i + AGR_STDEV] = duration(batch, row);
  }
}

/** Whether a record's key can be met reversed: ICMP, IGMP, ESP and what is not IP have no other side (cluster.md section 4B). */
export function reversible(words: Int32Array, w: number): boolean {
  const type = words[w + KEY_TYPE]!, proto = words[w + PROTO]!;
  return (type === KEY_IPV4 || type === KEY_IPV6) && proto !== 1 && proto !== 58 && proto !== 50 &&
    proto !== 2;
}

function bytesBack(word: number): number {
  return (word << 24 | (word & 0xff00) << 8 | word >>> 8 & 0xff00 | word >>> 24) >>> 0;
}

/** Whether the source comes after the destination in numeric order; by address only IP flows have an order. */
function wrongOrder(words: Int32Array, w: number, by: "addresses" | "macs"): boolean {
  if (by === "macs") {
    const s = (words[w + MAC + 1]! & 0xffff) * 2 ** 32 + (words[w + MAC + 2]! >>> 0);
    const d = (words[w + MAC]! >>> 0) * 2 ** 16 + (words[w + MAC + 1]! >>> 16);
    return s > d;
  }
  const type = words[w + KEY_TYPE];
  if (type !== KEY_IPV4 && type !== KEY_IPV6) return false;
  for (let i = 0; i < 4; i++) {
    const s = words[w + SADDR + i]!, d = words[w + DADDR + i]!;
    if (s === d) continue;
    // IPv6 addresses word by word as a little endian machine reads them (observed).
    return type === KEY_IPV6 ? bytesBack(s) > bytesBack(d) : s >>> 0 > d >>> 0;
  }
  return false;
}
