import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import type { PeerRules, Settings } from "../settings/mod.ts";
import type { ConnectionColumns } from "./connections.ts";
import * as T from "./entry_words.ts";
import { FlowTable } from "./flow_table.ts";
import { KeyTable } from "./keys.ts";
import * as E from "./ledger.ts";
import { Ledger } from "./ledger.ts";
import { BATCH_ROWS, type MeterOptions, type RecordSink } from "./meter.ts";
import { emitPeerRow, keepSide, openPeerRow, S_ICMP, S_ISNS, S_TCP } from "./peer_emit.ts";
import type { PeerPacket } from "./peer_packet.ts";
import * as X from "./peer_tcp.ts";
import { PeerTimers } from "./peer_timers.ts";
import { SYN } from "./tcp_values.ts";
import { Unrecorded } from "./unrecorded.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PACKET_WORDS, PW_APP, PW_ENCAPS, PW_IP, PW_KIND, PW_SEQ, PW_VLAN } = P;

/** Keys are made by PeerPacket; the table only numbers them. */
const NO_RULES = {
  plain: false,
  bidirectional: false,
  matrix: false,
  vlan: false,
  mpls: false,
  layer2: false,
};

/** The entries of a peer's meter: how they are opened, counted into, written and dropped. When, is for others to say. */
export class PeerEntries {
  readonly settings: Settings;
  readonly rules: PeerRules;
  readonly ledger: Ledger | undefined;
  readonly unrecorded: Unrecorded = new Unrecorded();
  readonly table: FlowTable = new FlowTable();
  readonly keys: KeyTable = new KeyTable(NO_RULES);
  readonly timers: PeerTimers;
  connections: ConnectionColumns | undefined;
  created = 0;
  emitted = 0;
  /** Newest capture time, and the frame at hand. */
  now = -Infinity;
  frame = 0;
  /** Time of the first packet of a flow. */
  origin = NaN;
  /** By row: first packet of the record, last packet of the entry. */
  first: Float64Array = new Float64Array(1024);
  last: Float64Array = new Float64Array(1024);
  /** Entries that wait for the end of a batch of packets to be dropped. */
  readonly marked: Set<number> = new Set();
  /** Batch being filled. */
  out: RecordBatch;

  readonly #sink: RecordSink;
  readonly #batchSize: number;
  readonly #wantsLedger: MeterOptions["ledger"];
  /** Brings times to the precision of records. */
  readonly #round: (time: number) => number;
  #recordsOfConnection = new Int32Array(0);
  #sequence = 0;

  constructor(settings: Settings, sink: RecordSink, options: MeterOptions) {
    const rules = settings.rules;
    this.settings = settings;
    this.rules = rules;
    this.#sink = sink;
    this.#batchSize = options.batchSize ?? BATCH_ROWS;
    this.out = new RecordBatch(this.#batchSize);
    this.connections = options.connections;
    this.#wantsLedger = options.ledger;
    this.ledger = options.ledger === undefined ? undefined : new Ledger();
    this.timers = new PeerTimers(settings);
    const unit = rules.timeUnit, whole = (time: number) => Math.floor(time / unit) * unit;
    this.#round = unit === 1
      ? (time) => time
      : rules.timeOrigin === "epoch"
      ? whole
      : (time) => whole(this.origin) + whole(time - this.origin);
  }

  /** Makes an entry, under key number `id` or, with -1, under none; `turned` when its first packet came from the destination. */
  open(p: PeerPacket, turned: boolean, c: PacketColumns, i: number, time: number, id: number): number {
    const table = this.table, row = table.alloc(), s = row * T.STATE_WORDS;
    if (row >= this.first.length) {
      const size = this.first.length * 2;
      const grow = (old: Float64Array) => {
        const next = new Float64Array(size);
        next.set(old);
        return next;
      };
      this.first = grow(this.first);
      this.last = grow(this.last);
    }
    openPeerRow(table, row, p, p.swap ^ +turned, c, i, this.rules, this.settings);
    const state = table.state;
    state[s + T.S_KEY] = id;
    state[s + T.S_BORN] = this.frame;
    state[s + S_ICMP] = p.ports;
    this.first[row] = NaN;
    this.created++;
    this.#identify(row, c, i);
    if (id >= 0) {
      table.own[id] = row;
      const timer = this.timers.classOf(p.proto, p.isIcmp, 0, 0);
      state[s + T.S_QUEUE] = timer;
      table.push(timer, row, this.now);
    }
    this.last[row] = time;
    const wants = this.#wantsLedger, w = row * R.WORDS + R.CONN;
    if (wants !== undefined && (wants === "all" || wants(c, i, table.words[w]!, table.words[w + 1]!))) {
      state[s + T.S_BITS]! |= T.IS_LEDGERED;
      this.note(E.E_CREATED, row, NaN, -1);
    }
    return row;
  }

  #identify(row: number, c: PacketColumns, i: number): void {
    const w = row * R.WORDS, words = this.table.words, connections = this.connections;
    let index = -1;
    if (connections !== undefined) {
      words[w + R.CONN] = connections.high[i]!;
      words[w + R.CONN + 1] = connections.low[i]!;
      index = connections.index[i]!;
    }
    this.table.state[row * T.STATE_WORDS + T.S_CONN] = index;
    words[w + R.FIRST_FRAME] = c.firstFrame + i;
  }

  /** Counts a packet of `side` into its entry. */
  account(row: number, p: PeerPacket, c: PacketColumns, i: number, time: number, side: number): void {
    const table = this.table;
    const w = row * R.WORDS, d = row * R.DOUBLES, s = row * T.STATE_WORDS;
    const words = table.words, doubles = table.doubles, state = table.state;
    if (this.first[row] !== this.first[row]) {
      this.first[row] = time;
      if (words[w + R.FIRST_FRAME] !== c.firstFrame + i) this.#identify(row, c, i);
    }
    this.last[row] = time;
    const at = d + R.S_START + 2 * side;
    doubles[doubles[at] === doubles[at] ? at + 1 : at] = time;
    doubles[d + R.S_PKTS + side]!++;
    doubles[d + R.S_BYTES + side]! += p.bytes;
    const app = c.words[i * PACKET_WORDS + PW_APP]!;
    if (app > 0) doubles[d + R.S_APP + side]! += app;
    if (this.settings.appBytes) words[w + R.FLAGS]! |= R.FLAG_APPBYTES;
    if ((c.words[i * PACKET_WORDS + PW_KIND]! & P.P_KIND_MASK) <= P.P_IP) {
      words[w + R.S_IP + side] = c.words[i * PACKET_WORDS + PW_IP]!;
      words[w + R.FLAGS]! |= R.FLAG_S_IP << side;
    }
    words[w + R.S_ENCAPS + side]! |= c.words[i * PACKET_WORDS + PW_ENCAPS]!;
    if (c.words[i * PACKET_WORDS + PW_KIND]! & P.P_VLAN) {
      const shift = side ? 0 : 16;
      words[w + R.VLAN] = (words[w + R.VLAN]! & (side ? 0xffff0000 : 0xffff)) |
        ((c.words[i * PACKET_WORDS + PW_VLAN]! & 0xffff) << shift);
      words[w + R.FLAGS]! |= R.FLAG_S_VLAN << side;
    }
    words[w + R.LAST_FRAME] = c.firstFrame + i;
    if (!p.isTcp) return;
    words[w + R.SIDE + side * R.SIDE_WORDS + R.T_FLAGS]! |= p.flags;
    const bits = state[s + S_TCP]!;
    if (p.flags & SYN && !(bits & (X.S_ISN << side))) {
      state[s + S_ISNS + side] = c.words[i * PACKET_WORDS + PW_SEQ]!;
      state[s + S_TCP] = bits | (X.S_ISN << side);
    }
    state[s + S_TCP] = X.tcpBits(this.settings.tcpEnd, state[s + S_TCP]!, side, p.flags);
  }

  /** Writes an entry's record and drops it. */
  close(row: number, cause: number, reason: number, kind: number): void {
    const table = this.table, s = row * T.STATE_WORDS, state = table.state;
    const record = this.write(row, cause, reason);
    const due = reason === R.END_STATUS
      ? this.first[row]! + this.settings.status
      : table.qtime[row]! + this.timers.limitOf(state[s + T.S_QUEUE]!);
    this.note(kind, row, kind === E.E_DELETED ? due : NaN, record);
    this.marked.delete(row);
    table.unlink(row);
    const id = state[s + T.S_KEY]!;
    table.own[id] = 0;
    this.keys.forget([id], Infinity);
    table.free(row);
  }

  /** Writes the record of an entry; gives its ordinal, or -1 when it is one that is not written. */
  write(row: number, cause: number, reason: number): number {
    const table = this.table, d = row * R.DOUBLES, w = row * R.WORDS, doubles = table.doubles;
    const spkts = doubles[d + R.S_PKTS]!, dpkts = doubles[d + R.D_PKTS]!;
    if (spkts + dpkts < this.rules.minPackets) {
      this.unrecorded.add("few-packets", spkts + dpkts, doubles[d + R.S_BYTES]! + doubles[d + R.D_BYTES]!);
      return -1;
    }
    if (table.words[w + R.SEQ] === 0) table.words[w + R.SEQ] = ++this.#sequence;
    const first = this.emitted;
    if (this.rules.output === "biflow") this.#emit(row, cause, reason, -1);
    else {
      if (spkts > 0) this.#emit(row, cause, reason, 0);
      if (dpkts > 0) this.#emit(row, cause, reason, 1);
    }
    return first;
  }

  /** Adds a row to the batch: of both sides, or of one. */
  #emit(row: number, cause: number, reason: number, side: number): void {
    const out = this.out, at = out.add();
    emitPeerRow(this.table, row, out, at, this.#round, cause, reason);
    if (side >= 0) keepSide(out, at, side, this.#round(this.first[row]!), this.#round(this.last[row]!));
    const conn = this.table.state[row * T.STATE_WORDS + T.S_CONN]!;
    if (conn >= 0) out.words[at * R.WORDS + R.CONN_SEQ] = this.#nextOfConnection(conn);
    this.emitted++;
    if (out.length >= this.#batchSize) this.flush();
  }

  #nextOfConnection(conn: number): number {
    if (conn >= this.#recordsOfConnection.length) {
      const next = new Int32Array(Math.max(1024, conn * 2));
      next.set(this.#recordsOfConnection);
      this.#recordsOfConnection = next;
    }
    return ++this.#recordsOfConnection[conn]!;
  }

  /** Gives the records so far to the sink. */
  flush(): void {
    if (this.out.length > 0) this.out = this.#sink(this.out);
  }

  /** Writes an event to the ledger. */
  note(kind: number, row: number, due: number, record: number): void {
    const table = this.table, s = row * T.STATE_WORDS, w = row * R.WORDS;
    if (this.ledger === undefined || !(table.state[s + T.S_BITS]! & T.IS_LEDGERED)) return;
    this.ledger.add(
      kind,
      this.now,
      this.frame,
      due,
      table.qtime[row]!,
      table.words[w + R.CONN]!,
      table.words[w + R.CONN + 1]!,
      table.state[s + T.S_BORN]!,
      record,
    );
  }
}
