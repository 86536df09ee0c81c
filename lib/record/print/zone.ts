import process from "node:process";

/** A time zone: how many seconds local time is ahead of UTC, and its abbreviation, at an instant in seconds since 1970. */
export interface Zone {
  /** Seconds to add to UTC. */
  offset(seconds: number): number;
  /** What `%Z` prints. */
  name(seconds: number): string;
}

/** Coordinated universal time. */
export const UTC: Zone = { offset: () => 0, name: () => "UTC" };

/**
 * The zone named by a TZ value: nothing or "UTC", a POSIX rule such as `UTC-2` or `EST5EDT,M3.2.0,M11.1.0` (POSIX counts
 * westwards, so `UTC-2` is two hours ahead), or a name such as `Europe/Prague`. An unknown one is UTC, as in the C library.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { zoneOf } from "./zone.ts";
 *
 * assertEquals(zoneOf("UTC-2").offset(0), 7200);
 * assertEquals(zoneOf("Europe/Prague").offset(1_000_000_000), 7200);
 * ```
 */
export function zoneOf(tz: string | undefined): Zone {
  const text = tz?.startsWith(":") ? tz.slice(1) : tz;
  if (text === "" || text === "UTC" || text === "GMT" || text === "UTC0") return UTC;
  if (text === undefined) return namedZone(undefined);
  return (/[A-Za-z>][+-]?\d/.test(text) && !text.includes("/") ? posixZone(text) : undefined) ??
    namedZone(text);
}

/** The zone of this process: the TZ variable, else the system's. */
export function localZone(): Zone {
  return zoneOf(process.env.TZ);
}

const NAME = /^(?:<([A-Za-z0-9+-]+)>|([A-Za-z]{3,}))/;

function posixZone(text: string): Zone | undefined {
  const std = NAME.exec(text);
  if (!std) return undefined;
  let rest = text.slice(std[0].length);
  const west = takeTime(rest);
  if (!west) return undefined;
  const stdName = (std[1] ?? std[2])!, stdOffset = -west.value;
  rest = west.rest;
  const dst = NAME.exec(rest);
  if (!dst) return { offset: () => stdOffset, name: () => stdName };
  const dstName = (dst[1] ?? dst[2])!;
  rest = rest.slice(dst[0].length);
  let dstOffset = stdOffset + 3600;
  if (rest !== "" && !rest.startsWith(",")) {
    const own = takeTime(rest);
    if (!own) return undefined;
    dstOffset = -own.value;
    rest = own.rest;
  }
  const [, from = "M3.2.0", to = "M11.1.0"] = rest.split(",");
  const isSummer = (seconds: number) => {
    const year = new Date((seconds + stdOffset) * 1000).getUTCFullYear();
    const start = ruleInstant(from, year) - stdOffset, end = ruleInstant(to, year) - dstOffset;
    return start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end;
  };
  return {
    offset: (s) => isSummer(s) ? dstOffset : stdOffset,
    name: (s) => isSummer(s) ? dstName : stdName,
  };
}

function takeTime(text: string): { value: number; rest: string } | undefined {
  const m = /^([+-]?)(\d{1,3})(?::(\d\d))?(?::(\d\d))?/.exec(text);
  if (!m) return undefined;
  const value = Number(m[2]) * 3600 + Number(m[3] ?? 0) * 60 + Number(m[4] ?? 0);
  return { value: m[1] === "-" ? -value : value, rest: text.slice(m[0].length) };
}

/** Local seconds since 1970 of a POSIX rule (`Mm.w.d`, `Jn`, `n`, each with `/time`) in a year. */
function ruleInstant(rule: string, year: number): number {
  const [day = "", at = "2"] = rule.split("/");
  const seconds = takeTime(at)?.value ?? 7200;
  const january = Date.UTC(year, 0, 1) / 1000;
  const m = /^M(\d+)\.(\d)\.(\d)$/.exec(day);
  if (!m) {
    const leap = day.startsWith("J") && Date.UTC(year, 2, 1) / 1000 - january === 60 * 86400;
    const n = day.startsWith("J") ? Number(day.slice(1)) - 1 : Number(day);
    return january + (n + (leap && n >= 59 ? 1 : 0)) * 86400 + seconds;
  }
  const month = Number(m[1]) - 1, week = Number(m[2]), weekday = Number(m[3]);
  const first = new Date(Date.UTC(year, month, 1)).getUTCDay();
  let date = 1 + (weekday - first + 7) % 7 + (week - 1) * 7;
  const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  while (date > days) date -= 7;
  return Date.UTC(year, month, date) / 1000 + seconds;
}

/** Zone changes happen on whole quarters of an hour, so one answer per quarter is kept. */
const QUARTER = 900;

function namedZone(name: string | undefined): Zone {
  let parts: Intl.DateTimeFormat;
  try {
    parts = new Intl.DateTimeFormat("en-US", {
      ...(name === undefined ? {} : { timeZone: name }),
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return UTC;
  }
  const offsets = new Map<number, number>();
  const names = new Intl.DateTimeFormat("en-US", {
    ...(name === undefined ? {} : { timeZone: name }),
    timeZoneName: "short",
  });
  return {
    offset(seconds) {
      const quarter = Math.floor(seconds / QUARTER);
      let known = offsets.get(quarter);
      if (known === undefined) {
        const at = quarter * QUARTER;
        const p: Record<string, number> = {};
        for (const { type, value } of parts.formatToParts(at * 1000)) p[type] = Number(value);
        known = Date.UTC(p.year!, p.month! - 1, p.day!, p.hour!, p.minute!, p.second!) / 1000 - at;
        offsets.set(quarter, known);
      }
      return known;
    },
    name: (seconds) =>
      names.formatToParts(seconds * 1000).find((p) => p.type === "timeZoneName")?.value ?? "UTC",
  };
}
