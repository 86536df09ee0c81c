import fc from "fast-check";
import type { Comparison, Direction, Expression, Match, Value } from "../../lib/expression/mod.ts";
import * as R from "../../lib/record/mod.ts";

const at = { start: 0, end: 0 };
const one = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const direction = fc.option(one<Direction>("src", "dst", "src or dst", "src and dst"), {
  nil: undefined,
  freq: 2,
});
const compare: fc.Arbitrary<Comparison> = one("eq", "gt", "gte", "lt", "lte");
const integer = (...likely: number[]): fc.Arbitrary<Value> =>
  fc.oneof(one(...likely), fc.integer({ min: -3, max: 70000 })).map((value) => ({ type: "integer", value }));
const real: fc.Arbitrary<Value> = fc.oneof(
  one(0, 0.5, 1, 0.25, 7.692308).map((value) => ({ type: "real", value } as const)),
  fc.double({ min: -10, max: 1e6, noNaN: true }).map((
    value,
  ) => ({ type: "real", value: value === 0 ? 0 : value } as const)),
);

/** Addresses the records below use, and some others. */
const ADDRESSES = [0x0a000001, 0x0a000002, 0x0a010203, 0xc0a80704, 0xe00000fb, 0xffffffff].map((w) => w | 0);
const V6 = [[0x20010db8, 0, 0, 1], [0x20010db8, 0, 0, 2], [0xfe800000, 0, 0x1122, 0x33440001], [
  0,
  0,
  0xffff,
  0x01020304,
]];
const MACS = [[0x02000000, 0x00010000], [0x02000000, 0x00020000], [-1, -65536]] as [number, number][];

const address = one(...ADDRESSES).map((a): Value => ({ type: "ipv4", address: a }));
const address6 = one(...V6).map((w): Value => ({
  type: "ipv6",
  address: w.map((x) => x | 0) as unknown as [number, number, number, number],
}));
const mac = one(...MACS).map(([high, low]): Value => ({ type: "mac", high: high | 0, low }));

function match(part: Omit<Match, "kind" | "at" | "valueAt">): Match {
  const entries = Object.entries(part).filter(([, v]) => v !== undefined);
  return { kind: "match", ...Object.fromEntries(entries), valueAt: at, at } as unknown as Match;
}

const prefix = (length: number, words: number) =>
  Array.from({ length: words }, (_, i) => {
    const bits = Math.max(0, Math.min(32, length - 32 * i));
    return bits === 0 ? 0 : bits === 32 ? -1 : -1 << (32 - bits);
  });

const hosts = fc.oneof(
  fc.record({ direction, value: fc.oneof(address, address6) }).map(({ direction: d, value }) =>
    match({ qualifier: "host", compare: "eq", value, ...(d && { direction: d }) })
  ),
  fc.record({ protocol: one("ip", "arp", "ipv4"), direction, value: address }).map((
    { protocol, direction: d, value },
  ) => match({ protocol, qualifier: "host", compare: "eq", value, ...(d && { direction: d }) })),
  fc.record({ direction, value: mac }).map(({ direction: d, value }) =>
    match({ protocol: "ether", qualifier: "host", compare: "eq", value, ...(d && { direction: d }) })
  ),
  fc.record({ direction, address: one(...ADDRESSES), length: fc.integer({ min: 0, max: 32 }) }).map((r) =>
    match({
      qualifier: "net",
      compare: "eq",
      value: { type: "ipv4", address: r.address },
      mask: prefix(r.length, 1),
      ...(r.direction && { direction: r.direction }),
    })
  ),
  fc.record({ direction, value: address6, length: fc.integer({ min: 0, max: 128 }) }).map((r) =>
    match({
      qualifier: "net",
      compare: "eq",
      value: r.value,
      mask: prefix(r.length, 4),
      ...(r.direction && { direction: r.direction }),
    })
  ),
);

const numbers = fc.record({
  direction,
  compare,
  test: fc.oneof(
    fc.tuple(one("pkts", "bytes", "appbytes", "data"), integer(0, 1, 2, 60, 100)),
    fc.tuple(one("ttl", "tos", "dsb"), integer(0, 1, 64, 128, 10)),
    fc.tuple(one("vid", "vpri", "mid", "base", "ipid", "as", "spi"), integer(0, 1, 5, 100)),
    fc.tuple(one("seq", "trans"), integer(0, 1, 2)),
    fc.tuple(
      one("dur", "rate", "load", "ploss", "pcr", "intpkt", "jitter", "jitidle"),
      fc.oneof(real, integer(0, 1)),
    ),
    fc.tuple(one("port"), integer(0, 53, 80, 443, 40000)),
  ),
}).map(({ direction: d, compare: c, test: [qualifier, value] }) =>
  match({ qualifier, compare: c, value, ...(d && { direction: d }) })
);

const others = fc.oneof(
  fc.record({ direction, from: fc.integer({ min: 0, max: 500 }), to: fc.integer({ min: 0, max: 50000 }) })
    .map((r) =>
      match({
        qualifier: "port",
        compare: "eq",
        value: { type: "range", from: r.from, to: r.to },
        ...(r.direction && { direction: r.direction }),
      })
    ),
  fc.record({ protocol: one(undefined, "tcp"), name: one("http", "ssh", "domain") }).map((
    { protocol, name },
  ) =>
    match({ qualifier: "port", compare: "eq", value: { type: "name", name }, ...(protocol && { protocol }) })
  ),
  fc.record({ protocol: one(undefined, "ip", "ipv4", "ipv6"), value: integer(1, 6, 17, 50, 58) }).map((
    { protocol, value },
  ) => match({ qualifier: "proto", compare: "eq", value, ...(protocol && { protocol }) })),
  one("gre", "802q", "eth", "mpls").map((name) =>
    match({ qualifier: "encaps", compare: "eq", value: { type: "name", name } })
  ),
  one("US", "DE").map((name) => match({ qualifier: "co", compare: "eq", value: { type: "name", name } })),
);

const words = fc.oneof(
  one(
    "tcp",
    "udp",
    "icmp",
    "ip",
    "ipv4",
    "ipv6",
    "arp",
    "rarp",
    "vlan",
    "mpls",
    "est",
    "con",
    "start",
    "status",
    "stop",
    "mss",
    "tcpopt",
    "synack",
    "unreach",
    "icmpmap",
    "cocode",
    "multipath",
    "far",
    "man",
    "multicast",
    "rtp",
    "inbound",
  ).map((word): Expression => ({ kind: "word", word, at })),
  fc.record({ direction, word: one("syn", "fin", "reset", "retrans", "frag", "ecn") }).map((
    { direction: d, word },
  ): Expression => ({
    kind: "word",
    word,
    ...(d && { direction: d }),
    at,
  })),
);

const fields = fc.oneof(
  fc.record({ field: one("spkts", "sttl", "connseq"), compare, value: fc.integer({ min: 0, max: 100 }) }),
  fc.record({
    field: one("evidence", "endreason"),
    compare: one("eq" as const),
    value: one("none", "syn", "idle"),
  }),
).map((f): Expression => ({ kind: "field", ...f, at }));

/** Any filter. */
export const expression: fc.Arbitrary<Expression> = fc.letrec<{ tree: Expression }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { arbitrary: fc.oneof(hosts, numbers, others, words, fields), weight: 3 },
    { arbitrary: tie("tree").map((term): Expression => ({ kind: "not", term, at })), weight: 1 },
    {
      arbitrary: fc.tuple(one<"and" | "or">("and", "or"), tie("tree"), tie("tree")).map((
        [kind, left, right],
      ): Expression => ({
        kind,
        left,
        right,
        at,
      })),
      weight: 2,
    },
  ),
})).tree;

const bit = (flag: number) => one(0, flag);
const pair = <T>(a: fc.Arbitrary<T>) => fc.tuple(a, a);

/** A row as `asRead` leaves it, written into a batch. */
export type FillRow = (batch: R.RecordBatch) => void;

/** Any record: kinds of flow keys, sections present or absent, values near those the filters name. */
export const record: fc.Arbitrary<FillRow> = fc.record({
  key: one(R.KEY_IPV4, R.KEY_IPV4, R.KEY_IPV6, R.KEY_ARP, R.KEY_RARP, R.KEY_ETHER),
  proto: one(1, 6, 6, 17, 17, 50, 58),
  v4: pair(one(...ADDRESSES)),
  v6: pair(one(...V6)),
  mac: pair(one(...MACS)),
  ports: pair(one(0, 10, 53, 80, 443, 300, 40000)),
  flags: fc.tuple(
    bit(R.FLAG_METRIC),
    bit(R.FLAG_S_IP),
    bit(R.FLAG_D_IP),
    bit(R.FLAG_S_VLAN),
    bit(R.FLAG_D_VLAN),
    bit(R.FLAG_S_MPLS),
    bit(R.FLAG_D_MPLS),
    bit(R.FLAG_MAC),
    bit(R.FLAG_ENCAPS),
    bit(R.FLAG_MERGED),
  ),
  pkts: pair(one(0, 1, 2, 60, 5_000_000_000)),
  bytes: pair(one(0, 60, 100, 6000)),
  app: pair(one(0, 1, 100)),
  ip: pair(one(0, 64 << 24, 64 << 24 | 40 << 16, 128 << 24 | 1)),
  vlan: pair(one(0, 5, 0x1005, 100)),
  mpls: pair(one(0, 5 << 12, 100 << 12)),
  times: fc.tuple(fc.integer({ min: 0, max: 3_000_000 }), fc.integer({ min: 0, max: 3_000_000 })),
  tcp: fc.record({
    net: one(0, R.NET_TCP_INIT, R.NET_TCP_PERF),
    status: fc.integer({ min: 0, max: 0xfffff }),
    flags: pair(fc.nat(255)),
  }),
  cause: one(R.CAUSE_START, R.CAUSE_STATUS, R.CAUSE_STOP, R.CAUSE_TIMEOUT, R.CAUSE_SHUTDOWN),
  why: fc.tuple(fc.nat(7), fc.nat(7)),
  seq: fc.nat(3),
  connseq: fc.nat(3),
  as: fc.option(pair(one(0, 1, 5, 100)), { nil: undefined }),
  countries: fc.option(pair(one("US", "DE", "FR")), { nil: undefined }),
}).map((r) => (batch: R.RecordBatch) => {
  const row = batch.addBlank(), w = batch.words, p = row * R.WORDS, d = row * R.DOUBLES;
  const ether = r.key === R.KEY_ETHER, v6 = r.key === R.KEY_IPV6;
  w[p + R.KEY_TYPE] = r.key;
  [R.SADDR, R.DADDR].forEach((offset, side) => {
    const words = v6 ? r.v6[side]! : ether ? r.mac[side]! : [r.v4[side]!];
    words.forEach((x, i) => w[p + offset + i] = x);
  });
  w[p + R.PROTO] = ether ? 0x88cc : r.key === R.KEY_IPV4 || v6 ? r.proto : 0;
  if (r.proto === 6 || r.proto === 17) w.set(r.ports, p + R.SPORT);
  let flags = r.flags.reduce((a, b) => a | b, R.FLAG_TRANSPORT | R.FLAG_TIME);
  if (r.key !== R.KEY_IPV4 && !v6) flags &= ~(R.FLAG_S_IP | R.FLAG_D_IP);
  w[p + R.FLAGS] = flags;
  w[p + R.CAUSE] = r.cause;
  w[p + R.WHY] = r.why[0] | r.why[1] << 8;
  w[p + R.SEQ] = r.seq;
  w[p + R.CONN_SEQ] = r.connseq;
  if (flags & R.FLAG_METRIC) {
    batch.doubles.set([...r.pkts, ...r.bytes, ...r.app], d + R.S_PKTS);
  }
  const start = 1e15, [a, b] = r.times;
  batch.doubles.set([start, start + a, start + 100, start + 100 + b], d + R.S_START);
  if (flags & R.FLAG_S_IP) w[p + R.S_IP] = r.ip[0];
  if (flags & R.FLAG_D_IP) w[p + R.D_IP] = r.ip[1];
  w[p + R.VLAN] = (flags & R.FLAG_S_VLAN ? r.vlan[0] << 16 : 0) | (flags & R.FLAG_D_VLAN ? r.vlan[1] : 0);
  if (flags & R.FLAG_S_MPLS) w[p + R.S_MPLS] = r.mpls[0];
  if (flags & R.FLAG_D_MPLS) w[p + R.D_MPLS] = r.mpls[1];
  if (flags & R.FLAG_MAC) {
    const [source, target] = r.mac;
    w[p + R.MAC] = target[0];
    w[p + R.MAC + 1] = target[1] | source[0] >>> 16;
    w[p + R.MAC + 2] = source[0] << 16 | source[1] >>> 16;
  }
  if (r.proto === 6 && !ether && r.tcp.net) {
    w[p + R.NET] = r.tcp.net;
    w[p + R.TCP_STATUS] = r.tcp.status;
    w[p + R.SIDE + R.T_FLAGS] = r.tcp.flags[0];
    w[p + R.DSIDE + R.T_FLAGS] = r.tcp.flags[1];
  }
  if (r.as) batch.moreOf(row).asn = [...r.as, 0];
  if (r.countries) batch.moreOf(row).countries = r.countries;
});
