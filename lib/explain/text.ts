import { endText, type RecordRef } from "../compare/mod.ts";

/** A time as `1970-01-03 09:20:43.375` (UTC). */
export function timeText(us: number): string {
  if (!Number.isFinite(us)) return "never";
  const ms = Math.round(us / 1e3);
  return new Date(ms).toISOString().replace("T", " ").slice(0, -1);
}

/** A length of time in seconds with one decimal, more below one second. */
export function secondsText(us: number): string {
  if (us === Infinity) return "unlimited";
  const s = us / 1e6;
  return `${Math.abs(s) >= 0.1 || s === 0 ? s.toFixed(1) : Number(s.toPrecision(2))} s`;
}

/** A whole number of seconds without decimals, others as they are. */
export function settingText(us: number): string {
  return us === Infinity ? "never" : `${Number((us / 1e6).toFixed(6))} s`;
}

/** Source of a record as `address:port`. */
export function sourceText(record: RecordRef): string {
  return endText(record.saddr, portText(record, record.sport));
}

/** Destination of a record as `address:port`. */
export function destinationText(record: RecordRef): string {
  return endText(record.daddr, portText(record, record.dport));
}

/** ICMP prints type and id where ports would be: they are no part of an address. */
function portText(record: RecordRef, port: string): string {
  return record.proto === "tcp" || record.proto === "udp" || record.protoNumber === 17 ? port : "";
}

/** `1 packet`, `2 packets`. */
export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
