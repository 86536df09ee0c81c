import { grown } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import { RecordBatch } from "../record/mod.ts";
import { emitRow } from "./emit.ts";
import * as T from "./entry_words.ts";
import type { Flock } from "./flock.ts";
import type { RecordSink } from "./meter.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { CONN_SEQ, SEQ, WORDS } = R;
const { STATE_WORDS, S_CONN } = T;

/** The records of one setting of a flock. */
class Output {
  out: RecordBatch;
  /** Transport sequence numbers given (SEQ-1). */
  sequence = 0;
  #ofConnection = new Int32Array(0);

  /** `index` is the number of the setting among those of the flock. */
  constructor(readonly index: number, readonly sink: RecordSink | undefined, size: number) {
    this.out = new RecordBatch(sink ? size : 1);
  }

  /** Number of the next record within its connection. */
  nextOf(connection: number): number {
    if (connection >= this.#ofConnection.length) {
      this.#ofConnection = grown(this.#ofConnection, Math.max(1024, connection * 2));
    }
    return ++this.#ofConnection[connection]!;
  }

  flush(): void {
    if (this.out.length > 0) this.out = this.sink!(this.out);
  }
}

/**
 * The records of a flock, each setting's by itself: what a meter of that setting alone writes, in its order. Without sinks of their own
 * all go into the flock's one batch, stamped with the numbers of their settings.
 */
export class FlockRows {
  /** By bit. */
  readonly #outputs: readonly Output[];
  readonly #size: number;
  readonly #isGathered: boolean;

  /** Numbers of the settings by bit, and their sinks, which are given batches of so many rows. */
  constructor(order: readonly number[], sinks: readonly RecordSink[] | undefined, size: number) {
    this.#outputs = order.map((index) => new Output(index, sinks?.[index], size));
    this.#size = size;
    this.#isGathered = sinks === undefined;
  }

  /** Writes the record of an entry's interval for some settings. */
  write(flock: Flock, row: number, settings: number, cause: number, reason: number): void {
    const outputs = this.#outputs, table = flock.table;
    const given = table.given!, first = row * outputs.length;
    const connection = table.state[row * STATE_WORDS + S_CONN]!;
    for (let left = settings; left !== 0; left &= left - 1) {
      const bit = 31 - Math.clz32(left & -left), output = outputs[bit]!;
      const out = this.#isGathered ? flock.out : output.out, at = out.add(), w = at * WORDS;
      emitRow(flock, row, out, at, cause, reason);
      let number = given[first + bit]!;
      if (number === 0) {
        // SEQ-1: given at the first report and kept; 0xffffffff is skipped.
        if (++output.sequence === 0xffffffff) output.sequence = 1;
        given[first + bit] = number = output.sequence;
      }
      out.words[w + SEQ] = number;
      if (connection >= 0) out.words[w + CONN_SEQ] = output.nextOf(connection);
      if (this.#isGathered) flock.stamps![at] = output.index;
      if (out.length < this.#size) continue;
      if (this.#isGathered) flock.flush();
      else output.flush();
    }
  }

  /** Gives its sink what there is of a setting, or of each. */
  flush(bit?: number): void {
    if (this.#isGathered) return;
    if (bit !== undefined) this.#outputs[bit]!.flush();
    else for (const output of this.#outputs) output.flush();
  }
}
