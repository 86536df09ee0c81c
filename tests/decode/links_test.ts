import { assertEquals } from "@std/assert";
import * as P from "../../lib/decode/mod.ts";
import { type DecodeOptions, linkTypeSupport, type PacketColumns, wlanSsid } from "../../lib/decode/mod.ts";
import { describeRow } from "./describe.ts";
import { bytes, decoded, eth, type Frame, ip4, ip6, MAC_A, MAC_B, u16, u32, udp } from "./packets.ts";

const inside = ip4(17, udp(1000, 2000)), inside6 = ip6(17, udp(1000, 2000));
const UDP = "udp 10.0.0.1>10.0.0.2 1000>2000 app=5", UDP6 = "udp fd00::1>fd00::2 1000>2000 app=5";

function macOf(c: PacketColumns, i: number): Int32Array {
  const at = i * P.PACKET_WORDS + P.PW_MAC;
  return c.words.subarray(at, at + 3);
}

/** Each line: link type, what it is, the frame, the row, and the accounted size. */
type Row = readonly [number, string, Frame, string, number];
function check(rows: readonly Row[], options: DecodeOptions = {}): void {
  const found = rows.map(([link, what, frame]) => {
    const c = decoded([frame], link, options);
    return `${link} ${what}: ${describeRow(c)} size=${c.words[P.PW_SIZE]}`;
  });
  assertEquals(found, rows.map(([link, what, , row, size]) => `${link} ${what}: ${row} size=${size}`));
}

const cooked = (type: number, protocol: number, ...payload: Parameters<typeof bytes>) =>
  bytes(u16(type, 1, 6), MAC_A, 0, 0, u16(protocol), payload);
const cooked2 = (type: number, protocol: number, ...payload: Parameters<typeof bytes>) =>
  bytes(u16(protocol, 0), u32(1), u16(1), type, 6, MAC_A, 0, 0, payload);

Deno.test("link types of the original (LINK-1)", () => {
  check([
    [113, "cooked", cooked(0, 0x0800, inside), `${UDP} eS`, 33],
    [
      113,
      "cooked IPv6 comes out 14 short",
      cooked(0, 0x86dd, ip6(17, udp(1000, 2000, "x".repeat(100)))),
      "udp fd00::1>fd00::2 1000>2000 app=86 eS",
      148,
    ],
    [113, "cooked VLAN", cooked(0, 0x8100, u16(7, 0x0800), inside), `${UDP} evS vlan=7`, 37],
    [
      113,
      "cooked unknown type",
      cooked(0, 0x9999, u32(0)),
      "ether 02:00:00:00:00:01>00:00:00:00:00:01 0x9999 app=4 eS",
      4,
    ],
    [113, "cooked, cut", cooked(0, 0x0800).subarray(0, 15), "none", 15],
    [101, "raw", inside, `${UDP} raw`, 33],
    [12, "raw as DLT", inside6, `${UDP6} raw`, 53],
    [101, "raw, neither version, too short for 6", bytes(0x55, inside.subarray(1)), "none", 33],
    [101, "raw, neither version", bytes(0x30, inside6.subarray(1)), `${UDP6} raw`, 53],
    [0, "null, little endian", bytes(2, 0, 0, 0, inside), `${UDP} raw`, 33],
    [0, "null, big endian IPv6", bytes(u32(30), inside6), `${UDP6} raw`, 53],
    [0, "null, other family", bytes(7, 0, 0, 0, inside), "none", 33],
    [9, "PPP skips four bytes unseen", bytes(u32(0xff031234), inside), `${UDP} p raw`, 33],
    [104, "Cisco HDLC", bytes(u32(0x0f000800), inside), `${UDP} C`, 33],
    [104, "Cisco HDLC MPLS", bytes(u32(0x0f008847, 0x00010140), inside), `${UDP} mC label=16`, 37],
    [104, "Cisco SLARP", bytes(u32(0x8f008035), u32(0)), "none", 4],
    [50, "PPP serial", bytes(u32(0xff030021), inside), `${UDP} pH`, 33],
    [50, "PPP serial with Cisco's address", bytes(u32(0x0f0086dd), inside6), `${UDP6} C`, 53],
    [108, "loop", bytes(u32(2), inside), "dropped", 37],
    [9999, "never heard of", inside, "dropped", 33],
  ]);
});

Deno.test("the MACs that Argus makes up for cooked frames tell the packet type (LINK-7)", () => {
  const c = decoded([0, 1, 2, 3, 4].map((t) => cooked(t, 0x0800, inside)), 113);
  const mac = (i: number) => [...macOf(c, i)].map((v) => (v >>> 0).toString(16).padStart(8, "0")).join("");
  assertEquals([0, 1, 2, 3, 4].map(mac), [
    "000000000001020000000001",
    "ffffffffffff020000000001",
    "010000000000020000000001",
    "000000000001020000000001",
    "000000000000020000000001",
  ]);
});

Deno.test("link types beyond the original", () => {
  const data = bytes(8, 1, 0, 0, MAC_A, MAC_A, MAC_B, 0, 0, 0xaa, 0xaa, 3, 0, 0, 0, u16(0x0800), inside);
  check([
    [276, "cooked v2", cooked2(0, 0x86dd, inside6), `${UDP6} eS`, 53],
    [228, "IPv4", inside, `${UDP} raw`, 33],
    [229, "IPv6", inside6, `${UDP6} raw`, 53],
    [14, "raw of another system", inside, `${UDP} raw`, 33],
    [108, "loop", bytes(u32(2), inside), `${UDP} raw`, 33],
    [105, "802.11 data to the access point", data, `${UDP} lw`, 65],
    [127, "radiotap", bytes(0, 0, 8, 0, u32(0), data), `${UDP} lw`, 65],
    [192, "PPI", bytes(0, 0, 8, 0, u32(0x69000000), data), `${UDP} lw`, 65],
    [192, "PPI with Ethernet", bytes(0, 0, 8, 0, u32(0x01000000), eth(0x0800, inside)), `${UDP} e`, 47],
    [10, "FDDI", bytes(0x50, MAC_B, MAC_A, 0xaa, 0xaa, 3, 0, 0, 0, u16(0x0800), inside), `${UDP} lF`, 54],
  ], { quirks: "none" });
});

Deno.test("with quirks every 802.11 frame is a flow of its first two addresses; missing ones are those of the frame before", () => {
  const beacon = bytes(
    0x80,
    0,
    0,
    0,
    new Uint8Array(6).fill(255),
    MAC_A,
    MAC_B,
    0,
    0,
    new Uint8Array(12),
    0,
    3,
    "net",
    1,
    1,
    2,
  );
  const acknowledge = bytes(0xd4, 0, 0, 0, MAC_B);
  const toAp = bytes(8, 1, 0, 0, MAC_A, MAC_B, MAC_A, 0, 0, 0xaa, 0xaa, 3, 0, 0, 0, u16(0x0800), inside);
  const c = decoded([beacon, acknowledge, toAp], 105);
  assertEquals([0, 1, 2].map((i) => describeRow(c, i)), [
    "wlan 02:00:00:00:00:01>ff:ff:ff:ff:ff:ff 0.8 app=44 w",
    "wlan 02:00:00:00:00:01>02:00:00:00:00:02 1.13 app=10 w",
    "wlan 02:00:00:00:00:02>02:00:00:00:00:01 2.0 app=65 w",
  ]);
  assertEquals([0, 1, 2].map((i) => macOf(c, i)[0]! >>> 0), [0x02000000, 0x02000000, 0x02000000]);
  assertEquals([0, 1, 2].map((i) => macOf(c, i)[1]! >>> 16), [2, 2, 1]);
  const ssid = new Uint8Array(32);
  assertEquals([wlanSsid(c, 0, ssid), new TextDecoder().decode(ssid.subarray(0, 3)), wlanSsid(c, 1, ssid)], [
    3,
    "net",
    0,
  ]);
});

Deno.test("link type support says what the real program does", () => {
  const of = (quirks: "argus-3.0.8.2" | "none") =>
    [1, 101, 108, 228, 276, 9999].map((t) => linkTypeSupport(t, quirks));
  assertEquals(of("argus-3.0.8.2"), ["full", "ip-path", "drop", "unsupported", "unsupported", "unsupported"]);
  assertEquals(of("none"), ["full", "ip-path", "ip-path", "ip-path", "full", "unsupported"]);
});
