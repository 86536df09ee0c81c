import { type RecordBatch } from "./batch.ts";
import * as L from "./layout.ts";
import { mergeAttributes, mergeAttributesAsArgus } from "./merge_attributes.ts";
import { mergeNetwork, mergeNetworkAsArgus, NET_MIXED } from "./merge_network.ts";
import { hasBanks, mergeBanks } from "./merge_banks.ts";
import { enterAggregation, mergeAggregation } from "./merge_statistics.ts";

// Local constants: the compiler folds them, imported ones it loads each time.
// deno-fmt-ignore
const {
  CAUSE, CONN, CONN_SEQ, DADDR, DOUBLES, DPORT, D_APP, D_END, D_START, FIRST_FRAME, FLAGS, FLAG_AGR,
  FLAG_APPBYTES, FLAG_CORRECTED, FLAG_FRAGMENT, FLAG_FRAGS, FLAG_FRAG_OVERLAP, FLAG_FRAG_PARTIAL,
  FLAG_MASKS, FLAG_MATRIX, FLAG_MERGED, FLAG_METRIC, FLAG_NANO, FLAG_REVERSE, FLAG_SRCID_INT,
  FLAG_SRCID_TEXT, FLAG_TIME, FLAG_TRANSPORT, FLAG_TURNED, ICMP_SEQ, KEY_ARP, KEY_EXTRA, KEY_IPV4,
  KEY_IPV6, KEY_RARP, KEY_TYPE, LAST_FRAME, NET, NET_NONE, PROTO, SADDR, SEQ, SPORT, SRCID, S_END,
  S_NANO, S_PKTS, S_START, WHY, WORDS,
} = L;

/**
 * How two records become one.
 *
 * - `"exact"`: associative and order-free on every field, so records may be merged in any grouping (law 2). Counters add, times
 *   and sizes take their extremes, bit sets are united, addresses keep their common prefix, and whatever else differs becomes 0.
 *   "Latest" values (window, sequence, cause) are those of the later packet or record, whichever side of the merge it stands on.
 * - `"argus"`: as racluster 3.0.8.2 (cluster.md section 3), where much depends on which record came first.
 */
export type MergeRules = "exact" | "argus";

const SECTION_FLAGS = FLAG_METRIC | FLAG_APPBYTES | FLAG_TIME | FLAG_NANO | FLAG_FRAGMENT |
  FLAG_MATRIX |
  FLAG_FRAGS | FLAG_FRAG_PARTIAL | FLAG_FRAG_OVERLAP;
/** The real program keeps the kind of flow that the first record had, and its word about fragments. */
const SECTION_FLAGS_AS_ARGUS = SECTION_FLAGS & ~(FLAG_FRAGMENT | FLAG_MATRIX | FLAG_FRAG_OVERLAP);
const SRCID_FLAGS = FLAG_SRCID_INT | FLAG_SRCID_TEXT;

/**
 * Merges row `br` of `b` into row `ar` of `a`; both must be as read (source is source, see `asRead`) and in the same direction.
 * Row `br` is not changed.
 *
 * Totals are kept: packets, bytes, application bytes and the number of records of the result are the sums (law 2). After the last
 * merge call {@linkcode settleRow}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RecordBatch } from "./batch.ts";
 * import { DOUBLES, S_PKTS } from "./layout.ts";
 * import { mergeRow } from "./merge.ts";
 *
 * const batch = new RecordBatch(2);
 * const first = batch.addBlank(), second = batch.addBlank();
 * batch.doubles[first * DOUBLES + S_PKTS] = 3;
 * batch.doubles[second * DOUBLES + S_PKTS] = 4;
 * mergeRow(batch, first, batch, second);
 * assertEquals(batch.doubles[first * DOUBLES + S_PKTS], 7);
 * ```
 */
export function mergeRow(
  a: RecordBatch,
  ar: number,
  b: RecordBatch,
  br: number,
  rules: MergeRules = "exact",
): void {
  const argus = rules === "argus";
  const x = a.words, y = b.words, w = ar * WORDS, v = br * WORDS;
  const d = ar * DOUBLES, e = br * DOUBLES;
  mergeAggregation(a, ar, b, br, argus);
  // "Last" values of exact rules belong to the record that ends later; a tie goes to the greater value.
  if (!argus) mergeOutcome(a, ar, b, br);
  mergeKey(x, w, y, v, argus);
  if (argus) mergeNetworkAsArgus(a, ar, b, br);
  else mergeNetwork(a, ar, b, br);
  mergeTimes(a.doubles, d, b.doubles, e, x, w, y, v, argus);
  for (let i = S_PKTS; i <= D_APP; i++) add(a.doubles, d + i, b.doubles[e + i]!);
  if (argus) mergeAttributesAsArgus(x, w, y, v);
  else mergeAttributes(x, w, y, v);
  const first = y[v + FIRST_FRAME]!, last = y[v + LAST_FRAME]!;
  if (first !== 0 && (x[w + FIRST_FRAME] === 0 || first < x[w + FIRST_FRAME]!)) {
    x[w + FIRST_FRAME] = first;
  }
  if (last > x[w + LAST_FRAME]!) x[w + LAST_FRAME] = last;
  if (x[w + CONN] !== y[v + CONN] || x[w + CONN + 1] !== y[v + CONN + 1]) {
    x[w + CONN] = 0;
    x[w + CONN + 1] = 0;
  }
  if (y[v + CONN_SEQ]! < x[w + CONN_SEQ]!) x[w + CONN_SEQ] = y[v + CONN_SEQ]!;
  if (hasBanks(a, b)) mergeBanks(a, ar, b, br, argus);
  // Loads are those of the merged record: the reader's memory of having turned one is void.
  const sections = argus ? SECTION_FLAGS_AS_ARGUS : SECTION_FLAGS;
  x[w + FLAGS] = (x[w + FLAGS]! | y[v + FLAGS]! & sections | FLAG_MERGED | FLAG_AGR) &
    ~FLAG_TURNED;
}

/** Adds to a counter as floats are added: once it has seen a fraction here, the compiler leaves out its tests for whole numbers. */
function add(doubles: Float64Array, at: number, n: number): void {
  doubles[at]! += n;
}
for (let k = 0, a = Float64Array.of(0.5); k < 1000; k++) add(a, 0, 1);

/**
 * Prepares a row that begins an aggregate: one record, its statistics those of its own duration (cluster.md section 3), or of
 * `value` when another metric is aggregated. A row that carries statistics already (it was merged before) keeps them.
 */
export function enterRow(a: RecordBatch, row: number, value?: number): void {
  enterAggregation(a, row, value);
}

/** Ends the merging of a row by these rules: what only mattered while merging (a conflict of network sections) becomes absent. */
export function settleRow(a: RecordBatch, row: number, rules: MergeRules = "exact"): void {
  const w = row * WORDS;
  if (rules === "argus" && (a.words[w + FLAGS]! & FLAG_MERGED) !== 0) {
    dropEnds(a.doubles, row * DOUBLES);
  }
  if (a.words[w + NET] === NET_MIXED) a.words[w + NET] = NET_NONE;
  // How the start of an aggregate is read when it has no time (TIM-12) depends on its having statistics.
  if (a.doubles[row * DOUBLES + S_START]! >= 2 ** 31 * 1e6) enterAggregation(a, row);
}

/** A side seen at one moment only has no end in the real program, and does not end a record whose other side lasted (observed). */
function dropEnds(doubles: Float64Array, d: number): void {
  for (let side = 0; side < 2; side++) {
    const mine = d + S_START + 2 * side, other = d + D_START - 2 * side;
    if (doubles[mine] === doubles[mine + 1] && doubles[other]! < doubles[other + 1]!) doubles[mine + 1] = NaN;
  }
}

/** Causes and end reasons of the record that ends later, the strongest evidence, direction flags. */
function mergeOutcome(a: RecordBatch, ar: number, b: RecordBatch, br: number): void {
  const x = a.words, y = b.words, w = ar * WORDS, v = br * WORDS;
  const mine = lastOf(a.doubles, ar * DOUBLES), theirs = lastOf(b.doubles, br * DOUBLES);
  if (theirs >= mine) {
    if (theirs > mine || y[v + CAUSE]! > x[w + CAUSE]!) x[w + CAUSE] = y[v + CAUSE]!;
  }
  let end = x[w + WHY]! & 0xff;
  const otherEnd = y[v + WHY]! & 0xff;
  if (theirs > mine || theirs === mine && otherEnd > end) end = otherEnd;
  const e = (x[w + WHY]! >>> 8) & 0xff, f = (y[v + WHY]! >>> 8) & 0xff;
  x[w + WHY] = end | (e === 0 ? f : f === 0 ? e : e < f ? e : f) << 8;
  x[w + FLAGS] = (x[w + FLAGS]! | y[v + FLAGS]! & FLAG_CORRECTED) & ~FLAG_REVERSE;
  const seq = y[v + SEQ]!;
  if (seq >>> 0 < x[w + SEQ]! >>> 0) x[w + SEQ] = seq;
  // A missing source id is as good as a different one: the aggregate has no single source.
  if ((x[w + FLAGS]! & y[v + FLAGS]! & FLAG_TRANSPORT) === 0) dropTransport(x, w);
}

function lastOf(doubles: Float64Array, d: number): number {
  const s = doubles[d + S_END]!, t = doubles[d + D_END]!;
  const m = s >= t || t !== t ? s : t;
  return m === m ? m : -Infinity;
}

function dropTransport(x: Int32Array, w: number): void {
  x[w + FLAGS]! &= ~(FLAG_TRANSPORT | SRCID_FLAGS);
  x[w + SRCID] = 0;
}

/** Key: addresses keep their common prefix, everything else is kept only when equal. */
function mergeKey(x: Int32Array, w: number, y: Int32Array, v: number, argus: boolean): void {
  const f = y[v + FLAGS]!;
  if (
    (f & FLAG_TRANSPORT) !== 0 &&
    (x[w + SRCID] !== y[v + SRCID] || (x[w + FLAGS]! & SRCID_FLAGS) !== (f & SRCID_FLAGS))
  ) dropTransport(x, w);
  const type = x[w + KEY_TYPE]!, same = type === y[v + KEY_TYPE];
  // Of a flow below IP the real program keeps the first record's ends whatever comes (observed).
  if (argus && type !== KEY_IPV4 && type !== KEY_IPV6 && type !== KEY_ARP) return;
  // The real program compares flow sections only when their kinds, reverse bit included, agree.
  if (argus && same && (x[w + FLAGS]! ^ f) & FLAG_REVERSE) return;
  if (argus && isArp(type) !== isArp(y[v + KEY_TYPE]!)) return;
  // SPIs of IPv4, whose upper half holds the mask lengths in the memory of the real program.
  const spis = type === KEY_IPV4 && x[w + PROTO] === ESP && x[w + DPORT] !== y[v + DPORT];
  if (x[w + PROTO] !== y[v + PROTO]) x[w + PROTO] = 0;
  if (!argus || same || isIp(type) && isIp(y[v + KEY_TYPE]!)) {
    if (x[w + SPORT] !== y[v + SPORT]) x[w + SPORT] = 0;
    if (x[w + DPORT] !== y[v + DPORT]) x[w + DPORT] = 0;
  }
  if (x[w + ICMP_SEQ] !== y[v + ICMP_SEQ]) x[w + ICMP_SEQ] = 0;
  if (!same) {
    // Nothing in common: 0.0.0.0/0, which any further merge leaves as it is. The real program keeps the first record's kind.
    if (!argus) x[w + KEY_TYPE] = KEY_IPV4;
    x.fill(0, w + SADDR, w + SADDR + 8);
    x[w + KEY_EXTRA] = 0;
    x[w + FLAGS]! |= FLAG_MASKS;
    return;
  }
  if (type === KEY_IPV4 || type === KEY_IPV6) {
    mergeAddresses(x, w, y, v, type === KEY_IPV4 ? 1 : 4, argus);
    if (argus && spis) clearMasks(x, w);
    return;
  }
  if (x[w + KEY_EXTRA] !== y[v + KEY_EXTRA]) x[w + KEY_EXTRA] = 0;
  if (type === KEY_ARP) {
    for (let side = SADDR; side <= DADDR; side += 4) {
      // The real program leaves nothing of ARP addresses that differ.
      commonPrefix(x, w + side, y, v + side, 1, argus);
      for (let i = 1; i < 4; i++) if (x[w + side + i] !== y[v + side + i]) x[w + side + i] = 0;
    }
    return;
  }
  for (let side = SADDR; side <= DADDR; side += 4) {
    if (x[w + side] !== y[v + side] || x[w + side + 1] !== y[v + side + 1]) x[w + side] = x[w + side + 1] = 0;
    for (let i = 2; i < 4; i++) if (x[w + side + i] !== y[v + side + i]) x[w + side + i] = 0;
  }
}

function isIp(type: number): boolean {
  return type === KEY_IPV4 || type === KEY_IPV6;
}

function isArp(type: number): boolean {
  return type === KEY_ARP || type === KEY_RARP;
}

/** Addresses of `size` words: common prefix, and its length as mask once it is not whole (cluster.md section 3). */
const ESP = 50;

/** An SPI that became 0 took the mask lengths with it: from then on addresses that differ have no bit in common (observed). */
function clearMasks(x: Int32Array, w: number): void {
  x[w + KEY_EXTRA] = 0;
  x[w + FLAGS]! |= FLAG_MASKS;
}

function mergeAddresses(
  x: Int32Array,
  w: number,
  y: Int32Array,
  v: number,
  size: number,
  argus: boolean,
): void {
  const full = size * 32;
  // Fragments have no mask lengths: of other addresses nothing is left (observed).
  if (argus && size === 1 && (x[w + FLAGS]! | y[v + FLAGS]!) & FLAG_FRAGMENT) {
    if ((x[w + FLAGS]! & y[v + FLAGS]! & FLAG_FRAGMENT) === 0) clearMasks(x, w);
    if (x[w + SADDR] !== y[v + SADDR]) x[w + SADDR] = 0;
    if (x[w + DADDR] !== y[v + DADDR]) x[w + DADDR] = 0;
    return;
  }
  const mine = x[w + FLAGS]! & FLAG_MASKS, theirs = y[v + FLAGS]! & FLAG_MASKS;
  const most = mine ? x[w + KEY_EXTRA]! : full << 8 | full;
  const whole = argus && size === 4;
  // Exact merging keeps every bit the two share: what is kept may not depend on which of them comes first.
  const limit = argus && !whole ? most : full << 8 | full;
  const s = commonPrefix(x, w + SADDR, y, v + SADDR, size, whole, limit >>> 8 & 0xff);
  const t = commonPrefix(x, w + DADDR, y, v + DADDR, size, whole, limit & 0xff);
  if ((mine | theirs) === 0 && s === full && t === full) {
    if (x[w + KEY_EXTRA] !== y[v + KEY_EXTRA]) x[w + KEY_EXTRA] = 0;
    return;
  }
  const q = theirs ? y[v + KEY_EXTRA]! : full << 8 | full;
  x[w + KEY_EXTRA] = Math.min(most >>> 8 & 0xff, q >>> 8 & 0xff, s) << 8 |
    Math.min(most & 0xff, q & 0xff, t);
  x[w + FLAGS]! |= FLAG_MASKS;
}

/**
 * Keeps of two addresses that differ the leading bits they share, at most so many, and tells how many they share; of IPv6 the real
 * program keeps only whole words.
 */
function commonPrefix(
  x: Int32Array,
  w: number,
  y: Int32Array,
  v: number,
  size: number,
  whole = false,
  most = size * 32,
): number {
  for (let i = 0; i < size; i++) {
    const differ = x[w + i]! ^ y[v + i]!;
    if (differ === 0) continue;
    const shared = i * 32 + Math.clz32(differ), kept = Math.min(whole ? i * 32 : shared, most);
    for (let j = 0; j < size; j++) {
      const bits = kept - 32 * j;
      if (bits < 32) x[w + j] = bits <= 0 ? 0 : x[w + j]! & -1 << (32 - bits);
    }
    return shared;
  }
  return size * 32;
}

/** A time as the original compares it: seconds of 32 bits with a sign. */
function signed(us: number): number {
  return us < 2 ** 31 * 1e6 ? us : us - 2 ** 32 * 1e6;
}

/** Per side the earliest start and the latest end; a side only one record has is taken over. */
function mergeTimes(
  a: Float64Array,
  d: number,
  b: Float64Array,
  e: number,
  x: Int32Array,
  w: number,
  y: Int32Array,
  v: number,
  argus: boolean,
): void {
  for (let side = 0; side < 2; side++) {
    const s = S_START + 2 * side, n = S_NANO + side;
    const mine = x[w + n]!, theirs = y[v + n]!;
    let start = mine & 0x3ff, end = mine >>> 10 & 0x3ff;
    const bs = b[e + s]!, as = a[d + s]!;
    const earlier = argus ? signed(bs) < signed(as) : bs < as;
    if (earlier || as !== as) {
      if (bs === bs) a[d + s] = bs, start = theirs & 0x3ff;
    } else if (bs === as && (theirs & 0x3ff) < start) start = theirs & 0x3ff;
    const be = b[e + s + 1]!, ae = a[d + s + 1]!;
    // A source that goes on in the second of its end, or after it, ends when the second record does, be it earlier (observed).
    const goesOn = argus && side === 0 && !earlier &&
      Math.floor(signed(ae) / 1e6) <= Math.floor(signed(bs) / 1e6);
    if (goesOn || (argus ? signed(be) > signed(ae) : be > ae) || ae !== ae) {
      if (be === be) a[d + s + 1] = be, end = theirs >>> 10 & 0x3ff;
    } else if (be === ae && (theirs >>> 10 & 0x3ff) > end) end = theirs >>> 10 & 0x3ff;
    x[w + n] = start | end << 10;
  }
}
