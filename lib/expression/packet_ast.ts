/** A packet filter as a tree, in the words of pcap-filter(7). Every node keeps its place in the text for messages. */
export type PacketNode =
  | { readonly kind: "and" | "or"; readonly left: PacketNode; readonly right: PacketNode }
  | { readonly kind: "not"; readonly operand: PacketNode }
  | { readonly kind: "protocol"; readonly name: string; readonly at: number }
  | { readonly kind: "id"; readonly qualifiers: Qualifiers; readonly id: Id }
  | {
    readonly kind: "compare";
    readonly operator: Comparison;
    readonly left: Arithmetic;
    readonly right: Arithmetic;
  }
  | {
    readonly kind: "vlan" | "mpls" | "pppoed" | "pppoes";
    readonly number: number | undefined;
    readonly at: number;
  }
  | { readonly kind: "broadcast" | "multicast"; readonly protocol: string | undefined; readonly at: number }
  | { readonly kind: "length"; readonly operator: "less" | "greater"; readonly bytes: number }
  | { readonly kind: "inbound" | "outbound"; readonly at: number };

export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=";
export type Direction = "src" | "dst" | "or" | "and";
export type Aspect = "host" | "net" | "port" | "portrange" | "proto" | "protochain";

/** What stands before a name or number: `ip6 src or dst port`. */
export interface Qualifiers {
  readonly protocol: string | undefined;
  readonly direction: Direction | undefined;
  readonly aspect: Aspect | undefined;
}

/** The thing looked for. */
export interface Id {
  readonly at: number;
  readonly text: string;
  readonly value:
    | { readonly kind: "number"; readonly number: number }
    | { readonly kind: "name" }
    /** One to four dotted parts; `bits` that were given (8 for each part), the address left aligned. */
    | { readonly kind: "ipv4"; readonly word: number; readonly bits: number }
    | { readonly kind: "ipv6"; readonly words: readonly number[] }
    | { readonly kind: "mac"; readonly high: number; readonly low: number };
  /** `/24`. */
  readonly prefix?: number;
  /** `mask 255.255.0.0`. */
  readonly mask?: number;
}

/** Arithmetic over unsigned 32-bit numbers. */
export type Arithmetic =
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "len" }
  | { readonly kind: "negate"; readonly operand: Arithmetic }
  | {
    readonly kind: "operation";
    readonly operator: string;
    readonly left: Arithmetic;
    readonly right: Arithmetic;
  }
  | {
    readonly kind: "load";
    readonly protocol: string;
    readonly index: Arithmetic;
    readonly size: 1 | 2 | 4;
    readonly at: number;
  };
