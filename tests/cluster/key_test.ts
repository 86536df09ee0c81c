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

/** Whether two rows of these words share the key. */
function alike(
  by: readonly string[],
  a: Readonly<Record<number, number>>,
  b: Readonly<Record<number, number>>,
  exact = false,
) {
  const key = Key.parse(by, false, exact), batch = batchOf({ proto: 0 }, { proto: 0 });
  [a, b].forEach((words, row) => {
    for (const [at, value] of Object.entries(words)) batch.words[row * R.WORDS + Number(at)] = value;
  });
  const x = new Int32Array(key.size), y = new Int32Array(key.size);
  return key.read(batch, 0, x) === key.read(batch, 1, y) && x.every((word, i) => word === y[i]);
}

Deno.test("only some protocols have ports; racluster knows half of an SPI", () => {
  const gre = { [R.PROTO]: 47 }, esp = { [R.PROTO]: 50 };
  assertEquals(alike([], { ...gre, [R.SPORT]: 1 }, { ...gre, [R.SPORT]: 2 }), true);
  assertEquals(alike(["dport"], { ...esp, [R.DPORT]: 0x10001 }, { ...esp, [R.DPORT]: 0x20001 }), true);
  assertEquals(alike(["dport"], { ...esp, [R.DPORT]: 0x10001 }, { ...esp, [R.DPORT]: 0x20001 }, true), false);
  const icmp6 = { [R.KEY_TYPE]: R.KEY_IPV6, [R.PROTO]: 58 };
  assertEquals(alike(["dport"], icmp6, { ...icmp6, [R.KEY_EXTRA]: 9 }), false, "the id is the port");
  assertEquals(alike(["sport"], icmp6, { ...icmp6, [R.DPORT]: 1 }), false, "the code goes with the type");
});

Deno.test("802.11: both addresses mean the transmitter, the ports SSID and network", () => {
  const wlan = { [R.KEY_TYPE]: R.KEY_WLAN };
  for (const name of ["saddr", "daddr"]) {
    assertEquals(alike([name], wlan, { ...wlan, [R.DADDR]: 9 }), true, name);
    assertEquals(alike([name], wlan, { ...wlan, [R.SADDR + 1]: 9 << 16 }), false, name);
  }
  assertEquals(alike(["proto"], { ...wlan, [R.DADDR]: 0x10000 }, { ...wlan, [R.DADDR]: 0x20000 }), false);
  assertEquals(alike(["proto"], { ...wlan, [R.DADDR]: 1 }, { ...wlan, [R.DADDR]: 2 }), true);
  assertEquals(alike(["sport"], wlan, { ...wlan, [R.WLAN_SSID[7]]: 9 }), false);
  assertEquals(alike(["dport"], wlan, { ...wlan, [R.SADDR + 2]: 9 }), false);
});

Deno.test("IS-IS: four bytes of the sender's id; of a link state its number, of a greeting a part of the LAN's id", () => {
  const pdu = (proto: number) => ({ [R.KEY_TYPE]: R.KEY_ISIS, [R.PROTO]: proto });
  const link = pdu(20), greeting = pdu(16), sequence = pdu(25);
  assertEquals(alike(["saddr"], link, { ...link, [R.SADDR + 2]: 9 }), false);
  assertEquals(alike(["saddr"], link, { ...link, [R.SADDR]: 9, [R.SADDR + 3]: 9 }), true);
  assertEquals(alike(["daddr"], link, { ...link, [R.DADDR + 2]: 9 }), false);
  assertEquals(alike(["daddr"], greeting, { ...greeting, [R.DADDR + 2]: 9 }), true);
  assertEquals(alike(["daddr"], greeting, { ...greeting, [R.DADDR + 2]: 9 << 16 }), false);
  assertEquals(alike(["daddr"], sequence, { ...sequence, [R.DADDR + 2]: 9 << 16 }), true);
  assertEquals(alike(["proto"], link, greeting), false);
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
