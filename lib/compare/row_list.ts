import { grown } from "../base/mod.ts";

/** Rows of a shelf; the memory is used again. */
export class RowList {
  rows = new Int32Array(64);
  length = 0;

  push(row: number): void {
    if (this.length === this.rows.length) this.rows = grown(this.rows, 2 * this.length);
    this.rows[this.length++] = row;
  }
}
