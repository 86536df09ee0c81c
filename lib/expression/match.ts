import { Problem } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import type { Comparison, Direction, Match, Value } from "./ast.ts";
import { bad, quote, tokenize } from "./lexer.ts";
import { countryCode, type IntegerLoad, type RealLoad, reversed } from "./loads.ts";
import { didYouMean } from "./nearest.ts";
import { all, any, bits, never, not, type Plan, type Side } from "./plan.ts";
import { ENCAPSULATIONS, JITTER_SIDES, REAL_SIDES, SIDE_LOADS } from "./qualifiers.ts";
import { etherTypeNumber } from "./registry.ts";
import { LINK_WORDS } from "./vocabulary.ts";
import { ipProtocol, planWord, sides } from "./words.ts";

/** What names mean, and which program's rules hold. */
export interface LowerOptions {
  /** `"ra"` keeps even the original's misreadings of numbers; see {@linkcode ParseOptions.dialect}. */
  readonly dialect?: "panoptes" | "ra";
  /** Addresses of a host name as IPv4 or IPv6 text; none when unknown. Default: `localhost` only. */
  readonly resolve?: (name: string) => readonly string[];
  /** The text the expression was read from, for messages. */
  readonly text?: string;
}

/**
 * What a qualifier with a value means.
 *
 * @throws {Problem} `syntax` for a host, service, protocol, encapsulation or code point nobody knows.
 */
export function planMatch(match: Match, options: LowerOptions): Plan {
  return new Matcher(match, options).plan();
}

/** `lt` and `lte` are the opposites of `gte` and `gt`, which makes them true for absent sections (-1). */
function compared(compare: Comparison, of: (how: "eq" | "gt" | "gte") => Plan): Plan {
  if (compare === "lt") return not(of("gte"));
  return compare === "lte" ? not(of("gt")) : of(compare);
}

function addressOf(text: string): Value {
  const token = tokenize(text)[0]!;
  return token.kind === "ipv6"
    ? { type: "ipv6", address: token.words as unknown as [number, number, number, number] }
    : { type: "ipv4", address: token.words?.[0] ?? 0 };
}

class Matcher {
  readonly #match: Match;
  readonly #options: LowerOptions;

  constructor(match: Match, options: LowerOptions) {
    this.#match = match;
    this.#options = options;
  }

  plan(): Plan {
    const { qualifier, direction, value } = this.#match;
    if (Object.hasOwn(SIDE_LOADS, qualifier)) {
      return sides(direction, (side) => this.#integer(SIDE_LOADS[qualifier]![side]));
    }
    if (Object.hasOwn(REAL_SIDES, qualifier)) {
      return sides(direction, (side) => this.#real(REAL_SIDES[qualifier]![side]));
    }
    if (Object.hasOwn(JITTER_SIDES, qualifier)) return this.#jitter(JITTER_SIDES[qualifier]!);
    switch (qualifier) {
      case "host":
      case "net":
        return this.#addresses();
      case "port":
        return this.#port();
      case "proto":
        return this.#proto();
      case "ttl":
        return all(ipv4, sides(direction, (side) => this.#integer(side === 0 ? "sttl" : "dttl")));
      case "tos":
        return all(ipv4, sides(direction, (side) => this.#integer(side === 0 ? "stos" : "dtos")));
      case "dsb": {
        const n = value.type === "name" ? R.dscpNumber(value.name) : this.#number();
        if (n === undefined) {
          throw this.#unknown("code point", value.type === "name" ? value.name : "", "", CODE_POINT_NAMES);
        }
        return all(ipv4, sides(direction, (side) => this.#masked(side === 0 ? "stos" : "dtos", n << 2, 252)));
      }
      case "ipid":
        return all(ipProtocol(6), sides(direction, (side) => this.#integer(side === 0 ? "sipid" : "dipid")));
      case "vid":
        return sides(direction, (side) => this.#equal(vlan(side), this.#number(), 0x0fff));
      case "vpri":
        return sides(direction, (side) => this.#equal(vlan(side), this.#number() << 12, 0xf000));
      case "mid":
        return sides(
          direction,
          (side) => this.#masked(side === 0 ? "smpls" : "dmpls", this.#number() << 12, 0xfffff000),
        );
      case "trans":
        return this.#integer("trans");
      case "seq":
        return all(this.#integer("seq"), planWord({ kind: "word", word: "far", at: this.#match.at }));
      case "spi":
        return all(this.#integer("spi"), { op: "flow", keys: [R.KEY_IPV4], protocols: [50] });
      case "dur":
        return this.#real("dur");
      case "avgdur":
        return compared(this.#match.compare, (how) => ({
          op: "integer",
          load: "avgdur",
          how,
          value: this.#wrap(Math.trunc(this.#number())),
        }));
      case "pcr":
      case "abr":
        return all(planWord({ kind: "word", word: "far", at: this.#match.at }), this.#real("pcr"));
      case "encaps": {
        const mask = value.type === "name" ? this.#known(value.name, ENCAPSULATIONS, "encapsulation") : 0;
        return sides(direction, (side) => bits(side === 0 ? "senc" : "denc", mask));
      }
      case "srcid":
        return this.#equal("srcid", this.#number());
      case "inode":
        return this.#equal("inode", this.#number());
      case "as":
      case "asn":
        return sides(direction, (side) => this.#equal(side === 0 ? "sas" : "das", this.#number()));
      case "co": {
        const code = value.type === "name" ? countryCode(value.name) : -2;
        return sides(direction, (side) => this.#equal(side === 0 ? "sco" : "dco", code));
      }
    }
    throw new Problem("syntax", `Expected a qualifier but found "${qualifier}"`, { found: qualifier });
  }

  #number(): number {
    const v = this.#match.value;
    if (v.type === "integer" || v.type === "real") return v.value;
    return v.type === "ipv4" ? v.address >>> 0 : 0;
  }

  /** The original holds numbers in 32 bits: -1 is 4294967295, and 5000000000 wraps to 705032704. */
  #wrap(n: number): number {
    return n < 0 || this.#options.dialect === "ra" ? n >>> 0 : n;
  }

  #integer(load: IntegerLoad): Plan {
    return compared(
      this.#match.compare,
      (how) => ({ op: "integer", load, how, value: this.#wrap(this.#number()) }),
    );
  }

  #masked(load: IntegerLoad, value: number, mask: number): Plan {
    return compared(this.#match.compare, (how) => ({ op: "integer", load, how, value, mask }));
  }

  /** Whatever the comparison says, the original tests these for equality. */
  #equal(load: IntegerLoad, value: number, mask?: number): Plan {
    return { op: "integer", load, how: "eq", value: this.#wrap(value), ...(mask !== undefined && { mask }) };
  }

  #real(load: RealLoad, value = this.#number()): Plan {
    return compared(this.#match.compare, (how) => ({ op: "real", load, how, value }));
  }

  /** Milliseconds against microseconds; without a direction both sides must match (filter.md section 5). */
  #jitter(loads: readonly [RealLoad, RealLoad]): Plan {
    const { direction = "src and dst", qualifier, value } = this.#match, us = this.#number() * 1000;
    if (this.#options.dialect !== "ra") return sides(direction, (side) => this.#real(loads[side], us));
    // Seen with `ra -b`: `src or dst` takes the active block of the destination even for idle, and after a whole number the
    // original reads still other places.
    const mean = qualifier.startsWith("int"), either = direction === "src or dst";
    const destination = either ? mean ? "dintpktact" : "djitact" : loads[1];
    if (value.type === "real") {
      return sides(direction, (side) => this.#real(side === 0 ? loads[0] : destination, us));
    }
    if (direction === "src and dst") return this.#real(mean ? "sintpktact" : "sjitact", us);
    return either
      ? any(this.#real("jitterheader", us), this.#real(destination, us))
      : this.#real("jitterheader", us);
  }

  #port(): Plan {
    const { protocol, direction, value, compare } = this.#match;
    let flows: Plan = { op: "flow", keys: IP, protocols: [6, 17] };
    if (protocol === "tcp" || protocol === "udp") flows = ipProtocol(protocol === "tcp" ? 6 : 17);
    else if (protocol === "udt") flows = planWord({ kind: "word", word: "udt", at: this.#match.at });
    else if (protocol) {
      flows = all(ipProtocol(17), planWord({ kind: "word", word: protocol, at: this.#match.at }));
    }
    const side = (test: (load: IntegerLoad) => Plan) =>
      sides(direction, (s) => test(s === 0 ? "sport" : "dport"));
    const is = (how: "eq" | "gt" | "gte", n: number) => (load: IntegerLoad): Plan => ({
      op: "integer",
      load,
      how,
      value: n,
    });
    if (value.type === "range") {
      // Both ends are tested over all sides: source 10 and destination 300 are "in" 100-200 too.
      return all(flows, side((load) => not(is("gt", value.to)(load))), side(is("gte", value.from)));
    }
    if (value.type === "name") {
      return this.#service(value.name, (n, p) => all(ipProtocol(...p), side(is("eq", n))));
    }
    const n = this.#wrap(this.#number());
    return all(flows, side((load) => compared(compare, (how) => is(how, n)(load))));
  }

  #service(name: string, plan: (port: number, protocols: number[]) => Plan): Plan {
    const { protocol } = this.#match;
    const hidden = this.#options.dialect === "ra" && name.includes("-");
    const tcp = hidden ? undefined : R.servicePort("tcp", name),
      udp = hidden ? undefined : R.servicePort("udp", name);
    const wanted = protocol === undefined ? undefined : protocol === "tcp" ? "tcp" : "udp";
    if (tcp === undefined && udp === undefined) throw this.#unknown("service", name);
    if (wanted === "tcp" ? tcp === undefined : wanted === "udp" && udp === undefined) {
      throw this.#unknown(`${wanted} service`, name, `: it is ${tcp === undefined ? "udp" : "tcp"}`);
    }
    const tests: Plan[] = [];
    if (tcp !== undefined && wanted !== "udp") tests.push(plan(tcp, [6]));
    if (udp !== undefined && wanted !== "tcp") tests.push(plan(udp, [17]));
    return any(...tests);
  }

  #proto(): Plan {
    const { protocol, value } = this.#match;
    if (protocol === "arp") return { op: "flow", keys: [R.KEY_ARP] };
    if (protocol && LINK_WORDS.has(protocol)) return this.#etherType(value);
    let n = this.#number();
    if (value.type === "name") {
      const found = R.protocolNumber(value.name) ?? R.protocolNumber(value.name.toLowerCase());
      if (found === undefined) throw this.#unknown("protocol", value.name);
      n = found;
    }
    const keys = protocol === "ipv4" ? [R.KEY_IPV4] : protocol === "ipv6" ? [R.KEY_IPV6] : IP;
    return { op: "flow", keys, protocols: [n] };
  }

  #etherType(value: Value): Plan {
    let type = this.#number();
    if (value.type === "name") {
      const found = etherTypeNumber(value.name);
      if (found === undefined) throw this.#unknown("Ethernet type", value.name);
      type = found;
    }
    const key = ETHER_KEYS.get(type);
    return key === undefined
      ? { op: "flow", keys: [R.KEY_ETHER], protocols: [type] }
      : { op: "flow", keys: [key] };
  }

  #addresses(): Plan {
    const { value, direction } = this.#match;
    if (value.type === "mac") {
      return sides(direction, (side) => ({ op: "mac", side: SIDE[side], high: value.high, low: value.low }));
    }
    if (value.type === "integer") return { op: "flow", keys: [...IP, R.KEY_ARP] };
    if (value.type !== "name") return this.#address(value, this.#match.mask);
    const found = this.#resolve(value.name);
    if (found.length === 0) throw this.#unknown("host", value.name);
    return any(...found.map((text) => this.#address(addressOf(text), undefined)));
  }

  #resolve(name: string): readonly string[] {
    if (/^\d+(\.\d+){3}$/.test(name)) return [name];
    return this.#options.resolve?.(name) ?? (name === "localhost" ? ["127.0.0.1"] : []);
  }

  /** One address on the sides asked for. */
  #address(value: Value, mask: readonly number[] | undefined): Plan {
    const { protocol, direction } = this.#match, v6 = value.type === "ipv6";
    const words = value.type === "ipv6" ? value.address : [value.type === "ipv4" ? value.address : 0];
    const masks = mask ?? words.map(() => -1), own: number[] = [], others: number[] = [];
    for (
      const key of protocol === undefined ? [v6 ? R.KEY_IPV6 : R.KEY_IPV4, R.KEY_ARP] : HOST_KEYS[protocol]!
    ) {
      ((key === R.KEY_IPV6) === v6 ? own : others).push(key);
    }
    const same = this.#at(direction, own, words, masks);
    if (this.#options.dialect !== "ra" || others.length === 0) return same;
    // The original compares addresses of the other family too: the first word, its bytes reversed.
    return any(same, this.#at(direction, others, [reversed(words[0]!)], [reversed(masks[0]!)]));
  }

  #at(
    direction: Direction | undefined,
    keys: number[],
    words: readonly number[],
    mask: readonly number[],
  ): Plan {
    if (keys.length === 0) return never;
    const masked = words.map((w, i) => w & mask[i]!);
    return sides(direction, (side) => ({ op: "address", side: SIDE[side], keys, words: masked, mask }));
  }

  #known(name: string, table: Readonly<Record<string, number>>, what: string): number {
    if (Object.hasOwn(table, name)) return table[name]!;
    throw this.#unknown(what, name, "", Object.keys(table));
  }

  #unknown(what: string, name: string, more = "", known: readonly string[] = []): Problem {
    const hint = more || didYouMean(name, known), at = this.#match.valueAt.start;
    if (this.#options.text !== undefined) {
      return bad(this.#options.text, at, `a known ${what}`, quote(name), hint);
    }
    return new Problem("syntax", `Expected a known ${what} but found "${name}"${hint}`, {
      position: at,
      expected: `a known ${what}`,
      found: name,
    });
  }
}

const HOST_KEYS: Readonly<Record<string, readonly number[]>> = {
  ip: [R.KEY_IPV4],
  ipv4: [R.KEY_IPV4],
  icmp: [R.KEY_IPV4],
  ipv6: [R.KEY_IPV6],
  arp: [R.KEY_ARP, R.KEY_RARP],
};
const CODE_POINT_NAMES = Array.from({ length: 64 }, (_, n) => R.dscpName(n) ?? "").filter(Boolean);
const IP = [R.KEY_IPV4, R.KEY_IPV6];
const ipv4: Plan = { op: "flow", keys: [R.KEY_IPV4] };
const SIDE: readonly [Side, Side] = ["src", "dst"];
const vlan = (side: 0 | 1): IntegerLoad => side === 0 ? "svlan" : "dvlan";
/** Ethernet types with a flow key of their own; RARP is compared with the key of ARP, as `rarp` is. */
const ETHER_KEYS: ReadonlyMap<number, number> = new Map([
  [0x0800, R.KEY_IPV4],
  [0x86dd, R.KEY_IPV6],
  [0x0806, R.KEY_ARP],
  [0x8035, R.KEY_ARP],
]);
