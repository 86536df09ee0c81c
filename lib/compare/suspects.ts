import { grown } from "../base/mod.ts";
import { refOf } from "./ref.ts";
import type { RowList } from "./row_list.ts";
import type { Shelf } from "./shelf.ts";
import * as S from "./shelf_words.ts";
import type { RecordRef } from "./types.ts";

// Local constants: the compiler folds them, imported ones it loads at each use.
const { CONN, CONN_SEQ, GROUP, INDEX, ROW_DOUBLES, ROW_WORDS, START } = S;

/** Records that have something to explain, of one side. */
export interface Suspects {
  /** The first of them, in order. */
  readonly first: readonly RecordRef[];
  /** The last frame counted in any record, of any side, of the same two ends. */
  readonly lastFrames: readonly number[];
  /** How many there are in all. */
  readonly count: number;
}

/**
 * Shelved rows as records, each once: rows of one connection with the same number and start are one record, told of last.
 *
 * @param most how many records to give
 */
export function suspectsOf(shelf: Shelf, rows: RowList, most: number): Suspects {
  const unique = distinct(shelf, rows), words = shelf.words;
  unique.sort((a, b) => words[a * ROW_WORDS + INDEX]! - words[b * ROW_WORDS + INDEX]!);
  const chosen = [...unique.subarray(0, most)], lastFrames = new Map<number, number>();
  const lastFrame = (row: number): number => {
    const group = words[row * ROW_WORDS + GROUP]!, known = lastFrames.get(group) ?? shelf.lastFrameOf(group);
    lastFrames.set(group, known);
    return known;
  };
  return {
    first: chosen.map((row) => refOf(shelf.restore(row), 0, shelf.indexOf(row))),
    lastFrames: chosen.map(lastFrame),
    count: unique.length,
  };
}

/** The rows without those that another row behind them repeats. */
function distinct(shelf: Shelf, { rows, length }: RowList): Int32Array {
  let size = 64;
  while (size < 2 * length) size *= 2;
  // Place in `found` of each record, from 1.
  const slots = new Int32Array(size), mask = size - 1, { words, doubles } = shelf;
  let found = new Int32Array(64), count = 0;
  for (let n = 0; n < length; n++) {
    const row = rows[n]!, w = row * ROW_WORDS, start = doubles[row * ROW_DOUBLES + START]!;
    let h = Math.imul(words[w + CONN]! ^ words[w + CONN_SEQ]!, 0x9e3779b1) ^ words[w + CONN + 1]! ^ start;
    h = Math.imul(h ^ (h >>> 15), 0x85ebca77);
    let s = (h ^ (h >>> 13)) & mask;
    for (; slots[s] !== 0; s = (s + 1) & mask) {
      const other = found[slots[s]! - 1]!, o = other * ROW_WORDS;
      if (
        words[o + CONN] === words[w + CONN] && words[o + CONN + 1] === words[w + CONN + 1] &&
        words[o + CONN_SEQ] === words[w + CONN_SEQ] && doubles[other * ROW_DOUBLES + START] === start
      ) break;
    }
    if (slots[s] === 0) {
      if (count === found.length) found = grown(found, 2 * count);
      slots[s] = ++count;
    }
    found[slots[s]! - 1] = row;
  }
  return found.subarray(0, count);
}
