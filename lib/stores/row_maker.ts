import { type Field, joinLabels, type RecordBatch } from "../record/mod.ts";
import type { SqlValue } from "./engine.ts";
import { type ColumnGetter, COLUMNS_BEFORE, getterOf } from "./schema.ts";

/** Adds a label to those that a record has. */
export function addLabel(batch: RecordBatch, row: number, label: string): void {
  const more = batch.moreOf(row);
  more.label = more.label === undefined ? label : joinLabels(more.label, label, false);
}

/** Makes table rows in the order of `cacheShape`. */
export class RowMaker {
  readonly #getters: readonly ColumnGetter[];
  readonly #values: SqlValue[];

  constructor(fields: readonly Field[]) {
    this.#getters = fields.map(getterOf);
    this.#values = new Array(COLUMNS_BEFORE + fields.length + 1).fill(null);
  }

  /** One row, in an array that the next call uses again; `parts` and `state` stand on part 1 only. */
  make(
    shard: number,
    key: Uint8Array,
    part: number,
    parts: number | null,
    batch: RecordBatch,
    row: number,
    state: Uint8Array | null,
  ): readonly SqlValue[] {
    const values = this.#values, getters = this.#getters;
    values[0] = shard;
    values[1] = key;
    values[2] = part;
    values[3] = parts;
    for (let i = 0; i < getters.length; i++) values[COLUMNS_BEFORE + i] = getters[i]!(batch, row);
    values[COLUMNS_BEFORE + getters.length] = state;
    return values;
  }
}
