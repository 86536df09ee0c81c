import { Problem } from "../base/mod.ts";
import { ACK, CWR, ECE, FIN, PSH, RST, SYN, URG } from "./flow_draft.ts";

/** A number; empty and `-` are 0. */
export function count(text: string): number {
  if (text === "" || text === "-") return 0;
  const n = Number(text);
  if (!(n >= 0)) throw new Problem("bad-value", `Expected a count but found "${text}"`);
  return n;
}

/** A port; empty is 0, `0x...` hexadecimal. */
export function port(text: string): number {
  const n = count(text);
  if (n > 0xffff) throw new Problem("bad-value", `Expected a port but found "${text}"`);
  return Math.trunc(n);
}

/**
 * Seconds with a fraction of any length as whole microseconds; no rounding through a float of seconds since
 * 1970.
 */
export function seconds(text: string): number {
  const m = /^(-?\d+)(?:\.(\d*))?$/.exec(text.trim());
  if (!m) {
    const n = Number(text);
    if (text === "" || text === "-" || Number.isNaN(n)) {
      throw new Problem("bad-value", `Expected seconds but found "${text}"`);
    }
    return Math.round(n * 1e6);
  }
  const fraction = Number((m[2] ?? "").slice(0, 6).padEnd(6, "0"));
  const whole = Number(m[1]) * 1e6;
  return text.trim().startsWith("-") ? whole - fraction : whole + fraction;
}

/** Milliseconds as microseconds. */
export function milliseconds(text: string): number {
  return Math.round(count(text) * 1000);
}

/**
 * A point in time: seconds since 1970, or a date and time of day in the ways flow tools write them. Without a
 * zone it is UTC; a time of day alone lies on 1 January 1970.
 */
export function time(text: string): number {
  const t = text.trim();
  if (/^\d+(\.\d*)?$/.test(t)) return seconds(t);
  const clock = /(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*([AaPp][Mm])?\s*(Z|[+-]\d{2}:?\d{2})?$/.exec(
    t,
  );
  const date = clock ? /^(\d+)[-/](\d+)[-/](\d+)[T .]*$/.exec(t.slice(0, clock.index)) : null;
  if (!clock || (clock.index > 0 && !date)) {
    throw new Problem("bad-value", `Expected a time but found "${text}"`);
  }
  let hour = Number(clock[1]);
  if (clock[5]) hour = (hour % 12) + (/p/i.test(clock[5]) ? 12 : 0);
  let day = [1970, 1, 1];
  // Year first is ISO; else day first, as CICFlowMeter writes it.
  if (date) {
    day = (date[1]!.length === 4 ? [date[1], date[2], date[3]] : [date[3], date[2], date[1]]).map(Number);
  }
  const ms = Date.UTC(day[0]!, day[1]! - 1, day[2]!, hour, Number(clock[2]), Number(clock[3] ?? 0));
  if (Number.isNaN(ms) || day[1]! > 12) throw new Problem("bad-value", `Expected a time but found "${text}"`);
  const micro = Number((clock[4] ?? "").slice(0, 6).padEnd(6, "0"));
  const zone = /^([+-])(\d{2}):?(\d{2})$/.exec(clock[6] ?? "");
  const shift = zone ? (zone[1] === "-" ? 1 : -1) * (Number(zone[2]) * 60 + Number(zone[3])) * 60e6 : 0;
  return ms * 1000 + micro + shift;
}

const LETTERS: Readonly<Record<string, number>> = {
  F: FIN,
  S: SYN,
  R: RST,
  P: PSH,
  A: ACK,
  U: URG,
  E: ECE,
  C: CWR,
  W: CWR,
};

/** TCP flags as letters in any order (`...AP.SF`, `FSPA`), as `0x1b`, or as a decimal number. */
export function tcpFlags(text: string): number {
  if (/^0x[0-9a-f]+$/i.test(text) || /^\d+$/.test(text)) return Number(text) & 255;
  let flags = 0;
  for (const letter of text) flags |= LETTERS[letter] ?? 0;
  return flags;
}
