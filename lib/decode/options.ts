import type { Quirks } from "../settings/mod.ts";
import type { Shard } from "./shard.ts";

/** How frames are decoded; a `Settings` value fits. */
export interface DecodeOptions {
  /** Whether the decoding defects of Argus 3.0.8.2 are imitated (default) or the headers are read as their standards say. */
  readonly quirks?: Quirks;
  /** Whether VXLAN, GENEVE, GTP-U and IP in IP are opened. Only without quirks: Argus meters them as plain UDP or IP. `none` leaves GRE closed, too. */
  readonly tunnels?: "inner" | "outer" | "none";
  /** Open Teredo, that is IPv6 in any UDP but DNS (LINK-9). */
  readonly tunnelDiscovery?: boolean;
  /** Leave plain TCP and UDP packets of other shards undecoded (`P_DROPPED | P_ELSEWHERE`); what is left must be sorted out afterwards. */
  readonly shard?: Shard | undefined;
}

/** Link types (LINKTYPE values of a capture file) that decode knows. */
export const LINK_NULL = 0;
export const LINK_ETHERNET = 1;
export const LINK_SLIP = 8;
export const LINK_PPP = 9;
export const LINK_FDDI = 10;
/** Raw IP as some systems number it. */
export const LINK_RAW_DLT = 12;
export const LINK_RAW_DLT_OPENBSD = 14;
export const LINK_PPP_SERIAL = 50;
export const LINK_RAW = 101;
export const LINK_PPP_BSDOS = 103;
export const LINK_CISCO_HDLC = 104;
export const LINK_WLAN = 105;
export const LINK_LOOP = 108;
export const LINK_SLL = 113;
export const LINK_WLAN_PRISM = 119;
export const LINK_WLAN_RADIOTAP = 127;
export const LINK_WLAN_AVS = 163;
export const LINK_JUNIPER_ETHERNET = 178;
export const LINK_PPI = 192;
export const LINK_IPV4 = 228;
export const LINK_IPV6 = 229;
export const LINK_SLL2 = 276;

/** What becomes of a link type; see {@linkcode linkTypeSupport}. */
export type LinkSupport = "full" | "ip-path" | "drop" | "unsupported";

/** What the real program does (LINK-1, and seen with `argus -r` for each of them), and what is done without quirks. */
const SUPPORT = new Map<number, readonly [argus: LinkSupport, beyond: LinkSupport]>([
  [LINK_ETHERNET, ["full", "full"]],
  [LINK_PPP_SERIAL, ["full", "full"]],
  [LINK_CISCO_HDLC, ["full", "full"]],
  [LINK_WLAN, ["full", "full"]],
  [LINK_SLL, ["full", "full"]],
  [LINK_WLAN_PRISM, ["full", "full"]],
  [LINK_WLAN_RADIOTAP, ["full", "full"]],
  [LINK_WLAN_AVS, ["full", "full"]],
  [LINK_JUNIPER_ETHERNET, ["full", "full"]],
  [LINK_NULL, ["ip-path", "ip-path"]],
  [LINK_SLIP, ["ip-path", "ip-path"]],
  [LINK_PPP, ["ip-path", "ip-path"]],
  [LINK_RAW_DLT, ["ip-path", "ip-path"]],
  [LINK_RAW, ["ip-path", "ip-path"]],
  [LINK_PPP_BSDOS, ["ip-path", "ip-path"]],
  [LINK_LOOP, ["drop", "ip-path"]],
  [LINK_FDDI, ["drop", "full"]],
  // Token ring, ARCnet, ATM, SLIP of BSD/OS, PPP over Ethernet, OpenBSD ENC, LocalTalk.
  ...[6, 7, 11, 51, 100, 102, 106, 109, 114].map((type) => [type, ["drop", "drop"]] as const),
  [LINK_RAW_DLT_OPENBSD, ["unsupported", "ip-path"]],
  [LINK_IPV4, ["unsupported", "ip-path"]],
  [LINK_IPV6, ["unsupported", "ip-path"]],
  [LINK_PPI, ["unsupported", "full"]],
  [LINK_SLL2, ["unsupported", "full"]],
]);

/**
 * Tells what decoding does with frames of a link type (LINK-1): `full` decode, the `ip-path` with its own timer rule (TIM-9b),
 * `drop` of every frame without moving the clock, or `unsupported`, where the real Argus refuses to start and nothing is metered.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { linkTypeSupport } from "./options.ts";
 *
 * assertEquals(linkTypeSupport(1, "argus-3.0.8.2"), "full");
 * assertEquals(linkTypeSupport(276, "argus-3.0.8.2"), "unsupported"); // Linux cooked v2
 * assertEquals(linkTypeSupport(276, "none"), "full");
 * ```
 */
export function linkTypeSupport(linkType: number, quirks: Quirks): LinkSupport {
  return SUPPORT.get(linkType)?.[quirks === "none" ? 1 : 0] ?? "unsupported";
}
