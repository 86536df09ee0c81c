/** What becomes of IP fragments. */
export type FragmentRule =
  /** Each is a packet; those behind the first have ports 0 and share one flow. */
  | "own-flow"
  /** The whole datagram is one packet, at the time of its first fragment. */
  | "reassemble"
  /** Those behind the first are not seen. */
  | "ignore";

/** How ICMP messages of two hosts are told apart. */
export type IcmpRule =
  /** Not at all. */
  | "pair"
  /** By type and code, which stand in the destination port: no message pairs with one of the other direction. */
  | "type-code"
  /** By type and code, whoever sent them. */
  | "same-type"
  /** Type and the type that answers it are the two ports; types without answer are one-way. */
  | "counterpart";

/** Which bytes of a packet are counted. */
export type ByteRule =
  /** Length on the wire. */
  | "wire"
  /** The same without the link header; padding counts. */
  | "wire-net"
  /** Length by the IP header. */
  | "ip"
  /** TCP and UDP payload. */
  | "payload";

/** What the source of a new flow is judged by, beside its first packet. */
export type TurnRule = "synack-first" | "server-port";

/** Oddities of single programs; a preset that names one imitates it. */
export type PeerQuirk =
  /** CICFlowMeter does not look at the TCP flags of IPv6 packets. */
  | "cic-ipv6-flags"
  /** CICFlowMeter takes IPv6 time stamps in milliseconds for microseconds when it looks at its timer. */
  | "cic-ipv6-time"
  /** CICFlowMeter throws away the second FIN of the source. */
  | "cic-second-fin"
  /** An ICMP message whose type and code both differ from the flow's first begins a new flow. */
  | "wtmc-icmp";

/**
 * Rules of flow meters that are not Argus, as values: presets are assembled from them. Times are microseconds. The life of a record is
 * limited by `Settings.status`, its silence by `Settings.timeouts`.
 */
export interface PeerRules {
  /** What makes a flow: Argus' own key, or addresses, ports and protocol. */
  readonly key: "argus" | "5-tuple";
  /** What of an ICMP message is in its key. */
  readonly icmp: IcmpRule;
  /** Protocols that have ports. */
  readonly withPorts: readonly number[];
  /** Protocols told apart; all others count as protocol 0. */
  readonly protocols: "all" | readonly number[];
  /** What becomes of IP fragments. */
  readonly fragments: FragmentRule;
  /** Whether extension headers of IPv6 are walked; else the first one's number is the protocol. */
  readonly walksExtensions: boolean;
  /** What gives one record for each packet. */
  readonly perPacket: { readonly icmp: boolean; readonly udpPorts: readonly number[] };
  /** Whether both directions make one record, or a record each, with the times of the pair. */
  readonly output: "biflow" | "two-uniflows";
  /** What turns a flow round against its first packet. */
  readonly turn: readonly TurnRule[];
  /** Ports of servers, for `turn: "server-port"`. */
  readonly serverPorts: readonly number[];
  /** Whether a packet is the source's by address and port, or by address alone. */
  readonly forward: "end" | "address";
  /** Source after a cut by life: the sender of the next packet, the old one, or the old one except for UDP after a longer silence. */
  readonly afterCut: "sender" | "keep" | "keep-tcp";
  /** Whether a record ends when its silence reaches the limit, or exceeds it. */
  readonly idleTest: ">" | ">=";
  /** The same for its life. */
  readonly lifeTest: ">" | ">=";
  /** Whether silence is noticed at all. */
  readonly idleWhen: "due" | "never";
  /** Times are truncated to this before timers compare them. */
  readonly timerUnit: number;
  /** Times of records are truncated to this. */
  readonly timeUnit: number;
  /** Whether truncated times are counted from 1970 or from the first packet, as NetFlow's milliseconds since boot are. */
  readonly timeOrigin: "epoch" | "first-packet";
  /** A packet older than the newest: as it is, dated like the newest, or left out. */
  readonly disorder: "as-is" | "clamp" | "drop";
  /** How long a closed TCP flow still takes packets. */
  readonly linger: number;
  /** How long an unanswered SYN is waited on. */
  readonly attempt: number;
  /** Timeout of TCP flows with a FIN from both sides; 0: as any other. */
  readonly finTimeout: number;
  /** Timeout of TCP flows with a RST; 0: as any other. */
  readonly rstTimeout: number;
  /** Timeout of established TCP flows to some ports. */
  readonly portTimeout: { readonly ports: readonly number[]; readonly us: number };
  /** What a packet counts in bytes. */
  readonly bytes: ByteRule;
  /** Records with fewer packets are not written. */
  readonly minPackets: number;
  /** Limits are looked at, and the table is brought to size, only after so many packets; 0: at every packet. */
  readonly batch: number;
  /** Most flows at once. */
  readonly maxFlows: number;
  /** Most bytes of one direction of a record. */
  readonly maxBytes: number;
  /** What else the tool does and its documentation does not say. */
  readonly oddities: readonly PeerQuirk[];
}

/** What holds for a setting that says nothing else: Argus' key, every packet counted. */
export const PLAIN_RULES: PeerRules = Object.freeze({
  key: "argus",
  icmp: "pair",
  withPorts: Object.freeze([6, 17]),
  protocols: "all",
  fragments: "own-flow",
  walksExtensions: true,
  perPacket: Object.freeze({ icmp: false, udpPorts: Object.freeze([]) }),
  output: "biflow",
  turn: Object.freeze([]),
  serverPorts: Object.freeze([]),
  forward: "end",
  afterCut: "keep",
  idleTest: ">=",
  lifeTest: ">=",
  idleWhen: "due",
  timerUnit: 1,
  timeUnit: 1,
  timeOrigin: "epoch",
  disorder: "as-is",
  linger: 0,
  attempt: Infinity,
  finTimeout: 0,
  rstTimeout: 0,
  portTimeout: Object.freeze({ ports: Object.freeze([]), us: 0 }),
  bytes: "wire",
  minPackets: 1,
  batch: 0,
  maxFlows: Infinity,
  maxBytes: Infinity,
  oddities: Object.freeze([]),
});
