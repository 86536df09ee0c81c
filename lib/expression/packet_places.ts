import { Problem } from "../base/mod.ts";
import { bad, quote } from "./lexer.ts";
import { type LinkLayout, linkTypeTest, pppProtocol, wlanMac } from "./packet_links.ts";
import * as M from "./packet_machine.ts";
import { any, type Base, both, either, equals, load, type Test, type Value } from "./packet_machine.ts";
import * as W from "./packet_words.ts";

/**
 * Where the headers of a packet stand, while its filter is compiled from left to right: `vlan`, `mpls` and `pppoes` move the places
 * of everything behind them.
 */
export class Places {
  readonly layout: LinkLayout;
  readonly text: string;
  /** Link header, for `ether[...]`. */
  link = 0;
  linkBase: Base = "link";
  /** Payload of the link layer, and the network header behind it. */
  #payload = 0;
  #network: number;
  #type: number;
  #labels = 0;
  #ppp = false;

  constructor(layout: LinkLayout, text: string) {
    this.layout = layout;
    this.text = text;
    this.#type = layout.type;
    this.#network = layout.network;
  }

  /** Offset of the network header behind the payload base. */
  get network(): number {
    return this.#payload + this.#network;
  }

  /** MPLS labels were asked for. */
  get labelled(): boolean {
    return this.#labels > 0;
  }

  unsupported(at: number, what: string): Problem {
    return new Problem(
      "unsupported",
      `Expected a link type with ${what} but found ${this.layout.name} in filter "${this.text}"`,
      {
        position: at,
        expected: `a link type with ${what}`,
        found: this.layout.name,
      },
    );
  }

  /** Number at `offset` of the network header. */
  net(offset: number, size: 1 | 2 | 4): Value {
    return load("payload", this.network + offset, size);
  }

  /** Bytes of the IPv4 header. */
  get ihl(): Value {
    const first = this.net(0, 1);
    return (p) => {
      const x = first(p);
      return x < 0 ? M.OUT : (x & 15) * 4;
    };
  }

  linkType(type: number): Test {
    if (this.#labels > 0) {
      // Below labels only the version nibble tells; the last label must have been the bottom one.
      if (type !== W.ETHERTYPE_IP && type !== W.ETHERTYPE_IP6) return M.never;
      return both(
        equals(load("payload", this.network - 2, 1), 1, 1),
        equals(this.net(0, 1), type === W.ETHERTYPE_IP ? 0x40 : 0x60, 0xf0),
      );
    }
    if (this.#ppp) return equals(load("payload", this.#type, 2), pppProtocol(type));
    return linkTypeTest(this.layout, type, this.#type, this.#payload);
  }

  protocol(name: string): Test {
    const word = W.PROTOCOLS.get(name)!;
    if (word.ethertype !== undefined) return this.linkType(word.ethertype);
    if (word.sap !== undefined) return this.linkType(word.sap);
    return this.ipProtocol(word.ip!, word.over!);
  }

  ipProtocol(number: number, over: "ip" | "ip6" | "both"): Test {
    const v4 = () => both(this.linkType(W.ETHERTYPE_IP), equals(this.net(9, 1), number));
    // libpcap looks through one fragment header, and no other.
    const v6 = () =>
      both(
        this.linkType(W.ETHERTYPE_IP6),
        either(
          equals(this.net(6, 1), number),
          both(equals(this.net(6, 1), 44), equals(this.net(40, 1), number)),
        ),
      );
    return over === "ip" ? v4() : over === "ip6" ? v6() : either(v4(), v6());
  }

  /** A test of the source or destination MAC, wherever the link type and frame keep it. */
  atMac(end: "source" | "destination", at: number, test: (mac: number) => Test): Test {
    const { macs, style } = this.layout;
    if (style === "wlan") return wlanMac(end, test);
    if (!macs) throw this.unsupported(at, "Ethernet addresses");
    return test(macs[end === "source" ? 1 : 0]);
  }

  vlan(id: number | undefined, at: number): Test {
    if (id !== undefined && id > 4095) {
      throw bad(this.text, at, "a VLAN id from 0 to 4095", quote(String(id)));
    }
    const { style } = this.layout;
    if ((style !== "ethernet" && style !== "wlan") || this.#ppp) throw this.unsupported(at, "VLAN tags");
    if (this.#labels > 0) throw bad(this.text, at, "vlan before mpls", quote("vlan"));
    const tagged = any(
      ...[W.ETHERTYPE_VLAN, W.ETHERTYPE_QINQ, W.ETHERTYPE_QINQ_OLD].map((type) => this.linkType(type)),
    );
    const test = id === undefined
      ? tagged
      : both(tagged, equals(load("payload", this.#payload, 2), id, 0x0fff));
    this.#payload += 4;
    this.#type += 4;
    return test;
  }

  mpls(label: number | undefined, at: number): Test {
    if (label !== undefined && label > 0xfffff) {
      throw bad(this.text, at, "an MPLS label from 0 to 1048575", quote(String(label)));
    }
    let test: Test;
    if (this.#labels > 0) test = equals(load("payload", this.network - 2, 1), 0, 1);
    else {
      const { style } = this.layout;
      if (style !== "ethernet" && style !== "hdlc" && style !== "ppp") throw this.unsupported(at, "MPLS");
      test = this.linkType(W.ETHERTYPE_MPLS);
    }
    if (label !== undefined) test = both(test, equals(this.net(0, 4), label << 12, 0xfffff000));
    this.#network += 4;
    this.#labels++;
    return test;
  }

  /** PPPoE session: what follows is PPP with a two-byte protocol. */
  pppoes(session: number | undefined, at: number): Test {
    if (session !== undefined && session > 0xffff) {
      throw bad(this.text, at, "a session from 0 to 65535", quote(String(session)));
    }
    let test = this.linkType(W.ETHERTYPE_PPPOE_SESSION);
    if (session !== undefined) test = both(test, equals(this.net(0, 4), session, 0xffff));
    this.link = this.#type = this.network + 6;
    this.linkBase = "payload";
    this.#payload = this.#type + 2;
    this.#network = 0;
    this.#ppp = true;
    return test;
  }
}
