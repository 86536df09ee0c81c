import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { describeIcmp, swap16 } from "./icmp_map.ts";
import { type FlowTable } from "./flow_table.ts";
import * as T from "./entry_words.ts";
import * as K from "./key_words.ts";
import * as V from "./tcp_values.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
// deno-fmt-ignore
const {
  PACKET_WORDS, PW_KIND, PW_PROTO, P_ARP, P_ESP, P_FRAGMENT, P_ICMP, P_ICMP6, P_IGMP, P_IP, P_ISIS, P_LLC,
  P_RARP, P_TCP, P_UDP, P_WLAN,
} = P;
// deno-fmt-ignore
const {
  DADDR, DOUBLES, DPORT, DSIDE, D_APP, D_ENCAPS, D_IPOPT, D_LAST, D_MPLS, D_NANO, D_PSIZE, ESP_LOST,
  FLAGS, FLAGS_RARE, FLAG_CORRECTED, FLAG_D_IPOPT, FLAG_D_MPLS, FLAG_D_VLAN, FLAG_ENCAPS,
  FLAG_FRAGMENT, FLAG_FRAGS, FLAG_FRAG_OVERLAP, FLAG_FRAG_PARTIAL, FLAG_ICMP_MAP, FLAG_MATRIX,
  FLAG_METRIC, FLAG_REVERSE, FLAG_SRCID_INT, FLAG_SRCID_TEXT, FLAG_S_IPOPT, FLAG_S_MPLS, FLAG_S_VLAN, FLAG_TIME, FLAG_TRANSPORT,
  FRAG_BODY, FRAG_WORDS, KEY_EXTRA, KEY_TYPE, NET, NET_ESP, NET_FRAG, NET_RTP,
  NET_TCP_PERF, PROTO, RTP_DDROP, RTP_SDROP, SADDR, SIDE, SIDE_WORDS, SPORT, SRCID, S_ENCAPS,
  S_IPOPT, S_LAST, S_MPLS, S_NANO, S_PKTS, S_PSIZE, TCP_STATUS, T_ACKBYTES, T_BYTES, T_FLAGS,
  T_LASTIPID, T_RETRANS, T_SEQ, T_SEQBASE, T_STATUS, T_WINBYTES, VLAN, WLAN_SSID, WORDS,
} = R;
const { IS_REPORTED, STATE_WORDS, S_BITS, S_KIND, S_ORIENT } = T;
const { SIDE_FIN, SIDE_FINACK } = V;
const { K_A, K_B, K_EXTRA, K_KIND, K_MAC, K_PORTS, K_SSID } = K;

/** Fills a zeroed row for a new entry: endpoints in key order, protocol facts, unset times (DIR-1, DIR-3). */
export function newEntryRow(
  table: FlowTable,
  row: number,
  keyWords: Int32Array,
  swap: number,
  c: PacketColumns,
  i: number,
  settings: Settings,
): void {
  const words = table.words, w = row * WORDS, d = row * DOUBLES, s = row * STATE_WORDS;
  const kind = c.words[i * PACKET_WORDS + PW_KIND]!;
  const k0 = keyWords[0]!, low = k0 & 0xff, ports = keyWords[K_PORTS]!, extra = keyWords[K_EXTRA]!;
  words[w + KEY_TYPE] = (k0 >>> 8) & 0xff;
  for (let j = 0; j < 4; j++) {
    words[w + SADDR + j] = keyWords[K_A + j]!;
    words[w + DADDR + j] = keyWords[K_B + j]!;
  }
  words[w + PROTO] = k0 >>> 16;
  words[w + FLAGS] = FLAG_TIME | FLAG_METRIC | FLAG_TRANSPORT | FLAG_ENCAPS |
    (swap ? FLAG_REVERSE : 0);
  words[w + SRCID] = settings.monitorId;
  if (settings.monitorKind === "number") words[w + FLAGS]! |= FLAG_SRCID_INT;
  else if (settings.monitorKind === "text") words[w + FLAGS]! |= FLAG_SRCID_TEXT;
  switch (low) {
    case P_TCP:
    case P_UDP:
    case P_LLC:
      words[w + SPORT] = ports >>> 16;
      words[w + DPORT] = ports & 0xffff;
      words[w + KEY_EXTRA] = extra;
      break;
    case P_ICMP: {
      // Records show the request's type, whoever spoke first; a reader turns lone replies round (DIR-8).
      const type = ports >>> 8, code = ports & 0xff;
      words[w + SPORT] = type | (code << 8);
      describeIcmp(words, w, c, i);
      if (icmpShowsId(type)) {
        words[w + DPORT] = extra >>> 16;
        words[w + KEY_EXTRA] = extra & 0xffff;
        if (swap) words[w + FLAGS]! |= FLAG_CORRECTED;
      } else if (type === 3 && (code === 2 || code === 3)) {
        words[w + DPORT] = extra & 0xffff;
        words[w + KEY_EXTRA] = extra & 0xff0000;
      } else {
        // The quoted address lies over id and sequence, which are stored byte-swapped.
        words[w + DPORT] = swap16(extra >>> 16);
        words[w + KEY_EXTRA] = swap16(extra & 0xffff);
      }
      break;
    }
    case P_ICMP6:
      words[w + SPORT] = ports >>> 8;
      words[w + DPORT] = ports & 0xff;
      describeIcmp(words, w, c, i);
      break;
    case P_ESP:
      words[w + DPORT] = ports;
      words[w + NET] = NET_ESP;
      break;
    case P_IGMP:
      words[w + SPORT] = ports & 0xffff;
      words[w + KEY_EXTRA] = swap16(extra);
      break;
    case P_FRAGMENT:
      words[w + FLAGS]! |= FLAG_FRAGMENT;
      words[w + NET] = NET_FRAG;
      words[w + KEY_EXTRA] = extra;
      break;
    case P_ISIS:
      words[w + KEY_EXTRA] = extra;
      break;
    case P_WLAN:
      WLAN_SSID.forEach((word, j) => words[w + word] = keyWords[K_SSID[j]!]!);
      break;
    case P_ARP:
      words[w + DADDR + 2] = extra;
      words[w + DADDR + 3] = ports;
      words[w + KEY_EXTRA] = ports === 0 ? 0 : 1;
      words[w + SADDR + 1] = keyWords[K_MAC]!;
      words[w + SADDR + 2] = keyWords[K_MAC + 1]! << 16;
      break;
    case P_RARP:
      words[w + SADDR + 2] = extra;
      words[w + KEY_EXTRA] = 3;
      break;
    case P_IP:
      // KEY-10: an address matrix key has no protocol of its own.
      if (k0 >>> 16 === 0 && c.words[i * PACKET_WORDS + PW_PROTO] !== 0) words[w + FLAGS]! |= FLAG_MATRIX;
  }
  table.state[s + S_KIND] = kind;
  table.state[s + S_ORIENT] = swap;
  const doubles = table.doubles;
  doubles[d] =
    doubles[d + 1] =
    doubles[d + 2] =
    doubles[d + 3] =
      NaN;
  doubles[d + S_LAST] = doubles[d + D_LAST] = NaN;
}

/** Writes the key of a TCP entry into `k`, as {@linkcode keyOfPacket} makes it from a packet; VLAN, MPLS and MAC parts, where a setting has them, are left out. */
export function keyOfRow(table: FlowTable, row: number, k: Int32Array): void {
  const w = row * WORDS, words = table.words;
  k.fill(0);
  k[K_KIND] = P_TCP | (words[w + KEY_TYPE]! << 8) | (words[w + PROTO]! << 16);
  for (let j = 0; j < 4; j++) {
    k[K_A + j] = words[w + SADDR + j]!;
    k[K_B + j] = words[w + DADDR + j]!;
  }
  k[K_PORTS] = (words[w + SPORT]! << 16) | (words[w + DPORT]! & 0xffff);
}

/** ICMP types whose key has an id and a sequence, or neither. */
function icmpShowsId(type: number): boolean {
  return type !== 3 && type !== 4 && type !== 5 && type !== 11 && type !== 12;
}

/** Zeroes what belongs to one interval, at the first packet after a report (REC-9). */
export function zeroInterval(table: FlowTable, row: number): void {
  const words = table.words, doubles = table.doubles;
  const w = row * WORDS, d = row * DOUBLES;
  doubles[d] =
    doubles[d + 1] =
    doubles[d + 2] =
    doubles[d + 3] =
      NaN;
  for (let j = d + S_PKTS; j <= d + D_APP; j++) doubles[j] = 0;
  const net = words[w + NET]!;
  if (net === NET_TCP_PERF || net === 0) {
    for (let x = w + SIDE; x <= w + DSIDE; x += SIDE_WORDS) {
      words[x + T_STATUS]! &= SIDE_FIN | SIDE_FINACK;
      words[x + T_SEQBASE] = words[x + T_SEQ]!;
      words[x + T_BYTES] = 0;
      words[x + T_RETRANS] = 0;
      words[x + T_ACKBYTES] = 0;
      words[x + T_WINBYTES] = 0;
      words[x + T_FLAGS] = 0;
      words[x + T_LASTIPID] = 0;
    }
  } else if (net === NET_RTP) {
    words[w + RTP_SDROP] = words[w + RTP_DDROP] = words[w + TCP_STATUS] = 0;
  } else if (net === NET_ESP) {
    words[w + ESP_LOST] = 0;
    words[w + TCP_STATUS] = 0;
  }
  if (net === NET_FRAG) words.fill(0, w + FRAG_BODY, w + FRAG_BODY + FRAG_WORDS);
  words[w + S_IPOPT] = words[w + D_IPOPT] = 0;
  words[w + S_ENCAPS] = words[w + D_ENCAPS] = 0;
  words[w + S_NANO] = words[w + D_NANO] = 0;
  if (words[w + FLAGS]! & FLAGS_RARE) {
    words[w + VLAN] = words[w + S_MPLS] = words[w + D_MPLS] = 0;
    words[w + S_PSIZE] = words[w + D_PSIZE] = 0;
  }
  words[w + FLAGS]! &= ~(FLAG_S_VLAN | FLAG_D_VLAN | FLAG_S_MPLS | FLAG_D_MPLS | FLAG_ICMP_MAP |
    FLAG_S_IPOPT | FLAG_D_IPOPT | FLAG_FRAGS | FLAG_FRAG_PARTIAL | FLAG_FRAG_OVERLAP);
  table.state[row * STATE_WORDS + S_BITS]! &= ~IS_REPORTED;
}
