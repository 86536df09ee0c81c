import * as R from "../record/mod.ts";
import type { FlowDraft } from "./flow_draft.ts";
import { ZEEK } from "./text_tables.ts";
import { count, port, tcpFlags, time } from "./text_values.ts";

type Json = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (value === undefined || value === null ? "" : String(value));
const part = (value: unknown): Json => (typeof value === "object" && value !== null ? value as Json : {});

/** Whether the object is an event of Suricata's EVE log. */
export function isEve(object: Json): boolean {
  return typeof object.event_type === "string" && typeof object.timestamp === "string";
}

/** Whether the object is a line of Zeek's conn.log as JSON. */
export function isZeek(object: Json): boolean {
  return "ts" in object && ("id.orig_h" in object || "id" in object);
}

const REASONS: Readonly<Record<string, number>> = {
  timeout: R.END_IDLE,
  forced: R.END_EVICTED,
  shutdown: R.END_CAPTURE,
};

/**
 * A `flow` event of EVE; other events are skipped. Bytes are those of whole frames, times those of first and
 * last packet.
 */
export function eveFlow(f: FlowDraft, object: Json): void {
  if (object.event_type !== "flow") {
    f.skip = true;
    return;
  }
  const flow = part(object.flow), tcp = part(object.tcp);
  f.saddr = text(object.src_ip);
  f.daddr = text(object.dest_ip);
  f.proto = text(object.proto);
  f.sport = port(text(object.src_port));
  f.dport = port(text(object.dest_port));
  if (object.icmp_type !== undefined) {
    f.icmpType = count(text(object.icmp_type));
    f.icmpCode = count(text(object.icmp_code));
  }
  f.start = time(text(flow.start));
  f.end = flow.end === undefined ? f.start : time(text(flow.end));
  f.spkts = count(text(flow.pkts_toserver));
  f.dpkts = count(text(flow.pkts_toclient));
  f.sbytes = count(text(flow.bytes_toserver));
  f.dbytes = count(text(flow.bytes_toclient));
  if (tcp.tcp_flags_ts !== undefined) f.sflags = tcpFlags(`0x${text(tcp.tcp_flags_ts)}`);
  if (tcp.tcp_flags_tc !== undefined) f.dflags = tcpFlags(`0x${text(tcp.tcp_flags_tc)}`);
  if (Array.isArray(object.vlan)) f.svlan = count(text(object.vlan.at(-1)));
  f.why = flow.state === "closed" ? R.END_CLOSED : REASONS[text(flow.reason)] ?? R.END_UNKNOWN;
}

/** A line of conn.log as JSON, `id.orig_h` flat or nested. */
export function zeekFlow(f: FlowDraft, object: Json): void {
  const id = part(object.id);
  const get = (name: string) =>
    text(name.startsWith("id.") ? object[name] ?? id[name.slice(3)] : object[name]);
  for (const [name, set] of Object.entries(ZEEK.set)) {
    const value = get(name);
    if (value !== "") set(f, value);
  }
  ZEEK.finish!(f, get);
}
