import { lower } from "./lower.ts";
import { parseRecordFilter } from "./parse.ts";
import type { Plan } from "./plan.ts";

/**
 * Whether a record filter asks for nothing but what a record's packets give: not why or as which it was written (cause, state, end
 * reason, sequence numbers). Fields of the registry by name count as asking for more.
 *
 * @throws {Problem} `syntax` for a filter that is none.
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { asksOfPacketsOnly } from "./provenance.ts";
 *
 * assert(asksOfPacketsOnly("tcp and port 80 and dur gt 5"));
 * assert(!asksOfPacketsOnly("tcp and not stop"));
 * ```
 */
export function asksOfPacketsOnly(filter: string): boolean {
  return ofPackets(lower(parseRecordFilter(filter)));
}

function ofPackets(plan: Plan): boolean {
  switch (plan.op) {
    case "all":
    case "any":
      return plan.parts.every(ofPackets);
    case "not":
      return ofPackets(plan.part);
    case "integer":
      return plan.load !== "cause" && plan.load !== "seq";
    case "field":
      return false;
    default:
      return true;
  }
}
