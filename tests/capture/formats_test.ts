import { assertEquals } from "@std/assert";
import { type CaptureComment, type CaptureInterface, encodePcap } from "../../lib/capture/mod.ts";
import { Blocks, ramp, readAll } from "./helpers.ts";

const FRAMES = [
  { time: 1_433_405_000_123_456, nano: 789, bytes: ramp(60), wire: 1514 },
  { time: 1_433_405_000_123_456, nano: 790, bytes: ramp(0) },
  { time: 1_433_405_001_000_000, nano: 0, bytes: ramp(3, 9) },
];

for (const bigEndian of [false, true]) {
  for (const nano of [false, true]) {
    Deno.test(`pcap, ${bigEndian ? "big" : "little"} endian, ${nano ? "nano" : "micro"}seconds`, async () => {
      const { frames, problems } = await readAll(encodePcap(FRAMES, { bigEndian, nano, linkType: 113 }));
      assertEquals(problems, []);
      assertEquals(
        frames,
        FRAMES.map((frame, i) => ({
          number: i + 1,
          time: frame.time,
          nano: nano ? frame.nano : 0,
          wire: frame.wire ?? frame.bytes.length,
          bytes: [...frame.bytes],
          linkType: 113,
          foreign: false,
        })),
      );
    });
  }
}

/** A pcap file of one 2-byte frame whose headers are changed before it is read. */
async function altered(change: (view: DataView) => void, bytes = ramp(2, 7)) {
  const file = encodePcap([{ time: 5_000_007, bytes }]);
  change(new DataView(file.buffer));
  return (await readAll(file)).frames[0]!;
}

Deno.test("pcap: seconds are signed, so times before 1970 are kept", async () => {
  assertEquals((await altered((view) => view.setInt32(24, -5, true))).time, -4_999_993);
});

Deno.test("pcap: the bits for the frame check sequence are no part of the link type", async () => {
  assertEquals((await altered((view) => view.setUint32(20, 0x14000001, true))).linkType, 1);
});

Deno.test("pcap: a frame longer than the snap length is cut to it, as libpcap does", async () => {
  assertEquals((await altered((view) => view.setUint32(16, 1, true))).bytes, [7]);
  assertEquals((await altered((view) => view.setUint32(16, 0, true))).bytes, [7, 8]);
  assertEquals((await altered((view) => view.setUint32(16, 0xffffffff, true))).bytes, [7, 8]);
});

Deno.test("pcap before version 2.3 holds the lengths the other way round, 2.3 either way", async () => {
  const lengths = (minor: number, first: number, second: number) => (view: DataView) => {
    view.setUint16(6, minor, true);
    view.setUint32(32, first, true);
    view.setUint32(36, second, true);
  };
  for (const [minor, first, second] of [[2, 99, 2], [3, 99, 2], [3, 2, 99], [4, 2, 99]] as const) {
    const { wire, bytes } = await altered(lengths(minor, first, second));
    assertEquals([wire, bytes.length], [99, 2], `2.${minor}: ${first}, ${second}`);
  }
});

Deno.test("pcap of patched tcpdumps has eight more bytes before each frame", async () => {
  const plain = encodePcap(FRAMES);
  for (const magic of [0xa1b2cd34, 0xa1b234cd]) {
    const parts: number[] = [...plain.subarray(0, 24)];
    let at = 24;
    for (const { bytes } of FRAMES) {
      parts.push(...plain.subarray(at, at + 16), 3, 0, 0, 0, 8, 0, 4, 0, ...bytes);
      at += 16 + bytes.length;
    }
    const file = Uint8Array.from(parts);
    new DataView(file.buffer).setUint32(0, magic, true);
    assertEquals((await readAll(file)).frames, (await readAll(plain)).frames);
  }
});

Deno.test("pcap and pcapng of no frames at all are captures", async () => {
  assertEquals(await readAll(encodePcap([])), { frames: [], problems: [], batches: 0 });
  assertEquals(await readAll(new Blocks().section().bytes()), { frames: [], problems: [], batches: 0 });
});

for (const little of [true, false]) {
  Deno.test(`pcapng, ${little ? "little" : "big"} endian: clocks of any resolution and offset`, async () => {
    const b = new Blocks(little);
    const clocks: [number, bigint, bigint, number, number][] = [
      // if_tsresol, if_tsoffset, ticks, microseconds, nanoseconds
      [6, 0n, 1_433_405_000_123_456n, 1_433_405_000_123_456, 0],
      [9, 0n, 1_433_405_000_123_456_789n, 1_433_405_000_123_456, 789],
      [9, 0n, 999n, 0, 999],
      [3, 0n, 1_433_405_000_123n, 1_433_405_000_123_000, 0],
      [0, 0n, 1_433_405_000n, 1_433_405_000_000_000, 0],
      [12, 0n, 1_500_000_000_123_456n, 1_500_000_000, 123],
      [0x8a, 0n, 1536n, 1_500_000, 0],
      [0x80 + 32, 0n, (7n << 32n) + (1n << 31n), 7_500_000, 0],
      [6, 1_000_000_000n, 5n, 1_000_000_000_000_005, 0],
      [9, -10n, 3_000_000_001n, -7_000_000, 1],
    ];
    b.section();
    for (const [resolution, offset] of clocks) {
      b.iface(1, 0, [...b.option(9, [resolution]), ...b.option(14, b.u64(offset)), ...b.option(0, [])]);
    }
    for (const [i, [, , ticks]] of clocks.entries()) b.packet(ticks, ramp(4), i);
    const { frames } = await readAll(b.bytes());
    assertEquals(
      frames.map(({ time, nano }) => [time, nano]),
      clocks.map(([, , , time, nano]) => [time, nano]),
    );
  });

  Deno.test(`pcapng, ${little ? "little" : "big"} endian: simple and old packet blocks`, async () => {
    const b = new Blocks(little).section().iface(1, 5);
    b.block(3, [...b.u32(4), ...ramp(4)]);
    // Longer than the snap length: only so much of it is there.
    b.block(3, [...b.u32(9), ...ramp(5), 0, 0, 0]);
    b.block(2, [
      ...b.u16(0),
      ...b.u16(7),
      ...b.u32(0),
      ...b.u32(42),
      ...b.u32(3),
      ...b.u32(60),
      ...ramp(3),
      0,
    ]);
    const { frames, problems } = await readAll(b.bytes());
    assertEquals(problems, []);
    assertEquals(frames.map(({ time, wire, bytes }) => [time, wire, bytes]), [
      [0, 4, [0, 1, 2, 3]],
      [0, 9, [0, 1, 2, 3, 4]],
      [42, 60, [0, 1, 2]],
    ]);
  });
}

Deno.test("pcapng: sections of both byte orders, unknown blocks passed over, numbers go on", async () => {
  const b = new Blocks(true).section().iface(1).packet(1n, ramp(3));
  b.block(0x7777, [...ramp(16)]).packet(2n, ramp(4));
  b.little = false;
  b.section().iface(1).packet(3n, ramp(5)).block(5, [...ramp(20)]);
  const { frames, problems } = await readAll(b.bytes());
  assertEquals(problems, []);
  assertEquals(frames.map((f) => [f.number, f.time, f.bytes.length]), [[1, 1, 3], [2, 2, 4], [3, 3, 5]]);
  // libpcap refuses a second byte order.
  assertEquals(frames.map((f) => f.foreign), [false, false, true]);
});

Deno.test("pcapng: a change of link type begins a new batch; libpcap stops where the interface is declared", async () => {
  const b = new Blocks().section().iface(1).packet(1n, ramp(3)).packet(2n, ramp(3));
  b.iface(101).packet(3n, ramp(3), 0).packet(4n, ramp(3), 1).packet(5n, ramp(3), 0);
  const { frames, batches } = await readAll(b.bytes());
  assertEquals(frames.map((f) => f.linkType), [1, 1, 1, 101, 1]);
  assertEquals(frames.map((f) => f.foreign), [false, false, true, true, true]);
  assertEquals(batches, 4);
  const other = new Blocks().section().iface(1, 65535).packet(1n, ramp(3)).iface(1, 128).packet(2n, ramp(3));
  assertEquals((await readAll(other.bytes())).frames.map((f) => f.foreign), [false, true]);
  const over = new Blocks().section().iface(1, 40).packet(1n, ramp(30)).packet(2n, ramp(60)).packet(
    3n,
    ramp(30),
  );
  assertEquals((await readAll(over.bytes())).frames.map((f) => f.foreign), [false, true, true]);
});

Deno.test("pcapng: comments and interfaces are told", async () => {
  const b = new Blocks();
  b.section(b.comment("of the file")).iface(1, 96, [
    ...b.option(2, new TextEncoder().encode("eth0")),
    ...b.option(3, new TextEncoder().encode("uplink")),
    ...b.comment("of the wire"),
    ...b.option(9, [9]),
  ]);
  b.packet(1n, ramp(3)).packet(2n, ramp(5), 0, [
    ...b.option(2, b.u32(1)),
    ...b.comment("wör\nds"),
    ...b.option(0, []),
  ]);
  const comments: CaptureComment[] = [], interfaces: CaptureInterface[] = [];
  await readAll(b.bytes(), {
    name: "x",
    onComment: (c) => comments.push(c),
    onInterface: (i) => interfaces.push(i),
  });
  assertEquals(comments, [
    { source: "x", about: "section", text: "of the file" },
    { source: "x", about: "interface", text: "of the wire" },
    { source: "x", about: "frame", frame: 2, text: "wör\nds" },
  ]);
  assertEquals(interfaces, [{
    source: "x",
    section: 1,
    index: 0,
    linkType: 1,
    snaplen: 96,
    ticksPerSecond: 1e9,
    name: "eth0",
    description: "uplink",
  }]);
});

Deno.test("batches hold no more frames than asked for, and positions are those of the file", async () => {
  const file = encodePcap(Array.from({ length: 10 }, (_, i) => ({ time: i, bytes: ramp(i) })));
  const { frames, batches } = await readAll(file, { batch: 3 });
  assertEquals(frames.map((f) => f.number), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assertEquals(batches, 4);
});
