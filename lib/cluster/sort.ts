import { Problem } from "../base/mod.ts";
import { type Field, findField, RecordBatch } from "../record/mod.ts";

/** rasort's keywords (cluster.md section 7). */
export const SORT_KEYS: readonly string[] = `
stime ltime trans dur mean min max smac dmac saddr daddr proto sipid dipid sport dport stos dtos sttl dttl bytes sbytes dbytes pkts
spkts dpkts appbytes sappbytes dappbytes load sload dload loss ploss rate srate drate tranref seq smpls dmpls svlan dvlan srcid
stcpb dtcpb tcprtt sloss dloss sploss dploss smaxsz sminsz dmaxsz dminsz sdsb ddsb sco dco sas das sum runtime idle soui doui abr
pcr inode sgap dgap
`.trim().split(/\s+/);

/** Keywords that rasort orders from small to large; every other one goes from large to small (observed). */
const ASCENDING = new Set(
  `stime ltime seq saddr daddr sport dport smac dmac sttl dttl sminsz dminsz dur mean min max sum runtime srcid inode
   soui doui idle`.trim().split(/\s+/),
);

/** How to sort. */
export interface SortOptions {
  /** Everything the other way round (rasort `-v`). */
  readonly reverse?: boolean | undefined;
}

/** One sort key: a registry field and its direction. */
export interface SortKey {
  /** What is compared. */
  readonly field: Field;
  /** From small to large. */
  readonly ascending: boolean;
  /** What goes before the values, from small to large even when everything else is turned (kinds of addresses in rasort). */
  readonly kind?: (batch: RecordBatch, row: number) => number;
  /** Class of rows, if not 0, that count as 0 as the first of two when the second is of another class (ports of IPv6 in rasort). */
  readonly shy?: (batch: RecordBatch, row: number) => number;
}

/**
 * Reads sort keys: field names in falling weight, each in rasort's direction, or turned by `+` (small to large) or `-` before it.
 *
 * @throws {Problem} `unknown-name` when a name is no field.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sortKeys } from "./sort.ts";
 *
 * assertEquals(sortKeys(["bytes", "dur", "-dur"]).map((k) => k.ascending), [false, true, false]);
 * ```
 */
export function sortKeys(names: readonly string[]): SortKey[] {
  return names.map((text) => {
    const sign = text[0] === "+" || text[0] === "-" ? text[0] : "";
    const name = text.slice(sign.length);
    const field = findField(name);
    if (!field) {
      throw new Problem("unknown-name", `Expected a field to sort by but found "${name}"`, {
        expected: SORT_KEYS.join(" "),
        found: name,
      });
    }
    return { field, ascending: sign === "" ? ASCENDING.has(name) : sign === "+" };
  });
}

/** Where row `i` of a collection stands. */
export type Locate = (i: number) => { readonly batch: RecordBatch; readonly row: number };

/**
 * The order that sorts `count` rows by keys: indices, equal rows in their present order. A value that a record does not have is
 * equal to any other, and rows are merged as the C library of the real program merges them, so that even this gives its order.
 */
export function sortedOrder(
  count: number,
  locate: Locate,
  keys: readonly SortKey[],
  options: SortOptions = {},
): Int32Array {
  const columns = keys.map(({ field }) => {
    const column: (number | string)[] = new Array(count);
    for (let i = 0; i < count; i++) {
      const { batch, row } = locate(i);
      column[i] = field.sort(batch, row);
    }
    return column;
  });
  const kinds = keys.map((key) => key.kind && rowsOf(key.kind, count, locate));
  const shy = keys.map((key) => key.shy && rowsOf(key.shy, count, locate));
  const signs = keys.map((key) => key.ascending === (options.reverse !== true) ? 1 : -1);
  const order = new Int32Array(count), room = new Int32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  mergeSort(order, room, 0, count, (a, b) => {
    for (let k = 0; k < columns.length; k++) {
      const kind = kinds[k], reserved = shy[k];
      if (kind !== undefined && kind[a] !== kind[b]) return kind[a]! - kind[b]!;
      const x = reserved?.[a] && reserved[a] !== reserved[b] ? 0 : columns[k]![a]!, y = columns[k]![b]!;
      if (x < y) return -signs[k]!;
      if (x > y) return signs[k]!;
    }
    return 0;
  });
  return order;
}

function rowsOf<T>(of: (batch: RecordBatch, row: number) => T, count: number, locate: Locate): T[] {
  return Array.from({ length: count }, (_, i) => {
    const { batch, row } = locate(i);
    return of(batch, row);
  });
}

function mergeSort(
  order: Int32Array,
  room: Int32Array,
  from: number,
  to: number,
  compare: (a: number, b: number) => number,
): void {
  if (to - from < 2) return;
  const middle = from + ((to - from) >> 1);
  mergeSort(order, room, from, middle, compare);
  mergeSort(order, room, middle, to, compare);
  let a = from, b = middle, at = from;
  while (a < middle && b < to) room[at++] = compare(order[a]!, order[b]!) <= 0 ? order[a++]! : order[b++]!;
  while (a < middle) room[at++] = order[a++]!;
  // What is left of the second half already stands in its place.
  for (let i = from; i < at; i++) order[i] = room[i]!;
}

const OUT = 4096;

/** All records of a stream, kept in the batches they came in. */
async function collect(batches: AsyncIterable<RecordBatch>): Promise<{ count: number; locate: Locate }> {
  const kept: RecordBatch[] = [];
  const starts: number[] = [];
  let count = 0;
  for await (const batch of batches) {
    const copy = new RecordBatch(batch.length);
    for (let row = 0; row < batch.length; row++) copy.append(batch, row);
    kept.push(copy);
    starts.push(count);
    count += batch.length;
  }
  const locate: Locate = (i) => {
    let low = 0, high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= i) low = middle;
      else high = middle - 1;
    }
    return { batch: kept[low]!, row: i - starts[low]! };
  };
  return { count, locate };
}

function* gather(order: ArrayLike<number>, locate: Locate): Generator<RecordBatch, void, void> {
  for (let from = 0; from < order.length; from += OUT) {
    const to = Math.min(order.length, from + OUT);
    const out = new RecordBatch(to - from);
    for (let i = from; i < to; i++) {
      const { batch, row } = locate(order[i]!);
      out.append(batch, row);
    }
    yield out;
  }
}

function isParsed(keys: readonly string[] | readonly SortKey[]): keys is readonly SortKey[] {
  return typeof keys[0] === "object";
}

/**
 * Sorts a whole stream of records (rasort); memory grows with the number of records.
 *
 * @throws {Problem} `unknown-name` when a key is no field.
 */
export async function* sortRecords(
  batches: AsyncIterable<RecordBatch>,
  keys: readonly string[] | readonly SortKey[] = ["stime"],
  options: SortOptions = {},
): AsyncGenerator<RecordBatch, void, void> {
  const parsed = isParsed(keys) ? keys : sortKeys(keys.length ? keys : ["stime"]);
  const { count, locate } = await collect(batches);
  yield* gather(sortedOrder(count, locate, parsed, options), locate);
}

/**
 * The `count` records that sort first by a field: the largest counters, the shortest durations (or turned by `+` and `-`). Memory
 * holds `count` records and a few more, whatever the length of the stream.
 *
 * @throws {Problem} `unknown-name` when the key is no field.
 */
export async function* topRecords(
  batches: AsyncIterable<RecordBatch>,
  count: number,
  key: string,
): AsyncGenerator<RecordBatch, void, void> {
  const keys = sortKeys([key]);
  let best = new RecordBatch(Math.max(1, 2 * count));
  const shrink = () => {
    const from = best;
    const order = sortedOrder(from.length, (row) => ({ batch: from, row }), keys);
    best = new RecordBatch(Math.max(1, 2 * count));
    for (let i = 0; i < Math.min(count, order.length); i++) best.append(from, order[i]!);
  };
  for await (const batch of batches) {
    for (let row = 0; row < batch.length; row++) {
      best.append(batch, row);
      if (best.length >= 2 * count) shrink();
    }
  }
  shrink();
  if (best.length > 0) yield best;
}
