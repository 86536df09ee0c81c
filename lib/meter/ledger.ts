/** What happened to a meter's entry. */
export type EventKind =
  /** A packet found no entry and made one: its sender became the source (DIR-1). */
  | "created"
  /** The entry's own packet found the status interval over: record written, entry kept (TIM-4). */
  | "cut"
  /** A sweep found the status interval over: record written, entry put on its timeout queue (TIM-3). */
  | "parked"
  /** An own packet fetched the entry back from the timeout queue. */
  | "revived"
  /** The entry was dropped from the timeout queue. */
  | "deleted"
  /** A SYN began a new connection in the entry (TCP-10). */
  | "restarted"
  /** A record was written at the end of the capture (TIM-11). */
  | "ended"
  /** A ghost gave a new entry its direction back. */
  | "remembered"
  /** The entry was dropped to keep the table in bounds. */
  | "evicted";

export const EVENT_KINDS: readonly EventKind[] = [
  "created",
  "cut",
  "parked",
  "revived",
  "deleted",
  "restarted",
  "ended",
  "remembered",
  "evicted",
];
export const E_CREATED = 0;
export const E_CUT = 1;
export const E_PARKED = 2;
export const E_REVIVED = 3;
export const E_DELETED = 4;
export const E_RESTARTED = 5;
export const E_ENDED = 6;
export const E_REMEMBERED = 7;
export const E_EVICTED = 8;

/** One event of the ledger. Times are microseconds since 1970. */
export interface LedgerEvent {
  /** What happened. */
  readonly kind: EventKind;
  /** Capture time at which it happened (clock `exact`: when it was due). */
  readonly time: number;
  /** Frame being processed: the packet that made it happen, whoever's it was; 0 at the end of the capture. */
  readonly frame: number;
  /** When the timer behind it was due (`cut`, `parked`: queued + S; `deleted`: parked + timeout), else NaN. */
  readonly due: number;
  /** When the entry had been put on its queue. */
  readonly queued: number;
  /** Connection id as in the record, high and low word. */
  readonly connection: readonly [number, number];
  /** Ordinal of the entry within the meter (each creation counts), from 1. */
  readonly entry: number;
  /** Ordinal (from 0) in emission order of the record written by this event, or -1. */
  readonly record: number;
}

const WIDTH = 9;

/** The meter's compact diary, for the connections asked about: numbers in one growing array, read as objects. */
export class Ledger {
  #data = new Float64Array(64 * WIDTH);
  /** Events so far. */
  length = 0;

  /** Writes an event. */
  add(
    kind: number,
    time: number,
    frame: number,
    due: number,
    queued: number,
    connHigh: number,
    connLow: number,
    entry: number,
    record: number,
  ): void {
    const at = this.length++ * WIDTH;
    if (at === this.#data.length) {
      const next = new Float64Array(at * 2);
      next.set(this.#data);
      this.#data = next;
    }
    const d = this.#data;
    d[at] = kind;
    d[at + 1] = time;
    d[at + 2] = frame;
    d[at + 3] = due;
    d[at + 4] = queued;
    d[at + 5] = connHigh;
    d[at + 6] = connLow;
    d[at + 7] = entry;
    d[at + 8] = record;
  }

  /** The event with this number. */
  at(index: number): LedgerEvent {
    const d = this.#data.subarray(index * WIDTH, (index + 1) * WIDTH) as unknown as number[];
    return {
      kind: EVENT_KINDS[d[0]!]!,
      time: d[1]!,
      frame: d[2]!,
      due: d[3]!,
      queued: d[4]!,
      connection: [d[5]!, d[6]!],
      entry: d[7]!,
      record: d[8]!,
    };
  }

  /** All events in the order they happened. */
  *[Symbol.iterator](): IterableIterator<LedgerEvent> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }
}
