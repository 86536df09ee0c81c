import { assertEquals } from "@std/assert";
import { ArgusWriter, readArgus } from "../../lib/formats/mod.ts";
import * as R from "../../lib/record/mod.ts";

type Words = Readonly<Record<number, number>>;

/** A TCP record with a network section of this kind; packets of source and destination. */
function add(batch: R.RecordBatch, net: number, words: Words, packets: readonly [number, number] = [3, 4]) {
  const row = batch.addBlank(), w = row * R.WORDS, d = row * R.DOUBLES;
  const all = {
    [R.KEY_TYPE]: R.KEY_IPV4,
    [R.PROTO]: 6,
    [R.SADDR]: 0x0a000001,
    [R.DADDR]: 0x0a000002,
    [R.FLAGS]: R.FLAG_TIME | R.FLAG_METRIC | R.FLAG_TRANSPORT | (net === R.NET_FRAG ? R.FLAG_FRAGMENT : 0),
    [R.CAUSE]: R.CAUSE_START,
    [R.NET]: net,
    ...words,
  };
  for (const [at, value] of Object.entries(all)) batch.words[w + Number(at)] = value;
  batch.doubles.set([1e15, 2e15, NaN, NaN, ...packets, packets[0] * 100, packets[1] * 100], d);
  if (net === R.NET_TCP_PERF) batch.doubles[d + R.S_LAST] = batch.doubles[d + R.D_LAST] = 1e15;
}

/** The words of a fragment section: one fragment of 20 bytes, as a little endian machine writes them. */
const FRAGMENT: Words = { 0: 1, 3: 20, 4: 20, 6: 20 };
const fragment = (words: Words = FRAGMENT): Words =>
  Object.fromEntries(
    Object.entries(words).map(([i, n]) => [R.FRAG_BODY + Number(i), n << 24 | (n & 0xff00) << 8]),
  );

const FULL: Words = {
  [R.TCP_STATUS]: R.TCP_SYN | R.TCP_SYNACK | R.TCP_EST,
  [R.TCP_STATE]: 6,
  [R.SYNACK]: 1000,
  [R.SIDE + R.T_WIN]: 16199,
  [R.SIDE + R.T_RETRANS]: 2,
  [R.DSIDE + R.T_SEQBASE]: 0x22220000,
  [R.DSIDE + R.T_WIN]: 81,
};

async function read(batch: R.RecordBatch, most = 4096): Promise<R.RecordBatch> {
  const writer = new ArgusWriter();
  writer.begin();
  writer.writeBatch(batch);
  const out = new R.RecordBatch(4);
  for await (const rows of readArgus(writer.end(), { batch: most })) {
    for (let row = 0; row < rows.length; row++) {
      R.asRead(rows, row);
      out.append(rows, row);
    }
  }
  return out;
}

/** What the fields say of the last flow record. */
function last(batch: R.RecordBatch, names: string): unknown[] {
  return names.split(" ").map((name) => R.valueOf(R.fieldOf(name), batch, batch.length - 2));
}

Deno.test("a TCP fragment shows its own words as round trip time, and the windows that an earlier record left", async () => {
  const batch = new R.RecordBatch(2);
  add(batch, R.NET_TCP_PERF, FULL);
  add(batch, R.NET_FRAG, fragment());
  for (const most of [1, 4096]) {
    const back = await read(batch, most);
    assertEquals(last(back, "tcprtt synack swin dwin dtcpb state dir"), [
      0.00004,
      0.00002,
      16199,
      81,
      0x22220000,
      "CON",
      "->",
    ]);
    // Machine state 0: losses do not count, as in the real program.
    assertEquals(last(back, "sloss flgs"), [0, "      f"]);
  }
});

for (
  const [what, net, words, window] of [
    ["a status form clears the place", R.NET_TCP_STATUS, { [R.SIDE + R.T_FLAGS]: 16 }, 0],
    ["a short form leaves its window", R.NET_TCP_INIT, { [R.SIDE + R.T_WIN]: 500 }, 500],
    ["an ARP section clears it", R.NET_ARP, {}, 0],
    ["an ESP section is too short to reach there", R.NET_ESP, {}, 16199],
    ["no section leaves it", R.NET_NONE, {}, 16199],
  ] as const
) {
  Deno.test(`before a TCP fragment, ${what}`, async () => {
    const batch = new R.RecordBatch(3);
    add(batch, R.NET_TCP_PERF, FULL);
    add(batch, net, words);
    add(batch, R.NET_FRAG, fragment());
    assertEquals(last(await read(batch), "swin"), [window]);
  });
}

Deno.test("what was left is what the reader made of it: a silent side has no window", async () => {
  const batch = new R.RecordBatch(2);
  add(batch, R.NET_TCP_PERF, FULL, [1, 0]);
  add(batch, R.NET_FRAG, fragment());
  assertEquals(last(await read(batch), "swin dwin"), [16199, 0]);
});

Deno.test("direction and flags of a TCP fragment come from its first word, which counts fragments", async () => {
  for (const [count, dir] of [[1, "->"], [2, "->"], [4, "<?>"], [8, "<?>"]] as const) {
    const batch = new R.RecordBatch(1);
    add(batch, R.NET_FRAG, fragment({ ...FRAGMENT, 0: count }));
    assertEquals(last(await read(batch), "dir"), [dir]);
  }
});

Deno.test("a TCP fragment is written as it was read", async () => {
  const batch = new R.RecordBatch(1);
  add(batch, R.NET_FRAG, fragment());
  const back = await read(batch), again = await read(back);
  assertEquals(back.more!.get(1)!.network, again.more!.get(2)!.network);
  assertEquals(R.valueOf(R.fieldOf("tcprtt"), again, 2), 0.00004);
});

Deno.test("application bytes beyond the width of the byte counts are cut", async () => {
  const batch = new R.RecordBatch(1);
  add(batch, R.NET_NONE, {}, [1, 1]);
  batch.doubles.set([1, 1, 120, 200, 282, 5], R.S_PKTS);
  assertEquals(last(await read(batch), "sbytes dbytes sappbytes dappbytes"), [120, 200, 26, 5]);
});
