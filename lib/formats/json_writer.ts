import type { ByteSink } from "../capture/mod.ts";
import { type Field, type RecordBatch, Sink } from "../record/mod.ts";

const FLUSH = 1 << 18;
const OPEN = 123, CLOSE = 125, COMMA = 44, NEWLINE = 10;

/**
 * Writes records as JSON lines: one object per record, names of fields as keys, absent values left out. Times
 * are seconds since 1970 with six digits, exact to the microsecond in the text.
 */
export class JsonWriter {
  /** Rows written. */
  rows = 0;
  readonly #out = new Sink(FLUSH * 2);
  readonly #keys: readonly string[];

  constructor(readonly sink: ByteSink, readonly fields: readonly Field[]) {
    this.#keys = fields.map((field) => `${JSON.stringify(field.name)}:`);
  }

  /** Adds all rows of a batch. */
  write(batch: RecordBatch): void {
    const out = this.#out;
    for (let row = 0; row < batch.length; row++) {
      out.byte(OPEN);
      let first = true;
      for (let i = 0; i < this.fields.length; i++) {
        const field = this.fields[i]!;
        const number = field.number?.(batch, row) ?? NaN;
        const text = field.text?.(batch, row) ?? "";
        if (number !== number && text === "") continue;
        if (!first) out.byte(COMMA);
        first = false;
        out.utf8(this.#keys[i]!);
        if (field.text) out.utf8(JSON.stringify(text));
        else if (field.type === "time") putSeconds(out, number);
        else out.ascii(String(Number.isFinite(number) ? number : null));
      }
      out.byte(CLOSE);
      out.byte(NEWLINE);
      if (out.at >= FLUSH) this.#flush();
    }
    this.rows += batch.length;
  }

  end(): void {
    this.#flush();
  }

  #flush(): void {
    if (this.#out.at > 0) this.sink(this.#out.bytes.subarray(0, this.#out.at));
    this.#out.clear();
  }
}

function putSeconds(out: Sink, us: number): void {
  if (us < 0) out.byte(45);
  const size = Math.abs(us), seconds = Math.floor(size / 1e6);
  out.integer(seconds);
  out.byte(46);
  out.digits(size - seconds * 1e6, 6);
}
