import { assertEquals } from "@std/assert";
import * as R from "../../lib/record/mod.ts";

interface Draft {
  key?: number;
  proto?: number;
  ends?: readonly [number, number];
  ports?: readonly [number, number];
  flags?: number;
  net?: number;
  status?: number;
  pkts?: readonly [number, number];
  bytes?: readonly [number, number];
  times?: readonly [number, number, number, number];
}

/** A raw row; times in seconds, `NaN` when not set. */
function raw(draft: Draft): R.RecordBatch {
  const batch = new R.RecordBatch(1);
  batch.addBlank();
  const w = batch.words, d = batch.doubles;
  w[R.KEY_TYPE] = draft.key ?? R.KEY_IPV4;
  w[R.PROTO] = draft.proto ?? 6;
  [w[R.SADDR], w[R.DADDR]] = draft.ends ?? [1, 2];
  [w[R.SPORT], w[R.DPORT]] = draft.ports ?? [40000, 80];
  w[R.FLAGS] = R.FLAG_METRIC | (draft.flags ?? 0);
  w[R.NET] = draft.net ?? (w[R.PROTO] === 6 ? R.NET_TCP_PERF : 0);
  w[R.TCP_STATUS] = draft.status ?? R.TCP_SYN;
  [d[R.S_PKTS], d[R.D_PKTS]] = draft.pkts ?? [3, 3];
  [d[R.S_BYTES], d[R.D_BYTES]] = draft.bytes ?? [300, 330];
  (draft.times ?? [10, 12, NaN, NaN]).forEach((t, i) => d[R.S_START + i] = t * 1e6);
  return batch;
}

function read(draft: Draft, options?: R.ReadOptions): R.RecordBatch {
  const batch = raw(draft);
  R.asRead(batch, 0, options);
  return batch;
}

const ends = (b: R.RecordBatch) => [b.words[R.SADDR], b.words[R.SPORT], b.words[R.DADDR], b.words[R.DPORT]];
const times = (b: R.RecordBatch) => [0, 1, 2, 3].map((i) => b.doubles[R.S_START + i]! / 1e6);
const state = (b: R.RecordBatch) => R.stateWord(b, 0);

Deno.test("a reversed key is read from its other end, counters stay (format section 4)", () => {
  const b = read({ flags: R.FLAG_REVERSE });
  assertEquals(ends(b), [2, 80, 1, 40000]);
  assertEquals([b.doubles[R.S_PKTS], b.words[R.FLAGS]! & R.FLAG_REVERSE], [3, 0]);
});

Deno.test("MAC keys ignore the reverse bit, ARP keeps its key and turns the rest", () => {
  assertEquals(ends(read({ key: R.KEY_ETHER, flags: R.FLAG_REVERSE, net: 0 })), [1, 40000, 2, 80]);
  const arp = read({ key: R.KEY_ARP, flags: R.FLAG_REVERSE, pkts: [1, 0], net: R.NET_ARP });
  assertEquals([ends(arp)[0], arp.doubles[R.S_PKTS], arp.doubles[R.D_PKTS], state(arp)], [1, 0, 1, "RSP"]);
});

Deno.test("both sides take the only pair of times (format section 5)", () => {
  assertEquals(times(read({})), [10, 12, 10, 12]);
  assertEquals(times(read({ pkts: [1, 1] })), [10, 10, 12, 12]);
});

Deno.test("a side of one packet ends where it starts, if the whole seconds differ", () => {
  assertEquals(times(read({ pkts: [3, 1], times: [10, 12, NaN, NaN] })), [10, 12, 10, 10]);
  assertEquals(times(read({ pkts: [3, 1], times: [10.1, 10.9, NaN, NaN] })), [10.1, 10.9, 10.1, 10.9]);
});

Deno.test("a silent side has no times, a late start changes places with the end", () => {
  assertEquals(times(read({ pkts: [3, 0] })), [10, 12, NaN, NaN]);
  assertEquals(times(read({ pkts: [0, 3] })), [NaN, NaN, 10, 12]);
  assertEquals(times(read({ times: [12, 10, NaN, NaN] })), [10, 12, 10, 12]);
});

Deno.test("one packet with a duration starts at its end, unless an ICMP error raised it (REC-3c)", () => {
  const b = read({ pkts: [1, 0] });
  assertEquals(times(b), [12, 12, NaN, NaN]);
  assertEquals(R.fieldOf("mean").number!(b, 0), 2);
  assertEquals(times(read({ pkts: [1, 0], flags: R.FLAG_ICMP_MAP })), [10, 12, NaN, NaN]);
});

Deno.test("SYN-ACK without SYN: an established record is turned and prints CLO (DIR-6)", () => {
  const b = read({ status: R.TCP_SYNACK | R.TCP_EST, ports: [80, 40000], pkts: [2, 3] });
  assertEquals([...ends(b), state(b), R.direction(b, 0)], [2, 40000, 1, 80, "CLO", " ->"]);
  assertEquals([b.doubles[R.S_PKTS], b.doubles[R.D_PKTS]], [3, 2]);
});

Deno.test("DIR-6 leaves alone: IPv6, the short form, corrected records, and when told to", () => {
  const status = R.TCP_SYNACK | R.TCP_EST;
  for (
    const [draft, options] of [
      [{ key: R.KEY_IPV6 }, {}],
      [{ net: R.NET_TCP_INIT }, {}],
      [{ flags: R.FLAG_CORRECTED }, {}],
      [{ status: status | R.TCP_SYN }, {}],
      [{}, { correct: false }],
    ] as [Draft, R.ReadOptions][]
  ) {
    assertEquals(read({ status, ...draft }, options).words[R.SADDR], 1, JSON.stringify(draft));
  }
});

Deno.test("a service port below 1025 that speaks first is turned only when services are known", () => {
  const draft = { status: R.TCP_EST, ports: [80, 40009] } as const;
  assertEquals(ends(read(draft)), [1, 80, 2, 40009]);
  assertEquals(ends(read(draft, { services: true })), [2, 40009, 1, 80]);
  assertEquals(ends(read({ ...draft, ports: [20, 40009] }, { services: true })), [1, 20, 2, 40009]);
});

Deno.test("RA_PORT_DIRECTION: the first rule that applies decides, `?` stays", () => {
  const turned = (ports: readonly [number, number], ...portDirection: R.PortRule[]) => {
    const b = read({ status: R.TCP_EST, ports }, { portDirection });
    assertEquals(R.direction(b, 0), "<?>");
    return b.words[R.SADDR] === 2;
  };
  assertEquals(turned([80, 40000], "wellknown"), true);
  assertEquals(turned([40000, 80], "wellknown"), false);
  assertEquals(turned([5552, 49227], "wellknown"), false);
  assertEquals(turned([5552, 49227], "services", "wellknown"), false);
  assertEquals(turned([5552, 49227], "registered"), true);
  assertEquals(turned([80, 22], "services"), false);
  assertEquals(turned([22, 80], "services"), true);
  const known = read({ status: R.TCP_SYN, ports: [80, 40000] }, { portDirection: ["wellknown"] });
  assertEquals(known.words[R.SADDR], 1);
});

Deno.test("an ICMP answer without its request becomes requester and answer (DIR-8)", () => {
  const icmp = (type: number, pkts: readonly [number, number]) =>
    read({ proto: 1, ports: [type, 0x77], flags: R.FLAG_REVERSE | R.FLAG_CORRECTED, pkts, net: 0 });
  const alone = icmp(8, [1, 0]);
  assertEquals([...ends(alone), R.direction(alone, 0), state(alone)], [1, 0, 2, 0x77, "<- ", "ECR"]);
  const both = icmp(8, [1, 1]);
  assertEquals([both.words[R.SADDR], state(both)], [2, "ECO"]);
  const mask = icmp(17, [1, 0]);
  assertEquals([...ends(mask), R.direction(mask, 0), state(mask)], [1, 0, 2, 0x77, "<- ", "ECR"]);
});

Deno.test("RTP needs five packets of one side, and IPv4", () => {
  const rtp = (pkts: readonly [number, number], key = R.KEY_IPV4) =>
    R.protoText(read({ proto: 17, key, pkts, net: R.NET_RTP }), 0);
  assertEquals([rtp([5, 0]), rtp([4, 4]), rtp([4, 5]), rtp([9, 9], R.KEY_IPV6)], [
    "rtp",
    "udp",
    "rtp",
    "udp",
  ]);
});

Deno.test("a silent side has neither window nor flags (format section 7)", () => {
  const batch = raw({ pkts: [3, 0] });
  for (const side of [R.SIDE, R.DSIDE]) batch.words[side + R.T_WIN] = batch.words[side + R.T_FLAGS] = 5;
  R.asRead(batch, 0);
  const of = (side: number) => [batch.words[side + R.T_WIN], batch.words[side + R.T_FLAGS]];
  assertEquals([of(R.SIDE), of(R.DSIDE)], [[5, 5], [0, 0]]);
});

Deno.test("management records pass unchanged", () => {
  const before = raw({ flags: R.FLAG_MAR | R.FLAG_REVERSE });
  const after = raw({ flags: R.FLAG_MAR | R.FLAG_REVERSE });
  R.asRead(after, 0);
  assertEquals(after.words, before.words);
});
