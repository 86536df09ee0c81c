import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as R from "../../lib/record/mod.ts";
import { anyRecord } from "./rows.ts";

const { mergeRow, settleRow, enterRow, joinLabels, RecordBatch } = R;

/** Words that mean something only under a flag: such words of a row without the flag are zero. */
const FLAGGED: readonly (readonly [flag: number, words: readonly number[], mask: number])[] = [
  [R.FLAG_S_IP, [R.S_IP], -1],
  [R.FLAG_D_IP, [R.D_IP], -1],
  [R.FLAG_S_VLAN, [R.VLAN], 0xffff0000],
  [R.FLAG_D_VLAN, [R.VLAN], 0xffff],
  [R.FLAG_S_MPLS, [R.S_MPLS], -1],
  [R.FLAG_D_MPLS, [R.D_MPLS], -1],
  [R.FLAG_MAC, [R.MAC, R.MAC + 1, R.MAC + 2, R.MAC_TYPE], -1],
  [R.FLAG_ICMP_MAP, [0, 1, 2, 3, 4, 5, 6].map((i) => R.ICMP_MAP + i), -1],
];

/** Takes out of a random row what no reader or meter writes: values of sections that are absent. */
function canonical(batch: R.RecordBatch, row: number): void {
  const w = row * R.WORDS, d = row * R.DOUBLES, words = batch.words, doubles = batch.doubles;
  const flags = words[w + R.FLAGS]!;
  for (const [flag, at, mask] of FLAGGED) {
    if ((flags & flag) === 0) { for (const i of at) words[w + i]! &= ~mask; }
  }
  const type = words[w + R.KEY_TYPE];
  if (type !== R.KEY_IPV4 && type !== R.KEY_IPV6) words[w + R.FLAGS]! &= ~R.FLAG_MASKS;
  if ((flags & R.FLAG_TRANSPORT) === 0) {
    words[w + R.FLAGS]! &= ~(R.FLAG_SRCID_INT | R.FLAG_SRCID_TEXT);
    words[w + R.SRCID] = 0;
  }
  if (type === R.KEY_IPV4) {
    for (const side of [R.SADDR, R.DADDR]) words.fill(0, w + side + 1, w + side + 4);
  }
  const net = words[w + R.NET]!;
  if (net === 0) words.fill(0, w + R.TCP_STATUS, w + R.SIDE + 2 * R.SIDE_WORDS);
  if (net < R.NET_TCP_INIT || net > R.NET_TCP_PERF) doubles[d + R.S_LAST] = doubles[d + R.D_LAST] = NaN;
  for (let side = 0; side < 2; side++) {
    words[w + R.S_NANO + side]! &= 0xfffff;
    if (Number.isNaN(doubles[d + R.S_START + 2 * side]!)) words[w + R.S_NANO + side]! &= ~0x3ff;
    if (Number.isNaN(doubles[d + R.S_END + 2 * side]!)) words[w + R.S_NANO + side]! &= 0x3ff;
  }
  if (!batch.agr) words[w + R.FLAGS]! &= ~R.FLAG_AGR;
  if (!batch.jitter) words[w + R.FLAGS]! &= ~R.FLAG_JITTER;
  else {
    for (let i = row * R.JITTER_DOUBLES; i < (row + 1) * R.JITTER_DOUBLES; i += 5) {
      if (batch.jitter[i] === 0) batch.jitter.fill(0, i, i + 5);
    }
  }
}

/** Random records that are like enough to share keys, times and kinds now and then. */
const record = fc.tuple(
  anyRecord(),
  fc.record({
    common: fc.array(fc.nat({ max: R.WORDS - 1 }), { maxLength: 60 }),
    label: fc.option(fc.constantFrom("a", "b:c", "x=1,2", "x=2")),
    sizes: fc.option(fc.array(fc.nat({ max: 15 }), { minLength: 8, maxLength: 8 })),
    network: fc.option(fc.constantFrom(1, 2).map((n) => Uint8Array.of(n))),
    trail: fc.option(fc.constantFrom("syn: x", "syn: y")),
    time: fc.option(fc.nat({ max: 3 })),
  }),
).map(([{ batch, row }, also]) => {
  for (const i of also.common) {
    if (i !== R.FLAGS && i !== R.KEY_TYPE && i !== R.NET) batch.words[row * R.WORDS + i] = 7;
  }
  if (also.time !== null) batch.doubles.fill(also.time * 1e6, row * R.DOUBLES, row * R.DOUBLES + 4);
  canonical(batch, row);
  const more: R.More = {};
  if (also.label !== null) more.label = also.label;
  if (also.sizes !== null) more.sizes = [also.sizes, undefined];
  if (also.network !== null) more.network = also.network;
  if (also.trail !== null) more.trail = [also.trail];
  if (Object.keys(more).length) Object.assign(batch.moreOf(row), more);
  return { batch, row };
});

interface Held {
  readonly batch: R.RecordBatch;
  readonly row: number;
}

function copy({ batch, row }: Held): Held {
  const one = new RecordBatch(1);
  return { batch: one, row: one.append(batch, row) };
}

/** A fresh record: b merged into a. */
function merged(a: Held, b: Held, rules: R.MergeRules = "exact"): Held {
  const out = copy(a);
  mergeRow(out.batch, out.row, b.batch, b.row, rules);
  return out;
}

/** Everything a row holds; numbers that are sums of floats are rounded. */
function whole({ batch, row }: Held): unknown {
  const float = (bank: Float64Array | undefined, size: number, round: (i: number) => boolean) =>
    [...(bank ?? new Float64Array(size)).slice(row * size, (row + 1) * size)]
      .map((v, i) => round(i) ? Number(v.toPrecision(7)) : v);
  const jitter = batch.words[row * R.WORDS + R.FLAGS]! & R.FLAG_JITTER;
  return {
    words: [...batch.words.slice(row * R.WORDS, (row + 1) * R.WORDS)],
    doubles: float(batch.doubles, R.DOUBLES, () => false),
    jitter: jitter
      ? float(batch.jitter, R.JITTER_DOUBLES, (i) => i % 5 === R.J_MEAN || i % 5 === R.J_STDEV)
      : [],
    agr: float(batch.agr, R.AGR_DOUBLES, (i) => i === R.AGR_MEAN || i === R.AGR_STDEV),
    user: [batch.user?.[2 * row], batch.user?.[2 * row + 1]],
    more: batch.more?.get(row) ?? {},
  };
}

Deno.test("exact merging does not depend on the order of two records", () => {
  fc.assert(
    fc.property(record, record, (a, b) => assertEquals(whole(merged(a, b)), whole(merged(b, a)))),
    { numRuns: 500 },
  );
});

Deno.test("exact merging does not depend on how three records are grouped", () => {
  fc.assert(
    fc.property(
      record,
      record,
      record,
      (a, b, c) => assertEquals(whole(merged(merged(a, b), c)), whole(merged(a, merged(b, c)))),
    ),
    { numRuns: 500 },
  );
});

Deno.test("merging keeps the totals and does not touch the second record, by both rules", () => {
  fc.assert(
    fc.property(record, record, fc.constantFrom<R.MergeRules>("exact", "argus"), (a, b, rules) => {
      const before = whole(b), sum = merged(a, b, rules);
      for (let i = R.S_PKTS; i <= R.D_APP; i++) {
        assertEquals(
          sum.batch.doubles[sum.row * R.DOUBLES + i],
          a.batch.doubles[a.row * R.DOUBLES + i]! + b.batch.doubles[b.row * R.DOUBLES + i]!,
        );
      }
      assertEquals(sum.batch.agr![sum.row * R.AGR_DOUBLES + R.AGR_COUNT], 2);
      assertEquals(whole(b), before);
    }),
    { numRuns: 300 },
  );
});

/** A TCP record of a few values. */
function tcp(words: Record<number, number>, doubles: Record<number, number> = {}): Held {
  const batch = new RecordBatch(1), row = batch.addBlank();
  const all = { [R.KEY_TYPE]: R.KEY_IPV4, [R.PROTO]: 6, [R.NET]: R.NET_TCP_PERF, ...words };
  for (const [i, v] of Object.entries(all)) batch.words[Number(i)] = v;
  for (const [i, v] of Object.entries(doubles)) batch.doubles[Number(i)] = v;
  return { batch, row };
}

const at = ({ batch, row }: Held, i: number) => batch.words[row * R.WORDS + i]! >>> 0;

Deno.test("addresses keep their common prefix and its length", () => {
  const sum = merged(
    tcp({ [R.SADDR]: 0x0a000001, [R.DADDR]: 5 }),
    tcp({ [R.SADDR]: 0x0a0000c8, [R.DADDR]: 5 }),
  );
  assertEquals([at(sum, R.SADDR), at(sum, R.DADDR), at(sum, R.KEY_EXTRA)], [0x0a000000, 5, 24 << 8 | 32]);
});

Deno.test("exact: window and sequence are those of the later packet, whichever record comes first", () => {
  const early = tcp({ [R.SIDE + R.T_WIN]: 100, [R.SIDE + R.T_SEQ]: 9 }, { [R.S_LAST]: 1 });
  const late = tcp({ [R.SIDE + R.T_WIN]: 50, [R.SIDE + R.T_SEQ]: 3 }, { [R.S_LAST]: 2 });
  for (const sum of [merged(early, late), merged(late, early)]) {
    assertEquals([at(sum, R.SIDE + R.T_WIN), at(sum, R.SIDE + R.T_SEQ)], [50, 3]);
  }
});

Deno.test("exact: network sections of different kinds leave none, in any company", () => {
  const esp = tcp({ [R.PROTO]: 50, [R.NET]: R.NET_ESP }), none = tcp({ [R.NET]: R.NET_NONE });
  for (const [a, b, c] of [[tcp({}), esp, none], [none, tcp({}), esp], [esp, none, tcp({})]] as const) {
    const sum = merged(merged(a, b), c);
    settleRow(sum.batch, sum.row);
    assertEquals(at(sum, R.NET), R.NET_NONE);
  }
});

// What racluster 3.0.8.2 gave for records made by hand: first record, second record, result.
const BASE = R.SIDE + R.T_SEQBASE, SEQ = R.SIDE + R.T_SEQ, ACKBYTES = R.SIDE + R.T_ACKBYTES;
for (
  const [base, seq, base2, seq2, ...wanted] of [
    [1000, 1100, 1000, 1099, 1000, 1099, 5],
    [1000, 1100, 5, 100, 5, 1100, 5],
    [1000, 1100, 2000, 2100, 1000, 2100, 5],
    [0xfffffff0, 0xffffffff, 5, 100, 0, 0xffffffff, 99],
    [65536, 65636, 0, 100, 0, 65636, 5],
    [65537, 65637, 0, 100, 0, 65637, 104],
  ] as const
) {
  Deno.test(`argus: source sequence ${base}..${seq} with ${base2}..${seq2}`, () => {
    const sum = merged(
      tcp({ [BASE]: base, [SEQ]: seq, [ACKBYTES]: 5 }),
      tcp({ [BASE]: base2, [SEQ]: seq2 }),
      "argus",
    );
    assertEquals([at(sum, BASE), at(sum, SEQ), at(sum, ACKBYTES)], [...wanted]);
  });
}

Deno.test("argus: round trip times, options and state are the last record's, whatever they are", () => {
  const sum = merged(
    tcp({ [R.SYNACK]: 10000, [R.TCP_OPTIONS]: R.OPT_WSCALE, [R.TCP_STATE]: 3, [R.TCP_STATUS]: 1 }),
    tcp({ [R.TCP_OPTIONS]: R.OPT_MSS, [R.TCP_STATE]: 5, [R.TCP_STATUS]: 4 }),
    "argus",
  );
  assertEquals(
    [R.SYNACK, R.TCP_OPTIONS, R.TCP_STATE, R.TCP_STATUS].map((i) => at(sum, i)),
    [0, R.OPT_MSS, 5, 5],
  );
});

Deno.test("argus: a short TCP form is replaced by every full one and leaves a full one but for its options", () => {
  const short = tcp({
    [R.NET]: R.NET_TCP_INIT,
    [R.TCP_STATUS]: 0x1000,
    [BASE]: 999,
    [R.TCP_OPTIONS]: R.OPT_MSS,
  });
  const full = tcp({ [R.TCP_STATUS]: 7, [BASE]: 1000, [R.TCP_STATE]: 4, [R.TCP_OPTIONS]: R.OPT_WSCALE });
  const grown = merged(short, full, "argus");
  assertEquals([R.NET, R.TCP_STATUS, BASE].map((i) => at(grown, i)), [R.NET_TCP_INIT, 7, 1000]);
  const kept = merged(full, short, "argus");
  assertEquals(
    [R.NET, R.TCP_STATUS, BASE, R.TCP_OPTIONS, R.TCP_STATE].map((i) => at(kept, i)),
    [R.NET_TCP_PERF, 7, 1000, R.OPT_MSS, 0],
  );
});

Deno.test("argus: ttl is the smallest, tos 0 when different, options are XORed, absent sections stay absent", () => {
  const both = R.FLAG_S_IP | R.FLAG_S_IPOPT;
  const a = tcp({ [R.FLAGS]: both, [R.S_IP]: 64 << 24 | 8 << 16 | 100, [R.S_IPOPT]: 1 });
  const b = tcp({
    [R.FLAGS]: both | R.FLAG_MAC,
    [R.S_IP]: 63 << 24 | 16 << 16 | 101,
    [R.S_IPOPT]: 3,
    [R.MAC]: 9,
  });
  const sum = merged(a, b, "argus");
  assertEquals([at(sum, R.S_IP), at(sum, R.S_IPOPT)], [63 << 24 | 100, 2]);
  assertEquals(at(sum, R.FLAGS) & R.FLAG_MAC, 0);
});

Deno.test("argus: of fragments whose addresses differ nothing is left, by either record", () => {
  const whole = tcp({ [R.SADDR]: 0x0a000001, [R.DADDR]: 0x0a000101 });
  const fragment = (daddr: number) =>
    tcp({ [R.SADDR]: 0x0a000001, [R.DADDR]: daddr, [R.FLAGS]: R.FLAG_FRAGMENT, [R.NET]: R.NET_FRAG });
  for (const [a, b] of [[whole, fragment(0x0a000102)], [fragment(0x0a000102), whole]] as const) {
    assertEquals([at(merged(a, b, "argus"), R.SADDR), at(merged(a, b, "argus"), R.DADDR)], [0x0a000001, 0]);
  }
  // Once merged with a fragment a record has no mask left for others either.
  const later = merged(merged(whole, fragment(0x0a000101), "argus"), tcp({ [R.DADDR]: 0x0a000102 }), "argus");
  assertEquals(at(later, R.DADDR), 0);
});

Deno.test("argus: the kind of flow and its fragment marks are the first record's", () => {
  const overlapping = tcp({ [R.FLAGS]: R.FLAG_FRAGMENT | R.FLAG_FRAG_OVERLAP, [R.NET]: R.NET_FRAG });
  const flags = (a: Held, b: Held) => R.flagLetters(merged(a, b, "argus").batch, 0)[6];
  assertEquals([flags(overlapping, tcp({})), flags(tcp({}), overlapping)], ["F", " "]);
});

Deno.test("argus: of flows below IP everything stays the first record's", () => {
  const frame = (proto: number, to: number): Held =>
    tcp({ [R.KEY_TYPE]: R.KEY_ETHER, [R.NET]: R.NET_NONE, [R.PROTO]: proto, [R.DADDR]: to, [R.SPORT]: to });
  const sum = merged(frame(0x88cc, 1), frame(0x8809, 2), "argus");
  assertEquals([R.PROTO, R.DADDR, R.SPORT].map((i) => at(sum, i)), [0x88cc, 1, 1]);
  const other = merged(frame(0x88cc, 1), tcp({ [R.DADDR]: 5 }), "argus");
  assertEquals([R.PROTO, R.DADDR, R.KEY_TYPE].map((i) => at(other, i)), [0x88cc, 1, R.KEY_ETHER]);
});

// Start and end of the source in two records, in tenths of seconds, and what racluster made of them.
for (
  const [a, b, wanted] of [
    [[0, 59], [50, 55], [0, 55]],
    [[0, 59], [55, 55], [0, 55]],
    [[51, 59], [50, 55], [50, 59]],
    [[1, 59], [5, 55], [1, 59]],
    [[0, 59], [40, 45], [0, 59]],
    [[0, 59], [70, 75], [0, 75]],
  ] as const
) {
  Deno.test(`argus: source times ${a} with ${b}`, () => {
    const of = (side: number, [start, end]: readonly [number, number]) =>
      tcp({}, { [side]: start * 1e5 + 1e12, [side + 1]: end * 1e5 + 1e12 });
    const times = ({ batch }: Held, side: number) =>
      [0, 1].map((i) => (batch.doubles[side + i]! - 1e12) / 1e5);
    assertEquals(times(merged(of(R.S_START, a), of(R.S_START, b), "argus"), R.S_START), [...wanted]);
    // The destination's end is the later one.
    const back = times(merged(of(R.D_START, a), of(R.D_START, b), "argus"), R.D_START);
    assertEquals(back, [wanted[0], Math.max(a[1], b[1])]);
  });
}

Deno.test("argus: a side seen at one moment does not end a record whose other side lasted", () => {
  const lasting = tcp({}, { [R.S_START]: 1e12, [R.S_END]: 1e12 + 5e6 });
  const moment = tcp({}, { [R.D_START]: 1e12 + 9e6, [R.D_END]: 1e12 + 9e6 });
  const sum = merged(lasting, moment, "argus");
  settleRow(sum.batch, sum.row, "argus");
  assertEquals(R.lastTime(sum.batch, sum.row), 1e12 + 5e6);
  assertEquals(R.duration(sum.batch, sum.row), 9);
});

Deno.test("argus: an aggregate whose only side begins without time begins at 0 and lasts nothing", () => {
  const unset = tcp({}, { [R.S_START]: 0xefffffff * 1e6, [R.S_END]: 0 });
  settleRow(unset.batch, unset.row, "argus");
  assertEquals([R.startTime(unset.batch, 0), R.duration(unset.batch, 0)], [0, 0]);
  assertEquals(unset.batch.agr![R.AGR_MEAN], 0);
});

// Two jitter blocks (gaps, mean, standard deviation) and what racluster made of them, in each place.
for (
  const [block, first, second, wanted] of [
    ["source", [22, 7282597, 0], [55, 7074346.5, 31016.109375], 97661],
    ["destination, active", [22, 7282597, 0], [55, 7074346.5, 31016.109375], 97663],
    ["destination, idle", [12, 6347.05908203125, 0], [26, 7592.06005859375, 48.66621017456055], 579],
  ] as const
) {
  Deno.test(`argus: jitter of the ${block}`, () => {
    const at = block === "source" ? 0 : block === "destination, active" ? 10 : 15;
    const of = (values: readonly number[]) => {
      const held = tcp({ [R.FLAGS]: R.FLAG_JITTER });
      held.batch.jitterBank().set([values[0]!, 1, values[1]!, values[2]!, 9e6], at);
      return held;
    };
    const sum = merged(of(first), of(second), "argus");
    assertEquals(sum.batch.jitter![at + R.J_STDEV], wanted);
  });
}

Deno.test("statistics of many records equal those of their values", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 5e6 }), { minLength: 1, maxLength: 12 }), (durations) => {
      const [first, ...others] = durations.map((us) => tcp({}, { [R.S_START]: 0, [R.S_END]: us }));
      const sum = copy(first!);
      enterRow(sum.batch, sum.row);
      for (const other of others) mergeRow(sum.batch, sum.row, other.batch, other.row);
      const values = durations.map((us) => us / 1e6), n = values.length;
      const mean = values.reduce((a, b) => a + b, 0) / n;
      const deviation = Math.sqrt(values.reduce((a, v) => a + (v - mean) ** 2, 0) / n);
      const bank = sum.batch.agr!.slice(sum.row * R.AGR_DOUBLES);
      const close = (a: number, b: number) => assert(Math.abs(a - b) < 1e-6, `${a} against ${b}`);
      close(bank[R.AGR_MEAN]!, mean);
      close(bank[R.AGR_STDEV]!, deviation);
      assertEquals([bank[R.AGR_COUNT], bank[R.AGR_MIN], bank[R.AGR_MAX]], [
        n,
        Math.min(...values),
        Math.max(...values),
      ]);
    }),
    { numRuns: 100 },
  );
});

// Labels as racluster printed them.
for (
  const [labels, wanted] of [
    [["b", "a", "b", "a=1:c", "d"], "b:a=1:c:d"],
    [["x", "x,y"], "x:x,y"],
    [["sloc=US", "sloc=DE:dloc=FR"], "sloc=US,DE:dloc=FR"],
    [["x=1,2", "x=2,3:y=9", "y=9,8"], "x=1,2,3:y=9,8"],
    [["a=1", "b", "a"], "a=1:b"],
  ] as const
) {
  Deno.test(`labels ${labels.join(" + ")}`, () =>
    assertEquals([...labels].reduce<string>((a, b) => joinLabels(a, b, false), ""), wanted));
}
