import { assertEquals } from "@std/assert";
import { type DecodeOptions, ISIS_WORDS, readIsis } from "../../lib/decode/mod.ts";
import { describeRow } from "./describe.ts";
import {
  A,
  B,
  bytes,
  decoded,
  eth,
  type Frame,
  ip4,
  ip6,
  MAC_A,
  MAC_B,
  type Piece,
  u16,
  u32,
  udp,
} from "./packets.ts";

const inside = ip4(17, udp(1000, 2000));
const inside6 = ip6(17, udp(1000, 2000));
const UDP = "udp 10.0.0.1>10.0.0.2 1000>2000 app=5";
const MACS = "02:00:00:00:00:01>02:00:00:00:00:02";
const arpBody = (op: number) => bytes(u16(1, 0x0800), 6, 4, u16(op), MAC_A, A, MAC_B, B);

/** Each line: what it is, the frame, and what the real Argus 3.0.8.2 was seen to make of it. */
function check(rows: readonly (readonly [string, Frame, string])[], options: DecodeOptions = {}): void {
  const c = decoded(rows.map((r) => r[1]), 1, options);
  assertEquals(rows.map((r, i) => `${r[0]}: ${describeRow(c, i)}`), rows.map((r) => `${r[0]}: ${r[2]}`));
}

Deno.test("VLAN tags are skipped, the innermost is kept, only 0x8100 is one (LINK-3)", () => {
  check([
    ["one", eth(0x8100, u16(0x2064, 0x0800), inside), `${UDP} ev vlan=8292`],
    ["two", eth(0x8100, u16(100, 0x8100, 200, 0x0800), inside), `${UDP} ev vlan=200`],
    ["0x88a8", eth(0x88a8, u16(100, 0x0800), inside), `ether ${MACS} 0x88a8 app=51 e`],
    [
      "0x88a8 inside keeps the outer type",
      eth(0x8100, u16(100, 0x88a8, 7, 0x0800), inside),
      `ether ${MACS} 0x8100 app=55 ev vlan=100`,
    ],
    [
      "cut in the tag",
      { bytes: eth(0x8100, u16(100, 0x0800), inside), captured: 16 },
      `ether ${MACS} 0x8100 app=51 ev vlan=100`,
    ],
  ]);
  check([["0x88a8", eth(0x88a8, u16(100, 0x8100, 200, 0x0800), inside), `${UDP} ev vlan=200`]], {
    quirks: "none",
  });
});

Deno.test("MPLS keeps the first label and guesses what follows (LINK-4)", () => {
  check([
    ["two labels", eth(0x8847, u32(16 << 12, (17 << 12) | 0x100), inside), `${UDP} me label=16`],
    [
      "IPv6",
      eth(0x8848, u32((16 << 12) | 0x100), inside6),
      "udp fd00::1>fd00::2 1000>2000 app=5 me label=16",
    ],
    ["Ethernet", eth(0x8847, u32((16 << 12) | 0x100), eth(0x0800, inside)), `${UDP} me label=16`],
    ["VLAN", eth(0x8847, u32((16 << 12) | 0x100), u16(5, 0x0800), inside), `${UDP} mev vlan=5 label=16`],
    ["no bottom", eth(0x8847, u32(16 << 12)), `ether ${MACS} 0x8847 app=18 me label=16`],
  ]);
});

Deno.test("PPPoE opens session data with IPv4 or IPv6 (LINK-5)", () => {
  check([
    ["IPv4", eth(0x8864, 0x11, 0, u16(1, 40, 0x0021), inside), `${UDP} ep`],
    ["one-byte protocol", eth(0x8864, 0x11, 0, u16(1, 40), 0x21, inside), `${UDP} ep`],
    ["IPv6", eth(0x8864, 0x11, 0, u16(1, 40, 0x0057), inside6), "udp fd00::1>fd00::2 1000>2000 app=5 ep"],
    ["LCP", eth(0x8864, 0x11, 0, u16(1, 40, 0xc021), 1, 1, 0, 4), `ether ${MACS} 0x8864 app=26 ep`],
    ["discovery", eth(0x8863, 0x11, 9, u16(0, 4), u32(0)), `ether ${MACS} 0x8863 app=24 ep`],
  ]);
});

Deno.test("LLC, SNAP, ISO and plain ethertypes become their flows (LINK-10)", () => {
  check([
    ["spanning tree", eth(38, 0x42, 0x42, 3, new Uint8Array(35)), `llc ${MACS} 66>66 app=52 el`],
    ["SSAP is the source", eth(4, 0xf0, 0xf1, 1, 2), `llc ${MACS} 241>240 app=18 el`],
    ["SNAP", eth(40, 0xaa, 0xaa, 3, 0, 0, 0, u16(0x0800), inside), `${UDP} el`],
    ["SNAP of any OUI", eth(40, 0xaa, 0xaa, 3, 0, 0, 12, u16(0x0800), inside), `${UDP} el`],
    [
      "SNAP of unknown type",
      eth(12, 0xaa, 0xaa, 3, 0, 0, 12, u16(0x2000), u32(0)),
      `llc ${MACS} 170>170 app=26 el`,
    ],
    ["IS-IS", eth(12, 0xfe, 0xfe, 3, 0x83, 27, 1, 0, 15, 1, 0, 0), `isis ${MACS} pdu=15 app=8 el`],
    [
      "IS-IS point to point",
      eth(12, 0xfe, 0xfe, 3, 0x83, 20, 1, 0, 17, 1, 0, 0),
      `llc ${MACS} 254>254 app=8 el`,
    ],
    ["no LLC captured", { bytes: eth(38, new Uint8Array(38)), captured: 16 }, `ether ${MACS} 0x26 app=52 e`],
    ["LLDP", eth(0x88cc, u32(0)), `ether ${MACS} 0x88cc app=18 e`],
    ["1501 is a type", eth(1501, u32(0)), `ether ${MACS} 0x5dd app=18 e`],
  ]);
});

Deno.test("IS-IS PDUs tell their identity the way Argus writes it", () => {
  const pdu = (type: number, header: number, ...body: Piece[]) =>
    eth(60, 0xfe, 0xfe, 3, 0x83, header, 1, 0, type, 1, 0, 0, body);
  const system = [0, 0, 0, 0, 0, 2];
  const c = decoded([
    pdu(16, 27, 2, system, u16(10), u16(27), 64, system, 9),
    pdu(20, 27, u16(27, 1200), system, 1, 0, u32(3), u16(0xf15d), 1),
    pdu(25, 33, u16(33), system, 0, new Uint8Array(8), new Uint8Array(8).fill(255)),
  ]);
  const words = [0, 1, 2].map((i) => {
    const out = new Int32Array(ISIS_WORDS);
    readIsis(c, i, out);
    return [...out].map((v) => (v >>> 0).toString(16));
  });
  assertEquals(words[0]!.slice(0, 5), ["10", "0", "20000", "2", "9000000"]);
  assertEquals(words[1], ["14", "0", "20100", "3000000", "0", "f15d0000"]);
  // The checksum that the real argus was seen to make for this very PDU.
  assertEquals(words[2], ["19", "0", "20000", "0", "0", "bf010000"]);
});

Deno.test("ARP and RARP are told apart by the operation (KEY-7)", () => {
  check([
    ["request", eth(0x0806, arpBody(1)), "arp 10.0.0.1>10.0.0.2 op=1 app=14 e"],
    ["reply, padded", eth(0x0806, arpBody(2), new Uint8Array(18)), "arp 10.0.0.1>10.0.0.2 op=2 app=32 e"],
    [
      "reverse, asker last",
      eth(0x8035, arpBody(3)),
      "rarp 02:00:00:00:00:02>02:00:00:00:00:01 op=3 app=14 e",
    ],
    ["reverse in ARP", eth(0x0806, arpBody(4)), `rarp ${MACS} op=4 app=14 e`],
    ["inverse", eth(0x0806, arpBody(8)), "none"],
    ["cut", { bytes: eth(0x0806, arpBody(1)), captured: 21 }, "none"],
  ]);
});

Deno.test("short and damaged frames (LINK-2)", () => {
  check([
    ["13 bytes", eth(0x0800).subarray(0, 13), "none"],
    ["IPv4 header cut", { bytes: eth(0x0800, inside), captured: 33 }, `ether ${MACS} 0x800 app=47 e`],
    ["total length 19", eth(0x0800, ip4(17, udp(1, 2), { total: 19 })), `ether ${MACS} 0x800 app=47 e`],
    ["IPv6 header cut", { bytes: eth(0x86dd, inside6), captured: 53 }, "none"],
    ["Cisco ISL", bytes(1, 0, 12, 0, 0, 0, MAC_A, new Uint8Array(14), eth(0x0800, inside)), `${UDP} ei`],
  ]);
});
