import { type Duration, formatDuration, parseDuration, Problem } from "../base/mod.ts";
import { type PeerRules, PLAIN_RULES } from "./peer_rules.ts";

/** What lets timers fire (DESIGN "Clocks, precisely"): any packet's sweep, each flow's own due time, or a periodic sweep. */
export type Clock = "argus" | "exact" | "sweep";

/** Whether the defects of Argus 3.0.8.2 are imitated. */
export type Quirks = "argus-3.0.8.2" | "none";

/** One part of the flow key (KEY-10). */
export type KeyPart = "CLASSIC_5_TUPLE" | "VLAN" | "MPLS" | "LAYER_2" | "LAYER_3_MATRIX";

/** Idle timeouts in microseconds (TIM-5); `Infinity` never forgets. */
export interface Timeouts {
  /** TCP, default 60 s. */
  readonly tcp: number;
  /** UDP and every other IP protocol, default 30 s. */
  readonly ip: number;
  /** ICMP and ICMPv6, default 5 s. */
  readonly icmp: number;
  /** ARP and RARP, default 5 s. */
  readonly arp: number;
  /** IGMP: read but without effect in Argus 3.0.8.2 (default 30 s, the IP timeout). */
  readonly igmp: number;
  /** Stand-alone fragments: read but without effect in Argus 3.0.8.2. */
  readonly frag: number;
  /** Non-IP flows: read but without effect in Argus 3.0.8.2, default 30 s. */
  readonly other: number;
}

/** How long the initiator of a forgotten connection is remembered. */
export type Memory =
  | { readonly kind: "off" }
  | { readonly kind: "time"; readonly us: number }
  | { readonly kind: "entries"; readonly max: number };

/** How TCP ends a record. */
export type TcpEnd =
  /** Argus' state machine: a SYN in a closed entry begins a new record (TCP-10). */
  | "argus"
  /** Not at all. */
  | "none"
  /** A FIN or RST ends the flow of its sender (one-way keys). */
  | "sender"
  /** The first FIN against the source's direction, or a RST. */
  | "reverse-fin"
  /** A SYN after FIN, FIN and ACK, or after a RST. */
  | "next-syn"
  /** FINs of both sides, both acknowledged, or a RST. */
  | "acked-fins"
  /** FINs of both sides or a RST, after `rules.linger`; a SYN with another sequence number at once. */
  | "linger";

/** One complete, frozen set of meter options: every field is filled in. All times are microseconds. */
export interface Settings {
  /** What to call this setting in a table, for example `S=5s tcp=60s`. */
  readonly name: string;
  /** Preset it was made from. */
  readonly preset: string;
  /** Status interval (-S); `0` cuts at every packet, `Infinity` never cuts. */
  readonly status: number;
  /** Idle timeouts (TIM-5). */
  readonly timeouts: Timeouts;
  /** What lets timers fire. */
  readonly clock: Clock;
  /** Sweep period for clock `sweep`. */
  readonly sweepEvery: number;
  /** Whether the idle timer starts at the cut (Argus) or at the last packet (NetFlow and friends). */
  readonly idleFrom: "report" | "packet";
  /** Whether the original's defects are imitated. */
  readonly quirks: Quirks;
  /** Whether both directions share a record (KEY-10). */
  readonly flowType: "bidirectional" | "unidirectional";
  /** Parts of the flow key (KEY-10). */
  readonly flowKey: readonly KeyPart[];
  /** How TCP ends a record. */
  readonly tcpEnd: TcpEnd;
  /** How long a TCP entry is kept beyond its timeout, without a record (Argus 5's fallow timeout); 0 is off. */
  readonly fallow: number;
  /** Rules that are not Argus': they hold where {@linkcode isPeer} says so. */
  readonly rules: PeerRules;
  /** Direction memory: ghosts of forgotten connections. */
  readonly memory: Memory;
  /** -A: application bytes. */
  readonly appBytes: boolean;
  /** -J: jitter and inter-packet times. */
  readonly jitter: boolean;
  /** -Z: smallest and largest packet. */
  readonly packetSize: boolean;
  /** -m: MAC addresses. */
  readonly mac: boolean;
  /** -U: payload bytes kept for each side and interval. */
  readonly userData: number;
  /** ARGUS_GENERATE_START_RECORDS (TIM-10). */
  readonly startRecords: boolean;
  /** ARGUS_GENERATE_BIDIRECTIONAL_TIMESTAMPS (REC-4). */
  readonly bidirectionalTimes: boolean;
  /** ARGUS_TRACK_DUPLICATES (TCP-6). */
  readonly trackDuplicates: boolean;
  /** ARGUS_TUNNEL_DISCOVERY: open Teredo (LINK-9). */
  readonly tunnelDiscovery: boolean;
  /** Whether VXLAN, GENEVE and GTP-U are opened (`inner`) or metered as plain UDP (`outer`); `none` leaves GRE closed, too. */
  readonly tunnels: "inner" | "outer" | "none";
  /** -M: management record interval in whole seconds. */
  readonly marInterval: number;
  /** ARGUS_MONITOR_ID / -e: probe id as a word, the first byte on top. */
  readonly monitorId: number;
  /** What the word of the probe id means. */
  readonly monitorKind: MonitorKind;
}

/** How a probe id was given: as IPv4 address (or not at all), as a number, or as up to four characters. */
export type MonitorKind = "address" | "number" | "text";

/** What a caller may give to a preset; everything else keeps the preset's value. */
export interface SettingsInput {
  /** What to call the setting. */
  name?: string;
  /** Status interval (-S). */
  status?: Duration;
  /** Shorthand for `timeouts.tcp`. */
  tcp?: Duration;
  /** Shorthand for `timeouts.ip` (UDP and other IP). */
  ip?: Duration;
  /** Shorthand for `timeouts.icmp`. */
  icmp?: Duration;
  /** Shorthand for `timeouts.arp`. */
  arp?: Duration;
  /** Shorthand for `timeouts.igmp`. */
  igmp?: Duration;
  /** Shorthand for `timeouts.frag`. */
  frag?: Duration;
  /** Shorthand for `timeouts.other`. */
  other?: Duration;
  /** What lets timers fire; `exact` also turns quirks off unless they are given. */
  clock?: Clock;
  /** Sweep period for clock `sweep`. */
  sweepEvery?: Duration;
  /** Where the idle timer starts. */
  idleFrom?: "report" | "packet";
  /** Whether the original's defects are imitated. */
  quirks?: Quirks;
  /** Whether both directions share a record. */
  flowType?: "bidirectional" | "unidirectional";
  /** Parts of the flow key. */
  flowKey?: readonly KeyPart[];
  /** How TCP ends a record. */
  tcpEnd?: TcpEnd;
  /** Argus 5's fallow timeout of TCP. */
  fallow?: Duration;
  /** Rules of meters that are not Argus. */
  rules?: Partial<PeerRules>;
  /** Direction memory: how long, or how many connections, are remembered after they were dropped. */
  memory?: Duration | "off" | { entries: number };
  /** -A: application bytes. */
  appBytes?: boolean;
  /** -J: inter-packet times. */
  jitter?: boolean;
  /** -Z: packet sizes. */
  packetSize?: boolean;
  /** -m: MAC addresses. */
  mac?: boolean;
  /** -U: payload bytes per side and interval. */
  userData?: number;
  /** A record after the first packet of every entry (TIM-10). */
  startRecords?: boolean;
  /** All four times in records (REC-4). */
  bidirectionalTimes?: boolean;
  /** Duplicate tracking (TCP-6). */
  trackDuplicates?: boolean;
  /** Open Teredo (LINK-9). */
  tunnelDiscovery?: boolean;
  /** Whether VXLAN, GENEVE and GTP-U are opened. */
  tunnels?: "inner" | "outer" | "none";
  /** -M: seconds between management records. */
  marInterval?: number;
  /** -e: probe id as a word, the first byte on top. */
  monitorId?: number;
  /** What the word of the probe id means. */
  monitorKind?: MonitorKind;
}

/** What Argus 3.0.8.2 does with `-X` and no further option (spec section 7). */
const ARGUS: Settings = Object.freeze({
  name: "argus",
  preset: "argus",
  status: 5e6,
  timeouts: Object.freeze({ tcp: 60e6, ip: 30e6, icmp: 5e6, arp: 5e6, igmp: 30e6, frag: 5e6, other: 30e6 }),
  clock: "argus",
  sweepEvery: 10e6,
  idleFrom: "report",
  quirks: "argus-3.0.8.2",
  flowType: "bidirectional",
  flowKey: Object.freeze(["CLASSIC_5_TUPLE"] as const),
  tcpEnd: "argus",
  fallow: 0,
  rules: PLAIN_RULES,
  memory: Object.freeze({ kind: "off" }),
  appBytes: false,
  jitter: false,
  packetSize: false,
  mac: false,
  userData: 0,
  startRecords: false,
  bidirectionalTimes: false,
  trackDuplicates: false,
  tunnelDiscovery: false,
  tunnels: "inner",
  marInterval: 60,
  monitorId: 0,
  monitorKind: "address",
});

function readMemory(input: SettingsInput["memory"], base: Memory): Memory {
  if (input === undefined) return base;
  if (input === "off") return Object.freeze({ kind: "off" });
  if (typeof input === "object") {
    if (!(Number.isInteger(input.entries) && input.entries > 0)) {
      throw new Problem(
        "bad-value",
        `Expected memory.entries to be a positive whole number but found ${input.entries}`,
      );
    }
    return Object.freeze({ kind: "entries", max: input.entries });
  }
  return Object.freeze({ kind: "time", us: parseDuration(input, "direction memory") });
}

function describe(s: Settings): string {
  const parts = [`S=${formatDuration(s.status)}`];
  if (s.timeouts.tcp !== ARGUS.timeouts.tcp) parts.push(`tcp=${formatDuration(s.timeouts.tcp)}`);
  for (const k of ["ip", "icmp", "arp"] as const) {
    if (s.timeouts[k] !== ARGUS.timeouts[k]) parts.push(`${k}=${formatDuration(s.timeouts[k])}`);
  }
  if (s.clock !== "argus" && s.preset === "argus") parts.push(s.clock);
  if (s.fallow > 0) parts.push(`fallow=${formatDuration(s.fallow)}`);
  if (s.memory.kind === "time") parts.push(`memory=${formatDuration(s.memory.us)}`);
  if (s.memory.kind === "entries") parts.push(`memory=${s.memory.max} entries`);
  return (s.preset === "argus" ? "" : `${s.preset} `) + parts.join(" ");
}

/**
 * Makes a new frozen setting from another one and changes to it.
 *
 * @throws {Problem} `bad-value` when a duration is negative or unreadable.
 */
export function withSettings(base: Settings, input: SettingsInput): Settings {
  const clock = input.clock ?? base.clock;
  const time = (key: keyof Timeouts) =>
    input[key] === undefined ? base.timeouts[key] : parseDuration(input[key]!, `${key} timeout`);
  const {
    name,
    status,
    memory,
    sweepEvery,
    fallow,
    rules,
    tcp: _t,
    ip: _i,
    icmp: _c,
    arp: _a,
    igmp: _g,
    frag: _f,
    other: _o,
    ...plain
  } = input;
  const made: Settings = {
    ...base,
    ...plain,
    clock,
    // The exact clock is for truth, so it drops the defects unless asked to keep them.
    quirks: input.quirks ?? (input.clock === "exact" ? "none" : base.quirks),
    status: status === undefined ? base.status : parseDuration(status, "status interval"),
    sweepEvery: sweepEvery === undefined ? base.sweepEvery : parseDuration(sweepEvery, "sweep period"),
    timeouts: Object.freeze({
      tcp: time("tcp"),
      ip: time("ip"),
      icmp: time("icmp"),
      arp: time("arp"),
      igmp: time("igmp"),
      frag: time("frag"),
      other: time("other"),
    }),
    flowKey: Object.freeze([...(input.flowKey ?? base.flowKey)]),
    fallow: fallow === undefined ? base.fallow : parseDuration(fallow, "fallow timeout"),
    rules: rules === undefined ? base.rules : Object.freeze({ ...base.rules, ...rules }),
    memory: readMemory(memory, base.memory),
  };
  return Object.freeze({ ...made, name: name ?? describe(made) });
}

/** Whether a setting has rules that are not Argus': another clock, idle timers from the last packet, another end of TCP. */
export function isPeer(s: Settings): boolean {
  return s.idleFrom === "packet" || s.clock === "sweep" || s.tcpEnd !== "argus";
}

/**
 * Settings of Argus 3.0.8.2 as run with `-X`, changed as asked (spec/meter.md section 7).
 *
 * @throws {Problem} `bad-value` when a duration is negative or unreadable.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { argus } from "./settings.ts";
 *
 * const s = argus({ status: "19999s", tcp: "2h" });
 * assertEquals(s.name, "S=19999s tcp=2h");
 * assertEquals(s.timeouts.tcp, 7_200_000_000);
 * ```
 */
export function argus(input: SettingsInput = {}): Settings {
  return withSettings(ARGUS, input);
}
