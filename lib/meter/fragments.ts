import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { zeroInterval } from "./interval.ts";
import type { FlowTable } from "./flow_table.ts";
import { freshBytes } from "./other_protocols.ts";
import type { Unrecorded } from "./unrecorded.ts";
import * as T from "./entry_words.ts";
import * as K from "./key_words.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PACKET_DOUBLES, PACKET_WORDS, PW_ENDS, PW_IP, PW_KIND, PW_PROTO, PW_SIZE, P_RAW_PATH } = P;

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  IS_HIDDEN, IS_REPORTED, IS_STARTED, ON_STATUS, STATE_WORDS, S_BITS, S_CHILD, S_CONN, S_FRAG_HAVE,
  S_FRAG_TOTAL, S_KEY, S_ORIENT, S_PARENT, S_SIBLING,
} = T;
const { KEY_WORDS, K_A, K_B, K_EXTRA, K_KIND } = K;

/** Hidden entries older than this are deleted when their parent's status timer fires (FRG-2). */
const HIDDEN_LIFE = 2e6;

/** What fragments need of the meter whose they are. */
export interface FragmentHost {
  readonly settings: Settings;
  readonly table: FlowTable;
  readonly timers: {
    readonly now: number;
    readonly limit: number;
    claim(row: number, kind: number, id: number): number;
  };
  readonly quirks: boolean;
  readonly unrecorded: Unrecorded;
  created: number;
  newEntry(c: PacketColumns, i: number, key: Int32Array, swap: number, now: number): number;
  account(row: number, c: PacketColumns, i: number, kind: number, swap: number, fresh: boolean): void;
  emit(row: number, cause: number, reason: number): number;
  /** Drops an entry that waits for nothing any more. */
  close(row: number): void;
  isSet(time: number): boolean;
}

/**
 * IPv4 fragments after the first one (spec/meter.md 2.5): a hidden entry collects them for the flow of the first fragment; without a
 * first fragment they form a stand-alone flow.
 */
export class Fragments {
  readonly #meter: FragmentHost;
  readonly #bothWays: boolean;
  readonly #key = new Int32Array(KEY_WORDS);
  // Fragments are rare enough for text keys: ends in order, protocol, ip_id.
  readonly #rows = new Map<string, number>();
  readonly #names = new Map<number, string>();

  constructor(meter: FragmentHost) {
    this.#meter = meter;
    this.#bothWays = meter.settings.flowType === "bidirectional";
  }

  /** First fragment of a datagram (FRG-1, FRG-4): makes, or adopts, the hidden entry of its flow. */
  first(parent: number, c: PacketColumns, i: number): void {
    const table = this.#meter.table;
    table.words[parent * R.WORDS + R.FLAGS]! |= R.FLAG_FRAGS;
    const swap = this.#keyOf(c, i);
    const name = this.#key.join();
    let row = this.#rows.get(name) ?? 0;
    if (row === 0) {
      row = this.#open(c, i, swap, name);
      // The first fragment is the hidden entry's first time, though it is not counted there.
      if (this.#meter.quirks) table.doubles[row * R.DOUBLES] = c.times[i * PACKET_DOUBLES]!;
      // On raw link types the new entry stays by itself, and the flow never hears of its other fragments (observed).
      if (this.#meter.quirks && c.words[i * PACKET_WORDS + PW_KIND]! & P_RAW_PATH) {
        // It is no part of the flow's connection, as fragments without a first one are of none.
        table.state[row * STATE_WORDS + S_CONN] = -1;
        table.words[row * R.WORDS + R.CONN] = table.words[row * R.WORDS + R.CONN + 1] = 0;
        this.#arrived(row, c, i, true, c.fragLength[i]!);
        return;
      }
      this.#meter.created--;
      table.unlink(row);
    } else if (table.state[row * STATE_WORDS + S_PARENT] === 0) {
      table.unlink(row);
    } else if (table.state[row * STATE_WORDS + S_PARENT] !== parent) return;
    const s = row * STATE_WORDS, state = table.state;
    if (state[s + S_PARENT] === 0) {
      state[s + S_BITS] = IS_HIDDEN;
      state[s + S_PARENT] = parent;
      state[s + S_SIBLING] = state[parent * STATE_WORDS + S_CHILD]!;
      state[parent * STATE_WORDS + S_CHILD] = row;
    }
    this.#arrived(row, c, i, true, c.fragLength[i]!);
  }

  /** A fragment with offset above 0. */
  later(c: PacketColumns, i: number): void {
    const meter = this.#meter, table = meter.table;
    const swap = this.#keyOf(c, i);
    const name = this.#key.join();
    let row = this.#rows.get(name) ?? 0;
    if (row !== 0 && this.#isLost(row)) {
      return meter.unrecorded.add("fragment", 1, c.words[i * PACKET_WORDS + PW_SIZE]!);
    }
    // Without a timeout the entry is gone with its interval.
    if (row !== 0 && this.#isDue(row)) {
      row = meter.timers.claim(row, c.words[i * PACKET_WORDS + PW_KIND]!, -1);
    }
    const fresh = row === 0;
    if (fresh) row = this.#open(c, i, swap, name);
    const before = freshBytes(table.words, row * R.WORDS);
    meter.account(row, c, i, c.words[i * PACKET_WORDS + PW_KIND]!, swap, fresh);
    const after = freshBytes(table.words, row * R.WORDS);
    // Bytes that came twice make no datagram whole; a new interval began counting anew.
    const complete = this.#arrived(row, c, i, false, after < before ? after : after - before);
    if (complete && !(table.state[row * STATE_WORDS + S_BITS]! & IS_HIDDEN)) {
      meter.emit(row, R.CAUSE_STOP, R.END_CLOSED);
      if (meter.quirks && c.words[i * PACKET_WORDS + PW_KIND]! & P_RAW_PATH) meter.close(row);
    }
  }

  /** The real program loses fragments of a stand-alone entry that has been reported and is parked until its timeout. */
  #isLost(row: number): boolean {
    const bits = this.#meter.table.state[row * STATE_WORDS + S_BITS]!;
    return this.#meter.quirks && (bits & (IS_HIDDEN | ON_STATUS)) === 0;
  }

  /** Whether a stand-alone entry's own packet finds its interval over, or itself parked (TIM-4 step 2). */
  #isDue(row: number): boolean {
    const { table, timers } = this.#meter, bits = table.state[row * STATE_WORDS + S_BITS]!;
    if (bits & IS_HIDDEN) return false;
    return !(bits & ON_STATUS) || timers.limit === 0 || timers.now - table.qtime[row]! >= timers.limit;
  }

  /** Writes the fragment key of a packet (FRG) and tells whether the packet runs against its order. */
  #keyOf(c: PacketColumns, i: number): number {
    const k = this.#key, at = i * PACKET_WORDS + PW_ENDS;
    const source = c.words[at]!, target = c.words[at + 4]!;
    const swap = this.#bothWays && (source >>> 0) > (target >>> 0) ? 1 : 0;
    k.fill(0);
    k[K_KIND] = P.P_FRAGMENT | (R.KEY_IPV4 << 8) | (c.words[i * PACKET_WORDS + PW_PROTO]! << 16);
    k[K_A] = swap ? target : source;
    k[K_B] = swap ? source : target;
    k[K_EXTRA] = c.words[i * PACKET_WORDS + PW_IP]! & 0xffff;
    return swap;
  }

  #open(c: PacketColumns, i: number, swap: number, name: string): number {
    const meter = this.#meter, table = meter.table;
    const row = meter.newEntry(c, i, this.#key, swap, meter.timers.now);
    const s = row * STATE_WORDS;
    table.state[s + S_KEY] = -1;
    table.state[s + S_FRAG_TOTAL] = -1;
    // A reversed key carries the mark of corrected ones, too (seen in the real program's files).
    table.words[row * R.WORDS + R.FLAGS]! |= swap && meter.quirks
      ? R.FLAG_FRAGMENT | R.FLAG_CORRECTED
      : R.FLAG_FRAGMENT;
    table.words[row * R.WORDS + R.NET] = R.NET_FRAG;
    this.#rows.set(name, row);
    this.#names.set(row, name);
    return row;
  }

  /** Whether an entry without a flow key is still there. */
  has(row: number): boolean {
    return this.#names.has(row);
  }

  /** An entry without a flow key is dropped. */
  forget(row: number): void {
    this.#rows.delete(this.#names.get(row) ?? "");
    this.#names.delete(row);
  }

  /** Notes which bytes came; when all of a datagram are there, folds them into the parent. */
  #arrived(row: number, c: PacketColumns, i: number, isFirst: boolean, bytes: number): boolean {
    const table = this.#meter.table, s = row * STATE_WORDS, state = table.state;
    state[s + S_FRAG_HAVE]! += bytes;
    if (!isFirst && c.words[i * PACKET_WORDS + PW_KIND]! & P.P_LAST_FRAGMENT) {
      state[s + S_FRAG_TOTAL] = c.fragOffset[i]! + c.fragLength[i]!;
    }
    const total = state[s + S_FRAG_TOTAL]!;
    const complete = total >= 0 && state[s + S_FRAG_HAVE]! === total;
    if (complete && state[s + S_BITS]! & IS_HIDDEN) {
      const parent = state[s + S_PARENT]!;
      this.#foldInto(parent, row);
      // Without a start the parent has to come by before it is emitted.
      if (!this.#isLoose(parent)) this.#remove(parent, row);
    }
    return complete;
  }

  /** Adds a hidden entry's counters to its parent (FRG-1, FRG-4). */
  #foldInto(parent: number, row: number): void {
    const meter = this.#meter, table = meter.table;
    const d = row * R.DOUBLES, p = parent * R.DOUBLES, doubles = table.doubles;
    const w = row * R.WORDS, pw = parent * R.WORDS;
    const packets = doubles[d + R.S_PKTS]! + doubles[d + R.D_PKTS]!;
    if (packets === 0) return;
    // What came after the parent's report belongs to its next interval.
    const bits = table.state[parent * STATE_WORDS + S_BITS]!;
    if (bits & IS_REPORTED) zeroInterval(table, parent);
    // FRG-4: from the second record on only a packet of its own gives the parent a start.
    const again = meter.quirks && (bits & IS_STARTED) !== 0;
    // The hidden entry may lie the other way round: its source is the sender of its own first fragment.
    const flip = table.state[row * STATE_WORDS + S_ORIENT]! ^ this.#orderOf(parent, row);
    for (let side = 0; side < 2; side++) {
      const to = side ^ flip;
      if (doubles[d + R.S_PKTS + side] === 0) continue;
      doubles[p + R.S_PKTS + to]! += doubles[d + R.S_PKTS + side]!;
      doubles[p + R.S_BYTES + to]! += doubles[d + R.S_BYTES + side]!;
      const start = doubles[d + 2 * side]!, lastSet = doubles[d + 2 * side + 1]!;
      const end = meter.isSet(lastSet) ? lastSet : start;
      const at = p + 2 * to;
      if (meter.quirks && to === 1 && !again) {
        // Of the destination only the end is told.
        if (meter.isSet(lastSet) && !(lastSet <= doubles[at + 1]!)) doubles[at + 1] = lastSet;
      } else if (again) {
        const known = meter.isSet(doubles[at + 1]!) ? doubles[at + 1]! : doubles[at]!;
        if (!meter.isSet(known) || end > known) doubles[at + 1] = end;
      } else {
        if (!meter.isSet(doubles[at]!) || start < doubles[at]!) doubles[at] = start;
        // FRG-4: a parent of one packet has no end yet and takes the fragments' end, even an earlier one.
        if (!meter.isSet(doubles[at + 1]!) || end > doubles[at + 1]!) doubles[at + 1] = end;
      }
      doubles[d + R.S_PKTS + side] = doubles[d + R.S_BYTES + side] = 0;
      doubles[d + 2 * side] = doubles[d + 2 * side + 1] = NaN;
    }
    const words = table.words;
    words[pw + R.FLAGS]! |= R.FLAG_FRAGS;
    if (words[w + R.LAST_FRAME]! > words[pw + R.LAST_FRAME]!) {
      words[pw + R.LAST_FRAME] = words[w + R.LAST_FRAME]!;
    }
  }

  /**
   * Orientation that the parent's source has in the order of the hidden entry's key. The real program takes the parent's key for
   * ordered, too: behind ICMP and ESP, whose keys are not, fragments from the higher address go to the wrong side (observed).
   */
  #orderOf(parent: number, row: number): number {
    const words = this.#meter.table.words;
    const orient = this.#meter.table.state[parent * STATE_WORDS + S_ORIENT]!;
    if (this.#meter.quirks) return orient;
    return words[parent * R.WORDS + R.SADDR] === words[row * R.WORDS + R.SADDR] ? orient : 1 - orient;
  }

  /** Folds what the hidden entries of a flow hold, before it is emitted (ORD-3). */
  fold(parent: number): void {
    const state = this.#meter.table.state;
    for (
      let row = state[parent * STATE_WORDS + S_CHILD]!;
      row !== 0;
      row = state[row * STATE_WORDS + S_SIBLING]!
    ) {
      this.#foldInto(parent, row);
    }
    const d = parent * R.DOUBLES, doubles = this.#meter.table.doubles;
    for (let at = d; at < d + 4; at += 2) if (this.#lacksStart(at)) doubles[at] = doubles[at + 1]!;
  }

  /** Whether a side of the row has an end but no start: fragments came since its report, but no packet of its own. */
  #isLoose(row: number): boolean {
    return this.#lacksStart(row * R.DOUBLES) || this.#lacksStart(row * R.DOUBLES + 2);
  }

  #lacksStart(at: number): boolean {
    const meter = this.#meter, doubles = meter.table.doubles;
    return !meter.isSet(doubles[at]!) && meter.isSet(doubles[at + 1]!);
  }

  /** The parent's status timer fired: hidden entries older than 2 s go (FRG-2). */
  parentFires(parent: number): void {
    const table = this.#meter.table, state = table.state;
    let row = state[parent * STATE_WORDS + S_CHILD]!;
    while (row !== 0) {
      const next = state[row * STATE_WORDS + S_SIBLING]!;
      if (this.#meter.timers.now - table.qtime[row]! >= HIDDEN_LIFE) {
        this.#foldInto(parent, row);
        this.#remove(parent, row);
      }
      row = next;
    }
  }

  /** The parent is dropped, and its hidden entries with it. */
  parentGoes(parent: number): void {
    const state = this.#meter.table.state;
    let row = state[parent * STATE_WORDS + S_CHILD]!;
    while (row !== 0) {
      const next = state[row * STATE_WORDS + S_SIBLING]!;
      this.#remove(parent, row);
      row = next;
    }
  }

  #remove(parent: number, row: number): void {
    const table = this.#meter.table, state = table.state;
    let at = parent * STATE_WORDS + S_CHILD;
    while (state[at] !== row) at = state[at]! * STATE_WORDS + S_SIBLING;
    state[at] = state[row * STATE_WORDS + S_SIBLING]!;
    this.forget(row);
    table.free(row);
  }
}
