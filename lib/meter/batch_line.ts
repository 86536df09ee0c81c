/**
 * The line along which decoded batches go from one thread to all that meter them.
 *
 * @module
 */

/** Words of the line: batches given, in all once known (else -1), taken by each reader. */
const GIVEN = 0, ALL = 1, TAKEN = 2;

/** A reader that has to wait for the decoder looks after so many milliseconds whether others wait for its news. */
const PATIENCE_MS = 5;

/** Who waits for readers looks this often whether the line was closed: a thread that waits cannot be ended (Deno 2.9). */
const CLOSED_MS = 100;

/** Memory of a line for so many readers. */
export function lineMemory(readers: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(4 * (TAKEN + readers));
  new Int32Array(memory)[ALL] = -1;
  return memory;
}

/** The decoding thread's end of the line: batch number n lies in slot `n % slots`. */
export class DecoderLine {
  readonly #words: Int32Array;
  #given = 0;

  constructor(memory: SharedArrayBuffer, readonly readers: number, readonly slots: number) {
    this.#words = new Int32Array(memory);
  }

  /** Waits until every reader has taken what the next slot had before, and gives its number; -1 when a reader has closed the line. */
  free(): number {
    const words = this.#words;
    for (let at = TAKEN; at < TAKEN + this.readers; at++) {
      for (
        let taken = Atomics.load(words, at);
        this.#given - taken >= this.slots;
        taken = Atomics.load(words, at)
      ) {
        if (Atomics.load(words, ALL) >= 0) return -1;
        Atomics.wait(words, at, taken, CLOSED_MS);
      }
    }
    return this.#given % this.slots;
  }

  /** The slot is filled. */
  give(): void {
    Atomics.store(this.#words, GIVEN, ++this.#given);
    Atomics.notify(this.#words, GIVEN);
  }

  /** Nothing more comes. */
  end(): void {
    Atomics.compareExchange(this.#words, ALL, -1, this.#given);
    this.give();
  }
}

/** A reader's end of the line. */
export class ReaderLine {
  readonly #words: Int32Array;
  #taken = 0;

  constructor(memory: SharedArrayBuffer, readonly reader: number, readonly slots: number) {
    this.#words = new Int32Array(memory);
  }

  /** Waits so many milliseconds for the next batch; tells whether it is there, or the line has ended. */
  wait(most: number): boolean {
    const words = this.#words;
    return Atomics.load(words, GIVEN) !== this.#taken ||
      Atomics.wait(words, GIVEN, this.#taken, most) !== "timed-out";
  }

  /** Slot of the batch that was waited for, -1 when nothing more comes. */
  get slot(): number {
    return Atomics.load(this.#words, ALL) === this.#taken ? -1 : this.#taken % this.slots;
  }

  /** Lets nothing more come for any reader than what was given up to now. */
  close(): void {
    const words = this.#words;
    Atomics.compareExchange(words, ALL, -1, Atomics.load(words, GIVEN));
    Atomics.add(words, GIVEN, 1);
    Atomics.notify(words, GIVEN);
  }

  /** Waits for the next batch and gives its slot, -1 when there is none. `idle` is called when it takes long. */
  next(idle: () => void): number {
    while (!this.wait(PATIENCE_MS)) idle();
    return this.slot;
  }

  /** The batch is done with. */
  taken(): void {
    Atomics.store(this.#words, TAKEN + this.reader, ++this.#taken);
    Atomics.notify(this.#words, TAKEN + this.reader);
  }
}
