import { assertEquals, assertRejects } from "@std/assert";
import { Problem } from "../../lib/base/mod.ts";
import { Counter, sortRecords, topRecords } from "../../lib/cluster/mod.ts";
import { ADDRESS_CLASSES, classesOfIpv4, classesOfIpv6 } from "../../lib/cluster/address_class.ts";
import * as R from "../../lib/record/mod.ts";
import { batchOf, gather, ip, type Made, stream } from "./rows.ts";

const RECORDS: readonly Made[] = [
  { srcid: 1, proto: 17, sport: 9, spkts: 5, start: 3, end: 9 },
  { srcid: 2, proto: 6, sport: 7, spkts: 9, start: 1, end: 2 },
  { srcid: 3, proto: 1, sport: 8, spkts: 1, start: 2, end: 9 },
  { srcid: 4, proto: 6, sport: 8, spkts: 5, start: 4, end: 5 },
];

async function order(keys: readonly string[], reverse = false): Promise<string> {
  const out = await gather(sortRecords(stream(batchOf(...RECORDS)), keys, { reverse }));
  return Array.from({ length: out.length }, (_, row) => out.words[row * R.WORDS + R.SRCID]).join("");
}

Deno.test("times and durations sort upwards, counters downwards, ports of ICMP count as 0, equal records keep their order", async () => {
  assertEquals(await order([]), "2314");
  assertEquals(await order(["dur"]), "2413");
  assertEquals(await order(["spkts"]), "2143");
  assertEquals(await order(["sport"]), "3241");
  assertEquals(await order(["proto", "spkts"]), "1243");
  assertEquals(await order(["spkts"], true), "3142");
  assertEquals(await order(["+spkts", "-stime"]), "3412");
  await assertRejects(() => order(["nosuch"]), Problem, 'Expected a field to sort by but found "nosuch"');
});

Deno.test("addresses sort by kind of flow; Ethernet flows by their source whichever column, IS-IS after them in no order", async () => {
  const kinds = [R.KEY_ARP, R.KEY_ISIS, R.KEY_ETHER, R.KEY_ISIS, R.KEY_ETHER, R.KEY_IPV6, R.KEY_IPV4];
  for (const name of ["saddr", "daddr"]) {
    const batch = batchOf(...kinds.map((_, i) => ({ srcid: i })));
    kinds.forEach((kind, row) => {
      const w = row * R.WORDS;
      batch.words[w + R.KEY_TYPE] = kind;
      batch.words[w + R.SADDR] = 100 - row;
      batch.words[w + R.DADDR] = row;
    });
    const out = await gather(sortRecords(stream(batch), [name]));
    const ranks = Array.from({ length: out.length }, (_, row) => out.words[row * R.WORDS + R.SRCID]);
    assertEquals(ranks, [6, 5, 4, 2, 1, 3, 0], name);
  }
});

Deno.test("the top records by a field, with few records in memory", async () => {
  const many = Array.from({ length: 500 }, (_, i) => ({ spkts: (i * 37) % 500, srcid: i }));
  const out = await gather(topRecords(stream(batchOf(...many)), 3, "spkts"));
  assertEquals(Array.from({ length: out.length }, (_, row) => out.doubles[row * R.DOUBLES + R.S_PKTS]), [
    499,
    498,
    497,
  ]);
});

Deno.test("counting: totals, protocols, different addresses by kind", () => {
  const batch = batchOf({ spkts: 2 }, { spkts: 3, proto: 17, to: "224.0.0.1" }, {
    proto: 17,
    from: "8.8.8.8",
  });
  const counter = new Counter({ protocols: true, addresses: true });
  for (let row = 0; row < batch.length; row++) counter.add(batch, row);
  assertEquals([counter.totals.records, counter.totals.packets, counter.totals.sourceBytes], [3, 9, 360]);
  assertEquals(counter.protocols().map((t) => [t.protocol, t.records]), [["tcp", 1], ["udp", 2]]);
  assertEquals(counter.addresses().map((t) => [t.kind, t.source, t.destination]), [
    ["IPv4 Unicast", 1, 0],
    ["IPv4 Unicast Private", 1, 1],
    ["IPv4 Multicast Local", 0, 1],
  ]);
});

// What racount 3.0.8.2 called these addresses.
for (
  const [address, ...kinds] of [
    ["0.1.2.3", "IPv4 Unicast This Network"],
    ["9.9.9.9", "IPv4 Unicast"],
    ["100.64.0.1", "IPv4 Unicast Reserved"],
    ["172.16.0.1", "IPv4 Unicast Private"],
    ["172.31.0.1", "IPv4 Unicast"],
    ["192.0.2.1"],
    ["224.0.1.1", "IPv4 Multicast Internet"],
    ["224.3.64.1", "IPv4 Multicast Reserved"],
    ["224.255.0.1"],
    ["233.0.0.1", "IPv4 Multicast Reserved", "IPv4 Multicast GLOP Blk"],
    ["239.251.0.1", "IPv4 Multicast OrgLocal"],
    ["239.252.0.1", "IPv4 Multicast SiteLocal"],
    ["255.255.255.255", "IPv4 Unicast Reserved"],
  ] as const
) {
  Deno.test(`kind of ${address}`, () => {
    assertEquals(classesOfIpv4(ip(address)).map((i) => ADDRESS_CLASSES[i]), [...kinds]);
  });
}

Deno.test("kinds of IPv6 addresses", () => {
  const kind = (a: number, d: number) => classesOfIpv6(a, 0, 0, d).map((i) => ADDRESS_CLASSES[i]).join();
  assertEquals(
    [
      kind(0, 0),
      kind(0, 1),
      kind(0xfe900000, 1),
      kind(0xfec00000, 1),
      kind(0xff120000, 1),
      kind(0x20010db8, 1),
    ],
    [
      "IPv6 Unspecified",
      "IPv6 Loopback",
      "IPv6 LinkLocal",
      "IPv6 SiteLocal",
      "IPv6 Multicast Link Local",
      "",
    ],
  );
});
