import type { Zone } from "../record/mod.ts";

/** Units of local time, largest first. */
export const UNITS = ["y", "M", "d", "h", "m", "s"] as const;
/** A unit of local time: year, month, day, hour, minute, second. */
export type Unit = typeof UNITS[number];

/** Local time, one number for each of {@linkcode UNITS}; months and days count from 1. */
export type Fields = readonly number[];

/** Some number of each unit. */
export type Amount = readonly (readonly [number, Unit])[];

/** Smallest value of each field. */
export const LEAST: Fields = [1970, 1, 1, 0, 0, 0];

/** Local time of an instant in seconds since 1970. */
export function fieldsOf(seconds: number, zone: Zone): number[] {
  const d = new Date((seconds + zone.offset(seconds)) * 1000);
  return [
    d.getUTCFullYear(),
    d.getUTCMonth() + 1,
    d.getUTCDate(),
    d.getUTCHours(),
    d.getUTCMinutes(),
    d.getUTCSeconds(),
  ];
}

/** The instant of a local time in seconds since 1970; too large fields carry over. */
export function secondsOf([y, M, d, h, m, s]: Fields, zone: Zone): number {
  const local = Date.UTC(y!, M! - 1, d!, h!, m!, s!) / 1000;
  // The offset of the wrong side of a clock change is corrected by a second look.
  return local - zone.offset(local - zone.offset(local));
}

/** Local time so many units later, or earlier. */
export function shifted(fields: Fields, amount: Amount, sign: 1 | -1): number[] {
  const out = [...fields];
  for (const [n, unit] of amount) {
    const at = UNITS.indexOf(unit);
    out[at] = out[at]! + sign * n;
  }
  return out;
}

/** The same with everything below a unit at its least. */
export function floored(fields: Fields, unit: Unit): number[] {
  const at = UNITS.indexOf(unit);
  return fields.map((v, i) => i > at ? LEAST[i]! : v);
}
