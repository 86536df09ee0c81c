import type { Problem } from "../base/mod.ts";
import type { Expression } from "./ast.ts";
import { bad, quote } from "./lexer.ts";
import { type LowerOptions, planMatch } from "./match.ts";
import { all, always, any, not, nothing, type Plan } from "./plan.ts";
import { printExpression } from "./print.ts";
import { planWord } from "./words.ts";

export { type LowerOptions } from "./match.ts";

/**
 * Turns an expression into the steps that the predicate and the SQL text have in common.
 *
 * @throws {Problem} `syntax` for a host, service, protocol, encapsulation or code point nobody knows.
 */
export function lower(e: Expression, options: LowerOptions = {}): Plan {
  switch (e.kind) {
    case "all":
      return always;
    case "and":
    case "or": {
      const left = lower(e.left, options), right = lower(e.right, options);
      if (options.dialect === "ra" && (left === nothing) !== (right === nothing)) {
        throw alone(left === nothing ? e.left : e.right, options);
      }
      if (left === nothing && right === nothing) return nothing;
      return e.kind === "and"
        ? all(...parts(left, "all"), ...parts(right, "all"))
        : any(...parts(left, "any"), ...parts(right, "any"));
    }
    case "not": {
      const term = lower(e.term, options);
      if (options.dialect === "ra" && term === nothing) throw alone(e.term, options);
      return not(term);
    }
    case "word":
      return planWord(e);
    case "field":
      return { op: "field", field: e.field, how: e.compare, value: e.value };
    case "match":
      return planMatch(e, options);
  }
}

const parts = (p: Plan, op: "all" | "any"): readonly Plan[] => p.op === op ? p.parts : [p];

function alone(e: Expression, { text = "" }: LowerOptions): Problem {
  const word = printExpression(e);
  return bad(
    text,
    e.at.start,
    `nothing else in the filter beside ${word}`,
    quote(word),
    ": the original has no code for it",
  );
}
