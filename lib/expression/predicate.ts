import * as R from "../record/mod.ts";
import type { RecordBatch } from "../record/mod.ts";
import type { Expression } from "./ast.ts";
import { INTEGER_LOADS, REAL_LOADS } from "./loads.ts";
import { lower, type LowerOptions } from "./lower.ts";
import { parseRecordFilter } from "./parse.ts";
import type { Plan } from "./plan.ts";

/** Whether a record (after `asRead`) passes a filter. */
export type RecordPredicate = (batch: RecordBatch, row: number) => boolean;

/** How an expression becomes a predicate. */
export interface FilterOptions extends LowerOptions {
  /** Digits to which fractions are rounded before comparing, the `-p` of ra (filter.md section 4); default 6. */
  readonly precision?: number;
}

/**
 * Rounds as `printf` does; the sign of a zero stays.
 *
 * @param scale 10 to the power of the digits.
 */
export function rounded(value: number, scale: number): number {
  const negative = value < 0 || Object.is(value, -0);
  const n = Math.round((negative ? -value : value) * scale) / scale;
  return negative ? -n : n;
}

/**
 * Compares numbers already rounded the way the real program does: equality allows 0.1^(digits+1), +0 is greater than -0, and
 * a zero is never "greater or equal" to a zero of the same sign (all observed).
 */
export function compareReal(how: "eq" | "gt" | "gte", a: number, b: number, tolerance: number): boolean {
  if (a === 0 && b === 0) {
    const order = (Object.is(a, -0) ? 0 : 1) - (Object.is(b, -0) ? 0 : 1);
    return how === "eq" ? order === 0 : order > 0;
  }
  if (how === "eq") return Math.abs(a - b) <= tolerance;
  // A jitter that is not a number counts as not smaller.
  return how === "gt" ? a > b : !(a < b);
}

/**
 * What the real program's interpreter remembers between loads: after a whole load from an absent section, comparisons of
 * fractions fail until another load succeeds (`vlan or dur gt 0.5` finds no untagged record).
 */
interface Memory {
  failed: boolean;
}

function build(plan: Plan, digits: number, memory?: Memory): RecordPredicate {
  switch (plan.op) {
    case "constant": {
      const value = plan.value;
      return () => value;
    }
    case "not": {
      const part = build(plan.part, digits, memory);
      return (b, row) => !part(b, row);
    }
    case "all":
    case "any":
      return plan.parts.map((p) => build(p, digits, memory)).reduce((x, y) =>
        plan.op === "all" ? (b, row) => x(b, row) && y(b, row) : (b, row) => x(b, row) || y(b, row)
      );
    default: {
      const test = leaf(plan, digits);
      return memory ? remembering(plan, test, memory) : test;
    }
  }
}

type Leaf = Exclude<Plan, { op: "constant" | "not" | "all" | "any" }>;

function remembering(plan: Leaf, test: RecordPredicate, memory: Memory): RecordPredicate {
  if (plan.op === "real") return (b, row) => !memory.failed && test(b, row);
  const load = plan.op === "integer" && plan.mask === undefined ? INTEGER_LOADS[plan.load] : undefined;
  return (b, row) => {
    memory.failed = load !== undefined && load(b, row) === -1;
    return test(b, row);
  };
}

function leaf(plan: Leaf, digits: number): RecordPredicate {
  switch (plan.op) {
    case "flow":
      return flow(plan.keys, plan.protocols);
    case "integer":
      return integer(plan);
    case "real":
      return real(REAL_LOADS[plan.load], plan.how, plan.value, digits);
    case "address":
      return address(plan);
    case "mac":
      return mac(plan.side, plan.high, plan.low);
    case "field":
      return registryField(plan, digits);
  }
}

function integer({ load: name, how, mask, value }: Extract<Plan, { op: "integer" }>): RecordPredicate {
  const load = INTEGER_LOADS[name];
  if (mask === undefined) {
    if (how === "eq") return (b, row) => load(b, row) === value;
    return how === "gt" ? (b, row) => load(b, row) > value : (b, row) => load(b, row) >= value;
  }
  const wanted = (value & mask) >>> 0;
  if (how === "eq") return (b, row) => (load(b, row) & mask) >>> 0 === wanted;
  if (how === "gt") return (b, row) => (load(b, row) & mask) >>> 0 > wanted;
  return (b, row) => (load(b, row) & mask) >>> 0 >= wanted;
}

function flow(keys: readonly number[], protocols: readonly number[] | undefined): RecordPredicate {
  // A bit per key type; anything without a flow key (management records) has type 0, which no test names.
  const set = keys.reduce((bits, k) => bits | (1 << k), 0);
  if (!protocols) return (b, row) => (set >>> b.words[row * R.WORDS + R.KEY_TYPE]! & 1) !== 0;
  const first = protocols[0]!, second = protocols[1] ?? first;
  return (b, row) => {
    const at = row * R.WORDS, protocol = b.words[at + R.PROTO]!;
    return (protocol === first || protocol === second) && (set >>> b.words[at + R.KEY_TYPE]! & 1) !== 0;
  };
}

function real(
  load: (b: RecordBatch, row: number) => number,
  how: "eq" | "gt" | "gte",
  value: number,
  digits: number,
): RecordPredicate {
  // The number of the expression is a 32-bit float as well.
  const scale = 10 ** digits, tolerance = 0.1 ** (digits + 1), wanted = rounded(Math.fround(value), scale);
  return (b, row) => compareReal(how, rounded(load(b, row), scale), wanted, tolerance);
}

function address(plan: Extract<Plan, { op: "address" }>): RecordPredicate {
  const { side, keys, words, mask } = plan;
  if (keys.includes(R.KEY_RARP)) {
    const others = address({ ...plan, keys: keys.filter((k) => k !== R.KEY_RARP) });
    // RARP keeps the sender's IP address behind its MAC address, and no target's.
    if (side === "dst") return others;
    const of = flow([R.KEY_RARP], undefined);
    return (b, row) =>
      (b.words[row * R.WORDS + R.SADDR + 2]! & mask[0]!) === words[0] && of(b, row) || others(b, row);
  }
  const offset = side === "src" ? R.SADDR : R.DADDR, of = flow(keys, undefined);
  const [w0, w1, w2, w3] = words as [number, number, number, number];
  const [m0, m1, m2, m3] = mask as [number, number, number, number];
  if (words.length === 1) return (b, row) => (b.words[row * R.WORDS + offset]! & m0) === w0 && of(b, row);
  return (b, row) => {
    const at = row * R.WORDS + offset, all = b.words;
    return (all[at]! & m0) === w0 && (all[at + 1]! & m1) === w1 && (all[at + 2]! & m2) === w2 &&
      (all[at + 3]! & m3) === w3 &&
      of(b, row);
  };
}

/** Destination address first: words 0 and half of 1, source address: the other half and word 2. */
function mac(side: "src" | "dst", high: number, low: number): RecordPredicate {
  const present = (b: RecordBatch, at: number) => (b.words[at + R.FLAGS]! & R.FLAG_MAC) !== 0;
  if (side === "dst") {
    const tail = low >>> 16;
    return (b, row) => {
      const at = row * R.WORDS;
      return b.words[at + R.MAC] === high && b.words[at + R.MAC + 1]! >>> 16 === tail && present(b, at);
    };
  }
  const head = high >>> 16, tail = (high << 16) | (low >>> 16);
  return (b, row) => {
    const at = row * R.WORDS;
    return (b.words[at + R.MAC + 1]! & 0xffff) === head && b.words[at + R.MAC + 2] === tail && present(b, at);
  };
}

/** A record without the field matches nothing. */
function registryField(
  { field, how, value }: Extract<Plan, { op: "field" }>,
  digits: number,
): RecordPredicate {
  const f = R.findField(field)!;
  if (typeof value === "string") {
    return (b, row) => String(R.valueOf(f, b, row) ?? "").trim() === value;
  }
  const scale = 10 ** digits,
    tolerance = 0.1 ** (digits + 1),
    wanted = f.type === "float" ? rounded(Math.fround(value), scale) : value;
  const unit = f.type === "time" ? 1e-6 : 1;
  return (b, row) => {
    const v = R.valueOf(f, b, row);
    if (typeof v !== "number") return false;
    const difference = (f.type === "float" ? rounded(v, scale) : v * unit) - wanted;
    const order = Math.abs(difference) <= tolerance ? 0 : difference;
    switch (how) {
      case "eq":
        return order === 0;
      case "gt":
        return order > 0;
      case "gte":
        return order >= 0;
      case "lt":
        return order < 0;
      case "lte":
        return order <= 0;
    }
  };
}

/**
 * Compiles a record filter to a test of rows after `asRead`.
 *
 * @throws {Problem} `syntax` for what cannot be read or names nobody knows.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { KEY_IPV4, KEY_TYPE, PROTO, RecordBatch, WORDS } from "../record/mod.ts";
 * import { compileRecordFilter } from "./predicate.ts";
 *
 * const batch = new RecordBatch(2), row = batch.addBlank();
 * batch.words[row * WORDS + KEY_TYPE] = KEY_IPV4;
 * batch.words[row * WORDS + PROTO] = 17;
 * assertEquals(compileRecordFilter("udp and not tcp")(batch, row), true);
 * ```
 */
export function compileRecordFilter(
  filter: string | Expression,
  options: FilterOptions = {},
): RecordPredicate {
  const text = typeof filter === "string" ? filter : options.text;
  const e = typeof filter === "string"
    ? parseRecordFilter(filter, options.dialect ? { dialect: options.dialect } : {})
    : filter;
  const plan = lower(e, { ...options, ...(text !== undefined && { text }) }), digits = options.precision ?? 6;
  if (options.dialect !== "ra") return build(plan, digits);
  const memory = { failed: false }, test = build(plan, digits, memory);
  return (batch, row) => {
    memory.failed = false;
    return test(batch, row);
  };
}
