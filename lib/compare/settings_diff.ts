import type { RecordBatch } from "../record/mod.ts";
import { unknownDirection } from "./classify.ts";
import { resultOf, type SideInfo } from "./result.ts";
import { RowList } from "./row_list.ts";
import { AHEAD, Shelf } from "./shelf.ts";
import { type Suspects, suspectsOf } from "./suspects.ts";
import { type DiffOptions, Sums, TwoSides } from "./two_sides.ts";
import type { DiffResult } from "./types.ts";

/**
 * Compares the records of several settings of one capture with those of the first, as they arrive: what `DiffBuilder` finds for each
 * pair, with every record kept once. It also keeps in mind which records do not know their direction.
 */
export class SettingsDiff {
  readonly #infos: readonly SideInfo[];
  readonly #shelf = new Shelf();
  readonly #pairs: readonly TwoSides[];
  readonly #sums: readonly Sums[];
  readonly #unknown: readonly RowList[];
  readonly #rows: readonly RowList[];
  readonly #added = new RowList();

  /** A comparison of these sides with the first of them. */
  constructor(infos: readonly SideInfo[], options: DiffOptions = {}) {
    this.#infos = infos;
    this.#pairs = infos.slice(1).map(() => new TwoSides(this.#shelf, options));
    this.#sums = infos.map(() => new Sums());
    this.#unknown = infos.map(() => new RowList());
    this.#rows = infos.map(() => new RowList());
  }

  /** Takes records of a side, as read (`asRead`). */
  take(side: number, batch: RecordBatch): void {
    const sums = this.#sums[side]!, unknown = this.#unknown[side]!, shelf = this.#shelf, added = this.#added;
    shelf.add(side, batch, sums.index, added);
    sums.index += batch.length;
    for (let n = 0; n < added.length; n++) {
      const row = added.rows[n]!;
      sums.add(shelf, row);
      if (unknownDirection(shelf, row)) unknown.push(row);
    }
  }

  /** Compares and gives the results, one for each further side, in order. */
  finish(): DiffResult[] {
    const shelf = this.#shelf, [first, ...others] = this.#rows;
    for (let group = 1; group < shelf.groupCount; group++) {
      if (group % AHEAD === 1) shelf.fetchRows(group);
      shelf.gather(group, this.#rows);
      const own = first!.length === 0 ? Infinity : first!.rows[0]!;
      for (let n = 0; n < others.length; n++) {
        const other = others[n]!, its = other.length === 0 ? Infinity : other.rows[0]!;
        // Rows are numbered as they come: what came first is kept first, as if there were no other sides.
        this.#pairs[n]!.compare(first!, other, own < its ? own : its);
      }
    }
    return this.#pairs.map((pair, n) =>
      resultOf(
        [this.#infos[0]!, this.#infos[n + 1]!],
        [this.#sums[0]!, this.#sums[n + 1]!],
        [],
        pair,
      )
    );
  }

  /**
   * Records of each side without known direction, or with one that a comparison refutes, after `finish`: as many as `most` over all
   * sides, those of the first side first.
   */
  suspects(most: number): Suspects[] {
    const rows = this.#unknown;
    this.#pairs.forEach(({ kept }, n) => {
      for (let place = 0; place < kept.length; place++) {
        if (!kept.isFlipped(place)) continue;
        const { side, rows: flipped } = kept.flippedRows(place);
        for (const row of flipped) rows[side === 0 ? 0 : n + 1]!.push(row);
      }
    });
    let left = most;
    return rows.map((list) => {
      const found = suspectsOf(this.#shelf, list, left);
      left -= found.first.length;
      return found;
    });
  }
}
