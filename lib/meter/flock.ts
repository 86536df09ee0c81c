import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { account } from "./account.ts";
import type { ConnectionColumns } from "./connections.ts";
import { emitRow } from "./emit.ts";
import { FlockMember } from "./flock_member.ts";
import { FlockRows } from "./flock_rows.ts";
import { FlockTimers } from "./flock_timers.ts";
import * as T from "./entry_words.ts";
import { mapIcmpError } from "./icmp_map.ts";
import { keyOfPacket, type KeyRules } from "./key_rules.ts";
import { KEY_WORDS } from "./key_words.ts";
import { type KeyedBatch, keyRulesOf } from "./keys.ts";
import { type KeyHolders } from "./key_holders.ts";
import { Meter, type RecordSink } from "./meter.ts";
import { Versions } from "./flock_versions.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  PACKET_DOUBLES, PACKET_WORDS, PW_KIND, PW_SIZE, P_DROPPED, P_ELSEWHERE, P_FIRST_FRAGMENT, P_FRAGMENT,
  P_INNER, P_KIND_MASK,
} = P;
// deno-fmt-ignore
const {
  CAUSE_SHUTDOWN, CAUSE_START, CAUSE_STATUS, CAUSE_TIMEOUT, DOUBLES, D_PKTS, END_CAPTURE, END_IDLE, END_STATUS, S_PKTS,
} = R;
// deno-fmt-ignore
const {
  IS_HIDDEN, IS_REPORTED, IS_SOLO, IS_STARTED, QUEUE_ROWS, STATE_WORDS, S_BITS, S_CHILD, S_CONN,
  S_KEY,
} = T;

/** Rows closed in one step at the end. */
const STEP = 4096;

/**
 * Takes a raw record, in row 0 of the batch, that all settings with a bit in `settings` have, and the dense number of its connection (-1
 * without): the row is valid only during the call and may be changed.
 */
export type SharedTake = (batch: RecordBatch, settings: number, connection: number) => void;

/** Where each setting's records go, in batches of so many rows: to a sink for each, in order, or all to one, stamped with the numbers of their settings. */
export interface FlockSinks {
  readonly sinks?: readonly RecordSink[];
  readonly gathered?: RecordSink;
  readonly batchSize: number;
}

/**
 * Meters under many settings that differ only in times: an entry is kept once for all settings that have seen the same of it, and parts
 * into versions where their timers cut or drop it differently. The rules are those of {@linkcode Meter}, record by record. Where a record is
 * taken once for all settings that have it, order, sequence numbers, causes and end reasons are not kept.
 */
export class Flock extends Meter {
  override readonly table: Versions;
  override readonly timers: FlockTimers;
  /** The meter as each setting sees it, in the order in which the settings were given. */
  readonly members: readonly FlockMember[];
  readonly #all: number;
  readonly #holders: KeyHolders;
  readonly #rules: KeyRules;
  readonly #key = new Int32Array(KEY_WORDS);
  readonly #take: SharedTake | undefined;
  readonly #rows: FlockRows | undefined;
  // By bit.
  readonly #byBit: readonly FlockMember[];
  readonly #given: Int32Array;
  // Bits of the settings as they were given.
  readonly #bits: readonly number[];

  /** `to` takes each record once for all settings, bits in the order of `settings`, or says where the records of each go. */
  constructor(
    settings: readonly Settings[],
    holders: KeyHolders,
    to: SharedTake | FlockSinks,
    connections?: ConnectionColumns,
  ) {
    const order = settings.map((_, j) => j).sort((a, b) => settings[a]!.status - settings[b]!.status);
    const sorted = order.map((j) => settings[j]!);
    const rows = typeof to === "function" ? undefined : to, gathered = rows?.gathered;
    super(sorted[0]!, holders, gathered ?? ((batch) => batch), {
      ...(gathered ? { batchSize: rows!.batchSize, stamps: true } : { batchSize: 1 }),
      ...(connections ? { connections } : {}),
    });
    this.table = new Versions(settings.length, rows !== undefined);
    this.timers = new FlockTimers(this, sorted, this.quirks);
    this.#all = settings.length === 32 ? -1 : (1 << settings.length) - 1;
    this.#holders = holders;
    this.#rules = keyRulesOf(sorted[0]!);
    if (typeof to === "function") {
      this.#take = to;
      this.out.length = 1;
    } else this.#rows = new FlockRows(order, to.gathered ? undefined : to.sinks, to.batchSize);
    this.#bits = settings.map((_, j) => order.indexOf(j));
    this.#byBit = sorted.map((s, bit) => new FlockMember(this, s, bit));
    this.members = this.#bits.map((bit) => this.#byBit[bit]!);
    this.#given = Int32Array.from(order, (j) => 1 << j);
  }

  override run(c: PacketColumns, keys: KeyedBatch): void {
    const table = this.table, timers = this.timers, seen = this.seen, all = this.#all;
    table.reach(keys.size);
    const soonest = timers.ages[0]!, exact = timers.exact;
    let packets = 0, bytes = 0, flowPackets = 0, flowBytes = 0;
    for (let i = 0, n = c.length; i < n; i++) {
      const kind = c.words[i * PACKET_WORDS + PW_KIND]!,
        low = kind & P_KIND_MASK,
        now = c.times[i * PACKET_DOUBLES]!;
      // Packets of other shards only move the clock.
      if (low === P_DROPPED && !(kind & P_ELSEWHERE)) continue;
      if (exact) timers.tickExact(now);
      else timers.now = now;
      if (low !== P_DROPPED) {
        const id = keys.ids[i]!, size = c.words[i * PACKET_WORDS + PW_SIZE]!;
        packets++;
        bytes += size;
        if (id >= 0) {
          flowPackets++;
          flowBytes += size;
          const row = table.own[id]!;
          if (
            row !== 0 && table.on[row] === all && table.pending[row] === 0 &&
            timers.now - table.qtime[row]! < soonest
          ) account(this, row, c, i, kind, keys.swaps[i]!, false);
          else this.#meet(c, i, id, kind, keys.swaps[i]!);
          if (kind & P_FIRST_FRAGMENT) this.#part(id, c, i);
          if (kind & P_INNER) this.#mapError(keys.quoted[i]!, c, i);
        } else if (low === P_FRAGMENT) {
          flowPackets++;
          flowBytes += size;
          for (const member of this.#byBit) member.fragments.later(c, i);
        }
      }
      // TIM-4 step 4: the first packet sets the timer going.
      if (!(now < timers.sweepAt)) timers.sweep();
    }
    seen.packets += packets;
    seen.bytes += bytes;
    seen.flowPackets += flowPackets;
    seen.flowBytes += flowBytes;
  }

  /** A packet of a flow whose versions are several, or not in the midst of their interval for all settings. */
  #meet(c: PacketColumns, i: number, id: number, kind: number, swap: number): void {
    const table = this.table, timers = this.timers;
    for (let row = table.own[id]!; row !== 0;) {
      // Versions that part from this one follow it.
      const next = table.next[row]!, on = table.on[row]!;
      if (
        on !== table.who[row] || table.pending[row] !== 0 ||
        !(timers.now - table.qtime[row]! < timers.ages[31 - Math.clz32(on & -on)]!)
      ) timers.claimVersion(row, kind);
      row = next;
    }
    let have = 0;
    for (let row = table.own[id]!; row !== 0; row = table.next[row]!) {
      have |= table.who[row]!;
      account(this, row, c, i, kind, swap, false);
    }
    if (have === this.#all) return;
    table.makers = this.#all & ~have;
    keyOfPacket(this.#rules, c, i, this.#key);
    const row = this.newEntry(c, i, this.#key, swap, timers.now);
    table.state[row * STATE_WORDS + S_KEY] = id;
    if (have === 0) this.#holders.hold(id);
    table.next[row] = table.own[id]!;
    table.own[id] = row;
    account(this, row, c, i, kind, swap, true);
  }

  /** The first fragment of a datagram has come: from here on every setting has a version of its own. */
  #part(id: number, c: PacketColumns, i: number): void {
    const table = this.table;
    for (let row = table.own[id]!; row !== 0; row = table.next[row]!) {
      const bits = row * STATE_WORDS + S_BITS;
      if (table.state[bits]! & IS_SOLO) continue;
      table.state[bits]! |= IS_SOLO;
      for (let left = table.who[row]! & (table.who[row]! - 1); left !== 0; left &= left - 1) {
        table.pushBeside(row, table.branch(row, left & -left));
      }
    }
    for (let row = table.own[id]!; row !== 0; row = table.next[row]!) {
      this.#memberOf(row).fragments.first(row, c, i);
    }
  }

  #memberOf(row: number): FlockMember {
    return this.#byBit[31 - Math.clz32(this.table.who[row]!)]!;
  }

  #mapError(quoted: number, c: PacketColumns, i: number): void {
    if (quoted < 0) return;
    for (let row = this.table.own[quoted]!; row !== 0; row = this.table.next[row]!) {
      this.write(row);
      mapIcmpError(this, row, c, i);
    }
  }

  /** An entry's interval is over for these settings. */
  report(row: number, settings: number): void {
    const table = this.table, s = row * STATE_WORDS;
    const isSolo = (table.state[s + S_BITS]! & IS_SOLO) !== 0;
    if (!isSolo && this.#rows === undefined) {
      table.pending[row]! |= settings;
      return;
    }
    if (table.state[s + S_CHILD] !== 0) this.#memberOf(row).fragments.parentFires(row);
    const bits = table.state[s + S_BITS]!;
    const cause = bits & IS_STARTED ? CAUSE_STATUS : CAUSE_START;
    const reason = this.timers.step === Infinity ? END_CAPTURE : END_STATUS;
    if (!isSolo) this.#record(row, settings, cause, reason);
    else if (!(bits & IS_REPORTED)) this.emit(row, cause, reason);
  }

  /** Writes the record that settings wait for, before the row changes. */
  write(row: number): void {
    const settings = this.table.pending[row]!;
    if (settings === 0) return;
    this.table.pending[row] = 0;
    this.#record(row, settings, CAUSE_STATUS, END_STATUS);
  }

  #record(row: number, settings: number, cause: number, reason: number): void {
    const table = this.table, d = row * DOUBLES;
    if (table.doubles[d + S_PKTS]! + table.doubles[d + D_PKTS]! === 0) return;
    if (this.#rows !== undefined) return this.#rows.write(this, row, settings, cause, reason);
    emitRow(this, row, this.out, 0, cause, reason);
    let given = 0;
    if (settings === this.#all) given = settings;
    else {for (let left = settings; left !== 0; left &= left - 1) {
        given |= this.#given[31 - Math.clz32(left & -left)]!;
      }}
    this.#take!(this.out, given, table.state[row * STATE_WORDS + S_CONN]!);
  }

  /** Writes the record of a version all of whose settings are in the midst of the interval. */
  override emit(row: number, cause: number, reason: number): number {
    const table = this.table, s = row * STATE_WORDS;
    if (table.state[s + S_CHILD] !== 0) this.#memberOf(row).fragments.fold(row);
    // Nothing to write is no report.
    if (table.doubles[row * DOUBLES + S_PKTS]! + table.doubles[row * DOUBLES + D_PKTS]! === 0) return -1;
    this.#record(row, table.who[row]!, cause, reason);
    table.state[s + S_BITS]! |= IS_REPORTED | IS_STARTED;
    return -1;
  }

  /** Settings drop an entry. */
  drop(row: number, settings: number): void {
    const table = this.table, s = row * STATE_WORDS;
    const member = table.state[s + S_BITS]! & IS_SOLO ? this.#memberOf(row) : undefined;
    if (member) {
      const hasChild = table.state[s + S_CHILD] !== 0;
      if (hasChild) member.fragments.fold(row);
      // Fragments that came after the last report are written with the entry's end (cause TIMEOUT).
      if (!(table.state[s + S_BITS]! & IS_REPORTED)) this.emit(row, CAUSE_TIMEOUT, END_IDLE);
      if (hasChild) member.fragments.parentGoes(row);
    }
    if (table.who[row] !== settings) return table.leaving(row, settings);
    this.write(row);
    const id = table.state[s + S_KEY]!;
    if (id < 0) member!.fragments.forget(row);
    else this.#unchain(id, row);
    table.free(row);
  }

  #unchain(id: number, row: number): void {
    const table = this.table, next = table.next[row]!;
    if (table.own[id] !== row) {
      let before = table.own[id]!;
      while (table.next[before] !== row) before = table.next[before]!;
      table.next[before] = next;
      return;
    }
    table.own[id] = next;
    // At the end nobody numbers keys any more.
    if (next === 0 && this.timers.step !== Infinity) this.#holders.release(id);
  }

  override forget(row: number): void {
    this.drop(row, this.table.who[row]!);
  }

  /** Writes the record of an entry that is still open for a setting when the capture has ended, and drops it. */
  shut(row: number, setting: number): void {
    const bits = this.table.state[row * STATE_WORDS + S_BITS]!;
    if (!(bits & IS_SOLO)) this.#record(row, setting, CAUSE_SHUTDOWN, END_CAPTURE);
    else if (!(bits & IS_REPORTED)) this.emit(row, CAUSE_SHUTDOWN, END_CAPTURE);
    this.drop(row, setting);
  }

  override flush(): void {
    if (this.#rows === undefined) return;
    if (this.stamps !== undefined) super.flush();
    else this.#rows.flush();
  }

  /** End of the capture, in the order in which meters of the settings alone would write it, one setting after the other. */
  *#endings(): Generator<void, void, void> {
    for (const bit of this.#bits) {
      yield* this.timers.endingOf(bit);
      this.#rows!.flush(bit);
    }
  }

  /** End of the capture: everything still open is written, some entries at each step. */
  *closing(): Generator<void, void, void> {
    if (this.#rows !== undefined) return yield* this.#endings();
    const table = this.table;
    for (let row = QUEUE_ROWS; row < table.who.length; row++) {
      const who = table.who[row]!;
      // Hidden entries go with the one they belong to.
      if (who === 0 || table.state[row * STATE_WORDS + S_BITS]! & IS_HIDDEN) continue;
      if (table.on[row] !== 0) this.report(row, table.on[row]!);
      this.drop(row, who);
      if (row % STEP === 0) yield;
    }
  }
}
