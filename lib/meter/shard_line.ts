/** Words of the line between the decoding thread and the shards: batches given, in all once known (else -1), taken by each shard. */
const GIVEN = 0, ALL = 1, TAKEN = 2;

/** A shard that has to wait for the decoder looks after so many milliseconds whether others wait for its news. */
const PATIENCE_MS = 5;

/** Memory of a line for so many shards. */
export function lineMemory(shards: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(4 * (TAKEN + shards));
  new Int32Array(memory)[ALL] = -1;
  return memory;
}

/** The decoding thread's end of the line: batch number n lies in slot `n % slots`. */
export class DecoderLine {
  readonly #words: Int32Array;
  #given = 0;

  constructor(memory: SharedArrayBuffer, readonly shards: number, readonly slots: number) {
    this.#words = new Int32Array(memory);
  }

  /** Waits until every shard has taken what the next slot had before, and gives its number. */
  free(): number {
    const words = this.#words;
    for (let at = TAKEN; at < TAKEN + this.shards; at++) {
      for (
        let taken = Atomics.load(words, at);
        this.#given - taken >= this.slots;
        taken = Atomics.load(words, at)
      ) {
        Atomics.wait(words, at, taken);
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
    Atomics.store(this.#words, ALL, this.#given);
    this.give();
  }
}

/** A shard's end of the line. */
export class ShardLine {
  readonly #words: Int32Array;
  #taken = 0;

  constructor(memory: SharedArrayBuffer, readonly shard: number, readonly slots: number) {
    this.#words = new Int32Array(memory);
  }

  /** Waits for the next batch and gives its slot, -1 when there is none. `idle` is called when it takes long. */
  next(idle: () => void): number {
    const words = this.#words;
    for (let given = Atomics.load(words, GIVEN); given === this.#taken; given = Atomics.load(words, GIVEN)) {
      if (Atomics.wait(words, GIVEN, given, PATIENCE_MS) === "timed-out") idle();
    }
    return Atomics.load(words, ALL) === this.#taken ? -1 : this.#taken % this.slots;
  }

  /** The batch is done with. */
  taken(): void {
    Atomics.store(this.#words, TAKEN + this.shard, ++this.#taken);
    Atomics.notify(this.#words, TAKEN + this.shard);
  }
}
