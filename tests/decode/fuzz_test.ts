import * as P from "../../lib/decode/mod.ts";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  decode,
  decodeInner,
  type DecodeOptions,
  END_WORDS,
  INNER_WORDS,
  P_ETHER,
  P_KIND_MASK,
  P_NONE,
  PacketColumns,
} from "../../lib/decode/mod.ts";
import { A, B, batch, bytes, eth, ip4, ip6, MAC_A, MAC_B, tcp, u16, u32, udp } from "./packets.ts";

// deno-fmt-ignore
const {
  PACKET_WORDS, PW_ACK, PW_APP, PW_ENCAPS, PW_ENDS, PW_EXTRA, PW_FLAGS, PW_IP, PW_IPOPT, PW_KIND, PW_PORTS,
  PW_PROTO, PW_SEQ, PW_SIZE, PW_TCPOPT, PW_WIN,
} = P;

const LINKS = [
  0,
  1,
  9,
  10,
  12,
  14,
  50,
  51,
  101,
  103,
  104,
  105,
  108,
  113,
  119,
  127,
  163,
  178,
  192,
  228,
  229,
  276,
  9999,
];
const inside = ip4(17, udp(1000, 2000));
const TEMPLATES: readonly Uint8Array[] = [
  eth(0x0800, ip4(6, tcp(1, 2, 0x18, "data", [1, 1, 8, 10, u32(1, 2)]))),
  eth(0x0800, ip4(6, tcp(1, 2, 2, "", [2, 4, 5, 180, 3, 3, 7, 4, 2, 1, 1, 0]))),
  eth(0x0800, ip4(17, udp(53, 2000), { options: [0x94, 4, 0, 0] })),
  eth(0x0800, ip4(17, udp(1, 2), { offset: 1480 })),
  eth(0x0800, ip4(1, [3, 3, 0, 0, 0, 0, 0, 0, inside])),
  eth(0x0800, ip4(2, [0x16, 0, 0, 0, 239, 1, 1, 1])),
  eth(0x0800, ip4(50, [u32(7, 1), "secret"])),
  eth(0x0800, ip4(51, [6, 4, 0, 0, u32(7, 1), new Uint8Array(12), tcp(1, 2, 2)])),
  eth(0x0800, ip4(47, [u16(0xb000, 0x0800), u32(1, 2, 3), inside])),
  eth(0x0800, ip4(47, [u16(0x1000, 0x88be), u32(1), 0x10, 0, 0, 0, u32(0), eth(0x0800, inside)])),
  eth(0x0800, ip4(17, udp(4000, 4789, [8, 0, 0, 0, u32(0), eth(0x0800, inside)]))),
  eth(0x0800, ip4(17, udp(4000, 6081, [1, 0, 0x65, 0x58, u32(0, 0), eth(0x86dd, ip6(6, tcp(1, 2, 2)))]))),
  eth(0x0800, ip4(17, udp(2152, 2152, [0x34, 255, u16(20), u32(1), u16(1), 0, 0x85, 1, 0, 0, 0, inside]))),
  eth(0x86dd, ip6(0, [44, 0, u16(0), u32(0), 58, 0, u16(1), u32(5), 128, 0, 0, 0, u32(1)])),
  eth(0x8100, u16(5, 0x8847), u32(0x00010100), inside),
  eth(0x8864, 0x11, 0, u16(1, 40), u16(0x21), inside),
  eth(0x0806, u16(1, 0x0800), 6, 4, u16(1), MAC_A, A, MAC_B, B),
  eth(50, 0xfe, 0xfe, 3, 0x83, 0x1b, 1, 0, 0x0f, 1, 0, 0, 2, "abcdefghi"),
  eth(50, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0, inside),
  bytes(u16(0, 1, 6), MAC_A, 0, 0, u16(0x0800), inside),
  bytes(8, 1, 0, 0, MAC_A, MAC_B, MAC_A, 0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0, inside),
  bytes(0, 0, 8, 0, 0, 0, 0, 0, 8, 2, 0, 0, MAC_A, MAC_B, MAC_A, 0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0, inside),
];

const frame = fc.oneof(
  fc.uint8Array({ maxLength: 120 }),
  fc.record({
    template: fc.constantFrom(...TEMPLATES),
    flips: fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 }),
  }).map(({ template, flips }) => {
    const out = template.slice();
    for (const [at, value] of flips) if (at < out.length) out[at] = value;
    return out;
  }),
);
const cut = fc.tuple(frame, fc.nat(120), fc.nat(3000)).map(([b, keep, more]) => ({
  bytes: b,
  captured: Math.min(b.length, keep),
  wire: b.length + more,
}));
const options = fc.record<DecodeOptions>({
  quirks: fc.constantFrom("argus-3.0.8.2", "none"),
  tunnels: fc.constantFrom("inner", "outer"),
  tunnelDiscovery: fc.boolean(),
});

/** Facts that every packet has, of the row and in columns. */
const WORDS = [PW_SIZE, PW_KIND, PW_PROTO, PW_PORTS, PW_EXTRA, PW_IP, PW_IPOPT, PW_ENCAPS, PW_APP];
const COLUMNS = ["l3", "l4", "payload", "payloadEnd"] as const;

function columnsOf(c: PacketColumns): number[][] {
  const facts = Array.from({ length: c.length }, (_, i) => {
    const row = c.words.subarray(i * PACKET_WORDS, (i + 1) * PACKET_WORDS);
    return [...WORDS.map((w) => row[w]!), ...row.subarray(PW_ENDS, PW_ENDS + END_WORDS)];
  });
  return [...facts, ...COLUMNS.map((name) => [...c[name].subarray(0, c.length)])];
}

Deno.test("decoding cut and damaged frames never throws, and the bytes around a frame never matter", () => {
  fc.assert(
    fc.property(fc.array(cut, { maxLength: 6 }), fc.constantFrom(...LINKS), options, (frames, link, o) => {
      const [a, b] = [0, 255].map((poison) => {
        const c = new PacketColumns(8);
        const frameBatch = batch(frames, link, poison, 70);
        decode(frameBatch, c, o);
        for (let i = 0; i < c.length; i++) {
          const end = c.offset[i]! + c.captured[i]!;
          if (c.payload[i]! > c.payloadEnd[i]! || c.payloadEnd[i]! > end) {
            throw new Error(`payload of row ${i} leaves its frame`);
          }
        }
        return columnsOf(c);
      });
      assertEquals(a, b);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("a VLAN tag changes nothing but the tag: the flat path and the walk agree", () => {
  const plain = fc.record({
    type: fc.constantFrom(0x0800, 0x86dd),
    proto: fc.constantFrom(6, 17),
    flags: fc.nat(255),
    ports: fc.tuple(fc.constantFrom(53, 80, 5004, 40000), fc.constantFrom(53, 443, 5006, 7005)),
    data: fc.uint8Array({ maxLength: 40 }),
    words: fc.array(fc.constantFrom(0x01010101, 0x0101080a, 0x03030701, 0x020405b4), { maxLength: 6 }),
    lose: fc.nat(30),
  });
  fc.assert(
    fc.property(plain, fc.constantFrom("argus-3.0.8.2" as const, "none" as const), (p, quirks) => {
      const l4 = p.proto === 6 ? tcp(...p.ports, p.flags, p.data, u32(...p.words)) : udp(...p.ports, p.data);
      const packet = p.type === 0x0800 ? ip4(p.proto, l4) : ip6(p.proto, l4);
      const frames = [eth(p.type, packet), eth(0x8100, u16(9, p.type), packet)].map((b) => ({
        bytes: b,
        captured: Math.max(14, b.length - p.lose),
        wire: b.length,
      }));
      const c = new PacketColumns(2);
      decode(batch(frames), c, { quirks });
      const row = (i: number) => ({
        kind: c.words[i * PACKET_WORDS + PW_KIND]! & ~(1 << 17),
        ends: [...c.words.subarray(i * PACKET_WORDS + PW_ENDS, i * PACKET_WORDS + PW_ENDS + END_WORDS)],
        facts: [PW_PROTO, PW_PORTS, PW_EXTRA, PW_IP, PW_IPOPT, PW_APP].map((w) =>
          c.words[i * PACKET_WORDS + w]
        ),
        tcp: c.words[i * PACKET_WORDS + PW_KIND]! & (1 << 11)
          ? [PW_FLAGS, PW_SEQ, PW_ACK, PW_WIN, PW_TCPOPT].map((w) => c.words[i * PACKET_WORDS + w])
          : [],
        at: [c.l4, c.payload, c.payloadEnd].map((column) => column[i]! - c.l3[i]!),
      });
      const [a, b] = [row(0), row(1)];
      // Cut inside the IP header: no flow, or a MAC flow whose tag belongs to it.
      const low = a.kind & P_KIND_MASK;
      if (low === P_NONE || low === P_ETHER) assertEquals(b.kind & P_KIND_MASK, low);
      else assertEquals(a, b);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("the quoted datagram of an ICMP error never reads past its end", () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 70 }), fc.constant(inside)), fc.nat(70), (b, end) => {
      const stop = Math.min(end, b.length);
      const a = new Int32Array(INNER_WORDS), z = new Int32Array(INNER_WORDS);
      const cutAway = b.slice();
      cutAway.fill(0xff, stop);
      assertEquals(decodeInner(b, 0, stop, a), decodeInner(cutAway, 0, stop, z));
      assertEquals(a, z);
    }),
  );
});
