import { Problem } from "../base/mod.ts";
import { protocolNumber, servicePort } from "../record/mod.ts";
import { bad, quote } from "./lexer.ts";
import type { Direction, Id, Qualifiers } from "./packet_ast.ts";
import * as M from "./packet_machine.ts";
import { all, any, between, both, either, equals, load, loadAt, type Test } from "./packet_machine.ts";
import type { Places } from "./packet_places.ts";
import * as W from "./packet_words.ts";

const IP_PORTS: ReadonlyMap<string, number> = new Map([["tcp", 6], ["udp", 17], ["sctp", 132]]);

/**
 * Test for an id and what stands before it: addresses, nets, ports and protocol numbers.
 *
 * @throws {Problem} `syntax` for an id that does not fit its qualifiers.
 */
export function idTest(places: Places, qualifiers: Qualifiers, id: Id): Test {
  return new IdCompiler(places).id(
    qualifiers.protocol,
    qualifiers.direction ?? "or",
    qualifiers.aspect ?? "host",
    id,
  );
}

class IdCompiler {
  readonly #places: Places;

  constructor(places: Places) {
    this.#places = places;
  }

  id(protocol: string | undefined, direction: Direction, aspect: string, id: Id): Test {
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
          `Expected proto but found protochain in filter "${this.#places.text}": it is not supported`,
          {
            position: id.at,
          },
        );
    }
  }

  #bad(id: Id, expected: string): Problem {
    return bad(this.#places.text, id.at, expected, quote(id.text));
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
      () => this.#places.atMac("source", id.at, is),
      () => this.#places.atMac("destination", id.at, is),
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
      const at = (offset: number) => () => equals(this.#places.net(offset, 4), word, mask);
      return both(this.#places.linkType(type), this.#ends(direction, at(source), at(destination)));
    };
    if (protocol !== undefined) {
      if (!(protocol in offsets)) {
        throw this.#bad(id, `ip, arp or rarp before an IPv4 ${aspect}, not "${protocol}"`);
      }
      return of(protocol);
    }
    return this.#places.labelled ? of("ip") : any(of("ip"), of("arp"), of("rarp"));
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
        ...words.map((w, j) =>
          masks[j] === 0 ? M.always : equals(this.#places.net(offset + 4 * j, 4), w, masks[j])
        ),
      );
    return both(this.#places.linkType(W.ETHERTYPE_IP6), this.#ends(direction, at(8), at(24)));
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
      const header = this.#places.ihl;
      const at = (offset: number) => () => {
        const base = this.#places.network + offset;
        return between(loadAt("payload", M.operate("+", header, () => base), 2), low, high);
      };
      return all(
        this.#places.linkType(W.ETHERTYPE_IP),
        any(...protocols.map((n) => equals(this.#places.net(9, 1), n))),
        equals(this.#places.net(6, 2), 0, 0x1fff),
        this.#ends(direction, at(0), at(2)),
      );
    };
    const v6 = () => {
      const at = (offset: number) => () => between(this.#places.net(40 + offset, 2), low, high);
      return all(
        this.#places.linkType(W.ETHERTYPE_IP6),
        any(...protocols.map((n) => equals(this.#places.net(6, 1), n))),
        this.#ends(direction, at(0), at(2)),
      );
    };
    return either(v4(), v6());
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
      return this.#places.linkType(type);
    }
    const number = given ?? protocolNumber(W.SYNONYMS.get(id.text) ?? id.text) ??
      W.PROTOCOLS.get(id.text)?.ip;
    if (number === undefined) throw this.#bad(id, "an IP protocol number or name");
    if (protocol === undefined) return this.#places.ipProtocol(number, "both");
    if (protocol !== "ip" && protocol !== "ip6") {
      throw this.#bad(id, `ip, ip6 or ether before proto, not "${protocol}"`);
    }
    return this.#places.ipProtocol(number, protocol);
  }
}
