import * as R from "../record/mod.ts";
import * as T from "./entry_words.ts";
import * as E from "./ledger.ts";
import { S_TCP } from "./peer_emit.ts";
import type { PeerEntries } from "./peer_entries.ts";
import type { PeerFragments } from "./peer_fragments.ts";
import * as X from "./peer_tcp.ts";
import { CLASSES } from "./peer_timers.ts";

/** What time, and the size of the table, do to the entries of a peer's meter. */
export class PeerClock {
  readonly #entries: PeerEntries;
  readonly #fragments: PeerFragments;
  #checked = NaN;
  #swept = NaN;
  #inBatch = 0;

  constructor(entries: PeerEntries, fragments: PeerFragments) {
    this.#entries = entries;
    this.#fragments = fragments;
  }

  /** Clock `exact`: entries whose time is up by now go. */
  fireDue(now: number): void {
    const table = this.#entries.table, timers = this.#entries.timers;
    for (let timer = 1; timer <= CLASSES; timer++) {
      for (;;) {
        const row = table.oldest(timer);
        if (row === timer || !timers.isIdle(timer, now, table.qtime[row]!)) break;
        this.#expire(row, timer);
      }
    }
  }

  #expire(row: number, timer: number): void {
    const bits = this.#entries.table.state[row * T.STATE_WORDS + S_TCP]!;
    const closed = (bits & X.IS_CLOSED) !== 0 && !this.#entries.timers.moves(timer);
    const reason = !closed ? R.END_IDLE : bits & (X.S_RST | X.D_RST) ? R.END_RESET : R.END_CLOSED;
    this.#entries.close(row, R.CAUSE_TIMEOUT, reason, E.E_DELETED);
  }

  /** Clock `sweep`: looks, after a packet was counted, whether it is time to look at all entries. */
  check(time: number): void {
    const unit = this.#entries.rules.timerUnit, now = Math.floor(time / unit) * unit;
    if (now - this.#checked <= unit) return;
    this.#checked = now;
    // The first look only starts the clock.
    if (this.#swept !== this.#swept) this.#swept = now;
    else if (now - this.#swept > this.#entries.settings.sweepEvery) {
      this.#swept = now;
      this.#sweep(time);
    }
  }

  #sweep(time: number): void {
    const table = this.#entries.table, timers = this.#entries.timers;
    for (let timer = 1; timer <= CLASSES; timer++) {
      for (let row = table.oldest(timer), next = row; row !== timer; row = next) {
        next = table.state[row * T.STATE_WORDS + T.S_NEXT]!;
        if (timers.isIdle(timer, time, this.#entries.last[row]!)) this.#expire(row, timer);
        else if (timers.isOld(time, this.#entries.first[row]!, 1)) {
          this.#entries.close(row, R.CAUSE_STATUS, R.END_STATUS, E.E_DELETED);
        }
      }
    }
    this.giveUpFragments(time);
  }

  /** Notes the datagrams that did not get whole in time. */
  giveUpFragments(now: number): void {
    for (const lost of this.#fragments.giveUp(now)) {
      this.#entries.unrecorded.add("fragment", lost.frames, lost.size);
    }
  }

  /** Drops the entries that are due first. */
  evict(count: number): void {
    const table = this.#entries.table, heads: number[] = [];
    for (let timer = 1; timer <= CLASSES; timer++) heads.push(timer);
    for (; count > 0; count--) {
      let best = 0, bestDue = Infinity;
      for (const timer of heads) {
        const row = table.oldest(timer);
        if (row === timer) continue;
        const due = Math.min(
          table.qtime[row]! + this.#entries.timers.limitOf(timer),
          this.#entries.first[row]! + this.#entries.settings.status,
        );
        if (best === 0 || due < bestDue) [best, bestDue] = [row, due];
      }
      if (best === 0) return;
      this.#entries.close(best, R.CAUSE_TIMEOUT, R.END_EVICTED, E.E_EVICTED);
    }
  }

  /** Counts a packet of the capture; at the end of a batch marked entries go, and the table is brought to size. */
  countPacket(): void {
    const entries = this.#entries, rules = entries.rules;
    if (rules.batch === 0 || ++this.#inBatch < rules.batch) return;
    this.#inBatch = 0;
    for (const row of [...entries.marked]) entries.close(row, R.CAUSE_STATUS, R.END_STATUS, E.E_DELETED);
    if (entries.table.live > rules.maxFlows) this.evict(entries.table.live - rules.maxFlows);
  }

  /** End of the capture: everything is written. */
  end(): void {
    const entries = this.#entries, table = entries.table;
    for (let timer = 1; timer <= CLASSES; timer++) {
      for (let row = table.oldest(timer); row !== timer; row = table.oldest(timer)) {
        entries.close(row, R.CAUSE_SHUTDOWN, R.END_CAPTURE, E.E_ENDED);
      }
    }
    this.giveUpFragments(Infinity);
    entries.flush();
  }
}
