import { assert, assertEquals } from "@std/assert";
import { Disorder, openFrames } from "../../lib/capture/mod.ts";
import { type CaptureOptions, makeCapture } from "../../scripts/make_capture.ts";
import { address, fold, sumWords } from "../../scripts/synth/packets.ts";
import { Random } from "../../scripts/synth/random.ts";
import { randomTraffic } from "../../scripts/synth/traffic.ts";
import { readAll, run } from "../capture/helpers.ts";

/** The whole file in memory. */
function capture(options: CaptureOptions): Uint8Array {
  const parts: Uint8Array[] = [];
  const made = makeCapture(options, (bytes) => parts.push(bytes.slice()));
  const all = new Uint8Array(made.bytes);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  assertEquals(at, made.bytes);
  return all;
}

const equal = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);

async function disorder(file: Uint8Array): Promise<Disorder> {
  const report = new Disorder();
  for await (const batch of openFrames(file)) report.add(batch);
  return report;
}

/** How many frames there are of each kind: ethertype and IP protocol. */
async function kinds(file: Uint8Array): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const batch of openFrames(file)) {
    for (let i = 0; i < batch.length; i++) {
      const at = batch.offset[i]!, type = batch.bytes[at + 12]! << 8 | batch.bytes[at + 13]!;
      const protocol = batch.bytes[at + (type === 0x86dd ? 20 : 23)];
      const key = type === 0x0806 ? "arp" : `${type === 0x86dd ? 6 : 4}/${protocol}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

const tcpdump = await run("tcpdump", ["--version"]);
if (!tcpdump) console.log("skipped: tcpdump is not installed to check checksums with");

/** Lines in which tcpdump finds fault with a packet. */
async function faults(file: Uint8Array): Promise<string[]> {
  const { out } = (await run("tcpdump", ["-n", "-vv", "-r", "-"], file))!;
  return out.match(
    /.*(?:\(incorrect|bad \w+ cksum|bad cksum|wrong|malformed|\[\|(?:ip6?|tcp|udp|icmp6?)\]).*/gi,
  ) ?? [];
}

Deno.test("bench capture: the same options give the same bytes, another seed others", () => {
  const options = { packets: 3000, flows: 50, duration: 60, seed: 7 };
  const file = capture(options);
  assertEquals(equal(file, capture(options)), true);
  assertEquals(equal(file, capture({ ...options, seed: 8 })), false);
});

Deno.test("bench capture: as many packets as asked for, in order, in the time asked for, of the mix promised", async () => {
  const file = capture({ packets: 40_000, flows: 200, duration: 600 });
  const { frames, problems } = await readAll(file);
  assertEquals([frames.length, problems.length], [40_000, 0]);
  assertEquals((await disorder(file)).count, 0);
  const span = (frames.at(-1)!.time - frames[0]!.time) / 1e6;
  assert(span > 300 && span < 1200, `${span}`);
  const counts = await kinds(file),
    share = (...keys: string[]) => keys.reduce((sum, key) => sum + (counts.get(key) ?? 0), 0) / 40_000;
  assert(Math.abs(share("4/6", "6/6") - 0.75) < 0.05, `${share("4/6", "6/6")}`);
  assert(Math.abs(share("4/17", "6/17") - 0.2) < 0.05, `${share("4/17", "6/17")}`);
  for (const key of ["arp", "4/1", "6/58", "4/2", "4/50"]) assert(counts.has(key), key);
});

Deno.test("bench capture: snap length and nanoseconds", async () => {
  const options = { packets: 2000, flows: 20, duration: 60 };
  const whole = (await readAll(capture(options))).frames;
  const { frames } = await readAll(capture({ ...options, snaplen: 50, nano: true }));
  assertEquals(frames.map((f) => f.wire), whole.map((f) => f.wire));
  assertEquals(frames.map((f) => f.bytes), whole.map((f) => f.bytes.slice(0, 50)));
  assertEquals(new Set(frames.map((f) => `${f.time} ${f.nano}`)).size, frames.length);
  assert(frames.some((f) => f.nano > 0));
});

Deno.test({
  name: "bench capture: lengths and checksums are right, with and without VLAN tags",
  ignore: !tcpdump,
  async fn() {
    for (const vlan of [0, 0.5]) {
      assertEquals(await faults(capture({ packets: 6000, flows: 300, duration: 60, vlan })), []);
    }
  },
});

Deno.test("random traffic: all kinds of packets, in order, the same for the same seed", async () => {
  const file = randomTraffic({ seed: 3, packets: 3000 });
  assertEquals(equal(file, randomTraffic({ seed: 3, packets: 3000 })), true);
  assertEquals(equal(file, randomTraffic({ seed: 4, packets: 3000 })), false);
  assertEquals((await disorder(file)).count, 0);
  assertEquals((await readAll(file)).frames.length, 3000);
  const counts = await kinds(file);
  for (const key of ["arp", "4/1", "4/6", "4/17", "6/58", "6/6", "6/17", "6/44"]) {
    assert(counts.has(key), key);
  }
});

Deno.test("random traffic: disorder and nanoseconds when asked for", async () => {
  const report = await disorder(randomTraffic({ packets: 1000, disorder: 0.1 }));
  assert(report.count > 50 && report.maxStepBack <= 5e6, String(report));
  const nano = randomTraffic({ packets: 500, nano: true });
  assertEquals((await disorder(nano)).count, 0);
  assert((await readAll(nano)).frames.some((f) => f.nano > 0));
});

Deno.test({
  name: "random traffic: lengths and checksums are right",
  ignore: !tcpdump,
  async fn() {
    assertEquals(await faults(randomTraffic({ seed: 5, packets: 3000 })), []);
  },
});

Deno.test("packets: addresses and checksums", () => {
  assertEquals([...address("10.0.2.104")], [10, 0, 2, 104]);
  assertEquals([...address("2001:db8::1")], [0x20, 1, 0x0d, 0xb8, ...new Array(11).fill(0), 1]);
  assertEquals([...address("::")], new Array(16).fill(0));
  assertEquals([...address("02:00:00:00:00:ff")], [2, 0, 0, 0, 0, 255]);
  // The example of RFC 1071 section 3.
  assertEquals(sumWords(Uint8Array.of(0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7)), 0x2ddf0);
  assertEquals(fold(0x2ddf0), ~0xddf2 & 0xffff);
});

Deno.test("random numbers are in their ranges and follow from the seed", () => {
  const a = new Random(42), b = new Random(42), seen = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const n = a.below(6);
    assertEquals(n, b.below(6));
    seen.add(n);
  }
  assertEquals([...seen].sort(), [0, 1, 2, 3, 4, 5]);
  assert(new Random(1).bits() !== new Random(2 ** 32 + 1).bits());
});
