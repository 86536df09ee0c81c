import type { Comparison } from "./ast.ts";
import type { IntegerLoad, RealLoad } from "./loads.ts";

/** Side of a record. */
export type Side = "src" | "dst";

/**
 * What an expression asks of a record, step by step: the common form from which the predicate and the SQL text are made, so
 * that both give the same rows.
 *
 * A load from a section the record does not have gives -1 (filter.md section 4): compared as a number it is smaller than
 * everything, and tested for bits it has them all.
 */
export type Plan =
  | { readonly op: "constant"; readonly value: boolean }
  | { readonly op: "all" | "any"; readonly parts: readonly Plan[] }
  | { readonly op: "not"; readonly part: Plan }
  /** Flow key of one of these types (`KEY_*`), and of one of these IP protocols (or Ethernet types) if given. */
  | { readonly op: "flow"; readonly keys: readonly number[]; readonly protocols?: readonly number[] }
  /** `(load & mask) how value`, unsigned. */
  | {
    readonly op: "integer";
    readonly load: IntegerLoad;
    readonly how: "eq" | "gt" | "gte";
    readonly value: number;
    readonly mask?: number;
  }
  /** Numbers rounded to the precision, then compared. */
  | {
    readonly op: "real";
    readonly load: RealLoad;
    readonly how: "eq" | "gt" | "gte";
    readonly value: number;
  }
  /** Address under a mask, for flow keys of these types. */
  | {
    readonly op: "address";
    readonly side: Side;
    readonly keys: readonly number[];
    readonly words: readonly number[];
    readonly mask: readonly number[];
  }
  | { readonly op: "mac"; readonly side: Side; readonly high: number; readonly low: number }
  /** A field of the registry; a record without it does not match. */
  | {
    readonly op: "field";
    readonly field: string;
    readonly how: Comparison;
    readonly value: number | string;
  };

/** Both or all of some plans. */
export const all = (...parts: Plan[]): Plan => parts.length === 1 ? parts[0]! : { op: "all", parts };
/** Either or any of some plans. */
export const any = (...parts: Plan[]): Plan => parts.length === 1 ? parts[0]! : { op: "any", parts };
export const not = (part: Plan): Plan => part.op === "not" ? part.part : { op: "not", part };
export const always: Plan = { op: "constant", value: true };
/** Words for which the original compiles nothing: they match every record and cannot be combined with anything. */
export const nothing: Plan = { op: "constant", value: true };
export const never: Plan = { op: "constant", value: false };

/** The load has all bits of the mask. */
export const bits = (load: IntegerLoad, mask: number): Plan => ({
  op: "integer",
  load,
  how: "eq",
  value: mask,
  mask,
});
