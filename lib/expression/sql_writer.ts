import { formatIpv4, formatIpv6, formatMac } from "../base/mod.ts";
import * as R from "../record/mod.ts";
import type { Comparison } from "./ast.ts";
import type { IntegerLoad, RealLoad } from "./loads.ts";
import type { Plan } from "./plan.ts";
import { etherTypeNumber } from "./registry.ts";
import { floatRange } from "./threshold.ts";

/** The database languages that are written. */
export type SqlDialect = "sqlite" | "duckdb" | "mysql";

/** A step that no column can answer. */
export class NotInSql extends Error {}

const SIGNS: Readonly<Record<Comparison, string>> = { eq: "=", gt: ">", gte: ">=", lt: "<", lte: "<=" };

/** Most patterns written for one network whose length is not a multiple of eight. */
const MOST_PATTERNS = 64;

type Step<Op extends Plan["op"]> = Extract<Plan, { op: Op }>;

/** Writes one plan as a condition that is never NULL. */
export class SqlWriter {
  readonly params: (number | string)[] = [];
  readonly #dialect: SqlDialect;
  readonly #digits: number;
  readonly #columns: { has(name: string): boolean } | undefined;

  constructor(dialect: SqlDialect, digits: number, columns: { has(name: string): boolean } | undefined) {
    this.#dialect = dialect;
    this.#digits = digits;
    this.#columns = columns;
  }

  /** The condition; its values are added to `params`. */
  write(plan: Plan): string {
    switch (plan.op) {
      case "constant":
        return plan.value ? "1 = 1" : "1 = 0";
      case "not":
        return `NOT (${this.write(plan.part)})`;
      case "all":
      case "any":
        return `(${plan.parts.map((p) => this.write(p)).join(plan.op === "all" ? " AND " : " OR ")})`;
      case "flow":
        return this.#flow(plan);
      case "integer":
        return this.#integer(plan);
      case "real":
        return this.#real(plan);
      case "address":
        return this.#address(plan);
      case "mac": {
        const column = this.#text(plan.side === "src" ? "smac" : "dmac"),
          text = formatMac(plan.high, plan.low);
        // The registry has a name for the broadcast address.
        if (text !== "ff:ff:ff:ff:ff:ff") return `${column} = ${this.#bind(text)}`;
        return `${column} IN (${this.#bind(text)}, ${this.#bind("Broadcast")})`;
      }
      case "field":
        return this.#field(plan);
    }
  }

  #bind(value: number | string): string {
    this.params.push(value);
    return "?";
  }

  /** A quoted name; only names of the registry get this far. */
  #column(name: string): string {
    if (!R.findField(name)) throw new NotInSql(`${name} is no field`);
    if (this.#columns && !this.#columns.has(name)) throw new NotInSql(`the table has no column ${name}`);
    return this.#dialect === "mysql" ? `\`${name}\`` : `"${name}"`;
  }

  /** A text column in which nothing is the empty text. */
  #text(name: string): string {
    const column = this.#column(name);
    return neverNull(name) ? column : `COALESCE(${column}, '')`;
  }

  #flow({ keys, protocols }: Step<"flow">): string {
    const proto = this.#text("proto");
    const families = keys.map((key) => this.#key(key, proto)),
      family = families.length === 1 ? families[0]! : `(${families.join(" OR ")})`;
    if (!protocols) return family;
    const names = protocols.flatMap(protocolNames);
    const plain = names.every((n) => etherTypeNumber(n) === undefined);
    const named = names.length === 1
      ? `${proto} = ${this.#bind(names[0]!)}`
      : `${proto} IN (${names.map((n) => this.#bind(n)).join(", ")})`;
    // A name that no other kind of flow prints says IP by itself.
    return plain && keys.length === 2 && keys.includes(R.KEY_IPV4) && keys.includes(R.KEY_IPV6)
      ? named
      : `(${family} AND ${named})`;
  }

  #key(key: number, proto: string): string {
    const address = this.#text("saddr");
    switch (key) {
      case R.KEY_IPV4:
        return `(${address} LIKE '%.%' AND ${address} NOT LIKE '%:%' AND ${proto} NOT IN ('arp', 'rarp', 'man'))`;
      case R.KEY_IPV6:
        return `(${address} LIKE '%:%' AND NOT ${this.#isMac(address)})`;
      case R.KEY_ARP:
        return `(${proto} = 'arp' AND NOT ${this.#isMac(address)})`;
      case R.KEY_RARP:
        return `${proto} = 'rarp'`;
    }
    throw new NotInSql("this kind of flow cannot be told from its columns");
  }

  /** Six pairs of digits; an IPv6 address of six groups has a "::" in it. */
  #isMac(column: string): string {
    const pair = "[0-9a-f][0-9a-f]";
    if (this.#dialect === "sqlite") return `${column} GLOB '${Array(6).fill(pair).join(":")}'`;
    const pattern = "^([0-9a-f]{2}:){5}[0-9a-f]{2}$";
    return this.#dialect === "duckdb"
      ? `regexp_matches(${column}, '${pattern}')`
      : `${column} REGEXP '${pattern}'`;
  }

  #integer({ load, how, value, mask }: Step<"integer">): string {
    if (load === "flags" && mask === R.FLAG_MAR && how === "eq" && value === 0) {
      return `${this.#text("proto")} <> 'man'`;
    }
    if ((load === "sco" || load === "dco") && how === "eq" && value >= 0) {
      if (value === 0) throw new NotInSql("an empty country code cannot be told from none");
      const code = String.fromCharCode(value & 255, value >>> 8);
      return `${this.#text(load)} = ${this.#bind(code)}`;
    }
    if (load === "srcid" && how === "eq") {
      const column = this.#text("srcid");
      return `${column} IN (${this.#bind(formatIpv4(value | 0))}, ${this.#bind(String(value))})`;
    }
    if (COUNTER_COLUMNS.has(load) && mask === undefined && value >= 0) {
      // Said so that an index can be used: the -1 of an absent section fails all three.
      const column = this.#column(load);
      return `(${column} ${SIGNS[how]} ${this.#bind(value)} AND ${column} IS NOT NULL)`;
    }
    const loaded = this.#load(load);
    if (mask === undefined) return `${loaded} ${SIGNS[how]} ${this.#bind(value)}`;
    return `(${loaded} & ${mask >>> 0}) ${SIGNS[how]} ${this.#bind((value & mask) >>> 0)}`;
  }

  #load(load: IntegerLoad): string {
    switch (load) {
      case "trans":
        return `COALESCE(${this.#column(load)}, 1)`;
      case "sport":
      case "dport":
        return `COALESCE(${this.#number(this.#column(load))}, 0)`;
      case "sttl":
      case "dttl":
        return this.#either("sttl", "dttl", load, "");
      case "stos":
      case "dtos":
        return this.#either("stos", "dtos", load, "");
      case "svlan":
      case "dvlan":
        return this.#either("svlan", "dvlan", load, "");
      case "smpls":
        return this.#either("smpls", "dmpls", load, " * 4096");
      case "dmpls":
        return `COALESCE(${this.#column(load)} * 4096, -1)`;
      case "vlan":
      case "mpls": {
        const [s, d] = load === "vlan" ? ["svlan", "dvlan"] as const : ["smpls", "dmpls"] as const;
        return `(CASE WHEN ${this.#column(s)} IS NULL AND ${this.#column(d)} IS NULL THEN -1 ELSE ${
          load === "vlan" ? 0x40 : 0x44
        } END)`;
      }
    }
    if (COUNTER_COLUMNS.has(load)) return `COALESCE(${this.#column(load)}, -1)`;
    throw new NotInSql(`no column holds what this test needs (${load})`);
  }

  /** A section that has room for both sides: the missing one is 0, and -1 when both are. */
  #either(s: string, d: string, wanted: string, times: string): string {
    const column = this.#column(wanted);
    return `(CASE WHEN ${this.#column(s)} IS NULL AND ${
      this.#column(d)
    } IS NULL THEN -1 ELSE COALESCE(${column}, 0)${times} END)`;
  }

  #number(column: string): string {
    if (this.#dialect === "duckdb") return `TRY_CAST(${column} AS BIGINT)`;
    return this.#dialect === "mysql" ? `CAST(${column} AS UNSIGNED)` : `CAST(${column} AS INTEGER)`;
  }

  #real({ load, how, value }: Step<"real">): string {
    if (load === "zero") {
      const range = floatRange(how, value, this.#digits, true)!;
      return range[0] <= 0 && range[1] > 0 ? "1 = 1" : "1 = 0";
    }
    if (!FLOAT_COLUMNS.has(load)) throw new NotInSql(`no column holds what this test needs (${load})`);
    const range = floatRange(how, value, this.#digits, load !== "pcr");
    if (!range) throw new NotInSql("the sign of a zero decides");
    const column = this.#column(load);
    return this.#between(neverNull(load) ? column : `COALESCE(${column}, 0)`, range);
  }

  #between(column: string, [from, to]: readonly [number, number]): string {
    const parts: string[] = [];
    if (from === Infinity) return "1 = 0";
    if (from !== -Infinity) parts.push(`${column} >= ${this.#bind(from)}`);
    if (to !== Infinity) parts.push(`${column} < ${this.#bind(to)}`);
    return parts.length === 2 ? `(${parts.join(" AND ")})` : parts[0] ?? "1 = 1";
  }

  #address({ side, keys, words, mask }: Step<"address">): string {
    if (keys.includes(R.KEY_RARP)) throw new NotInSql("no column holds the IP address of a RARP record");
    const column = this.#text(side === "src" ? "saddr" : "daddr"), proto = this.#text("proto");
    if (words.length === 4) {
      if (!keys.includes(R.KEY_IPV6)) throw new NotInSql("an IPv6 address is compared with other kinds");
      return this.#ipv6(column, words as [number, number, number, number], mask);
    }
    const same = this.#ipv4(column, words[0]!, mask[0]!);
    if (!keys.includes(R.KEY_IPV4)) return `(${same} AND ${proto} = 'arp')`;
    return keys.includes(R.KEY_ARP) ? same : `(${same} AND ${proto} <> 'arp')`;
  }

  /** Addresses are text: networks become patterns on whole parts. */
  #ipv4(column: string, word: number, mask: number): string {
    if (mask === -1) return `${column} = ${this.#bind(formatIpv4(word))}`;
    const length = 32 - Math.log2((~mask >>> 0) + 1);
    if (!Number.isInteger(length)) throw new NotInSql("the mask has gaps");
    if (length === 0) return `(${column} LIKE '%.%' AND ${column} NOT LIKE '%:%')`;
    const parts = Math.ceil(length / 8), step = 2 ** (32 - parts * 8), count = 2 ** (parts * 8 - length);
    if (count > MOST_PATTERNS) throw new NotInSql("the network would need too many patterns");
    const tests: string[] = [];
    for (let i = 0; i < count; i++) {
      const bytes = formatIpv4((word + i * step) | 0).split(".").slice(0, parts);
      tests.push(
        parts === 4
          ? `${column} = ${this.#bind(bytes.join("."))}`
          : `${column} LIKE ${this.#bind(`${bytes.join(".")}.%`)}`,
      );
    }
    return tests.length === 1 ? tests[0]! : `(${tests.join(" OR ")})`;
  }

  #ipv6(column: string, words: [number, number, number, number], mask: readonly number[]): string {
    if (mask.every((m) => m === -1)) return `${column} = ${this.#bind(formatIpv6(...words))}`;
    const bits = mask.map((m) => (m >>> 0).toString(2).padStart(32, "0")).join(""),
      length = bits.indexOf("0");
    const groups = words.flatMap((w) => [w >>> 16, w & 0xffff]).slice(0, length / 16);
    // Only groups that compression never touches stand at the same place in every text.
    if (length % 16 !== 0 || length === 0 || length > 96 || groups.includes(0)) {
      throw new NotInSql("the prefix is not whole groups of text");
    }
    return `${column} LIKE ${this.#bind(`${groups.map((g) => g.toString(16)).join(":")}:%`)}`;
  }

  #field({ field, how, value }: Step<"field">): string {
    const f = R.findField(field)!, column = this.#column(field);
    if (typeof value === "string") return `${this.#text(field)} = ${this.#bind(value)}`;
    if (f.type === "time") throw new NotInSql("times are kept in different ways");
    if (f.type === "integer") {
      return `(${column} ${SIGNS[how]} ${this.#bind(value)} AND ${column} IS NOT NULL)`;
    }
    throw new NotInSql(`${field} is rounded before it is compared`);
  }
}

/** The registry says which columns hold an empty text or 0 instead of NULL. */
const neverNull = (name: string) => R.findField(name)!.sql.includes("not null");

const COUNTER_COLUMNS: ReadonlySet<IntegerLoad> = new Set([
  "spkts",
  "dpkts",
  "sbytes",
  "dbytes",
  "sappbytes",
  "dappbytes",
  "seq",
  "sas",
  "das",
]);
const FLOAT_COLUMNS: ReadonlySet<RealLoad> = new Set(["dur", "srate", "drate", "sload", "dload", "pcr"]);

/** All names an IP protocol prints under; UDP has three more (fields.md section 5). */
function protocolNames(protocol: number): string[] {
  const name = R.protocolName(protocol);
  if (R.protocolNumber(name) !== protocol || (protocol >= 0 && countOf(name) > 1)) {
    throw new NotInSql(`IP protocol ${protocol} shares its name with others`);
  }
  return protocol === 17 ? [name, "rtp", "rtcp", "udt"] : [name];
}

function countOf(name: string): number {
  let n = 0;
  for (let p = 0; p < 256; p++) if (R.protocolName(p) === name) n++;
  return n;
}
