import { Problem } from "../base/mod.ts";
import { lastTime, localZone, startTime, type Zone } from "../record/mod.ts";
import {
  type Amount,
  type Fields,
  fieldsOf,
  floored,
  LEAST,
  secondsOf,
  shifted,
  type Unit,
  UNITS,
} from "./calendar.ts";
import type { RecordPredicate } from "./predicate.ts";

/** How a record is compared with a range: one of its ends lies within, it covers the range, or it lies within it. */
export type TimeMode = "intersects" | "includes" | "contained";

/** A range of `-t`: both ends belong to it (filter.md section 7). */
export interface TimeRange {
  /** How records are compared with it. */
  readonly mode: TimeMode;
  /** Takes the records outside instead. */
  readonly negated: boolean;
  /** The one range, microseconds since 1970; nothing when `*` makes it depend on the record. */
  readonly fixed: { readonly start: number; readonly end: number } | undefined;
  /** Whether a record from `start` to `last` (microseconds) is taken. */
  matches(start: number, last: number): boolean;
}

/** A point in local time in which `*` takes the value of the record's start. */
interface Point {
  readonly fields: readonly (number | "*")[];
  /** The smallest unit written without `*`: how long the point lasts when it stands alone. */
  readonly unit: Unit;
}

type End = { readonly amount: Amount; readonly sign: 1 | -1 } | { readonly point: (start: Fields) => Point };

const MODES: Readonly<Record<string, TimeMode>> = { i: "intersects", n: "includes", c: "contained" };
const AMOUNT = /^(\d+[yMdhHms])+$/;

/**
 * Reads a time range in the notation of ra's `-t`: `2001/09/09.01:46`, `14:10-15`, `-10m`, `1270616652+2s`, `**.14`, with `x` and
 * one of `i`, `n`, `c` before it.
 *
 * @param now What "now" is, in seconds since 1970.
 * @throws {Problem} `syntax`.
 *
 * @example A single point lasts as long as its smallest unit
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { UTC } from "../record/mod.ts";
 * import { readTimeRange } from "./time_range.ts";
 *
 * const day = readTimeRange("2001/09/09", 0, UTC).fixed!;
 * assertEquals((day.end - day.start) / 1e6, 86400);
 * ```
 */
export function readTimeRange(text: string, now = Date.now() / 1000, zone: Zone = localZone()): TimeRange {
  const [, x, mode, body] = /^(x?)([inc]?)(.*)$/.exec(text.trim())!;
  const rangeOf = reader(text, body!, now, zone);
  const negated = x === "x", how = MODES[mode || "i"]!;
  const fixed = rangeOf(undefined);
  if (fixed && fixed.end <= fixed.start) throw bad(text, "a range that ends after it begins");
  return {
    mode: how,
    negated,
    fixed,
    matches(start, last) {
      const range = fixed ?? rangeOf(start)!;
      return compare(how, start, last, range.start, range.end) !== negated;
    },
  };
}

function compare(mode: TimeMode, start: number, last: number, from: number, to: number): boolean {
  // A record that begins before the range and ends after it, or just as it begins, has neither end within it (observed).
  if (mode === "intersects") return start >= from && start <= to || last > from && last <= to;
  return mode === "contained" ? start >= from && last <= to : start <= from && last >= to;
}

type RangeOf = (recordStart: number | undefined) => { start: number; end: number } | undefined;

function reader(text: string, body: string, now: number, zone: Zone): RangeOf {
  const today = fieldsOf(Math.floor(now), zone);
  const range = (start: Fields, end: Fields) => ({
    start: secondsOf(start, zone) * 1e6,
    end: secondsOf(end, zone) * 1e6,
  });
  if (body.startsWith("-")) {
    const m = /^-([\dyMdhHms]+)(?:([+-])([\dyMdhHms]+))?$/.exec(body);
    if (!m || !AMOUNT.test(m[1]!) || (m[3] !== undefined && !AMOUNT.test(m[3]))) {
      throw bad(text, "an amount of time such as -10m or -1d+2h");
    }
    const amount = amountOf(m[1]!), start = before(today, amount);
    const fixed = m[2] === "-"
      ? range(shifted(start, amountOf(m[3]!), -1), start)
      : range(start, shifted(start, m[3] ? amountOf(m[3]) : amount, 1));
    return () => fixed;
  }
  const cut = body.search(/[+-]/);
  const from = pointOf(text, cut < 0 ? body : body.slice(0, cut), today, zone);
  const end = cut < 0 ? undefined : endOf(text, body[cut]!, body.slice(cut + 1), zone);
  return (recordStart) => {
    if (recordStart === undefined && !fixedPoint(from)) return undefined;
    const start = filled(from, recordStart, zone);
    if (!end) {
      const alone = range(start, shifted(start, [[1, from.unit]], 1));
      // Any day of a month: the same day of the next month is not one (observed; hours are taken with their end).
      if (!fixedPoint(from) && (from.unit === "y" || from.unit === "M")) alone.end--;
      return alone;
    }
    if (!("amount" in end)) return range(start, filled(end.point(start), recordStart, zone));
    const other = shifted(start, end.amount, end.sign);
    return end.sign < 0 ? range(other, start) : range(start, other);
  };
}

const fixedPoint = (p: Point) => !p.fields.includes("*");

/** `-2h5m`: the first amount counts back whole units with the present one as the last, the others set smaller fields. */
function before(today: Fields, amount: Amount): number[] {
  const [[n, unit], ...rest] = amount as [readonly [number, Unit], ...Amount];
  const start = shifted(floored(today, unit), [[n - 1, unit]], -1);
  for (const [value, u] of rest) start[UNITS.indexOf(u)] = value;
  return start;
}

function filled({ fields }: Point, recordStart: number | undefined, zone: Zone): number[] {
  const own = recordStart === undefined ? LEAST : fieldsOf(Math.floor(recordStart / 1e6), zone);
  return fields.map((v, i) => v === "*" ? own[i]! : v);
}

const amountOf = (text: string): Amount =>
  [...text.matchAll(/(\d+)([yMdhHms])/g)].map((m) => [Number(m[1]), unitOf(m[2]!)]);
const unitOf = (letter: string): Unit => letter === "H" ? "h" : letter as Unit;
const valueOf = (digits: string): number | "*" => digits.startsWith("*") ? "*" : Number(digits);

function endOf(text: string, sign: string, rest: string, zone: Zone): End {
  if (AMOUNT.test(rest)) return { amount: amountOf(rest), sign: sign === "+" ? 1 : -1 };
  if (sign === "+") throw bad(text, "an amount of time such as 5m after +");
  pointOf(text, rest, LEAST, zone);
  return { point: (start) => pointOf(text, rest, start, zone) };
}

const DATE = /^(?:(?:(\d{4}|\*{4})\/)?(\d\d|\*\*)\/(\d\d|\*\*)|(\d{1,2}|\*\*)(?=\.))(?:\.(.+))?$/;
const CLOCK = /^(\d{1,2}|\*{1,2})(?::(\d{1,2}|\*{1,2})(?::(\d{1,2}|\*{1,2}))?)?$/;

/** A point in time; what it does not say is as in `base`, below its smallest unit as small as can be. */
function pointOf(text: string, body: string, base: Fields, zone: Zone): Point {
  if (/^([\d*]+[yMdhHms])+$/.test(body)) {
    let fields: (number | "*")[] = [...base], unit: Unit | undefined, last: Unit = "s";
    for (const [, digits, letter] of body.matchAll(/([\d*]+)([yMdhHms])/g)) {
      last = unitOf(letter!);
      const at = UNITS.indexOf(last), value = valueOf(digits!);
      fields = fields.map((v, i) => i < at ? v : i === at ? value : LEAST[i]!);
      if (value !== "*") unit = last;
    }
    return { fields: checked(text, fields), unit: unit ?? last };
  }
  if (/^\d+$/.test(body) && !(body.length <= 2 && Number(body) < 24)) {
    if (body.length === 4) return { fields: [Number(body), 1, 1, 0, 0, 0], unit: "y" };
    if (body === "24") throw bad(text, "an hour from 0 to 23");
    // A number of seconds alone means the year from there on.
    return { fields: fieldsOf(Number(body), zone), unit: "y" };
  }
  if (/^(\d{4}|\*{4})\/(\d\d|\*\*)$/.test(body)) {
    const [y, M] = body.split("/").map(valueOf);
    return made(text, [y!, M!, undefined, undefined, undefined, undefined], base);
  }
  const date = DATE.exec(body), clock = date ? date[5] : body;
  const time = clock === undefined ? undefined : CLOCK.exec(clock);
  if ((!date && !time) || (clock !== undefined && !time)) {
    throw bad(text, "a time such as 2001/09/09.01:46:41, 14:10, 10d14h, -10m or seconds since 1970");
  }
  const of = (digits: string | undefined) => digits === undefined ? undefined : valueOf(digits);
  return made(
    text,
    [of(date?.[1]), of(date?.[2]), of(date?.[3] ?? date?.[4]), of(time?.[1]), of(time?.[2]), of(time?.[3])],
    base,
  );
}

function made(text: string, given: readonly (number | "*" | undefined)[], base: Fields): Point {
  let first = given.findIndex((v) => v !== undefined), unit = -1, last = -1;
  if (first < 0) first = 0;
  const fields = given.map((v, i) => {
    if (v === undefined) return i < first ? base[i]! : LEAST[i]!;
    last = i;
    if (v !== "*") unit = i;
    return v;
  });
  return { fields: checked(text, fields), unit: UNITS[unit < 0 ? last : unit]! };
}

const MOST: Fields = [9999, 12, 31, 23, 59, 60];

function checked(text: string, fields: readonly (number | "*")[]): readonly (number | "*")[] {
  fields.forEach((v, i) => {
    if (v !== "*" && (v > MOST[i]! || (i > 0 && v < LEAST[i]!))) {
      throw bad(
        text,
        `a ${["year", "month", "day", "hour", "minute", "second"][i]} from ${i ? LEAST[i] : 0} to ${MOST[i]}`,
      );
    }
  });
  return fields;
}

function bad(text: string, expected: string): Problem {
  return new Problem("syntax", `Expected ${expected} but found "${text}" as time range`, {
    expected,
    found: text,
  });
}

/**
 * Compiles a time range of `-t` to a test of records after `asRead`; management records go by their own times (observed).
 *
 * @param now What "now" is, in seconds since 1970.
 * @throws {Problem} `syntax`.
 */
export function parseTimeRange(text: string, now?: number, zone?: Zone): RecordPredicate {
  const range = readTimeRange(text, now, zone);
  return (batch, row) => range.matches(startTime(batch, row), lastTime(batch, row));
}
