/**
 * Settings that cut traffic as other flow meters do, assembled from values. Each says which rules it copies, which it cannot, and
 * whether it was compared with the program.
 *
 * @module
 */
import { type Duration, formatDuration, parseDuration, Problem } from "../base/mod.ts";
import { type PeerRules, PLAIN_RULES } from "./peer_rules.ts";
import { argus, type Settings, type SettingsInput, withSettings } from "./settings.ts";

/** What a change of a preset is called in a table. */
function changeText(key: string, value: unknown): string {
  if (value === null || typeof value === "object") return `${key}=...`;
  const time = key === "status" || key in argus().timeouts || key === "fallow";
  const text = time ? formatDuration(parseDuration(value as Duration, key)) : String(value);
  return `${key === "status" ? "S" : key}=${text}`;
}

function preset(
  name: string,
  values: SettingsInput,
  rules: Partial<PeerRules>,
  input: SettingsInput,
): Settings {
  const base: Settings = {
    ...argus({ clock: "exact", idleFrom: "packet", tcpEnd: "none", tunnels: "none", ...values }),
    preset: name,
    rules: Object.freeze({ ...PLAIN_RULES, key: "5-tuple", ...rules }),
  };
  return named(base, input);
}

/** Timeouts that together are the idle timeout of most meters. */
const IDLES: readonly string[] = ["tcp", "ip", "icmp", "other"];

function named(base: Settings, input: SettingsInput): Settings {
  const changes = Object.entries(input).filter(([key, value]) => key !== "name" && value !== undefined);
  const rest = new Map(changes);
  const common = IDLES.map((key) => rest.get(key));
  const isCommon = common[0] !== undefined && common.every((value) => value === common[0]);
  const text = [
    base.preset,
    ...(isCommon ? [`idle=${formatDuration(parseDuration(common[0] as Duration, "idle"))}`] : []),
    ...changes.filter(([key]) => !(isCommon && IDLES.includes(key))).map(([key, value]) =>
      changeText(key, value)
    ),
  ].join(" ");
  return withSettings(base, { ...input, quirks: input.quirks ?? base.quirks, name: input.name ?? text });
}

/** The same idle timeout for every protocol. */
function idle(time: Duration): SettingsInput {
  return { tcp: time, ip: time, icmp: time, arp: time, igmp: time, frag: time, other: time };
}

/**
 * NFStream 6.x with its defaults (`status` is its active timeout, the others its idle timeout).
 *
 * Copies: 5-tuple and VLAN key in either direction; idle 120 s and active 1800 s, both `>=` and tested before the packet is added; a
 * new flow after any cut, whoever sends; no end by TCP flags; wire bytes; times in milliseconds, never going back; fragments behind the
 * first and non-IP packets are not seen. Cannot: nDPI plug-ins, tunnels (GTP-U, TZSP, CAPWAP, IP in IP), several meter processes.
 * Compared with NFStream 6.6.0 (PyPI) on the fixtures.
 */
export function nfstream(input: SettingsInput = {}): Settings {
  return preset("nfstream", { status: "1800s", ...idle("120s"), flowKey: ["CLASSIC_5_TUPLE", "VLAN"] }, {
    afterCut: "sender",
    fragments: "ignore",
    timerUnit: 1e3,
    timeUnit: 1e3,
    disorder: "clamp",
  }, input);
}

const CIC: Partial<PeerRules> = {
  protocols: [6, 17],
  withPorts: [6, 17],
  forward: "address",
  afterCut: "keep",
  lifeTest: ">",
  bytes: "payload",
  oddities: ["cic-ipv6-flags", "cic-ipv6-time"],
};

/**
 * CICFlowMeter (Java, ahlashkari, commit 98a5eba), which made CIC-IDS2017 and its kin.
 *
 * Copies: records of at most 120 s of life and no idle timeout; the first FIN against the flow's direction or any RST ends a record at
 * once, so the last ACK opens another that swallows the next connection on these ports; protocols other than TCP and UDP are one; a
 * record of one packet is not written when time or the capture ends it; payload bytes. Cannot: padding and L2TP as jnetpcap reads
 * them, the order of output, rate features. After the source of that version, not compared with the program.
 */
export function cicflowmeter(input: SettingsInput = {}): Settings {
  return preset("cicflowmeter", { status: "120s", ...idle("never"), tcpEnd: "reverse-fin" }, {
    ...CIC,
    minPackets: 2,
    oddities: [...CIC.oddities!, "cic-second-fin"],
  }, input);
}

/**
 * CICFlowMeter as corrected by Engelen and others (WTMC 2021; GintsEngelen, commit 4dd5319).
 *
 * Copies: records of at most 120 s of life; a connection closed by FIN, FIN and ACK, or by RST, ends at the next SYN; a SYN-ACK seen
 * first is turned round; ICMP flows are cut where type and code both change; one-packet records are kept; payload bytes. Cannot: the
 * duration of a connection over several records. After the source of that version, not compared with the program.
 */
export function cicflowmeterWtmc(input: SettingsInput = {}): Settings {
  return preset("cicflowmeter-wtmc", { status: "120s", ...idle("never"), tcpEnd: "next-syn" }, {
    ...CIC,
    protocols: [1, 2, 6, 17, 132],
    withPorts: [6, 17, 132],
    turn: ["synack-first"],
    afterCut: "keep-tcp",
    oddities: [...CIC.oddities!, "wtmc-icmp"],
  }, input);
}

/** Ports that Zeek's protocol scripts register as those of servers, TCP and UDP together. */
const ZEEK_SERVERS: readonly number[] = Object.freeze(
  ("21 22 25 53 67 80 81 88 102 123 135 137 139 143 161 162 389 443 445 502 514 563 585 587 614 631 636 989 990 992 993 995 1080 " +
    "1434 1812 1883 2123 2152 2811 3128 3268 3306 3389 3544 4011 4789 5060 5222 5223 5269 5353 5355 5432 6081 6379 6666 6667 6668 " +
    "6669 8000 8080 8888 20000").split(" ").map(Number),
);

/**
 * Zeek's conn.log (commit a13de64).
 *
 * Copies: idle timeouts 5 min for TCP, 1 min else, 1 h for established TCP to ports 21, 22, 23, 513; a SYN nobody answers is given up
 * after 5 s; closed and reset connections take packets for 5 s more; a SYN with a new sequence number begins a new connection;
 * originator judged by SYN and server ports; ICMP by type and answering type; reassembled datagrams; bytes by the IP header. Cannot:
 * timeouts set by analyzers and scripts, partial closes, content gaps, packets with bad checksums (Zeek drops them), and the list of
 * server ports follows the scripts only as far as known. After the source of that version, not compared with the program.
 */
export function zeek(input: SettingsInput = {}): Settings {
  return preset("zeek", { status: "never", ...idle("1m"), tcp: "5m", frag: "5m", tcpEnd: "linger" }, {
    icmp: "counterpart",
    withPorts: [6, 17],
    fragments: "reassemble",
    turn: ["server-port"],
    serverPorts: ZEEK_SERVERS,
    afterCut: "sender",
    linger: 5e6,
    attempt: 5e6,
    portTimeout: Object.freeze({ ports: Object.freeze([21, 22, 23, 513]), us: 3600e6 }),
    bytes: "ip",
  }, input);
}

/**
 * YAF 2.x with its defaults.
 *
 * Copies: 5-tuple and VLAN key; idle 300 s and active 1800 s, both `>` in milliseconds; TCP ends with RST or
 * when both FINs are acknowledged; ICMP by type and code; packets older than the newest are dropped; reassembled datagrams; bytes by
 * the IP header. Cannot: application labels, limits of the fragment table,
 * the reason of silences longer than both limits (ours is idle). After the source of 2.3.3, not compared with the program.
 */
export function yaf(input: SettingsInput = {}): Settings {
  return preset("yaf", {
    status: "1800s",
    ...idle("300s"),
    tcpEnd: "acked-fins",
    flowKey: ["CLASSIC_5_TUPLE", "VLAN"],
  }, {
    icmp: "same-type",
    fragments: "reassemble",
    afterCut: "sender",
    idleTest: ">",
    lifeTest: ">",
    timerUnit: 1e3,
    timeUnit: 1e3,
    disorder: "drop",
    bytes: "ip",
  }, input);
}

/**
 * nfpcapd 1.7.1 of nfdump, with its defaults (`status` is its active timeout, the others its inactive timeout).
 *
 * Copies: one-way 5-tuples; timers of 300 s and 60 s in whole seconds, looked at only in a sweep, at least 11 s after the last one and
 * after the packet at hand was added, so a pause shows only where other traffic fills it; ICMP and UDP port 53 give a record for each
 * packet; reassembled IPv4 datagrams; bytes by the IP header; FIN and RST end nothing. Cannot: IP in IP. `nfpcapd({ tcpEnd: "sender"
 * })` ends a flow at its sender's FIN or RST, as versions of 2026 do. Compared with nfpcapd 1.7.1 (Debian) on the fixtures.
 */
export function nfpcapd(input: SettingsInput = {}): Settings {
  return preset("nfpcapd", {
    status: "300s",
    ...idle("60s"),
    frag: "15s",
    clock: "sweep",
    sweepEvery: "10s",
    quirks: "none",
    flowType: "unidirectional",
    tunnels: "outer",
  }, {
    icmp: "type-code",
    fragments: "reassemble",
    walksExtensions: false,
    perPacket: Object.freeze({ icmp: true, udpPorts: Object.freeze([53]) }),
    afterCut: "sender",
    idleTest: ">",
    lifeTest: ">",
    timerUnit: 1e6,
    timeUnit: 1e3,
    bytes: "ip",
  }, input);
}

const SOFTFLOWD: Partial<PeerRules> = {
  icmp: "type-code",
  output: "two-uniflows",
  afterCut: "sender",
  idleTest: ">",
  lifeTest: ">",
  timerUnit: 1e6,
  timeUnit: 1e3,
  timeOrigin: "first-packet",
  bytes: "wire-net",
  maxBytes: 2 ** 31,
  finTimeout: 300e6,
  rstTimeout: 120e6,
};

const SOFTFLOWD_TIMES: SettingsInput = { status: "604800s", ...idle("300s"), tcp: "3600s", other: "3600s" };

/**
 * softflowd 1.1.0 reading a file (`status` is its maxlife).
 *
 * Copies: no timeout is ever looked at; a flow ends with maxlife or 2 GiB in one direction, or when the table holds more than 8192
 * flows, and only after each batch of 8192 packets; one record for each direction, with the times of both; ICMP never pairs; every
 * fragment is a packet, those behind the first share a flow; wire bytes without the link header. Cannot: times shifted by the whole
 * seconds of the NetFlow header (a defect). Compared with softflowd 1.1.0 (Debian) on the fixtures.
 */
export function softflowd(input: SettingsInput = {}): Settings {
  return preset("softflowd", SOFTFLOWD_TIMES, {
    ...SOFTFLOWD,
    idleWhen: "never",
    batch: 8192,
    maxFlows: 8192,
  }, input);
}

/**
 * softflowd as it meters live traffic, its clock being that of the packets: idle timeouts of 3600 s for TCP (120 s after RST, 300 s
 * after FINs of both sides) and 300 s for UDP and ICMP. The program itself cannot do this from a file, so it was not compared.
 */
export function softflowdLive(input: SettingsInput = {}): Settings {
  return preset(
    "softflowd-live",
    SOFTFLOWD_TIMES,
    { ...SOFTFLOWD, finTimeout: 300e6, rstTimeout: 120e6 },
    input,
  );
}

/**
 * Argus 5 with `ARGUS_TCP_FALLOW_TIMEOUT=7200`: as preset `argus`, but a TCP entry that has aged out is kept for two hours more
 * unless it was closed or reset, so a later packet still knows the direction.
 *
 * Copies: the fallow rule of openargus 73b5a93 for any TCP timeout. Cannot: port reuse in half-closed states and the field set of
 * 5.x; the trap that another TCP timeout than 60 s disables the rule is not imitated. After the source, not compared with the program.
 */
export function argusFallow(input: SettingsInput = {}): Settings {
  return named({ ...argus({ fallow: "7200s" }), preset: "argus-fallow" }, input);
}

/** Every preset by its name. */
export const PRESETS: Readonly<Record<string, (input?: SettingsInput) => Settings>> = Object.freeze({
  argus,
  "argus-fallow": argusFallow,
  nfstream,
  cicflowmeter,
  "cicflowmeter-wtmc": cicflowmeterWtmc,
  zeek,
  yaf,
  nfpcapd,
  softflowd,
  "softflowd-live": softflowdLive,
});

/**
 * The preset with this name.
 *
 * @throws {Problem} `unknown-name`.
 */
export function presetOf(name: string): (input?: SettingsInput) => Settings {
  if (!Object.hasOwn(PRESETS, name)) {
    throw new Problem(
      "unknown-name",
      `Expected a preset (${Object.keys(PRESETS).join(", ")}) but found "${name}"`,
    );
  }
  return PRESETS[name]!;
}
