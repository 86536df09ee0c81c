import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import type { ConnectionColumns } from "./connections.ts";
import type { FlowMeter } from "./flow_meter.ts";
import * as T from "./entry_words.ts";
import type { FlowTable } from "./flow_table.ts";
import { zeroInterval } from "./interval.ts";
import type { KeyedBatch } from "./keys.ts";
import * as E from "./ledger.ts";
import type { Ledger } from "./ledger.ts";
import type { MeterOptions, RecordSink } from "./meter.ts";
import { PeerClock } from "./peer_clock.ts";
import { S_ICMP, S_ISNS, S_TCP } from "./peer_emit.ts";
import { PeerEntries } from "./peer_entries.ts";
import { PeerFragments } from "./peer_fragments.ts";
import { PeerPacket } from "./peer_packet.ts";
import * as X from "./peer_tcp.ts";
import { ACK, FIN, SYN } from "./tcp_values.ts";
import type { Unrecorded } from "./unrecorded.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PACKET_DOUBLES, PACKET_WORDS, PW_KIND, PW_SEQ, PW_SIZE } = P;

/** End reason of a record that TCP ended. */
const END_OF_TCP = [R.END_UNKNOWN, R.END_CLOSED, R.END_RESET, R.END_PORT_REUSE];

/**
 * A flow meter whose rules are not Argus' (spec/presets.md): one setting's packets in, record rows out. Rows stand as they are to be
 * read, with source and destination in their places; `asRead` does not apply to them.
 */
export class PeerMeter implements FlowMeter {
  readonly settings: Settings;
  readonly seen = { packets: 0, bytes: 0, flowPackets: 0, flowBytes: 0 };
  readonly ghosts = undefined;
  readonly #entries: PeerEntries;
  readonly #clock: PeerClock;
  readonly #packet: PeerPacket;
  readonly #fragments: PeerFragments;
  readonly #sweeps: boolean;
  readonly #fires: boolean;

  constructor(settings: Settings, sink: RecordSink, options: MeterOptions = {}) {
    this.settings = settings;
    this.#entries = new PeerEntries(settings, sink, options);
    this.#packet = new PeerPacket(settings);
    this.#fragments = new PeerFragments(settings.timeouts.frag);
    this.#clock = new PeerClock(this.#entries, this.#fragments);
    this.#sweeps = settings.clock === "sweep";
    this.#fires = !this.#sweeps && settings.rules.idleWhen === "due";
  }

  get ledger(): Ledger | undefined {
    return this.#entries.ledger;
  }
  get unrecorded(): Unrecorded {
    return this.#entries.unrecorded;
  }
  get created(): number {
    return this.#entries.created;
  }
  get emitted(): number {
    return this.#entries.emitted;
  }
  get table(): FlowTable {
    return this.#entries.table;
  }
  get connections(): ConnectionColumns | undefined {
    return this.#entries.connections;
  }
  set connections(connections: ConnectionColumns | undefined) {
    this.#entries.connections = connections;
  }

  run(c: PacketColumns, _keys: KeyedBatch): void {
    const seen = this.seen, p = this.#packet, rules = this.#entries.rules;
    this.#entries.keys.fresh.length = 0;
    for (let i = 0, n = c.length; i < n; i++) {
      const low = c.words[i * PACKET_WORDS + PW_KIND]! & P.P_KIND_MASK;
      if (low === P.P_DROPPED) continue;
      const size = c.words[i * PACKET_WORDS + PW_SIZE]!;
      this.#entries.frame = c.firstFrame + i;
      seen.packets++;
      seen.bytes += size;
      const forms = p.read(c, i);
      if (forms || low !== P.P_NONE) {
        seen.flowPackets++;
        seen.flowBytes += size;
        if (!forms) this.unrecorded.add("not-ip", 1, size);
      }
      let time = c.times[i * PACKET_DOUBLES]!;
      if (forms) {
        if (time < this.#entries.now && rules.disorder === "drop") {
          this.unrecorded.add("late", 1, size);
          continue;
        }
        if (time < this.#entries.now && rules.disorder === "clamp") time = this.#entries.now;
        if (this.#entries.origin !== this.#entries.origin) this.#entries.origin = time;
        if (!(time < this.#entries.now)) this.#entries.now = time;
        if (this.#fires) this.#clock.fireDue(this.#entries.now);
        this.#take(c, i, time, size);
      }
      // Frames that form no flow move this clock, too, but not those of IEEE 802.3 (seen with nfpcapd 1.7.1).
      if (this.#sweeps && low !== P.P_LLC && low !== P.P_ISIS) this.#clock.check(time);
      this.#clock.countPacket();
    }
    this.#entries.frame = 0;
  }

  #take(c: PacketColumns, i: number, time: number, size: number): void {
    const p = this.#packet, rules = this.#entries.rules;
    if (p.isLaterFragment || p.isFirstFragment) {
      if (rules.fragments === "ignore" && p.isLaterFragment) {
        this.unrecorded.add("fragment", 1, size);
        return;
      }
      if (rules.fragments === "reassemble") {
        if (!this.#sweeps) this.#clock.giveUpFragments(time);
        const joined = this.#fragments.add(p, time, size);
        if (joined === undefined) return;
        time = joined.begun;
        this.unrecorded.add("joined", joined.frames - 1, joined.size - p.bytes);
        size = p.bytes;
      }
    }
    if (size !== p.bytes) this.unrecorded.add("uncounted", 0, size - p.bytes);
    if (this.#standsAlone()) {
      const row = this.#entries.open(p, this.#turns(), c, i, time, -1);
      this.#entries.account(row, p, c, i, time, p.swap ^ this.table.state[row * T.STATE_WORDS + T.S_ORIENT]!);
      this.#entries.write(row, R.CAUSE_STOP, R.END_CLOSED);
      this.table.free(row);
      return;
    }
    const id = this.#entries.keys.internWords(p.key);
    this.table.reach(this.#entries.keys.size);
    let row = this.table.own[id]!;
    if (row !== 0) {
      row = this.#before(row, c, i, time);
      if (row < 0) return;
    }
    const fresh = row === 0;
    // The key went with its entry.
    if (fresh) row = this.#entries.open(p, this.#turns(), c, i, time, this.#entries.keys.internWords(p.key));
    const side = this.#sideOf(row);
    this.#entries.account(row, p, c, i, time, side);
    this.#after(row, side, fresh, c, i);
  }

  /** Whether the packet at hand makes a record of its own. */
  #standsAlone(): boolean {
    const p = this.#packet, alone = this.#entries.rules.perPacket;
    if (p.isIcmp) return alone.icmp;
    return alone.udpPorts.length > 0 && p.proto === 17 &&
      (alone.udpPorts.includes(p.ports >>> 16) || alone.udpPorts.includes(p.ports & 0xffff));
  }

  /** 0 when the packet at hand comes from the source of an entry. */
  #sideOf(row: number): number {
    if (this.#entries.rules.forward === "address") {
      const words = this.table.words, w = row * R.WORDS;
      let same = true;
      for (let j = 0; j < 4; j++) if (words[w + R.SADDR + j] !== words[w + R.DADDR + j]) same = false;
      if (same) return 0;
    }
    return this.#packet.swap ^ this.table.state[row * T.STATE_WORDS + T.S_ORIENT]!;
  }

  /** A packet finds its entry: ends the record where the rules say so. Gives the row, 0 when it is gone, -1 to leave the packet out. */
  #before(row: number, c: PacketColumns, i: number, time: number): number {
    const p = this.#packet, rules = this.#entries.rules, state = this.table.state, s = row * T.STATE_WORDS;
    if (!this.#sweeps && rules.batch === 0) {
      // CICFlowMeter compares milliseconds of IPv6 packets with a limit in microseconds.
      const factor = p.isIp6 && rules.oddities.includes("cic-ipv6-time") ? 1000 : 1;
      if (this.#entries.timers.isOld(time, this.#entries.first[row]!, factor)) return this.#cut(row, time);
    }
    if (p.isIcmp && rules.oddities.includes("wtmc-icmp")) {
      const was = state[s + S_ICMP]!;
      if (was >>> 8 !== p.ports >>> 8 && (was & 0xff) !== (p.ports & 0xff)) {
        this.#entries.close(row, R.CAUSE_STOP, R.END_CLOSED, E.E_DELETED);
        return 0;
      }
    }
    if (!p.isTcp) return row;
    const bits = state[s + S_TCP]!, side = this.#sideOf(row);
    const ends = X.tcpBefore(
      this.settings.tcpEnd,
      bits,
      side,
      p.flags,
      c.words[i * PACKET_WORDS + PW_SEQ]!,
      state[s + S_ISNS + side]!,
    );
    if (ends !== X.OPEN) {
      this.#entries.close(
        row,
        R.CAUSE_STOP,
        END_OF_TCP[ends]!,
        ends === X.ENDS_REUSED ? E.E_RESTARTED : E.E_DELETED,
      );
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
    const table = this.table,
      s = row * T.STATE_WORDS,
      state = table.state,
      rule = this.#entries.rules.afterCut;
    const proto = table.words[row * R.WORDS + R.PROTO]!;
    const near = proto === 17 && time - this.#entries.last[row]! <= this.settings.status;
    if (rule === "sender" || (rule === "keep-tcp" && proto !== 6 && !near)) {
      this.#entries.close(row, R.CAUSE_STATUS, R.END_STATUS, E.E_DELETED);
      return 0;
    }
    const record = this.#entries.write(row, R.CAUSE_STATUS, R.END_STATUS);
    this.#entries.note(E.E_CUT, row, this.#entries.first[row]! + this.settings.status, record);
    if (state[s + S_TCP]! & (X.S_SYN | X.S_SYNACK | X.D_SYNACK)) state[s + T.S_BITS]! |= T.IS_REMEMBERED;
    state[s + S_TCP] = 0;
    zeroInterval(table, row);
    this.#entries.first[row] = NaN;
    return row;
  }

  /** Whether the first packet of a flow came from its destination. */
  #turns(): boolean {
    const p = this.#packet, rules = this.#entries.rules;
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

  /** What a packet does to its entry once it is counted. */
  #after(row: number, side: number, fresh: boolean, c: PacketColumns, i: number): void {
    const table = this.table,
      p = this.#packet,
      rules = this.#entries.rules,
      s = row * T.STATE_WORDS,
      state = table.state;
    const bits = state[s + S_TCP]!;
    if (p.isTcp) {
      const ends = X.tcpAfter(this.settings.tcpEnd, bits, side, p.flags, fresh);
      if (ends !== X.OPEN) {
        this.#entries.close(row, R.CAUSE_STOP, END_OF_TCP[ends]!, E.E_DELETED);
        return;
      }
    }
    const was = state[s + T.S_QUEUE]!, dport = table.words[row * R.WORDS + R.DPORT]!;
    const timer = p.isTcp ? this.#entries.timers.classOf(6, false, bits, dport) : was;
    if (timer !== was || (this.#entries.timers.moves(timer) && !fresh)) {
      table.unlink(row);
      table.push(timer, row, this.#entries.now);
      state[s + T.S_QUEUE] = timer;
    }
    if (rules.batch > 0) {
      const bytes = table.doubles[row * R.DOUBLES + R.S_BYTES + side]!;
      const over = bytes > rules.maxBytes ||
        this.#entries.timers.isOld(c.times[i * PACKET_DOUBLES]!, this.#entries.first[row]!, 1);
      if (over) this.#entries.marked.add(row);
    } else if (table.live > rules.maxFlows) this.#clock.evict(table.live - rules.maxFlows);
  }

  tick(now: number): void {
    const entries = this.#entries;
    if (!(now < entries.now)) entries.now = now;
    if (this.#fires) this.#clock.fireDue(entries.now);
    if (this.#sweeps) this.#clock.check(now);
    entries.flush();
  }

  end(): void {
    this.#clock.end();
  }
}
