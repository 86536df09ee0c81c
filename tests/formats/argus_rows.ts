import * as fc from "fast-check";
import * as R from "../../lib/record/mod.ts";

/** What one random record is made of. */
export interface RowSpec {
  key:
    | "tcp4"
    | "udp4"
    | "icmp4"
    | "igmp4"
    | "esp4"
    | "frag4"
    | "tcp6"
    | "icmp6"
    | "frag6"
    | "ether"
    | "arp"
    | "rarp"
    | "wlan";
  numbers: number[];
  flags: number;
  net: number;
  start: number;
  length: number | undefined;
  destination: readonly [number, number] | undefined;
  counts: number[];
  jitter: number[] | undefined;
  agr: boolean;
  user: readonly [Uint8Array | undefined, Uint8Array | undefined];
  more: R.More;
}

const u32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const count = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.integer({ min: 0, max: 2 ** 50 }),
);
const maybe = <T>(a: fc.Arbitrary<T>) => fc.option(a, { nil: undefined });
const bytes = fc.uint8Array({ minLength: 0, maxLength: 70 });

const PRESENT = [
  R.FLAG_REVERSE,
  R.FLAG_CORRECTED,
  R.FLAG_S_IP,
  R.FLAG_D_IP,
  R.FLAG_S_VLAN,
  R.FLAG_D_VLAN,
  R.FLAG_S_MPLS,
  R.FLAG_D_MPLS,
  R.FLAG_MAC,
  R.FLAG_PSIZE,
  R.FLAG_ENCAPS,
  R.FLAG_ICMP_MAP,
];

/** Random records of all kinds. */
export const anyRow: fc.Arbitrary<RowSpec> = fc.record({
  key: fc.constantFrom(
    "tcp4" as const,
    "udp4" as const,
    "icmp4" as const,
    "igmp4" as const,
    "esp4" as const,
    "frag4" as const,
    "tcp6" as const,
    "icmp6" as const,
    "frag6" as const,
    "ether" as const,
    "arp" as const,
    "rarp" as const,
    "wlan" as const,
  ),
  numbers: fc.array(u32, { minLength: R.WORDS, maxLength: R.WORDS }),
  flags: fc.subarray(PRESENT).map((bits) => bits.reduce((a, b) => a | b, 0)),
  net: fc.constantFrom(
    R.NET_NONE,
    R.NET_TCP_INIT,
    R.NET_TCP_STATUS,
    R.NET_TCP_PERF,
    R.NET_RTCP,
    R.NET_RTP,
    R.NET_UDT,
    R.NET_ARP,
    R.NET_ICMP,
    R.NET_ESP,
    R.NET_FRAG,
  ),
  start: fc.integer({ min: 0, max: 4e15 }),
  length: maybe(fc.integer({ min: 0, max: 1e12 })),
  destination: maybe(fc.tuple(fc.integer({ min: 0, max: 4e15 }), fc.integer({ min: 0, max: 4e15 }))),
  counts: fc.array(count, { minLength: 6, maxLength: 6 }),
  jitter: maybe(fc.array(fc.integer({ min: 0, max: 1 << 24 }), { minLength: 20, maxLength: 20 })),
  agr: fc.boolean(),
  user: fc.tuple(maybe(bytes), maybe(bytes)),
  more: fc.record({
    label: fc.stringMatching(/^[a-z:,=]{1,40}$/),
    countries: fc.constant(["DE", "US"] as const),
    asn: fc.tuple(u16, u16, u16),
    strokes: fc.tuple(u16, u16),
  }, { requiredKeys: [] }),
});

/** Puts a random record into the batch, only in words its sections have. */
export function addRow(batch: R.RecordBatch, spec: RowSpec): number {
  const row = batch.addBlank();
  const words = batch.words, w = row * R.WORDS, doubles = batch.doubles, d = row * R.DOUBLES;
  const n = (i: number) => spec.numbers[i % spec.numbers.length]!;
  let flags = spec.flags | R.FLAG_TIME | R.FLAG_METRIC | R.FLAG_TRANSPORT;
  const set = (at: number, value: number) => (words[w + at] = value);
  set(R.CAUSE, R.CAUSE_STATUS);
  set(R.SEQ, n(0));
  set(R.SRCID, n(1));
  key(set, n, spec.key);
  if (spec.key.startsWith("frag")) flags |= R.FLAG_FRAGMENT;
  // An SSID lies in the words of the network section: such rows have none.
  // A fragment's section of a TCP flow is read as TCP data (argus_stale_network_test.ts).
  const none = spec.key === "wlan" || spec.key.startsWith("tcp") && spec.net === R.NET_FRAG;
  network(batch, row, set, n, none ? R.NET_NONE : spec.net);
  if (spec.key === "wlan") { for (const word of R.WLAN_SSID) set(word, n(word)); }
  if (spec.key !== "wlan" && spec.net === R.NET_TCP_PERF) doubles[d + R.S_LAST] = 1.5e15 + 7;
  for (
    const [flag, at] of [[R.FLAG_S_IP, R.S_IP], [R.FLAG_D_IP, R.D_IP], [R.FLAG_S_MPLS, R.S_MPLS], [
      R.FLAG_D_MPLS,
      R.D_MPLS,
    ]]
  ) {
    if (flags & flag!) set(at!, n(at!));
  }
  if (flags & (R.FLAG_S_VLAN | R.FLAG_D_VLAN)) set(R.VLAN, n(R.VLAN));
  if (flags & R.FLAG_MAC) {
    for (let i = 0; i < 3; i++) set(R.MAC + i, n(R.MAC + i));
    set(R.MAC_TYPE, (n(R.MAC_TYPE) & 0xffff0000) | 2);
  }
  if (flags & R.FLAG_PSIZE) set(R.S_PSIZE, n(R.S_PSIZE) | 1), set(R.D_PSIZE, n(R.D_PSIZE) | 1);
  if (flags & R.FLAG_ENCAPS) set(R.S_ENCAPS, n(R.S_ENCAPS)), set(R.D_ENCAPS, n(R.D_ENCAPS));
  if (flags & R.FLAG_ICMP_MAP) {
    set(R.ICMP_MAP, n(R.ICMP_MAP) & 0x7ffff);
    set(R.ICMP_MAP_BODY, n(R.ICMP_MAP_BODY) & 0xffff);
    for (let i = 1; i < 6; i++) set(R.ICMP_MAP_BODY + i, n(R.ICMP_MAP_BODY + i));
  }
  doubles[d + R.S_START] = spec.start;
  if (spec.length !== undefined) doubles[d + R.S_END] = spec.start + spec.length;
  if (spec.destination) {
    doubles[d + R.S_END] = spec.start + (spec.length ?? 0);
    doubles[d + R.D_START] = spec.destination[0];
    doubles[d + R.D_END] = spec.destination[1];
  }
  const counts = fitting(spec.counts);
  counts.forEach((c, i) => (doubles[d + R.S_PKTS + i] = c));
  if (counts[4] || counts[5]) flags |= R.FLAG_APPBYTES;
  if (spec.jitter?.some((v, i) => i % 5 === 0 && v > 0)) {
    flags |= R.FLAG_JITTER;
    const bank = batch.jitterBank();
    spec.jitter.forEach((v, i) => (bank[row * R.JITTER_DOUBLES + i] = spec.jitter![i - i % 5] ? v : 0));
  }
  if (spec.agr) {
    flags |= R.FLAG_AGR;
    batch.agrBank().set([3, 1e15, 1e15 + 5, 3, 0.25, 0.5, 0.125, 0.75, 4, 0], row * R.AGR_DOUBLES);
  }
  spec.user.forEach((data, side) => {
    if (data) (batch.user ??= [])[2 * row + side] = data;
  });
  if (Object.keys(spec.more).length > 0) Object.assign(batch.moreOf(row), spec.more);
  words[w + R.FLAGS] = flags;
  return row;
}

/** Packets and application bytes cut to the width of the byte counts, as the format has it (argus-format section 6). */
function fitting(counts: readonly number[]): number[] {
  const most = Math.max(counts[2]!, counts[3]!);
  const room = [2 ** 8, 2 ** 16, 2 ** 32].find((limit) => most < limit) ?? Infinity;
  return counts.map((c) => room === Infinity ? c : c % room);
}

type Set = (at: number, value: number) => void;
type Pick = (i: number) => number;

function key(set: Set, n: Pick, kind: RowSpec["key"]): void {
  const ports = () => (set(R.SPORT, n(R.SPORT) & 0xffff), set(R.DPORT, n(R.DPORT) & 0xffff));
  const addresses = (count: number) => {
    for (let i = 0; i < count; i++) set(R.SADDR + i, n(R.SADDR + i)), set(R.DADDR + i, n(R.DADDR + i));
  };
  const macs = () => {
    addresses(2);
    set(R.SADDR + 1, n(R.SADDR + 1) & 0xffff0000);
    set(R.DADDR + 1, n(R.DADDR + 1) & 0xffff0000);
  };
  const proto =
    { tcp: 6, udp: 17, icmp: kind === "icmp6" ? 58 : 1, igmp: 2, esp: 50, frag: 17 }[kind.slice(0, -1)];
  if (proto !== undefined) {
    const v6 = kind.endsWith("6");
    set(R.KEY_TYPE, v6 ? R.KEY_IPV6 : R.KEY_IPV4);
    addresses(v6 ? 4 : 1);
    set(R.PROTO, proto);
    if (kind === "esp4") return set(R.DPORT, n(R.DPORT));
    if (kind === "frag6") return set(R.KEY_EXTRA, n(R.KEY_EXTRA));
    set(R.KEY_EXTRA, n(R.KEY_EXTRA) & 0xffff);
    if (kind === "frag4") return;
    if (kind === "icmp4") set(R.KEY_EXTRA, n(R.KEY_EXTRA) & 0xffffff);
    if (kind === "icmp6") return set(R.SPORT, n(R.SPORT) & 0xff), set(R.DPORT, n(R.DPORT) & 0xff);
    return ports();
  }
  if (kind === "ether") {
    set(R.KEY_TYPE, R.KEY_ETHER);
    macs();
    set(R.PROTO, n(R.PROTO) & 0xffff);
    set(R.SPORT, n(R.SPORT) & 0xff);
    set(R.DPORT, n(R.DPORT) & 0xff);
  } else if (kind === "arp" || kind === "rarp") {
    set(R.KEY_TYPE, kind === "arp" ? R.KEY_ARP : R.KEY_RARP);
    set(R.PROTO, kind === "arp" ? 0x0806 : 0x8035);
    set(R.KEY_EXTRA, 1);
    if (kind === "arp") {
      addresses(1);
      set(R.SADDR + 1, n(R.SADDR + 1));
    } else {
      macs();
      set(R.SADDR + 2, n(R.SADDR + 2));
    }
    set(R.DADDR + 2, 0x00010800);
    set(R.DADDR + 3, 0x0604);
  } else {
    set(R.KEY_TYPE, R.KEY_WLAN);
    macs();
  }
}

function network(batch: R.RecordBatch, row: number, set: Set, n: Pick, net: number): void {
  set(R.NET, net);
  const words = (from: number, count: number) => {
    for (let i = 0; i < count; i++) set(from + i, n(from + i));
  };
  const side = (from: number) => {
    words(from, 9);
    set(from + R.T_WIN, n(from + R.T_WIN) & 0xffff);
    set(from + R.T_FLAGS, n(from + R.T_FLAGS) & 0xff);
    set(from + R.T_SHIFT, n(from + R.T_SHIFT) & 0xff);
  };
  switch (net) {
    case R.NET_TCP_PERF:
      words(R.TCP_STATUS, 5);
      side(R.SIDE);
      return side(R.DSIDE);
    case R.NET_TCP_INIT:
      set(R.TCP_STATUS, n(R.TCP_STATUS));
      set(R.TCP_OPTIONS, n(R.TCP_OPTIONS));
      set(R.SIDE + R.T_SEQBASE, n(0));
      set(R.SIDE + R.T_WIN, 512);
      set(R.SIDE + R.T_FLAGS, 2);
      return set(R.SIDE + R.T_SHIFT, 7);
    case R.NET_TCP_STATUS:
      set(R.TCP_STATUS, n(R.TCP_STATUS));
      set(R.SIDE + R.T_FLAGS, 0x12);
      return set(R.DSIDE + R.T_FLAGS, 0x18);
    case R.NET_RTP:
      set(R.TCP_STATUS, n(R.TCP_STATUS));
      words(R.SIDE, 3);
      words(R.DSIDE, 3);
      set(R.RTP_SDROP, n(R.RTP_SDROP) & 0xffff);
      return set(R.RTP_DDROP, n(R.RTP_DDROP) & 0xffff);
    case R.NET_ARP:
      set(R.ARP_RESP, n(R.ARP_RESP));
      return set(R.ARP_RESP + 1, n(R.ARP_RESP + 1) & 0xffff0000);
    case R.NET_ICMP:
      return words(R.ICMP_BODY, 6);
    case R.NET_ESP:
      set(R.TCP_STATUS, n(R.TCP_STATUS));
      return words(R.ESP_SPI, 3);
    case R.NET_FRAG:
      return words(R.FRAG_BODY, 13);
    case R.NET_RTCP:
      return words(R.RTCP_BODY, 5);
    case R.NET_UDT:
      batch.moreOf(row).network = new Uint8Array(24).fill(7);
  }
}
