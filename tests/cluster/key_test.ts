import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { Clusterer, Key } from "../../lib/cluster/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { batchOf, ip, type Made, tell } from "./rows.ts";

function same(by: readonly string[], a: Made, b: Made): boolean {
  const key = Key.parse(by), batch = batchOf(a, b);
  const x = new Int32Array(key.size), y = new Int32Array(key.size);
  const one = key.read(batch, 0, x), other = key.read(batch, 1, y);
  return one === other && x.every((word, i) => word === y[i]);
}

Deno.test("records share a key when its fields agree, and only then", () => {
  assertEquals(same(["saddr"], { dport: 1 }, { dport: 2 }), true);
  assertEquals(same(["saddr"], {}, { from: "10.0.0.9" }), false);
  assertEquals(same(["saddr/24"], {}, { from: "10.0.0.9" }), true);
  assertEquals(same(["saddr/255.255.255.0"], {}, { from: "10.0.1.1" }), false);
  assertEquals(same(["sport"], { proto: 17 }, { proto: 6 }), false, "a port implies its protocol");
  assertEquals(same([], {}, { srcid: 2 }), false);
});

Deno.test("reversed key of one record is the key of the other way round", () => {
  const key = Key.parse();
  const batch = batchOf({}, { from: "10.0.0.2", to: "10.0.0.1", sport: 80, dport: 40000 });
  const x = new Int32Array(key.size), y = new Int32Array(key.size);
  assertEquals(key.read(batch, 0, x), key.readReversed(batch, 1, y));
  assertEquals(x, y);
});

Deno.test("IGMP has no ports in its key, ARP and IPv4 never share one", () => {
  assertEquals(same([], { proto: 2, sport: 0x16 }, { proto: 2, sport: 0x17 }), true);
  const key = Key.parse(["saddr"]), batch = batchOf({}, {});
  batch.words[R.WORDS + R.KEY_TYPE] = R.KEY_ARP;
  const x = new Int32Array(key.size), y = new Int32Array(key.size);
  key.read(batch, 0, x);
  key.read(batch, 1, y);
  assertEquals(x.every((word, i) => word === y[i]), false);
});

Deno.test("a mask cuts the address that is kept", () => {
  const clusterer = new Clusterer({ by: ["saddr/24"], correct: "none" });
  const batch = batchOf({}, { from: "10.0.0.200" });
  clusterer.add(batch, 0);
  clusterer.add(batch, 1);
  const out = clusterer.flush();
  assertEquals([out.length, out.words[R.SADDR]], [1, ip("10.0.0.0")]);
});

Deno.test("matrix turns records so that the lower address comes first", () => {
  const clusterer = new Clusterer({ by: ["matrix"], correct: "none" });
  const batch = batchOf(
    { proto: 17, spkts: 3, dpkts: 1 },
    { proto: 17, from: "10.0.0.2", to: "10.0.0.1", sport: 80, dport: 40000, spkts: 5, dpkts: 2 },
  );
  clusterer.add(batch, 0);
  clusterer.add(batch, 1);
  assertEquals(tell(clusterer.flush()), ["10.0.0.1:40000 <-> 10.0.0.2:80 5+6 0..0 x2"]);
});

Deno.test("rmon counts each record for both ends", () => {
  const clusterer = new Clusterer({ rmon: true, correct: "none" });
  const batch = batchOf({ proto: 17, spkts: 3 }, { proto: 17, sport: 40001, spkts: 5 });
  clusterer.add(batch, 0);
  clusterer.add(batch, 1);
  assertEquals(tell(clusterer.flush()), [
    "10.0.0.1:40000 <-> 10.0.0.2:80 3+1 0..0 x1",
    "10.0.0.1:40001 <-> 10.0.0.2:80 5+1 0..0 x1",
    "10.0.0.2:80 <-> 10.0.0.1:0 2+8 0..0 x2",
  ]);
});

for (
  const [by, message] of [
    [["sadr"], 'Expected an aggregation field but found "sadr"'],
    [["saddr/x"], "Expected a prefix length (0 to 128) or a mask such as 255.255.0.0"],
    [["saddr/255.0.255.0"], "Expected a prefix length (0 to 128) or a mask"],
    [["sport/8"], "Expected a mask only on saddr, daddr or inode"],
  ] as const
) {
  Deno.test(`refused: ${by}`, () => {
    assertThrows(() => Key.parse(by), Problem, message);
  });
}
