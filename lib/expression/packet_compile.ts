import { Problem } from "../base/mod.ts";
import { protocolNumber, servicePort } from "../record/mod.ts";
import { bad, quote } from "./lexer.ts";
import type { Arithmetic, Direction, Id, PacketNode } from "./packet_ast.ts";
import { type LinkLayout, linkTypeTest, pppProtocol, wlanMac } from "./packet_links.ts";
import * as M from "./packet_machine.ts";
import {
  all,
  any,
  type Base,
  between,
  both,
  either,
  equals,
  load,
  loadAt,
  type Test,
  type Value,
} from "./packet_machine.ts";
import * as W from "./packet_words.ts";

/**
 * Compiles a packet filter for one link type, the way libpcap does: headers at fixed places of the outermost packet, and `vlan`,
 * `mpls` and `pppoes` moving those places for everything to their right.
 *
 * @throws {Problem} `syntax` for an id that does not fit its qualifiers, `unsupported` for what the link type cannot say.
 */
export function compilePackets(node: PacketNode | undefined, layout: LinkLayout, text: string): Test {
  return node ? new Compiler(layout, text).test(node) : M.always;
}

const IP_PORTS: ReadonlyMap<string, number> = new Map([["tcp", 6], ["udp", 17], ["sctp", 132]]);

class Compiler {
  readonly #layout: LinkLayout;
  readonly #text: string;
  // Places that vlan, mpls and pppoes move.
  #link = 0;
  #linkBase: Base = "link";
  #type: number;
  #payload = 0;
  #network: number;
  #labels = 0;
  #ppp = false;

  constructor(layout: LinkLayout, text: string) {
    this.#layout = layout;
    this.#text = text;
    this.#type = layout.type;
    this.#network = layout.network;
  }

  test(n: PacketNode): Test {
    switch (n.kind) {
      case "and":
      case "or": {
        // From left to right: the left side may move the places of the right one.
        const left = this.test(n.left), right = this.test(n.right);
        return n.kind === "and" ? both(left, right) : either(left, right);
      }
      case "not":
        return M.negate(this.test(n.operand));
      case "protocol":
        return this.#protocol(n.name);
      case "id":
        return this.#id(
          n.qualifiers.protocol,
          n.qualifiers.direction ?? "or",
          n.qualifiers.aspect ?? "host",
          n.id,
        );
      case "compare":
        return this.#compare(n.operator, n.left, n.right);
      case "vlan":
        return this.#vlan(n.number, n.at);
      case "mpls":
        return this.#mpls(n.number, n.at);
      case "pppoed":
        return this.#linkType(W.ETHERTYPE_PPPOE_DISCOVERY);
      case "pppoes":
        return this.#pppoes(n.number, n.at);
      case "broadcast":
      case "multicast":
        return this.#cast(n.kind, n.protocol, n.at);
      case "length": {
        const { operator, bytes } = n;
        return operator === "less" ? (p) => +(p.wire <= bytes) : (p) => +(p.wire >= bytes);
      }
      case "inbound":
      case "outbound":
        return this.#bound(n.kind);
    }
  }

  #bad(id: Id, expected: string): Problem {
    return bad(this.#text, id.at, expected, quote(id.text));
  }

  #unsupported(at: number, what: string): Problem {
    return new Problem(
      "unsupported",
      `Expected a link type with ${what} but found ${this.#layout.name} in filter "${this.#text}"`,
      {
        position: at,
        expected: `a link type with ${what}`,
        found: this.#layout.name,
      },
    );
  }

  /** Number at `offset` of the network header. */
  #net(offset: number, size: 1 | 2 | 4): Value {
    return load("payload", this.#payload + this.#network + offset, size);
  }

  #linkType(type: number): Test {
    if (this.#labels > 0) {
      // Below labels only the version nibble tells; the last label must have been the bottom one.
      if (type !== W.ETHERTYPE_IP && type !== W.ETHERTYPE_IP6) return M.never;
      return both(
        equals(load("payload", this.#payload + this.#network - 2, 1), 1, 1),
        equals(this.#net(0, 1), type === W.ETHERTYPE_IP ? 0x40 : 0x60, 0xf0),
      );
    }
    if (this.#ppp) return equals(load("payload", this.#type, 2), pppProtocol(type));
    return linkTypeTest(this.#layout, type, this.#type, this.#payload);
  }

  #protocol(name: string): Test {
    const word = W.PROTOCOLS.get(name)!;
    if (word.ethertype !== undefined) return this.#linkType(word.ethertype);
    if (word.sap !== undefined) return this.#linkType(word.sap);
    return this.#ipProtocol(word.ip!, word.over!);
  }

  #ipProtocol(number: number, over: "ip" | "ip6" | "both"): Test {
    const v4 = () => both(this.#linkType(W.ETHERTYPE_IP), equals(this.#net(9, 1), number));
    // libpcap looks through one fragment header, and no other.
    const v6 = () =>
      both(
        this.#linkType(W.ETHERTYPE_IP6),
        either(
          equals(this.#net(6, 1), number),
          both(equals(this.#net(6, 1), 44), equals(this.#net(40, 1), number)),
        ),
      );
    return over === "ip" ? v4() : over === "ip6" ? v6() : either(v4(), v6());
  }

  #id(protocol: string | undefined, direction: Direction, aspect: string, id: Id): Test {
    switch (aspect) {
      case "host":
      case "net":
        return id.value.kind === "mac"
          ? this.#mac(protocol, direction, id)
          : this.#address(protocol, direction, aspect, id);
      case "port":
      case "portrange":
        return this.#port(protocol, direction, aspect, id);
      case "proto":
        return this.#proto(protocol, id);
      default:
        throw new Problem(
          "unsupported",
          `Expected proto but found protochain in filter "${this.#text}": it is not supported`,
          {
            position: id.at,
          },
        );
    }
  }

  /** Two places, joined as the direction says: source then destination. */
  #ends(direction: Direction, source: () => Test, destination: () => Test): Test {
    switch (direction) {
      case "src":
        return source();
      case "dst":
        return destination();
      case "and":
        return both(source(), destination());
      case "or":
        return either(source(), destination());
    }
  }

  #mac(protocol: string | undefined, direction: Direction, id: Id): Test {
    if (protocol !== "ether") throw this.#bad(id, `"ether" before an Ethernet address`);
    const { high, low } = id.value as { high: number; low: number };
    const is = (at: number) =>
      both(
        equals(load("link", at + 2, 4), ((high << 16) | low) >>> 0),
        equals(load("link", at, 2), high >>> 16),
      );
    return this.#ends(
      direction,
      () => this.#atMac("source", id.at, is),
      () => this.#atMac("destination", id.at, is),
    );
  }

  #address(protocol: string | undefined, direction: Direction, aspect: string, id: Id): Test {
    const { value } = id;
    if (value.kind === "name") throw this.#bad(id, "an address (names are not looked up)");
    if (protocol === "ether") throw this.#bad(id, "an Ethernet address such as 00:11:22:33:44:55");
    if (value.kind === "ipv6") {
      if (protocol !== undefined && protocol !== "ip6") {
        throw this.#bad(id, `an address that fits "${protocol}"`);
      }
      return this.#address6(direction, aspect, id, value.words);
    }
    const offsets: Readonly<Record<string, readonly [number, number, number]>> = {
      ip: [W.ETHERTYPE_IP, 12, 16],
      arp: [W.ETHERTYPE_ARP, 14, 24],
      rarp: [W.ETHERTYPE_RARP, 14, 24],
    };
    const { word, mask } = this.#masked4(aspect, id);
    const of = (name: string): Test => {
      const [type, source, destination] = offsets[name]!;
      const at = (offset: number) => () => equals(this.#net(offset, 4), word, mask);
      return both(this.#linkType(type), this.#ends(direction, at(source), at(destination)));
    };
    if (protocol !== undefined) {
      if (!(protocol in offsets)) {
        throw this.#bad(id, `ip, arp or rarp before an IPv4 ${aspect}, not "${protocol}"`);
      }
      return of(protocol);
    }
    return this.#labels > 0 ? of("ip") : any(of("ip"), of("arp"), of("rarp"));
  }

  /** A test of the source or destination MAC, wherever the link type and frame keep it. */
  #atMac(end: "source" | "destination", at: number, test: (mac: number) => Test): Test {
    const { macs, style } = this.#layout;
    if (style === "wlan") return wlanMac(end, test);
    if (!macs) throw this.#unsupported(at, "Ethernet addresses");
    return test(macs[end === "source" ? 1 : 0]);
  }

  #masked4(aspect: string, id: Id): { word: number; mask: number } {
    const { value } = id;
    if (value.kind === "number") return { word: value.number | 0, mask: -1 };
    const { word, bits } = value as { word: number; bits: number };
    if (id.prefix === undefined && id.mask === undefined) {
      return { word, mask: bits === 32 ? -1 : -1 << (32 - bits) };
    }
    if (aspect !== "net") throw this.#bad(id, `"net" before an address with a mask`);
    const mask = id.mask ?? (id.prefix === 0 ? 0 : -1 << (32 - id.prefix!));
    if ((word & ~mask) !== 0) throw this.#bad(id, "an address without bits outside its mask");
    return { word, mask };
  }

  #address6(direction: Direction, aspect: string, id: Id, words: readonly number[]): Test {
    const prefix = id.prefix ?? 128;
    if (prefix !== 128 && aspect !== "net") throw this.#bad(id, `"net" before an address with a prefix`);
    const masks = words.map((_, j) => {
      const n = Math.min(32, Math.max(0, prefix - 32 * j));
      return n === 0 ? 0 : -1 << (32 - n);
    });
    if (words.some((w, j) => (w & ~masks[j]!) !== 0)) {
      throw this.#bad(id, "an address without bits outside its prefix");
    }
    const at = (offset: number) => () =>
      all(
        ...words.map((w, j) => masks[j] === 0 ? M.always : equals(this.#net(offset + 4 * j, 4), w, masks[j])),
      );
    return both(this.#linkType(W.ETHERTYPE_IP6), this.#ends(direction, at(8), at(24)));
  }

  #port(protocol: string | undefined, direction: Direction, aspect: string, id: Id): Test {
    if (protocol !== undefined && !IP_PORTS.has(protocol)) {
      throw this.#bad(id, `tcp, udp or sctp before ${aspect}, not "${protocol}"`);
    }
    const { low, high, only } = this.#portNumbers(protocol, aspect, id);
    const protocols = protocol !== undefined
      ? [IP_PORTS.get(protocol)!]
      : only !== undefined
      ? [only]
      : [6, 17, 132];
    const v4 = () => {
      const header = this.#ihl;
      const at = (offset: number) => () => {
        const base = this.#payload + this.#network + offset;
        return between(loadAt("payload", M.operate("+", header, () => base), 2), low, high);
      };
      return all(
        this.#linkType(W.ETHERTYPE_IP),
        any(...protocols.map((n) => equals(this.#net(9, 1), n))),
        equals(this.#net(6, 2), 0, 0x1fff),
        this.#ends(direction, at(0), at(2)),
      );
    };
    const v6 = () => {
      const at = (offset: number) => () => between(this.#net(40 + offset, 2), low, high);
      return all(
        this.#linkType(W.ETHERTYPE_IP6),
        any(...protocols.map((n) => equals(this.#net(6, 1), n))),
        this.#ends(direction, at(0), at(2)),
      );
    };
    return either(v4(), v6());
  }

  /** Bytes of the IPv4 header. */
  get #ihl(): Value {
    const first = this.#net(0, 1);
    return (p) => {
      const x = first(p);
      return x < 0 ? M.OUT : (x & 15) * 4;
    };
  }

  #portNumbers(
    protocol: string | undefined,
    aspect: string,
    id: Id,
  ): { low: number; high: number; only?: number } {
    const one = (text: string): { port: number; only?: number } => {
      if (/^(0[xX][0-9a-fA-F]+|\d+)$/.test(text)) {
        const port = Number(text);
        if (port > 65535) throw this.#bad(id, "a port from 0 to 65535");
        return { port };
      }
      const tcp = servicePort("tcp", text), udp = servicePort("udp", text);
      const port = protocol === "udp" ? udp : protocol === "tcp" ? tcp : tcp ?? udp;
      if (port === undefined) throw this.#bad(id, "a port number or a service name");
      // A name that only one transport has looks at that one.
      return protocol === undefined && tcp !== udp ? { port, only: tcp !== undefined ? 6 : 17 } : { port };
    };
    const whole = id.value.kind === "number" ? { port: id.value.number } : undefined;
    if (whole) {
      if (whole.port > 65535) throw this.#bad(id, "a port from 0 to 65535");
      return { low: whole.port, high: whole.port };
    }
    if (id.value.kind !== "name") throw this.#bad(id, "a port");
    const parts = aspect === "portrange" ? /^(.+)-([^-]+)$/.exec(id.text) : null;
    if (!parts) {
      const { port, only } = one(id.text);
      return { low: port, high: port, ...(only === undefined ? {} : { only }) };
    }
    const a = one(parts[1]!).port, b = one(parts[2]!).port;
    return { low: Math.min(a, b), high: Math.max(a, b) };
  }

  #proto(protocol: string | undefined, id: Id): Test {
    if (id.value.kind !== "number" && id.value.kind !== "name") {
      throw this.#bad(id, "a protocol number or \\name");
    }
    const given = id.value.kind === "number" ? id.value.number : undefined;
    if (protocol === "ether") {
      const word = W.PROTOCOLS.get(W.SYNONYMS.get(id.text) ?? id.text);
      const type = given ?? word?.ethertype ?? word?.sap;
      if (type === undefined) throw this.#bad(id, "an ethertype number or name");
      return this.#linkType(type);
    }
    const number = given ?? protocolNumber(W.SYNONYMS.get(id.text) ?? id.text) ??
      W.PROTOCOLS.get(id.text)?.ip;
    if (number === undefined) throw this.#bad(id, "an IP protocol number or name");
    if (protocol === undefined) return this.#ipProtocol(number, "both");
    if (protocol !== "ip" && protocol !== "ip6") {
      throw this.#bad(id, `ip, ip6 or ether before proto, not "${protocol}"`);
    }
    return this.#ipProtocol(number, protocol);
  }

  #cast(kind: "broadcast" | "multicast", protocol: string | undefined, at: number): Test {
    if (protocol === undefined || protocol === "ether") {
      return this.#atMac(
        "destination",
        at,
        (mac) =>
          kind === "multicast"
            ? equals(load("link", mac, 1), 1, 1)
            : both(equals(load("link", mac + 2, 4), 0xffffffff), equals(load("link", mac, 2), 0xffff)),
      );
    }
    if (protocol === "ip") {
      const destination = this.#net(16, 4);
      return both(
        this.#linkType(W.ETHERTYPE_IP),
        // The netmask of a file is not known: all zeros or all ones, as tcpdump -r does.
        kind === "broadcast"
          ? either(equals(destination, 0), equals(destination, 0xffffffff))
          : between(this.#net(16, 1), 224, 255),
      );
    }
    if (protocol === "ip6" && kind === "multicast") {
      return both(this.#linkType(W.ETHERTYPE_IP6), equals(this.#net(24, 1), 255));
    }
    throw bad(this.#text, at, `ether or ip before ${kind}`, quote(protocol));
  }

  #vlan(id: number | undefined, at: number): Test {
    if (id !== undefined && id > 4095) {
      throw bad(this.#text, at, "a VLAN id from 0 to 4095", quote(String(id)));
    }
    const { style } = this.#layout;
    if ((style !== "ethernet" && style !== "wlan") || this.#ppp) throw this.#unsupported(at, "VLAN tags");
    if (this.#labels > 0) throw bad(this.#text, at, "vlan before mpls", quote("vlan"));
    const tagged = any(
      ...[W.ETHERTYPE_VLAN, W.ETHERTYPE_QINQ, W.ETHERTYPE_QINQ_OLD].map((type) => this.#linkType(type)),
    );
    const test = id === undefined
      ? tagged
      : both(tagged, equals(load("payload", this.#payload, 2), id, 0x0fff));
    this.#payload += 4;
    this.#type += 4;
    return test;
  }

  #mpls(label: number | undefined, at: number): Test {
    if (label !== undefined && label > 0xfffff) {
      throw bad(this.#text, at, "an MPLS label from 0 to 1048575", quote(String(label)));
    }
    let test: Test;
    if (this.#labels > 0) test = equals(load("payload", this.#payload + this.#network - 2, 1), 0, 1);
    else {
      const { style } = this.#layout;
      if (style !== "ethernet" && style !== "hdlc" && style !== "ppp") throw this.#unsupported(at, "MPLS");
      test = this.#linkType(W.ETHERTYPE_MPLS);
    }
    if (label !== undefined) test = both(test, equals(this.#net(0, 4), label << 12, 0xfffff000));
    this.#network += 4;
    this.#labels++;
    return test;
  }

  /** PPPoE session: what follows is PPP with a two-byte protocol. */
  #pppoes(session: number | undefined, at: number): Test {
    if (session !== undefined && session > 0xffff) {
      throw bad(this.#text, at, "a session from 0 to 65535", quote(String(session)));
    }
    let test = this.#linkType(W.ETHERTYPE_PPPOE_SESSION);
    if (session !== undefined) test = both(test, equals(this.#net(0, 4), session, 0xffff));
    this.#link = this.#type = this.#payload + this.#network + 6;
    this.#linkBase = "payload";
    this.#payload = this.#type + 2;
    this.#network = 0;
    this.#ppp = true;
    return test;
  }

  #bound(kind: "inbound" | "outbound"): Test {
    const { style } = this.#layout;
    if (style !== "cooked" && style !== "cooked2") throw this.#unsupported(0, "packet directions");
    const outgoing = equals(style === "cooked" ? load("link", 0, 2) : load("link", 10, 1), 4);
    return kind === "outbound" ? outgoing : M.negate(outgoing);
  }

  #compare(operator: string, left: Arithmetic, right: Arithmetic): Test {
    // Bytes of a protocol are only there when the packet is of that protocol: those tests come first.
    const conditions: Test[] = [];
    const a = this.#value(left, conditions), b = this.#value(right, conditions);
    return [...conditions, M.compare(operator, a, b)].reduce(both);
  }

  #value(n: Arithmetic, conditions: Test[]): Value {
    switch (n.kind) {
      case "number":
        return () => n.number;
      case "len":
        return (p) => p.wire;
      case "negate":
        return M.operate("-", () => 0, this.#value(n.operand, conditions));
      case "operation":
        // libpcap forgets what the right operand asks of the packet.
        return M.operate(n.operator, this.#value(n.left, conditions), this.#value(n.right, []));
      case "load":
        return this.#load(n.protocol, this.#value(n.index, conditions), n.size, n.at, conditions);
    }
  }

  #load(protocol: string, index: Value, size: 1 | 2 | 4, at: number, conditions: Test[]): Value {
    const from = (base: Base, offset: number) => loadAt(base, M.operate("+", index, () => offset), size);
    if (protocol === "ether") return from(this.#linkBase, this.#link);
    const word = W.PROTOCOLS.get(protocol)!;
    const network = this.#payload + this.#network;
    if (word.ethertype !== undefined) {
      conditions.push(this.#linkType(word.ethertype));
      return from("payload", network);
    }
    if (protocol === "icmp6") {
      conditions.push(this.#linkType(W.ETHERTYPE_IP6), equals(this.#net(6, 1), 58));
      return from("payload", network + 40);
    }
    if (!["tcp", "udp", "sctp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp"].includes(protocol)) {
      throw bad(
        this.#text,
        at,
        "bytes of ether, ip, ip6, arp, tcp, udp, sctp, icmp, icmp6, igmp or pim",
        quote(protocol),
      );
    }
    conditions.push(
      this.#linkType(W.ETHERTYPE_IP),
      equals(this.#net(9, 1), word.ip!),
      equals(this.#net(6, 2), 0, 0x1fff),
    );
    const ihl = this.#ihl;
    return loadAt("payload", M.operate("+", M.operate("+", ihl, index), () => network), size);
  }
}
