import * as arrow from "apache-arrow";
import type { ByteSink } from "../capture/mod.ts";
import type { ArrowType, Field, RecordBatch } from "../record/mod.ts";
import { ColumnBuilder, type ColumnValues } from "./columnar.ts";
import { putText } from "./parquet_pages.ts";

const BATCH_ROWS = 65_536;

function typeOf(type: ArrowType): arrow.DataType {
  switch (type) {
    case "timestamp[us]":
      return new arrow.Timestamp(arrow.TimeUnit.MICROSECOND, "UTC");
    case "float64":
      return new arrow.Float64();
    case "int64":
      return new arrow.Int64();
    case "uint64":
      return new arrow.Uint64();
    case "uint32":
      return new arrow.Uint32();
    case "uint16":
      return new arrow.Uint16();
    case "uint8":
      return new arrow.Uint8();
    default:
      return new arrow.Utf8();
  }
}

/** Writes records as an Arrow IPC file: one column per field, types from the registry, absent values null. */
export class ArrowWriter {
  /** Rows written. */
  rows = 0;
  readonly #columns: ColumnBuilder;
  readonly #schema: arrow.Schema;
  readonly #writer = new arrow.RecordBatchFileWriter();
  readonly #copied: Promise<void>;

  /** `metadata` goes into the schema of the file. */
  constructor(sink: ByteSink, fields: readonly Field[], metadata: Readonly<Record<string, string>> = {}) {
    this.#columns = new ColumnBuilder(fields, BATCH_ROWS);
    this.#schema = new arrow.Schema(
      this.#columns.columns.map((column) => new arrow.Field(column.field.name, typeOf(column.type), true)),
      new Map(Object.entries(metadata)),
    );
    this.#copied = this.#copy(sink);
  }

  async #copy(sink: ByteSink): Promise<void> {
    for await (const chunk of this.#writer) sink(chunk);
  }

  /** Adds all rows of a batch. */
  write(batch: RecordBatch): void {
    for (let row = 0; row < batch.length;) {
      const take = Math.min(batch.length - row, this.#columns.capacity - this.#columns.length);
      this.#columns.add(batch, row, row + take);
      row += take;
      if (this.#columns.length === this.#columns.capacity) this.#flush();
    }
    this.rows += batch.length;
  }

  /** Writes what is left and the footer. */
  async end(): Promise<void> {
    // A file without any batch still has its schema.
    if (this.#columns.length > 0 || this.rows === 0) this.#flush();
    this.#writer.finish();
    await this.#copied;
  }

  #flush(): void {
    const length = this.#columns.length;
    const struct = arrow.makeData({
      type: new arrow.Struct(this.#schema.fields),
      length,
      nullCount: 0,
      children: this.#columns.columns.map((column, i) => data(column, this.#schema.fields[i]!.type)),
    });
    this.#writer.write(new arrow.RecordBatch(this.#schema, struct));
    this.#columns.clear();
  }
}

/** One column as Arrow data; copies, because the builder's memory is used again. */
function data(column: ColumnValues, type: arrow.DataType): arrow.Data {
  const { length, nulls, valid } = column;
  const common: { length: number; nullCount: number; nullBitmap?: Uint8Array } = { length, nullCount: nulls };
  if (nulls > 0) {
    const bits = common.nullBitmap = new Uint8Array((length + 7) >>> 3);
    for (let i = 0; i < length; i++) bits[i >>> 3]! |= valid[i]! << (i & 7);
  }
  if (column.type === "utf8") return utf8(column, common);
  const copy = column.data.slice(0, column.data instanceof Int32Array ? 2 * length : length);
  const values = column.type === "uint64"
    ? new BigUint64Array(copy.buffer)
    : copy instanceof Int32Array
    ? new BigInt64Array(copy.buffer)
    : copy;
  return arrow.makeData({ ...common, type, data: values } as never);
}

function utf8(
  column: ColumnValues,
  common: { length: number; nullCount: number; nullBitmap?: Uint8Array },
): arrow.Data {
  const { length, valid, data: positions, words } = column;
  const scratch = new Uint8Array(words.reduce((most, word) => Math.max(most, 3 * word.length), 1));
  const encoded = words.map((word) => scratch.slice(0, putText(scratch, 0, word)));
  const valueOffsets = new Int32Array(length + 1);
  let bytes = 0;
  for (let i = 0; i < length; i++) {
    if (valid[i]) bytes += encoded[positions[i]!]!.length;
    valueOffsets[i + 1] = bytes;
  }
  const text = new Uint8Array(bytes);
  for (let i = 0; i < length; i++) if (valid[i]) text.set(encoded[positions[i]!]!, valueOffsets[i]);
  return arrow.makeData({ ...common, type: new arrow.Utf8(), valueOffsets, data: text });
}
