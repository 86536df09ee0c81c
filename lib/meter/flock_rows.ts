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

/** Where the records of one setting of a flock go. */
class Output {
  out: RecordBatch;
  /** Transport sequence numbers given (SEQ-1). */
  sequence = 0;
  #ofConnection = new Int32Array(0);

  constructor(readonly sink: RecordSink, readonly size: number) {
    this.out = new RecordBatch(size);
  }

  /** Number of the next record within its connection. */
  nextOf(connection: number): number {
    if (connection >= this.#ofConnection.length) {
      this.#ofConnection = grown(this.#ofConnection, Math.max(1024, connection * 2));
    }
    return ++this.#ofConnection[connection]!;
  }

  flush(): void {
    if (this.out.length > 0) this.out = this.sink(this.out);
  }
}

/** The records of a flock, each setting's to a sink of its own: what a meter of that setting alone writes, in its order. */
export class FlockRows {
  /** By bit. */
  readonly #outputs: readonly Output[];

  /** Sinks by bit, which are given batches of so many rows. */
  constructor(sinks: readonly RecordSink[], size: number) {
    this.#outputs = sinks.map((sink) => new Output(sink, size));
  }

  /** Writes the record of an entry's interval for some settings. */
  write(flock: Flock, row: number, settings: number, cause: number, reason: number): void {
    const outputs = this.#outputs, table = flock.table;
    const given = table.given!, first = row * outputs.length;
    const connection = table.state[row * STATE_WORDS + S_CONN]!;
    for (let left = settings; left !== 0; left &= left - 1) {
      const bit = 31 - Math.clz32(left & -left), output = outputs[bit]!;
      const { out } = output, at = out.add(), w = at * WORDS;
      emitRow(flock, row, out, at, cause, reason);
      let number = given[first + bit]!;
      if (number === 0) {
        // SEQ-1: given at the first report and kept; 0xffffffff is skipped.
        if (++output.sequence === 0xffffffff) output.sequence = 1;
        given[first + bit] = number = output.sequence;
      }
      out.words[w + SEQ] = number;
      if (connection >= 0) out.words[w + CONN_SEQ] = output.nextOf(connection);
      if (out.length >= output.size) output.flush();
    }
  }

  /** Gives the sink of a setting, or of all, what there is. */
  flush(bit?: number): void {
    if (bit !== undefined) this.#outputs[bit]!.flush();
    else for (const output of this.#outputs) output.flush();
  }
}
