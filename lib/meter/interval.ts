import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import * as R from "../record/mod.ts";
import type { Settings } from "../settings/mod.ts";
import { SIDE_FIN } from "./tcp.ts";
import { describeIcmp } from "./icmp_map.ts";
import * as K from "./key_rules.ts";
import { type FlowTable, IS_REPORTED, S_BITS, S_KIND, S_ORIENT, STATE_WORDS } from "./flow_table.ts";

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
  const words = table.words, w = row * R.WORDS, d = row * R.DOUBLES, s = row * STATE_WORDS;
  const kind = c.kind[i]!;
  const k0 = keyWords[0]!, low = k0 & 0xff, ports = keyWords[K.K_PORTS]!, extra = keyWords[K.K_EXTRA]!;
  words[w + R.KEY_TYPE] = (k0 >>> 8) & 0xff;
  for (let j = 0; j < 4; j++) {
    words[w + R.SADDR + j] = keyWords[K.K_A + j]!;
    words[w + R.DADDR + j] = keyWords[K.K_B + j]!;
  }
  words[w + R.PROTO] = k0 >>> 16;
  words[w + R.FLAGS] = R.FLAG_TIME | R.FLAG_METRIC | R.FLAG_TRANSPORT | R.FLAG_ENCAPS |
    (swap ? R.FLAG_REVERSE : 0);
  words[w + R.SRCID] = settings.monitorId;
  if (settings.monitorKind === "number") words[w + R.FLAGS]! |= R.FLAG_SRCID_INT;
  else if (settings.monitorKind === "text") words[w + R.FLAGS]! |= R.FLAG_SRCID_TEXT;
  switch (low) {
    case P.P_TCP:
    case P.P_UDP:
    case P.P_LLC:
      words[w + R.SPORT] = ports >>> 16;
      words[w + R.DPORT] = ports & 0xffff;
      words[w + R.KEY_EXTRA] = extra;
      break;
    case P.P_ICMP: {
      // Records show the request's type, whoever spoke first; a reader turns lone replies round (DIR-8).
      const type = ports >>> 8, code = ports & 0xff;
      words[w + R.SPORT] = type | (code << 8);
      describeIcmp(words, w, c, i);
      if (icmpShowsId(type)) {
        words[w + R.DPORT] = extra >>> 16;
        words[w + R.KEY_EXTRA] = extra & 0xffff;
        if (swap) words[w + R.FLAGS]! |= R.FLAG_CORRECTED;
      } else if (type === 3 && (code === 2 || code === 3)) {
        words[w + R.DPORT] = extra & 0xffff;
        words[w + R.KEY_EXTRA] = extra & 0xff0000;
      } else {
        // The quoted address lies over id and sequence, which are stored byte-swapped.
        words[w + R.DPORT] = swap16(extra >>> 16);
        words[w + R.KEY_EXTRA] = swap16(extra & 0xffff);
      }
      break;
    }
    case P.P_ICMP6:
      words[w + R.SPORT] = ports >>> 8;
      words[w + R.DPORT] = ports & 0xff;
      describeIcmp(words, w, c, i);
      break;
    case P.P_ESP:
      words[w + R.DPORT] = ports;
      words[w + R.NET] = R.NET_ESP;
      break;
    case P.P_IGMP:
      words[w + R.SPORT] = ports & 0xffff;
      words[w + R.KEY_EXTRA] = swap16(extra);
      break;
    case P.P_FRAGMENT:
      words[w + R.FLAGS]! |= R.FLAG_FRAGMENT;
      words[w + R.NET] = R.NET_FRAG;
      words[w + R.KEY_EXTRA] = extra;
      break;
    case P.P_ISIS:
      words[w + R.KEY_EXTRA] = extra;
      break;
    case P.P_WLAN:
      R.WLAN_SSID.forEach((word, j) => words[w + word] = keyWords[K.K_SSID[j]!]!);
      break;
    case P.P_ARP:
      words[w + R.DADDR + 2] = extra;
      words[w + R.DADDR + 3] = ports;
      words[w + R.KEY_EXTRA] = ports === 0 ? 0 : 1;
      words[w + R.SADDR + 1] = keyWords[K.K_MAC]!;
      words[w + R.SADDR + 2] = keyWords[K.K_MAC + 1]! << 16;
      break;
    case P.P_RARP:
      words[w + R.SADDR + 2] = extra;
      words[w + R.KEY_EXTRA] = 3;
      break;
    case P.P_IP:
      // KEY-10: an address matrix key has no protocol of its own.
      if (k0 >>> 16 === 0 && c.proto[i] !== 0) words[w + R.FLAGS]! |= R.FLAG_MATRIX;
  }
  table.state[s + S_KIND] = kind;
  table.state[s + S_ORIENT] = swap;
  const doubles = table.doubles;
  doubles[d] =
    doubles[d + 1] =
    doubles[d + 2] =
    doubles[d + 3] =
      NaN;
  doubles[d + R.S_LAST] = doubles[d + R.D_LAST] = NaN;
}

/** Writes the key of a TCP entry into `k`, as {@linkcode keyOfPacket} makes it from a packet; VLAN, MPLS and MAC parts, where a setting has them, are left out. */
export function keyOfRow(table: FlowTable, row: number, k: Int32Array): void {
  const w = row * R.WORDS, words = table.words;
  k.fill(0);
  k[K.K_KIND] = P.P_TCP | (words[w + R.KEY_TYPE]! << 8) | (words[w + R.PROTO]! << 16);
  for (let j = 0; j < 4; j++) {
    k[K.K_A + j] = words[w + R.SADDR + j]!;
    k[K.K_B + j] = words[w + R.DADDR + j]!;
  }
  k[K.K_PORTS] = (words[w + R.SPORT]! << 16) | (words[w + R.DPORT]! & 0xffff);
}

/** ICMP types whose key has an id and a sequence, or neither. */
function icmpShowsId(type: number): boolean {
  return type !== 3 && type !== 4 && type !== 5 && type !== 11 && type !== 12;
}

function swap16(n: number): number {
  return ((n & 0xff) << 8) | ((n >>> 8) & 0xff);
}

/** Zeroes what belongs to one interval, at the first packet after a report (REC-9). */
export function zeroInterval(table: FlowTable, row: number): void {
  const words = table.words, doubles = table.doubles;
  const w = row * R.WORDS, d = row * R.DOUBLES;
  doubles[d] =
    doubles[d + 1] =
    doubles[d + 2] =
    doubles[d + 3] =
      NaN;
  for (let j = d + R.S_PKTS; j <= d + R.D_APP; j++) doubles[j] = 0;
  const net = words[w + R.NET]!;
  if (net === R.NET_TCP_PERF || net === 0) {
    for (let x = w + R.SIDE; x <= w + R.DSIDE; x += R.SIDE_WORDS) {
      words[x + R.T_STATUS]! &= SIDE_FIN;
      words[x + R.T_SEQBASE] = words[x + R.T_SEQ]!;
      words[x + R.T_BYTES] = 0;
      words[x + R.T_RETRANS] = 0;
      words[x + R.T_ACKBYTES] = 0;
      words[x + R.T_WINBYTES] = 0;
      words[x + R.T_FLAGS] = 0;
      words[x + R.T_LASTIPID] = 0;
    }
  } else if (net === R.NET_RTP) {
    words[w + R.RTP_SDROP] = words[w + R.RTP_DDROP] = words[w + R.TCP_STATUS] = 0;
  } else if (net === R.NET_ESP) {
    words[w + R.ESP_LOST] = 0;
    words[w + R.TCP_STATUS] = 0;
  }
  if (net === R.NET_FRAG) words.fill(0, w + R.FRAG_BODY, w + R.FRAG_BODY + R.FRAG_WORDS);
  words[w + R.S_IPOPT] = words[w + R.D_IPOPT] = 0;
  words[w + R.S_ENCAPS] = words[w + R.D_ENCAPS] = 0;
  words[w + R.S_NANO] = words[w + R.D_NANO] = 0;
  if (words[w + R.FLAGS]! & R.FLAGS_RARE) {
    words[w + R.VLAN] = words[w + R.S_MPLS] = words[w + R.D_MPLS] = 0;
    words[w + R.S_PSIZE] = words[w + R.D_PSIZE] = 0;
    words[w + R.ICMP_MAP] = 0;
  }
  words[w + R.FLAGS]! &= ~(R.FLAG_S_VLAN | R.FLAG_D_VLAN | R.FLAG_S_MPLS | R.FLAG_D_MPLS | R.FLAG_ICMP_MAP |
    R.FLAG_S_IPOPT | R.FLAG_D_IPOPT | R.FLAG_FRAGS | R.FLAG_FRAG_PARTIAL | R.FLAG_FRAG_OVERLAP);
  table.state[row * STATE_WORDS + S_BITS]! &= ~IS_REPORTED;
}
