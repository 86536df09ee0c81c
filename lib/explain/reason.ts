import type { Cut, Reason, ReasonCode } from "../compare/mod.ts";

/** Makes a frozen reason. */
export function reason(
  code: ReasonCode,
  sentence: string,
  rules: readonly string[],
  frames: readonly number[] = [],
  cut?: Cut,
): Reason {
  return Object.freeze({
    code,
    sentence,
    frames: Object.freeze(frames.filter((f) => f > 0)),
    rules: Object.freeze(rules),
    ...(cut === undefined ? {} : { cut }),
  });
}
