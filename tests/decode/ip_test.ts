import * as P from "../../lib/decode/mod.ts";
import { assertEquals } from "@std/assert";
import {
  decode,
  decodeInner,
  DecodeMemory,
  type DecodeOptions,
  INNER_DESTINATION,
  INNER_EXTRA,
  INNER_PORTS,
  INNER_PROTO,
  INNER_WORDS,
  PacketColumns,
} from "../../lib/decode/mod.ts";
import { describeRow } from "./describe.ts";
import { batch, bytes, decoded, eth, type Frame, ip4, ip6, tcp, u16, u32, udp } from "./packets.ts";

const { PACKET_WORDS, PW_ACK, PW_FLAGS, PW_IP, PW_IPOPT, PW_SEQ, PW_TCPOPT, PW_WIN } = P;

const PAIR = "10.0.0.1>10.0.0.2", PAIR6 = "fd00::1>fd00::2";

function check(rows: readonly (readonly [string, Frame, string])[], options: DecodeOptions = {}): void {
  const c = decoded(rows.map((r) => r[1]), 1, options);
  assertEquals(rows.map((r, i) => `${r[0]}: ${describeRow(c, i)}`), rows.map((r) => `${r[0]}: ${r[2]}`));
}
const v4 = (...p: Parameters<typeof ip4>) => eth(0x0800, ip4(...p));
const v6 = (...p: Parameters<typeof ip6>) => eth(0x86dd, ip6(...p));

Deno.test("ports need 4 captured bytes, the TCP columns 20 (LINK-2)", () => {
  const syn = v4(6, tcp(1000, 80, 2, "abcdef"));
  check([
    ["whole", syn, `tcp ${PAIR} 1000>80 app=6 e`],
    ["53", { bytes: syn, captured: 53 }, `tcp ${PAIR} 1000>80 app=26 e cut`],
    ["38", { bytes: syn, captured: 38 }, `tcp ${PAIR} 1000>80 app=26 e cut`],
    ["37", { bytes: syn, captured: 37 }, `tcp ${PAIR} 0>0 app=26 e cut`],
    [
      "length field too small for the header",
      v4(6, tcp(1000, 80, 2, "abcdef"), { total: 39 }),
      `tcp ${PAIR} 0>0 app=-1 e`,
    ],
    [
      "length field beyond the frame",
      v4(6, tcp(1000, 80, 2), { total: 2000 }),
      `tcp ${PAIR} 1000>80 app=1960 e`,
    ],
    ["UDP 42", { bytes: v4(17, udp(1, 2)), captured: 42 }, `udp ${PAIR} 1>2 app=5 e`],
    ["UDP 41", { bytes: v4(17, udp(1, 2)), captured: 41 }, `udp ${PAIR} 1>2 app=13 e`],
    ["UDP length 27", v4(17, udp(1, 2), { total: 27 }), `udp ${PAIR} 0>0 app=-1 e`],
  ]);
});

Deno.test("TCP columns hold the header in packet order", () => {
  const c = decoded([
    v4(6, tcp(1, 2, 0x12, "", [2, 4, 5, 180, 3, 3, 7, 4, 2, 1, 1, 0]), { ttl: 63, tos: 9, id: 513 }),
  ]);
  assertEquals([
    c.words[PW_SEQ],
    c.words[PW_ACK],
    c.words[PW_FLAGS],
    c.words[PW_WIN],
  ], [1000, 2000, 0x12, 512]);
  assertEquals(c.words[PW_TCPOPT], 0x00100000 | 0x00200000 | 0x00400000 | 8);
  assertEquals([c.words[PW_IP]! >>> 24, (c.words[PW_IP]! >>> 16) & 255, c.words[PW_IP]! & 0xffff], [
    63,
    9,
    513,
  ]);
});

Deno.test("padding is payload for IPv6 only: Argus counts to the end of the frame", () => {
  const padded6 = bytes(v6(17, udp(1, 2)), new Uint8Array(8));
  check([
    ["IPv4", bytes(v4(17, udp(1, 2)), new Uint8Array(8)), `udp ${PAIR} 1>2 app=5 e`],
    ["IPv6", padded6, `udp ${PAIR6} 1>2 app=13 e`],
  ]);
  check([["IPv6", padded6, `udp ${PAIR6} 1>2 app=5 e`]], { quirks: "none" });
});

Deno.test("the DNS id and RTP candidates (KEY-4, KEY-9)", () => {
  const rtp = (first: number, type: number, source: number) =>
    bytes(first, type, u16(1), u32(2, source), "audio");
  const over = (payload: Uint8Array, from = 5004, to = 5006) => v4(17, udp(from, to, payload));
  const plain = `udp ${PAIR} 5004>5006 app=17 e`;
  check([
    ["DNS", v4(17, udp(53, 4000, [u16(77), "rest"])), `udp ${PAIR} 53>4000 dns=77 app=6 e`],
    ["not over IPv6", v6(17, udp(53, 4000, [u16(77), "rest"])), `udp ${PAIR6} 53>4000 app=6 e`],
    ["RTP", over(rtp(0x80, 0, 3)), `udp ${PAIR} 5004>5006 rtp app=17 e`],
    ["source 0", over(rtp(0x80, 0, 0)), plain],
    ["header extension", over(rtp(0x90, 0, 3)), plain],
    ["11 bytes", over(rtp(0x80, 0, 3).subarray(0, 11)), `udp ${PAIR} 5004>5006 app=11 e`],
    ["receiver report", over(rtp(0x80, 201, 3)), `udp ${PAIR} 5004>5006 rtcp app=17 e`],
    ["low port", over(rtp(0x80, 0, 3), 1023), `udp ${PAIR} 1023>5006 app=17 e`],
    ["port 7005", over(rtp(0x80, 0, 3), 7005), `udp ${PAIR} 7005>5006 app=17 e`],
  ]);
});

Deno.test("fragments (FRG-1, FRG-5)", () => {
  const fragment = (offset: number, more: number) => [17, 0, u16(offset | more), u32(0x12345678), udp(1, 2)];
  check([
    ["first", v4(17, udp(1, 2), { more: true }), `udp ${PAIR} 1>2 app=5 e first`],
    [
      "middle",
      v4(17, udp(1, 2), { offset: 1480, more: true }),
      `fragment ${PAIR} proto=17 id=7 at=1480 app=13 e`,
    ],
    [
      "last",
      v4(17, udp(1, 2), { offset: 1480, id: 9 }),
      `fragment ${PAIR} proto=17 id=9 at=1480 last app=13 e`,
    ],
    ["IPv6 first", v6(44, fragment(0, 1)), `udp ${PAIR6} 1>2 app=5 e`],
    ["IPv6 last", v6(44, fragment(8, 0)), `fragment ${PAIR6} proto=17 id=305419896 at=8 last app=13 e`],
  ]);
});

function ipOptions(c: PacketColumns): number[] {
  return Array.from({ length: c.length }, (_, i) => c.words[i * PACKET_WORDS + PW_IPOPT]!);
}

Deno.test("IP options give record bits", () => {
  const c = decoded([
    v4(17, udp(1, 2), { options: [0x94, 4, 0, 0] }),
    v4(17, udp(1, 2), { options: [1, 7, 7, 4, 0, 0, 0, 0, 0x44, 4, 5, 0] }),
    v4(17, udp(1, 2), { options: [0x83, 0, 0, 0] }),
  ]);
  assertEquals(ipOptions(c), [0x40, 3, 8]);
});

Deno.test("with quirks IPv6 repeats the options of the last IPv4 packet and reads the class from the flow label", () => {
  const labelled = eth(0x86dd, [0x6a, 0xb0, 0x5c, 0xd0], ip6(17, udp(1, 2)).subarray(4));
  const alert = v4(2, [0x16, 0, 0, 0, 239, 1, 1, 1], { options: [0x94, 4, 0, 0] });
  const frames = [labelled, alert, labelled, v4(17, udp(1, 2)), labelled];
  const argus = decoded(frames), none = decoded(frames, 1, { quirks: "none" });
  assertEquals(ipOptions(argus), [0, 0x40, 0x40, 0, 0]);
  assertEquals(ipOptions(none), [0, 0x40, 0, 0, 0]);
  assertEquals([argus, none].map((c) => (c.words[PW_IP]! >>> 16) & 255), [0xcd, 0xab]);
});

Deno.test("what packets leave to later ones outlives a change of columns when a memory is given", () => {
  const alert = v4(2, [0x16, 0, 0, 0, 239, 1, 1, 1], { options: [0x94, 4, 0, 0] });
  const memory = new DecodeMemory();
  const options = [alert, v6(17, udp(1, 2))].map((frame) => {
    const c = new PacketColumns(1);
    decode(batch([frame]), c, {}, memory);
    return c.words[PW_IPOPT];
  });
  assertEquals(options, [0x40, 0x40]);
});

Deno.test("IPv6 extension headers are walked; AH is 16 bytes long whatever it says (LINK-9)", () => {
  const ext = (next: number) => [next, 0, 1, 4, 0, 0, 0, 0];
  const ah = (
    next: number,
    icv: number,
  ) => [next, 1 + icv / 4, 0, 0, u32(7, 1), new Uint8Array(icv).fill(0xaa)];
  check([
    ["hop-by-hop, destination", v6(0, [ext(60), ext(17), udp(1, 2)]), `udp ${PAIR6} 1>2 app=5 e`],
    ["mobility is not", v6(135, ext(59)), `ip ${PAIR6} proto=135 app=8 e`],
    ["cut", { bytes: v6(0, [ext(17), udp(1, 2)]), captured: 55 }, `ip ${PAIR6} proto=0 app=21 e`],
    ["AH", v4(51, [ah(17, 12), udp(1, 2)]), `udp ${PAIR} 43690>43690 app=29 ea`],
    ["AH of 16", v4(51, [ah(17, 4), udp(1, 2)]), `udp ${PAIR} 1>2 app=21 ea`],
    ["AH over ICMP", v4(51, [ah(1, 4), 8, 0, 0, 0, u32(1)]), `ip ${PAIR} proto=51 app=24 ea`],
    ["ESP over IPv6", v6(50, u32(7, 1)), "none"],
  ]);
  check([
    ["AH", v4(51, [ah(17, 12), udp(1, 2)]), `udp ${PAIR} 1>2 app=5 ea`],
    ["ESP over IPv6", v6(50, u32(7, 1)), `esp ${PAIR6} spi=7 seq=1 app=8 e`],
  ], { quirks: "none" });
});

Deno.test("ICMP, ICMPv6, IGMP, ESP and other protocols", () => {
  const quoted = ip4(17, udp(9, 8, "z".repeat(40)));
  check([
    ["echo", v4(1, [8, 0, 0, 0, u16(5, 6), "data"]), `icmp ${PAIR} 8/0 5:6 app=12 e`],
    [
      "unreachable counts the quoted payload",
      v4(1, [3, 3, 0, 0, u32(0), quoted]),
      `icmp ${PAIR} 3/3 0:0 quotes app=48 e`,
    ],
    [
      "redirect cut short",
      v4(1, [5, 1, 0, 0, u32(0), quoted.subarray(0, 19)]),
      `icmp ${PAIR} 5/1 0:0 app=27 e`,
    ],
    ["nothing captured", { bytes: v4(1, [8, 0, 0, 0, u32(0)]), captured: 34 }, "none"],
    ["echo 6", v6(58, [128, 0, 0, 0, u16(5, 6)]), `icmp6 ${PAIR6} 128/0 app=8 e`],
    ["ICMPv6 cut", { bytes: v6(58, [128, 0, 0, 0, u16(5, 6)]), captured: 61 }, "none"],
    [
      "IGMP: the group is the destination",
      v4(2, [0x16, 0, 0, 0, 239, 1, 1, 2]),
      "igmp 10.0.0.1>239.1.1.2 22 id=7 app=8 e",
    ],
    ["ESP", v4(50, u32(0x1234, 9)), `esp ${PAIR} spi=4660 seq=9 app=8 e`],
    ["SCTP", v4(132, u32(1, 2, 3)), `ip ${PAIR} proto=132 app=12 e`],
    ["IP in IP", v4(4, quoted), `ip ${PAIR} proto=4 app=68 e`],
  ]);
});

Deno.test("the quoted datagram of an ICMP error is read in packet order (REC-11)", () => {
  const out = new Int32Array(INNER_WORDS);
  const q = ip4(17, udp(53, 1000, [u16(77), "x"]));
  assertEquals(decodeInner(q, 0, q.length, out), true);
  assertEquals([out[0], out[INNER_PROTO], out[INNER_PORTS], out[INNER_EXTRA]], [
    0x0a000001,
    17,
    (53 << 16) | 1000,
    77,
  ]);
  assertEquals(out[INNER_DESTINATION], 0x0a000002);
  assertEquals(decodeInner(q, 0, 22, out), true);
  assertEquals(out[INNER_PORTS], 0);
  assertEquals(decodeInner(q, 0, 19, out), false);
});
