import { Sink } from "./sink.ts";
import type { Zone } from "./zone.ts";

/** How time stamps are printed. */
export interface TimeStyle {
  /** strftime text with `%f` for the fraction; the reader's default is `%T.%f` (fields.md section 3). */
  readonly format: string;
  /** Print seconds since 1970 instead (`-u`). */
  readonly unix: boolean;
  /** Digits of the fraction (`-p`); 0 drops it with its period. */
  readonly digits: number;
  /** The zone of everything but `-u`. */
  readonly zone: Zone;
}

/** Writes a time stamp: whole microseconds since 1970 plus 0..999 nanoseconds. */
export type PutTime = (sink: Sink, us: number, nano: number) => void;

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** What stands before and behind the fraction of a time in one second. */
interface Dated {
  readonly seconds: number;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

/** Seconds whose text is kept: records in order of their end, as aggregates leave, jump to and fro by their start. */
const SECONDS = 4096;

/**
 * Makes the writer of one time style. Fractions are cut, never rounded; more than six digits show nanoseconds only where the
 * record has them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { compileTime } from "./time.ts";
 * import { Sink } from "./sink.ts";
 * import { UTC } from "./zone.ts";
 *
 * const put = compileTime({ format: "%Y/%m/%d %T.%f", unix: false, digits: 3, zone: UTC });
 * const sink = new Sink();
 * put(sink, 1_000_000_000_123_456, 0);
 * assertEquals(sink.text(), "2001/09/09 01:46:40.123");
 * ```
 */
export function compileTime(style: TimeStyle): PutTime {
  const digits = Math.max(0, style.digits);
  if (style.unix) {
    return (sink, us, nano) => {
      const seconds = Math.floor(us / 1e6);
      sink.integer(seconds);
      if (digits > 0) {
        sink.byte(46);
        putFraction(sink, us - seconds * 1e6, nano, digits);
      }
    };
  }
  const { before, after, fraction } = splitFormat(style.format, digits > 0);
  const scratch = new Sink(64), made: (Dated | undefined)[] = new Array(SECONDS);
  const dated = (format: string, seconds: number): Uint8Array => {
    scratch.clear();
    // The calendar of the original has 32 bits with a sign, seconds by themselves have none.
    putCalendar(scratch, format, seconds < 2 ** 31 ? seconds : seconds - 2 ** 32, style.zone);
    return scratch.bytes.slice(0, scratch.at);
  };
  return (sink, us, nano) => {
    const seconds = Math.floor(us / 1e6), place = seconds & SECONDS - 1;
    let text = made[place];
    if (text === undefined || text.seconds !== seconds) {
      text = made[place] = { seconds, head: dated(before, seconds), tail: dated(after, seconds) };
    }
    const { head, tail } = text;
    sink.room(head.length + tail.length + 10);
    const to = sink.bytes;
    let at = sink.at;
    for (let i = 0; i < head.length; i++) to[at++] = head[i]!;
    sink.at = at;
    if (fraction) putFraction(sink, us - seconds * 1e6, nano, digits);
    if (tail.length > 0) sink.raw(tail);
  };
}

function putFraction(sink: Sink, micros: number, nano: number, digits: number): void {
  if (digits < 6) {
    let v = micros;
    for (let i = digits; i < 6; i++) v = (v / 10) | 0;
    sink.digits(v, digits);
  } else {
    sink.digits(micros, 6);
    if (digits > 6 && nano > 0) {
      let v = nano;
      for (let i = Math.min(digits, 9); i < 9; i++) v = (v / 10) | 0;
      sink.digits(v, Math.min(digits, 9) - 6);
    }
  }
}

/** Splits the format at its first `%f`; without a fraction the period before it goes too. */
function splitFormat(
  format: string,
  fraction: boolean,
): { before: string; after: string; fraction: boolean } {
  const at = /(?:^|[^%])(?:%%)*%f/.exec(format);
  if (!at) return { before: format, after: "", fraction: false };
  const end = at.index + at[0].length;
  let before = format.slice(0, end - 2);
  if (!fraction && before.endsWith(".")) before = before.slice(0, -1);
  return { before, after: format.slice(end), fraction };
}

function putCalendar(sink: Sink, format: string, seconds: number, zone: Zone): void {
  if (format === "") return;
  const offset = zone.offset(seconds);
  const date = new Date((seconds + offset) * 1000);
  for (let i = 0; i < format.length; i++) {
    const c = format[i]!;
    if (c !== "%" || i + 1 === format.length) sink.utf8(c);
    else {
      let letter = format[++i]!;
      if ((letter === "E" || letter === "O") && i + 1 < format.length) letter = format[++i]!;
      putItem(sink, letter, date, seconds, offset, zone);
    }
  }
}

function putItem(sink: Sink, letter: string, d: Date, seconds: number, offset: number, zone: Zone): void {
  const two = (n: number) => sink.digits(n, 2);
  const blank2 = (n: number) => sink.ascii(String(n).padStart(2, " "));
  const part = (f: string) => putCalendar(sink, f, seconds, zone);
  const hour12 = d.getUTCHours() % 12 || 12;
  const yday = Math.floor(
    (Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate()) -
      Date.UTC(d.getUTCFullYear(), 0, 1)) / 86400e3,
  );
  const wday = d.getUTCDay();
  switch (letter) {
    case "a":
      return sink.ascii(DAYS[wday]!.slice(0, 3));
    case "A":
      return sink.ascii(DAYS[wday]!);
    case "b":
    case "h":
      return sink.ascii(MONTHS[d.getUTCMonth()]!.slice(0, 3));
    case "B":
      return sink.ascii(MONTHS[d.getUTCMonth()]!);
    case "c":
      return part("%a %b %e %H:%M:%S %Y");
    case "C":
      return two(Math.floor(d.getUTCFullYear() / 100));
    case "d":
      return two(d.getUTCDate());
    case "D":
    case "x":
      return part("%m/%d/%y");
    case "e":
      return blank2(d.getUTCDate());
    case "F":
      return part("%Y-%m-%d");
    case "G":
      return sink.integer(isoWeek(d).year);
    case "g":
      return two(isoWeek(d).year % 100);
    case "V":
      return two(isoWeek(d).week);
    case "H":
      return two(d.getUTCHours());
    case "I":
      return two(hour12);
    case "j":
      return sink.digits(yday + 1, 3);
    case "k":
      return blank2(d.getUTCHours());
    case "l":
      return blank2(hour12);
    case "m":
      return two(d.getUTCMonth() + 1);
    case "M":
      return two(d.getUTCMinutes());
    case "n":
      return sink.byte(10);
    case "p":
      return sink.ascii(d.getUTCHours() < 12 ? "AM" : "PM");
    case "P":
      return sink.ascii(d.getUTCHours() < 12 ? "am" : "pm");
    case "r":
      return part("%I:%M:%S %p");
    case "R":
      return part("%H:%M");
    case "s":
      return sink.integer(seconds);
    case "S":
      return two(d.getUTCSeconds());
    case "t":
      return sink.byte(9);
    case "T":
    case "X":
      return part("%H:%M:%S");
    case "u":
      return sink.integer(wday || 7);
    case "U":
      return two(Math.floor((yday + 7 - wday) / 7));
    case "w":
      return sink.integer(wday);
    case "W":
      return two(Math.floor((yday + 7 - (wday + 6) % 7) / 7));
    case "y":
      return two(d.getUTCFullYear() % 100);
    case "Y":
      return sink.integer(d.getUTCFullYear());
    case "z": {
      const m = Math.floor(Math.abs(offset) / 60);
      sink.ascii(offset < 0 ? "-" : "+");
      return sink.digits(Math.floor(m / 60) * 100 + m % 60, 4);
    }
    case "Z":
      return sink.ascii(zone.name(seconds));
    case "%":
      return sink.ascii("%");
    default:
      return sink.ascii(`%${letter}`);
  }
}

function isoWeek(d: Date): { year: number; week: number } {
  const thursday = new Date(
    Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate() + 4 - (d.getUTCDay() || 7)),
  );
  const year = thursday.getUTCFullYear();
  return { year, week: 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * 86400e3)) };
}
