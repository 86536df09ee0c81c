import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Problem } from "../../lib/base/mod.ts";
import { anonymize, Anonymizer, labelRecords } from "../../lib/cluster/mod.ts";
import * as R from "../../lib/record/mod.ts";
import { batchOf, gather, ip, stream } from "./rows.ts";

// Key and addresses of the sample that comes with Crypto-PAn 1.0.
const SAMPLE_KEY = Uint8Array.of(
  ...[21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16],
  ...[216, 152, 143, 131, 121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2],
);
for (
  const [address, wanted] of [
    ["128.11.68.132", "135.242.180.132"],
    ["129.118.74.4", "134.136.186.123"],
    ["130.132.252.244", "133.68.164.234"],
  ] as const
) {
  Deno.test(`anonymized as Crypto-PAn does: ${address}`, () => {
    assertEquals(new Anonymizer(SAMPLE_KEY).ipv4(ip(address)), ip(wanted));
  });
}

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

Deno.test("two addresses share as many leading bits after as before", () => {
  const anonymizer = new Anonymizer("a secret");
  fc.assert(fc.property(word, word, fc.nat({ max: 31 }), (a, noise, bits) => {
    const b = a ^ (noise >>> bits);
    assertEquals(Math.clz32(anonymizer.ipv4(a) ^ anonymizer.ipv4(b)), Math.clz32(a ^ b));
  }));
  fc.assert(fc.property(fc.array(word, { minLength: 4, maxLength: 4 }), fc.nat({ max: 3 }), (a, at) => {
    const b = a.with(at, a[at]! ^ 0x00400000);
    const words = Int32Array.from([...a, ...b]);
    anonymizer.ipv6(words, 0);
    anonymizer.ipv6(words, 4);
    assertEquals(words.slice(0, at), words.slice(4, 4 + at));
    assertEquals(Math.clz32(words[at]! ^ words[4 + at]!), 9);
  }));
});

Deno.test("no address, user data or trail is left, totals and ports stay, the source batch is not changed", async () => {
  const batch = batchOf({ spkts: 7, sport: 1234 }), more = batch.moreOf(0);
  batch.words[R.FLAGS]! |= R.FLAG_MAC;
  batch.words.set([0x02000000, 0x00020200, 0x00000001], R.MAC);
  batch.words.set([1, 2], R.CONN);
  batch.user = [Uint8Array.of(1), undefined];
  more.trail = ["syn: was 10.0.0.1:1 <?> 10.0.0.2:2"];
  const out = await gather(anonymize(stream(batch), "a secret"));
  for (const i of [R.SADDR, R.DADDR, R.MAC, R.MAC + 1, R.MAC + 2, R.CONN, R.SRCID]) {
    assert(out.words[i] !== batch.words[i], `word ${i}`);
  }
  assertEquals([out.doubles[R.S_PKTS], out.words[R.SPORT]], [7, 1234]);
  assertEquals([out.user?.[0], out.more?.get(0)?.trail], [undefined, undefined]);
  assertEquals([batch.words[R.SADDR], more.trail.length], [ip("10.0.0.1"), 1]);
});

Deno.test("the same key gives the same addresses, another key others", () => {
  const [a, b, c] = ["one", "one", "two"].map((key) => new Anonymizer(key).ipv4(ip("10.0.0.1")));
  assertEquals(a, b);
  assert(a !== c);
});

for (const key of ["", new Uint8Array(16)]) {
  Deno.test(`refused: a key of ${key.length}`, () => {
    assertThrows(() => new Anonymizer(key), Problem, "Expected a key of 32 bytes or a text");
  });
}

Deno.test("labels go to the records their filter takes, beside those they have", async () => {
  const batch = batchOf({ label: "a" }, { proto: 17 });
  const out = await gather(labelRecords(stream(batch), [{ label: "all" }, { label: "t=1", filter: "tcp" }]));
  assertEquals([0, 1].map((row) => out.more?.get(row)?.label), ["a:all:t=1", "all"]);
});
