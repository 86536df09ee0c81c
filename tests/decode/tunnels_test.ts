import { assertEquals } from "@std/assert";
import type { DecodeOptions } from "../../lib/decode/mod.ts";
import { describeRow } from "./describe.ts";
import { A, B, decoded, eth, type Frame, ip4, ip6, type Piece, u16, u32, udp } from "./packets.ts";

const inside = ip4(17, udp(1000, 2000)), inside6 = ip6(17, udp(1000, 2000));
const UDP = "udp 10.0.0.1>10.0.0.2 1000>2000 app=5", UDP6 = "udp fd00::1>fd00::2 1000>2000 app=5";

function check(rows: readonly (readonly [string, Frame, string])[], options: DecodeOptions = {}): void {
  const c = decoded(rows.map((r) => r[1]), 1, options);
  assertEquals(rows.map((r, i) => `${r[0]}: ${describeRow(c, i)}`), rows.map((r) => `${r[0]}: ${r[2]}`));
}
const gre = (flags: number, protocol: number, ...rest: Piece[]) =>
  eth(0x0800, ip4(47, [u16(flags, protocol), rest]));

Deno.test("GRE is always opened; the outer flow stands when the content is unknown (LINK-6)", () => {
  check([
    ["plain", gre(0, 0x0800, inside), `${UDP} eG tunnel`],
    ["checksum, key, sequence", gre(0xb000, 0x0800, u32(1, 2, 3), inside), `${UDP} eG tunnel`],
    ["routing", gre(0x4000, 0x0800, u32(0, 0), inside), `${UDP} eG tunnel`],
    [
      "IPv6 behind a key counts 8 bytes too many",
      gre(0x2000, 0x86dd, u32(1), inside6),
      "udp fd00::1>fd00::2 1000>2000 app=13 eG tunnel",
    ],
    ["IPv6", gre(0, 0x86dd, inside6), `${UDP6} eG tunnel`],
    ["Ethernet", gre(0, 0x6558, eth(0x0800, inside)), `${UDP} eG tunnel`],
    [
      "Ethernet with ARP",
      gre(0, 0x6558, eth(0x0806, u16(1, 0x0800), 6, 4, u16(1), new Uint8Array(6), A, new Uint8Array(6), B)),
      "arp 10.0.0.1>10.0.0.2 op=1 app=52 eG",
    ],
    [
      "ERSPAN II",
      gre(0x1000, 0x88be, u32(1), 0x10, 0, 0, 1, u32(0), eth(0x0800, inside)),
      `${UDP} eGE tunnel`,
    ],
    [
      "ERSPAN I is not opened",
      gre(0, 0x88be, eth(0x0800, inside)),
      "ip 10.0.0.1>10.0.0.2 proto=47 app=51 eG",
    ],
    ["ERSPAN II right in Ethernet", eth(0x88be, 0x10, 0, 0, 1, u32(0), eth(0x0800, inside)), `${UDP} eE`],
    [
      "a later fragment that holds none",
      eth(0x0800, ip4(47, u16(0, 0x1234), { offset: 1480 })),
      "fragment 10.0.0.1>10.0.0.2 proto=47 id=7 at=1480 last app=4 eG",
    ],
    ["PPTP", gre(0x2001, 0x880b, u32(1), 0xff, 3, u16(0x0021), inside), `${UDP} epG tunnel`],
    ["unknown", gre(0, 0x1234, inside), "ip 10.0.0.1>10.0.0.2 proto=47 app=37 eG"],
    [
      "content cut",
      { bytes: gre(0, 0x0800, inside), captured: 50 },
      "ip 10.0.0.1>10.0.0.2 proto=47 app=37 eG",
    ],
    ["header cut", { bytes: gre(0, 0x0800, inside), captured: 36 }, "ip 10.0.0.1>10.0.0.2 proto=47 app=37 e"],
    [
      "even in a later fragment",
      eth(0x0800, ip4(47, [u16(0, 0x0800), inside], { offset: 1480 })),
      `${UDP} eG tunnel`,
    ],
  ]);
});

Deno.test("Teredo is opened on any port but 53, where asked for (LINK-9)", () => {
  const teredo = (source: number, ...payload: Piece[]) => eth(0x0800, ip4(17, udp(source, 2000, payload)));
  check([
    ["bare", teredo(3544, inside6), `${UDP6} eT tunnel`],
    [
      "authentication and origin",
      teredo(1000, 0, 1, 0, 0, new Uint8Array(9), 0, 0, 1, 2, 3, 4, 5, 6, inside6),
      `${UDP6} eT tunnel`,
    ],
    ["DNS port", teredo(53, inside6), "udp 10.0.0.1>10.0.0.2 53>2000 dns=24576 app=53 e"],
    ["IPv4", teredo(1000, inside), "udp 10.0.0.1>10.0.0.2 1000>2000 app=33 e"],
  ], { tunnelDiscovery: true });
  check([["off", teredo(3544, inside6), "udp 10.0.0.1>10.0.0.2 3544>2000 app=53 e"]]);
});

Deno.test("VXLAN, GENEVE, GTP-U and IP in IP are opened beyond the original, unless told not to", () => {
  const over = (port: number, ...payload: Piece[]) => eth(0x0800, ip4(17, udp(4000, port, payload)));
  const frames = [
    over(4789, 8, 0, 0, 0, u32(0x500), eth(0x0800, inside)),
    over(6081, 1, 0, u16(0x6558), u32(0, 0), eth(0x86dd, inside6)),
    over(6081, 0, 0, u16(0x0800), u32(0), inside),
    over(2152, 0x30, 255, u16(33), u32(7), inside),
    over(2152, 0x34, 255, u16(41), u32(7), u16(1), 0, 0x85, 1, 0, 0, 0, inside6),
    eth(0x0800, ip4(4, inside)),
    eth(0x0800, ip4(41, inside6)),
  ];
  const opened = [
    `${UDP} eX`,
    `${UDP6} eN`,
    `${UDP} eN`,
    `${UDP} eU`,
    `${UDP6} eU`,
    `${UDP} eP`,
    `${UDP6} e6`,
  ].map((t) => `${t} tunnel`);
  const texts = (o: DecodeOptions) => {
    const c = decoded(frames, 1, o);
    return frames.map((_, i) => describeRow(c, i));
  };
  assertEquals(texts({ quirks: "none" }), opened);
  const outer = texts({ quirks: "none", tunnels: "outer" });
  assertEquals(outer, texts({ quirks: "argus-3.0.8.2", tunnels: "inner" }));
  assertEquals(outer[0], `udp 10.0.0.1>10.0.0.2 4000>4789 app=${8 + 14 + 33} e`);
  assertEquals(outer[5], "ip 10.0.0.1>10.0.0.2 proto=4 app=33 e");
});
