import type { Arithmetic, PacketNode } from "./packet_ast.ts";
import { bad, quote } from "./lexer.ts";
import { idTest } from "./packet_ids.ts";
import type { LinkLayout } from "./packet_links.ts";
import * as M from "./packet_machine.ts";
import {
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
import { Places } from "./packet_places.ts";
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

class Compiler {
  readonly #places: Places;

  constructor(layout: LinkLayout, text: string) {
    this.#places = new Places(layout, text);
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
        return this.#places.protocol(n.name);
      case "id":
        return idTest(this.#places, n.qualifiers, n.id);
      case "compare":
        return this.#compare(n.operator, n.left, n.right);
      case "vlan":
        return this.#places.vlan(n.number, n.at);
      case "mpls":
        return this.#places.mpls(n.number, n.at);
      case "pppoed":
        return this.#places.linkType(W.ETHERTYPE_PPPOE_DISCOVERY);
      case "pppoes":
        return this.#places.pppoes(n.number, n.at);
      case "broadcast":
      case "multicast":
        return this.#cast(n.kind, n.protocol, n.at);
      case "length": {
        const { operator, bytes } = n;
        return operator === "less" ? (p) => +(p.wire <= bytes) : (p) => +(p.wire >= bytes);
      }
      case "inbound":
      case "outbound":
        return this.#bound(n.kind, n.at);
    }
  }

  #cast(kind: "broadcast" | "multicast", protocol: string | undefined, at: number): Test {
    if (protocol === undefined || protocol === "ether") {
      return this.#places.atMac(
        "destination",
        at,
        (mac) =>
          kind === "multicast"
            ? equals(load("link", mac, 1), 1, 1)
            : both(equals(load("link", mac + 2, 4), 0xffffffff), equals(load("link", mac, 2), 0xffff)),
      );
    }
    if (protocol === "ip") {
      const destination = this.#places.net(16, 4);
      return both(
        this.#places.linkType(W.ETHERTYPE_IP),
        // The netmask of a file is not known: all zeros or all ones, as tcpdump -r does.
        kind === "broadcast"
          ? either(equals(destination, 0), equals(destination, 0xffffffff))
          : between(this.#places.net(16, 1), 224, 255),
      );
    }
    if (protocol === "ip6" && kind === "multicast") {
      return both(this.#places.linkType(W.ETHERTYPE_IP6), equals(this.#places.net(24, 1), 255));
    }
    throw bad(this.#places.text, at, `ether or ip before ${kind}`, quote(protocol));
  }

  #bound(kind: "inbound" | "outbound", at: number): Test {
    const { style } = this.#places.layout;
    if (style !== "cooked" && style !== "cooked2") throw this.#places.unsupported(at, "packet directions");
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
    if (protocol === "ether") return from(this.#places.linkBase, this.#places.link);
    const word = W.PROTOCOLS.get(protocol)!;
    const network = this.#places.network;
    if (word.ethertype !== undefined) {
      conditions.push(this.#places.linkType(word.ethertype));
      return from("payload", network);
    }
    if (protocol === "icmp6") {
      conditions.push(this.#places.linkType(W.ETHERTYPE_IP6), equals(this.#places.net(6, 1), 58));
      return from("payload", network + 40);
    }
    if (!["tcp", "udp", "sctp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp"].includes(protocol)) {
      throw bad(
        this.#places.text,
        at,
        "bytes of ether, ip, ip6, arp, tcp, udp, sctp, icmp, icmp6, igmp or pim",
        quote(protocol),
      );
    }
    conditions.push(
      this.#places.linkType(W.ETHERTYPE_IP),
      equals(this.#places.net(9, 1), word.ip!),
      equals(this.#places.net(6, 2), 0, 0x1fff),
    );
    const ihl = this.#places.ihl;
    return loadAt("payload", M.operate("+", M.operate("+", ihl, index), () => network), size);
  }
}
