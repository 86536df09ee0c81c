import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import type { PeerRules, Settings } from "../settings/mod.ts";
import type { ConnectionColumns } from "./connections.ts";
import type { FlowMeter } from "./flow_meter.ts";
import * as T from "./flow_table.ts";
import { FlowTable } from "./flow_table.ts";
import { zeroInterval } from "./interval.ts";
import { type KeyedBatch, KeyTable } from "./keys.ts";
import * as E from "./ledger.ts";
import { Ledger } from "./ledger.ts";
import type { MeterOptions, RecordSink } from "./meter.ts";
import { emitPeerRow, keepSide, openPeerRow, S_ICMP, S_ISNS, S_TCP } from "./peer_emit.ts";
import { PeerFragments } from "./peer_fragments.ts";
import { PeerPacket } from "./peer_packet.ts";
import * as X from "./peer_tcp.ts";
import { CLASSES, PeerTimers } from "./peer_timers.ts";
import { ACK, FIN, SYN } from "./tcp.ts";
import { Unrecorded } from "./unrecorded.ts";

/** The entry waits for the end of the batch to be dropped. */
const IS_MARKED = 1 << 8;
/** End reason of a record that TCP ended. */
const END_OF_TCP = [R.END_UNKNOWN, R.END_CLOSED, R.END_RESET, R.END_PORT_REUSE];

/**
 * A flow meter whose rules are not Argus' (spec/presets.md): one setting's packets in, record rows out. Rows stand as they are to be
 * read, with source and destination in their places; `asRead` does not apply to them.
 */
export class PeerMeter implements FlowMeter {
  readonly settings: Settings;
  readonly ledger: Ledger | undefined;
  readonly seen = { packets: 0, bytes: 0, flowPackets: 0, flowBytes: 0 };
  readonly unrecorded: Unrecorded = new Unrecorded();
  created = 0;
  emitted = 0;
  readonly table: FlowTable = new FlowTable();
  readonly ghosts = undefined;
  connections: ConnectionColumns | undefined;
  /** Batch being filled. */
  out: RecordBatch;

  readonly #rules: PeerRules;
  readonly #sink: RecordSink;
  readonly #batchSize: number;
  readonly #wantsLedger: MeterOptions["ledger"];
  readonly #keys: KeyTable;
  readonly #packet: PeerPacket;
  readonly #timers: PeerTimers;
  readonly #fragments: PeerFragments;
  readonly #sweeps: boolean;
  readonly #fires: boolean;
  readonly #tcpEnd: Settings["tcpEnd"];
  // By row: first packet of the record, last packet of the entry.
  #first = new Float64Array(1024);
  #last = new Float64Array(1024);
  #recordsOfConnection = new Int32Array(0);
  #sequence = 0;
  /** Newest capture time. */
  #now = -Infinity;
  #frame = 0;
  /** Time of the first packet of a flow, and the precision of times in records. */
  #origin = NaN;
  readonly #round: (time: number) => number;
  #checked = NaN;
  #swept = NaN;
  #inBatch = 0;
  #marked: number[] = [];

  constructor(settings: Settings, sink: RecordSink, options: MeterOptions = {}) {
    const rules = settings.rules;
    this.settings = settings;
    this.#rules = rules;
    this.#sink = sink;
    this.#batchSize = options.batchSize ?? 4096;
    this.out = new RecordBatch(this.#batchSize);
    this.connections = options.connections;
    this.#wantsLedger = options.ledger;
    this.ledger = options.ledger === undefined ? undefined : new Ledger();
    // Keys are made by PeerPacket; the table only numbers them.
    this.#keys = new KeyTable(NO_RULES);
    this.#packet = new PeerPacket(settings);
    this.#timers = new PeerTimers(settings);
    this.#fragments = new PeerFragments(settings.timeouts.frag);
    this.#sweeps = settings.clock === "sweep";
    this.#fires = !this.#sweeps && rules.idleWhen === "due";
    this.#tcpEnd = settings.tcpEnd;
    const unit = rules.timeUnit, whole = (time: number) => Math.floor(time / unit) * unit;
    this.#round = unit === 1
      ? (time) => time
      : rules.timeOrigin === "epoch"
      ? whole
      : (time) => whole(this.#origin) + whole(time - this.#origin);
  }

  run(c: PacketColumns, _keys: KeyedBatch): void {
    const seen = this.seen, p = this.#packet, rules = this.#rules;
    this.#keys.fresh.length = 0;
    for (let i = 0, n = c.length; i < n; i++) {
      const low = c.kind[i]! & P.P_KIND_MASK;
      if (low === P.P_DROPPED) continue;
      const size = c.size[i]!;
      this.#frame = c.firstFrame + i;
      seen.packets++;
      seen.bytes += size;
      const forms = p.read(c, i);
      if (forms || low !== P.P_NONE) {
        seen.flowPackets++;
        seen.flowBytes += size;
        if (!forms) this.unrecorded.add("not-ip", 1, size);
      }
      let time = c.time[i]!;
      if (forms) {
        if (time < this.#now && rules.disorder === "drop") {
          this.unrecorded.add("late", 1, size);
          continue;
        }
        if (time < this.#now && rules.disorder === "clamp") time = this.#now;
        if (this.#origin !== this.#origin) this.#origin = time;
        if (!(time < this.#now)) this.#now = time;
        if (this.#fires) this.#fireDue(this.#now);
        this.#take(c, i, time, size);
      }
      // Frames that form no flow move this clock, too, but not those of IEEE 802.3 (seen with nfpcapd 1.7.1).
      if (this.#sweeps && low !== P.P_LLC && low !== P.P_ISIS) this.#check(time);
      if (rules.batch > 0 && ++this.#inBatch >= rules.batch) this.#endBatch();
    }
    this.#frame = 0;
  }

  #take(c: PacketColumns, i: number, time: number, size: number): void {
    const p = this.#packet, rules = this.#rules;
    if (p.isLaterFragment || p.isFirstFragment) {
      if (rules.fragments === "ignore" && p.isLaterFragment) {
        this.unrecorded.add("fragment", 1, size);
        return;
      }
      if (rules.fragments === "reassemble") {
        if (!this.#sweeps) this.#giveUpFragments(time);
        const joined = this.#fragments.add(p, time, size);
        if (joined === undefined) return;
        time = joined.begun;
        this.unrecorded.add("joined", joined.frames - 1, joined.size - p.bytes);
        size = p.bytes;
      }
    }
    if (size !== p.bytes) this.unrecorded.add("uncounted", 0, size - p.bytes);
    if (this.#standsAlone()) {
      const row = this.#open(c, i, time, -1);
      this.#account(row, c, i, time, p.swap ^ this.table.state[row * T.STATE_WORDS + T.S_ORIENT]!);
      this.#write(row, R.CAUSE_STOP, R.END_CLOSED);
      this.table.free(row);
      return;
    }
    const id = this.#keys.internWords(p.key);
    this.table.reach(this.#keys.size);
    let row = this.table.own[id]!;
    if (row !== 0) {
      row = this.#before(row, c, i, time);
      if (row < 0) return;
    }
    const fresh = row === 0;
    // The key went with its entry.
    if (fresh) row = this.#open(c, i, time, this.#keys.internWords(p.key));
    const side = this.#sideOf(row);
    this.#account(row, c, i, time, side);
    this.#after(row, side, fresh, c, i);
  }

  /** Whether the packet at hand makes a record of its own. */
  #standsAlone(): boolean {
    const p = this.#packet, alone = this.#rules.perPacket;
    if (p.isIcmp) return alone.icmp;
    return alone.udpPorts.length > 0 && p.proto === 17 &&
      (alone.udpPorts.includes(p.ports >>> 16) || alone.udpPorts.includes(p.ports & 0xffff));
  }

  /** 0 when the packet at hand comes from the source of an entry. */
  #sideOf(row: number): number {
    if (this.#rules.forward === "address") {
      const words = this.table.words, w = row * R.WORDS;
      let same = true;
      for (let j = 0; j < 4; j++) if (words[w + R.SADDR + j] !== words[w + R.DADDR + j]) same = false;
      if (same) return 0;
    }
    return this.#packet.swap ^ this.table.state[row * T.STATE_WORDS + T.S_ORIENT]!;
  }

  /** A packet finds its entry: ends the record where the rules say so. Gives the row, 0 when it is gone, -1 to leave the packet out. */
  #before(row: number, c: PacketColumns, i: number, time: number): number {
    const p = this.#packet, rules = this.#rules, state = this.table.state, s = row * T.STATE_WORDS;
    if (!this.#sweeps && rules.batch === 0) {
      // CICFlowMeter compares milliseconds of IPv6 packets with a limit in microseconds.
      const factor = p.isIp6 && rules.oddities.includes("cic-ipv6-time") ? 1000 : 1;
      if (this.#timers.isOld(time, this.#first[row]!, factor)) return this.#cut(row, time);
    }
    if (p.isIcmp && rules.oddities.includes("wtmc-icmp")) {
      const was = state[s + S_ICMP]!;
      if (was >>> 8 !== p.ports >>> 8 && (was & 0xff) !== (p.ports & 0xff)) {
        this.#close(row, R.CAUSE_STOP, R.END_CLOSED, E.E_DELETED);
        return 0;
      }
    }
    if (!p.isTcp) return row;
    const bits = state[s + S_TCP]!, side = this.#sideOf(row);
    const ends = X.tcpBefore(this.#tcpEnd, bits, side, p.flags, c.seq[i]!, state[s + S_ISNS + side]!);
    if (ends !== X.OPEN) {
      this.#close(row, R.CAUSE_STOP, END_OF_TCP[ends]!, ends === X.ENDS_REUSED ? E.E_RESTARTED : E.E_DELETED);
      return 0;
    }
    if (side === 0 && p.flags & FIN && bits & X.S_FIN && rules.oddities.includes("cic-second-fin")) {
      this.unrecorded.add("ignored", 1, p.bytes);
      return -1;
    }
    return row;
  }

  /** The life of a record is over as its own packet comes. */
  #cut(row: number, time: number): number {
    const table = this.table, s = row * T.STATE_WORDS, state = table.state, rule = this.#rules.afterCut;
    const proto = table.words[row * R.WORDS + R.PROTO]!;
    const near = proto === 17 && time - this.#last[row]! <= this.settings.status;
    if (rule === "sender" || (rule === "keep-tcp" && proto !== 6 && !near)) {
      this.#close(row, R.CAUSE_STATUS, R.END_STATUS, E.E_DELETED);
      return 0;
    }
    const record = this.#write(row, R.CAUSE_STATUS, R.END_STATUS);
    this.#event(E.E_CUT, row, this.#first[row]! + this.settings.status, record);
    if (state[s + S_TCP]! & (X.S_SYN | X.S_SYNACK | X.D_SYNACK)) state[s + T.S_BITS]! |= T.IS_REMEMBERED;
    state[s + S_TCP] = 0;
    zeroInterval(table, row);
    this.#first[row] = NaN;
    return row;
  }

  /** Makes an entry, under key number `id` or, with -1, under none. */
  #open(c: PacketColumns, i: number, time: number, id: number): number {
    const table = this.table, p = this.#packet, row = table.alloc(), s = row * T.STATE_WORDS;
    if (row >= this.#first.length) {
      const size = this.#first.length * 2;
      const grow = (old: Float64Array) => {
        const next = new Float64Array(size);
        next.set(old);
        return next;
      };
      this.#first = grow(this.#first);
      this.#last = grow(this.#last);
    }
    openPeerRow(table, row, p, p.swap ^ +this.#turns(), c, i, this.#rules, this.settings.monitorId);
    const state = table.state;
    state[s + T.S_KEY] = id;
    state[s + T.S_BORN] = this.#frame;
    state[s + S_ICMP] = p.ports;
    this.#first[row] = NaN;
    this.created++;
    this.#identify(row, c, i);
    if (id >= 0) {
      table.own[id] = row;
      const timer = this.#timers.classOf(p.proto, p.isIcmp, 0, 0);
      state[s + T.S_QUEUE] = timer;
      table.push(timer, row, this.#now);
    }
    this.#last[row] = time;
    const wants = this.#wantsLedger, w = row * R.WORDS + R.CONN;
    if (wants !== undefined && (wants === "all" || wants(c, i, table.words[w]!, table.words[w + 1]!))) {
      state[s + T.S_BITS]! |= T.IS_LEDGERED;
      this.#event(E.E_CREATED, row, NaN, -1);
    }
    return row;
  }

  /** Whether the first packet of a flow came from its destination. */
  #turns(): boolean {
    const p = this.#packet, rules = this.#rules;
    for (const rule of rules.turn) {
      if (rule === "synack-first") {
        if (p.isTcp && (p.flags & (SYN | ACK)) === (SYN | ACK)) return true;
        continue;
      }
      const source = p.ports >>> 16, target = p.ports & 0xffff;
      const from = rules.serverPorts.includes(source), to = rules.serverPorts.includes(target);
      if (p.proto === 17 && from && !to) return true;
      if (
        p.isTcp && (p.flags & (SYN | ACK)) !== SYN && from && (!to || (!(p.flags & SYN) && source < target))
      ) return true;
    }
    return false;
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
  #account(row: number, c: PacketColumns, i: number, time: number, side: number): void {
    const table = this.table, p = this.#packet;
    const w = row * R.WORDS, d = row * R.DOUBLES, s = row * T.STATE_WORDS;
    const words = table.words, doubles = table.doubles, state = table.state;
    if (this.#first[row] !== this.#first[row]) {
      this.#first[row] = time;
      if (words[w + R.FIRST_FRAME] !== c.firstFrame + i) this.#identify(row, c, i);
    }
    this.#last[row] = time;
    const at = d + R.S_START + 2 * side;
    doubles[doubles[at] === doubles[at] ? at + 1 : at] = time;
    doubles[d + R.S_PKTS + side]!++;
    doubles[d + R.S_BYTES + side]! += p.bytes;
    const app = c.app[i]!;
    if (app > 0) doubles[d + R.S_APP + side]! += app;
    if (this.settings.appBytes) words[w + R.FLAGS]! |= R.FLAG_APPBYTES;
    if ((c.kind[i]! & P.P_KIND_MASK) <= P.P_IP) {
      words[w + R.S_IP + side] = c.ip[i]!;
      words[w + R.FLAGS]! |= R.FLAG_S_IP << side;
    }
    words[w + R.S_ENCAPS + side]! |= c.encaps[i]!;
    if (c.kind[i]! & P.P_VLAN) {
      const shift = side ? 0 : 16;
      words[w + R.VLAN] = (words[w + R.VLAN]! & (side ? 0xffff0000 : 0xffff)) |
        ((c.vlan[i]! & 0xffff) << shift);
      words[w + R.FLAGS]! |= R.FLAG_S_VLAN << side;
    }
    words[w + R.LAST_FRAME] = c.firstFrame + i;
    if (!p.isTcp) return;
    words[w + R.SIDE + side * R.SIDE_WORDS + R.T_FLAGS]! |= p.flags;
    const bits = state[s + S_TCP]!;
    if (p.flags & SYN && !(bits & (X.S_ISN << side))) {
      state[s + S_ISNS + side] = c.seq[i]!;
      state[s + S_TCP] = bits | (X.S_ISN << side);
    }
    state[s + S_TCP] = X.tcpBits(this.#tcpEnd, state[s + S_TCP]!, side, p.flags);
  }

  /** What a packet does to its entry once it is counted. */
  #after(row: number, side: number, fresh: boolean, c: PacketColumns, i: number): void {
    const table = this.table,
      p = this.#packet,
      rules = this.#rules,
      s = row * T.STATE_WORDS,
      state = table.state;
    const bits = state[s + S_TCP]!;
    if (p.isTcp) {
      const ends = X.tcpAfter(this.#tcpEnd, bits, side, p.flags, fresh);
      if (ends !== X.OPEN) {
        this.#close(row, R.CAUSE_STOP, END_OF_TCP[ends]!, E.E_DELETED);
        return;
      }
    }
    const was = state[s + T.S_QUEUE]!, dport = table.words[row * R.WORDS + R.DPORT]!;
    const timer = p.isTcp ? this.#timers.classOf(6, false, bits, dport) : was;
    if (timer !== was || (this.#timers.moves(timer) && !fresh)) {
      table.unlink(row);
      table.push(timer, row, this.#now);
      state[s + T.S_QUEUE] = timer;
    }
    if (rules.batch > 0) {
      const bytes = table.doubles[row * R.DOUBLES + R.S_BYTES + side]!;
      const over = bytes > rules.maxBytes || this.#timers.isOld(c.time[i]!, this.#first[row]!, 1);
      if (over && !(state[s + T.S_BITS]! & IS_MARKED)) {
        state[s + T.S_BITS]! |= IS_MARKED;
        this.#marked.push(row);
      }
    } else if (table.live > rules.maxFlows) this.#evict(table.live - rules.maxFlows);
  }

  /** The end of a batch of packets: marked entries go, and the table is brought to size. */
  #endBatch(): void {
    this.#inBatch = 0;
    for (const row of this.#marked) this.#close(row, R.CAUSE_STATUS, R.END_STATUS, E.E_DELETED);
    this.#marked.length = 0;
    if (this.table.live > this.#rules.maxFlows) this.#evict(this.table.live - this.#rules.maxFlows);
  }

  /** Drops the entries that are due first. */
  #evict(count: number): void {
    const table = this.table, heads: number[] = [];
    for (let timer = 1; timer <= CLASSES; timer++) heads.push(timer);
    for (; count > 0; count--) {
      let best = 0, bestDue = Infinity;
      for (const timer of heads) {
        const row = table.oldest(timer);
        if (row === timer) continue;
        const due = Math.min(
          table.qtime[row]! + this.#timers.limitOf(timer),
          this.#first[row]! + this.settings.status,
        );
        if (best === 0 || due < bestDue) [best, bestDue] = [row, due];
      }
      if (best === 0) return;
      this.#close(best, R.CAUSE_TIMEOUT, R.END_EVICTED, E.E_EVICTED);
    }
  }

  /** Clock `exact`: entries whose time is up by now go. */
  #fireDue(now: number): void {
    const table = this.table, timers = this.#timers;
    for (let timer = 1; timer <= CLASSES; timer++) {
      for (;;) {
        const row = table.oldest(timer);
        if (row === timer || !timers.isIdle(timer, now, table.qtime[row]!)) break;
        this.#expire(row, timer);
      }
    }
  }

  #expire(row: number, timer: number): void {
    const bits = this.table.state[row * T.STATE_WORDS + S_TCP]!;
    const closed = (bits & X.IS_CLOSED) !== 0 && !this.#timers.moves(timer);
    const reason = !closed ? R.END_IDLE : bits & (X.S_RST | X.D_RST) ? R.END_RESET : R.END_CLOSED;
    this.#close(row, R.CAUSE_TIMEOUT, reason, E.E_DELETED);
  }

  /** Clock `sweep`: looks, after a packet was counted, whether it is time to look at all entries. */
  #check(time: number): void {
    const unit = this.#rules.timerUnit, now = Math.floor(time / unit) * unit;
    if (now - this.#checked <= unit) return;
    this.#checked = now;
    // The first look only starts the clock.
    if (this.#swept !== this.#swept) this.#swept = now;
    else if (now - this.#swept > this.settings.sweepEvery) {
      this.#swept = now;
      this.#sweep(time);
    }
  }

  #sweep(time: number): void {
    const table = this.table, timers = this.#timers;
    for (let timer = 1; timer <= CLASSES; timer++) {
      for (let row = table.oldest(timer), next = row; row !== timer; row = next) {
        next = table.state[row * T.STATE_WORDS + T.S_NEXT]!;
        if (timers.isIdle(timer, time, this.#last[row]!)) this.#expire(row, timer);
        else if (timers.isOld(time, this.#first[row]!, 1)) {
          this.#close(row, R.CAUSE_STATUS, R.END_STATUS, E.E_DELETED);
        }
      }
    }
    this.#giveUpFragments(time);
  }

  #giveUpFragments(now: number): void {
    for (const lost of this.#fragments.giveUp(now)) this.unrecorded.add("fragment", lost.frames, lost.size);
  }

  /** Writes an entry's record and drops it. */
  #close(row: number, cause: number, reason: number, kind: number): void {
    const table = this.table, s = row * T.STATE_WORDS, state = table.state;
    const record = this.#write(row, cause, reason);
    const due = reason === R.END_STATUS
      ? this.#first[row]! + this.settings.status
      : table.qtime[row]! + this.#timers.limitOf(state[s + T.S_QUEUE]!);
    this.#event(kind, row, kind === E.E_DELETED ? due : NaN, record);
    if (state[s + T.S_BITS]! & IS_MARKED) this.#marked = this.#marked.filter((r) => r !== row);
    table.unlink(row);
    const id = state[s + T.S_KEY]!;
    table.own[id] = 0;
    this.#keys.forget([id], Infinity);
    table.free(row);
  }

  /** Writes the record of an entry; gives its ordinal, or -1 when it is one that is not written. */
  #write(row: number, cause: number, reason: number): number {
    const table = this.table, d = row * R.DOUBLES, w = row * R.WORDS, doubles = table.doubles;
    const spkts = doubles[d + R.S_PKTS]!, dpkts = doubles[d + R.D_PKTS]!;
    if (spkts + dpkts < this.#rules.minPackets) {
      this.unrecorded.add("few-packets", spkts + dpkts, doubles[d + R.S_BYTES]! + doubles[d + R.D_BYTES]!);
      return -1;
    }
    if (table.words[w + R.SEQ] === 0) table.words[w + R.SEQ] = ++this.#sequence;
    const first = this.emitted;
    if (this.#rules.output === "biflow") this.#emit(row, cause, reason, -1);
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
    if (side >= 0) keepSide(out, at, side, this.#round(this.#first[row]!), this.#round(this.#last[row]!));
    const conn = this.table.state[row * T.STATE_WORDS + T.S_CONN]!;
    if (conn >= 0) out.words[at * R.WORDS + R.CONN_SEQ] = this.#nextOfConnection(conn);
    this.emitted++;
    if (out.length >= this.#batchSize) this.#flush();
  }

  #nextOfConnection(conn: number): number {
    if (conn >= this.#recordsOfConnection.length) {
      const next = new Int32Array(Math.max(1024, conn * 2));
      next.set(this.#recordsOfConnection);
      this.#recordsOfConnection = next;
    }
    return ++this.#recordsOfConnection[conn]!;
  }

  #flush(): void {
    if (this.out.length > 0) this.out = this.#sink(this.out);
  }

  #event(kind: number, row: number, due: number, record: number): void {
    const table = this.table, s = row * T.STATE_WORDS, w = row * R.WORDS;
    if (this.ledger === undefined || !(table.state[s + T.S_BITS]! & T.IS_LEDGERED)) return;
    this.ledger.add(
      kind,
      this.#now,
      this.#frame,
      due,
      table.qtime[row]!,
      table.words[w + R.CONN]!,
      table.words[w + R.CONN + 1]!,
      table.state[s + T.S_BORN]!,
      record,
    );
  }

  tick(now: number): void {
    if (!(now < this.#now)) this.#now = now;
    if (this.#fires) this.#fireDue(this.#now);
    if (this.#sweeps) this.#check(now);
    this.#flush();
  }

  end(): void {
    const table = this.table;
    for (let timer = 1; timer <= CLASSES; timer++) {
      for (let row = table.oldest(timer); row !== timer; row = table.oldest(timer)) {
        this.#close(row, R.CAUSE_SHUTDOWN, R.END_CAPTURE, E.E_ENDED);
      }
    }
    this.#giveUpFragments(Infinity);
    this.#flush();
  }
}

const NO_RULES = {
  plain: false,
  bidirectional: false,
  matrix: false,
  vlan: false,
  mpls: false,
  layer2: false,
};
