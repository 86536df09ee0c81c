/** A stretch of the text an expression was read from: positions from 0, the end not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Which side of a record a test looks at; without one most tests mean source OR destination (filter.md section 4.1). */
export type Direction = "src" | "dst" | "src or dst" | "src and dst";

/** How a number is compared; written `gt`, `gte` (`>=`), `lt`, `lte` (`<=`), `eq`. */
export type Comparison = "eq" | "gt" | "gte" | "lt" | "lte";

/** The right-hand side of a qualifier. */
export type Value =
  | { readonly type: "integer"; readonly value: number }
  | { readonly type: "real"; readonly value: number }
  | { readonly type: "ipv4"; readonly address: number }
  | { readonly type: "ipv6"; readonly address: readonly [number, number, number, number] }
  | { readonly type: "mac"; readonly high: number; readonly low: number }
  | { readonly type: "name"; readonly name: string }
  | { readonly type: "range"; readonly from: number; readonly to: number };

/** Every record: the empty expression. */
export interface All {
  readonly kind: "all";
  readonly at: Span;
}

/** Both or either of two expressions; `and` and `or` have equal precedence and associate to the left (filter.md section 3). */
export interface Junction {
  readonly kind: "and" | "or";
  readonly left: Expression;
  readonly right: Expression;
  readonly at: Span;
}

/** The opposite of an expression. */
export interface Negation {
  readonly kind: "not";
  readonly term: Expression;
  readonly at: Span;
}

/** A word that stands alone: a protocol (`tcp`) or a state (`src syn`). */
export interface Word {
  readonly kind: "word";
  readonly word: string;
  /** Written before `multicast` and `broadcast`, which mean something only after `ip` and `ether`. */
  readonly protocol?: string;
  readonly direction?: Direction;
  readonly at: Span;
}

/** A qualifier with a value: `tcp src port 80`, `dur gt 0.5`, `net 10.0.0.0/8`. */
export interface Match {
  readonly kind: "match";
  readonly protocol?: string;
  readonly direction?: Direction;
  readonly qualifier: string;
  readonly compare: Comparison;
  readonly value: Value;
  /** `net`: the address bits that count, one word (IPv4) or four. */
  readonly mask?: readonly number[];
  /** Where the value stands. */
  readonly valueAt: Span;
  readonly at: Span;
}

/** Beyond ra: a field of the record registry compared with a number or text (`evidence eq none`). */
export interface FieldTest {
  readonly kind: "field";
  readonly field: string;
  readonly compare: Comparison;
  readonly value: number | string;
  readonly at: Span;
}

/** A record filter as a tree; every node is frozen and knows where in the text it stood. */
export type Expression = All | Junction | Negation | Word | Match | FieldTest;
