import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Clusterer, type ClusterOptions } from "../../lib/cluster/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { batchOf, type Made, tell } from "./rows.ts";

const SYN = 2, ACK = 0x10, FIN = 1, RST = 4;
/** Server and client of `Made` the other way round. */
const TURNED = { from: "10.0.0.2", to: "10.0.0.1", sport: 80, dport: 40000 } as const;

function clustered(records: readonly Made[], options: ClusterOptions = {}): R.RecordBatch {
  const clusterer = new Clusterer(options), batch = batchOf(...records);
  for (let row = 0; row < batch.length; row++) clusterer.add(batch, row);
  return clusterer.flush();
}

/** A connection that begins with a SYN and is seen in three records, the last two from a server that speaks first. */
const THREAD: readonly Made[] = [
  {
    start: 0,
    end: 10,
    status: 7,
    s: [SYN | ACK, 1000, 1011],
    d: [SYN | ACK, 5000, 5021],
    spkts: 3,
    dpkts: 2,
  },
  { ...TURNED, start: 100, end: 110, s: [ACK, 5020, 5041], d: [ACK, 1011, 1021] },
  { ...TURNED, start: 200, end: 210, s: [ACK | RST, 5041, 5061], d: [ACK, 1021, 1031] },
];
/** Another one on the same ports. */
const AGAIN: readonly Made[] = [
  { start: 300, end: 310, status: 7, s: [SYN | ACK, 90000, 90010], d: [SYN | ACK, 70000, 70010] },
];

Deno.test("records of a connection that lost its cache come back as one, in the direction of its SYN", () => {
  const out = clustered(THREAD);
  assertEquals(tell(out), ["10.0.0.1:40000 -> 10.0.0.2:80 5+4 0..210 x3"]);
  assertEquals(out.more?.get(0)?.trail, [
    "syn: was 10.0.0.2:80 <?> 10.0.0.1:40000 from 1970-01-01T00:01:40.000Z, 2 packets",
    "syn: was 10.0.0.2:80 <?> 10.0.0.1:40000 from 1970-01-01T00:03:20.000Z, 2 packets",
  ]);
  assertEquals(R.evidence(out, 0), "syn");
});

Deno.test("a SYN with another initial sequence number begins a new connection, the same one again does not", () => {
  assertEquals(tell(clustered([...THREAD, ...AGAIN])), [
    "10.0.0.1:40000 -> 10.0.0.2:80 5+4 0..210 x3",
    "10.0.0.1:40000 -> 10.0.0.2:80 1+1 300..310 x1",
  ]);
  const syn: Made = { status: 1, s: [SYN, 1000, 1000], d: [0, 0, 0], dpkts: 0 };
  assertEquals(clustered([syn, { ...syn, start: 70 }]).length, 1);
});

Deno.test("the result is the same in any order of the records", () => {
  const all = [
    ...THREAD,
    ...AGAIN,
    { start: 320, end: 321, s: [ACK, 90010, 90020], d: [ACK, 70010, 70020] } as Made,
  ];
  const wanted = tell(clustered(all));
  assertEquals(wanted.length, 2);
  fc.assert(fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (order) => {
    assertEquals(tell(clustered(order)), wanted);
  }));
});

Deno.test("totals are kept whatever is turned or separated", () => {
  const one: fc.Arbitrary<Made> = fc.record({
    turned: fc.boolean(),
    start: fc.nat({ max: 50 }),
    length: fc.nat({ max: 20 }),
    spkts: fc.nat({ max: 5 }),
    dpkts: fc.nat({ max: 5 }),
    status: fc.constantFrom(0, 1, 2, 4, 7),
    flags: fc.tuple(
      fc.constantFrom(0, SYN, ACK, SYN | ACK, FIN | ACK, RST),
      fc.constantFrom(0, SYN | ACK, ACK, RST),
    ),
    seq: fc.array(fc.nat({ max: 3 }), { minLength: 4, maxLength: 4 }),
    net: fc.constantFrom(R.NET_TCP_INIT, R.NET_TCP_PERF, R.NET_TCP_STATUS, R.NET_NONE),
    proto: fc.constantFrom(6, 6, 6, 17),
  }).map(({ turned, length, flags, seq, ...r }) => ({
    ...turned ? TURNED : {},
    ...r,
    end: r.start + length,
    s: [flags[0], seq[0]! * 1000, seq[1]! * 1000] as const,
    d: [flags[1], seq[2]! * 1000, seq[3]! * 1000] as const,
  }));
  const options = fc.record({
    idle: fc.constantFrom("never", 5),
    status: fc.constantFrom("never", 30),
    by: fc.constantFrom(undefined, ["saddr"], ["matrix"], ["proto"]),
  });
  const sum = (batch: R.RecordBatch) => {
    let packets = 0, records = 0;
    for (let row = 0; row < batch.length; row++) {
      packets += batch.doubles[row * R.DOUBLES + R.S_PKTS]! + batch.doubles[row * R.DOUBLES + R.D_PKTS]!;
      records += Number(tell(batch)[row]!.split(" x")[1]);
    }
    return [packets, records];
  };
  fc.assert(fc.property(fc.array(one, { minLength: 1, maxLength: 12 }), options, (records, o) => {
    assertEquals(sum(clustered(records, o)), sum(batchOf(...records)));
  }));
});

Deno.test("a SYN-ACK alone tells who the server is", () => {
  const out = clustered([
    { ...TURNED, status: 2 | 4, s: [SYN | ACK, 5000, 5010], d: [ACK, 1000, 1010], start: 1, end: 2 },
  ]);
  assertEquals(tell(out), ["10.0.0.1:40000 -> 10.0.0.2:80 1+1 1..2 x1"]);
  assertEquals(R.evidence(out, 0), "synack");
});

Deno.test("without any evidence the first record says the direction", () => {
  const late: Made = { start: 100, end: 110, s: [ACK, 1010, 1020], d: [ACK, 5010, 5020] };
  const early: Made = { ...TURNED, start: 1, end: 9, s: [ACK, 5000, 5010], d: [ACK, 1000, 1010] };
  for (const order of [[early, late], [late, early]]) {
    assertEquals(tell(clustered(order)), ["10.0.0.2:80 <?> 10.0.0.1:40000 2+2 1..110 x2"]);
  }
});

Deno.test("numbers far from where the connection stood are another connection, also without a SYN", () => {
  const a: Made = { start: 0, end: 1, s: [ACK | FIN, 1000, 1010], d: [ACK | FIN, 5000, 5010] };
  const b: Made = {
    start: 9,
    end: 10,
    s: [ACK, 1_900_000_000, 1_900_000_010],
    d: [ACK, 900_000_000, 900_000_010],
  };
  assertEquals(clustered([a, b]).length, 2);
});

Deno.test("numbers that wrap do not part a connection, and its base stays the first", () => {
  const out = clustered([
    { start: 0, end: 1, status: 7, s: [SYN | ACK, 0xfffffff0, 0xfffffffa], d: [SYN | ACK, 5000, 5010] },
    { start: 2, end: 3, s: [ACK, 0xfffffffa, 40], d: [ACK, 5010, 5020] },
    { start: 4, end: 5, s: [ACK, 40, 90], d: [ACK, 5020, 5030] },
  ]);
  assertEquals(out.length, 1);
  assertEquals(out.words[R.SIDE + R.T_SEQBASE]! >>> 0, 0xfffffff0);
});

Deno.test("a record that the meter stretched to the next SYN ends with its own last packet", () => {
  const batch = batchOf({ ...THREAD[0]!, end: 300, s: [SYN | RST | ACK, 1000, 1011] }, ...AGAIN);
  batch.doubles[R.S_LAST] = 8e6;
  batch.doubles[R.D_LAST] = 10e6;
  const clusterer = new Clusterer();
  for (let row = 0; row < 2; row++) clusterer.add(batch, row);
  const out = clusterer.flush();
  assertEquals(tell(out)[0], "10.0.0.1:40000 -> 10.0.0.2:80 3+2 0..10 x1");
  assert(out.more?.get(0)?.trail?.[0]?.startsWith("port-reuse: end was 1970-01-01T00:05:00.000Z"));
});

Deno.test("idle parts a conversation, status gives it in pieces that agree on the direction", () => {
  const udp = [0, 10, 50].map((start) => ({ proto: 17, start, end: start + 1 }));
  assertEquals(tell(clustered(udp, { idle: 20 })).length, 2);
  const pieces = clustered(THREAD, { status: 60 });
  assertEquals(tell(pieces), [
    "10.0.0.1:40000 -> 10.0.0.2:80 3+2 0..10 x1",
    "10.0.0.1:40000 <?> 10.0.0.2:80 1+1 100..110 x1",
    "10.0.0.1:40000 <?> 10.0.0.2:80 1+1 200..210 x1",
  ]);
});

Deno.test("with other keys the direction is settled before records are put together", () => {
  assertEquals(tell(clustered(THREAD, { by: ["saddr"] })), ["10.0.0.1:40000 -> 10.0.0.2:80 5+4 0..210 x3"]);
});
