import { grown, Problem } from "../base/mod.ts";
import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { account, identify } from "./account.ts";
import type { ConnectionColumns } from "./connections.ts";
import { ColdRows } from "./cold_rows.ts";
import { emitInPlace, emitRow } from "./emit.ts";
import { Extras } from "./extras.ts";
import { FlowTable } from "./flow_table.ts";
import { Fragments } from "./fragments.ts";
import { GHOST_ORIENT, Ghosts } from "./ghosts.ts";
import { mapIcmpError } from "./icmp_map.ts";
import { keyOfRow, newEntryRow } from "./interval.ts";
import { keyOfPacket, type KeyRules } from "./key_rules.ts";
import { type KeyedBatch, keyRulesOf } from "./keys.ts";
import { type KeyHolders } from "./key_holders.ts";
import * as E from "./ledger.ts";
import type { PacketShare } from "./packet_share.ts";
import { Ledger } from "./ledger.ts";
import { Timers } from "./timers.ts";
import { Unrecorded } from "./unrecorded.ts";
import * as T from "./entry_words.ts";
import * as K from "./key_words.ts";
import * as V from "./tcp_values.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  PACKET_DOUBLES, PACKET_WORDS, PW_FLAGS, PW_KIND, PW_SIZE, P_DROPPED, P_ELSEWHERE, P_FIRST_FRAGMENT,
  P_FRAGMENT, P_INNER, P_KIND_MASK, P_TCP_HEADER,
} = P;
// deno-fmt-ignore
const {
  CAUSE_START, CAUSE_TIMEOUT, CONN, CONN_SEQ, DOUBLES, D_PKTS, END_IDLE, END_STATUS, FLAGS,
  FLAG_REVERSE, SEQ, S_PKTS, TCP_STATUS, WORDS,
} = R;
// deno-fmt-ignore
const {
  IS_LEDGERED, IS_REMEMBERED, IS_REPORTED, IS_STARTED, ON_STATUS, STATE_WORDS, STATUS_QUEUE, S_BITS,
  S_BORN, S_CHILD, S_CONN, S_KEY, S_ORIENT, S_QUEUE,
} = T;
const { KEY_WORDS } = K;
const { E_CREATED, E_REMEMBERED } = E;
const { SYN } = V;

/** Rows of a batch before it goes to its sink, unless told. */
export const BATCH_ROWS = 4096;

/** Takes a full batch of records and gives the batch to fill next (the same one, once its rows are used up). */
export type RecordSink = (batch: RecordBatch) => RecordBatch;

/** What a meter is told besides its settings. */
export interface MeterOptions {
  /** Which entries go to the ledger: all, or those whose first packet the function accepts (given its connection id, if tracked). */
  readonly ledger?: "all" | ((columns: PacketColumns, index: number, high: number, low: number) => boolean);
  /** Connection numbers of the packets, when they are tracked. */
  readonly connections?: ConnectionColumns;
  /** Rows of a batch before it goes to the sink. */
  readonly batchSize?: number;
  /**
   * Entries kept in memory; the coldest of more than these wait in a temporary file. Records are the same with any number. Not with
   * settings that ask for jitter, packet sizes, MACs or user data.
   */
  readonly maxLive?: number | undefined;
  /** Note for each record which frame made it come out, and in which step (see {@linkcode Meter.stamps}). */
  readonly stamps?: boolean;
  /**
   * Given each record where it lies instead of a copy in the sink's batches, and the dense number of its connection (-1 without): the
   * row is valid only during the call. Not used when a setting asks for jitter, packet sizes, MACs or user data.
   */
  readonly take?: (batch: RecordBatch, row: number, connection: number) => void;
}

/**
 * One setting's flow meter: packets in, raw record rows out, in the order the real program emits them (ORD-1).
 *
 * `run` takes decoded batches in capture order after `keys.intern`; `end` flushes what is open (TIM-11).
 */
export class Meter {
  readonly settings: Settings;
  /** Events of the connections asked about. */
  readonly ledger: Ledger | undefined;
  /** Packets and bytes seen that formed no flow (law 1), and those that did. */
  readonly seen = { packets: 0, bytes: 0, flowPackets: 0, flowBytes: 0 };
  /** Entries made so far. */
  created = 0;
  /** Records emitted so far. */
  emitted = 0;
  readonly table = new FlowTable();
  readonly #holders: KeyHolders;
  readonly #rules: KeyRules;
  readonly #key = new Int32Array(KEY_WORDS);
  readonly extras: Extras | undefined;
  /** Direction memory, when the setting has one. */
  readonly ghosts: Ghosts | undefined;
  /** Batch being filled. */
  out: RecordBatch;
  /** Transport sequence numbers given (SEQ-1). */
  sequence = 0;
  readonly quirks: boolean;
  /** What was seen and is in no record: stray fragments (law 1). */
  readonly unrecorded: Unrecorded = new Unrecorded();

  readonly #sink: RecordSink;
  readonly #batchSize: number;
  readonly #startRecords: boolean;
  readonly duplicates: boolean;
  /** Flows are between addresses. */
  readonly matrix: boolean;
  /** The clock, and what it does to the entries. */
  readonly timers: Timers;
  /**
   * Of each record in `out`, if asked for: four times the frame that made it come out, plus the step of its processing (`STEP_*`); infinite
   * at the end of the capture. With ties by first frame this is the order of emission, whatever else is metered.
   */
  stamps: Float64Array | undefined;
  /** Number of the first frame not metered yet. */
  next = 1;
  readonly #take: MeterOptions["take"];
  readonly #view: RecordBatch;
  /** IPv4 fragments behind the first of their datagram. */
  readonly fragments: Fragments;
  /** Connection numbers of the batch being metered, when they are tracked. */
  connections: ConnectionColumns | undefined;
  readonly #wantsLedger: MeterOptions["ledger"];
  #recordsOfConnection = new Int32Array(0);
  #frame = 0;

  constructor(settings: Settings, holders: KeyHolders, sink: RecordSink, options: MeterOptions = {}) {
    this.settings = settings;
    this.#holders = holders;
    this.#rules = keyRulesOf(settings);
    this.#sink = sink;
    this.#batchSize = options.batchSize ?? BATCH_ROWS;
    this.out = new RecordBatch(this.#batchSize);
    this.quirks = settings.quirks === "argus-3.0.8.2";
    this.#startRecords = settings.startRecords;
    this.duplicates = settings.trackDuplicates;
    this.matrix = this.#rules.matrix;
    this.timers = new Timers(this, settings, this.quirks);
    this.fragments = new Fragments(this);
    this.connections = options.connections;
    this.#wantsLedger = options.ledger;
    this.ledger = options.ledger === undefined ? undefined : new Ledger();
    this.extras = Extras.neededBy(settings) ? new Extras(settings) : undefined;
    this.#take = this.extras === undefined ? options.take : undefined;
    this.#view = new RecordBatch(1);
    this.stamps = options.stamps ? new Float64Array(this.#batchSize) : undefined;
    this.ghosts = settings.memory.kind === "off" ? undefined : new Ghosts(settings.memory);
    if (options.maxLive === undefined) return;
    if (this.extras !== undefined) {
      throw new Problem(
        "unsupported",
        "Expected no jitter, packet sizes, MACs or user data with maxLive: what they need stays in memory",
      );
    }
    this.table.cold = new ColdRows(this.table, options.maxLive);
  }

  /** Capture time of the packet being processed, microseconds. */
  get now(): number {
    return this.timers.now;
  }

  /** Meters a batch whose keys are numbered, or a share of it (clock `exact` only). */
  run(c: PacketColumns, keys: KeyedBatch, share?: PacketShare): void {
    const table = this.table, seen = this.seen;
    table.reach(keys.size);
    const ids = keys.ids, swaps = keys.swaps;
    const words = c.words, times = c.times;
    const timers = this.timers, exact = timers.exact, limit = timers.limit;
    const own = share?.packets, clock = share?.clock, n = share === undefined ? c.length : share.length;
    // Before this time nothing happens by itself; other clocks than `exact` do not ask.
    let due = exact ? timers.due : -Infinity;
    let packets = 0, bytes = 0, flowPackets = 0, flowBytes = 0, passed = 0;
    for (let j = 0; j < n; j++) {
      let i = j;
      if (own !== undefined) {
        i = own[j]!;
        const at = i < 0 ? ~i : i;
        if (at > passed) {
          const before = clock![at - 1]!;
          if (!(before < due)) due = this.#passOver(c, clock!, passed, at);
          timers.now = before;
        }
        passed = at + 1;
        if (i < 0) {
          this.#overhear(c, at, keys.quoted[at]!);
          due = timers.due;
          continue;
        }
      }
      const x = i * PACKET_WORDS, kind = words[x + PW_KIND]!, low = kind & P_KIND_MASK;
      if (low === P_DROPPED) {
        if (kind & P_ELSEWHERE) {
          this.#passBy(times[i * PACKET_DOUBLES]!, c.firstFrame + i);
          if (exact) due = timers.due;
        }
        continue;
      }
      const now = times[i * PACKET_DOUBLES]!, size = words[x + PW_SIZE]!;
      this.#frame = c.firstFrame + i;
      if (now < due) { if (!(now < timers.now)) timers.now = now; }
      else if (exact) timers.tickExact(now);
      else timers.now = now;
      packets++;
      bytes += size;
      const id = ids[i]!;
      if (id >= 0) {
        flowPackets++;
        flowBytes += size;
        let row = table.own[id]!;
        // Most packets find their entry within its interval; the rest of TIM-4 step 2 is claim's.
        if (row !== 0) {
          const bits = table.state[row * STATE_WORDS + S_BITS]!;
          if (!(bits & ON_STATUS) || limit === 0 || timers.now - table.qtime[row]! >= limit) {
            row = timers.claim(row, kind, id);
          }
        }
        if (row !== 0) account(this, row, c, i, kind, swaps[i]!, false);
        else {
          row = this.#create(c, i, id, swaps[i]!);
          account(this, row, c, i, kind, swaps[i]!, true);
          if (this.#startRecords) this.emit(row, CAUSE_START, END_STATUS);
        }
        if (kind & (P_FIRST_FRAGMENT | P_INNER)) this.#aside(row, c, i, kind, keys.quoted[i]!);
      } else if (low === P_FRAGMENT) {
        flowPackets++;
        flowBytes += size;
        this.fragments.later(c, i);
      }
      if (now < due) continue;
      // TIM-4 step 4: the first packet sets the timer going.
      if (!(now < timers.sweepAt)) timers.sweep();
      if (exact) due = timers.due;
    }
    if (clock !== undefined && passed < c.length) {
      if (!(clock[c.length - 1]! < due)) this.#passOver(c, clock, passed, c.length);
      timers.now = clock[c.length - 1]!;
    }
    this.#frame = 0;
    this.next = c.firstFrame + c.length;
    seen.packets += packets;
    seen.bytes += bytes;
    seen.flowPackets += flowPackets;
    seen.flowBytes += flowBytes;
  }

  /** Packets of other shards: time goes on. Gives when something is due next. */
  #passOver(c: PacketColumns, clock: Float64Array, from: number, to: number): number {
    const timers = this.timers;
    let due = timers.due;
    for (let i = from; i < to; i++) {
      if (clock[i]! < due || (c.words[i * PACKET_WORDS + PW_KIND]! & P_KIND_MASK) === P_DROPPED) continue;
      this.#passBy(c.times[i * PACKET_DOUBLES]!, c.firstFrame + i);
      due = timers.due;
    }
    return due;
  }

  /** An ICMP error of another shard that quotes a flow of this one. */
  #overhear(c: PacketColumns, i: number, quoted: number): void {
    const timers = this.timers;
    this.#frame = c.firstFrame + i;
    timers.tickExact(c.times[i * PACKET_DOUBLES]!);
    this.#map(c, i, quoted);
    if (!(c.times[i * PACKET_DOUBLES]! < timers.sweepAt)) timers.sweep();
  }

  /** A packet of another shard: time goes on. */
  #passBy(now: number, frame: number): void {
    const timers = this.timers;
    this.#frame = frame;
    if (timers.exact) timers.tickExact(now);
    else timers.now = now;
    if (!(now < timers.sweepAt)) timers.sweep();
  }

  #aside(row: number, c: PacketColumns, i: number, kind: number, quoted: number): void {
    if (kind & P_FIRST_FRAGMENT) this.fragments.first(row, c, i);
    if (kind & P_INNER) this.#map(c, i, quoted);
  }

  /** An ICMP error marks the entry of the flow it quotes (REC-11). */
  #map(c: PacketColumns, i: number, quoted: number): void {
    if (quoted < 0) return;
    let target = this.table.own[quoted]!;
    if (target < 0) target = this.table.cold!.load(-target);
    if (target !== 0) mapIcmpError(this, target, c, i);
  }

  /** Makes the entry for the first packet of a flow. */
  #create(c: PacketColumns, i: number, id: number, swap: number): number {
    const { cold } = this.table;
    if (cold !== undefined && cold.full) cold.evict(0);
    keyOfPacket(this.#rules, c, i, this.#key);
    const row = this.newEntry(c, i, this.#key, swap, this.timers.now);
    this.table.state[row * STATE_WORDS + S_KEY] = id;
    this.table.own[id] = row;
    this.#holders.hold(id);
    if (this.ghosts !== undefined && c.words[i * PACKET_WORDS + PW_KIND]! & P_TCP_HEADER) {
      this.#recall(row, c, i);
    }
    return row;
  }

  /** Gives a new entry the direction that a ghost remembers; a SYN speaks for itself. */
  #recall(row: number, c: PacketColumns, i: number): void {
    keyOfRow(this.table, row, this.#key);
    const known = this.ghosts!.recall(this.#key, this.timers.now);
    if (known === 0 || c.words[i * PACKET_WORDS + PW_FLAGS]! & SYN) return;
    const table = this.table, s = row * STATE_WORDS, w = row * WORDS;
    const orient = known & GHOST_ORIENT ? 1 : 0;
    table.state[s + S_ORIENT] = orient;
    if (orient) table.words[w + FLAGS]! |= FLAG_REVERSE;
    else table.words[w + FLAGS]! &= ~FLAG_REVERSE;
    table.words[w + TCP_STATUS]! |= known & ~GHOST_ORIENT;
    table.state[s + S_BITS]! |= IS_REMEMBERED;
    this.note(E_REMEMBERED, row, this.timers.now, NaN);
  }

  /** Makes an entry whose source is the sender of this packet (DIR-1) and puts it on the status queue. */
  newEntry(c: PacketColumns, i: number, key: Int32Array, swap: number, now: number): number {
    const table = this.table;
    const row = table.alloc();
    newEntryRow(table, row, key, swap, c, i, this.settings);
    const s = row * STATE_WORDS, state = table.state;
    state[s + S_QUEUE] = this.timers.queues.initial(c.words[i * PACKET_WORDS + PW_KIND]!);
    state[s + S_BORN] = this.#frame;
    state[s + S_CONN] = -1;
    table.push(STATUS_QUEUE, row, now);
    state[s + S_BITS] = ON_STATUS;
    this.created++;
    identify(this, row, c, i);
    this.extras?.open(row);
    const wants = this.#wantsLedger;
    if (wants === undefined) return row;
    const w = row * WORDS + CONN;
    if (wants === "all" || wants(c, i, table.words[w]!, table.words[w + 1]!)) {
      state[s + S_BITS]! |= IS_LEDGERED;
      this.note(E_CREATED, row, now, NaN);
    }
    return row;
  }

  /** Whether a time is set; the real program takes second 0 for "not set" (TIM-12). */
  isSet(time: number): boolean {
    return this.quirks ? time >= 1e6 || time < 0 : time === time;
  }

  /** Counts a packet into its entry. */
  account(row: number, c: PacketColumns, i: number, kind: number, swap: number, fresh: boolean): void {
    account(this, row, c, i, kind, swap, fresh);
  }

  /** Drops an entry that waits for nothing any more. */
  close(row: number): void {
    this.table.unlink(row);
    this.forget(row);
  }

  /** Gives an unlinked entry's row and key back. */
  forget(row: number): void {
    const table = this.table, s = row * STATE_WORDS;
    const hasChild = table.state[s + S_CHILD] !== 0;
    if (hasChild) this.fragments.fold(row);
    // Fragments that came after the last report are written with the entry's end (cause TIMEOUT).
    if (!(table.state[s + S_BITS]! & IS_REPORTED)) this.emit(row, CAUSE_TIMEOUT, END_IDLE);
    if (hasChild) this.fragments.parentGoes(row);
    const id = table.state[s + S_KEY]!;
    if (id >= 0) {
      table.own[id] = 0;
      // At the end nobody numbers keys any more.
      if (this.timers.step !== Infinity) this.#holders.release(id);
    } else this.fragments.forget(row);
    this.extras?.close(row);
    table.free(row);
  }

  /** Writes the record of an entry's interval; gives its ordinal, or -1 when there is nothing to write. */
  emit(row: number, cause: number, reason: number): number {
    const table = this.table, d = row * DOUBLES;
    if (table.state[row * STATE_WORDS + S_CHILD] !== 0) this.fragments.fold(row);
    if (table.doubles[d + S_PKTS]! + table.doubles[d + D_PKTS]! === 0) return -1;
    const w = row * WORDS;
    if (table.words[w + SEQ] === 0) {
      // SEQ-1: given at the first report and kept; 0xffffffff is skipped.
      if (++this.sequence === 0xffffffff) this.sequence = 1;
      table.words[w + SEQ] = this.sequence;
    }
    const conn = table.state[row * STATE_WORDS + S_CONN]!;
    if (conn >= 0) table.words[w + CONN_SEQ] = this.#nextOfConnection(conn);
    if (this.#take !== undefined) emitInPlace(this, row, this.#view, this.#take, cause, reason);
    else {
      const out = this.out;
      if (this.stamps !== undefined) this.stamps[out.length] = 4 * this.#frame + this.timers.step;
      emitRow(this, row, out, out.add(), cause, reason);
      if (out.length >= this.#batchSize) this.flush();
    }
    table.state[row * STATE_WORDS + S_BITS]! |= IS_REPORTED | IS_STARTED;
    return this.emitted++;
  }

  #nextOfConnection(conn: number): number {
    if (conn >= this.#recordsOfConnection.length) {
      this.#recordsOfConnection = grown(this.#recordsOfConnection, Math.max(1024, conn * 2));
    }
    return ++this.#recordsOfConnection[conn]!;
  }

  /** Lets time go on without a packet: what is due is written and given to the sink (live input). */
  tick(now: number): void {
    const timers = this.timers;
    if (timers.exact) timers.tickExact(now);
    else if (!(now < timers.now)) timers.now = now;
    timers.scanAll();
    this.flush();
  }

  /** Gives the records so far to the sink. */
  flush(): void {
    if (this.out.length === 0) return;
    this.out = this.#sink(this.out);
  }

  /** Writes an event of a row into the ledger, if its entry is one of those asked about. */
  note(kind: number, row: number, time: number, due: number, record = -1): void {
    const table = this.table, s = row * STATE_WORDS;
    if (this.ledger === undefined || !(table.state[s + S_BITS]! & IS_LEDGERED)) return;
    const w = row * WORDS;
    this.ledger.add(
      kind,
      time,
      this.#frame,
      due,
      table.qtime[row]!,
      table.words[w + CONN]!,
      table.words[w + CONN + 1]!,
      table.state[s + S_BORN]!,
      record,
    );
  }

  /** End of the capture: what is open is written (TIM-11). */
  end(): void {
    for (const _ of this.ending()) { /* The sink takes all. */ }
  }

  /** As {@linkcode end}, in steps, between which the sink's batches can be taken away. */
  *ending(): Generator<void, void, void> {
    yield* this.timers.ending();
    this.flush();
    this.table.cold?.close();
  }
}
