import { assertEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { openFrames } from "../../lib/capture/mod.ts";
import { type Conversation, Conversations, decode, PacketColumns } from "../../lib/decode/mod.ts";
import { batch, bytes, eth, type Frame, ip4, type Piece, tcp, u16, u32, udp } from "./packets.ts";
import { sharedPath } from "./shared.ts";

const OPTIONS = { quirks: "none", tunnels: "outer" } as const;

/** Streams of frames, as "stream a>b packets there/back". */
function streams(frames: readonly Frame[], protocol: "tcp" | "udp" = "tcp"): string[] {
  const all = new Conversations(), c = new PacketColumns(frames.length), b = batch(frames);
  decode(b, c, OPTIONS);
  all.add(b, c);
  return all.list(protocol).map((v) => `${v.stream} ${v.aPort}>${v.bPort} ${v.packetsAB}/${v.packetsBA}`);
}

const SYN = 2, ACK = 16, RST = 4;
/** A segment from port 1000 of A to port 80 of B, or back. */
function segment(back: boolean, flags: number, seq: number, ack = 0): Frame {
  const f = ip4(6, back ? tcp(80, 1000, flags) : tcp(1000, 80, flags));
  f.set(bytes(u32(seq, ack)), 24);
  if (back) f.set(bytes(f.subarray(16, 20), f.subarray(12, 16)), 12);
  return eth(0x0800, f);
}
const there = (flags: number, seq: number, ack = 0) => segment(false, flags, seq, ack);
const back = (flags: number, seq: number, ack = 0) => segment(true, flags, seq, ack);
const OPEN = [there(SYN, 100), back(SYN | ACK, 500, 101), there(ACK, 101, 501)];

Deno.test("a SYN with another first sequence number opens a new stream, seen with tshark", () => {
  const one = ["0 1000>80 3/1"];
  assertEquals(streams([...OPEN, there(SYN, 100)]), one);
  assertEquals(streams([...OPEN, there(SYN, 200)]), ["0 1000>80 2/1", "1 1000>80 1/0"]);
  assertEquals(streams([...OPEN, there(SYN | ACK, 200)]), one);
  assertEquals(streams([...OPEN, back(SYN, 700)]), ["0 1000>80 2/1", "1 80>1000 1/0"]);
  assertEquals(streams([...OPEN, back(SYN, 500)]), ["0 1000>80 2/2"]);
  assertEquals(streams([there(ACK, 101, 501), there(SYN, 100)]), ["0 1000>80 2/0"]);
  assertEquals(streams([there(ACK, 101, 501), there(SYN, 101)]), ["0 1000>80 1/0", "1 1000>80 1/0"]);
  assertEquals(streams([back(ACK, 501, 101), there(SYN, 100)]), ["0 80>1000 1/1"]);
  assertEquals(streams([back(ACK, 501, 101), there(SYN, 200)]), ["0 80>1000 1/0", "1 1000>80 1/0"]);
  assertEquals(streams([there(RST, 77), there(SYN, 200)]), ["0 1000>80 1/0", "1 1000>80 1/0"]);
  assertEquals(streams([...OPEN, there(SYN, 200), there(ACK, 101, 501)]), ["0 1000>80 2/1", "1 1000>80 2/0"]);
});

Deno.test("cut and damaged headers belong to no stream", () => {
  const whole = eth(0x0800, ip4(17, udp(1, 2)));
  assertEquals(streams([{ bytes: whole, captured: 41 }], "udp"), []);
  assertEquals(streams([{ bytes: whole, captured: 42 }], "udp"), ["0 1>2 1/0"]);
  assertEquals(streams([{ bytes: OPEN[0] as Uint8Array, captured: 49 }]), []);
  assertEquals(streams([{ bytes: OPEN[0] as Uint8Array, captured: 50 }]), ["0 1000>80 1/0"]);
  assertEquals(streams([eth(0x0800, ip4(17, [u16(1, 2, 7, 0)]))], "udp"), []);
});

Deno.test("a fragmented datagram counts once, with the frame that completed it", () => {
  const fragment = (offset: number, more: boolean, payload: Piece) =>
    eth(0x0800, ip4(17, payload, { id: 9, offset, more }));
  const first = fragment(0, true, udp(1, 2, new Uint8Array(8))),
    last = fragment(16, false, new Uint8Array(30));
  assertEquals(streams([first], "udp"), []);
  for (const order of [[first, last], [last, first]]) {
    const all = new Conversations(), c = new PacketColumns(2), b = batch(order);
    decode(b, c, OPTIONS);
    all.add(b, c);
    assertEquals(all.list("udp").map((v) => [v.packetsAB, v.bytesAB]), [[1, order[1]!.length]]);
  }
});

Deno.test("datagrams quoted by ICMP errors take a number but are not counted", () => {
  const quote = eth(0x0800, ip4(1, [3, 3, 0, 0, u32(0), ip4(17, udp(7, 8))]));
  assertEquals(streams([quote, eth(0x0800, ip4(17, udp(1, 2)))], "udp"), ["1 1>2 1/0"]);
});

Deno.test("what a tunnel carries is numbered right behind the tunnel", () => {
  const vxlan = eth(0x0800, ip4(17, udp(4000, 4789, [8, 0, 0, 0, u32(0), eth(0x0800, ip4(17, udp(1, 2)))])));
  assertEquals(streams([vxlan, eth(0x0800, ip4(17, udp(3, 4)))], "udp"), [
    "0 4000>4789 1/0",
    "1 1>2 1/0",
    "2 3>4 1/0",
  ]);
});

async function conversationsOf(path: string): Promise<Conversations> {
  const all = new Conversations(), c = new PacketColumns(16384);
  for await (const b of openFrames(path)) {
    decode(b, c, OPTIONS);
    all.add(b, c);
  }
  return all;
}

/** Captures of the corpus where the numbers must differ, and why. */
const DIFFERENT: Readonly<Record<string, string>> = {
  "arkime_arkime_synthetic.pcap":
    "one UDP stream inside an IP-in-UDP tunnel that only tshark opens shifts the later numbers",
  "ndpi_fuzz-2006-06-26-2594.pcap": "tshark joins UDP ends that an SDP message announced",
  "zeek_cisco-fabric-path.pcap": "FabricPath headers are not decoded",
};

const corpus = sharedPath("corpus/pcap");
if (!corpus) {
  Deno.test({ name: "streams of the corpus (skipped: no ../shared/corpus)", ignore: true, fn() {} });
}

for (const name of corpus ? readdirSync(corpus).sort() : []) {
  const path = sharedPath(`corpus/pcap/${name}`),
    expected = sharedPath(`corpus/expected/${name}/tshark-streams.tsv`);
  Deno.test({
    name: `streams of ${name} are those of tshark${DIFFERENT[name] ? ", but for a known cause" : ""}${
      path && expected ? "" : " (skipped: no ../shared/corpus)"
    }`,
    ignore: !path || !expected,
    async fn() {
      const all = await conversationsOf(path!);
      const known = DIFFERENT[name] !== undefined;
      const text = (protocol: string, v: Conversation) =>
        [protocol, v.stream, v.a, v.aPort, v.b, v.bPort, v.packetsAB, v.bytesAB, v.packetsBA, v.bytesBA]
          .slice(0, 10).join("\t");
      const found = new Set((["tcp", "udp"] as const).flatMap((p) => all.list(p).map((v) => text(p, v))));
      // Rows of one IP layer; a row without stream number is a header tshark could not read.
      const rows = readFileSync(expected!, "utf8").trim().split("\n").slice(1).map((l) => l.split("\t"))
        .filter((f) => f[10] === "1" && f[1] !== "").map((f) => f.slice(0, 10).join("\t"));
      const missing = rows.filter((r) => !found.has(r));
      if (known) assertEquals(missing.length > 0 && missing.length < rows.length, true);
      else assertEquals(missing, []);
    },
  });
}

const conv = sharedPath("corpus/expected/ndpi_iphone.pcap/tshark-conv.txt");
Deno.test({
  name: `relative start and duration are those of tshark -z conv${
    conv ? "" : " (skipped: no ../shared/corpus)"
  }`,
  ignore: conv === undefined,
  async fn() {
    const all = await conversationsOf(sharedPath("corpus/pcap/ndpi_iphone.pcap")!);
    const want = readFileSync(conv!, "utf8").split("\n").map((l) => /(\d+\.\d{9}) +(\d+\.\d{4})$/.exec(l))
      .filter((m) => m)
      .map((m) => `${m![1]} ${m![2]}`).sort();
    const found = (["tcp", "udp"] as const).flatMap((p) => all.list(p))
      .map((v) => `${v.relativeStart.toFixed(9)} ${v.duration.toFixed(4)}`).sort();
    assertEquals(found, want);
  },
});
