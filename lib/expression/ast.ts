/** A stretch of the text an expression was read from: positions from 0, the end not included. */
export interface Span {
  /** First character. */
  readonly start: number;
  /** The character behind the last. */
  readonly end: number;
}

/** Which side of a record a test looks at; without one most tests mean source OR destination (filter.md section 4.1). */
export type Direction = "src" | "dst" | "src or dst" | "src and dst";

/** How a number is compared; written `gt`, `gte` (`>=`), `lt`, `lte` (`<=`), `eq`. */
export type Comparison = "eq" | "gt" | "gte" | "lt" | "lte";

/** The right-hand side of a qualifier; addresses are 32-bit words, a MAC address has its last two bytes in the upper half of `low`. */
export type Value =
  | { readonly type: "integer"; readonly value: number }
  | { readonly type: "real"; readonly value: number }
  | { readonly type: "ipv4"; readonly address: number }
  | { readonly type: "ipv6"; readonly address: readonly [number, number, number, number] }
  | { readonly type: "mac"; readonly high: number; readonly low: number }
  | { readonly type: "name"; readonly name: string }
  | { readonly type: "range"; readonly from: number; readonly to: number };

/** What every node has. */
export interface Located {
  /** Where in the text it stood. */
  readonly at: Span;
}

/** Every record: the empty expression. */
export interface All extends Located {
  /** Tells the kind of node. */
  readonly kind: "all";
}

/** Both or either of two expressions; `and` and `or` have equal precedence and associate to the left (filter.md section 3). */
export interface Junction extends Located {
  /** Tells the kind of node. */
  readonly kind: "and" | "or";
  /** What stands before the operator. */
  readonly left: Expression;
  /** What stands behind it. */
  readonly right: Expression;
}

/** The opposite of an expression. */
export interface Negation extends Located {
  /** Tells the kind of node. */
  readonly kind: "not";
  /** What must not be. */
  readonly term: Expression;
}

/** A word that stands alone: a protocol (`tcp`) or a state (`src syn`). */
export interface Word extends Located {
  /** Tells the kind of node. */
  readonly kind: "word";
  /** The word itself. */
  readonly word: string;
  /** Written before `multicast` and `broadcast`, which mean something only after `ip` and `ether`. */
  readonly protocol?: string;
  /** The side asked for. */
  readonly direction?: Direction;
}

/** A qualifier with a value: `tcp src port 80`, `dur gt 0.5`, `net 10.0.0.0/8`. */
export interface Match extends Located {
  /** Tells the kind of node. */
  readonly kind: "match";
  /** Protocol word before the qualifier. */
  readonly protocol?: string;
  /** The side asked for. */
  readonly direction?: Direction;
  /** The qualifier: `port`, `host`, `dur`, ... */
  readonly qualifier: string;
  /** How the value is compared; `eq` when nothing was written. */
  readonly compare: Comparison;
  /** What it is compared with. */
  readonly value: Value;
  /** `net`: the address bits that count, one word (IPv4) or four. */
  readonly mask?: readonly number[];
  /** Where the value stands. */
  readonly valueAt: Span;
}

/** Beyond ra: a field of the record registry compared with a number or text (`evidence eq none`). */
export interface FieldTest extends Located {
  /** Tells the kind of node. */
  readonly kind: "field";
  /** Name of the field. */
  readonly field: string;
  /** How the value is compared; text only with `eq`. */
  readonly compare: Comparison;
  /** What it is compared with; times in seconds since 1970. */
  readonly value: number | string;
}

/** A record filter as a tree; every node is frozen and knows where in the text it stood. */
export type Expression = All | Junction | Negation | Word | Match | FieldTest;
