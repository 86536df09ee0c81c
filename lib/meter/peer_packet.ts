import * as P from "../decode/mod.ts";
import type { PacketColumns } from "../decode/mod.ts";
import { ENCAPS_SLL, KEY_IPV4, KEY_IPV6 } from "../record/mod.ts";
import type { PeerRules, Settings } from "../settings/mod.ts";
import { keyOfPacket, type KeyRules } from "./key_rules.ts";
import { K_A, K_B, K_EXTRA, K_KIND, K_PORTS, K_TAG, KEY_WORDS } from "./key_words.ts";
import { keyRulesOf } from "./keys.ts";

// Local constants: the compiler folds them, imported ones it loads at each use (measured).
const { PACKET_WORDS, PW_ENCAPS, PW_EXTRA, PW_FLAGS, PW_KIND, PW_PORTS, PW_PROTO, PW_SIZE, PW_VLAN } = P;

const ICMP = 1, TCP = 6, UDP = 17, ICMP6 = 58;
/** Frames that end before this behind the link header are not seen by any of the programs. */
const LEAST_IP4 = 20, LEAST_IP6 = 40;

/** Type that answers an ICMP message, for meters that take the two for ports; -1 where none does (RFC 792, 950, 1256). */
function icmpAnswer(type: number): number {
  switch (type) {
    case 8:
      return 0;
    case 0:
      return 8;
    case 13:
      return 14;
    case 14:
      return 13;
    case 15:
      return 16;
    case 16:
      return 15;
    case 17:
      return 18;
    case 18:
      return 17;
    case 10:
      return 9;
    case 9:
      return 10;
    default:
      return -1;
  }
}

/** The same for ICMPv6 (RFC 4443, 2710, 4861, 8335). */
function icmp6Answer(type: number): number {
  switch (type) {
    case 128:
    case 133:
    case 135:
    case 144:
    case 160:
      return type + 1;
    case 129:
    case 134:
    case 136:
    case 145:
    case 161:
      return type - 1;
    case 130:
      return 131;
    case 131:
      return 130;
    case 139:
      return 140;
    case 140:
      return 139;
    default:
      return -1;
  }
}

/**
 * One packet as the peers see it: read from its innermost IP header, without what Argus makes of it. {@linkcode read} fills the fields
 * for the packet at hand; nothing is kept from packet to packet.
 */
export class PeerPacket {
  /** Key words as in a key table. */
  readonly key: Int32Array = new Int32Array(KEY_WORDS);
  /** 1 when the packet runs against the order of its key. */
  swap = 0;
  /** Protocol of the key. */
  proto = 0;
  /** Source port << 16 | destination port, 0 where there are none; ICMP: type << 8 | code. */
  ports = 0;
  /** Bytes that count. */
  bytes = 0;
  /** TCP flags, 0 for others and where they are not looked at. */
  flags = 0;
  isTcp = false;
  isIcmp = false;
  isIp6 = false;
  /** A fragment: the first one, or one behind it. */
  isFirstFragment = false;
  isLaterFragment = false;
  /** Fragments: where its payload begins in the datagram's, how long it is, and whether it is the last. */
  fragmentAt = 0;
  fragmentLength = 0;
  isLastFragment = false;
  /** Identification of the datagram, and the bytes of its IP header. */
  ident = 0;
  header = 0;
  readonly #rules: PeerRules;
  readonly #oneWay: boolean;
  readonly #vlan: boolean;
  readonly #blindTo6: boolean;
  /** Argus' own key, where the setting has it. */
  readonly #argus: KeyRules | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  #total = 0;

  constructor(settings: Settings) {
    this.#rules = settings.rules;
    this.#oneWay = settings.flowType === "unidirectional";
    this.#vlan = settings.flowKey.includes("VLAN");
    this.#argus = settings.rules.key === "argus" ? keyRulesOf(settings) : undefined;
    this.#blindTo6 = settings.rules.oddities.includes("cic-ipv6-flags");
  }

  /** Reads packet `i`; false when it forms no flow. */
  read(c: PacketColumns, i: number): boolean {
    if (this.#argus !== undefined) return this.#readAsArgus(this.#argus, c, i);
    const low = c.words[i * PACKET_WORDS + PW_KIND]! & P.P_KIND_MASK, l3 = c.l3[i]!;
    if (l3 < 0 || (low > P.P_IP && low !== P.P_FRAGMENT)) return false;
    const bytes = this.#bytes = c.bytes, end = this.#end = c.offset[i]! + c.captured[i]!;
    if (l3 >= end) return false;
    const version = bytes[l3]! >> 4;
    if (version === 4 ? end - l3 < LEAST_IP4 : version !== 6 || end - l3 < LEAST_IP6) return false;
    this.isIp6 = version === 6;
    const proto = this.isIp6 ? this.#header6(c, i, l3) : this.#header4(l3);
    const l4 = l3 + this.header;
    this.isTcp = proto === TCP && !this.isLaterFragment;
    this.isIcmp = proto === (this.isIp6 ? ICMP6 : ICMP) && !this.isLaterFragment;
    this.flags = this.isTcp && l4 + 14 <= end && !(this.isIp6 && this.#blindTo6) ? bytes[l4 + 13]! : 0;
    this.#count(c, i, l3, proto);
    this.#makeKey(l3, proto, c, i);
    return true;
  }

  #header4(l3: number): number {
    this.header = (this.#bytes[l3]! & 15) * 4;
    this.#total = this.#u16(l3 + 2);
    this.ident = this.#u16(l3 + 4);
    const fragment = this.#u16(l3 + 6), more = (fragment & 0x2000) !== 0;
    this.fragmentAt = (fragment & 0x1fff) * 8;
    this.fragmentLength = this.#total - this.header;
    this.isLaterFragment = this.fragmentAt !== 0;
    this.isFirstFragment = !this.isLaterFragment && more;
    this.isLastFragment = this.isLaterFragment && !more;
    return this.#bytes[l3 + 9]!;
  }

  #header6(c: PacketColumns, i: number, l3: number): number {
    const kind = c.words[i * PACKET_WORDS + PW_KIND]!, walks = this.#rules.walksExtensions;
    this.#total = 40 + this.#u16(l3 + 4);
    this.isLaterFragment = walks && (kind & P.P_KIND_MASK) === P.P_FRAGMENT;
    this.isFirstFragment = walks && (kind & P.P_FIRST_FRAGMENT6) !== 0;
    this.isLastFragment = this.isLaterFragment && (kind & P.P_LAST_FRAGMENT) !== 0;
    this.fragmentAt = this.isLaterFragment ? c.fragOffset[i]! : 0;
    this.fragmentLength = this.isLaterFragment || this.isFirstFragment ? c.fragLength[i]! : 0;
    this.header = walks ? Math.max(c.l4[i]! - l3, 40) : 40;
    this.ident = this.isLaterFragment
      ? c.words[i * PACKET_WORDS + PW_EXTRA]!
      : this.isFirstFragment
      ? this.#i32(l3 + this.header - 4)
      : 0;
    return walks ? c.words[i * PACKET_WORDS + PW_PROTO]! : this.#bytes[l3 + 6]!;
  }

  #readAsArgus(rules: KeyRules, c: PacketColumns, i: number): boolean {
    const kind = c.words[i * PACKET_WORDS + PW_KIND]!, low = kind & P.P_KIND_MASK;
    if (low === P.P_NONE) return false;
    this.swap = keyOfPacket(rules, c, i, this.key);
    this.isIp6 = (kind & P.P_IP6) !== 0;
    this.isTcp = low === P.P_TCP;
    this.isIcmp = low === P.P_ICMP || low === P.P_ICMP6;
    this.isFirstFragment = this.isLaterFragment = false;
    this.flags = kind & P.P_TCP_HEADER ? c.words[i * PACKET_WORDS + PW_FLAGS]! : 0;
    this.ports = c.words[i * PACKET_WORDS + PW_PORTS]!;
    this.proto = c.words[i * PACKET_WORDS + PW_PROTO]!;
    this.bytes = c.words[i * PACKET_WORDS + PW_SIZE]!;
    return true;
  }

  #u16(at: number): number {
    return at + 2 <= this.#end ? (this.#bytes[at]! << 8) | this.#bytes[at + 1]! : 0;
  }

  #i32(at: number): number {
    return (this.#u16(at) << 16) | this.#u16(at + 2);
  }

  #count(c: PacketColumns, i: number, l3: number, proto: number): void {
    const rule = this.#rules.bytes, total = this.#total, l4 = l3 + this.header;
    // Pseudo headers are left out of `size` already (LINK-1).
    const real = (c.words[i * PACKET_WORDS + PW_KIND]! & P.P_MAC) !== 0 &&
      (c.words[i * PACKET_WORDS + PW_ENCAPS]! & ENCAPS_SLL) === 0;
    const link = l3 - c.offset[i]!, size = c.words[i * PACKET_WORDS + PW_SIZE]!;
    if (rule === "wire") {
      this.bytes = real ? size : size + link;
      return;
    }
    const net = real ? size - link : size;
    if (rule === "wire-net") {
      this.bytes = net;
      return;
    }
    // Segmentation offload leaves the length field 0.
    const ip = total === 0 ? net : total;
    if (rule === "ip") {
      this.bytes = ip;
      return;
    }
    const room = Math.max(0, ip - this.header);
    if (this.isLaterFragment || (proto !== TCP && proto !== UDP)) this.bytes = 0;
    else if (proto === UDP) this.bytes = Math.max(0, room - 8);
    else this.bytes = Math.max(0, room - (l4 + 13 <= this.#end ? (this.#bytes[l4 + 12]! >> 4) * 4 : 20));
  }

  #makeKey(l3: number, real: number, c: PacketColumns, i: number): void {
    const l4 = l3 + this.header;
    const rules = this.#rules, k = this.key, ip6 = this.isIp6;
    k.fill(0);
    // CICFlowMeter reads no header of later fragments, nor of what it does not know.
    const known = rules.protocols === "all" || (rules.protocols.includes(real) && !this.isLaterFragment);
    const proto = this.proto = known ? real : 0;
    let ports = 0, paired = true;
    if (this.isIcmp && known) {
      const type = this.#u16(l4) >>> 8;
      this.ports = this.#u16(l4);
      const answer = ip6 ? icmp6Answer(type) : icmpAnswer(type);
      switch (rules.icmp) {
        case "type-code":
          ports = this.ports;
          break;
        case "same-type":
          k[K_EXTRA] = this.ports;
          break;
        case "counterpart":
          paired = answer >= 0;
          ports = paired ? (type << 16) | answer : (type << 16) | (this.ports & 0xff);
      }
    } else if (known && !this.isLaterFragment && rules.withPorts.includes(proto)) {
      this.ports = ports = this.#i32(l4);
    } else this.ports = 0;
    const words = ip6 ? 4 : 1, source = ip6 ? l3 + 8 : l3 + 12, target = source + 4 * words;
    this.swap = this.#oneWay || !paired ? 0 : this.#runsBack(source, target, words, ports);
    const a = this.swap ? target : source, b = this.swap ? source : target;
    for (let j = 0; j < words; j++) {
      k[K_A + j] = this.#i32(a + 4 * j);
      k[K_B + j] = this.#i32(b + 4 * j);
    }
    const low = proto === TCP ? P.P_TCP : proto === UDP ? P.P_UDP : P.P_IP;
    k[K_KIND] = low | ((ip6 ? KEY_IPV6 : KEY_IPV4) << 8) | (proto << 16);
    k[K_PORTS] = this.swap ? (ports << 16) | (ports >>> 16) : ports;
    if (this.#vlan && c.words[i * PACKET_WORDS + PW_KIND]! & P.P_VLAN) {
      k[K_TAG] = (c.words[i * PACKET_WORDS + PW_VLAN]! & 0xfff) | 0x10000;
    }
    // A word of its own keeps one-way messages from meeting the pairs of other types.
    if (!paired) k[K_EXTRA] = 1 << 16;
  }

  /** Whether the source is the higher end. */
  #runsBack(source: number, target: number, words: number, ports: number): number {
    for (let j = 0; j < words; j++) {
      const a = this.#i32(source + 4 * j) >>> 0, b = this.#i32(target + 4 * j) >>> 0;
      if (a !== b) return a > b ? 1 : 0;
    }
    return ports >>> 16 > (ports & 0xffff) ? 1 : 0;
  }
}
