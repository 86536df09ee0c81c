import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Problem } from "../../lib/base/mod.ts";
import { compilePacketFilter, selectFrames } from "../../lib/expression/packet_filter.ts";
import { parsePacketFilter } from "../../lib/expression/packet_parse.ts";
import { batch, bytes, eth, type Frame, ip4, ip6, tcp, u16, u32, udp } from "../decode/packets.ts";
import { FILTERS } from "./packet_filters.ts";

/** Which of the frames pass, as their indices. */
function passing(filter: string, frames: readonly Frame[], linkType = 1): number[] {
  const passes = compilePacketFilter(filter);
  const b = batch(frames, linkType);
  return frames.map((_, i) => i).filter((i) => passes(b, i));
}

const web = eth(0x0800, ip4(6, tcp(40000, 80, 2)));
const dns = eth(0x0800, ip4(17, udp(5000, 53)));
const dns6 = eth(0x86dd, ip6(17, udp(5000, 53)));
const later = eth(0x0800, ip4(17, udp(5000, 53), { offset: 1480 }));
const options = eth(0x0800, ip4(17, udp(5000, 53), { options: [1, 1, 1, 1] }));
const extended = eth(0x86dd, ip6(0, [17, 0, 1, 4, 0, 0, 0, 0, udp(5000, 53)]));
const tagged = eth(0x8100, u16(7, 0x0800), ip4(17, udp(5000, 53)));
const labelled = eth(0x8847, u32((16 << 12) | 0x100), ip4(17, udp(5000, 53)));
const session = eth(0x8864, 0x11, 0, u16(5, 40, 0x0021), ip4(17, udp(5000, 53)));
const all = [web, dns, dns6, later, options, extended, tagged, labelled, session];

Deno.test("ports: not in later fragments, behind IPv4 options, in IPv6 only right behind the header", () => {
  assertEquals(passing("port 53", all), [1, 2, 4]);
  assertEquals(passing("udp", all), [1, 2, 3, 4]);
  assertEquals(passing("tcp port 80 or 443", all), [0]);
  assertEquals(passing("src port 5000 and dst port 53", all), [1, 2, 4]);
});

Deno.test("vlan, mpls and pppoes move the places of everything to their right", () => {
  assertEquals(passing("vlan and port 53", all), [6]);
  assertEquals(passing("port 53 and vlan", all), []);
  assertEquals(passing("vlan 7 and udp", all), [6]);
  assertEquals(passing("vlan 8", all), []);
  assertEquals(passing("mpls and udp", all), [7]);
  assertEquals(passing("mpls 16 and host 10.0.0.1", all), [7]);
  assertEquals(passing("pppoes 5 and port 53", all), [8]);
  assertEquals(passing("pppoes 6", all), []);
});

Deno.test("and and or bind alike, from the left; bare ids repeat the qualifiers", () => {
  assertEquals(passing("tcp or udp and port 53", all), passing("(tcp or udp) and port 53", all));
  assertEquals(passing("dst port 80 or 53", all), [0, 1, 2, 4]);
  assertEquals(passing("dst port (80 or 53) and ip6", all), [2]);
  assertEquals(passing("not port 53 and 80", all), [0]);
});

Deno.test("a read outside the frame rejects it, even under not", () => {
  const short: Frame = { bytes: web, captured: 40 };
  assertEquals(passing("tcp[13] & 2 != 0", [web, short]), [0]);
  assertEquals(passing("not tcp[13] = 99", [web, short, dns]), [0, 2]);
  assertEquals(passing("1 / (len - len) = 0 or ip", [web]), []);
});

Deno.test("arithmetic is unsigned and 32 bits wide", () => {
  assertEquals(passing("0 - 1 = 0xffffffff", [web]), [0]);
  assertEquals(passing("1 << 33 = 0", [web]), [0]);
  assertEquals(passing("2 + 3 * 4 = 14 and (2 + 3) * 4 = 20 and 7 & 3 | 8 = 11", [web]), [0]);
  assertEquals(passing("ip[2:2] = 40 and len = 54", [web]), [0]);
});

Deno.test("raw and cooked link types know where their packets begin", () => {
  const inside = ip4(17, udp(5000, 53));
  assertEquals(passing("port 53", [inside], 101), [0]);
  assertEquals(passing("port 53", [bytes(u16(4, 1, 6), 2, 0, 0, 0, 0, 1, 0, 0, u16(0x0800), inside)], 113), [
    0,
  ]);
  assertEquals(passing("outbound", [bytes(u16(4, 1, 6), new Uint8Array(8), u16(0x0800), inside)], 113), [0]);
  assertThrows(
    () => passing("vlan", [inside], 101),
    Problem,
    "Expected a link type with VLAN tags but found Raw IP",
  );
  assertThrows(() => passing("tcp", [inside], 9999), Problem, "found 9999");
});

Deno.test("errors say where, what was expected, and the nearest word", () => {
  const error = (filter: string): string => {
    try {
      compilePacketFilter(filter);
    } catch (e) {
      if (e instanceof Problem && e.code === "syntax") return `${e.position}: ${e.reason}`;
      throw e;
    }
    return "none";
  };
  assertEquals(
    [
      "tcp prot 80",
      "host 10.0.0.300",
      "port 70000",
      "port nosuchservice",
      "tcp and",
      "(tcp",
      "tcp)",
      "host example.org",
      "10.0.0.1",
      "net 10.1.2.3/16",
      "ip host ::1",
      "tcp[0:3] = 1",
      "ip[0]",
      "port 80 or tcp or 443",
      "vlan 5000",
      "ether host 10.0.0.1",
      "gateway 10.0.0.1",
      "tcp $",
    ].map(error),
    [
      '4: Expected src, dst, host, net, port, proto, and, or, or the end after tcp but found "prot" (did you mean port or proto?) in filter "tcp prot 80"',
      '5: Expected an IPv4 address with parts from 0 to 255 but found "10.0.0.300" in filter "host 10.0.0.300"',
      '5: Expected a port from 0 to 65535 but found "70000" in filter "port 70000"',
      '5: Expected a port number or a service name but found "nosuchservice" in filter "port nosuchservice"',
      '7: Expected a filter term such as host, port, tcp or ip[0] but found the end of the expression in filter "tcp and"',
      '4: Expected ")" but found the end of the expression in filter "(tcp"',
      '3: Expected and, or, or the end but found ")" in filter "tcp)"',
      '5: Expected an address (names are not looked up) but found "example.org" in filter "host example.org"',
      '0: Expected a filter term such as host, port, tcp or ip[0] but found "10.0.0.1" in filter "10.0.0.1"',
      '4: Expected an address without bits outside its mask but found "10.1.2.3" in filter "net 10.1.2.3/16"',
      '8: Expected an address that fits "ip" but found "::1" in filter "ip host ::1"',
      '6: Expected 1, 2 or 4 bytes but found "3" in filter "tcp[0:3] = 1"',
      '5: Expected an operator such as =, !=, <, & or + but found the end of the expression in filter "ip[0]"',
      '21: Expected an operator such as =, !=, <, & or + but found the end of the expression in filter "port 80 or tcp or 443"',
      '0: Expected a VLAN id from 0 to 4095 but found "5000" in filter "vlan 5000"',
      '11: Expected an Ethernet address such as 00:11:22:33:44:55 but found "10.0.0.1" in filter "ether host 10.0.0.1"',
      '0: Expected a filter term such as host, port, tcp or ip[0] but found "gateway": this part of the packet filter language is not supported in filter "gateway 10.0.0.1"',
      '4: Expected a filter word, a value or an operator but found "$" in filter "tcp $"',
    ],
  );
});

Deno.test("an empty filter passes everything", () => {
  assertEquals(parsePacketFilter("  "), undefined);
  assertEquals(passing("", all), all.map((_, i) => i));
});

Deno.test("selected frames keep their numbers, times and bytes", () => {
  const b = batch(all);
  const kept = selectFrames(b, compilePacketFilter("port 53"));
  assertEquals(kept.length, 3);
  assertEquals([...kept.number!], [2, 3, 5]);
  assertEquals([...kept.time], [1e6, 2e6, 4e6]);
  assertEquals(kept.offset[1], b.offset[2]);
  assertEquals(selectFrames(b, () => true), b);
});

Deno.test("no filter text and no frame makes anything but a Problem", () => {
  const words = FILTERS.join(" ").split(/\s+/);
  const text = fc.oneof(
    fc.array(fc.constantFrom(...words, "(", ")", "[", "]", "!", ":", "/"), { maxLength: 8 }).map((w) =>
      w.join(" ")
    ),
    fc.string({ maxLength: 20 }),
  );
  const frame = fc.tuple(fc.constantFrom(...all), fc.nat(80)).map(([b, n]) => ({
    bytes: b,
    captured: Math.min(n, b.length),
  }));
  fc.assert(
    fc.property(text, frame, fc.constantFrom(0, 1, 9, 101, 104, 105, 113, 127, 276), (filter, f, link) => {
      try {
        passing(filter, [f], link);
      } catch (e) {
        if (!(e instanceof Problem)) throw e;
      }
    }),
    { numRuns: 3000 },
  );
});
